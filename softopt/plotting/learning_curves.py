"""Learning curves over seeds: every run thin, the interquartile mean thick, its interval a band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softopt.plotting.bands import Band, draw_band
from softopt.plotting.figure import PALETTE, DescribedFigure, finish
from softopt.plotting.lines import DASHES

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Curves:
    """The runs of one algorithm on one task.

    Attributes:
        steps: (K,) environment steps.
        runs: (N, K), each a line.
        middle: (K,) over the runs, such as the interquartile mean.
        low, high: (K,) ends of its interval; NaN where there is none.
        each: what one of the runs is called.
    """

    steps: Array
    runs: Array
    middle: Array
    low: Array
    high: Array
    each: str = "seed"


@dataclass(frozen=True)
class Published:
    """A figure from elsewhere, drawn as a line across.

    Attributes:
        value: in the units of the curves.
        source: who measured it, and where.
    """

    value: float
    source: str


def learning_curves(
    panels: Mapping[str, Mapping[str, Curves]],
    *,
    title: str,
    alt: str,
    published: Mapping[str, tuple[Published, ...]] | None = None,
    y_label: str = "return of an evaluation episode",
    one_scale: bool = False,
) -> DescribedFigure:
    """Draw one panel a task, and in it one family of curves an algorithm.

    Args:
        panels: task -> algorithm -> its curves.
        title: the finding, in a sentence.
        alt: the finding for a reader who cannot see the figure.
        published: task -> reference lines.
        y_label: what is measured, with its unit.
        one_scale: whether all panels have the same vertical axis, so that they can be compared.

    Raises:
        ValueError: no panel.
    """
    if not panels:
        raise ValueError("there is nothing to draw: learning_curves needs at least one task.")
    algorithms = list(dict.fromkeys(name for panel in panels.values() for name in panel))
    looks = {name: (PALETTE[k % len(PALETTE)], DASHES[k % len(DASHES)]) for k, name in enumerate(algorithms)}
    figure = DescribedFigure(alt=alt, figsize=(max(7.2, 4.2 * len(panels) + 0.6), 3.7))
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    for axes, (task, panel) in zip(
        np.atleast_1d(figure.subplots(1, len(panels), sharey=one_scale)), panels.items(), strict=True
    ):
        for name, curves in panel.items():
            colour, dash = looks[name]
            label = f"{name}, {len(curves.runs)} {curves.each}{'s' * (len(curves.runs) != 1)}"
            thousands = Band(curves.steps / 1e3, curves.runs, curves.middle, curves.low, curves.high)
            draw_band(axes, thousands, colour, dash, label)
        for line in (published or {}).get(task, ()):
            axes.axhline(line.value, color="0.35", linewidth=0.8, linestyle=(0, (4, 3)))
            axes.annotate(
                line.source,
                (0.02, line.value),
                xycoords=("axes fraction", "data"),
                xytext=(0, 2),
                textcoords="offset points",
                fontsize=7,
                color="0.3",
            )
        axes.legend(frameon=False, fontsize=8)
        finish(axes, title=task, x="environment steps (thousands)", y=y_label)
    return figure
