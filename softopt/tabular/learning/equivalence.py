"""The gradient of soft Q-learning, split into that of a policy gradient and that of a value fit.

Read a table Q as a value and a policy at once, ``V = T log sum_a p0 exp(Q / T)`` and ``pi = p0 exp((Q - V) / T)``,
so that ``Q = V + T log(pi / p0)``. Then, for actions drawn from pi and a target Q^ held fixed::

    E 1/2 (Q - Q^)^2  has the gradient   T times the soft policy gradient, downhill   (return and regulariser)
                                       + the gradient of E 1/2 (V - V^)^2             (the value fit)

with ``V^ = E_pi[Q^] - T KL(pi || p0)``. The two views are one update; only its parts have different names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import boltzmann, soft_maximum
from softopt.tabular.learning.policy_gradient import log_probabilities, positive_temperature
from softopt.tabular.mdp import MDP, Array
from softopt.tabular.planning import evaluate, visitation


@dataclass(frozen=True, eq=False)
class GradientTerms:
    """Gradients with respect to the entries of Q, (S, A) each, weighted by the visits of the policy.

    ``soft_q_learning == return_term + regulariser_term + value_term`` to round-off, entry by entry.

    Attributes:
        soft_q_learning: gradient of ``E 1/2 (Q - Q^)^2``.
        return_term: ``-T E[Q^ grad log pi]``: the policy gradient of the return, downhill.
        regulariser_term: ``T^2 grad KL(pi || p0)``, or minus the entropy's in the entropy form.
        value_term: gradient of ``E 1/2 (V - V^)^2``.
        policy: (S, A) the policy that Q stands for.
    """

    soft_q_learning: Array
    return_term: Array
    regulariser_term: Array
    value_term: Array
    policy: Array

    @property
    def policy_term(self) -> Array:
        """Return and regulariser together, (S, A): minus the soft policy gradient in the logits."""
        return self.return_term + self.regulariser_term


def compare_gradients(mdp: MDP, q: ArrayLike, temperature: float, *, one_step: bool = True) -> GradientTerms:
    """Return the gradient of soft Q-learning on its own visits, and the terms of the policy gradient in it.

    Args:
        mdp: infinite horizon.
        q: (S, A) any table, finite on allowed actions.
        temperature: T in (0, inf), in units of reward.
        one_step: the target is ``Q^ = r + discount * E[V(s')]`` with V of the table. False: Q^ is the soft
            return of the policy itself, the limit of many steps; then ``policy_term`` is exactly minus the gradient
            of :func:`soft_policy_gradient` at the logits ``log p0 + Q / T``.

    Raises:
        ValueError: a finite horizon, a table of the wrong shape or not finite, temperature 0 or infinite.

    Source: Schulman, Chen and Abbeel (2017); their reference policy is our prior.
    """
    temperature = positive_temperature(temperature)
    log_probabilities(mdp, q)  # checks shape, horizon and finiteness at the door
    table = np.where(mdp.allowed, np.asarray(q, dtype=np.float64), -np.inf)
    table[mdp.terminal] = 0.0
    value = np.where(mdp.terminal, 0.0, soft_maximum(table, temperature, mdp.prior))
    policy = boltzmann(table, temperature, mdp.prior)
    target = mdp.reward + mdp.discount * mdp.expect(value)
    if not one_step:
        target = evaluate(mdp, policy, temperature).soft_q
    # Terminal states are never left; actions without probability have no gradient.
    taken = (policy > 0) & ~mdp.terminal[:, None]
    weight = np.where(taken, visitation(mdp, policy)[:, None] * policy, 0.0)
    q_hat = np.where(taken, target, 0.0)
    log_ratio = np.where(taken, (np.where(taken, table, 0.0) - value[:, None]) / temperature, 0.0)
    mean_target = (policy * q_hat).sum(axis=1, keepdims=True)
    divergence = (policy * log_ratio).sum(axis=1, keepdims=True)
    # With Q the parameters: grad log pi(b) = (one-hot(b) - pi) / T and grad V = pi.
    return GradientTerms(
        soft_q_learning=weight * (np.where(taken, table, 0.0) - q_hat),
        return_term=-weight * (q_hat - mean_target),
        regulariser_term=temperature * weight * (log_ratio - divergence),
        value_term=weight * (value[:, None] - (mean_target - temperature * divergence)),
        policy=policy,
    )
