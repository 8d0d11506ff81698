"""One step of the backward message, from the states of one time to the states of the time before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp

from softopt.exercises.cases import one_decimal, tenths
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.tabular import MDP, infer


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Small worlds of chance, and two in which the message is too small for a bare exponential."""
    for n_states, n_actions in ((2, 2), (2, 2), (2, 3), (3, 2), (3, 2), (3, 3), (4, 2)):
        for temperature in (0.5, 2.0):
            yield _case(generator, n_states, n_actions, temperature, 0.0)
    for offset in (-1000.0, 1000.0):
        yield _case(generator, 2, 2, 2.0, offset)


def _case(generator, n_states, n_actions, temperature, offset):
    arguments = {
        "transition": tenths(generator, (n_states, n_actions, n_states)),
        "reward": one_decimal(generator.uniform(-3, 0, (n_states, n_actions))),
        "prior": tenths(generator, (n_states, n_actions), least=1),
        "log_next": offset + one_decimal(generator.uniform(-4, 0, n_states)),
        "temperature": temperature,
    }
    return Case(n_states * n_actions, arguments)


def reference(transition, reward, prior, log_next, temperature):
    """One step of ``infer``: log sum_a p0 exp(r / T) sum_s' p exp(log_next)."""
    mdp = MDP(transition, reward, prior=prior, horizon=1, final_value=temperature * log_next)
    return infer(mdp, temperature).value[0] / temperature


def _over_next_states(transition, log_next):
    """log E exp(log_next), (S, A)."""
    return logsumexp(log_next, b=transition, axis=2)


def _over_actions(prior, log_beta):
    return logsumexp(log_beta, b=prior, axis=1)


@misconception("the mean of the logarithms")
def mean_of_logarithms(transition, reward, prior, log_next, temperature):
    """Over the next states you have taken the mean of log β; wanted is the log of the mean of β. The sum rule of
    probability adds probabilities, never their logarithms. Yours is the planner's backup: a good idea, and the
    subject of a later notebook, but not what conditioning gives. Where the next state is certain the two agree."""
    return _over_actions(prior, reward / temperature + transition @ log_next)


@misconception("the mean of the logarithms, over the actions")
def mean_over_actions(transition, reward, prior, log_next, temperature):
    """The action messages are right, but you have averaged their logarithms under the prior. That is what it is
    worth to go on acting like the prior, knowing nothing of optimality. To sum an action out, add up the
    probabilities themselves and take the logarithm last."""
    return (prior * (reward / temperature + _over_next_states(transition, log_next))).sum(axis=1)


@misconception("the optimality of this step is missing")
def own_factor_missing(transition, reward, prior, log_next, temperature):
    """The reward of this step has no effect. β at time t is the probability of O_t and of everything after it;
    yours begins one step later. Set `log_next` to zeros: what is left should be this step's own factor."""
    return _over_actions(prior, _over_next_states(transition, log_next))


@misconception("the temperature is missing")
def temperature_missing(transition, reward, prior, log_next, temperature):
    """This is the message at temperature 1. A reward has to become a pure number before it can stand in an
    exponent beside a log probability. What is the factor of one step, in full?"""
    return _over_actions(prior, reward + _over_next_states(transition, log_next))


@misconception("divided by the temperature twice")
def temperature_twice(transition, reward, prior, log_next, temperature):
    """`log_next` was divided by the temperature. It is a log probability already, in nats: the temperature did
    its work when the rewards of later steps went in. A value V would have to be divided; log β = V / T is not."""
    return _over_actions(prior, reward / temperature + _over_next_states(transition, log_next / temperature))


@misconception("the prior is missing")
def prior_missing(transition, reward, prior, log_next, temperature):
    """The actions are added up with weight 1 each, whatever the prior says. That is the entropy form, a
    perfectly good convention; but here an action first has to be chosen, and p0(a|s) is the probability of
    that. With it, a message of zeros and rewards of zero stay a message of zeros."""
    return logsumexp(reward / temperature + _over_next_states(transition, log_next), axis=1)


@misconception("a value in place of a log message")
def value_for_message(transition, reward, prior, log_next, temperature):
    """This is V(s) = T log β(s), in units of reward. What was asked for is log β(s) itself, in nats, like the
    `log_next` that came in: the next call of your function will take it for a log message. Which of its lines
    turns nats into rewards?"""
    return temperature * reference(transition, reward, prior, log_next, temperature)


