"""The fixed point of a policy gradient whose entropy bonus stays outside the return.

O'Donoghue et al. (2016) start from the update that many actor-critics make, ::

    E[ Q_pi(s, a) grad log pi(a|s) ] + T grad H(pi(.|s))

with Q_pi the *plain* action values of pi. Where it stands still, pi is Boltzmann in them::

    pi(a|s) ∝ p0(a|s) exp(Q_pi(s, a) / T)        Q_pi = r + discount * E[ sum_a' pi(a'|s') Q_pi(s', a') ]

That is no soft optimum: the Q of the soft optimum counts the regulariser still to come, this one does not. It is
the fixed point of the Boltzmann backup in :mod:`softopt.tabular.learning.backups`, so there may be several.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import boltzmann
from softopt.tabular.learning.policy_gradient import finite_temperature, log_probabilities, positive_temperature
from softopt.tabular.mdp import MDP, Array
from softopt.tabular.planning import evaluate, visitation


@dataclass(frozen=True, eq=False)
class PgqlFixedPoint:
    """A policy that is Boltzmann in its own plain action values.

    Attributes:
        policy, q: (S, A).
        value: (S,) plain value of the policy.
        residual: largest entry of ``|pi - boltzmann(q)|``.
        iterations: policy evaluations made.
    """

    policy: Array
    q: Array
    value: Array
    residual: float
    iterations: int


def entropy_outside_gradient(mdp: MDP, logits: ArrayLike, temperature: float) -> Array:
    """Return the update with the regulariser outside the return, ``d(s) pi(a|s) A(s, a)``, (S, A).

    The advantage is that of the plain action values with the present step's regulariser alone,
    ``Q_pi - T log(pi / p0)`` less its mean: no later step is paid for its randomness. It is the gradient of nothing,
    unless all is over after one choice: going round a loop in the logits, it does work.

    Args and errors as for :func:`softopt.tabular.learning.soft_policy_gradient`.

    Source: O'Donoghue et al. (2016), exact and on the policy's own visits.
    """
    log_policy, log_ratio = log_probabilities(mdp, logits)
    temperature = finite_temperature(temperature)
    policy = np.exp(log_policy)
    taken = (policy > 0) & ~mdp.terminal[:, None]
    q = evaluate(mdp.replace(prior=None), policy, 0.0).soft_q
    paid = np.where(taken, q, 0.0) - temperature * np.where(taken, log_ratio, 0.0)
    advantage = np.where(taken, paid - (policy * paid).sum(axis=1, keepdims=True), 0.0)
    return np.asarray(visitation(mdp, policy)[:, None] * policy * advantage)


def pgql_fixed_point(
    mdp: MDP,
    temperature: float,
    *,
    start: ArrayLike | None = None,
    tol: float = 1e-12,
    max_iterations: int = 10_000,
) -> PgqlFixedPoint:
    """Find a policy with ``pi ∝ p0 exp(Q_pi / T)`` by moving the logits part of the way, again and again.

    The map is no contraction. The share moved is halved whenever the residual grows, which finds a stable fixed
    point; which one depends on the start if there are several.

    Args:
        mdp: infinite horizon.
        temperature: T in (0, inf), in units of reward.
        start: (S, A) first action values; zeros, hence the prior, unless given.
        tol: largest residual accepted.
        max_iterations: policy evaluations at most.

    Raises:
        ValueError: temperature is 0 or infinite, a finite horizon, a start of the wrong shape, or no fixed
            point within ``max_iterations``.

    Source: O'Donoghue, Munos, Kavukcuoglu and Mnih (2016).
    """
    temperature = positive_temperature(temperature)
    plain = mdp.replace(prior=None)
    q = np.zeros(mdp.reward.shape) if start is None else np.array(start, dtype=np.float64)
    log_probabilities(mdp, q)  # checks shape, horizon and finiteness at the door
    q = np.where(mdp.allowed, q, -np.inf)
    share, last = 1.0, np.inf
    for iteration in range(1, max_iterations + 1):
        policy = boltzmann(q, temperature, mdp.prior)
        plan = evaluate(plain, policy, 0.0)
        target = np.where(mdp.allowed, plan.soft_q, -np.inf)
        residual = float(np.abs(boltzmann(target, temperature, mdp.prior) - policy)[~mdp.terminal].max(initial=0.0))
        if residual <= tol:
            return PgqlFixedPoint(policy, plan.soft_q, plan.value, residual, iteration)
        if residual > last:
            share /= 2
        last = residual
        move = np.where(mdp.allowed, share * (plan.soft_q - np.where(mdp.allowed, q, 0.0)), 0.0)
        q = q + move
    raise ValueError(
        f"no fixed point to {tol:g} in {max_iterations} policy evaluations (residual {last:.3g}); raise the "
        "temperature, or start elsewhere."
    )
