"""Curves against one parameter: the figure that most claims of the course need."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import numpy as np
from numpy.typing import ArrayLike

from softopt.plotting.figure import PALETTE, DescribedFigure, finish

DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))


def lines(
    x: ArrayLike,
    curves: Mapping[str, ArrayLike],
    *,
    title: str,
    x_label: str,
    y_label: str,
    alt: str,
    log: str = "",
    marks: Mapping[str, float] | None = None,
) -> DescribedFigure:
    """Draw curves over one x axis, told apart by colour and by dash.

    Args:
        x: (N,) positions; a curve shorter than N is drawn over the first positions.
        curves: name → (N,) values; a value that is not finite leaves a gap.
        title: the finding, in a sentence.
        x_label, y_label: what is measured, with its unit.
        alt: the finding for a reader who cannot see the figure.
        log: axes on a logarithmic scale, any of ``"x"``, ``"y"``, ``"xy"``.
        marks: name → position of a vertical line.

    Returns:
        A figure that shows itself.
    """
    figure = DescribedFigure(alt=alt, figsize=(7.2, 3.6))
    axes = figure.subplots()
    x = np.asarray(x, dtype=float)
    for (name, values), colour, dash in zip(curves.items(), cycle(PALETTE), cycle(DASHES)):
        values = np.asarray(values, dtype=float)
        axes.plot(x[: values.size], values, color=colour, linestyle=dash, linewidth=2, label=name)
    for name, position in (marks or {}).items():
        axes.axvline(position, color="0.4", linewidth=1)
        axes.annotate(
            name, (position, 0.02), xycoords=("data", "axes fraction"), rotation=90, fontsize=8, ha="right", color="0.3"
        )
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    axes.legend(frameon=False, fontsize=9)
    finish(axes, title=title, x=x_label, y=y_label)
    return figure
