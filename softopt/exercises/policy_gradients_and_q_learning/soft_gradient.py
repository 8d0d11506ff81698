"""The exact gradient of the soft objective with respect to a table of logits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import log_softmax, softmax

from softopt.exercises.cases import one_decimal, small_mdp
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.tabular import soft_policy_gradient, visitation


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Small MDPs whose episodes end, with logits of one decimal."""
    for n_states, n_actions in ((2, 2), (3, 2), (3, 2), (3, 3), (4, 2), (4, 3)):
        for temperature in (0.5, 2.0):
            mdp = small_mdp(generator, n_states, n_actions)
            logits = one_decimal(generator.uniform(-1.5, 1.5, mdp.reward.shape))
            yield Case(n_states * n_actions, {"mdp": mdp, "logits": logits, "temperature": temperature})


def reference(mdp, logits, temperature):
    """dJ / dlogits = d(s) pi(a|s) A(s, a), A the advantage of the soft return."""
    return soft_policy_gradient(mdp, logits, temperature).gradient


def _plan(mdp, logits, temperature):
    """Policy, log policy and soft Q of the logits; any sign of the temperature."""
    policy, log_policy = softmax(logits, axis=1), log_softmax(logits, axis=1)
    running = ~mdp.terminal
    onwards = mdp.under(policy).toarray() * running[:, None]
    paid = running * (policy * (mdp.reward - temperature * log_policy)).sum(axis=1)
    value = np.linalg.solve(np.eye(mdp.n_states) - mdp.discount * onwards, paid)
    return policy, log_policy, mdp.reward + mdp.discount * mdp.expect(value)


def _gradient(mdp, policy, score, visits=None):
    """``visits * policy * (score - its mean)``, zero where the episode has ended."""
    visits = visitation(mdp, policy) if visits is None else visits
    centred = score - (policy * score).sum(axis=1, keepdims=True)
    return (visits * ~mdp.terminal)[:, None] * policy * centred


@misconception("the entropy is dropped")
def entropy_dropped(mdp, logits, temperature):
    """This is the gradient of the ordinary return: the temperature has no effect, and climbing it drives every
    row of the policy to certainty."""
    return reference(mdp, logits, 0.0)


def _outside_without_the_mean(mdp, logits, temperature):
    policy, log_policy, q = _plan(mdp, logits, 0.0)
    score = q - temperature * log_policy - (policy * q).sum(axis=1, keepdims=True)
    return (visitation(mdp, policy) * ~mdp.terminal)[:, None] * policy * score


@misconception("the entropy stands outside the return", _outside_without_the_mean)
def entropy_outside_the_return(mdp, logits, temperature):
    """This is the gradient of the ordinary return plus T times the gradient of the entropy here and now. Many
    actor-critics do just that, but it is the gradient of no objective of this kind: the randomness of later
    steps is not paid for, so nothing draws the policy to where choices are. Which Q should the advantage be
    taken of?"""
    policy, log_policy, q = _plan(mdp, logits, 0.0)
    return _gradient(mdp, policy, q - temperature * log_policy)


@misconception("the price of the present choice is missing")
def present_entropy_missing(mdp, logits, temperature):
    """The advantage is taken of the soft Q alone. Later entropies are in it, that of the present action is not,
    so each row runs to the action with the best soft Q. At the soft optimum this is not zero, and it should be.
    What does choosing a itself cost, in the soft return?"""
    policy, _, q = _plan(mdp, logits, temperature)
    return _gradient(mdp, policy, q)


@misconception("the sign of the entropy")
def wrong_sign(mdp, logits, temperature):
    """The entropy is charged where it should be paid, now and later: this gradient climbs towards certainty
    faster than the ordinary one. log π is negative, so −T log π adds to the reward."""
    policy, log_policy, q = _plan(mdp, logits, -temperature)
    return _gradient(mdp, policy, q + temperature * log_policy)


@misconception("the temperature is missing")
def temperature_missing(mdp, logits, temperature):
    """This is the gradient at temperature 1, whatever temperature was asked for. T stands before every log π: in
    the value and in the advantage."""
    return reference(mdp, logits, 1.0)


def _after_the_end_about_the_mean(mdp, logits, temperature):
    policy, log_policy, q = _plan(mdp, logits, temperature)
    score = q - temperature * log_policy
    return visitation(mdp, policy)[:, None] * policy * (score - (policy * score).sum(axis=1, keepdims=True))


