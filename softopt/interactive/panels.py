"""Panels: what an explorer can draw. A dataclass here names the arrays; a small module in ``js/`` draws them.

To add a panel, write a dataclass whose name is the key under which ``js/explorer.js`` lists its module. Arrays
are sent once as float32, everything else as JSON, field by field under the same names.

Every array that changes with the sliders has their lengths as its first axes: (F, ...) for one slider,
(F, G, ...) for two. ``frames`` below stands for these axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.tabular.grid import Grid

Limits = tuple[float, float]


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


@dataclass(frozen=True, eq=False)
class Lines:
    """Curves against a slider with a marker that follows it; or, with ``x``, curves that change at every frame.

    Args:
        title: what is drawn, with its unit.
        curves: name -> (frames,) against a slider, or (frames, X) against ``x``. Values that are not finite
            leave a gap.
        along: which slider the horizontal axis is, 0 or 1; not used with ``x``.
        x: (X,) increasing, or None.
        x_label: name of the horizontal axis; a slider's name where there is no ``x``.
        limits: of the vertical axis, the same at every frame; None takes the extremes.
        logarithmic: whether the vertical axis is logarithmic.
    """

    title: str
    curves: Mapping[str, NDArray[np.float64]]
    _: KW_ONLY
    along: int = 0
    x: NDArray[np.float64] | None = None
    x_label: str = ""
    limits: Limits | None = None
    logarithmic: bool = False

    def check(self, frames: tuple[int, ...]) -> None:
        """Raise ValueError where an array has not the shape that the sliders ask for."""
        for name, curve in self.curves.items():
            expect(curve, frames if self.x is None else (*frames, len(self.x)), f"curve {name!r}")
        if self.x is None and not 0 <= self.along < len(frames):
            raise ValueError(f"lines {self.title!r} run along slider {self.along}; there are {len(frames)}.")

    def describe(self) -> dict[str, object]:
        """The fields as the page reads them."""
        values = np.concatenate([np.ravel(curve) for curve in self.curves.values()])
        if self.logarithmic:
            values = np.where(values > 0, values, np.nan)
        return {
            "title": self.title,
            "curves": dict(self.curves),
            "along": self.along,
            "x": None if self.x is None else np.asarray(self.x, dtype=float).tolist(),
            "x_label": self.x_label,
            "limits": self.limits or extremes(values),
            "logarithmic": self.logarithmic,
        }


@dataclass(frozen=True, eq=False)
class Bars:
    """Horizontal bars, one a name, in one group or in several groups side by side.

    Args:
        title: what is drawn, with its unit.
        names: N texts, one a bar.
        groups: name -> (frames, N), or (frames, S, N) with ``by_state``. ``-inf`` is written as "forbidden".
        by_state: follow the cell that is selected in a :class:`GridMap`.
        limits: group -> the ends of its axis; None takes the extremes, zero included.
    """

    title: str
    names: Sequence[str]
    groups: Mapping[str, NDArray[np.float64]]
    _: KW_ONLY
    by_state: bool = False
    limits: Mapping[str, Limits] | None = None

    def check(self, frames: tuple[int, ...]) -> None:
        """Raise ValueError where an array has not the shape that the sliders ask for."""
        shape = (*frames, None, len(self.names)) if self.by_state else (*frames, len(self.names))
        for name, values in self.groups.items():
            expect(values, shape, f"bars {name!r}")

    def describe(self) -> dict[str, object]:
        """The fields as the page reads them."""
        given = self.limits or {}
        ends = {name: given.get(name) or extremes(values) for name, values in self.groups.items()}
        return {
            "title": self.title,
            "names": list(self.names),
            "groups": dict(self.groups),
            "by_state": self.by_state,
            "limits": {name: (min(low, 0.0), max(high, 0.0)) for name, (low, high) in ends.items()},
        }


Panel = GridMap | HeatMap | Scatter | Lines | Bars


def extremes(values: ArrayLike) -> Limits:
    """Smallest and largest finite value; (0, 1) where there is none, and never an empty range."""
    values = np.asarray(values, dtype=np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    # Equal up to round-off is equal: an axis over the last digits would show noise.
    return (low, high) if high - low > 1e-9 * max(1.0, abs(low)) else (low - 0.5, high + 0.5)


def palette(name: str) -> list[str]:
    """The 256 colours of one of matplotlib's colour maps, as ``#rrggbb``: the same in page and figure."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(colour) for colour in colormaps[name](np.linspace(0, 1, 256))]


def expect(array: NDArray[np.float64], shape: tuple[int | None, ...], what: str) -> None:
    """Raise ValueError unless ``array`` has ``shape``, where None stands for any length."""
    given = np.shape(array)
    if len(given) != len(shape) or any(n is not None and n != m for n, m in zip(shape, given, strict=True)):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise ValueError(f"{what} must have shape ({wanted}), sliders first; got {given}.")
