"""The soft Bellman equation of an LMDP: its backup, Newton's method, and the problems with a horizon.

First exit and finite horizon are linear in z. The discounted equation is not: it holds z to the power of the
discount, so it is solved by Newton's method in v. Newton's method is also what is left where z underflows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

from softopt.operators import Array
from softopt.tabular.linearly_solvable.lmdp import LMDP

MAX_STEPS = 60  # of Newton's method; a handful is usual
ROUND_OFF = 2e-15  # a residual this small, relative to the largest v, is rounding


@dataclass(frozen=True, eq=False)
class OptimalControl:
    """The solution of an LMDP.

    Attributes:
        cost_to_go: v, (S,), in the units of the costs. Finite horizon: (H + 1, S), row 0 is the first step.
        controlled: u*(s' | s), (S, S), in the layout of the passive dynamics. Finite horizon: H of them.
        temperature: T.
        iterations: linear systems solved, or backups of a finite horizon.
        residual: largest |v - backup of v|, in the units of the costs.
    """

    cost_to_go: Array
    controlled: Any
    temperature: float
    iterations: int
    residual: float

    @property
    def log_desirability(self) -> Array:
        """``log z = -v / T``, the shape of ``cost_to_go``; never underflows."""
        return -self.cost_to_go / self.temperature

    @property
    def desirability(self) -> Array:
        """``z = exp(-v / T)``; 0 where it underflows, which is where Todorov's own equation goes blind."""
        with np.errstate(over="ignore"):
            return np.exp(self.log_desirability)


def discounted(lmdp: LMDP, temperature: float = 1.0, tol: float = 1e-10) -> OptimalControl:
    """Solve ``v = q - T log sum p exp(-discount v / T)`` by Newton's method: not linear in z, but z**discount.

    Args and errors as for :func:`first_exit`, with discount below 1; terminal states are welcome, not needed.

    Source: Todorov (2009), on discounted problems.
    """
    temperature = check_positive(temperature)
    if lmdp.discount >= 1:
        raise ValueError("discounted needs a discount below 1; use first_exit, average_cost or finite_horizon.")
    guess = np.where(lmdp.terminal, lmdp.terminal_cost, lmdp.state_cost)
    return newton(lmdp, temperature, guess, tol, solved=0)


def finite_horizon(lmdp: LMDP, horizon: int, temperature: float = 1.0) -> OptimalControl:
    """Solve for the cost of ``horizon`` steps, the terminal cost included, by backward recursion.

    Each backup is the linear ``z_t = exp(-q / T) P z_{t+1}``, done in the log domain.

    Args:
        lmdp: any discount; a terminal state ends the episode early.
        horizon: H, at least 1.
        temperature: T, finite and positive.

    Raises:
        ValueError: an argument outside its range.
    """
    temperature = check_positive(temperature)
    if horizon != int(horizon) or horizon < 1:
        raise ValueError(f"horizon must be a whole number of steps, at least 1; got {horizon}.")
    cost_to_go = np.empty((int(horizon) + 1, lmdp.n_states))
    cost_to_go[-1] = lmdp.terminal_cost
    controlled = []
    for t in reversed(range(int(horizon))):
        cost_to_go[t], tilted = backup(lmdp, cost_to_go[t + 1], temperature)
        controlled.append(in_layout(lmdp, tilted))
    controlled.reverse()
    chains = tuple(controlled) if sp.issparse(lmdp.passive) else np.array(controlled)
    return OptimalControl(cost_to_go, chains, temperature, int(horizon), 0.0)


def backup(lmdp: LMDP, cost_to_go: Array, temperature: float) -> tuple[Array, Any]:
    """Return ``q - T log sum p exp(-discount v / T)`` and the controlled chain ``u ∝ p exp(-discount v / T)``."""
    passive = lmdp.rows()
    starts, rows = passive.indptr[:-1], rows_of(passive)
    ahead = lmdp.discount * cost_to_go[passive.indices]
    lowest = np.minimum.reduceat(ahead, starts)
    # Subtracting the lowest keeps every exponent at or below zero.
    exponent = (lowest[rows] - ahead) / temperature
    weight = passive.data * np.exp(exponent)
    total = np.add.reduceat(weight, starts)
    # total = 1 + sum p (exp - 1): the second form keeps the digits that matter when T is large.
    excess = np.add.reduceat(passive.data * np.expm1(exponent), starts)
    log_total = np.where(excess > -0.5, np.log1p(np.maximum(excess, -0.5)), np.log(total))
    value = lmdp.state_cost + lowest - temperature * log_total
    tilted = sp.csr_array((weight / total[rows], passive.indices, passive.indptr), shape=passive.shape)
    return np.where(lmdp.terminal, lmdp.terminal_cost, value), tilted


def rows_of(matrix: Any) -> Any:
    """Row index of each stored entry of a CSR matrix."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def in_layout(lmdp: LMDP, chain: Any) -> Any:
    """Return a sparse chain in the layout of the passive dynamics."""
    return chain if sp.issparse(lmdp.passive) else chain.toarray()


def solve(matrix: Any, right: Array) -> Array:
    """Solve a sparse system whose matrix is one minus a non-negative matrix; NaN where it is singular."""
    try:
        factors = splu(
            sp.csc_array(matrix),
            # Pivots on the diagonal lose nothing here, and the fill-in stays that of the graph.
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
    except RuntimeError:  # exactly singular
        return np.full_like(right, np.nan)
    return np.asarray(factors.solve(right))


def newton(lmdp: LMDP, temperature: float, start: Array, tol: float, solved: int) -> OptimalControl:
    """Newton's method in v: each step is the cost-to-go of the chain that the last v asks for."""
    cost_to_go, running = start, ~lmdp.terminal
    limit = 1e15 * max(1.0, temperature, np.abs(lmdp.state_cost).max(), np.abs(lmdp.terminal_cost).max())
    previous = math.inf
    for iteration in range(solved, MAX_STEPS):
        improved, chain = backup(lmdp, cost_to_go, temperature)
        gap = improved - cost_to_go
        residual = float(np.abs(gap).max())
        scale = max(1.0, float(np.abs(cost_to_go).max()))
        # Done at round-off, or where a step near the answer no longer helps.
        if residual <= ROUND_OFF * scale or (residual >= previous and residual <= 1e-6 * scale):
            break
        previous = residual
        inside = chain[running][:, running]
        step = np.zeros_like(gap)
        step[running] = solve(sp.eye_array(inside.shape[0]) - lmdp.discount * inside, gap[running])
        cost_to_go = cost_to_go + step
        # An end that is 1e15 steps away is out of sight of float64: the chain does not mean to arrive.
        if not np.abs(cost_to_go).max() <= limit:
            raise ValueError(DIVERGES)
        # A step is the error it removes; what it leaves is of the square of that.
        if np.abs(step).max() <= tol * scale:
            improved, chain = backup(lmdp, cost_to_go, temperature)
            residual, iteration = float(np.abs(improved - cost_to_go).max()), iteration + 1
            break
    else:
        raise ValueError(DIVERGES)
    return OptimalControl(cost_to_go, in_layout(lmdp, chain), temperature, iteration, residual)


DIVERGES = (
    "no finite cost-to-go: the state costs are negative enough for wandering to pay more than it costs; "
    "raise the costs or the temperature's units, use a discount below 1, or a finite horizon."
)


def check_positive(temperature: float) -> float:
    """Return T as a float; zero and inf are limits that the log transform does not reach."""
    number = float(temperature)
    if not 0 < number < math.inf:
        raise ValueError(
            f"the temperature of an LMDP must be positive and finite, got {temperature}; "
            "towards 0 lies the shortest path, towards inf the passive dynamics."
        )
    return number
