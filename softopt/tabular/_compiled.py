"""Inner loops compiled by numba, an optional extra (``fast``). Without it the planner runs on SciPy alone.

Both loops go through the states one by one and use each new value at once, which array code cannot do. One call is
one sweep: a million states take a fraction of a second, so Python sees a Ctrl-C soon enough.
"""

from __future__ import annotations

import math
from typing import Any

try:
    import numba
except ImportError:  # the extra is not installed
    numba = None  # type: ignore[assignment]

available = numba is not None


def compiled(function: Any) -> Any:
    """Compile a function at its first call and keep the machine code on disk, so that this happens once."""
    return numba.njit(cache=True)(function) if available else function


@compiled
def soft_sweep(
    indptr: Any,
    indices: Any,
    chances: Any,
    reward: Any,
    log_prior: Any,
    discount: float,
    temperature: float,
    value: Any,
    backwards: bool,
) -> None:
    """Update ``value`` (n,) in place by the soft Bellman backup of one state after the other.

    Args:
        indptr, indices, chances: the transition, CSR of shape (n*A, n).
        reward, log_prior: (A, n).
        temperature: T in [0, inf).
        backwards: from the last state to the first.
    """
    n_actions, n_states = reward.shape
    for step in range(n_states):
        s = n_states - 1 - step if backwards else step
        top = -math.inf
        total = 0.0
        for a in range(n_actions):
            if reward[a, s] == -math.inf:
                continue
            expected = 0.0
            for k in range(indptr[s * n_actions + a], indptr[s * n_actions + a + 1]):
                expected += chances[k] * value[indices[k]]
            q = reward[a, s] + discount * expected
            if temperature > 0:
                q += temperature * log_prior[a, s]
            # Sum of exponentials relative to the best action so far.
            if q > top:
                total = 1.0 + (total * math.exp((top - q) / temperature) if temperature > 0 and total > 0 else 0.0)
                top = q
            elif temperature > 0:
                total += math.exp((q - top) / temperature)
        value[s] = top + temperature * math.log(total) if temperature > 0 else top


@compiled
def symmetric_gauss_seidel(indptr: Any, indices: Any, entries: Any, inverse_diagonal: Any, right: Any, x: Any) -> None:
    """Solve ``(D + L) D^-1 (D + U) x = right`` into ``x``, for the CSR matrix ``L + D + U``.

    Args:
        indptr, indices, entries: the matrix, CSR of shape (n, n), indices sorted.
        inverse_diagonal: (n,) 1 / D.
        right, x: (n,).
    """
    n = right.size
    for s in range(n):
        total = right[s]
        for k in range(indptr[s], indptr[s + 1]):
            if indices[k] >= s:
                break
            total -= entries[k] * x[indices[k]]
        x[s] = total * inverse_diagonal[s]
    for s in range(n - 1, -1, -1):
        total = 0.0
        for k in range(indptr[s + 1] - 1, indptr[s] - 1, -1):
            if indices[k] <= s:
                break
            total += entries[k] * x[indices[k]]
        x[s] -= total * inverse_diagonal[s]
