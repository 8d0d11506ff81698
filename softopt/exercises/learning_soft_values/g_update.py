"""One update of G-learning: the same idea, in costs and with a prior."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp

from softopt.exercises.cases import tenths
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.exercises.learning_soft_values._steps import moved, tables_and_steps
from softopt.tabular.learning import Transition


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Costs-to-go under an uneven prior, early (small beta) and late (large beta)."""
    for number, (g, step, discount) in enumerate(tables_and_steps(generator)):
        prior = tenths(generator, g.shape, least=1)
        beta, rate = (0.5, 2.0)[number % 2], (0.5, 0.2)[number // 2 % 2]
        yield Case(
            g.size,
            {"g": g, "step": step, "discount": discount, "beta": beta, "prior": prior, "rate": rate},
        )


def reference(g, step, discount, beta, prior, rate):
    """G += rate * (c - discount / beta * log sum p0 exp(-beta G(s')) - G), with c = -r."""
    return _update(g, step, -step.reward + discount * _soft_minimum(g, step, beta, prior), rate)


def _soft_minimum(g, step: Transition, beta, weights):
    """Cost still to come: ``-log sum weights exp(-beta G(s')) / beta``, nothing after the end."""
    if step.terminated:
        return 0.0
    return -float(logsumexp(-beta * g[step.next_state], b=weights[step.next_state])) / beta


def _update(g, step, target, rate):
    return moved(g, step, target - g[step.state, step.action], rate)


@misconception("the reward is not turned into a cost")
def reward_for_cost(g, step, discount, beta, prior, rate):
    """The reward is added where a cost belongs, so what should attract repels. G counts what is still to be
    paid: a reward of 3 is a cost of −3. The other half of your update is in costs already."""
    return _update(g, step, step.reward + discount * _soft_minimum(g, step, beta, prior), rate)


@misconception("a soft maximum of costs")
def soft_maximum_of_costs(g, step, discount, beta, prior, rate):
    """The next state is summarised by a soft maximum: the dearest action counts most. That is how rewards are
    summarised. Of costs the agent wants the least. The same slip with a hard operator is an argmax over a cost
    table, and it walks straight off the cliff."""
    return _update(g, step, -step.reward + discount * _soft_minimum(g, step, -beta, prior), rate)


@misconception("the sign before the logarithm")
def sign_of_the_logarithm(g, step, discount, beta, prior, rate):
    """The soft minimum comes with the wrong sign. exp(−β G) is large where little is to be paid, so its
    logarithm is large where G is small: to be a cost again it has to be turned round once more. Try a row of
    equal costs, and see whether their summary is that cost."""
    return _update(g, step, -step.reward - discount * _soft_minimum(g, step, beta, prior), rate)


@misconception("the prior is missing")
def prior_missing(g, step, discount, beta, prior, rate):
    """The next row is summed without the prior. That is the entropy form: each extra action makes the future
    look cheaper, by up to log A / β. With the prior, a row of equal costs is worth just that cost."""
    ones = np.ones_like(prior)
    return _update(g, step, -step.reward + discount * _soft_minimum(g, step, beta, ones), rate)


@misconception("the prior of the state that was left")
def prior_of_the_wrong_state(g, step, discount, beta, prior, rate):
    """The right row of G is weighed by the prior of another state. Both belong to the choice that comes next, so
    both are read at `step.next_state`. With one prior for all states nobody would have noticed."""
    shifted = np.repeat(prior[step.state][None], len(prior), axis=0)
    return _update(g, step, -step.reward + discount * _soft_minimum(g, step, beta, shifted), rate)


@misconception("the mean under the prior")
def mean_under_the_prior(g, step, discount, beta, prior, rate):
    """The next row is averaged under the prior, and β has no effect. That is where G-learning starts, at β = 0,
    when the table is all noise and choosing by it would only pick the luckiest error. With β above 0 the cheap
    actions count more than their share."""
    future = 0.0 if step.terminated else float(prior[step.next_state] @ g[step.next_state])
    return _update(g, step, -step.reward + discount * future, rate)


@misconception("a hard minimum")
def hard_minimum(g, step, discount, beta, prior, rate):
    """The cheapest next action alone counts: Q-learning in costs. The minimum of noisy numbers is too low on
    average, and a table that is updated from its own minima believes it. G-learning ends there, at large β, but
    does not begin there."""
    future = 0.0 if step.terminated else float(g[step.next_state].min())
    return _update(g, step, -step.reward + discount * future, rate)


@misconception("no 1 / β before the logarithm")
def beta_missing_in_front(g, step, discount, beta, prior, rate):
    """The logarithm is not divided by β, so its nats are added to costs as they are. At β = 1 it would not show.
    Check with a row of equal costs g: their summary should be g, whatever β is."""
    return _update(g, step, -step.reward + discount * beta * _soft_minimum(g, step, beta, prior), rate)


exercise = Exercise(
    name="g_update",
    title="one update of G-learning, in costs",
    statement="""
        Write `my_g_update(g, step, discount, beta, prior, rate)`. Fox, Pakman and Tishby write costs: `g` of shape
        (S, A) is what is still to be paid, small is good, and c = −r. `prior` has shape (S, A), `beta` is an inverse
        temperature. Return the table after one update, as a new array:

            G(s, a) ← G(s, a) + rate · ( c + discount · F(s') − G(s, a) )
            with  F(s') = −1 / β · log Σ_a' p0(a'|s') exp(−β G(s', a'))

        `step` is a transition as in the last exercise; `step.reward` is a reward. After a termination nothing more
        is to be paid.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Two signs turn: the reward into a cost, and the soft maximum into a soft minimum. Test the second one alone.
        For a row of equal costs g the summary is g itself; for costs 0 and 100 at a large β it is near 0.""",
        """With G = −Q and β = 1 / T this is soft Q-learning with a prior, sign for sign. So you may build Q = −G, call
        the update that you know, and turn the result round again. Does the prior go with s or with s'?""",
    ),
    minutes=8,
    difficulty=2,
    points=2,
    misconceptions=(
        reward_for_cost,
        soft_maximum_of_costs,
        sign_of_the_logarithm,
        prior_missing,
        prior_of_the_wrong_state,
        mean_under_the_prior,
        hard_minimum,
        beta_missing_in_front,
    ),
)
