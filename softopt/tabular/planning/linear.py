"""Linear systems of a policy: ``(I - discount * P) x = b`` and its transpose."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

Array: TypeAlias = NDArray[np.float64]


class PolicySystem:
    """``I - discount * P`` for the state-to-state matrix P of one policy, factored once.

    Args:
        average: P, sparse (n, n), rows summing to at most one.
        discount: in [0, 1]; at 1 every state must be able to end.

    Raises:
        RuntimeError: the matrix is singular to round-off: some state never ends.
    """

    def __init__(self, average: Any, discount: float) -> None:
        matrix = sp.csc_array(sp.eye_array(average.shape[0]) - discount * average)
        # The matrix is diagonally dominant by rows, so the pivots may stay on the diagonal.
        self._factors: Any = splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True})

    def solve(self, right: Array) -> Array:
        """Expected discounted sum of ``right`` along the policy, from each state."""
        return np.asarray(self._factors.solve(right))

    def solve_transposed(self, right: Array) -> Array:
        """Expected discounted number of visits of each state, started from ``right``."""
        return np.asarray(self._factors.solve(right, trans="T"))
