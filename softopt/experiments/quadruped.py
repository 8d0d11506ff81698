"""How the recorded quadrupeds walk, on the flat and on ground that they have never met (7:53 and 8:47)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from softopt.deep import Agent
from softopt.envs import Rollout, film, roll
from softopt.envs.quadruped.quadruped import Quadruped, heading
from softopt.envs.rolling import acting
from softopt.runs import load

Array = NDArray[np.float64]
RECORDING = "quadruped/sac"
STARTS = 20
MINUTES = (18, 36, 54)
STEPS_A_MINUTE = 3_000  # of the robot's time: 50 a second
STEEPNESS: dict[str, tuple[float, ...]] = {  # degrees, or metres
    "flat": (0.0,),
    "slope_up": (3.0, 6.0, 9.0, 12.0, 15.0),
    "slope_down": (3.0, 6.0, 9.0, 12.0, 15.0),
    "blocks": (0.01, 0.02, 0.03, 0.04, 0.05),
    "stairs_up": (0.01, 0.02, 0.03, 0.04, 0.05),
    "stairs_down": (0.01, 0.02, 0.03, 0.04, 0.05),
}
FEET = {
    f"{end} {side}": f"foot_{end}_{side}" for end in ("front", "back") for side in ("left", "right")
}  # what a reader calls it -> geom


@dataclass(frozen=True, eq=False)
class Walks:
    """What became of n walks of one agent.

    Attributes:
        speed: (n,) metres ahead of the start at the end, by the ten seconds of an episode, m/s.
        off: (n,) how far the heading is off at the end, to either side, rad.
        fell: (n,) booleans.
        seconds: (n,) until the end, or the fall.
    """

    speed: Array
    off: Array
    fell: NDArray[np.bool_]
    seconds: Array


def walk(agent: Agent, seed: int, n: int = STARTS, **ground: Any) -> Walks:
    """Let an agent walk without noise from n starts.

    Args:
        agent: of ``softopt/Quadruped-v0``.
        seed: of the starts.
        n: how many.
        **ground: options of :class:`softopt.envs.quadruped.quadruped.Quadruped`.

    Raises:
        ValueError: a ground that there is not, or an agent of another body.
    """
    world = Quadruped(**ground)
    paths = roll(world, acting(agent), n, seed)
    seconds = world.time_limit * world.dt
    return Walks(paths.last[:, 0] / seconds, np.abs(heading(paths.last)), paths.terminated, paths.length * world.dt)


def walks(n: int = STARTS, **ground: Any) -> list[Walks]:
    """The same for each recorded seed, with what it had learned at the end; errors as in :func:`walk`."""
    recording = load(RECORDING)
    return [walk(recording.agent(seed), seed, n, **ground) for seed in recording.seeds]


def measure_terrain(kind: str) -> list[dict[str, float]]:
    """A row for each steepness and recorded seed, over twenty starts; ``kind`` is a key of :data:`STEEPNESS`."""
    return [
        {
            "steepness": steepness,
            "seed": seed,
            "speed": float(np.median(found.speed)),
            "slowest": float(found.speed.min()),
            "off": float(np.median(found.off)),
            "fell": float(found.fell.mean()),
        }
        for steepness in tqdm(STEEPNESS[kind], desc=kind, unit="level")
        for seed, found in zip(load(RECORDING).seeds, walks(terrain=kind, steepness=steepness), strict=True)
    ]


def measure_minutes() -> list[dict[str, float]]:
    """A row for each recorded seed after 18, 36 and 54 minutes of robot time, over twenty starts on the flat."""
    recording = load(RECORDING)
    rows = []
    for minutes in tqdm(MINUTES, desc="robot time", unit="moment"):
        for seed in recording.seeds:
            found = walk(recording.agent(seed, minutes * STEPS_A_MINUTE), seed)
            rows.append(
                {
                    "minutes": minutes,
                    "seed": seed,
                    "speed": float(np.median(found.speed)),
                    "off": float(np.median(found.off)),
                    "fell": float(found.fell.mean()),
                }
            )
    return rows


def film_walk(agent: Agent, seed: int, title: str, steps: int | None = None, **ground: Any) -> Rollout:
    """Film a walk without noise, with feet, pitch and speed.

    Args:
        agent: of ``softopt/Quadruped-v0``.
        seed: of the start.
        title: who walks.
        steps: at most so many; None is until the end.
        **ground: as in :func:`walk`.
    """
    world, act = Quadruped(**ground), acting(agent)
    try:
        return film(
            world,
            lambda seen: act(seen[None])[0],
            seed=seed,
            steps=steps or world.time_limit,
            torso="trunk",
            feet=FEET,
            title=title,
        )
    finally:
        world.close()
