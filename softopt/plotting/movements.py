"""Movements of a hand in the plane, one line a trial."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from softopt.plotting.figure import BLUE, INK, RED, DescribedFigure, finish


def movements(
    groups: Sequence[ArrayLike],
    captions: Sequence[str],
    points: ArrayLike,
    *,
    title: str,
    alt: str,
) -> DescribedFigure:
    """Draw groups of movements side by side, with the points that the task asks for.

    Args:
        groups: K arrays (N, H + 1, 2) of positions, metres.
        captions: K texts, one above each panel.
        points: (P, 2) via-points and target, metres.
        title: the finding, in a sentence.
        alt: the finding for a reader who cannot see the figure.

    Raises:
        ValueError: positions that are not in the plane.
    """
    figure = DescribedFigure(alt=alt, figsize=(max(4.0, 3.6 * len(groups)), 2.2))
    row = figure.subplots(1, len(groups), sharex=True, sharey=True, squeeze=False)[0]
    for axes, group, caption in zip(row, groups, captions, strict=True):
        trials = 100 * np.asarray(group, dtype=float)
        if trials.ndim != 3 or trials.shape[2] != 2:
            raise ValueError(f"movements have shape (trials, times, 2), got {trials.shape}.")
        axes.plot(*trials.transpose(2, 1, 0), color=BLUE, linewidth=0.7, alpha=0.5)
        axes.plot(*(100 * np.asarray(points, dtype=float)).T, "o", color=RED, markersize=6, zorder=3)
        axes.set_aspect("equal")
        finish(axes, title=caption, x="x (cm)", y="y (cm)" if axes is row[0] else "")
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)
    return figure
