"""The policy exp((Q - V) / T) over a continuum of actions, on a grid: a density, and what normalises it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp, softmax

from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.operators import boltzmann


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Grids of one to five cells, and grids on which a bare exponential is very large or vanishes."""
    for n_cells in (1, 2, 2, 3, 3, 4, 5):
        for temperature in (0.5, 2.0):
            q, spacing = one_decimal(generator.uniform(-2, 2, n_cells)), float(generator.choice([0.2, 0.25, 0.5]))
            yield Case(n_cells, {"q": q, "temperature": temperature, "spacing": spacing})
    # Where it overflows, V is infinite and a density through V a sound 0, which would hide a wrong formula.
    for size, lowest, temperature in ((2, -1000.0, 0.5), (3, 1000.0, 2.0), (4, -1000.0, 0.5)):
        yield Case(size, {"q": lowest + np.arange(size) / 2, "temperature": temperature, "spacing": 0.5})


def reference(q, temperature, spacing):
    """Probabilities of the cells by ``boltzmann``, each divided by the width of its cell."""
    return boltzmann(q, temperature) / spacing


@misconception("probabilities in place of a density")
def probabilities(q, temperature, spacing):
    """Your numbers sum to one. They are probabilities, one for each cell, and they depend on how fine the grid is: with
    cells half as wide, each would be half as large. A density is a probability for each unit of action. It is its
    *area* that has to be one. Where does `spacing` come in?"""
    return softmax(q / temperature)


@misconception("multiplied by the spacing")
def times_spacing(q, temperature, spacing):
    """The width of a cell came in upside down: where you have it as a factor, it divides, or its logarithm has the
    wrong sign in V. Ask for a single cell. All the probability is on it, so its density times its width is one. And
    the narrower the cell, the higher must the density be."""
    return softmax(q / temperature) * spacing


def _no_temperature_after_the_shift(q, temperature, spacing):
    value = q.max() + np.log(spacing * np.exp((q - q.max()) / temperature).sum())
    return np.exp((q - value) / temperature)


@misconception("nats taken for rewards", _no_temperature_after_the_shift)
def nats_for_rewards(q, temperature, spacing):
    """A logarithm was added to something in units of reward as it is: log `spacing`, or the logarithm of a whole sum.
    It is a pure number, in nats, and T is what one nat is worth. At temperature 1 nobody would notice. In the formula
    T stands in front of the whole logarithm, with everything that is under it."""
    value = temperature * logsumexp(q / temperature) + np.log(spacing)
    return np.exp((q - value) / temperature)


@misconception("the temperature is missing")
def temperature_missing(q, temperature, spacing):
    """This is the policy at temperature 1, whatever was asked for. It is a density, its area is one, so the mistake
    hides well. Ask for two temperatures: cold, the higher of two peaks should have nearly everything; hot, there
    should hardly be a peak."""
    return softmax(q) / spacing


def _none_in_front(q, temperature, spacing):
    return np.exp((q - logsumexp(q / temperature) - np.log(spacing)) / temperature)


def _none_in_the_value(q, temperature, spacing):
    return np.exp((q - logsumexp(q) - np.log(spacing)) / temperature)


def _none_in_the_exponent_of_the_value(q, temperature, spacing):
    return np.exp((q - temperature * (logsumexp(q) + np.log(spacing))) / temperature)


@misconception(
    "the temperature in some places only",
    _none_in_front,
    _none_in_the_value,
    _none_in_the_exponent_of_the_value,
)
def some_places(q, temperature, spacing):
    """The temperature stands in three places: it divides Q inside of V, it stands in front of the logarithm, and it
    divides Q − V. In yours at least one of them is empty, and the area under the policy is no longer one. Go by the
    units: Q, V and T are rewards, an exponent is a pure number."""
    return np.exp(q - temperature * (logsumexp(q / temperature) + np.log(spacing)))


@misconception("multiplied by the temperature")
def multiplied(q, temperature, spacing):
    """Q was multiplied by the temperature, so hot and cold have changed places. What makes a policy indifferent is a
    high temperature: differences of Q have to count for less."""
    return softmax(q * temperature) / spacing


