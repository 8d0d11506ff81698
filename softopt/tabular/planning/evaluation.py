"""What a given policy is worth, and where it spends its time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import check_temperature, entropy, kl
from softopt.tabular.mdp import MDP
from softopt.tabular.planning.bellman import Plan, largest, one_step_back
from softopt.tabular.planning.chains import Array, Mask, chains_on
from softopt.tabular.planning.live import reaching


def evaluate(mdp: MDP, policy: ArrayLike, temperature: float) -> Plan:
    """Value of a policy with its entropy bonus (or KL cost to the prior) inside the return.

    ``V = E sum_t discount^t [r - T log(pi / p0)]``, p0 = 1 in the entropy form. Temperature 0 is the expected
    return. A forbidden action taken with positive probability, now or later, makes the value ``-inf``.

    Args:
        policy: (S, A), rows sum to one (rows of terminal states are ignored, a row of zeros means that nothing
            is allowed there and is worth ``-inf``); with a finite horizon also (H, S, A).
        temperature: T in [0, inf]; inf only for the prior itself, where the KL cost is zero.

    Returns:
        A Plan whose ``policy`` is the one given and whose ``soft_q`` is ``r + discount * E[V]``.

    Raises:
        ValueError: a shape or a row that is no policy, or discount 1 and a policy that never ends from some state.
    """
    temperature = check_temperature(temperature, mdp.prior)
    table = checked_policy(mdp, policy)
    if math.isinf(temperature):
        if mdp.prior is None or not np.allclose(table[..., ~mdp.terminal, :], mdp.prior[~mdp.terminal], atol=1e-12):
            raise ValueError("at temperature inf only the prior has a finite value; use a finite temperature.")
        temperature = 0.0
    if mdp.horizon is not None:
        value = np.zeros((mdp.horizon + 1, mdp.n_states))
        value[-1] = np.where(mdp.terminal, 0.0, mdp.final_value)
        soft_q = np.empty(table.shape)
        for t in reversed(range(mdp.horizon)):
            soft_q[t] = one_step_back(mdp, value[t + 1])
            value[t] = _reward(mdp, soft_q[t], table[t], temperature)
        return Plan(value, soft_q, table, mdp.horizon, 0.0, 0.0, np.zeros((mdp.horizon, 2)))

    gain = _reward(mdp, mdp.reward, table, temperature)
    lost = np.isneginf(gain)
    if mdp.discount > 0 and lost.any():
        lost = reaching(mdp.under(table), lost)
    value = np.where(lost, -np.inf, 0.0)
    going = ~lost & ~mdp.terminal
    _check_ends(mdp, table, ~going)
    chains, policy = chains_on(mdp, going), np.asarray(table[going].T)
    system = chains.system(policy)
    value[going] = system.solve(gain[going])
    residual = largest(gain[going] + mdp.discount * (chains.average(policy) @ value[going]) - value[going])
    # The error is the residual summed along the policy: at most the residual times the expected number of steps.
    steps = 1 / (1 - mdp.discount) if mdp.discount < 1 else largest(system.solve(np.ones(chains.n_states)))
    history = np.array([[residual, residual * steps]])
    return Plan(value, one_step_back(mdp, value), table, 1, residual, residual * steps, history)


def visitation(mdp: MDP, policy: ArrayLike, normalised: bool = False) -> Array:
    """Expected discounted number of visits to each state, from the start distribution.

    Terminal states, and states where nothing is allowed, keep to themselves: below discount 1 the visits sum to
    ``1 / (1 - discount)``. At discount 1 such a state counts its probability of being reached.

    Args:
        policy: (S, A); with a finite horizon also (H, S, A).
        normalised: divide by the sum, so that the visits make a distribution.

    Returns:
        (S,); with a finite horizon (H + 1, S), row t sums to ``discount ** t``.

    Raises:
        ValueError: as for :func:`evaluate`.
    """
    table = checked_policy(mdp, policy)
    if mdp.horizon is not None:
        steps = np.zeros((mdp.horizon + 1, mdp.n_states))
        steps[0] = mdp.initial
        for t in range(mdp.horizon):
            stuck = ~mdp.terminal & ~table[t].any(axis=1)
            steps[t + 1] = mdp.discount * (mdp.under(table[t]).T @ steps[t] + np.where(stuck, steps[t], 0.0))
        return steps / steps.sum() if normalised else steps
    ended = mdp.terminal | ~table.any(axis=1)
    _check_ends(mdp, table, ended)
    going = ~ended
    visits = np.zeros(mdp.n_states)
    visits[going] = chains_on(mdp, going).system(table[going].T).solve_transposed(mdp.initial[going])
    if ended.any():
        arrivals = mdp.initial + mdp.discount * (mdp.rows().T @ (visits[:, None] * table).ravel())
        visits[ended] = arrivals[ended] / (1 - mdp.discount if mdp.discount < 1 else 1.0)
    return visits / visits.sum() if normalised else visits


def checked_policy(mdp: MDP, policy: ArrayLike) -> Array:
    """Return the policy as a table, or say what is wrong with it."""
    table = np.asarray(policy, dtype=np.float64)
    shape = (mdp.n_states, mdp.n_actions)
    wanted = f"(S, A) = {shape}"
    if mdp.horizon is not None:
        wanted = f"(H, S, A) = {(mdp.horizon, *shape)} or {wanted}"
        if table.shape == shape:
            table = np.broadcast_to(table, (mdp.horizon, *shape))
    if table.shape != (shape if mdp.horizon is None else (mdp.horizon, *shape)):
        raise ValueError(f"policy has shape {wanted}, got {table.shape}.")
    if not (table >= 0).all():
        raise ValueError("policy holds a negative probability or NaN; every entry must be a probability.")
    sums = table.sum(axis=-1)
    wrong = np.argwhere((np.abs(sums - 1) > 1e-8) & (sums != 0) & ~mdp.terminal)
    if wrong.size:
        where = tuple(wrong[0])
        raise ValueError(f"policy row of state {where[-1]} sums to {sums[where]:.9g} instead of 1.")
    return table


def _reward(mdp: MDP, reward: Array, policy: Array, temperature: float) -> Array:
    """Expected reward of one step with its bonus or cost, (S,); ``-inf`` where something forbidden is done."""
    gain = (policy * np.where(policy > 0, reward, 0.0)).sum(axis=1)
    if temperature > 0 and mdp.prior is None:
        gain = gain + temperature * entropy(policy)
    elif temperature > 0 and mdp.prior is not None:
        gain = gain - temperature * kl(policy, mdp.prior)
    gain = np.where(policy.any(axis=1), gain, -np.inf)
    return np.where(mdp.terminal, 0.0, gain)


def _check_ends(mdp: MDP, policy: Array, ended: Mask) -> None:
    """Raise unless the policy ends from every state, where discount 1 needs it to."""
    if mdp.discount == 1 and not (ends := reaching(mdp.under(policy), ended)).all():
        stuck = np.flatnonzero(~ends)
        raise ValueError(
            f"discount 1 and the policy never ends from state {stuck[0]} ({stuck.size} such states); "
            "use a discount below 1, a horizon, or a policy that reaches the end."
        )
