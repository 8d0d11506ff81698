"""Panels that colour a plane: a gridworld, a table of numbers, a density with points on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from softopt.interactive.panels.arrays import Limits, expect, extremes, palette
from softopt.tabular.grid import Grid


@dataclass(frozen=True, eq=False)
class GridMap:
    """A map of the cells of a gridworld: a colour a state and, with a policy, arrows a state.

    Arrows are as long as their actions are probable, so a tie shows as arrows of equal length. Click a cell, or
    walk with the arrow keys, and every :class:`Bars` with ``by_state`` shows that state.

    Args:
        title: what the colour means, with its unit.
        grid: where the states are.
        value: (frames, S); states that are not finite are left blank.
        policy: (frames, S, A) probabilities, or None for no arrows.
        terminal: (S,) booleans; these cells show their mark alone.
        limits: values of the first and the last colour, the same at every frame; None takes the extremes.
        colours: ``viridis`` or ``cividis``, or any other map that matplotlib knows.
    """

    title: str
    grid: Grid
    value: NDArray[np.float64]
    _: KW_ONLY
    policy: NDArray[np.float64] | None = None
    terminal: NDArray[np.bool_] | None = None
    limits: Limits | None = None
    colours: str = "viridis"

    def check(self, frames: tuple[int, ...]) -> None:
        """Raise ValueError where an array has not the shape that the sliders ask for."""
        n_states, n_actions = len(self.grid.cells), len(self.grid.moves)
        expect(self.value, (*frames, n_states), f"value of the map {self.title!r}")
        if self.policy is not None:
            expect(self.policy, (*frames, n_states, n_actions), f"policy of the map {self.title!r}")

    def describe(self) -> dict[str, object]:
        """The fields as the page reads them."""
        return {
            "title": self.title,
            "drawing": list(self.grid.drawing),
            "cells": self.grid.cells.tolist(),
            "moves": self.grid.moves.tolist(),
            "actions": list(self.grid.action_names),
            "value": self.value,
            "policy": self.policy,
            "terminal": None if self.terminal is None else np.asarray(self.terminal).tolist(),
            "limits": self.limits or extremes(self.value),
            "palette": palette(self.colours),
        }


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A table of numbers as colours, for example states over time.

    Args:
        title: what the colour means, with its unit.
        value: (frames, rows, columns); what is not finite is left blank.
        x_label, y_label: names of the columns' and the rows' axes.
        row_names: a text for each row, or None for their numbers.
        limits, colours: as in :class:`GridMap`; a diverging map wants limits symmetric about zero.
    """

    title: str
    value: NDArray[np.float64]
    _: KW_ONLY
    x_label: str
    y_label: str
    row_names: Sequence[str] | None = None
    limits: Limits | None = None
    colours: str = "viridis"

    def check(self, frames: tuple[int, ...]) -> None:
        """Raise ValueError where an array has not the shape that the sliders ask for."""
        expect(self.value, (*frames, None, None), f"value of the heat map {self.title!r}")

    def describe(self) -> dict[str, object]:
        """The fields as the page reads them."""
        rows, columns = self.value.shape[-2:]
        return {
            "title": self.title,
            "value": self.value,
            "shape": [rows, columns],
            "x_label": self.x_label,
            "y_label": self.y_label,
            "row_names": list(self.row_names or map(str, range(rows))),
            "limits": self.limits or extremes(self.value),
            "palette": palette(self.colours),
        }


@dataclass(frozen=True, eq=False)
class Scatter:
    """Points in a rectangle, over a map that stays or moves with them: draws over a density, for example.

    Args:
        title: what the points and the colour are.
        points: (frames, N, 2), x and y of each; those outside the rectangle, or not finite, are not drawn.
        background: (rows, columns) at every frame, or (frames, rows, columns); the first row is the lowest.
        extent: the ends of the rectangle, (left, right, bottom, top).
        x_label, y_label: names of the axes.
        limits, colours: of the background, as in :class:`GridMap`.
    """

    title: str
    points: NDArray[np.float64]
    background: NDArray[np.float64]
    _: KW_ONLY
    extent: tuple[float, float, float, float]
    x_label: str
    y_label: str
    limits: Limits | None = None
    colours: str = "cividis"

    def check(self, frames: tuple[int, ...]) -> None:
        """Raise ValueError where an array has not the shape that the sliders ask for, or the rectangle is empty."""
        expect(self.points, (*frames, None, 2), f"points of {self.title!r}")
        moving = () if np.ndim(self.background) == 2 else frames
        expect(self.background, (*moving, None, None), f"background of {self.title!r}")
        left, right, bottom, top = self.extent
        if not (left < right and bottom < top):
            raise ValueError(f"extent of {self.title!r} is (left, right, bottom, top), got {self.extent}.")

    def describe(self) -> dict[str, object]:
        """The fields as the page reads them."""
        return {
            "title": self.title,
            "points": self.points,
            "count": self.points.shape[-2],
            "value": self.background,
            "moving": self.background.ndim > 2,
            "shape": list(self.background.shape[-2:]),
            "extent": list(map(float, self.extent)),
            "x_label": self.x_label,
            "y_label": self.y_label,
            "limits": self.limits or extremes(self.background),
            "palette": palette(self.colours),
        }
