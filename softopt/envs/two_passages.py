"""Two ways around a block, one of them a dead end: commit to the wrong one and be stuck (0:57 to 2:38)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, BatchedEnv, deviation, limited
from softopt.envs.rolling import Explorer, explore
from softopt.envs.walls import Rectangle, slide

ARENA = Rectangle(-1.0, 9.0, -3.0, 3.0)
BLOCK = Rectangle(2.0, 6.0, -1.2, 1.2)
# Close to the far end of a passage, so that one notices late.
DEAD_ENDS = {"upper": Rectangle(5.5, 6.0, 1.2, 3.0), "lower": Rectangle(5.5, 6.0, -3.0, -1.2)}
STARTS = {"fork": (1.7, 0.0), "origin": (0.0, 0.0)}
GOAL = (8.0, 0.0)
GOAL_RADIUS = 0.5
SPEED = 0.4  # units of length a step
DISTANCE_SCALE = 8.0
ACTION_COST = 0.05
GOAL_REWARD = 10.0
ANGLES = np.arange(64) * (2 * np.pi / 64)  # of the actions whose Q a probe reports
ANGLES.setflags(write=False)


class TwoPassages(BatchedEnv):
    """A point before a block, with the goal behind it and a dead end on one side, ``softopt/TwoPassages-v0``.

    | what        | numbers  | range            | meaning                                                            |
    |-------------|----------|------------------|--------------------------------------------------------------------|
    | observation | x, y     | -1 to 9, -3 to 3 | position, units of length                                          |
    | action      | a_x, a_y | -1 to 1          | velocity in 0.4 units of length a step; cut off at the range's end |

    Arena: [-1, 9] x [-3, 3], with a block [2, 6] x [-1.2, 1.2] that leaves an upper and a lower passage. The dead end
    is a wall [5.5, 6] across one of them. The observation shows position only: where walls are must be found out.

    Dynamics: ``0.4 a`` is added to the position. A wall stops the part of the way that leads into it; the point slides
    along the wall with the rest, and no speed tunnels through (:mod:`softopt.envs.walls`). There is no noise.

    Start: normal around the fork (1.7, 0), just before the block, or the origin (0, 0), with standard deviation
    ``start_noise`` on both axes; the way from there to the start is stopped by walls as any other.

    Reward: ``-d / 8 - 0.05 |a|^2``, where d is the distance of the *new* position to the goal (8, 0); plus 10 in the
    step that reaches it.

    Termination: the new position is less than 0.5 from the goal. Truncation: after 60 steps. Use a discount of 0.98.

    Args:
        blocked: the passage with the dead end, "upper" or "lower", or "none". It stays so as long as the environment
            lives: what an agent learns of it is about this one.
        start: "fork" or "origin".
        start_noise: standard deviation of the start, units of length; 0 starts exactly there.

    Attributes:
        walls: the rectangles that cannot be entered, :class:`softopt.envs.walls.Rectangle`.

    Raises:
        ValueError: an option that is none of these, or a standard deviation that is negative or not finite.
    """

    time_limit = 60

    def __init__(self, *, blocked: str = "upper", start: str = "fork", start_noise: float = 0.05) -> None:
        super().__init__()
        if blocked not in (*DEAD_ENDS, "none"):
            raise ValueError(
                f'blocked says which passage has the dead end: "upper", "lower" or "none"; got {blocked!r}.'
            )
        if start not in STARTS:
            raise ValueError(f'start is "fork", just before the block, or "origin"; got {start!r}.')
        self.blocked, self.start, self.start_noise = blocked, start, deviation("start_noise", start_noise)
        self.walls = (BLOCK,) if blocked == "none" else (BLOCK, DEAD_ENDS[blocked])
        low, high = np.float32(ARENA).reshape(2, 2).T
        self.observation_space = Box(low, high, dtype=np.float32)

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, 2)."""
        place = np.tile(STARTS[self.start], (n, 1))
        return slide(place, self.start_noise * generator.standard_normal((n, 2)), self.walls, ARENA)

    def observe(self, state: Array) -> NDArray[np.float32]:
        """Positions, (B, 2)."""
        return state.astype(np.float32)

    def advance(
        self, state: Array, action: NDArray[Any], generator: np.random.Generator | None = None
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """One step of B episodes; see :class:`softopt.envs.batched_env.BatchedEnv`. The generator is not used."""
        action = limited(action, state)
        position = slide(state, SPEED * action, self.walls, ARENA)
        distance = np.hypot(*(position - GOAL).T)
        reached = distance < GOAL_RADIUS
        reward = -distance / DISTANCE_SCALE - ACTION_COST * (action**2).sum(axis=1) + GOAL_REWARD * reached
        return position, reward, reached

    def probe(self, agent: Explorer, seed: Sequence[int]) -> dict[str, float]:
        """What an evaluation reports besides the return, from 64 exploring rollouts that start exactly at the fork.

        Returns:
            ``upper``, ``lower``: share of the rollouts that entered this passage first (x > 2), whether or not they
            came out of it; ``reached``: share that reached the goal. If the agent has ``q_values(observation (B, 2),
            action (B, 2)) -> (B,)``, also ``q_000`` to ``q_063``: Q at the fork of the action (cos, sin) of the
            angle ``2 pi k / 64``, so ``q_000`` is straight at the block, ``q_016`` up and ``q_048`` down.
        """
        fork = np.array(STARTS["fork"])
        paths = explore(self, agent, seed, start=fork)
        entered = first_passage(paths.states)
        found = {"upper": float((entered > 0).mean()), "lower": float((entered < 0).mean())}
        found["reached"] = float(paths.terminated.mean())
        if hasattr(agent, "q_values"):
            action = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float32)
            q = agent.q_values(self.observe(np.tile(fork, (len(ANGLES), 1))), action)
            found |= {f"q_{k:03d}": float(value) for k, value in enumerate(q)}
        return found


def first_passage(states: Array) -> NDArray[np.int64]:
    """Which passage each course (n, T + 1, 2) entered first: 1 the upper, -1 the lower, 0 none; (n,)."""
    inside = states[..., 0] > BLOCK.left  # NaN, after an episode's end, is not
    first = inside.argmax(axis=1)
    above = states[np.arange(len(states)), first, 1] > 0
    return np.where(inside.any(axis=1), np.where(above, 1, -1), 0)
