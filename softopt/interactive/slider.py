"""A slider: an index into one NumPy grid, with a label for every value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LIMIT_GAP = 0.12  # share of the axis left free between a finite grid and its limit at 0 or inf


@dataclass(frozen=True, eq=False, init=False)
class Slider:
    """One parameter of an explorer.

    The page moves an integer, never a float, so that what is read out is exactly what was computed.

    Attributes:
        name: what the parameter is called, as in "temperature"; read out by screen readers.
        values: (F,) increasing; 0 and inf may stand at the ends of a logarithmic grid.
        labels: F texts, one a value.
        start: index at which the slider stands when it appears.
    """

    name: str
    values: NDArray[np.float64]
    labels: tuple[str, ...]
    start: int

    def __init__(
        self, name: str, values: Any, *, labels: Sequence[str] | None = None, start: int | None = None
    ) -> None:
        """Check the grid; label it with as many digits as tell its values apart; start in the middle.

        Raises:
            ValueError: fewer than two values, values that do not increase, or labels of another number.
        """
        values = np.asarray(values, dtype=np.float64)
        if values.ndim != 1 or values.size < 2 or not (np.diff(values) > 0).all():
            raise ValueError(f"slider {name!r} needs at least two increasing values, got {values!r}.")
        if labels is not None and len(labels) != values.size:
            raise ValueError(f"slider {name!r} has {values.size} values and {len(labels)} labels.")
        start = values.size // 2 if start is None else start
        if not 0 <= start < values.size:
            raise ValueError(f"slider {name!r} starts at index {start}, outside its {values.size} values.")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "labels", tuple(labels) if labels is not None else tell_apart(values))
        object.__setattr__(self, "start", int(start))

    @property
    def logarithmic(self) -> bool:
        """Whether the finite, positive part of the grid is spaced by ratios."""
        inner = self.values[(self.values > 0) & np.isfinite(self.values)]
        return bool(inner.size > 2 and (self.values >= 0).all() and inner[-1] / inner[0] >= 30)

    def positions(self) -> NDArray[np.float64]:
        """Where each value stands on a drawn axis: one step a value, limits at 0 and inf set apart."""
        positions = np.arange(self.values.size, dtype=np.float64)
        if self.logarithmic and self.values[0] == 0:
            positions[1:] += LIMIT_GAP * self.values.size
        if np.isinf(self.values[-1]):
            positions[-1] += LIMIT_GAP * self.values.size
        return positions

    def ticks(self) -> list[tuple[float, str]]:
        """Positions and texts of a few round numbers, and of the limits."""
        positions, values = self.positions(), self.values
        inner = np.isfinite(values) & ((values > 0) | (not self.logarithmic))
        low, high = values[inner][[0, -1]]
        if self.logarithmic:
            decades = np.arange(np.ceil(np.log10(low) - 1e-9), np.floor(np.log10(high) + 1e-9) + 1)
            marks = 10.0 ** decades[:: max(1, round(len(decades) / 5))]
            places = np.interp(np.log(marks), np.log(values[inner]), positions[inner])
        else:
            step = _round_step((high - low) / 5)
            marks = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step
            places = np.interp(marks, values[inner], positions[inner])
        texts = [f"{round(mark, 12) + 0.0:g}".replace("-", "−") for mark in marks]  # + 0.0: no minus before zero
        ticks = list(zip(places.tolist(), texts, strict=True))
        limits = [(float(positions[i]), readable(values[i])) for i in np.flatnonzero(~inner)]
        return sorted(ticks + limits)

    def describe(self) -> dict[str, Any]:
        """Everything that the page needs to know."""
        return {
            "name": self.name,
            "labels": list(self.labels),
            "positions": self.positions().tolist(),
            "ticks": self.ticks(),
        }


def readable(value: float, digits: int = 3) -> str:
    """Write a number for a reader: ``digits`` significant digits, a true minus sign, ∞."""
    if np.isnan(value):
        return "undefined"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e7:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        text = f"{mantissa}e{int(exponent)}"
    else:
        text = np.format_float_positional(value, precision=digits, fractional=False, unique=False).rstrip(".")
    return text.replace("-", "−")


def tell_apart(values: NDArray[np.float64]) -> tuple[str, ...]:
    """Label values with the fewest significant digits, at least two, that keep neighbours different."""
    for digits in range(2, 9):
        labels = tuple(readable(value, digits) for value in values)
        if len(set(labels)) == len(labels):
            break
    return labels


def _round_step(step: float) -> float:
    """Return 1, 2 or 5 times a power of ten, about as large as ``step``."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= 0.8 * step))
