"""A finite horizon: one backward pass is exact."""

from __future__ import annotations

import numpy as np

from softopt.operators import boltzmann, soft_maximum
from softopt.tabular.mdp import MDP
from softopt.tabular.planning.bellman import Plan, one_step_back
from softopt.tabular.planning.chains import Array
from softopt.tabular.planning.ties import TIE_TOLERANCE


def backward_recursion(mdp: MDP, temperature: float) -> Plan:
    """Soft values and policies of every step, last step first.

    A row of time for each step: ``value[H]`` is the value on arrival (0 in terminal states), ``value[0]`` that of
    the first step. At temperature 0 ties are weighted by the entropy still to come, see ``ties.py``.
    """
    assert mdp.horizon is not None
    steps, shape = mdp.horizon, (mdp.n_states, mdp.n_actions)
    prior = full_prior(mdp)
    value = np.zeros((steps + 1, mdp.n_states))
    value[steps] = np.where(mdp.terminal, 0.0, mdp.final_value)
    soft_q, policy = np.empty((steps, *shape)), np.empty((steps, *shape))
    to_come = np.zeros(mdp.n_states)  # W of temperature 0: entropy still to come among optimal actions
    for t in reversed(range(steps)):
        soft_q[t] = one_step_back(mdp, value[t + 1])
        value[t] = soft_maximum(soft_q[t], temperature, prior)
        value[t, mdp.terminal] = 0.0
        if temperature == 0:
            top = value[t][:, None]
            slack = TIE_TOLERANCE * max(1.0, float(np.abs(top[np.isfinite(top)]).max(initial=0.0)))
            optimal = (soft_q[t] >= top - slack) & np.isfinite(soft_q[t])
            if prior is not None:
                optimal &= prior > 0
            ties = np.where(optimal, mdp.discount * mdp.expect(np.where(np.isneginf(to_come), 0.0, to_come)), -np.inf)
            to_come = np.where(mdp.terminal, 0.0, soft_maximum(ties, 1.0, prior))
            policy[t] = boltzmann(ties, 1.0, prior)
        else:
            policy[t] = boltzmann(soft_q[t], temperature, prior)
        policy[t, mdp.terminal] = terminal_row(mdp)
    return Plan(value, soft_q, policy, steps, 0.0, 0.0, np.zeros((steps, 2)))


def full_prior(mdp: MDP) -> Array | None:
    """The prior with uniform rows where nothing is allowed, so that every row is a distribution."""
    if mdp.prior is None:
        return None
    return np.where(mdp.prior.any(axis=1, keepdims=True), mdp.prior, 1.0 / mdp.n_actions)


def terminal_row(mdp: MDP) -> Array | float:
    """Policy of the terminal states, which has no effect: the prior, or uniform."""
    return 1.0 / mdp.n_actions if mdp.prior is None else mdp.prior[mdp.terminal]
