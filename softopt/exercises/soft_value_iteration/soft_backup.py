"""One soft Bellman backup, with chance in the dynamics and an end to the episode."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp, softmax

from softopt.exercises.cases import one_decimal, small_mdp
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.operators import soft_maximum


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Small MDPs with any value on the states that have not ended, and a cold one: there bare exponentials overflow."""
    for n_states, n_actions in ((2, 2), (2, 2), (2, 3), (3, 2), (3, 2), (3, 3), (4, 2), (4, 3)):
        for temperature in (0.5, 2.0):
            yield _case(generator, n_states, n_actions, temperature)
    yield _case(generator, 3, 2, 0.001)


def _case(generator, n_states, n_actions, temperature):
    mdp = small_mdp(generator, n_states, n_actions)
    value = np.where(mdp.terminal, 0.0, one_decimal(generator.uniform(-5, 5, n_states)))
    return Case(n_states * n_actions, {"mdp": mdp, "value": value, "temperature": temperature})


def reference(mdp, value, temperature):
    """T log sum_a exp(Q(s, a) / T) of Q = r + discount * E[V(s')]; 0 where the episode has ended."""
    return _ended_at_zero(_backup)(mdp, value, temperature)


def _backup(mdp, value, temperature):
    return soft_maximum(mdp.reward + mdp.discount * mdp.expect(value), temperature)


def _ended_at_zero(backup):
    """Return the backup with the value 0 in terminal states."""
    return lambda mdp, *rest: np.where(mdp.terminal, 0.0, backup(mdp, *rest))


def wrong_backup(name, *also):
    """Make a wrong backup a misconception, whether or not it also forgets the zero of terminal states."""
    return lambda wrong: misconception(name, *also, *map(_ended_at_zero, (wrong, *also)))(wrong)


@misconception("entropy paid after the end")
def entropy_after_the_end(mdp, value, temperature):
    """Every state is right but those where the episode has ended: there your value is T log A instead of 0.
    That is the entropy of choosing among A actions that are all worth 0, and nobody is left to choose. It
    looks harmless, but repeated backups carry it to every other state, and an agent will hurry to the end
    for a reward that does not exist."""
    return _backup(mdp, value, temperature)


def _soft_mean(mdp, value, temperature):
    """T log E[exp(V / T)], (S, A)."""
    return temperature * logsumexp(value / temperature, b=mdp.transition, axis=2)


def _optimistic_with_the_discount_inside(mdp, value, temperature):
    return soft_maximum(mdp.reward + _soft_mean(mdp, mdp.discount * value, temperature), temperature)


@wrong_backup("the optimistic backup, T log E exp(V / T)", _optimistic_with_the_discount_inside)
def optimistic(mdp, value, temperature):
    """This is what comes out when the mean over next states is itself made soft, T log E exp(V / T). It is
    the backup of exact inference, and it is optimistic: it plans as if luck could be chosen along with the
    action. Where the dynamics are deterministic the two agree, so a test on a corridor never finds it. Look
    at how your Q averages over next states: the agent chooses the action, the world chooses the state."""
    return soft_maximum(mdp.reward + mdp.discount * _soft_mean(mdp, value, temperature), temperature)


@misconception("a hard maximum")
def hard_maximum(mdp, value, temperature):
    """This is the ordinary Bellman backup: the best action counts, the others do not, and the temperature
    has no effect. The Q-values are right. Look at the line after them."""
    return (mdp.reward + mdp.discount * mdp.expect(value)).max(axis=1)


@wrong_backup("the discount is missing")
def discount_missing(mdp, value, temperature):
    """This is what comes out at discount 1. What comes a step later should count a little less; here it
    counts in full. Without the discount the backup is no contraction, and on a loop of positive rewards it
    would never settle."""
    return soft_maximum(mdp.reward + mdp.expect(value), temperature)


@wrong_backup("the reward is discounted too")
def discounted_reward(mdp, value, temperature):
    """The discount has reached the reward of this step as well. That reward is paid now, before anything is
    a step away. Look at the parentheses in Q."""
    return soft_maximum(mdp.discount * (mdp.reward + mdp.expect(value)), temperature)


