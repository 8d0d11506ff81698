"""What is left of the gradient of soft Q-learning once the policy gradient is taken out of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.operators import boltzmann, entropy, soft_maximum


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """One state with two to four actions, and targets that are not too far from Q."""
    for n_actions in (2, 2, 2, 3, 3, 4):
        for temperature in (0.5, 2.0):
            q = one_decimal(generator.uniform(-2, 2, n_actions))
            target = one_decimal(q + generator.uniform(-1, 2, n_actions))
            yield Case(n_actions, {"q": q, "target": target, "temperature": temperature})


def _value(q, temperature):
    return float(soft_maximum(q, temperature))


def _estimate(q, target, temperature):
    """V^ = sum_a pi (target - T log pi), with pi the Boltzmann policy of q."""
    policy = boltzmann(q, temperature)
    return float(policy @ target + temperature * entropy(policy))


def reference(q, target, temperature):
    """Gradient of (V - V^)^2 / 2: pi(a) * (V - V^)."""
    return boltzmann(q, temperature) * (_value(q, temperature) - _estimate(q, target, temperature))


@misconception("the whole gradient of soft Q-learning")
def whole_gradient(q, target, temperature):
    """This is π (Q − target), the gradient of the squared error of Q itself: the policy gradient and the value term
    together. Asked for is the part that moves V alone, and V moves the same way whichever action was to blame."""
    return boltzmann(q, temperature) * (q - target)


@misconception("downhill in place of the gradient")
def downhill(q, target, temperature):
    """Every entry has the wrong sign: this is the direction in which to move, minus the gradient. Where V lies above
    its estimate, raising any Q makes the error larger, so the gradient is positive there."""
    return -reference(q, target, temperature)


@misconception("the slope of V is missing")
def slope_missing(q, target, temperature):
    """The error is right and stands at every action in full, as if raising one Q by a little raised V by as much. V is
    a soft maximum: an action moves it as much as the policy uses that action."""
    return np.full(len(q), _value(q, temperature) - _estimate(q, target, temperature))


@misconception("the entropy is missing from the estimate")
def entropy_missing(q, target, temperature):
    """The estimate of V is the policy's mean of the targets. A soft value is counted before the choice, so the choice
    is still to be paid for: −T log π belongs to it. As it is, V would be pulled down even where every Q is right."""
    policy = boltzmann(q, temperature)
    return policy * (_value(q, temperature) - float(policy @ target))


@misconception("a soft maximum of the targets")
def soft_maximum_of_targets(q, target, temperature):
    """The estimate of V is the soft maximum of the targets: the value of the policy that would be best for them. The
    estimate is about the policy that acts, the Boltzmann policy of Q. The two agree only where the targets are
    Q, up to a constant."""
    return boltzmann(q, temperature) * (_value(q, temperature) - _value(target, temperature))


@misconception("the policy of the targets")
def policy_of_the_targets(q, target, temperature):
    """The policy in the estimate is Boltzmann in the targets. The one that acts, and that V belongs to, is Boltzmann
    in Q; the targets only say what its actions brought."""
    policy = boltzmann(target, temperature)
    estimate = float(policy @ target + temperature * entropy(policy))
    return policy * (_value(q, temperature) - estimate)


@misconception("the estimate is differentiated too")
def estimate_differentiated(q, target, temperature):
    """The gradient also runs through the policy inside the estimate. Like any target it is held fixed: it is a number
    that was measured, and only V answers to Q."""
    policy, error = boltzmann(q, temperature), _value(q, temperature) - _estimate(q, target, temperature)
    score = target - temperature * np.log(policy)
    return error * (policy - policy * (score - policy @ score) / temperature)


@misconception("the temperature is missing")
def temperature_missing(q, target, temperature):
    """This is the answer at temperature 1, whatever temperature was asked for. T stands in V, in the policy, and
    before the entropy of the estimate."""
    return reference(q, target, 1.0)


exercise = Exercise(
    name="value_term",
    title="what soft Q-learning adds to a policy gradient",
    statement="""
        Write `my_value_term(q, target, temperature)`, for one state. `q` and `target` have shape (A,). The row `q`
        stands for a policy and a value, π = exp((Q − V) / T) and V = T log Σ_a exp(Q(a) / T). Actions drawn from π
        brought the targets, so V is estimated by

            V^ = Σ_a π(a) ( target(a) − T log π(a) )

        Return the gradient of (V − V^)² / 2 with respect to `q`, shape (A,), with V^ held fixed. It is the part of
        the gradient of soft Q-learning that is not a policy gradient.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """By the chain rule it is the error times the slope of V. The error is one number. The slope is one number for
        each action: by how much does the soft maximum rise when Q(a) rises a little? You have met these numbers.""",
        """The derivative of T log Σ exp(Q / T) with respect to Q(a) is π(a). Test yourself where the targets equal `q`:
        then V^ is V, and the whole term is zero, whatever the policy is.""",
    ),
    minutes=10,
    difficulty=2,
    points=2,
    misconceptions=(
        whole_gradient,
        downhill,
        slope_missing,
        entropy_missing,
        soft_maximum_of_targets,
        policy_of_the_targets,
        estimate_differentiated,
        temperature_missing,
    ),
)
