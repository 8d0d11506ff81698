"""The Boltzmann policy of a table of soft Q-values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps

import numpy as np
from scipy.special import logsumexp, softmax

from softopt.exercises.cases import one_decimal
from softopt.exercises.control_as_inference.posterior_policy import one_constant_for_all
from softopt.exercises.exercise import Case, Exercise, Misconception, misconception
from softopt.operators import boltzmann, soft_maximum


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Ordinary tables, ties, and tables on which a bare exponential vanishes."""
    for n_states, n_actions in ((1, 2), (1, 3), (2, 2), (2, 2), (2, 3), (3, 2), (3, 3), (4, 3)):
        for temperature in (0.5, 2.0):
            table = one_decimal(generator.normal(0, 2, (n_states, n_actions)))
            yield Case(table.size, {"soft_q": table, "temperature": temperature})
    yield Case(4, {"soft_q": np.array([[1.0, 1.0], [0.0, 1.0]]), "temperature": 0.5})
    # Far below zero every exponential vanishes; in the second table that happens to one row alone.
    for levels in ([[-1000.0], [-1000.0]], [[0.0], [-1000.0]]):
        yield Case(4, {"soft_q": levels + np.array([[0.0, 1.0], [0.5, 0.0]]), "temperature": 0.5})


@misconception("the temperature is missing from the policy")
def temperature_missing(soft_q, temperature):
    """This is what comes out when the temperature is missing from the policy: it is the Boltzmann policy at
    temperature 1. Such a mistake hides well, since the rows sum to one and the best action stays the best.
    Ask for two temperatures: a cold policy should be nearly sure of itself, a hot one nearly indifferent.
    Yours is the same at both."""
    return softmax(soft_q, axis=1)


def _temperature_not_in_front_of_the_value(soft_q, temperature):
    return np.exp((soft_q - logsumexp(soft_q / temperature, axis=1, keepdims=True)) / temperature)


@misconception("the temperature in one place of two", _temperature_not_in_front_of_the_value)
def temperature_only_in_the_value(soft_q, temperature):
    """The temperature is at work in one part of the formula and missing from another, so the rows no longer
    sum to one. Q − V is in units of reward; an exponent is a pure number. Check the units of V first, then
    of the exponent."""
    return np.exp(soft_q - temperature * logsumexp(soft_q / temperature, axis=1, keepdims=True))


@misconception("multiplied by the temperature")
def multiplied(soft_q, temperature):
    """This is what comes out when the values are multiplied by the temperature: hot and cold have changed
    places. High temperatures should bring the actions closer to each other. Yours get more decided."""
    return softmax(soft_q * temperature, axis=1)


def _all_of_the_best(soft_q, temperature):
    best = soft_q == soft_q.max(axis=1, keepdims=True)
    return best / best.sum(axis=1, keepdims=True)


@misconception("the greedy policy", _all_of_the_best)
def first_of_the_best(soft_q, temperature):
    """All the probability sits on the best action. That is the limit as the temperature goes to 0, not the
    policy at this one. A soft policy gives every action some probability, nearly as good ones nearly as
    much; and equal ones exactly as much, where `argmax` would favour whichever is listed first."""
    return np.eye(soft_q.shape[1])[soft_q.argmax(axis=1)]


@misconception("normalised over the states")
def over_states(soft_q, temperature):
    """Each column sums to one, where each row should. Your table answers "given this action, in which
    state?"; a policy answers "given this state, which action?". Look at the axis of the sum or of the soft
    maximum: states are axis 0, actions axis 1."""
    return softmax(soft_q / temperature, axis=0)


def _raises_unless_square(wrong):
    """NaN in place of the error that a reader's function raises where S numbers meet A columns."""

    @wraps(wrong)
    def answer(soft_q, temperature):
        n_states, n_actions = soft_q.shape
        fits = n_states in (1, n_actions)
        return wrong(soft_q, temperature) if fits else np.full(soft_q.shape, np.nan)

    return answer


@_raises_unless_square
def _sum_beside_the_columns(soft_q, temperature):
    weight = np.exp((soft_q - soft_q.max(axis=1, keepdims=True)) / temperature)
    return weight / weight.sum(axis=1)


@_raises_unless_square
def _maximum_beside_the_columns(soft_q, temperature):
    return softmax((soft_q - soft_q.max(axis=1)) / temperature, axis=1)


@_raises_unless_square
def _both_beside_the_columns(soft_q, temperature):
    weight = np.exp((soft_q - soft_q.max(axis=1)) / temperature)
    return weight / weight.sum(axis=1)


