"""Walks on a map: what an observer sees before anything is inferred."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import ListedColormap

from softopt.plotting.figure import INK, PALETTE, DescribedFigure
from softopt.plotting.small_multiples import RULE, WALL
from softopt.tabular.grid import Grid
from softopt.tabular.rollouts import Trajectory

SPREAD = 0.6  # of a cell: how far apart the lanes of two walks through one cell may lie


def walks(
    grid: Grid,
    groups: Sequence[Sequence[Trajectory]],
    captions: Sequence[str],
    *,
    title: str,
    alt: str,
    marks: bool = True,
) -> DescribedFigure:
    """Draw a map for each group of walks, each walk in a lane of its own: a dot where it starts, a square at its end.

    Args:
        grid: where the states are.
        groups: K groups of trajectories.
        captions: K texts, one above each map.
        title: the finding, in a sentence.
        alt: the finding for a reader who cannot see the figure.
        marks: whether the drawing's characters are printed.
    """
    rows, columns = grid.shape
    figure = DescribedFigure(alt=alt, figsize=(max(4.0, 0.52 * columns * len(groups)), 0.52 * rows + 0.7))
    panels = figure.subplots(1, len(groups), squeeze=False)[0]
    drawn = np.array([list(line) for line in grid.drawing])
    edges = np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5
    for axes, group, caption in zip(panels, groups, captions, strict=True):
        axes.pcolormesh(*edges, drawn == "#", cmap=ListedColormap(["white", WALL]), edgecolors=RULE, linewidth=0.8)
        for row, column in np.argwhere(~np.isin(drawn, list("#. F"))) if marks else ():
            axes.text(column, row, drawn[row, column], ha="center", va="center", fontsize=9, color="0.55")
        lanes = np.linspace(-SPREAD / 2, SPREAD / 2, max(len(group), 2))
        # A lane is the same in both directions of a cell only for one walk, so crossings stay readable.
        for k, walk in enumerate(group):
            y, x = grid.cells[walk.states].T + np.array([[lanes[k]], [lanes[-1 - k] * 0.5]])
            colour = PALETTE[k % len(PALETTE)]
            axes.plot(x, y, color=colour, linewidth=1.6, alpha=0.85, solid_joinstyle="round")
            axes.plot(x[0], y[0], "o", color=colour, markersize=4)
            axes.plot(x[-1], y[-1], "s", color=colour, markersize=5)
        axes.set(xlim=edges[0][[0, -1]], ylim=edges[1][[-1, 0]], aspect="equal")
        axes.axis("off")
        axes.set_title(caption, loc="left", fontsize=9, color=INK)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)
    return figure
