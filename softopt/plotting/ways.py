"""The ways that bodies went, from above."""

from __future__ import annotations

from softopt.envs.rollout import Rollout
from softopt.plotting.figure import INK, PALETTE, DescribedFigure, finish


def ways(*rollouts: Rollout, title: str, alt: str) -> DescribedFigure:
    """Draw the way of each rollout's body over the ground: a dot where it began, a square where it ended.

    Args:
        *rollouts: one or more.
        title: the finding, in a sentence.
        alt: the finding for a reader who cannot see the figure.

    Raises:
        ValueError: no rollout.
    """
    if not rollouts:
        raise ValueError("a picture of ways needs at least one rollout.")
    figure = DescribedFigure(alt=alt, figsize=(6.0, 4.4))
    axes = figure.subplots()
    for k, rollout in enumerate(rollouts):
        x, y = rollout.middle[:, :2].T
        colour = PALETTE[k % len(PALETTE)]
        axes.plot(x, y, color=colour, linewidth=1.4, label=rollout.title)
        axes.plot(x[0], y[0], "o", color=colour, markersize=4)
        axes.plot(x[-1], y[-1], "s", color=colour, markersize=5)
    axes.set_aspect("equal", adjustable="datalim")
    finish(axes, title=title, x="x (m)", y="y (m)")
    if len(rollouts) <= len(PALETTE):
        axes.legend(fontsize=8, frameon=False, labelcolor=INK)
    return figure
