"""The linearly solvable MDP: passive dynamics, a cost for each state, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.sparse.csgraph import breadth_first_order

from softopt.tabular import _checks
from softopt.tabular.grid import Grid

if TYPE_CHECKING:
    from softopt.tabular.mdp import MDP, Array


class LMDP:
    """A linearly solvable MDP, checked once at the door and read-only afterwards.

    Args:
        passive: p(s' | s), what happens when nobody pays. (S, S), dense or SciPy sparse; rows sum to one. A
            transition that the passive dynamics exclude is excluded for the controller as well.
        state_cost: q(s), (S,) or one number for all, paid at every step spent in s. Finite, of either sign.
        terminal_cost: (S,) or one number, paid once on arrival in a terminal state, and at the end of a finite
            horizon in whatever state it ends; zero unless given.
        discount: in [0, 1]; below 1 for :func:`discounted` and :func:`finite_horizon` only.
        terminal: states where the episode has ended, as a mask (S,) or a list of indices. Their rows and state
            costs have no effect.
        grid: the drawing that the states sit on, for pictures only.

    Attributes:
        n_states: S.
        passive: in the layout it came in; a terminal state keeps to itself.

    Raises:
        ValueError: any of the above does not hold; the sentence says which state and how to mend it.

    Source: Todorov (2006), "Linearly-solvable Markov decision problems"; lecture, 9:33.
    """

    def __init__(
        self,
        passive: Any,
        state_cost: ArrayLike,
        terminal_cost: ArrayLike | None = None,
        discount: float = 1.0,
        *,
        terminal: ArrayLike | None = None,
        grid: Grid | None = None,
    ) -> None:
        rows = sp.csr_array(passive, dtype=np.float64, copy=True)
        if rows.ndim != 2 or rows.shape[0] != rows.shape[1] or 0 in rows.shape:
            raise ValueError(f"passive has shape (S, S), one row a state; got {rows.shape}.")
        self.n_states: int = rows.shape[0]
        self.terminal = _checks.terminal(terminal, self.n_states)
        self.discount = _checks.discount(discount)
        self._rows = _stochastic(rows, self.terminal)
        self.passive = self._rows if sp.issparse(passive) else self._rows.toarray()
        self.state_cost = np.where(self.terminal, 0.0, _costs(state_cost, self.n_states, "state_cost"))
        self.terminal_cost = _costs(0.0 if terminal_cost is None else terminal_cost, self.n_states, "terminal_cost")
        self.grid = grid
        for array in (self.terminal, self.state_cost, self.terminal_cost):
            array.setflags(write=False)

    @classmethod
    def from_mdp(cls, mdp: MDP) -> LMDP:
        """Read an LMDP off an MDP whose reward depends on the state alone: passive dynamics = its prior's walk.

        With deterministic moves this is the same problem: the KL form of the MDP and the LMDP have the same
        value. With a slip it is another problem, since an LMDP's controller chooses the outcome of the slip too.

        Args:
            mdp: with reward r(s), so that q(s) = -r(s). Its prior, or a uniform one in the entropy form, gives
                the passive dynamics; discount, terminal states and drawing are kept.

        Raises:
            ValueError: rewards differ between the actions of a state (see :func:`embed` for those).
        """
        allowed = mdp.allowed & ~mdp.terminal[:, None]
        highest = np.where(allowed, mdp.reward, -np.inf).max(axis=1)
        lowest = np.where(allowed, mdp.reward, np.inf).min(axis=1)
        differ = np.flatnonzero((highest - lowest > 1e-12 * np.maximum(1.0, np.abs(highest))) & ~mdp.terminal)
        if differ.size:
            raise ValueError(
                f"an LMDP has one cost a state, but the rewards of state {differ[0]} differ between actions; "
                "use embed(mdp, temperature)."
            )
        prior = mdp.prior if mdp.prior is not None else mdp.allowed / mdp.allowed.sum(axis=1, keepdims=True)
        cost = np.where(mdp.terminal, 0.0, -highest)
        passive = mdp.under(prior)
        passive = passive if sp.issparse(mdp.transition) else passive.toarray()
        return cls(passive, cost, discount=mdp.discount, terminal=mdp.terminal, grid=mdp.grid)

    def rows(self) -> Any:
        """The passive dynamics as a sparse (S, S) CSR matrix, without stored zeros."""
        return self._rows

    def lost(self) -> Any:
        """Indices of the states that cannot reach a terminal state, whatever is paid."""
        ends = np.flatnonzero(self.terminal)
        edges = self._rows.tocoo()
        # One extra node points at every terminal state; walk the arrows backwards from it.
        sources = np.concatenate([edges.col, np.full(ends.size, self.n_states)])
        targets = np.concatenate([edges.row, ends])
        size = self.n_states + 1
        graph = sp.csr_array((np.ones(sources.size), (sources, targets)), shape=(size, size))
        reached = breadth_first_order(graph, self.n_states, return_predecessors=False)
        return np.setdiff1d(np.arange(self.n_states), reached)

    def __repr__(self) -> str:
        ends = int(self.terminal.sum())
        return f"LMDP({self.n_states} states, {self._rows.nnz} passive transitions, {ends} terminal)"


def _stochastic(rows: Any, terminal: Any) -> Any:
    """Check every row to be a distribution and make terminal states keep to themselves."""
    rows.sum_duplicates()
    if not (rows.data >= 0).all():
        raise ValueError("passive holds a negative entry or NaN; every entry must be a probability.")
    sums = np.asarray(rows.sum(axis=1)).ravel()
    wrong = np.flatnonzero((np.abs(sums - 1) > _checks.ROW_TOLERANCE) & ~terminal)
    if wrong.size:
        raise ValueError(
            f"passive row of state {wrong[0]} sums to {sums[wrong[0]]:.9g} instead of 1 ({wrong.size} such "
            "rows); if the missing mass ends the episode, send it to a terminal state."
        )
    # Divide the last rounding away, so that a row that sums to one to 1e-8 does not leak.
    scale = np.where(terminal, 0.0, 1.0 / np.where(terminal, 1.0, sums))
    clean = sp.csr_array(sp.diags_array(scale) @ rows + sp.diags_array(terminal.astype(np.float64)))
    clean.eliminate_zeros()
    clean.sort_indices()
    clean.data.setflags(write=False)
    return clean


def _costs(given: ArrayLike, n_states: int, name: str) -> Array:
    """Return costs as a float array (S,)."""
    try:
        costs = np.array(np.broadcast_to(np.asarray(given, dtype=np.float64), (n_states,)))
    except ValueError:
        raise ValueError(f"{name} has shape ({n_states},) or is one number, got {np.shape(given)}.") from None
    if not np.isfinite(costs).all():
        raise ValueError(
            f"{name} must be finite, got {costs[~np.isfinite(costs)][0]} in state "
            f"{np.flatnonzero(~np.isfinite(costs))[0]}; leave a forbidden state out of the passive dynamics."
        )
    return costs
