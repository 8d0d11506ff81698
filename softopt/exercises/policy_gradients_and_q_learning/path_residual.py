"""The residual of path consistency on one stretch of an episode."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.cases import one_decimal, tenths
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.tabular.learning import Transition

ENDS = ((False, False), (True, False), (False, True))  # (terminated, truncated)


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Stretches of one to four steps that go on, end, or run into the time limit."""
    for length in (1, 2, 2, 3, 4):
        for number, (terminated, truncated) in enumerate(ENDS):
            n_states, n_actions = 3, 2
            states = generator.integers(n_states, size=length + 1)
            steps = [
                Transition(
                    int(states[j]),
                    int(generator.integers(n_actions)),
                    float(one_decimal(generator.uniform(-3, 3))),
                    int(states[j + 1]),
                    terminated and j == length - 1,
                    truncated and j == length - 1,
                )
                for j in range(length)
            ]
            arguments = {
                "steps": steps,
                "value": one_decimal(generator.uniform(0.5, 4, n_states)) * generator.choice([-1, 1], n_states),
                "policy": tenths(generator, (n_states, n_actions), least=1),
                "temperature": (0.5, 2.0)[(length + number) % 2],
                "discount": float(generator.choice([0.5, 0.8])),
            }
            yield Case(length, arguments)


def reference(steps, value, policy, temperature, discount):
    """C = -V(s_t) + sum discount^j (r - T log pi) + discount^d V(s_{t+d}), V = 0 after the end."""
    return _residual(steps, value, policy, temperature, discount)


def _residual(steps, value, policy, temperature, discount, *, far_discount=None, bonus_discount=None, far=True):
    """The residual, with the discounts of its parts to be had separately."""
    d = len(steps)
    weights = discount ** np.arange(d)
    bonus_weights = weights if bonus_discount is None else bonus_discount ** np.arange(d)
    rewards = sum(w * step.reward for w, step in zip(weights, steps, strict=True))
    bonus = -sum(w * np.log(policy[step.state, step.action]) for w, step in zip(bonus_weights, steps, strict=True))
    end = 0.0 if steps[-1].terminated or not far else value[steps[-1].next_state]
    far_weight = discount**d if far_discount is None else far_discount
    return rewards + temperature * bonus + far_weight * end - value[steps[0].state]


@misconception("the far value is not discounted")
def far_value_not_discounted(steps, value, policy, temperature, discount):
    """The value at the far end counts in full. It lies d steps away, so it weighs discount to the power d. Without
    that the residual of the true soft values is not zero, and learning would bend them until it was."""
    return _residual(steps, value, policy, temperature, discount, far_discount=1.0)


@misconception("one discount for the far value")
def one_discount(steps, value, policy, temperature, discount):
    """The far value is discounted once, as on a stretch of one step. Here it lies d steps away, d being the number
    of steps that you were given."""
    return _residual(steps, value, policy, temperature, discount, far_discount=discount)


@misconception("the discount is missing along the path")
def discount_missing_along_the_path(steps, value, policy, temperature, discount):
    """Every step of the path counts in full, and only the far value is discounted. On a stretch of one step this
    does not show. Step j of the stretch weighs discount to the power j."""
    total = sum(step.reward - temperature * np.log(policy[step.state, step.action]) for step in steps)
    end = 0.0 if steps[-1].terminated else value[steps[-1].next_state]
    return total + discount ** len(steps) * end - value[steps[0].state]


@misconception("the entropy is not discounted")
def entropy_not_discounted(steps, value, policy, temperature, discount):
    """The rewards are discounted along the path, the terms T log π are not. Both are paid at the same step, and one
    discount stands before both."""
    return _residual(steps, value, policy, temperature, discount, bonus_discount=1.0)


@misconception("the entropy is dropped")
def entropy_dropped(steps, value, policy, temperature, discount):
    """Without the terms in log π this is the error of an ordinary return of d steps. The policy has left the
    equation, so it can only hold for values of one policy, and says nothing about which."""
    return _residual(steps, value, policy, 0.0, discount)


@misconception("the sign of the entropy")
def wrong_sign(steps, value, policy, temperature, discount):
    """T log π is added instead of taken off. log π is negative: the soft return pays for a surprising action, and
    yours charges for it."""
    return _residual(steps, value, policy, -temperature, discount)


@misconception("the temperature is missing")
def temperature_missing(steps, value, policy, temperature, discount):
    """This is the residual at temperature 1: nats are added to rewards as they are. What converts the one into the
    other, and does it reach every step?"""
    return _residual(steps, value, policy, 1.0, discount)


@misconception("a value after the end")
def value_after_the_end(steps, value, policy, temperature, discount):
    """The stretch terminated, and the value of its last state is added all the same. Whatever a table or a network
    says about a state in which the task is over, nothing is earned there."""
    going_on = [*steps[:-1], steps[-1]._replace(terminated=False)]
    return _residual(going_on, value, policy, temperature, discount)


@misconception("a time limit taken for an end")
def truncation_as_end(steps, value, policy, temperature, discount):
    """The stretch ran into the time limit, and its far value is left out. But the task would have gone on from there,
    and is worth as much as ever. Only a termination makes the future worth nothing."""
    last = steps[-1]
    cut = [*steps[:-1], last._replace(terminated=last.terminated or last.truncated)]
    return _residual(cut, value, policy, temperature, discount)


@misconception("the far value is missing")
def far_value_missing(steps, value, policy, temperature, discount):
    """The stretch is treated as if nothing came after it, ever. What follows is in the value of the state that it
    led to: the equation ties the two ends of the stretch together."""
    return _residual(steps, value, policy, temperature, discount, far=False)


@misconception("the residual the other way round")
def other_way_round(steps, value, policy, temperature, discount):
    """Your residual is minus the one that is asked for. Squared they are the same, but the update multiplies by C
    itself: with the other sign it would climb."""
    return -reference(steps, value, policy, temperature, discount)


exercise = Exercise(
    name="path_residual",
    title="the residual of path consistency",
    statement="""
        Write `my_path_residual(steps, value, policy, temperature, discount)`. `steps` is a list of d transitions, one
        after the other in one episode, with the fields `state`, `action`, `reward`, `next_state`, `terminated` and
        `truncated`. `value` has shape (S,), `policy` (S, A). Return one number:

            C = −V(s_0) + Σ_{j < d} discount^j ( r_j − T log π(a_j|s_j) ) + discount^d V(s_d)

        s_d is where the last step led. If that step terminated the task, nothing follows and the last term is 0. If it
        was only truncated, the task would have gone on.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """It is one sum with two ends. Walk along the list with `enumerate`, so that j gives the power of the discount;
        then add the far end and take off the near one. When is there no far end?""",
        """Backwards is shorter: start with V(s_d), or 0 after a termination, and at each step, last one first, put
        total = r − T log π + discount · total. Every power of the discount comes by itself. Take off V(s_0) at the
        end.""",
    ),
    minutes=8,
    difficulty=2,
    points=2,
    misconceptions=(
        far_value_not_discounted,
        one_discount,
        discount_missing_along_the_path,
        entropy_not_discounted,
        entropy_dropped,
        wrong_sign,
        temperature_missing,
        value_after_the_end,
        truncation_as_end,
        far_value_missing,
        other_way_round,
    ),
)
