"""The spider in a hallway: of all directions, one is left that pays (4:35 in the lecture)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from softopt.envs.batched_env import Array
from softopt.envs.rolling import Explorer, explore
from softopt.envs.spider.body import ACTION_COST, SIMULATED, SpiderBody
from softopt.envs.spider.walls import wall

WIDTH = 1.6  # metres between the walls; the spider measures about 0.8
LENGTH = 20.0  # metres; more than it can run in an episode, so the end is never reached
BEHIND = 1.2  # metres from the start to the wall behind it


class SpiderHallway(SpiderBody):
    """A spider in a hallway, ``softopt/SpiderHallway-v0``: an agent of ``softopt/Spider-v0`` can go on learning here.

    Observations and actions are those of :class:`softopt.envs.spider.body.SpiderBody`, place and walls not among them:
    so an agent finds out by its reward, and by what it runs into, which way the hall goes.

    Reward: ``u_x cos(angle) + u_y sin(angle) - 0.01 |a|^2``, the smoothed velocity along the hall, m/s.

    Termination: never. Truncation: after 100 steps (8 s).

    Args:
        angle: in which direction the hall goes, degrees counterclockwise from the x axis, which is where the eyes look.
        start_noise: standard deviation of the joints' first angles, rad; 0 starts always alike.
        render_mode: as in gymnasium.

    Raises:
        ValueError: an angle that is not finite, or a standard deviation that is negative or not finite.
    """

    def __init__(self, *, angle: float = 0.0, start_noise: float = 0.0, render_mode: str | None = None) -> None:
        if not np.isfinite(angle):
            raise ValueError(f"angle is a finite number of degrees; got {angle!r}.")
        self.angle = float(angle)
        turn = np.deg2rad(self.angle)
        self.along = np.array([np.cos(turn), np.sin(turn)])
        middle = LENGTH / 2 - BEHIND
        walls = [
            wall("left", (middle, WIDTH / 2 + 0.05), (LENGTH / 2, 0.05), self.angle),
            wall("right", (middle, -WIDTH / 2 - 0.05), (LENGTH / 2, 0.05), self.angle),
            wall("behind", (-BEHIND - 0.05, 0.0), (0.05, WIDTH / 2), self.angle),
        ]
        super().__init__(walls="".join(walls), start_noise=start_noise, render_mode=render_mode)

    def pay(self, before: Array, state: Array, action: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Speed along the hall less effort; it never ends."""
        reward = state[:, SIMULATED:] @ self.along - ACTION_COST * (action**2).sum(axis=1)
        return reward, np.zeros(len(state), dtype=np.bool_)

    def probe(self, agent: Explorer, seed: Sequence[int]) -> dict[str, float]:
        """What an evaluation reports besides the return, from 64 exploring rollouts from one start.

        Returns:
            ``along``: mean way along the hall, metres; ``forward``: share of the rollouts that came at least one
            metre along it.
        """
        paths = explore(self, agent, seed, start=self.level)
        way = (paths.last[:, :2] - paths.states[:, 0, :2]) @ self.along
        return {"along": float(way.mean()), "forward": float((way > 1.0).mean())}
