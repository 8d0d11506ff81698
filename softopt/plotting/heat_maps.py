"""Tables of numbers as colours, a few side by side: the still version of a heat map under a slider."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from softopt.plotting.figure import INK, DescribedFigure


def heat_maps(
    tables: ArrayLike,
    captions: Sequence[str],
    *,
    title: str,
    x_label: str,
    y_label: str,
    label: str,
    alt: str,
    limits: tuple[float, float] | None = None,
    colours: str = "viridis",
) -> DescribedFigure:
    """Draw K tables in one row with one colour scale.

    Args:
        tables: (K, rows, columns); what is not finite is left blank.
        captions: K texts, one above each table.
        title: the finding, in a sentence.
        x_label, y_label: names of the columns' and the rows' axes.
        label: what the colour means, with its unit.
        alt: the finding for a reader who cannot see the figure.
        limits: values of the first and the last colour; None takes the extremes.
        colours: one of matplotlib's colour maps.
    """
    tables = np.asarray(tables, dtype=float)
    finite = tables[np.isfinite(tables)]
    low, high = limits or ((finite.min(), finite.max()) if finite.size else (0.0, 1.0))
    figure = DescribedFigure(alt=alt, figsize=(max(4.0, 2.6 * len(tables)), 3.1))
    row = figure.subplots(1, len(tables), sharey=True, squeeze=False)[0]
    for axes, table, caption in zip(row, tables, captions, strict=True):
        shown = axes.imshow(table, aspect="auto", cmap=colours, vmin=low, vmax=high, interpolation="nearest")
        axes.set_title(caption, fontsize=10, color=INK)
        axes.set_xlabel(x_label)
    row[0].set_ylabel(y_label)
    figure.colorbar(shown, ax=list(row), label=label, shrink=0.9)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)
    return figure