@misconception("a gradient where the episode has ended", _after_the_end_about_the_mean)
def after_the_end(mdp, logits, temperature):
    """All rows are right but those of terminal states. There Q and V are 0 and log π is not, so an advantage of
    −T log π is left, times visits that count the end as well. Nothing is chosen after the end: those logits have
    no effect on J."""
    policy, log_policy, _ = _plan(mdp, logits, temperature)
    beyond = -temperature * visitation(mdp, policy)[:, None] * policy * log_policy
    return np.where(mdp.terminal[:, None], beyond, reference(mdp, logits, temperature))


@misconception("visits that are not discounted")
def visits_not_discounted(mdp, logits, temperature):
    """The states are weighed by how often they are visited, without the discount, while the advantages are
    discounted. Much code does this on purpose, and it is often kinder to late states; but it is not the gradient
    of J. A visit t steps later counts discount to the power t."""
    policy, log_policy, q = _plan(mdp, logits, temperature)
    return _gradient(mdp, policy, q - temperature * log_policy, visitation(mdp.replace(discount=1.0), policy))


@misconception("visits normalised to sum to one")
def visits_normalised(mdp, logits, temperature):
    """The direction is right and the length is not: the visits were divided by their sum. J adds up every step of
    the episode, so a state that is visited twice counts twice."""
    policy, log_policy, q = _plan(mdp, logits, temperature)
    return _gradient(mdp, policy, q - temperature * log_policy, visitation(mdp, policy, normalised=True))


@misconception("only the state that the episode starts in")
def start_only(mdp, logits, temperature):
    """The states are weighed by the start distribution: the first choice counts and no later one does. Each logit
    matters as often as its state is visited, whenever that is."""
    policy, log_policy, q = _plan(mdp, logits, temperature)
    return _gradient(mdp, policy, q - temperature * log_policy, mdp.initial)


@misconception("the natural gradient")
def natural(mdp, logits, temperature):
    """This is the advantage alone, without the visits and without the policy before it. It is a fine direction, the
    natural gradient, and with a step of 1 / T it is soft policy iteration. But it is not the gradient: moving a
    logit that is seldom used hardly moves J."""
    return soft_policy_gradient(mdp, logits, temperature).natural


@misconception("the mean of the row is not taken off")
def no_baseline(mdp, logits, temperature):
    """Each entry is treated as if raising its logit changed its own action alone. But a row of probabilities sums to
    one: what one action gains the others lose. Raise all logits of a state by the same amount and nothing
    changes, so each row of the gradient sums to zero."""
    policy, log_policy, q = _plan(mdp, logits, temperature)
    visits = visitation(mdp, policy) * ~mdp.terminal
    return visits[:, None] * policy * (q - temperature * log_policy)


exercise = Exercise(
    name="soft_gradient",
    title="the soft policy gradient",
    statement="""
        Write `my_soft_gradient(mdp, logits, temperature)`. The policy is the softmax of each row of `logits`, shape
        (S, A). Return the exact gradient of the soft objective with respect to the logits, shape (S, A):

            J = E Σ_t discount^t ( r − T log π(a|s) ),   started from `mdp.initial`

        Use what you have: `evaluate(mdp, policy, temperature)` gives a plan with `value` (S,) and
        `soft_q` (S, A) of a policy, `visitation(mdp, policy)` its expected discounted visits (S,), both from
        `softopt.tabular`. In a terminal state nothing is chosen, so its row of the gradient is 0.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """The policy gradient theorem has three factors: how often the state is visited, how likely the action is, how
        much better it is than usual. Two of them are as in the ordinary theorem. The third asks what choosing a in s
        brings, in the soft return, beyond the value of s.""",
        """The advantage is Q(s, a) − T log π(a|s) − V(s), all of them soft; its mean under the policy is zero in every
        row, which is a good thing to test. Do the terminal rows by hand: `visitation` counts visits there too.""",
    ),
    minutes=12,
    difficulty=3,
    points=3,
    misconceptions=(
        entropy_dropped,
        entropy_outside_the_return,
        present_entropy_missing,
        wrong_sign,
        temperature_missing,
        after_the_end,
        visits_not_discounted,
        visits_normalised,
        start_only,
        natural,
        no_baseline,
    ),
)
