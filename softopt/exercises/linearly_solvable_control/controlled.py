"""The optimal control of an LMDP, from its cost-to-go."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import softmax

from softopt.exercises.cases import one_decimal, tenths
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.operators import boltzmann


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Rows of tenths, some entries zero; costs of a room, and of a maze too large for exp."""
    for n_states in (2, 2, 3, 3, 4):
        for temperature in (0.5, 2.0):
            for far in (0.0, 4000.0):
                passive = tenths(generator, (n_states, n_states))
                cost_to_go = one_decimal(generator.uniform(0, 4, n_states)) + far
                arguments = {"passive": passive, "cost_to_go": cost_to_go, "temperature": temperature}
                yield Case(n_states + (far > 0) * 10, arguments)


def reference(passive, cost_to_go, temperature):
    """u(s'|s) ∝ p(s'|s) exp(-v(s') / T)."""
    return boltzmann(np.broadcast_to(-cost_to_go, passive.shape), temperature, passive)


def _weights(passive, cost_to_go, temperature):
    """p z, up to a factor that keeps it a float."""
    return passive * np.exp(-(cost_to_go - cost_to_go.min()) / temperature)


@misconception("drawn to what is expensive")
def expensive(passive, cost_to_go, temperature):
    """Your control prefers the next states that cost most. v is a cost, and the maximum of a table of costs is the
    worst entry. Look at the sign in the exponent: z = exp(−v / T)."""
    return reference(passive, -cost_to_go, temperature)


@misconception("the passive dynamics are missing")
def without_passive(passive, cost_to_go, temperature):
    """The passive dynamics say here only which states can be reached, not how often. A step that the world takes by
    itself with probability .8 is cheaper than one that it takes with probability .1: KL counts from p."""
    return softmax(np.where(passive > 0, -cost_to_go / temperature, -np.inf), axis=1)


@misconception("the passive dynamics twice")
def passive_twice(passive, cost_to_go, temperature):
    """Each weight has the passive probability in it twice. A mean Σ p z already holds one p; the control is that mean's
    summands, each divided by the whole."""
    weights = passive * _weights(passive, cost_to_go, temperature)
    return weights / weights.sum(axis=1, keepdims=True)


@misconception("columns in place of rows")
def columns(passive, cost_to_go, temperature):
    """Your columns sum to one. A row of the control is what can follow one state, and its entries are the ones that
    share a probability of one. Which axis is summed away, and does the result keep its place (`keepdims`)?"""
    weights = _weights(passive, cost_to_go, temperature)
    return weights / weights.sum(axis=0, keepdims=True)


@misconception("the temperature is missing")
def temperature_missing(passive, cost_to_go, temperature):
    """This is the control at temperature 1, whatever temperature was asked for. The temperature is the price of a nat
    of steering: does it reach the exponent?"""
    return reference(passive, cost_to_go, 1.0)


@misconception("multiplied by the temperature")
def multiplied(passive, cost_to_go, temperature):
    """The cost has been multiplied by the temperature instead of divided. At a high temperature steering is dear and
    the control should stay close to the passive dynamics; yours goes the other way."""
    return reference(passive, cost_to_go, 1 / temperature)


@misconception("only the cheapest step")
def greedy(passive, cost_to_go, temperature):
    """All of the probability is on the cheapest successor. That is the control where steering is free. Here a step
    taken for sure costs T log(1 / p), and the optimum only leans towards the cheap."""
    return reference(passive, cost_to_go, 0.0)


def _unnormalised_unsafe(passive, cost_to_go, temperature):
    return passive * np.exp(-cost_to_go / temperature)


@misconception("not normalised", _unnormalised_unsafe)
def unnormalised(passive, cost_to_go, temperature):
    """Your rows do not sum to one. p z has the right proportions, and its row sum is what the linear equation is made
    of; divided by that sum it becomes a distribution."""
    return _weights(passive, cost_to_go, temperature)


@misconception("nothing subtracted before exp")
def underflow(passive, cost_to_go, temperature):
    """The formula is right and the numbers are not: far from the goal exp(−v / T) is smaller than any float, so the row
    is 0 / 0. The control depends on differences of v alone. What can you subtract from v that makes no difference to
    the control, and all the difference to exp?"""
    weights = passive * np.exp(-cost_to_go / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


exercise = Exercise(
    name="controlled",
    title="the optimal control",
    statement="""
        Write `my_controlled(passive, cost_to_go, temperature)`. It takes the passive dynamics of shape (S, S), the
        cost-to-go v of shape (S,) and a temperature above zero, and returns the controlled dynamics, shape (S, S), each
        row a distribution over next states:

            u(s'|s) ∝ p(s'|s) exp(−v(s') / T)

        Some of the cases are far from the goal, with v in the thousands. The control is as clear there as anywhere.
        """,
    reference=reference,
    closed=(boltzmann,),
    cases=cases,
    hints=(
        """Next states are columns, so v has to lie along a row: `passive * weight` does that by itself when `weight`
        has shape (S,). Then each row wants its own sum, with `keepdims=True`. Check the row sums first.""",
        """When v is 4000 and T is .5, exp(−8000) is 0 in float64, and 0 / 0 is NaN. Adding a constant to v changes no
        row of the control. Which constant makes the largest exponent 0?""",
    ),
    minutes=8,
    difficulty=1,
    points=1,
    misconceptions=(
        expensive,
        without_passive,
        passive_twice,
        columns,
        temperature_missing,
        multiplied,
        greedy,
        unnormalised,
        underflow,
    ),
)
