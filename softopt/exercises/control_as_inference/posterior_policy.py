"""From backward messages to the policy of the posterior."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import softmax

from softopt.exercises.cases import one_decimal, tenths
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.operators import boltzmann


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Ordinary messages, and messages of which a whole row is too small for a bare exponential."""
    for n_states, n_actions in ((1, 2), (2, 2), (2, 2), (2, 3), (3, 2), (3, 3), (3, 3), (4, 3), (2, 4), (4, 2)):
        yield _case(generator, n_states, n_actions, 0.0)
    for offset in (-1000.0, np.array([[0.0], [-1000.0]])):
        yield _case(generator, 2, 2, offset)


def _case(generator, n_states, n_actions, offset):
    arguments = {
        "log_beta": offset + one_decimal(generator.uniform(-4, -0.1, (n_states, n_actions))),
        "prior": tenths(generator, (n_states, n_actions), least=1),
    }
    return Case(n_states * n_actions, arguments)


def reference(log_beta, prior):
    """p0 beta, divided by its sum over the actions."""
    return boltzmann(log_beta, 1.0, prior)


@misconception("the prior is missing")
def prior_missing(log_beta, prior):
    """This is the posterior of an agent that liked all actions equally to begin with. Bayes' rule has two
    factors: how likely the future is to be optimal after this action, which is β, and how likely the action was
    before anything was known."""
    return softmax(log_beta, axis=1)


@misconception("the prior counted twice")
def prior_twice(log_beta, prior):
    """The prior has gone in twice. The message of the states contains it already, as the sum over actions; in
    the numerator it has its place exactly once."""
    return softmax(log_beta + 2 * np.log(prior), axis=1)


@misconception("the logarithm was not undone")
def logarithm_not_undone(log_beta, prior):
    """Here prior and log β were multiplied, and the row made to sum to one. But log β is negative, so the signs
    cancel and the action with the *smallest* message comes out ahead. Probabilities multiply; of their
    logarithms one takes the exponential first, or adds."""
    weight = prior * log_beta
    return weight / weight.sum(axis=1, keepdims=True)


@misconception("normalised over the states")
def over_the_states(log_beta, prior):
    """Each column sums to one, where each row should. A policy is asked in one state and answers with a
    distribution over actions. Look at the axis of your sum."""
    weight = softmax(log_beta, axis=0) * prior
    return weight / weight.sum(axis=0)


@misconception("normalised over the whole table")
def over_the_table(log_beta, prior):
    """The whole table sums to one. That would be a joint probability of state and action, if the states had been
    equally likely. A policy takes the state as given: every row on its own sums to one."""
    weight = prior * np.exp(log_beta - log_beta.max())
    return weight / weight.sum()


def _shifted_but_not_normalised(log_beta, prior):
    return prior * np.exp(log_beta - log_beta.max(axis=1, keepdims=True))


@misconception("not normalised", _shifted_but_not_normalised)
def not_normalised(log_beta, prior):
    """Prior times message, and there it ends. This is the joint probability of the action and of an optimal
    future; what was asked for is the action *given* that future. What does Bayes' rule divide by?"""
    return prior * np.exp(log_beta)


@misconception("the best action alone")
def best_action(log_beta, prior):
    """All probability is on one action. The posterior is not an argmax: a trajectory with a less than perfect
    action in it can still be optimal throughout by the luck of the draw, and keeps its share."""
    joint = log_beta + np.log(prior)
    return np.eye(log_beta.shape[1])[joint.argmax(axis=1)]


@misconception("the best message alone")
def best_message(log_beta, prior):
    """All probability is on the action with the largest message, and the prior has no say. The posterior weighs
    every action by prior times message; none of them vanishes."""
    return np.eye(log_beta.shape[1])[log_beta.argmax(axis=1)]


@misconception("one constant for the whole table")
def one_constant_for_all(log_beta, prior):
    """On ordinary numbers your policy is right. In a state from which the goal is far, every exponential of the row
    may be e^−1000, which a computer rounds to 0, and 0 / 0 is NaN. One constant for the whole table does not help
    that state if another one is near the goal. What may be taken off each row by itself?"""
    weight = prior * np.exp(log_beta - log_beta.max())
    return weight / weight.sum(axis=1, keepdims=True)


@misconception("overflow")
def overflow(log_beta, prior):
    """On ordinary messages your policy is right, and on very small ones it breaks: exp(−1000) is 0 for a computer,
    and where that happens to a whole row, so is the sum you divide by. Yet only the proportions within a row
    matter to a policy. What can be taken off all the logarithms of a row without changing them?"""
    weight = prior * np.exp(log_beta)
    return weight / weight.sum(axis=1, keepdims=True)


exercise = Exercise(
    name="posterior_policy",
    title="from messages to the posterior policy",
    statement="""
        Write `my_posterior_policy(log_beta, prior)`. It takes the log messages of one time step, `log_beta` of shape
        (S, A), and the action prior of the same shape, all of it above zero. It returns the posterior policy:

            p(a | s, O) = p0(a|s) · β(s, a) / Σ_b p0(b|s) · β(s, b)

        A whole row of messages as small as e^−1000 must not break it.
        """,
    reference=reference,
    closed=(boltzmann,),
    cases=cases,
    hints=(
        """This is Bayes' rule, one row at a time: prior times likelihood, divided by the sum. Where is the temperature?
        It is in β already.""",
        """Subtract from each row of `log_beta` its own largest entry (`keepdims=True`) before you take the
        exponential. That multiplies numerator and denominator by the same number, and the largest message is 1.""",
    ),
    minutes=5,
    difficulty=1,
    points=1,
    misconceptions=(
        prior_missing,
        prior_twice,
        logarithm_not_undone,
        over_the_states,
        over_the_table,
        not_normalised,
        best_action,
        best_message,
        one_constant_for_all,
        overflow,
    ),
)
