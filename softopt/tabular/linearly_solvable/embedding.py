"""Between ordinary MDPs and LMDPs, both ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from softopt.operators import Array
from softopt.tabular.linearly_solvable.bellman import check_positive, rows_of
from softopt.tabular.linearly_solvable.lmdp import LMDP
from softopt.tabular.mdp import MDP


def as_mdp(lmdp: LMDP, horizon: int | None = None) -> MDP:
    """Write an LMDP as an MDP in the KL form: an action for each successor, the passive dynamics as prior.

    Its soft value at temperature T is minus the LMDP's cost-to-go at T. Action a of state s is the a-th
    successor of s in increasing order; states with fewer successors than the busiest forbid the rest.

    Args:
        lmdp: any; its terminal costs are paid on arrival.
        horizon: number of steps, or None for an infinite horizon.
    """
    passive = lmdp.rows()
    rows, n_states = rows_of(passive), lmdp.n_states
    n_actions = int(np.diff(passive.indptr).max())
    action = np.arange(passive.nnz) - passive.indptr[rows]
    target = np.repeat(np.arange(n_states)[:, None], n_actions, axis=1)
    target[rows, action] = passive.indices
    prior = np.zeros((n_states, n_actions))
    prior[rows, action] = passive.data
    reward = np.full((n_states, n_actions), -np.inf)
    # A terminal state has value 0 in an MDP, so its cost is paid by the step that enters it.
    arrival = np.where(lmdp.terminal, lmdp.discount * lmdp.terminal_cost, 0.0)
    reward[rows, action] = -lmdp.state_cost[rows] - arrival[passive.indices]
    ones, flat = np.ones(n_states * n_actions), np.arange(n_states * n_actions)
    return MDP(
        sp.csr_array((ones, (flat, target.ravel())), shape=(n_states * n_actions, n_states)),
        reward,
        discount=lmdp.discount,
        horizon=horizon,
        prior=prior,
        terminal=lmdp.terminal,
        final_value=None if horizon is None else np.where(lmdp.terminal, 0.0, -lmdp.terminal_cost),
    )


def embed(mdp: MDP, temperature: float = 1.0) -> LMDP:
    """Embed an ordinary MDP: an LMDP in which every action is available at exactly its own cost.

    Passive dynamics and state costs are chosen so that ``q(s) + T KL( p(.|s,a) || passive(.|s) ) = -r(s, a)`` for
    each allowed action. The controller of the LMDP may also mix and extrapolate the actions, so its cost-to-go
    is a lower bound on that of the MDP without entropy. Where all moves are deterministic, and no two lead to
    the same state, the LMDP *is* the MDP's entropy form, and T -> 0 closes the gap. Where chance decides, the
    controller chooses the luck as well, and the gap stays.

    Args:
        mdp: rewards r(s, a); its prior is not used. Discount, terminal states and drawing are kept.
        temperature: T, finite and positive.

    Raises:
        ValueError: two actions of a state lead to the same mixture of successors at different costs, or T is so
            small against the rewards of one state that a passive probability underflows.

    Source: Todorov (2006, 2009), on embedding traditional MDPs.
    Where a state has more successors than actions the papers leave the solution open; here the one of least norm.
    """
    temperature = check_positive(temperature)
    transition = mdp.rows()
    data, indices, indptr = [], [], [0]
    state_cost = np.zeros(mdp.n_states)
    for state in range(mdp.n_states):
        actions = np.flatnonzero(mdp.allowed[state]) if not mdp.terminal[state] else np.array([0])
        block: Any = transition[state * mdp.n_actions + actions]
        successors = np.unique(block.indices)
        passive, cost = np.ones(1), 0.0
        if not mdp.terminal[state]:
            block = block[:, successors].toarray()
            passive, cost = _embed_state(block, -mdp.reward[state, actions], temperature, state)
        data.append(passive)
        indices.append(successors)
        indptr.append(indptr[-1] + successors.size)
        state_cost[state] = cost
    shape = (mdp.n_states, mdp.n_states)
    rows = sp.csr_array((np.concatenate(data), np.concatenate(indices), indptr), shape=shape)
    passive = rows if sp.issparse(mdp.transition) else rows.toarray()
    return LMDP(passive, state_cost, discount=mdp.discount, terminal=mdp.terminal, grid=mdp.grid)


def _embed_state(block: Array, cost: Array, temperature: float, state: int) -> tuple[Array, float]:
    """Passive row and state cost of one state, from its (actions, successors) block of probabilities."""
    # With c = log passive - q / T the condition is linear: sum_s' p(s'|s,a) c(s') = -cost(a) / T - entropy(a).
    entropy = -(block * np.log(np.where(block > 0, block, 1.0))).sum(axis=1)
    right = -cost / temperature - entropy
    top = right.max()
    shifted = np.linalg.lstsq(block, right - top, rcond=None)[0]
    error = np.abs(block @ shifted - (right - top))
    if error.max() > 1e-8 * max(1.0, np.abs(right).max()):
        raise ValueError(
            f"state {state} cannot be embedded: its actions mix the same successors at costs that no passive "
            f"dynamics explain (action {int(error.argmax())} is off by {temperature * error.max():.3g})."
        )
    # The rows of the block sum to one, so a constant may be moved from c to q and back.
    peak = shifted.max()
    log_total = peak + np.log(np.exp(shifted - peak).sum())
    passive = np.exp(shifted - log_total)
    if (passive == 0).any():
        raise ValueError(
            f"temperature {temperature:g} is too small to embed state {state}, whose costs span "
            f"{np.ptp(cost):g}: a passive probability underflows; raise it above {np.ptp(cost) / 700:.2g}."
        )
    return passive, float(-temperature * (log_total + top))
