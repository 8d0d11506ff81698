"""A judge of walls that shares nothing with the code that it judges."""

from __future__ import annotations

import numpy as np

from softopt.envs.walls import Rectangle


def crosses(start: np.ndarray, end: np.ndarray, wall: Rectangle, depth: float = 1e-8) -> bool:
    """Whether a segment enters the inside of a wall, deeper than round-off: no axis separates the two.

    Two convex shapes are apart if they are along x, along y, or across the segment.
    """
    low = np.array([wall.left, wall.bottom]) + depth
    high = np.array([wall.right, wall.top]) - depth
    if (np.maximum(start, end) <= low).any() or (np.minimum(start, end) >= high).any():
        return False
    across = np.array([start[1] - end[1], end[0] - start[0]])
    corners = np.array([[x, y] for x in (low[0], high[0]) for y in (low[1], high[1])])
    sides = (corners - start) @ across
    return bool(sides.min() <= 0 <= sides.max())
