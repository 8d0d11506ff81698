"""The spider that is paid for speed, in any direction (3:51 in the lecture)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softopt.envs.batched_env import Array
from softopt.envs.directions import spread_of, straightness
from softopt.envs.rolling import Explorer, explore
from softopt.envs.spider.body import ACTION_COST, SIMULATED, SpiderBody
from softopt.envs.spider.symmetry import QUARTER_TURNS


class Spider(SpiderBody):
    """A spider on an endless plane, ``softopt/Spider-v0``: run fast, in whatever direction.

    Observations and actions are those of :class:`softopt.envs.spider.body.SpiderBody`. The place is not observed:
    nothing depends on it.

    Reward: ``min(|u|, cap) - 0.01 |a|^2``, with u the smoothed velocity after the step, m/s.

    Termination: never. Truncation: after 100 steps (8 s).

    Args:
        cap: the speed beyond which nothing more is paid, m/s; ``inf`` pays for all.
        start_noise: standard deviation of the joints' first angles, rad; 0 starts always alike.
        render_mode: as in gymnasium.

    Attributes:
        symmetries: what quarter turns do to observations and actions.

    Raises:
        ValueError: a cap that is not positive, or a standard deviation that is negative or not finite.
    """

    symmetries = QUARTER_TURNS

    def __init__(self, *, cap: float = np.inf, start_noise: float = 0.0, render_mode: str | None = None) -> None:
        if not cap > 0:
            raise ValueError(f"cap is a speed in m/s above 0, inf for none; got {cap!r}.")
        self.cap = float(cap)
        super().__init__(start_noise=start_noise, render_mode=render_mode)

    def pay(self, before: Array, state: Array, action: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Speed less effort; it never ends."""
        speed = np.hypot(*state[:, SIMULATED:].T)
        reward = np.minimum(speed, self.cap) - ACTION_COST * (action**2).sum(axis=1)
        return reward, np.zeros(len(state), dtype=np.bool_)

    def probe(self, agent: Explorer, seed: Sequence[int]) -> dict[str, Any]:
        """What an evaluation reports besides the return, from 64 exploring rollouts from one start.

        Returns:
            as :func:`softopt.envs.directions.spread_of`, displacement in metres; and ``straightness``, the median of
            :func:`softopt.envs.directions.straightness`.
        """
        courses = explore(self, agent, seed, start=self.level).states[..., :2]
        straight = float(np.median(straightness(courses)))
        return {**spread_of(courses[:, -1] - courses[:, 0]), "straightness": straight}
