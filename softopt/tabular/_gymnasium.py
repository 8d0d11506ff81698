"""Read the ``P`` table of gymnasium's toy environments into the arguments of an MDP."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from softopt.tabular.grid import Grid

# The order in which each environment numbers its moves (row step, column step).
LEFT, DOWN, RIGHT, UP = (0, -1), (1, 0), (0, 1), (-1, 0)
NAMES = {LEFT: "left", DOWN: "down", RIGHT: "right", UP: "up"}


def read_table(env: Any) -> dict[str, Any]:
    """Return ``transition``, ``reward``, ``initial``, ``terminal`` and ``grid`` of an environment.

    Args:
        env: an environment with a table ``P[s][a] = [(probability, next state, reward, terminated), ...]``,
            or the id of one.

    Raises:
        ValueError: there is no such table.
    """
    if isinstance(env, str):
        import gymnasium

        env = gymnasium.make(env)
    world = env.unwrapped
    table = getattr(world, "P", None)
    if not isinstance(table, dict):
        raise ValueError(
            f"{env} has no transition table P; from_gymnasium reads tabular environments such as "
            "FrozenLake-v1, CliffWalking-v1 and Taxi-v4."
        )
    outcomes = np.array(
        [(s, a, p, n, r, end) for s in table for a in table[s] for p, n, r, end in table[s][a]], dtype=float
    )
    state, action, next_state = (outcomes[:, column].astype(int) for column in (0, 1, 3))
    probability, reward, ends = outcomes[:, 2], outcomes[:, 4], outcomes[:, 5].astype(bool)
    n_states, n_actions = len(table), int(action.max()) + 1

    # A state is terminal if nothing but ends leads into it; its own row says what happens after, which is nothing.
    entered = state != next_state
    by_end = np.bincount(next_state[entered & ends], minlength=n_states) > 0
    in_passing = np.bincount(next_state[entered & ~ends], minlength=n_states) > 0
    terminal = np.flatnonzero(by_end & ~in_passing)
    elsewhere = ends & ~np.isin(next_state, terminal) & ~np.isin(state, terminal)
    if elsewhere.any():
        next_state = np.where(elsewhere, n_states, next_state)
        terminal = np.append(terminal, n_states)
        n_states += 1

    row = state * n_actions + action
    shape = (n_states * n_actions, n_states)
    chance = sp.csr_array((probability, (row, next_state)), shape=shape)
    gain = sp.csr_array((probability * reward, (row, next_state)), shape=shape)
    # Two outcomes of one row may share a next state: the reward of the transition is their mean.
    transition = chance.toarray().reshape(n_states, n_actions, n_states)
    paid = np.divide(gain.toarray(), chance.toarray(), out=np.zeros(shape), where=chance.toarray() > 0)
    start = np.zeros(n_states)
    given_start = getattr(world, "initial_state_distrib", None)
    if given_start is not None:
        start[: len(given_start)] = given_start
    by_transition = paid.reshape(transition.shape)
    expected = (transition * by_transition).sum(axis=-1)
    differs = ((transition > 0) & (np.abs(by_transition - expected[..., None]) > 1e-12)).any()
    return {
        "transition": transition,
        "reward": by_transition if differs else expected,
        "initial": None if given_start is None else start,
        "terminal": terminal,
        "grid": _drawing(world, n_states),
    }


def _drawing(world: Any, n_states: int) -> Grid | None:
    """Return the drawing of the environments that are grids."""
    kind = type(world).__name__
    if kind == "FrozenLakeEnv":
        drawing = tuple("".join(cell.decode() for cell in row) for row in world.desc)
        moves: tuple[tuple[int, int], ...] = (LEFT, DOWN, RIGHT, UP)
    elif kind == "CliffWalkingEnv":
        rows, columns = world.shape
        marks = [["."] * columns for _ in range(rows)]
        for row, column in zip(*np.nonzero(world._cliff), strict=True):
            marks[row][column] = "C"
        marks[-1][0], marks[-1][-1] = "S", "G"
        drawing = tuple("".join(row) for row in marks)
        moves = (UP, RIGHT, DOWN, LEFT)
    else:
        return None
    columns = len(drawing[0])
    cells = np.stack(np.divmod(np.arange(n_states), columns), axis=1)
    return Grid(drawing, cells, np.array(moves), tuple(NAMES[move] for move in moves))