def _best_after_the_prior(transition, reward, prior, log_next, temperature):
    return (np.log(prior) + reward / temperature + _over_next_states(transition, log_next)).max(axis=1)


@misconception("the best action in place of the sum", _best_after_the_prior)
def best_action(transition, reward, prior, log_next, temperature):
    """This is a hard maximum over the actions: the largest message of each row is kept, the others are dropped.
    That finds the single best choice. A probability adds up all the ways in which something can happen, each
    as often as the prior takes it."""
    return (reward / temperature + _over_next_states(transition, log_next)).max(axis=1)


def _bellman_in_reward_units(transition, reward, prior, log_next, temperature):
    return (reward + temperature * transition @ log_next).max(axis=1)


def _bellman_with_units_mixed(transition, reward, prior, log_next, temperature):
    return (reward + transition @ log_next).max(axis=1)


@misconception("the hard Bellman backup", _bellman_in_reward_units, _bellman_with_units_mixed)
def bellman_backup(transition, reward, prior, log_next, temperature):
    """This is the backup of an ordinary planner: a mean over the next states, the best of the actions. A message
    is a probability, and the sum rule holds for both: whatever may come next is added up, and so is whatever
    may be done. Where does your function add probabilities, and not their logarithms?"""
    return (reward / temperature + transition @ log_next).max(axis=1)


@misconception("the transition read backwards")
def transition_read_backwards(transition, reward, prior, log_next, temperature):
    """The states have changed places: your sum runs over the states one can come *from*, with p(s | s', a). A
    backward message still asks where a step leads to, s', and adds up over that. `transition[s, a, s']` has
    the next state on its last axis."""
    return _over_actions(prior, reward / temperature + _over_next_states(transition.transpose(2, 1, 0), log_next))


@misconception("the message, not its logarithm")
def not_a_logarithm(transition, reward, prior, log_next, temperature):
    """This is the message itself; its logarithm was asked for. After a few hundred steps the message is smaller
    than the smallest number a computer can hold, and its logarithm is a modest number still."""
    return np.exp(reference(transition, reward, prior, log_next, temperature))


def _bare_to_the_end(transition, reward, prior, log_next, temperature):
    return np.log((prior * np.exp(reward / temperature) * (transition @ np.exp(log_next))).sum(axis=1))


@misconception("overflow", _bare_to_the_end)
def overflow(transition, reward, prior, log_next, temperature):
    """On ordinary numbers your message is right, but its exponentials leave the range of a computer: below
    −745 they are 0, above 709 infinite. Both will happen on the way through a long episode. Which number can be
    taken off `log_next` before the exponential and put back after the logarithm?"""
    return _over_actions(prior, reward / temperature + np.log(transition @ np.exp(log_next)))


exercise = Exercise(
    name="backward_message",
    title="one step of the backward message",
    statement="""
        Write `my_backward_message(transition, reward, prior, log_next, temperature)`. Given the log message of the
        states one step later, `log_next` of shape (S,), it returns that of the states now, also of shape (S,):

            log β(s) = log Σ_a p0(a|s) · exp(r(s, a) / T)
                               · Σ_s' p(s'|s, a) · exp(log_next(s'))

        `transition` has shape (S, A, S), `reward` and `prior` have shape (S, A). Messages as far from zero as −1000
        and 1000 must not break it.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Do it in two moves, as the drawing of the graph does: sum out the next state, then the action. The first
        move gives a table of shape (S, A). What belongs in between is the factor of this step, and in logarithms
        a factor is something you add.""",
        """`scipy.special.logsumexp(x, b=weights, axis=...)` is log Σ weights · exp(x), safe at any size. It stretches
        `log_next` along the last axis of the transition by itself, so one call with `b=transition` is the
        first move, and one with `b=prior` the second.""",
    ),
    minutes=8,
    difficulty=2,
    points=2,
    misconceptions=(
        mean_of_logarithms,
        mean_over_actions,
        own_factor_missing,
        temperature_missing,
        temperature_twice,
        prior_missing,
        value_for_message,
        best_action,
        bellman_backup,
        transition_read_backwards,
        not_a_logarithm,
        overflow,
    ),
)
