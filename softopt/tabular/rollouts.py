"""Run a policy in an MDP: trajectories of states and actions, many side by side, from an explicit generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.tabular.mdp import MDP, Array

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """One run through an MDP: ``s_0, a_0, s_1, ..., a_{L-1}, s_L``.

    Attributes:
        states: (L + 1,) state ids; the last one is reached, not acted in.
        actions: (L,) action ids, L >= 1.

    Raises:
        ValueError: not whole numbers, or not one state more than actions.
    """

    states: Integers
    actions: Integers

    def __post_init__(self) -> None:
        for name in ("states", "actions"):
            given = np.asarray(getattr(self, name))
            if given.ndim != 1 or not np.issubdtype(given.dtype, np.integer):
                raise ValueError(
                    f"the {name} of a trajectory are a list of whole numbers; got shape {given.shape} of {given.dtype}."
                )
            ids = given.astype(np.int64)
            ids.setflags(write=False)
            object.__setattr__(self, name, ids)
        if self.actions.size == 0 or self.states.size != self.actions.size + 1:
            raise ValueError(
                f"a trajectory has one state more than actions, and at least one action; got "
                f"{self.states.size} states and {self.actions.size} actions (is the last state missing?)."
            )

    def __len__(self) -> int:
        return self.actions.size


def sample_trajectories(
    mdp: MDP,
    policy: ArrayLike,
    episodes: int,
    generator: np.random.Generator,
    steps: int | None = None,
) -> list[Trajectory]:
    """Draw trajectories of a policy. An episode ends in a terminal state, at the horizon, or after ``steps``.

    The discount plays no part: it weighs rewards, it does not end episodes.

    Args:
        policy: (S, A), or (H, S, A) for a finite horizon.
        episodes: how many, at least 1.
        generator: source of every random choice; the same seed gives the same trajectories.
        steps: longest episode; needed where the horizon is infinite.

    Raises:
        ValueError: the policy has the wrong shape or a visited row that is no distribution; no limit of steps;
            a start in a terminal state.
    """
    by_time = _policy_by_time(mdp, policy)
    limits = [limit for limit in (mdp.horizon, steps) if limit is not None]
    if not limits:
        raise ValueError("an infinite horizon needs a limit of steps; give steps.")
    if mdp.initial[mdp.terminal].any():
        raise ValueError("an episode starts in a terminal state; give an initial distribution without it.")
    rows = mdp.rows()
    reached = np.cumsum(rows.data)
    state = generator.choice(mdp.n_states, size=episodes, p=mdp.initial)
    states, actions = [state], []
    for time in range(min(limits)):
        running = ~mdp.terminal[state]
        if not running.any():
            break
        chances = np.cumsum(by_time[min(time, len(by_time) - 1)][state], axis=1)
        lost = running & (np.abs(chances[:, -1] - 1) > 1e-8)
        if lost.any():
            raise ValueError(f"the policy's row of state {state[lost][0]} at step {time} does not sum to one.")
        # Invert the distribution function: the first action whose cumulated chance exceeds the draw.
        draw = generator.random(episodes) * chances[:, -1]
        action = np.where(running, (chances <= draw[:, None]).sum(axis=1), 0)
        state = _next_state(rows, reached, state * mdp.n_actions + action, generator)
        states.append(state)
        actions.append(np.where(running, action, -1))
    path, taken = np.array(states), np.array(actions)
    length = (taken >= 0).sum(axis=0)
    return [Trajectory(path[: n + 1, i], taken[:n, i]) for i, n in enumerate(length)]


def _policy_by_time(mdp: MDP, policy: ArrayLike) -> Array:
    """Return the policy with a leading time axis, of length one where it does not change."""
    table = np.asarray(policy, dtype=np.float64)
    if not (table >= 0).all():
        raise ValueError("policy holds a negative probability or NaN.")
    shape = (mdp.n_states, mdp.n_actions)
    if table.shape == shape:
        return table[None]
    if mdp.horizon is None or table.shape != (mdp.horizon, *shape):
        expected = f"{shape}" if mdp.horizon is None else f"{shape} or {(mdp.horizon, *shape)}"
        raise ValueError(f"policy has shape {expected}, got {table.shape}.")
    return table


def _next_state(rows: Any, reached: Array, row: Integers, generator: np.random.Generator) -> Integers:
    """Draw s' for each state-action row; ``reached`` is the running sum of all probabilities."""
    first, last = rows.indptr[row], rows.indptr[row + 1] - 1
    before = np.where(first > 0, reached[first - 1], 0.0)
    draw = before + generator.random(row.size) * (reached[last] - before)
    entry = np.clip(np.searchsorted(reached, draw, side="right"), first, last)
    return np.asarray(rows.indices[entry], dtype=np.int64)
