"""Fields of arrows over a plane: where a gradient points, and which hill it should climb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from softopt.plotting.figure import INK, DescribedFigure


def fields(
    x: ArrayLike,
    y: ArrayLike,
    height: ArrayLike,
    arrows: Sequence[ArrayLike],
    captions: Sequence[str],
    *,
    title: str,
    x_label: str,
    y_label: str,
    label: str,
    alt: str,
    marks: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> DescribedFigure:
    """Draw K fields over the contours of one hill, side by side.

    Args:
        x, y: (X,) and (Y,) increasing.
        height: (Y, X) of the hill.
        arrows: K arrays (Y, X, 2): the components along x and along y.
        captions: K texts, one above each field.
        title: the finding, in a sentence.
        x_label, y_label: names of the axes.
        label: what the height is, with its unit.
        alt: the finding for a reader who cannot see the figure.
        marks: name -> K points, one in each field.
    """
    figure = DescribedFigure(alt=alt, figsize=(4.1 * len(captions), 4.0))
    row = figure.subplots(1, len(captions), sharey=True, squeeze=False)[0]
    height = np.asarray(height, dtype=float)
    # Contours that lie closer together towards the top, where the hill is flat.
    levels = height.max() - np.linspace(1, 0, 15) ** 2 * np.ptp(height)
    longest = max(np.hypot(*np.moveaxis(np.asarray(field), -1, 0)).max() for field in arrows)
    for k, (axes, field, caption) in enumerate(zip(row, arrows, captions, strict=True)):
        shown = axes.contourf(x, y, height, levels=levels, cmap="cividis", alpha=0.75)
        across, along = np.moveaxis(np.asarray(field), -1, 0)
        # The square root of the length: long arrows stay apart and short ones stay visible.
        length = np.hypot(across, along)
        scale = np.sqrt(np.divide(longest, length, out=np.zeros_like(length), where=length > 0))
        axes.quiver(x, y, across * scale, along * scale, color=INK, scale=14 * longest, width=0.006)
        for (name, points), symbol in zip((marks or {}).items(), ("*", "X", "o"), strict=False):
            axes.plot(*points[k], symbol, color="white", markeredgecolor="black", markersize=13, label=name)
        axes.set_title(caption, fontsize=10, color=INK)
        axes.set_xlabel(x_label)
    row[0].set_ylabel(y_label)
    if marks:
        row[0].legend(fontsize=8, loc="lower left")
    figure.colorbar(
        shown,
        ax=list(row),
        label=label,
        shrink=0.9,
        ticks=levels[::2],
        format=lambda number, _: f"{number:.2f}".replace("-0.00", "0"),
    )
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)
    return figure
