"""Gridworlds from a drawing of characters, and the named ones that the course uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from softopt.tabular.grid import Grid
from softopt.tabular.mdp import MDP

MOVES = np.array([(0, -1), (1, 0), (0, 1), (-1, 0)])  # left, down, right, up: FrozenLake's order
ACTION_NAMES = ("left", "down", "right", "up")

# Every drawing that a notebook shows by name.
DRAWINGS: dict[str, tuple[str, ...]] = {
    # 715 equally short ways from S to G; those that argmax finds first run along the holes.
    "pools": (
        "HS.........",
        "H..........",
        "H..........",
        "H..........",
        "H.........G",
        "HHHHHHHHHHH",
    ),
    "four_rooms": (
        "S....#.....",
        ".....#.....",
        "...........",
        ".....#.....",
        "#.####.....",
        ".....###.##",
        ".....#.....",
        ".....#.....",
        "...........",
        ".....#....G",
    ),
}


def gridworld(
    drawing: str | Sequence[str],
    *,
    slip: float = 0.0,
    step_reward: float = -1.0,
    reward: Mapping[str, float] | None = None,
    terminal: str = "GH",
    discount: float = 1.0,
    sparse: bool = False,
    **options: Any,
) -> MDP:
    """Build an MDP from a drawing: four moves, a bump into a wall stays where it is.

    Args:
        drawing: one string a row (or one string with line breaks), or the name of a drawing in ``DRAWINGS``.
            ``#`` is a wall, ``S`` a start (several share the start equally), every other character is floor.
        slip: probability in [0, 1] of moving to one of the two sides instead, half for each. 2/3 is
            FrozenLake's slippery ice.
        step_reward: paid for every step.
        reward: paid on top for entering a cell, by its character, for example ``{"G": 10, "H": -10}``.
        terminal: characters of the cells that end the episode.
        discount: in [0, 1].
        sparse: keep the transition sparse; needed above a few thousand cells.
        **options: passed to :class:`MDP` (horizon, prior, initial, ...).

    Raises:
        ValueError: rows of different length, no floor, slip outside [0, 1], or a name that is not known.
    """
    rows = _rows(drawing)
    marks = np.array([list(row) for row in rows])
    free = marks != "#"
    cells = np.argwhere(free)
    transition = moves_on(free, slip)
    mark = marks[free]
    entry = step_reward + np.array([(reward or {}).get(character, 0.0) for character in mark])
    by_transition = transition.copy()
    by_transition.data = entry[transition.indices]
    n_states = len(cells)
    if not sparse:
        transition = transition.toarray().reshape(n_states, 4, n_states)
        by_transition = by_transition.toarray().reshape(n_states, 4, n_states)
    starts = mark == "S"
    return MDP(
        transition,
        by_transition if np.ptp(entry) > 0 else np.full((n_states, 4), entry[0]),
        **{
            "discount": discount,
            "initial": starts / starts.sum() if starts.any() else None,
            "terminal": np.isin(mark, list(terminal)),
            "grid": Grid(rows, cells, MOVES, ACTION_NAMES),
            **options,
        },
    )


def random_grid(side: int, *, discount: float, slip: float = 0.2, walls: float = 0.1, seed: int = 0) -> MDP:
    """A square grid for measuring speed: random walls, rewards uniform in [-1, 0] by cell, a goal that returns.

    From the goal (the last free cell) every action leads back to the start (the first). The prior is uniform.

    Args:
        side: cells along an edge; S is about ``(1 - walls) * side ** 2``.
        discount: in [0, 1).
        slip: as in :func:`gridworld`.
        walls: share of the cells that are walls.
        seed: of the generator that draws walls and rewards.
    """
    generator = np.random.default_rng(seed)
    free = generator.random((side, side)) >= walls
    transition = moves_on(free, slip)
    n_states = transition.shape[1]
    goal_rows = np.arange(4 * n_states) >= 4 * (n_states - 1)
    back = sp.csr_array((np.ones(4), (np.flatnonzero(goal_rows), np.zeros(4, dtype=int))), shape=transition.shape)
    transition = sp.csr_array(transition.multiply((~goal_rows)[:, None])) + back
    reward = np.repeat(generator.uniform(-1.0, 0.0, n_states)[:, None], 4, axis=1)
    drawing = tuple("".join(".#"[int(not cell)] for cell in row) for row in free)
    start = np.eye(1, n_states).ravel()
    grid = Grid(drawing, np.argwhere(free), MOVES, ACTION_NAMES)
    return MDP(transition, reward, discount=discount, initial=start, prior=np.full(4, 0.25), grid=grid)


def moves_on(free: NDArray[np.bool_], slip: float) -> Any:
    """Transition of four moves on a map of free cells: sparse (S*4, S), states in reading order.

    Args:
        free: (rows, columns) booleans.
        slip: probability of moving to a side instead, half for each.

    Raises:
        ValueError: slip outside [0, 1], or no free cell.
    """
    if not 0 <= slip <= 1:
        raise ValueError(f"slip is a probability in [0, 1], got {slip}.")
    n_states = int(free.sum())
    if n_states == 0:
        raise ValueError("the drawing has no floor: every cell is a wall.")
    index = np.full((free.shape[0] + 2, free.shape[1] + 2), -1)
    index[1:-1, 1:-1][free] = np.arange(n_states)
    row, column = np.argwhere(free).T + 1
    here = np.arange(n_states)
    landing = np.stack([index[row + down, column + right] for down, right in MOVES], axis=1)
    landing = np.where(landing < 0, here[:, None], landing)
    # MOVES go round the compass, so the sides of move a are moves a - 1 and a + 1.
    turns = [(0, 1.0 - slip), (1, slip / 2), (-1, slip / 2)]
    targets = np.stack([np.roll(landing, -turn, axis=1) for turn, _ in turns], axis=-1).reshape(-1)
    chances = np.tile([chance for _, chance in turns], n_states * 4)
    source = np.repeat(np.arange(n_states * 4), 3)
    transition = sp.csr_array((chances, (source, targets)), shape=(n_states * 4, n_states))
    transition.eliminate_zeros()
    return transition


def _rows(drawing: str | Sequence[str]) -> tuple[str, ...]:
    """Return the rows of a drawing, given by name, as one string or as rows."""
    if isinstance(drawing, str):
        if "\n" not in drawing and drawing in DRAWINGS:
            return DRAWINGS[drawing]
        if drawing.isidentifier() and "\n" not in drawing and len(drawing) > 3:
            raise ValueError(f"no drawing named {drawing!r}; there are {', '.join(DRAWINGS)}.")
        drawing = drawing.strip("\n").split("\n")
    rows = tuple(line.rstrip() for line in drawing)
    if len({len(row) for row in rows}) != 1 or not rows[0]:
        raise ValueError(f"every row of a drawing has the same length, got lengths {[len(r) for r in rows]}.")
    return rows