@misconception(
    "one number a row, lined up with the columns",
    _sum_beside_the_columns,
    _maximum_beside_the_columns,
    _both_beside_the_columns,
)
@_raises_unless_square
def beside_the_columns(soft_q, temperature):
    """Something that belongs to the rows, V(s) or a sum or a maximum of each row, has met the columns. NumPy lines
    shapes up from the right, so an array of shape (S,) beside one of shape (S, A) meets the actions. In a table
    with as many actions as states nothing complains and the numbers are wrong; in any other it is an error. Print
    the shape of what you subtract or divide by: `keepdims=True` makes it (S, 1), and that stays beside its row."""
    return np.exp((soft_q - soft_maximum(soft_q, temperature)) / temperature)


@misconception("normalised over the whole table")
def over_the_table(soft_q, temperature):
    """The table as a whole sums to one, so a row does not. The agent is in one state at a time, and there
    the probabilities of its actions have to sum to one. Look at the axis of your sum: without one, NumPy
    adds up everything."""
    return softmax(soft_q / temperature)


def _not_normalised_but_shifted(soft_q, temperature):
    return np.exp((soft_q - soft_q.max(axis=1, keepdims=True)) / temperature)


@misconception("not normalised", _not_normalised_but_shifted)
def not_normalised(soft_q, temperature):
    """The proportions within each row are right, but the rows do not sum to one. The exponentials are
    weights, not yet probabilities. In the formula it is V(s) that turns one into the other, and the largest
    Q-value of a row is not V(s)."""
    return np.exp(soft_q / temperature)


@misconception("the sign of a cost")
def costs(soft_q, temperature):
    """The worst action is the likeliest. That is right for a table of costs or energies, where
    π ∝ exp(−cost / T), as in physics and in G-learning. Q-values are the opposite: the more the better."""
    return softmax(-soft_q / temperature, axis=1)


def _one_shift_for_all(soft_q, temperature):
    weight = np.exp((soft_q - soft_q.max()) / temperature)
    return weight / weight.sum(axis=1, keepdims=True)


def _one_shift_in_the_value(soft_q, temperature):
    weight = np.exp((soft_q - soft_q.max()) / temperature)
    value = soft_q.max() + temperature * np.log(weight.sum(axis=1, keepdims=True))
    return np.exp((soft_q - value) / temperature)


# The same mistake as with messages, with log β = Q / T.
one_shift_for_all = Misconception(
    one_constant_for_all.name, one_constant_for_all.sentence, (_one_shift_for_all, _one_shift_in_the_value)
)


def _overflow_in_the_value(soft_q, temperature):
    value = temperature * np.log(np.exp(soft_q / temperature).sum(axis=1, keepdims=True))
    return np.exp((soft_q - value) / temperature)


@misconception("overflow", _overflow_in_the_value)
def overflow(soft_q, temperature):
    """On ordinary numbers your policy is right, and far from zero it breaks. At −1000 every exponential of
    the row is 0, and so is their sum: neither a quotient nor a logarithm survives that. At 1000 they are
    infinite. Yet only differences within a row matter to a policy. What can be taken off a whole row without
    changing it?"""
    weight = np.exp(soft_q / temperature)
    return weight / weight.sum(axis=1, keepdims=True)


exercise = Exercise(
    name="policy",
    title="the policy that belongs to soft Q-values",
    statement="""
        Write `my_policy(soft_q, temperature)`. It takes a table of soft Q-values of shape (S, A), one row a state, and
        a temperature above zero. It returns the Boltzmann policy, a table of the same shape:

            V(s)   = T log Σ_a exp(Q(s, a) / T)
            π(a|s) = exp((Q(s, a) − V(s)) / T)

        Values as far from zero as −1000 and 1000 must not break it.
        """,
    reference=boltzmann,
    cases=cases,
    hints=(
        """V(s) is a soft maximum, and you have one: yours from the last exercise or
        `softopt.operators.soft_maximum`. Mind the shapes: V has one number a state, Q has one a state and action.""",
        """Subtracting an array of shape (S,) from one of shape (S, A) lines up the wrong axes. Give V a second axis
        of length one, `V[:, None]`, and every row of Q loses its own V. Then each row of the result sums to one
        by itself: that is what V is for.""",
    ),
    minutes=6,
    difficulty=1,
    points=1,
    misconceptions=(
        temperature_missing,
        temperature_only_in_the_value,
        multiplied,
        first_of_the_best,
        over_states,
        beside_the_columns,
        over_the_table,
        not_normalised,
        costs,
        one_shift_for_all,
        overflow,
    ),
)
