"""What the panels ask of their arrays: shapes, the ends of their values, and colours for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Limits = tuple[float, float]


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
