"""Walking, seen from the body: how fast it goes the way that it looks; and what a bonus for standing would do."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def forward_speed(steps: ArrayLike, courses: ArrayLike, dt: float) -> Array:
    """Speed along the own heading, m/s, of any shape (...): backwards is negative, sideways nothing.

    Args:
        steps: (..., 2) the way in a step, metres.
        courses: (...) which way it looks, radians counterclockwise from the x axis.
        dt: seconds that a step takes.
    """
    course = np.asarray(courses, dtype=np.float64)
    along = np.stack([np.cos(course), np.sin(course)], axis=-1)
    return (np.asarray(steps, dtype=np.float64) * along).sum(axis=-1) / dt


def break_even_bonus(speed: float, falls_after: int, horizon: int, discount: float) -> float:
    """The bonus for being alive at which standing still is worth as much as walking and falling.

    Who walks earns ``speed + bonus`` at each step and falls after ``falls_after`` of them, which ends it. Who stands
    earns ``bonus`` at each of ``horizon`` steps. With ``G(n) = 1 + discount + ... + discount^(n - 1)``:

        (speed + bonus) G(falls_after) = bonus G(horizon)

    Args:
        speed: reward of a step of walking.
        falls_after: steps until the fall, at least 1 and fewer than ``horizon``.
        horizon: steps of an episode.
        discount: in (0, 1].

    Raises:
        ValueError: numbers out of range.
    """
    if not 1 <= falls_after < horizon or not 0 < discount <= 1:
        raise ValueError(
            f"a fall comes after at least 1 step and before the {horizon} steps of an episode, and a discount is above "
            f"0 and at most 1; got falls_after={falls_after}, discount={discount}."
        )
    walking, standing = (float((discount ** np.arange(n)).sum()) for n in (falls_after, horizon))
    return speed * walking / (standing - walking)