def _divided_by_the_highest(q, temperature, spacing):
    return np.exp((q - q.max()) / temperature)


@misconception("not normalised", _divided_by_the_highest)
def not_normalised(q, temperature, spacing):
    """The proportions are right, and the area is whatever it happens to be. exp(Q / T) is a weight; without its
    integral nobody can tell how likely an action is, and the maximum of Q is not its integral. In the formula V makes
    the density of it."""
    return np.exp(q / temperature)


def _overflow_in_the_value(q, temperature, spacing):
    return np.exp((q - temperature * np.log(spacing * np.exp(q / temperature).sum())) / temperature)


@misconception("overflow", _overflow_in_the_value)
def overflow(q, temperature, spacing):
    """On ordinary numbers your density is right, and far from zero it breaks: at 1000 every exponential is infinite, at
    −1000 they are 0, and so is their sum. Neither a quotient nor a logarithm survives that. Add a constant to Q: V
    rises by as much, and the policy stays. Which constant makes all exponents harmless?"""
    weight = np.exp(q / temperature)
    return weight / (weight.sum() * spacing)


@misconception("the trapezoidal rule")
def trapezoidal(q, temperature, spacing):
    """The first and the last number count by half. That is the rule for points on the *edges* of the intervals, as they
    come out of `np.linspace(-1, 1, n)`. Here Q is given at the middle of each cell, and there are as many cells as
    numbers. How much of the first cell belongs to the first number?"""
    weight = np.exp((q - q.max()) / temperature)
    return weight / np.trapezoid(weight, dx=spacing)


@misconception("the sign of a cost")
def costs(q, temperature, spacing):
    """The density is high where Q is low. That is right for an energy, exp(−E / T), as in physics, where the name of
    such a policy comes from. Q is minus the energy: the more the better."""
    return softmax(-q / temperature) / spacing


def _advantage(q, temperature, spacing):
    return q - temperature * (logsumexp(q / temperature) + np.log(spacing))


@misconception("the advantage in place of the policy", _advantage)
def advantage(q, temperature, spacing):
    """This is Q − V, or its quotient with T, the logarithm of the density. Some of it is negative, as the logarithm
    of a density may be and a density may not. The policy is the *exponential* of the advantage."""
    return _advantage(q, temperature, spacing) / temperature


@misconception("relative to the uniform policy")
def relative_to_uniform(q, temperature, spacing):
    """The exponentials were averaged, not integrated. What comes out is how many times as likely an action is as
    under a uniform policy: the KL form, whose V is lower by T times the logarithm of the length of the interval. The
    density asked for is one for each unit of action, and knows how long the interval is."""
    return softmax(q / temperature) * q.size


exercise = Exercise(
    name="energy_policy",
    title="a policy in proportion to exp(Q / T)",
    statement="""
        Write `my_energy_policy(q, temperature, spacing)`. An interval of actions is cut into X cells, each `spacing`
        wide, and `q`, shape (X,), is Q at the middle of each. An integral over actions is a sum over the cells, times
        their width. Return the density of the policy at the same X actions, shape (X,), in the entropy form:

            V    = T log ( Σ_x exp(q_x / T) · spacing )
            π(a) = exp((Q(a) − V) / T)

        Values as far from zero as −1000 and 1000 must not break it.
        """,
    reference=reference,
    closed=(boltzmann,),
    cases=cases,
    hints=(
        """Write the two lines as they stand and test them on a single cell, whose density you know. Then ask what a
        density has to fulfil on two. For large values: what happens to V, and what to π, when 1000 is added to every
        Q?""",
        """Take the largest Q off all of them first; π does not notice. Then `weight = np.exp(q / temperature)` is
        harmless, and π is `weight` divided by its integral, which is its sum times `spacing`.""",
    ),
    minutes=6,
    difficulty=1,
    points=1,
    misconceptions=(
        probabilities,
        times_spacing,
        nats_for_rewards,
        temperature_missing,
        some_places,
        multiplied,
        not_normalised,
        overflow,
        trapezoidal,
        costs,
        advantage,
        relative_to_uniform,
    ),
)
