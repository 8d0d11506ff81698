"""What is left to plan once the states with a known value are set aside.

An ended state is worth 0. A *dead* state, from which every action is forbidden or risks ending in a dead state,
is worth ``-inf``. On the *live* rest every value is finite, and no formula needs a special case: the columns
of the states set aside are simply dropped.

Inside the planner the actions come first, (A, n): NumPy adds up a few long rows several times faster than many
short ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order

from softopt.tabular.mdp import MDP
from softopt.tabular.planning.chains import Array, Chains, Mask, chains_on


@dataclass(frozen=True, eq=False)
class Live:
    """The planning problem on the n live states.

    Attributes:
        states: (n,) their indices.
        dead: (S,) mask of the dead states.
        chains: the transition (n*A, n); a row sums to less than one where the episode may end.
        reward: (A, n), ``-inf`` for an action that is forbidden, excluded by the prior, or leads to a dead state.
        log_prior: (A, n), ``-inf`` where the reward is, or None in the entropy form.
        discount: in [0, 1].
    """

    states: NDArray[np.int64]
    dead: Mask
    chains: Chains
    reward: Array
    log_prior: Array | None
    discount: float

    def spread(self, value: Array) -> Array:
        """Value of all S states from the value of the live ones."""
        full = np.where(self.dead, -np.inf, 0.0)
        full[self.states] = value
        return full

    def expect(self, value: Array) -> Array:
        """``E[value(s') | s, a]`` over the live states, (A, n)."""
        expected = (self.chains.transition @ value).reshape(self.states.size, self.chains.n_actions)
        return np.ascontiguousarray(expected.T)


_known: WeakKeyDictionary[MDP, dict[bool, Live]] = WeakKeyDictionary()


def live_problem(mdp: MDP, temperature: float) -> Live:
    """Set the ended and the dead states of an MDP aside (remembered, since an MDP never changes).

    Raises:
        ValueError: discount 1, and some live state cannot end any more without a forbidden action.
    """
    known = _known.setdefault(mdp, {})
    # At temperature inf the prior is followed whatever it leads to: one bad action makes a state dead.
    follow = math.isinf(temperature)
    if follow not in known:
        known[follow] = _find_live(mdp, follow)
    return known[follow]


def _find_live(mdp: MDP, follow: bool) -> Live:
    running = ~mdp.terminal
    usable = mdp.allowed & running[:, None]
    if mdp.prior is not None:
        usable &= mdp.prior > 0
    wanted = usable.copy()
    rows = mdp.rows()
    dead = np.zeros(mdp.n_states, dtype=bool)
    while True:
        lost = ~usable.any(axis=1) | (follow & (wanted & ~usable).any(axis=1))
        found = running & lost & ~dead
        if not found.any():
            break
        dead |= found
        if mdp.discount > 0:  # at discount 0 what comes later has no weight, not even -inf
            usable &= (rows @ found.astype(np.float64)).reshape(usable.shape) == 0
    keep = running & ~dead
    states = np.flatnonzero(keep)
    reward = np.ascontiguousarray(np.where(usable, mdp.reward, -np.inf)[states].T)
    log_prior = None
    if mdp.prior is not None:
        with np.errstate(divide="ignore"):
            log_prior = np.where(np.isneginf(reward), -np.inf, np.log(mdp.prior[states].T))
    live = Live(states, dead, chains_on(mdp, keep), reward, log_prior, mdp.discount)
    if mdp.discount == 1:
        stuck = ~can_end(live, (reward > -np.inf).astype(np.float64))
        if stuck.any():
            raise ValueError(
                f"discount 1 needs an end in reach, but {stuck.sum()} states (the first is {states[stuck][0]}) "
                "can end only through actions that are forbidden or that the prior excludes; use a discount "
                "below 1 or a horizon, or allow those actions."
            )
    return live


def can_end(live: Live, policy: Array) -> Mask:
    """Mask of the live states from which a policy (or any positive weights, (A, n)) can end the episode."""
    weights = policy > 0
    leaves = live.expect(np.ones(live.states.size)) < 1 - 1e-8
    edges = live.chains.average(weights.astype(np.float64))
    return reaching(edges, np.asarray((weights & leaves).any(axis=0)))


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
