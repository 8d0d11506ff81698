"""First exit: the Bellman equation as one sparse linear solve, on z relative to a shortest-path guess."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra

from softopt.operators import Array
from softopt.tabular.linearly_solvable.bellman import (
    DIVERGES,
    OptimalControl,
    check_positive,
    newton,
    rows_of,
    solve,
)
from softopt.tabular.linearly_solvable.lmdp import LMDP


def first_exit(lmdp: LMDP, temperature: float = 1.0, tol: float = 1e-10) -> OptimalControl:
    """Solve for the cost until a terminal state: one sparse linear solve (Todorov 2009).

    With N the running and E the terminal states, ``(diag(exp(q / T)) - P_NN) z_N = P_NE z_E``. The solve is done
    on z relative to a shortest-path guess, so it holds where z itself is far below the smallest float; where even
    that ratio leaves the range of floats, Newton's method in v takes over.

    Args:
        lmdp: with discount 1 and a terminal state in reach of every state.
        temperature: T, finite and positive, in the units of the costs.
        tol: on the last step of Newton's method, relative to max(1, |v|).

    Raises:
        ValueError: an argument outside its range, no end in reach, or costs so negative that staying away from
            the end for ever pays.
    """
    temperature = check_positive(temperature)
    if lmdp.discount != 1:
        raise ValueError(f"first_exit needs discount 1, got {lmdp.discount:g}; use discounted.")
    lost = lmdp.lost()
    if lost.size:
        raise ValueError(
            f"first_exit needs an end in reach, but {lost.size} states cannot reach a terminal state (the first "
            f"is {lost[0]}); mark the end with terminal=, or use average_cost."
        )
    guess = _relative_solve(lmdp, temperature)
    return newton(lmdp, temperature, guess, tol, solved=1)


def _relative_solve(lmdp: LMDP, temperature: float) -> Array:
    """Solve the linear equation for ``w = z exp(guess / T)``, and return v = guess - T log w.

    Any guess gives the same v. It only has to follow v closely enough for w to be a float: the shortest path
    does, with half of each transition's ``-T log p`` added to its cost.
    """
    passive, running = lmdp.rows(), ~lmdp.terminal
    rows, n_states = rows_of(passive), lmdp.n_states
    length = lmdp.state_cost[rows] - 0.5 * temperature * np.log(passive.data)
    # Arrows turned round, and a last node that enters every terminal state at its terminal cost.
    ends, shift = np.flatnonzero(lmdp.terminal), lmdp.terminal_cost[lmdp.terminal].min()
    heads = np.concatenate([passive.indices, np.full(ends.size, n_states)])
    tails = np.concatenate([rows, ends])
    lengths = np.concatenate([np.maximum(length, 0.0), lmdp.terminal_cost[ends] - shift])
    graph = sp.csr_array((lengths, (heads, tails)), shape=(n_states + 1, n_states + 1))
    guess: Array = dijkstra(graph, indices=n_states)[:-1] + shift
    guess[ends] = lmdp.terminal_cost[ends]

    with np.errstate(over="ignore", invalid="ignore"):
        # w(s) = sum_s' p(s'|s) exp((guess(s) - q(s) - guess(s')) / T) w(s'), with w = 1 at the end.
        exponent = (guess[rows] - lmdp.state_cost[rows] - guess[passive.indices]) / temperature
        step = sp.csr_array((passive.data * np.exp(exponent), passive.indices, passive.indptr), passive.shape)
        if not np.isfinite(step.data).all():
            return guess
        inside = step[running][:, running]
        exits = np.asarray(step[running][:, ends].sum(axis=1)).ravel()
        ratio = solve(sp.eye_array(inside.shape[0]) - inside, exits)
        if np.isfinite(ratio).all() and (ratio < 0).any():
            raise ValueError(DIVERGES)
        if not ((ratio > 0) & np.isfinite(ratio)).all():
            return guess
        guess[running] -= temperature * np.log(ratio)
    return guess
