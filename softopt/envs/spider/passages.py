"""The lecture's picture: a legged body, a blue square, and two passages, one of them a dead end (0:57)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from softopt.envs.batched_env import Array
from softopt.envs.rolling import Explorer, explore
from softopt.envs.spider.body import ACTION_COST, SpiderBody
from softopt.envs.spider.walls import square, wall
from softopt.envs.walls import Rectangle

ARENA = Rectangle(-1.2, 5.2, -1.9, 1.9)
BLOCK = Rectangle(1.0, 2.6, -0.4, 0.4)
DEAD_ENDS = {"upper": Rectangle(2.3, 2.6, 0.4, 1.9), "lower": Rectangle(2.3, 2.6, -1.9, -0.4)}
GOAL = (4.0, 0.0)
HALF_SIDE = 0.5  # metres, of the blue square
DISTANCE_SCALE = 1.5
GOAL_REWARD = 30.0


class SpiderPassages(SpiderBody):
    """A spider before a block, with a blue square behind it, ``softopt/SpiderPassages-v0``.

    Observations and actions are those of :class:`softopt.envs.spider.body.SpiderBody`, place included. Walls are not
    observed: where they are must be found out. It starts at (0, 0). A block, 1 m ahead, leaves an upper and a
    lower passage of 1.5 m each; a wall at the far end closes one of them.

    Reward: ``-d / 1.5 - 0.01 |a|^2``, with ``d = max(|x - 4|, |y|)`` after the step, metres: how far the torso is from
    the middle of the square, along x or along y, whichever is more. So stepping aside before the block costs nothing,
    and both passages bring it nearer. Plus 30 in the step that reaches the square.

    Termination: the torso is over the square, ``d < 0.5``. Truncation: after 150 steps (12 s).

    Args:
        blocked: the passage with the dead end, "upper" or "lower", or "none".
        start_noise: standard deviation of the joints' first angles, rad; 0 starts always alike.
        render_mode: as in gymnasium.

    Raises:
        ValueError: an option that is none of these, or a standard deviation that is negative or not finite.
    """

    time_limit = 150

    def __init__(self, *, blocked: str = "upper", start_noise: float = 0.0, render_mode: str | None = None) -> None:
        if blocked not in (*DEAD_ENDS, "none"):
            raise ValueError(
                f'blocked says which passage has the dead end: "upper", "lower" or "none"; got {blocked!r}.'
            )
        self.blocked = blocked
        left, right, low, high = ARENA
        around = {
            "north": Rectangle(left, right, high, high + 0.1),
            "south": Rectangle(left, right, low - 0.1, low),
            "east": Rectangle(right, right + 0.1, low, high),
            "west": Rectangle(left - 0.1, left, low, high),
        }
        inside = {"block": BLOCK} | ({} if blocked == "none" else {"dead_end": DEAD_ENDS[blocked]})
        standing = [_standing(name, where) for name, where in (around | inside).items()]
        super().__init__(
            walls="".join([*standing, square("goal", GOAL, HALF_SIDE)]),
            sees_place=True,
            start_noise=start_noise,
            render_mode=render_mode,
        )

    def pay(self, before: Array, state: Array, action: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Nearness to the square less effort, and a reward for arriving, which ends the episode."""
        distance = np.abs(state[:, :2] - GOAL).max(axis=1)
        reached = distance < HALF_SIDE
        effort = ACTION_COST * (action**2).sum(axis=1)
        return -distance / DISTANCE_SCALE - effort + GOAL_REWARD * reached, reached

    def probe(self, agent: Explorer, seed: Sequence[int]) -> dict[str, float]:
        """What an evaluation reports besides the return, from 64 exploring rollouts from one start.

        Returns:
            ``upper``, ``lower``: share of the rollouts that entered this passage first (x > 1); ``reached``: share
            that reached the square.
        """
        paths = explore(self, agent, seed, start=self.level)
        entered = first_passage(paths.states[..., :2])
        return {
            "upper": float((entered > 0).mean()),
            "lower": float((entered < 0).mean()),
            "reached": float(paths.terminated.mean()),
        }


def first_passage(places: Array) -> NDArray[np.int64]:
    """Which passage each course (n, T + 1, 2) entered first: 1 the upper, -1 the lower, 0 none; (n,)."""
    inside = places[..., 0] > BLOCK.left  # NaN, after an episode's end, is not
    first = inside.argmax(axis=1)
    above = places[np.arange(len(places)), first, 1] > 0
    return np.where(inside.any(axis=1), np.where(above, 1, -1), 0)


def _standing(name: str, where: Rectangle) -> str:
    middle = ((where.left + where.right) / 2, (where.bottom + where.top) / 2)
    return wall(name, middle, ((where.right - where.left) / 2, (where.top - where.bottom) / 2))