@wrong_backup("a mean over the actions in place of the sum")
def mean_for_sum(mdp, value, temperature):
    """Your value is T log A too low: the KL form with a uniform prior, where a free choice is worth
    nothing, in place of the entropy form, where it is worth up to T log A. As long as nothing ends, both
    give the same policy in the long run and nobody notices; where episodes end, a longer one collects that
    T log A more often, and the policies part."""
    return _backup(mdp, value, temperature) - temperature * np.log(mdp.n_actions)


@wrong_backup("the temperature is missing")
def temperature_missing(mdp, value, temperature):
    """This is the backup at temperature 1, whatever temperature was asked for. Does `temperature` reach the
    soft maximum?"""
    return _backup(mdp, value, 1.0)


@wrong_backup("no temperature in front of the logarithm")
def temperature_missing_in_front(mdp, value, temperature):
    """The Q-values are divided by the temperature, and after the logarithm nothing brings their units back:
    this is V / T. The next backup would add it to a reward, nats to reward units."""
    return _backup(mdp, value, temperature) / temperature


@wrong_backup("the Boltzmann policy's mean, without its entropy")
def boltzmann_mean(mdp, value, temperature):
    """This is the mean of Q under the Boltzmann policy. The policy is right, but its entropy is not paid:
    what you have is lower than the soft value by T times the entropy at each state. Iterating it does not
    even have to settle on one answer, since it is no contraction. Compare it with the soft maximum of two
    equal values."""
    soft_q = mdp.reward + mdp.discount * mdp.expect(value)
    return (softmax(soft_q / temperature, axis=1) * soft_q).sum(axis=1)


@wrong_backup("the reward is missing")
def reward_missing(mdp, value, temperature):
    """Only the future counts here: the reward of the step itself is not in Q. Set `value` to zeros and look
    at your Q-values. They should be the rewards."""
    return soft_maximum(mdp.discount * mdp.expect(value), temperature)


@misconception("overflow")
def overflow(mdp, value, temperature):
    """At moderate temperatures your backup is right. A cold one divides Q by a small number, and the exponential
    leaves the range of a computer: it is infinite above 709 and 0 below −746, whose logarithm is −inf. You have
    met this in the soft maximum of one row, and you have a soft maximum that never overflows. Is it in use here?"""
    weight = np.exp((mdp.reward + mdp.discount * mdp.expect(value)) / temperature)
    return np.where(mdp.terminal, 0.0, temperature * np.log(weight.sum(axis=1)))


exercise = Exercise(
    name="soft_backup",
    title="one soft Bellman backup",
    statement="""
        Write `my_soft_backup(mdp, value, temperature)`. It takes an MDP, a guess `value` of shape (S,) and a
        temperature above zero, and returns the guess after one step of soft value iteration, shape (S,), in the
        entropy form:

            Q(s, a) = r(s, a) + discount · E[ V(s') ]
            V(s)    ← T log Σ_a exp(Q(s, a) / T)

        The world is random: E is the mean over next states. Where the episode has ended there is nothing left to
        earn, so the value there is 0. You have `mdp.reward` (S, A), `mdp.transition` (S, A, S), `mdp.discount` and
        `mdp.terminal`, a mask of shape (S,). A temperature as low as 0.001 must not break it.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Three lines: Q, its soft maximum over the actions, the states that have ended. For the mean over next
        states `mdp.transition @ value` has the right shape already; print it. For the soft maximum take your own or
        `softopt.operators.soft_maximum`, which works on the last axis.""",
        """A terminal state has reward 0 and leads to itself, so all of its Q-values are 0 when its value is. What is
        the soft maximum of four zeros? Not zero: it is the entropy of choosing among four actions, and nobody is
        there any more to choose. Set those states last.""",
    ),
    minutes=10,
    difficulty=2,
    points=2,
    misconceptions=(
        optimistic,
        entropy_after_the_end,
        hard_maximum,
        discount_missing,
        discounted_reward,
        mean_for_sum,
        temperature_missing,
        temperature_missing_in_front,
        boltzmann_mean,
        reward_missing,
        overflow,
    ),
)
