"""The soft policy gradient of a table of logits: exact, natural, and from samples.

The objective carries the regulariser *inside* the return, so that every step is paid for the randomness of the
steps that follow, discounted like any reward::

    J = E sum_t discount^t [ r - T log(pi(a|s) / p0(a|s)) ]            pi(a|s) = softmax of logits[s]

Adding only the gradient of the present step's entropy to a plain policy gradient climbs another hill, whose top
is the fixed point in :mod:`softopt.tabular.learning.pgql`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import check_temperature, entropy, soft_maximum
from softopt.tabular.mdp import MDP, Array
from softopt.tabular.planning import evaluate, visitation


@dataclass(frozen=True, eq=False)
class PolicyGradient:
    """The objective at one table of logits, its gradient, and what the gradient is made of.

    Attributes:
        objective: J, from the start distribution, in units of reward.
        gradient: (S, A) dJ / dlogits, ``visitation * policy * advantage``.
        natural: (S, A) natural gradient: the advantage alone. Un-normalised visitation, so that a step of
            1 / temperature is exactly one soft policy iteration.
        policy, advantage: (S, A). The advantage is that of the soft return, ``Q - T log(pi / p0) - V``.
        visitation: (S,) expected discounted visits from the start.
    """

    objective: float
    gradient: Array
    natural: Array
    policy: Array
    advantage: Array
    visitation: Array


@dataclass(frozen=True, eq=False)
class Ascent:
    """The path of a policy-gradient ascent, its start included.

    Attributes:
        objective: (N + 1,) soft return J.
        entropy: (N + 1,) entropy of the policy in nats, averaged over the visits.
        policy: (N + 1, S, A).
        logits: (S, A) the last ones.
    """

    objective: Array
    entropy: Array
    policy: Array
    logits: Array


def soft_policy_gradient(mdp: MDP, logits: ArrayLike, temperature: float) -> PolicyGradient:
    """Return the exact soft policy gradient ``dJ / dlogits(s, a) = d(s) pi(a|s) A(s, a)``.

    The term that differentiates log pi itself is gone from it: its expectation is zero.

    Args:
        mdp: infinite horizon.
        logits: (S, A), finite; entries of forbidden actions are ignored.
        temperature: T in [0, inf), in units of reward; 0 gives the plain policy gradient.

    Raises:
        ValueError: a finite horizon, logits of the wrong shape or not finite, temperature out of range.

    Source: Sutton et al. (2000), with the reward of Levine (2018).
    """
    log_policy, log_ratio = log_probabilities(mdp, logits)
    temperature = finite_temperature(temperature)
    policy = np.exp(log_policy)
    plan = evaluate(mdp, policy, temperature)
    visits = visitation(mdp, policy)
    taken = (policy > 0) & ~mdp.terminal[:, None]
    # A(s, a) = Q(s, a) - T log(pi / p0) - V(s)
    soft_return = np.where(taken, plan.soft_q, 0.0) - temperature * np.where(taken, log_ratio, 0.0)
    advantage = np.where(taken, soft_return - plan.value[:, None], 0.0)
    gradient = visits[:, None] * policy * advantage
    return PolicyGradient(float(mdp.initial @ plan.value), gradient, advantage, policy, advantage, visits)


def ascend(
    mdp: MDP,
    temperature: float,
    iterations: int,
    step_size: float,
    *,
    natural: bool = False,
    logits: ArrayLike | None = None,
) -> Ascent:
    """Climb the exact soft policy gradient, ``logits += step_size * direction``.

    Args:
        mdp: infinite horizon.
        temperature: T in [0, inf).
        iterations: number of steps N, at least 0.
        step_size: above 0; with ``natural``, 1 / temperature makes each step one soft policy iteration.
        natural: follow the natural gradient in place of the plain one.
        logits: (S, A) start; zeros unless given.

    Raises:
        ValueError: as for :func:`soft_policy_gradient`; a step size that is not positive.
    """
    if not step_size > 0:
        raise ValueError(f"step_size must be above 0, got {step_size}.")
    theta = np.zeros(mdp.reward.shape) if logits is None else np.array(logits, dtype=np.float64)
    objective, spread, policies = [], [], []
    for iteration in range(iterations + 1):
        here = soft_policy_gradient(mdp, theta, temperature)
        visits = np.where(mdp.terminal, 0.0, here.visitation)
        objective.append(here.objective)
        spread.append(float(visits @ entropy(here.policy) / visits.sum()))
        policies.append(here.policy)
        if iteration < iterations:
            theta = theta + step_size * (here.natural if natural else here.gradient)
    return Ascent(np.array(objective), np.array(spread), np.array(policies), theta)


def log_probabilities(mdp: MDP, logits: ArrayLike) -> tuple[Array, Array]:
    """Return log pi and log(pi / p0), (S, A) each, ``-inf`` where an action has no probability.

    The logarithm is taken of the logits, never of a probability that may have underflowed.

    Raises:
        ValueError: as for :func:`soft_policy_gradient`.
    """
    if mdp.horizon is not None:
        raise ValueError("one table of logits serves all times; use mdp.replace(horizon=None).")
    theta = np.array(logits, dtype=np.float64)
    if theta.shape != mdp.reward.shape or not np.isfinite(theta[mdp.allowed]).all():
        raise ValueError(f"logits are finite numbers of shape (S, A) = {mdp.reward.shape}, got {theta.shape}.")
    log_prior = log_prior_of(mdp)
    used = log_prior > -np.inf
    # The row of a terminal state has no effect; it is the prior, as in a plan.
    theta = np.where(used, np.where(mdp.terminal[:, None], log_prior, theta), -np.inf)
    total = soft_maximum(theta, 1.0)
    log_policy = theta - np.where(np.isneginf(total), 0.0, total)[:, None]
    return log_policy, log_policy - np.where(used, log_prior, 0.0)


def log_prior_of(mdp: MDP) -> Array:
    """Return log p0, (S, A), zeros in the entropy form; ``-inf`` where an action is forbidden or excluded."""
    with np.errstate(divide="ignore"):
        log_prior = np.zeros(mdp.reward.shape) if mdp.prior is None else np.log(mdp.prior)
    return np.where(mdp.allowed, log_prior, -np.inf)


def policy_of(mdp: MDP, logits: ArrayLike) -> Array:
    """Return the softmax policy of a table of logits, (S, A), zero on forbidden actions."""
    return np.exp(log_probabilities(mdp, logits)[0])


def finite_temperature(temperature: float) -> float:
    """Return a temperature in [0, inf), whichever form the MDP selects."""
    return check_temperature(temperature)  # without a prior its door lets no infinity through


def positive_temperature(temperature: float) -> float:
    """Return a temperature in (0, inf)."""
    number = check_temperature(temperature)
    if number == 0:
        raise ValueError("this method divides by the temperature; give one above 0.")
    return number
