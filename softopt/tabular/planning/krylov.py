"""Linear systems of a chain that are too large to factor: BiCGSTAB with a Gauss-Seidel preconditioner."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, bicgstab, splu

from softopt.tabular import _compiled

Array: TypeAlias = NDArray[np.float64]

MOST_ITERATIONS = 500  # of one round
MOST_ROUNDS = 20


class KrylovSystem:
    """``I - discount * P``, solved by iteration to the tolerance that is asked for.

    Args:
        average: P, sparse (n, n).
        discount: in [0, 1].
    """

    def __init__(self, average: Any, discount: float) -> None:
        self._matrix = sp.csr_array(sp.eye_array(average.shape[0], format="csr") - discount * average)
        self._matrix.sort_indices()

    def solve(self, right: Array, tolerance: float = 0.0) -> Array:
        """Solve to a residual of ``tolerance * |right|``; 0 asks for round-off."""
        return _iterate(self._matrix, right, tolerance)

    def solve_transposed(self, right: Array) -> Array:
        """Solve the transposed system to round-off."""
        return _iterate(sp.csr_array(self._matrix.T), right, 0.0)


def _iterate(matrix: Any, right: Array, tolerance: float) -> Array:
    """Rounds of BiCGSTAB on what is left, until it is small enough or stops shrinking."""
    if not right.any():
        return np.zeros_like(right)
    precondition = LinearOperator(matrix.shape, _gauss_seidel(matrix), dtype=np.float64)
    x = np.zeros_like(right)
    left, size = right, float(np.abs(right).max(initial=0.0))
    wanted = tolerance * size
    for _ in range(MOST_ROUNDS):
        if size <= 2 * wanted:  # BiCGSTAB measures the root of the squares, not the largest
            break
        step, _ = bicgstab(matrix, left, rtol=max(tolerance, 1e-6), maxiter=MOST_ITERATIONS, M=precondition)
        after = right - matrix @ (x + step)
        shrunk = float(np.abs(after).max())
        if not shrunk < size / 2:  # round-off, or a breakdown
            break
        x, left, size = x + step, after, shrunk
    return x


def _gauss_seidel(matrix: Any) -> Any:
    """One symmetric Gauss-Seidel sweep from zero, as a function of the right-hand side."""
    diagonal = matrix.diagonal()
    if _compiled.available:
        inverse = 1.0 / diagonal

        def sweep(right: Array) -> Array:
            x = np.empty(right.size)
            _compiled.symmetric_gauss_seidel(matrix.indptr, matrix.indices, matrix.data, inverse, right.ravel(), x)
            return x

        return sweep
    # A triangular matrix is its own factor: SuperLU only runs the substitution.
    options = {"permc_spec": "NATURAL", "diag_pivot_thresh": 0.0}
    lower: Any = splu(sp.csc_array(sp.tril(matrix)), **options)
    upper: Any = splu(sp.csc_array(sp.triu(matrix)), **options)
    return lambda right: upper.solve(diagonal * lower.solve(right.ravel()))
