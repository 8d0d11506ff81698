"""Courses over the plane from above, one panel a policy."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from softopt.plotting.figure import INK, DescribedFigure, finish
from softopt.plotting.q_world import draw_paths
from softopt.plotting.scene import check_paths


def courses(paths: Mapping[str, ArrayLike], *, title: str, alt: str | None = None, unit: str = "") -> DescribedFigure:
    """Draw the courses of several policies side by side, to one scale around (0, 0), where they start.

    A dot marks where a course ends.

    Args:
        paths: policy -> (n, T + 1, 2); NaN after an episode's end.
        title: the finding, in a sentence.
        alt: the finding for a reader who cannot see the figure; None repeats the title.
        unit: of length, for the axes.

    Raises:
        ValueError: no policy, or courses of another shape.
    """
    if not paths:
        raise ValueError("a picture of courses needs at least one policy.")
    checked = {said: check_paths(given, said) for said, given in paths.items()}
    figure = DescribedFigure(alt=alt or title, figsize=(3.4 * len(checked) + 0.4, 3.8))
    figure.suptitle(textwrap.fill(title, 46 * len(checked)), x=0.01, ha="left", fontsize=11)
    reach = 1.05 * max(float(np.nanmax(np.abs(ways))) for ways in checked.values())
    panels = figure.subplots(1, len(checked), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (said, ways) in zip(panels, checked.items(), strict=True):
        draw_paths(axes, ways)
        axes.plot(*ways[0, 0], "+", color=INK, markersize=9)
        axes.set(aspect="equal", xlim=(-reach, reach), ylim=(-reach, reach))
        finish(axes, title=said, x=f"x{unit}", y=f"y{unit}")
        axes.label_outer()
    return figure
