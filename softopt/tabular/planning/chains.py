"""The Markov chains that policies make of an MDP, and their linear systems ``(I - discount * P) x = b``.

``I - discount * P`` is diagonally dominant by rows (an M-matrix), so elimination needs no pivoting. Its pattern is the
same for every policy, so it is laid out once. Narrow systems go to LAPACK's band solver, others to SuperLU, and
those too large for a factorisation to :mod:`krylov`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg.lapack import dgbtrf, dgbtrs
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import splu

from softopt.tabular.mdp import MDP
from softopt.tabular.planning.krylov import KrylovSystem

Array: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]

BAND_WORK = 1e7  # states times squared band width up to which the band solver is the faster one
# SuperLU's settings for pivots that stay on the diagonal, and for the narrow fill of such matrices.
NO_PIVOTING: dict[str, Any] = {"diag_pivot_thresh": 0.0, "panel_size": 1, "options": {"SymmetricMode": True}}
DIRECT_STATES = 50_000  # above, a factorisation takes too long and too much memory


class System(Protocol):
    """A factored ``I - discount * P``."""

    def solve(self, right: Array, tolerance: float = 0.0) -> Array:
        """Expected discounted sum of ``right`` along the policy, from each state; residual up to ``tolerance``."""

    def solve_transposed(self, right: Array) -> Array:
        """Expected discounted number of visits of each state, started from ``right``."""


class Chains:
    """The chains on n states that go on, one for each policy.

    Args:
        transition: sparse (n*A, n); what a row lacks to one is the chance to leave these states.
        discount: in [0, 1].
    """

    def __init__(self, transition: Any, n_actions: int, discount: float) -> None:
        self.transition = transition
        self.discount = discount
        self.n_states = transition.shape[1]
        self.n_actions = n_actions

    def average(self, policy: Array) -> Any:
        """Matrix P of a policy (A, n), sparse (n, n)."""
        n, n_pairs = self.n_states, self.transition.shape[0]
        starts = np.arange(0, n_pairs + 1, self.n_actions)
        weights = sp.csr_array((policy.T.ravel(), np.arange(n_pairs), starts), shape=(n, n_pairs))
        return sp.csr_array(weights @ self.transition)

    def system(self, policy: Array) -> System:
        """``I - discount * P`` of a policy (A, n), ready to solve.

        Raises:
            RuntimeError: the matrix is singular to round-off: at discount 1 some state never ends.
        """
        if self.n_states > DIRECT_STATES or self.n_states == 0:
            return KrylovSystem(self.average(policy), self.discount)
        return self._direct(policy)

    @cached_property
    def _direct(self) -> Callable[[Array], System]:
        """Order the states and lay the pattern of the matrix out once; return what fills and factors it."""
        n, n_actions = self.n_states, self.n_actions
        entries = self.transition.tocoo()
        state, action = np.divmod(entries.row, n_actions)
        pair = action.astype(np.int64) * n + state  # where the policy (A, n) has the weight of an entry
        chance = -self.discount * entries.data
        link = sp.csc_array((np.ones(state.size), (state, entries.col)), shape=(n, n)) + sp.eye_array(n)
        order = reverse_cuthill_mckee(sp.csr_array(link + link.T), symmetric_mode=True)
        place = np.argsort(order)
        width = int(np.abs(place[state] - place[entries.col]).max(initial=0))
        if n * width**2 <= BAND_WORK:
            # The transpose is dominant by columns: LAPACK then never exchanges rows, and no fill is computed.
            lead = 3 * width + 1
            slot = place[state] * (lead - 1) + 2 * width + place[entries.col]
            diagonal = np.arange(n) * lead + 2 * width

            def banded(policy: Array) -> System:
                band = np.bincount(slot, chance * policy.ravel()[pair], n * lead).astype(np.float64, copy=False)
                band[diagonal] += 1.0
                return _Banded(band.reshape(n, lead).T, width, order, place)

            return banded
        # SuperLU finds its order anew for every matrix; take it from one with the same pattern.
        place = splu(sp.csc_array(link + sp.diags_array(link.sum(axis=1))), "MMD_AT_PLUS_A", **NO_PIVOTING).perm_c
        order = np.argsort(place)
        pattern = sp.csc_array(link[order][:, order])
        pattern.sort_indices()
        # The entries of the matrix, column by column, as single numbers that searchsorted can find.
        present = np.repeat(np.arange(n), np.diff(pattern.indptr)) * n + pattern.indices
        slot = np.searchsorted(present, place[entries.col].astype(np.int64) * n + place[state])
        diagonal = np.searchsorted(present, np.arange(n) * (n + 1))

        def sparse(policy: Array) -> System:
            values = np.bincount(slot, chance * policy.ravel()[pair], present.size).astype(np.float64, copy=False)
            values[diagonal] += 1.0
            return _SuperLU(sp.csc_array((values, pattern.indices, pattern.indptr), shape=(n, n)), order, place)

        return sparse


class _Banded:
    """The transposed matrix, its states in an order that makes a narrow band, factored by LAPACK."""

    def __init__(self, band: Array, width: int, order: Any, place: Any) -> None:
        self._factors, self._pivots, info = dgbtrf(band, width, width, overwrite_ab=True)
        if info > 0:
            raise RuntimeError("singular matrix: some state never ends under this policy.")
        self._width, self._order, self._place = width, order, place

    def solve(self, right: Array, tolerance: float = 0.0) -> Array:
        return self._solve(right, transposed=1)

    def solve_transposed(self, right: Array) -> Array:
        return self._solve(right, transposed=0)

    def _solve(self, right: Array, transposed: int) -> Array:
        ordered = right[self._order]
        x, _ = dgbtrs(self._factors, self._width, self._width, ordered, self._pivots, trans=transposed)
        return np.asarray(x[self._place])


class _SuperLU:
    """The matrix, its states in an order that makes little fill, factored by SuperLU."""

    def __init__(self, matrix: Any, order: Any, place: Any) -> None:
        self._factors: Any = splu(matrix, "NATURAL", **NO_PIVOTING)
        self._order, self._place = order, place

    def solve(self, right: Array, tolerance: float = 0.0) -> Array:
        return np.asarray(self._factors.solve(right[self._order])[self._place])

    def solve_transposed(self, right: Array) -> Array:
        return np.asarray(self._factors.solve(right[self._order], trans="T")[self._place])


_known: WeakKeyDictionary[MDP, dict[bytes, Chains]] = WeakKeyDictionary()


def chains_on(mdp: MDP, running: Mask) -> Chains:
    """The chains on some states of an MDP, (S,) mask; remembered, since an MDP never changes."""
    known = _known.setdefault(mdp, {})
    key = np.packbits(running).tobytes()
    if key not in known:
        rows = mdp.rows()
        if not running.all():
            pairs = np.flatnonzero(np.repeat(running, mdp.n_actions))
            rows = sp.csr_array(rows[pairs][:, np.flatnonzero(running)])
        if len(known) >= 4:  # a policy with states of its own is a rare thing; do not collect them
            known.pop(next(iter(known)))
        known[key] = Chains(rows, mdp.n_actions, mdp.discount)
    return known[key]
