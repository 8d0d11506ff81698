"""Panels with a scale: curves and bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from softopt.interactive.panels.arrays import Limits, expect, extremes


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
