"""Four goals around a start, all as good as each other: how many of them does a policy know?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, BatchedEnv, deviation, limited
from softopt.envs.rolling import Explorer, explore

EDGE = 7.0  # the plane ends at -7 and 7 on both axes
GOALS = np.array([[5.0, 0.0], [0.0, 5.0], [-5.0, 0.0], [0.0, -5.0]])
GOALS.setflags(write=False)
GOAL_NAMES = ("east", "north", "west", "south")
GOAL_RADIUS = 1.0
ACTION_COST = 30.0
GOAL_REWARD = 10.0
REWARD_SCALE = 0.1
KNOWN = 0.05  # a goal is known if at least this share of the rollouts ends there


class MultiGoal(BatchedEnv):
    """A point in the plane that may go to any of four goals, ``softopt/MultiGoal-v0``.

    This is the task of the code released with Haarnoja et al. 2017 (arXiv 1702.08165). The figure in their paper shows
    another one, whose reward is a mixture of Gaussians around the goals, with a horizon of 20. Rewards here are already
    multiplied by the released example's reward scale of 0.1, so its temperature of 1 stays 1.

    | what        | numbers       | range   | meaning                                                            |
    |-------------|---------------|---------|--------------------------------------------------------------------|
    | observation | x, y          | -7 to 7 | position, units of length                                          |
    | action      | a_x, a_y      | -1 to 1 | velocity, units of length a step; cut off at the ends of the range |

    Dynamics: the action is added to the position, then noise, and the position is cut off at -7 and 7.

    Start: normal around (0, 0), with standard deviation ``start_noise`` on both axes.

    Reward: ``-(30 |a|^2 + d^2) / 10``, where d is the distance of the *new* position to the nearest goal; plus 1 in the
    step that arrives. The goals are (5, 0), (0, 5), (-5, 0) and (0, -5).

    Termination: the new position is less than 1 from a goal. Truncation: after 30 steps. The released example's
    discount is 0.99.

    Args:
        noise: standard deviation, units of length, of what is added to the position in each step and on each axis.
        start_noise: standard deviation of the start; 0 starts exactly at (0, 0).

    Raises:
        ValueError: a standard deviation that is negative or not finite.
    """

    time_limit = 30

    def __init__(self, *, noise: float = 0.0, start_noise: float = 0.1) -> None:
        super().__init__()
        self.noise, self.start_noise = deviation("noise", noise), deviation("start_noise", start_noise)
        self.observation_space = Box(-EDGE, EDGE, (2,), np.float32)

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, 2)."""
        return (self.start_noise * generator.standard_normal((n, 2))).clip(-EDGE, EDGE)

    def observe(self, state: Array) -> NDArray[np.float32]:
        """Positions, (B, 2)."""
        return state.astype(np.float32)

    def advance(
        self, state: Array, action: NDArray[Any], generator: np.random.Generator | None = None
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """One step of B episodes; see :class:`softopt.envs.batched_env.BatchedEnv`."""
        action = limited(action, state)
        position = state + action
        if self.noise and generator is not None:
            position = position + self.noise * generator.standard_normal(position.shape)
        position = position.clip(-EDGE, EDGE)
        square = to_goals(position).min(axis=1)
        arrived = square < GOAL_RADIUS**2
        earned = -ACTION_COST * (action**2).sum(axis=1) - square + GOAL_REWARD * arrived
        return position, REWARD_SCALE * earned, arrived

    def probe(self, agent: Explorer, seed: Sequence[int]) -> dict[str, float]:
        """What an evaluation reports besides the return, from 64 exploring rollouts that start exactly at (0, 0).

        Returns:
            ``goal_east``, ``goal_north``, ``goal_west``, ``goal_south``: share of the rollouts that ended there;
            ``no_goal``: share that ran out of time; ``goals``: number of goals with at least 5 % of the rollouts.
        """
        paths = explore(self, agent, seed, start=np.zeros(2))
        ended_at = to_goals(paths.last[paths.terminated]).argmin(axis=1)
        shares = np.bincount(ended_at, minlength=len(GOALS)) / len(paths.length)
        named = {f"goal_{name}": float(share) for name, share in zip(GOAL_NAMES, shares, strict=True)}
        return named | {"no_goal": float(1 - paths.terminated.mean()), "goals": float((shares >= KNOWN).sum())}


def to_goals(position: Array) -> Array:
    """Squared distance of each position (B, 2) to each goal: (B, 4)."""
    return ((position[:, None] - GOALS) ** 2).sum(axis=-1)
