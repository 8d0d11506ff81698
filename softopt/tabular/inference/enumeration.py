"""Brute force: write down every trajectory, weigh each by its optimality, and count.

This is the definition of the posterior, and it needs no messages. It is what the messages are tested against,
and it is out of reach for all but the smallest MDPs: the number of trajectories grows exponentially in H.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softopt.operators import Array
from softopt.tabular.inference.factors import Factors, log_total
from softopt.tabular.mdp import MDP


@dataclass(frozen=True, eq=False)
class Enumeration:
    """All N trajectories of positive weight, and what follows from counting them.

    Attributes:
        states: (N, H + 1) state ids; a terminal state repeats.
        actions: (N, H) action ids; -1 once the episode has ended.
        total_reward: (N,) sum of the rewards and the final value, reward units.
        prior: (N,) ``p(tau)``, start times dynamics times action prior. In the entropy form every action has
            weight 1, so these do not sum to one.
        posterior: (N,) ``p(tau | O)``, proportional to ``prior * exp(total_reward / T)``.
        log_evidence: log of the sum of those weights, nats.
        initial: (S,) ``p(s_0 | O)``.
        marginals: (H + 1, S) ``p(s_t | O)``.
        policy: (H, S, A) ``p(a_t | s_t, O)``; zeros in states that no trajectory visits, or where it has ended.
        dynamics: (H, S, A, S) ``p(s_t+1 | s_t, a_t, O)``; zeros for what no trajectory does.
    """

    states: NDArray[np.int64]
    actions: NDArray[np.int64]
    total_reward: Array
    prior: Array
    posterior: Array
    log_evidence: float
    initial: Array
    marginals: Array
    policy: Array
    dynamics: Array


def enumerate_trajectories(mdp: MDP, temperature: float, limit: int = 200_000) -> Enumeration:
    """List every trajectory of a small MDP with its prior and posterior probability.

    Args:
        mdp: finite horizon, discount 1.
        temperature: T, positive and finite, in the units of the reward.
        limit: refuse to list more trajectories than this.

    Raises:
        ValueError: infinite horizon, discount below 1, more than ``limit`` trajectories, evidence zero, or a
            temperature that is not positive and finite.
    """
    if mdp.horizon is None or mdp.discount != 1:
        raise ValueError(
            "only a finite number of steps can be enumerated: give the MDP a horizon and discount 1 "
            f"(got horizon {mdp.horizon}, discount {mdp.discount:g}), or use infer."
        )
    factors = Factors(mdp, temperature)
    _check_size(mdp, factors, limit)
    states, actions, log_prior, log_weight = _all_trajectories(mdp, factors)
    log_evidence = log_total(log_weight) if log_weight.size else -np.inf
    if np.isneginf(log_evidence):
        raise ValueError("the evidence is zero: no trajectory avoids every reward and final value of -inf.")
    posterior = np.exp(log_weight - log_evidence)
    return Enumeration(
        states=states,
        actions=actions,
        total_reward=factors.temperature * (log_weight - log_prior),
        prior=np.exp(log_prior),
        posterior=posterior,
        log_evidence=log_evidence,
        **_conditionals(mdp, states, actions, posterior),
    )


def _check_size(mdp: MDP, factors: Factors, limit: int) -> None:
    """Count the trajectories backwards, and refuse if there are more than the limit."""
    assert mdp.horizon is not None
    entries = _entries(mdp, factors)
    state, next_state = factors.row[entries] // mdp.n_actions, factors.next_state[entries]
    count: Array = np.ones(mdp.n_states)
    for _ in range(mdp.horizon):
        count = np.bincount(state, count[next_state], mdp.n_states).astype(np.float64)
    total = count[mdp.initial > 0].sum()
    if total > limit:
        raise ValueError(
            f"there are {total:.3g} trajectories, more than the limit of {limit:,}; "
            "use infer, which needs no list, or shorten the horizon."
        )


def _entries(mdp: MDP, factors: Factors) -> NDArray[np.int64]:
    """Transitions that a trajectory can take; of a terminal state one, that it stays."""
    possible = np.isfinite(factors.log_weight + factors.log_prior.ravel()[factors.row])
    state, action = np.divmod(factors.row, mdp.n_actions)
    return np.flatnonzero(np.where(mdp.terminal[state], action == 0, possible))


def _all_trajectories(mdp: MDP, factors: Factors) -> tuple[NDArray[np.int64], NDArray[np.int64], Array, Array]:
    """Return states (N, H + 1), actions (N, H), and the log prior and log weight of each trajectory, (N,)."""
    assert mdp.horizon is not None
    entries = _entries(mdp, factors)
    source, action = np.divmod(factors.row[entries], mdp.n_actions)
    ended = mdp.terminal[source]
    log_prior_of = np.where(ended, 0.0, (factors.log_chance + factors.log_prior.ravel()[factors.row])[entries])
    log_factor_of = np.where(ended, 0.0, (factors.log_weight - factors.log_chance)[entries])
    action = np.where(ended, -1, action)
    first = np.searchsorted(source, np.arange(mdp.n_states + 1))  # entries of state s: first[s] to first[s + 1]

    states = np.flatnonzero(mdp.initial > 0)[:, None]
    actions = np.empty((len(states), 0), dtype=np.int64)
    log_prior = np.log(mdp.initial[states[:, 0]])
    log_factor = np.zeros(len(states))
    for _ in range(mdp.horizon):
        here = states[:, -1]
        branches = first[here + 1] - first[here]
        parent = np.repeat(np.arange(len(states)), branches)
        within = np.arange(parent.size) - np.repeat(np.cumsum(branches) - branches, branches)
        taken = first[here][parent] + within
        states = np.column_stack([states[parent], factors.next_state[entries][taken]])
        actions = np.column_stack([actions[parent], action[taken]])
        log_prior = log_prior[parent] + log_prior_of[taken]
        log_factor = log_factor[parent] + log_factor_of[taken]
    final = np.where(mdp.terminal, 0.0, mdp.final_value / factors.temperature)
    return states, actions, log_prior, log_prior + log_factor + final[states[:, -1]]


def _conditionals(
    mdp: MDP, states: NDArray[np.int64], actions: NDArray[np.int64], posterior: Array
) -> dict[str, Array]:
    """Count start, marginals, policy and dynamics, each trajectory with its posterior probability."""
    steps, (n_states, n_actions) = actions.shape[1], mdp.reward.shape
    marginals = np.stack([np.bincount(column, posterior, n_states) for column in states.T])
    visits = np.zeros((steps, n_states, n_actions, n_states))
    for t in range(steps):
        acts = actions[:, t] >= 0
        taken = states[acts, t], actions[acts, t], states[acts, t + 1]
        np.add.at(visits[t], taken, posterior[acts])
    pairs = visits.sum(axis=-1)
    return {
        "initial": marginals[0],
        "marginals": marginals,
        "policy": _share(pairs),
        "dynamics": _share(visits),
    }


def _share(counts: Array) -> Array:
    """Divide by the sum over the last axis; rows of zeros stay zero."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.zeros_like(counts), where=total > 0))
