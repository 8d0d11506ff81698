"""How much luck is worth: the exact backup minus the variational one."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.special import logsumexp

from softopt.exercises.exercise import Exercise, misconception
from softopt.exercises.optimism_and_the_variational_fix._look_ahead import look_ahead_cases
from softopt.tabular import MDP, infer


def reference(transition, value, temperature):
    """T log E exp(V / T) - E V, the difference of the two Q-values: the reward cancels."""
    mdp = MDP(transition, np.zeros(transition.shape[:2]), horizon=1, final_value=value)
    return temperature * infer(mdp, temperature).backward[0] - mdp.expect(value)


def _hopeful(transition, value, temperature):
    """T log E exp(V / T), (S, A)."""
    return temperature * logsumexp(value / temperature, b=transition, axis=2)


@misconception("the hopeful backup alone")
def hopeful_alone(transition, value, temperature):
    """This is the first of the two backups, the hopeful one. It says what a step promises to an agent that counts
    on luck. How much of that *is* luck? Compare it with what the step is worth on average."""
    return _hopeful(transition, value, temperature)


@misconception("the wrong way round")
def wrong_way_round(transition, value, temperature):
    """Your numbers are all zero or negative: the mean minus the hopeful value. By Jensen's inequality the log of
    a mean of exponentials is never below the mean, so the difference the other way is the optimism."""
    return transition @ value - _hopeful(transition, value, temperature)


@misconception("the value of the state that one leaves")
def minus_the_present(transition, value, temperature):
    """You have subtracted V(s), the value of the state in which the step begins. Whether an action leads uphill is
    another question. Here both terms look at the same next states: one with hope, one without."""
    return _hopeful(transition, value, temperature) - value[:, None]


@misconception("no temperature in front of the logarithm")
def no_temperature_in_front(transition, value, temperature):
    """The logarithm is in nats and the mean in reward units, and here one was taken off the other. What turns nats
    into rewards? Try a step of which the outcome is certain: the optimism of that must be 0."""
    return logsumexp(value / temperature, b=transition, axis=2) - transition @ value


@misconception("no temperature in the exponent")
def no_temperature_in_the_exponent(transition, value, temperature):
    """The value went into the exponential as it is, a reward where a pure number belongs. A hot agent should
    be less impressed by a difference in value than a cold one, and the exponent is where that happens."""
    return temperature * logsumexp(value, b=transition, axis=2) - transition @ value


@misconception("the temperature is missing")
def temperature_missing(transition, value, temperature):
    """This is the optimism at temperature 1, whatever temperature was asked for. It should grow as the agent cools:
    to a cold one the best possible outcome is all that exists."""
    return logsumexp(value, b=transition, axis=2) - transition @ value


@misconception("the best case")
def best_case(transition, value, temperature):
    """You have taken the best outcome that is possible at all, however unlikely. That is the limit of a temperature
    of 0. At this one luck is weighed by its chance: a ticket that wins once in a million tempts less than one
    that wins every other time."""
    return np.where(transition > 0, value, -np.inf).max(axis=2) - transition @ value


@misconception("the chances are missing")
def chances_missing(transition, value, temperature):
    """Every possible outcome counts with weight 1 in your exponential sum, likely or not. The world is not an agent
    who chooses freely: its prior is p(s'|s, a), and the expectation is taken under it."""
    possible = (transition > 0).astype(float)
    return temperature * logsumexp(value / temperature, b=possible, axis=2) - transition @ value


@misconception("pessimism")
def pessimism(transition, value, temperature):
    """The sign in the exponent is turned, so the worst outcomes weigh most: E V + T log E exp(−V / T) is how far a
    *cautious* agent stays below the mean. Robust control uses that one. Exact inference errs the other way."""
    return transition @ value + temperature * logsumexp(-value / temperature, b=transition, axis=2)


@misconception("overflow")
def overflow(transition, value, temperature):
    """On ordinary values your answer is right. At values of 1000 the exponential is infinite, at −1000 it is 0.
    Yet adding a constant to every value adds it to both backups, and their difference does not notice. Which
    constant would you take off first?"""
    return temperature * np.log(transition @ np.exp(value / temperature)) - transition @ value


exercise = Exercise(
    name="optimism",
    title="how much luck is worth",
    statement="""
        Write `my_optimism(transition, value, temperature)`. It takes the dynamics, of shape (S, A, S), the values of
        the next states, of shape (S,), and a temperature. It returns how much the exact backup lies above the
        variational one, of shape (S, A):

            T log E[ exp(V(s') / T) ] − E[ V(s') ]

        The reward is in both backups and cancels. Values as far from zero as −1000 and 1000 must not break it.
        """,
    reference=reference,
    cases=partial(look_ahead_cases, spread=8.0),
    hints=(
        """Two expectations under the same chances: a plain one, `transition @ value`, and one of exponentials. The
        answer is never negative, and 0 where the next state is certain: two things to test before you ask.""",
        """`scipy.special.logsumexp(value / temperature, b=transition, axis=2)` is log E exp(V / T), safe at any size.
        Bring it back to reward units before you subtract.""",
    ),
    minutes=6,
    difficulty=1,
    points=1,
    misconceptions=(
        hopeful_alone,
        wrong_way_round,
        minus_the_present,
        no_temperature_in_front,
        no_temperature_in_the_exponent,
        temperature_missing,
        best_case,
        chances_missing,
        pessimism,
        overflow,
    ),
)
