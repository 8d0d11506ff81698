"""Points of several kinds in one picture, with levels to hold them against."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import ArrayLike

from softopt.plotting.figure import PALETTE, DescribedFigure, finish

MARKS = "ovs^D"


def points(
    x: Mapping[str, ArrayLike],
    y: Mapping[str, ArrayLike],
    *,
    title: str,
    x_label: str,
    y_label: str,
    levels: Mapping[str, float] | None = None,
) -> DescribedFigure:
    """Draw points, a colour and a mark a kind, and level lines with their names.

    Args:
        x, y: kind -> (n,).
        title: the finding, in a sentence; it is also the alternative text.
        x_label, y_label: names of the axes, with units.
        levels: name -> height of a line across.

    Raises:
        ValueError: kinds in one of x and y that are not in the other.
    """
    if set(x) != set(y) or not x:
        raise ValueError(f"x and y hold the same kinds, at least one; got {list(x)} and {list(y)}.")
    figure = DescribedFigure(alt=f"{title}.", figsize=(7.6, 4.2))
    axes = figure.subplots()
    for k, (kind, along) in enumerate(x.items()):
        axes.plot(along, y[kind], MARKS[k], color=PALETTE[k], markersize=6, alpha=0.75, label=kind)
    for k, (name, height) in enumerate((levels or {}).items()):
        axes.axhline(height, color="0.45", linestyle=("--", ":")[k % 2], linewidth=1.2, label=name)
    finish(axes, title=title, x=x_label, y=y_label)
    axes.legend(frameon=False, fontsize=9)
    return figure
