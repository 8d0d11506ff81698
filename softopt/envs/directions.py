"""One way or all ways: statistics of directions in the plane, given as angles in radians."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.operators import entropy

Array = NDArray[np.float64]
FILLED = 0.02  # a sector is filled if at least this share of the rollouts went there: 2 of 64


def resultant_length(angles: ArrayLike) -> float:
    """Length of the mean of the unit vectors: 1 if all point one way, 0 if they cancel.

    Of n directions that are drawn evenly, it is about 0.89 / sqrt(n) on average. Two opposite directions cancel as
    well as all do; :func:`sector_entropy` tells them apart.

    Args:
        angles: (n,) radians.

    Raises:
        ValueError: no angle, or one that is not finite.
    """
    return float(np.abs(np.exp(1j * _checked(angles)).mean()))


def sector_shares(angles: ArrayLike, n: int = 8) -> Array:
    """Share of the directions in each of n equal sectors, (n,); they sum to 1.

    Sector k is centred on the angle ``2 pi k / n``, so with eight of them sector 0 is all within 22.5 degrees of the
    x axis, sector 2 is around the y axis, and so on counterclockwise.

    Args:
        angles: (N,) radians, of any turn.
        n: number of sectors.

    Raises:
        ValueError: no angle, one that is not finite, or n below 1.
    """
    if n < 1:
        raise ValueError(f"there is at least one sector; got n={n}.")
    found = _checked(angles)
    sector = np.floor(found * n / (2 * np.pi) + 0.5).astype(np.int64) % n
    return np.bincount(sector, minlength=n) / len(found)


def sector_entropy(angles: ArrayLike, n: int = 8) -> float:
    """Entropy of :func:`sector_shares` in nats: 0 if all lie in one sector, log n if all sectors have as many."""
    return float(entropy(sector_shares(angles, n)))


def spread_of(ways: ArrayLike) -> dict[str, float]:
    """How far apart n rollouts went, from each one's way (n, 2) from start to end; one that never moved went east.

    Returns:
        ``resultant``: :func:`resultant_length`; ``sectors``: how many of 8 have at least 2 % of the rollouts;
        ``sector_entropy``: nats, at most log 8 = 2.08; ``displacement``: median distance from start to end.
    """
    x, y = np.asarray(ways, dtype=np.float64).T
    angles = np.arctan2(y, x)
    return {
        "resultant": resultant_length(angles),
        "sectors": float((sector_shares(angles) >= FILLED).sum()),
        "sector_entropy": sector_entropy(angles),
        "displacement": float(np.median(np.hypot(x, y))),
    }


def straightness(courses: ArrayLike) -> Array:
    """Distance from start to end by the length of the way, (n,): 1 is straight, near 0 ends where it began.

    Those who track animals call it the straightness index (Batschelet 1981, Circular Statistics in Biology).

    Args:
        courses: (n, T + 1, 2) places; one that never moves counts as 0.

    Raises:
        ValueError: another shape, or a place that is not finite.
    """
    places = np.asarray(courses, dtype=np.float64)
    if places.ndim != 3 or places.shape[2] != 2 or not np.isfinite(places).all():
        raise ValueError(f"courses are finite places, shape (n, T + 1, 2); got shape {places.shape}.")
    length = np.linalg.norm(np.diff(places, axis=1), axis=2).sum(axis=1)
    distance = np.linalg.norm(places[:, -1] - places[:, 0], axis=1)
    return np.divide(distance, length, out=np.zeros_like(length), where=length > 0)


def _checked(angles: ArrayLike) -> Array:
    found = np.asarray(angles, dtype=np.float64)
    if found.ndim != 1 or found.size == 0 or not np.isfinite(found).all():
        raise ValueError(f"angles are one or more finite numbers, shape (n,), in radians; got {angles!r}.")
    return found
