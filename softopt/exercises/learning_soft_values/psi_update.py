"""One update of psi-learning: a preference is measured against the value of its own state."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp

from softopt.exercises.cases import tenths
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.exercises.learning_soft_values._steps import moved, tables_and_steps


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Preferences that have been learned for a while, and the prior from which they once started."""
    for number, (psi, step, discount) in enumerate(tables_and_steps(generator)):
        arguments = {
            "psi": psi,
            "step": step,
            "discount": discount,
            "temperature": (0.8, 2.0)[number % 2],
            "prior": tenths(generator, psi.shape, least=1),
            "rate": (0.5, 0.2)[number // 2 % 2],
        }
        yield Case(psi.size, arguments)


def _value(psi, state, temperature, weights=None):
    row_weights = None if weights is None else weights[state]
    return temperature * float(logsumexp(psi[state] / temperature, b=row_weights))


def _moved(psi, step, discount, rate, future, now):
    future = 0.0 if step.terminated else future
    return moved(psi, step, step.reward + discount * future - now, rate)


def reference(psi, step, discount, temperature, prior, rate):
    """Psi += rate * (r + discount * V(s') - V(s)); the prior is in Psi already."""
    future, now = _value(psi, step.next_state, temperature), _value(psi, step.state, temperature)
    return _moved(psi, step, discount, rate, future, now)


@misconception("the prior is folded in twice")
def prior_twice(psi, step, discount, temperature, prior, rate):
    """Your values weigh the preferences by the prior. But Psi started at T log p0: the prior has been inside it
    from the first moment, and every update since has kept it there. Weighed once more it counts double, and the
    policy leans towards the prior more than anyone asked for."""
    future = _value(psi, step.next_state, temperature, prior)
    return _moved(psi, step, discount, rate, future, _value(psi, step.state, temperature, prior))


@misconception("soft Q-learning in place of psi-learning")
def soft_q_learning(psi, step, discount, temperature, prior, rate):
    """The target is compared with the entry itself, Psi(s, a). That is soft Q-learning: it keeps the same prior
    for ever and stays soft. What makes the posterior the next prior is to compare with V(s), so that an action
    which is worse than its state's value loses a little preference at every visit, without end."""
    future = _value(psi, step.next_state, temperature)
    return _moved(psi, step, discount, rate, future, psi[step.state, step.action])


@misconception("hard maxima")
def hard_maxima(psi, step, discount, temperature, prior, rate):
    """Both values are hard maxima of the preferences, and the temperature has no effect. The limit is the right
    one, but on the way an action that looks worst by accident loses at once what it would lose slowly here."""
    return _moved(psi, step, discount, rate, psi[step.next_state].max(), psi[step.state].max())


@misconception("the temperature is missing")
def temperature_missing(psi, step, discount, temperature, prior, rate):
    """Both values are taken at temperature 1. Here Psi is in units of reward, so it is divided by T inside the
    exponential and the logarithm is multiplied by T. The paper's Psi is ours divided by T."""
    return reference(psi, step, discount, 1.0, prior, rate)


@misconception("V(s) is discounted as well")
def own_value_discounted(psi, step, discount, temperature, prior, rate):
    """The value of the present state is discounted along with that of the next one. Nothing lies between now and
    now: the discount belongs to what comes a step later."""
    future, now = _value(psi, step.next_state, temperature), _value(psi, step.state, temperature)
    return _moved(psi, step, discount, rate, future, discount * now)


@misconception("the two values are swapped")
def values_swapped(psi, step, discount, temperature, prior, rate):
    """The value of the next state is taken off, and that of the present one is added. The error asks: how much
    better was it to pay r and be in s', than to be in s?"""
    now, future = _value(psi, step.state, temperature), _value(psi, step.next_state, temperature)
    future = 0.0 if step.terminated else future
    return moved(psi, step, step.reward + discount * now - future, rate)


@misconception("entropy paid after the end")
def bootstrapped_after_the_end(psi, step, discount, temperature, prior, rate):
    """Where the episode terminated, T log A is added: the soft maximum of the zeros in the row of a terminal
    state. The future there is 0, and has to be set by hand."""
    return reference(psi, step._replace(terminated=False), discount, temperature, prior, rate)


@misconception("a time limit taken for an end")
def truncation_as_end(psi, step, discount, temperature, prior, rate):
    """A step that ran into the time limit is treated as if nothing came after it. The task goes on; only the
    watching stopped."""
    cut = step._replace(terminated=step.terminated or step.truncated)
    return reference(psi, cut, discount, temperature, prior, rate)


exercise = Exercise(
    name="psi_update",
    title="one update of psi-learning",
    statement="""
        Write `my_psi_update(psi, step, discount, temperature, prior, rate)`. The preferences `psi`, of shape (S, A),
        were started at T log p0, with p0 = `prior` of shape (S, A), and stand for the policy
        π(a|s) = exp((Psi(s, a) − V(s)) / T). Return them after one update, as a new array:

            Psi(s, a) ← Psi(s, a) + rate · ( r + discount · V(s') − V(s) )

        V(s) is what makes that policy sum to one. `step` is a transition as before: nothing follows a termination,
        and a truncation is none.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """First find V from its definition: the number that makes exp((Psi − V) / T) sum to one over the actions. The
        same function of a row gives V(s) and V(s'). Do you need every argument that you are given?""",
        """Solve Σ_a exp((Psi − V) / T) = 1 for V: no weights appear, since the sum in the policy has none. The prior
        was used up at the start. Then mind the end: V(s') is 0 after a termination, though the row of zeros says
        T log A.""",
    ),
    minutes=10,
    difficulty=2,
    points=2,
    misconceptions=(
        prior_twice,
        soft_q_learning,
        hard_maxima,
        temperature_missing,
        own_value_discounted,
        values_swapped,
        bootstrapped_after_the_end,
        truncation_as_end,
    ),
)
