"""A world in the plane as it is drawn: its ends, its goals, its walls, and how good it is to stand somewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Extent = tuple[float, float, float, float]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scene:
    """What does not depend on the agent; the still and the living figure of a world are drawn from it.

    Args:
        limits: ends of the world, (left, right, bottom, top), in units of length.
        goals: (k, 2) places, or nothing.
        names: k texts, one a goal; or none at all.
        radius: of the goals, units of length.
        walls: rectangles (left, right, bottom, top) that cannot be entered.
        background: (rows, columns) numbers over the whole world, its edges included and the first row the lowest:
            for example the reward of standing there. None for none.
        move: units of length that an action of length 1 covers; actions are in [-1, 1]².
        labels: names of the two axes.

    Raises:
        ValueError: limits that enclose nothing, or arrays of another shape.
    """

    limits: Extent
    goals: ArrayLike = field(default_factory=lambda: np.zeros((0, 2)))
    names: Sequence[str] = ()
    radius: float = 1.0
    walls: Sequence[Extent] = ()
    background: ArrayLike | None = None
    move: float = 1.0
    labels: tuple[str, str] = ("x", "y")

    def __post_init__(self) -> None:
        for what, extent in (("limits", self.limits), *(("a wall", wall) for wall in self.walls)):
            if len(extent) != 4 or not (extent[0] < extent[1] and extent[2] < extent[3]):
                raise ValueError(f"{what} must be (left, right, bottom, top), got {tuple(extent)}.")
        goals = np.asarray(self.goals, dtype=float)
        if goals.ndim != 2 or goals.shape[1] != 2:
            raise ValueError(f"goals must have shape (k, 2), got {goals.shape}.")
        if len(self.names) not in (0, len(goals)):
            raise ValueError(f"there are {len(goals)} goals and {len(self.names)} names; give one a goal, or none.")
        if not (self.radius > 0 and self.move > 0):
            raise ValueError(f"radius and move must be above 0, got {self.radius} and {self.move}.")
        object.__setattr__(self, "goals", goals)
        if self.background is not None:
            background = np.asarray(self.background, dtype=float)
            if background.ndim != 2 or min(background.shape) < 2 or not np.isfinite(background).all():
                raise ValueError(
                    f"background must be a table of finite numbers, at least 2 by 2; got shape {background.shape}."
                )
            object.__setattr__(self, "background", background)

    def holds(self, place: ArrayLike) -> bool:
        """Whether a place (2,) lies in the world and in none of its walls; edges count as free."""
        x, y = np.asarray(place, dtype=float)
        left, right, bottom, top = self.limits
        walled = any(wall[0] < x < wall[1] and wall[2] < y < wall[3] for wall in self.walls)
        return bool(left <= x <= right and bottom <= y <= top) and not walled


def check_paths(paths: ArrayLike, what: str) -> Array:
    """Return recorded paths as (n, T + 1, 2) float64, NaN after each one's end.

    Raises:
        ValueError: another shape; ``what`` says in the sentence whose they are.
    """
    paths = np.asarray(paths, dtype=float)
    if paths.ndim != 3 or paths.shape[-1] != 2:
        raise ValueError(f"paths of {what} must have shape (n, T + 1, 2), NaN after the end; got {paths.shape}.")
    return paths
