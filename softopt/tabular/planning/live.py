"""What is left to plan once the states with a known value are set aside.

An ended state is worth 0. A *dead* state, from which every action is forbidden or risks ending in a dead state,
is worth ``-inf``. On the *live* rest every value is finite, and no formula needs a special case: the columns
of the states set aside are simply dropped.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order

from softopt.tabular.mdp import MDP

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Live:
    """The planning problem on the n live states.

    Attributes:
        states: (n,) their indices.
        dead: (S,) mask of the dead states.
        transition: sparse (n*A, n); a row sums to less than one where the episode may end.
        reward: (n, A), ``-inf`` for an action that is forbidden, excluded by the prior, or leads to a dead state.
        log_prior: (n, A), or None in the entropy form.
        discount: in [0, 1].
    """

    states: NDArray[np.int64]
    dead: Mask
    transition: Any
    reward: Array
    log_prior: Array | None
    discount: float

    def spread(self, value: Array) -> Array:
        """Value of all S states from the value of the live ones."""
        full = np.where(self.dead, -np.inf, 0.0)
        full[self.states] = value
        return full

    def average(self, policy: Array) -> Any:
        """Transition matrix of a policy on the live states, sparse (n, n)."""
        n_states, n_actions = self.reward.shape
        starts = np.arange(0, n_states * n_actions + 1, n_actions)
        weights = sp.csr_array(
            (policy.ravel(), np.arange(n_states * n_actions), starts), shape=(n_states, n_states * n_actions)
        )
        return sp.csr_array(weights @ self.transition)


def live_problem(mdp: MDP, temperature: float) -> Live:
    """Set the ended and the dead states of an MDP aside.

    Raises:
        ValueError: discount 1, and some live state cannot end any more without a forbidden action.
    """
    running = ~mdp.terminal
    usable = mdp.allowed & running[:, None]
    if mdp.prior is not None:
        usable &= mdp.prior > 0
    # At temperature inf the prior is followed whatever it leads to: one bad action is enough.
    wanted = mdp.prior > 0 if mdp.prior is not None and math.isinf(temperature) else None
    rows = mdp.rows()
    dead = np.zeros(mdp.n_states, dtype=bool)
    while True:
        lost = ~usable.any(axis=1) if wanted is None else (wanted & ~usable).any(axis=1) | ~wanted.any(axis=1)
        found = running & lost & ~dead
        if not found.any():
            break
        dead |= found
        if mdp.discount > 0:
            usable &= (rows @ found.astype(np.float64)).reshape(usable.shape) == 0
    keep = running & ~dead
    states = np.flatnonzero(keep)
    reward, prior = np.where(usable, mdp.reward, -np.inf), mdp.prior
    if states.size < mdp.n_states:
        flat = np.flatnonzero(np.repeat(keep, mdp.n_actions))
        rows = sp.csr_array(rows[flat][:, states])
        reward = reward[states]
        prior = None if prior is None else prior[states]
    log_prior = None
    if prior is not None:
        with np.errstate(divide="ignore"):
            log_prior = np.where(np.isneginf(reward), -np.inf, np.log(prior))
    live = Live(states, dead, rows, reward, log_prior, mdp.discount)
    if mdp.discount == 1:
        lost = ~can_end(live, (reward > -np.inf).astype(np.float64))
        if lost.any():
            raise ValueError(
                f"discount 1 needs an end in reach, but {lost.sum()} states (the first is {states[lost][0]}) "
                "can end only through actions that are forbidden or that the prior excludes; use a discount "
                "below 1 or a horizon, or allow those actions."
            )
    return live


def can_end(live: Live, policy: Array) -> Mask:
    """Mask of the live states from which a policy (or any positive weights, (n, A)) can end the episode."""
    weights = policy > 0
    staying = np.asarray(live.transition.sum(axis=1)).reshape(weights.shape)
    ends = (weights & (staying < 1 - 1e-8)).any(axis=1)
    return reaching(live.average(weights.astype(np.float64)), ends)


def reaching(edges: Any, targets: Mask) -> Mask:
    """Mask of the nodes from which some target can be reached along ``edges``, sparse (n, n)."""
    n = targets.size
    arrows = edges.tocoo()
    present = arrows.data > 0
    goals = np.flatnonzero(targets)
    # One extra node points at every target; walk the arrows backwards from it.
    sources = np.concatenate([arrows.col[present], np.full(goals.size, n)])
    heads = np.concatenate([arrows.row[present], goals])
    graph = sp.csr_array((np.ones(sources.size), (sources, heads)), shape=(n + 1, n + 1))
    found = np.zeros(n + 1, dtype=bool)
    found[breadth_first_order(graph, n, return_predecessors=False)] = True
    return found[:n]
