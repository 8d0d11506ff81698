"""How the recorded quadrupeds walk, on the flat and on ground that they have never met (7:53 and 8:47)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softopt.deep import Agent
from softopt.envs import roll
from softopt.envs.quadruped.quadruped import Quadruped, heading
from softopt.runs import load

STARTS = 20


@dataclass(frozen=True, eq=False)
class Walks:
    """What became of n walks of one agent.

    Attributes:
        speed: (n,) metres ahead of the start at the end, by the ten seconds of an episode, m/s.
        off: (n,) how far the heading is off at the end, to either side, rad.
        fell: (n,) booleans.
    """

    speed: NDArray[np.float64]
    off: NDArray[np.float64]
    fell: NDArray[np.bool_]


def walk(agent: Agent, seed: int, n: int = STARTS, **ground: Any) -> Walks:
    """Let an agent walk without noise from n starts.

    Args:
        agent: of ``softopt/Quadruped-v0``.
        seed: of the starts.
        n: how many.
        **ground: options of :class:`softopt.envs.quadruped.quadruped.Quadruped`.

    Raises:
        ValueError: a ground that there is not.
    """
    world = Quadruped(**ground)
    paths = roll(world, lambda seen: np.stack([agent.best_action(one) for one in seen]), n, seed)
    seconds = world.time_limit * world.dt
    return Walks(paths.last[:, 0] / seconds, np.abs(heading(paths.last)), paths.terminated)


def walks(n: int = STARTS, **ground: Any) -> list[Walks]:
    """The same for each recorded seed, with what it had learned at the end; errors as in :func:`walk`."""
    recording = load("quadruped/sac")
    return [walk(recording.agent(seed), seed, n, **ground) for seed in recording.seeds]
