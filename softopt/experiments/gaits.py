"""What tells two gaits apart: posture, speed, and when which foot is on the ground (0:20 in the lecture).

The measures are those of people who study running animals: the duty factor of a foot is the share of the time that it
bears on the ground, and the phase says at which point of the back foot's stride the front foot comes down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.envs import Contact, Rollout, film

if TYPE_CHECKING:
    from softopt.deep import Agent

FEET = {"back foot": "bfoot", "front foot": "ffoot"}  # of HalfCheetah
BOUNCE = 2  # sub-steps: a foot that is off the ground for less has not left it


@dataclass(frozen=True)
class Gait:
    """One stretch of running, in numbers.

    Attributes:
        speed: mean along x, m/s.
        pitch: mean of the torso's pitch, degrees; nose up is positive, beyond 90 it runs on its back.
        rocking: standard deviation of the pitch about that mean, degrees.
        duty_back, duty_front: share of the time with that foot on the ground.
        flight: share of the time with neither.
        strides: touch-downs of the back foot in a second.
        phase: where in the back foot's stride the front foot touches down, in [0, 1); NaN where it never does.
        regularity: of that phase, 1 if it is always the same, near 0 if it is any; NaN likewise.
    """

    speed: float
    pitch: float
    rocking: float
    duty_back: float
    duty_front: float
    flight: float
    strides: float
    phase: float
    regularity: float


def film_gait(
    agent: Agent, environment: str = "HalfCheetah-v5", *, seed: int, steps: int | None = None, title: str
) -> Rollout:
    """Film one episode of an agent's best actions, with its feet, its pitch and its speed.

    Args:
        agent: trained in that environment.
        environment: with a body ``torso`` and the geoms of :data:`FEET`.
        seed: of the episode.
        steps: at most so many; None runs to the time limit.
        title: who runs, as in "seed 3".
    """
    from softopt.deep.episodes import make  # needs torch; recorded films are measured without it

    world = make(environment)
    try:
        return film(
            world,
            lambda observation: agent.best_action(observation.astype(np.float32)),
            seed=seed,
            steps=steps,
            torso="torso",
            feet=FEET,
            title=title,
        )
    finally:
        world.close()


def measure(rollout: Rollout) -> Gait:
    """Measure the gait of a rollout of :func:`film_gait`.

    Raises:
        ValueError: a rollout without the course of a torso or without the contacts of two feet.
    """
    if not {"speed", "pitch"} <= rollout.series.keys() or len(rollout.contacts) != 2:
        has = ", ".join(rollout.series) or "no series"
        raise ValueError(
            "a gait is measured from the series speed and pitch and the contacts of two feet, back and front; this "
            f"rollout has {has} and {len(rollout.contacts)} feet. film_gait films all of it."
        )
    back, front = (contact.touching for contact in rollout.contacts)
    pitch, rocking = mean_angle(rollout.series["pitch"])
    phase, regularity = relative_phase(touch_downs(back), touch_downs(front))
    return Gait(
        speed=float(rollout.series["speed"].mean(dtype=float)),
        pitch=float(np.degrees(pitch)),
        rocking=float(np.degrees(rocking)),
        duty_back=float(back.mean()),
        duty_front=float(front.mean()),
        flight=float((~back & ~front).mean()),
        strides=touch_downs(back).size / rollout.duration,
        phase=phase,
        regularity=regularity,
    )


def stretch(rollout: Rollout, start: float, stop: float) -> Rollout:
    """Cut out what happened between two times.

    Args:
        rollout: any.
        start, stop: seconds, rounded to frames.

    Raises:
        ValueError: nothing lies between them.
    """
    first, last = (int(np.clip(round(time / rollout.dt), 0, len(rollout))) for time in (start, stop))
    if first >= last:
        raise ValueError(f"nothing of the {rollout.duration:g} s lies between {start:g} s and {stop:g} s.")
    substeps = slice(first * rollout.substeps, last * rollout.substeps)
    return replace(
        rollout,
        position=rollout.position[first:last],
        orientation=rollout.orientation[first:last],
        series={name: values[first:last] for name, values in rollout.series.items()},
        contacts=tuple(Contact(c.name, c.geom, c.touching[substeps]) for c in rollout.contacts),
    )


def stretches(rollout: Rollout, seconds: float = 5.0, after: float = 5.0) -> list[Rollout]:
    """Cut a rollout into pieces of equal length; what comes before ``after`` is the start, and no gait yet."""
    times = np.arange(after, rollout.duration - seconds + 0.5 * rollout.dt, seconds)
    return [stretch(rollout, time, time + seconds) for time in times]


def mean_angle(angles: ArrayLike) -> tuple[float, float]:
    """Mean and standard deviation of angles on the circle, in radians; the mean lies in (-pi, pi].

    A body that has turned over once stands as it stood before. So the angles are averaged as directions, and the
    deviation is ``sqrt(-2 log R)``, which for narrow spreads is the ordinary one (Mardia 1972).
    """
    direction = np.exp(1j * np.asarray(angles, dtype=float)).mean()
    length = min(abs(direction), 1.0)
    return float(np.angle(direction)), float(np.sqrt(-2 * np.log(length))) if length > 0 else np.inf


def touch_downs(touching: ArrayLike, bounce: int = BOUNCE) -> NDArray[np.int64]:
    """Sub-steps at which a foot comes down, (N,), after having been off the ground for at least ``bounce`` of them.

    A foot that is down from the first sub-step on has not been seen coming.
    """
    touching = np.asarray(touching, dtype=bool)
    starts = np.flatnonzero(touching[1:] & ~touching[:-1]) + 1
    lifts = np.flatnonzero(~touching[1:] & touching[:-1]) + 1  # the first sub-steps off the ground
    before = np.searchsorted(lifts, starts) - 1
    away = np.where(before >= 0, starts - lifts[np.maximum(before, 0)], starts) if lifts.size else starts
    return starts[away >= bounce]


def relative_phase(back: ArrayLike, front: ArrayLike) -> tuple[float, float]:
    """Where in the back foot's stride the front foot comes down, and how regularly.

    Args:
        back, front: touch-downs, increasing times in any one unit.

    Returns:
        Mean phase in [0, 1) and the length of the mean direction in [0, 1]; NaN where the front foot never comes
        down between two touch-downs of the back foot.
    """
    back, front = np.asarray(back, dtype=float), np.asarray(front, dtype=float)
    if back.size < 2:
        return np.nan, np.nan
    within = front[(front >= back[0]) & (front < back[-1])]
    if not within.size:
        return np.nan, np.nan
    stride = np.searchsorted(back, within, side="right") - 1
    share = (within - back[stride]) / np.diff(back)[stride]
    direction = np.exp(2j * np.pi * share).mean()
    return float(np.angle(direction) / (2 * np.pi) % 1.0), float(abs(direction))


def table(gaits: Mapping[Any, Sequence[Gait]]) -> dict[str, NDArray[np.float64]]:
    """Measures of several stretches of several runs: name -> (N runs, K stretches); K is that of the shortest."""
    shortest = min(len(row) for row in gaits.values())
    numbers = np.array([[astuple(gait) for gait in row[:shortest]] for row in gaits.values()])
    return {entry.name: numbers[..., k] for k, entry in enumerate(fields(Gait))}


def separation(values: ArrayLike, period: float | None = None) -> float:
    """How far runs lie apart, measured by how much one run varies.

    Args:
        values: (N, K), K stretches of each of N runs.
        period: of values that live on a circle, such as 360 for a pitch and 1 for a phase.

    Returns:
        Standard deviation of the runs' means over the root mean variance within a run; about ``1 / sqrt(K)`` where
        runs do not differ at all. On a circle both are those of the points in the plane.
    """
    values = np.asarray(values, dtype=float)
    if period is not None:
        values = np.exp(2j * np.pi * values / period)
    within = np.sqrt(values.var(axis=1, ddof=1).mean())
    return np.inf if within == 0 else float(values.mean(axis=1).std(ddof=1) / within)
