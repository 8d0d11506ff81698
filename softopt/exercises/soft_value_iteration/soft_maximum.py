"""The soft maximum of one row, safe at every temperature."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp, softmax

from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.operators import soft_maximum


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Ordinary rows, ties, and rows on which a bare exponential overflows or vanishes."""
    for n_actions in (1, 2, 2, 3, 3, 4, 5):
        for temperature in (0.5, 2.0):
            yield Case(n_actions, {"q": one_decimal(generator.normal(0, 3, n_actions)), "temperature": temperature})
    yield Case(2, {"q": np.array([1.0, 1.0]), "temperature": 0.5})
    yield Case(3, {"q": np.array([0.0, 1.0, 2.0]), "temperature": 1.0})
    for size, top, temperature in ((2, 1000.0, 1.0), (2, -1000.0, 1.0), (3, 2.0, 1e-6), (4, 1e4, 0.1), (4, 1.0, 1e6)):
        yield Case(size, {"q": top + np.arange(size) / 2, "temperature": temperature})


@misconception("no temperature in front of the logarithm")
def temperature_missing_in_front(q, temperature):
    """This is what comes out when the values are divided by the temperature and the logarithm is not
    multiplied by it. The result is a pure number, in nats, and no longer in the units of `q`. A test of
    units: double all values and the temperature; the soft maximum has to double as well. Yours stays as it
    was."""
    return logsumexp(q / temperature)


@misconception("the temperature is missing")
def temperature_missing(q, temperature):
    """This is the soft maximum at temperature 1, whatever temperature was asked for. Follow `temperature`
    through your function: the formula uses it twice."""
    return logsumexp(q)


@misconception("no temperature in the exponent")
def temperature_only_in_front(q, temperature):
    """The temperature stands in front of the logarithm and is missing from the exponent. An exponent is a pure
    number, and `q` is in units of reward: something has to take the units away before the exponential, so that
    the factor in front can give them back. With a single action there is nothing to choose, so V has to be its
    value. Yours is T times that."""
    return temperature * logsumexp(q)


@misconception("no temperature in front, after the shift")
def nats_added_to_the_maximum(q, temperature):
    """The maximum came off and went back on in units of reward, and that is right. But what you add to it is a
    logarithm, a pure number in nats. A test of units: double all values and the temperature; the soft maximum
    has to double as well. Your maximum doubles, your logarithm stays as it was. What turns nats into rewards?"""
    return q.max() + logsumexp((q - q.max()) / temperature)


@misconception("a mean in place of the sum")
def mean_for_sum(q, temperature):
    """This is what comes out when the exponentials are averaged: the KL form with a uniform prior, which is
    lower by T log A. Both forms are in use, so it pays to know them apart. Ask for two equal values: in the
    entropy form a free choice is worth something, T log 2 more than either; in the KL form it is worth
    nothing. The entropy form is wanted here."""
    return temperature * (logsumexp(q / temperature) - np.log(q.size))


@misconception("the maximum was not added back")
def not_added_back(q, temperature):
    """The maximum was subtracted for safety and never came back. What is left is how far the soft maximum
    lies above the hard one: never negative, and blind to the size of the values. With a single action there
    is nothing to choose, so V has to be its value. Yours is 0."""
    return temperature * np.log(np.exp((q - q.max()) / temperature).sum())


def _pure_number_added_to_reward_units(q, temperature):
    top = (q / temperature).max()
    return top + temperature * np.log(np.exp(q / temperature - top).sum())


@misconception("the maximum in the wrong units", _pure_number_added_to_reward_units)
def reward_units_off_a_pure_number(q, temperature):
    """The right steps, but one of them mixes units: `q` is in units of reward, `q / temperature` is a pure
    number. A maximum of one is subtracted from, or added to, the other. At temperature 1 nobody would
    notice. Write the unit beside each line of your function and see where two do not fit."""
    return q.max() + temperature * np.log(np.exp(q / temperature - q.max()).sum())


@misconception("overflow")
def overflow(q, temperature):
    """On ordinary numbers your formula is right, and on large ones it breaks: the exponential is infinite
    above 709 and exactly 0 below −746, whose logarithm is −inf. Low temperatures reach that soon, since
    they divide. The soft maximum itself is harmless, it lies within T log A of the largest value. So the
    same sum can be written with smaller exponents: the hints say how to look for it."""
    return temperature * np.log(np.exp(q / temperature).sum())


@misconception("the mean value of the Boltzmann policy")
def boltzmann_mean(q, temperature):
    """This is the mean of `q` under the Boltzmann policy: the value that its choices earn, without the
    entropy. It is easily mistaken for the soft maximum, but it lies below the largest value, and a soft
    maximum lies above it. What the two differ by is T times the entropy of the policy."""
    return softmax(q / temperature) @ q


@misconception("the hard maximum")
def hard_maximum(q, temperature):
    """This is the hard maximum, the limit of the soft one as the temperature goes to 0. The temperature has
    no say in it, and the second-best action counts for nothing, however near it comes."""
    return q.max()


exercise = Exercise(
    name="soft_maximum",
    title="a soft maximum that never overflows",
    statement="""
        Write `my_soft_maximum(q, temperature)`. It takes one row of Q-values `q`, an array of shape (A,), and a
        temperature above zero, and returns one number, in the entropy form:

            V = T log Σ_a exp(q_a / T)

        It has to work for every temperature from 1e-6 to 1e6 and for values as large as 10 000.
        """,
    reference=soft_maximum,
    cases=cases,
    hints=(
        """The formula alone is one line of NumPy, and it works on small numbers. Write that first and run the
        check. Then try it on `[1000., 1000.]` at temperature 1 and look at what the exponential returns.""",
        """Add a constant c to every value: what happens to V? Work it out on paper from the formula. So V of the
        whole row can be had from V of a shifted row, and you may choose the shift. Choose it so that no exponent
        is above zero and at least one is zero.""",
    ),
    minutes=8,
    difficulty=1,
    points=1,
    misconceptions=(
        temperature_missing_in_front,
        temperature_missing,
        temperature_only_in_front,
        nats_added_to_the_maximum,
        mean_for_sum,
        not_added_back,
        reward_units_off_a_pure_number,
        overflow,
        boltzmann_mean,
        hard_maximum,
    ),
)
