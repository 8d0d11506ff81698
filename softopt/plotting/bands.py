"""A quantity against a setting, over seeds: every run thin, the interquartile mean thick, its interval a band."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softopt.plotting.figure import PALETTE, DescribedFigure, finish
from softopt.plotting.lines import DASHES

Array = NDArray[np.float64]
FEW = 3  # intervals of more kinds than this in one panel would hide each other


@dataclass(frozen=True, eq=False)
class Band:
    """The runs of one kind.

    Attributes:
        x: (K,) the setting, increasing.
        runs: (N, K), one a seed.
        middle: (K,) over the runs.
        low, high: (K,) ends of its interval; NaN where there is none.
    """

    x: Array
    runs: Array
    middle: Array
    low: Array
    high: Array


def bands(
    panels: Mapping[str, Mapping[str, Band]],
    *,
    title: str,
    alt: str,
    x_labels: Mapping[str, str] | str,
    y_label: str,
    y_limits: tuple[float, float] | None = None,
) -> DescribedFigure:
    """Draw one panel a situation, and in it one band a kind, told apart by colour and by dash.

    Intervals are left out where a panel has more than three kinds.

    Args:
        panels: situation -> kind -> its runs.
        title: the finding, in a sentence.
        alt: the finding for a reader who cannot see the figure.
        x_labels: the setting with its unit, one for all or one a situation.
        y_label: what is measured, with its unit.
        y_limits: ends of the vertical axis, the same in every panel.

    Raises:
        ValueError: no panel.
    """
    if not panels:
        raise ValueError("there is nothing to draw: bands needs at least one panel.")
    kinds = list(dict.fromkeys(kind for panel in panels.values() for kind in panel))
    width = max(8.6, 2.1 * len(panels) + 0.6)
    figure = DescribedFigure(alt=alt, figsize=(width, 3.9))
    figure.suptitle(textwrap.fill(title, round(11 * width)), x=0.01, ha="left", fontsize=11)
    told: set[str] = set()  # kinds that a legend has named
    for k, (axes, (situation, panel)) in enumerate(
        zip(np.atleast_1d(figure.subplots(1, len(panels), sharey=True)), panels.items(), strict=True)
    ):
        for kind, band in panel.items():
            colour, dash = PALETTE[kinds.index(kind) % len(PALETTE)], DASHES[kinds.index(kind) % len(DASHES)]
            draw_band(axes, band, colour, dash, kind, filled=len(panel) <= FEW)
        if y_limits:
            axes.set_ylim(*y_limits)
        if len(kinds) > 1 and not set(panel) <= told:
            axes.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
            told |= set(panel)
        x_label = x_labels if isinstance(x_labels, str) else x_labels[situation]
        finish(axes, title=situation, x=x_label, y=y_label if k == 0 else "")
    return figure


def draw_band(axes: Any, band: Band, colour: str, dash: Any, label: str, filled: bool = True) -> None:
    """Draw the runs of one kind thin, their middle thick, and the interval unless ``filled`` is False."""
    for run in band.runs:
        axes.plot(band.x, run, color=colour, linewidth=0.6, alpha=0.4)
    if filled:
        axes.fill_between(band.x, band.low, band.high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(band.x, band.middle, color=colour, linestyle=dash, linewidth=2, label=label)
