"""A linearly solvable maze: cost-to-go, desirability and controlled walk, under a temperature slider."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import GridMap, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import grid_maps
from softopt.tabular.grid import Grid
from softopt.tabular.linearly_solvable import LMDP, OptimalControl, first_exit

Array = NDArray[np.float64]
FLOAT_DIGITS = 323.0  # a float64 below 10 to the minus 323 is zero
SHOWN = (-20.0, 0.0)  # powers of ten of z that have a colour of their own


def explore_desirability(lmdp: LMDP, start: int = 0, temperatures: ArrayLike | None = None) -> Explorer:
    """Show v, z and u* of a first-exit problem on its map, and what the way from ``start`` costs.

    Arrows are the probabilities of the neighbouring cells under u*; staying has none.

    Args:
        lmdp: with a grid, terminal states and discount 1.
        start: the state whose way is followed.
        temperatures: (F,) increasing and positive; None takes 61 from 0.01 to 1000.

    Raises:
        ValueError: no grid, or as for :func:`softopt.tabular.linearly_solvable.first_exit`.
    """
    if lmdp.grid is None:
        raise ValueError("this explorer draws a map, and the LMDP has no grid; build it with LMDP.from_mdp(gridworld).")
    slider = Slider("temperature", np.logspace(-2, 3, 61) if temperatures is None else temperatures)
    every = [first_exit(lmdp, float(t)) for t in slider.values]
    visits = np.array([_visits(lmdp, solution, start) for solution in every])
    value = np.array([solution.cost_to_go for solution in every])
    desirability = np.array([solution.desirability for solution in every])
    moves = np.array([chances_of_moves(lmdp.grid, solution.controlled) for solution in every])
    whole = value[:, start]
    passed = visits @ lmdp.state_cost + visits @ lmdp.rows() @ np.where(lmdp.terminal, lmdp.terminal_cost, 0.0)
    lost = (desirability == 0).sum(axis=1)
    digits = np.maximum(value.max(axis=1), 0.0) / (slider.values * np.log(10))
    share = np.where(lmdp.terminal, np.nan, value / value.max(axis=1, keepdims=True))
    log_desirability = np.where(desirability > 0, -value / (slider.values[:, None] * np.log(10)), np.nan)
    chosen = [len(every) * k // 6 for k in (1, 2, 4, 5)]
    return Explorer(
        [slider],
        [
            [
                GridMap(
                    "Cost-to-go v, share of the largest; u*",
                    lmdp.grid,
                    share,
                    policy=moves,
                    terminal=lmdp.terminal,
                    limits=(0.0, 1.0),
                ),
                GridMap("log₁₀ z; blank: z underflows", lmdp.grid, log_desirability, limits=SHOWN, colours="cividis"),
            ],
            [
                Lines(
                    "Cost of the way from the start",
                    {"total, v": whole, "for the cells passed": passed, "for steering": whole - passed},
                    logarithmic=True,
                ),
                Lines(
                    "Zeros after the point of the least z",
                    {"z": digits, "float64": np.full_like(digits, FLOAT_DIGITS)},
                    logarithmic=True,
                ),
            ],
        ],
        [
            f"At temperature {label} the way from the start costs {readable(v)}: {readable(cells)} for the cells "
            f"passed and {readable(v - cells)} for steering. z underflows in {n} of {lmdp.n_states} cells."
            for label, v, cells, n in zip(slider.labels, whole, passed, lost, strict=True)
        ],
        name="Linearly solvable maze",
        selected=start,
        picture=lambda: grid_maps(
            lmdp.grid,
            share[chosen],
            [f"temperature {slider.labels[f]}" for f in chosen],
            title="Cheap steering makes a distance to the goal; dear steering makes rooms",
            alt="Four maps of the cost-to-go: an even slope towards the goal when cold, flat rooms when hot.",
            policies=moves[chosen],
            terminal=lmdp.terminal,
            limits=(0.0, 1.0),
            label="cost-to-go, share of the largest",
        ),
    )


def chances_of_moves(grid: Grid, chain: ArrayLike) -> Array:
    """Return the probability that a chain goes to the cell that each move aims at: (S, A), 0 for a bump."""
    chain = chain.toarray() if hasattr(chain, "toarray") else np.asarray(chain)
    index = np.full(np.add(grid.shape, 2), -1)
    index[tuple(grid.cells.T + 1)] = np.arange(len(grid.cells))
    aimed = np.stack([index[tuple((grid.cells + move + 1).T)] for move in grid.moves], axis=1)
    return np.where(aimed >= 0, np.take_along_axis(chain, np.maximum(aimed, 0), axis=1), 0.0)


def _visits(lmdp: LMDP, solution: OptimalControl, start: int) -> Array:
    """Expected steps spent in each running state on the way from ``start``."""
    running = ~lmdp.terminal
    chain = solution.controlled
    chain = chain.toarray() if hasattr(chain, "toarray") else chain
    visits = np.zeros(lmdp.n_states)
    inside = np.eye(int(running.sum())) - chain[np.ix_(running, running)]
    visits[running] = np.linalg.solve(inside.T, np.eye(lmdp.n_states)[start, running])
    return visits
