"""Small multiples: the same map at a few settings side by side, the still version of a slider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from numpy.typing import NDArray

from softopt.plotting.figure import INK, DescribedFigure
from softopt.tabular.grid import Grid

WALL, RULE = "#cdd2d8", "#dfe2e5"
GAP = 0.8  # between two maps, in cells
ARROW = 0.43  # length of a certain action's arrow, in cells
EVEN = 0.179  # relative luminance on which black and white have the same contrast, 4.6 to 1


def grid_maps(
    grid: Grid,
    values: NDArray[np.float64],
    captions: Sequence[str],
    *,
    title: str,
    alt: str,
    policies: NDArray[np.float64] | None = None,
    terminal: NDArray[np.bool_] | None = None,
    limits: tuple[float, float] | None = None,
    colours: str = "viridis",
    label: str = "value",
) -> DescribedFigure:
    """Draw K maps of a gridworld in one row, with one colour scale.

    Args:
        grid: where the states are.
        values: (K, S); what is not finite is left blank.
        captions: K texts, one above each map.
        title: the finding, in a sentence.
        alt: the finding for a reader who cannot see the figure.
        policies: (K, S, A) probabilities, drawn as arrows as long as they are probable; or None.
        terminal: (S,) booleans; these cells show their mark alone.
        limits: values of the first and the last colour; None takes the extremes.
        colours: one of matplotlib's colour maps.
        label: what the colour means, with its unit.
    """
    rows, columns = grid.shape
    count, pitch = len(values), columns + GAP
    cells = grid.cells
    on_map = ((cells >= 0) & (cells < (rows, columns))).all(axis=1)
    row, column = cells.T
    ended = np.zeros(len(cells), dtype=bool) if terminal is None else np.asarray(terminal)
    shown = np.where(ended | ~on_map, np.nan, values)
    finite = shown[np.isfinite(shown)]
    low, high = limits or ((finite.min(), finite.max()) if finite.size else (0.0, 1.0))
    colour = ScalarMappable(Normalize(low, high), colormaps[colours])

    # All maps lie on one pair of axes: one picture, one set of arrows, and so a figure that is quick to draw.
    width = max(7.5, 0.22 * pitch * count)
    cell = width / (pitch * count)
    figure = DescribedFigure(alt=alt, figsize=(width, cell * rows + 1.35), layout=None)
    height = figure.get_figheight()
    axes = figure.add_axes((0.0, 0.75 / height, 1.0, cell * rows / height))
    axes.set(xlim=(-0.5 * GAP, pitch * count - 0.5 * GAP), ylim=(rows, 0))
    axes.axis("off")
    marks = np.array([list(line) for line in grid.drawing])
    for k, caption in enumerate(captions):
        picture = np.full((rows, columns), np.nan)
        picture[row[on_map], column[on_map]] = shown[k, on_map]
        edges = np.arange(columns + 1) + k * pitch, np.arange(rows + 1)
        walls = np.where(marks == "#", 1.0, np.nan)
        axes.pcolormesh(*edges, walls, cmap=ListedColormap([WALL]), edgecolors="white", linewidth=0.6)
        blank = np.where(np.isnan(picture) & (marks != "#"), 1.0, np.nan)
        axes.pcolormesh(*edges, blank, cmap=ListedColormap(["white"]), edgecolors=RULE, linewidth=0.6)
        axes.pcolormesh(*edges, picture, cmap=colour.cmap, norm=colour.norm, edgecolors="white", linewidth=0.6)
        dark = np.isfinite(picture) & (_luminance(colour.to_rgba(picture)) < EVEN)
        for place in zip(*np.nonzero(~np.isin(marks, list("#. F"))), strict=True):
            alone = np.isnan(picture[place]) or policies is None
            middle = (0.5, 0.55) if alone else (0.2, 0.25)
            _letter(axes, marks[place], place[1] + k * pitch + middle[0], place[0] + middle[1], alone, dark[place])
        if policies is not None:
            drawn = np.isfinite(shown[k])
            x, y = column[drawn] + k * pitch + 0.5, row[drawn] + 0.5
            _arrows(axes, grid.moves, policies[k, drawn], x, y, dark[row[drawn], column[drawn]])
        axes.text(k * pitch, -0.12, caption, fontsize=9, color=INK, va="bottom")
    figure.text(0.5 * GAP * cell / width, 1 - 0.1 / height, title, fontsize=11, color=INK, va="top")
    _scale(figure, colour, finite, label, height)
    return figure


def _luminance(rgba: Any) -> Any:
    """Relative luminance of colours, as contrast ratios are defined on it."""
    part = np.asarray(rgba)[..., :3]
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def _letter(axes: Any, letter: str, x: float, y: float, alone: bool, dark: bool) -> None:
    colour = "white" if dark else "black"
    axes.text(x, y, letter, ha="center", va="center", fontsize=8 if alone else 5, color=colour)


def _arrows(axes: Any, moves: Any, policy: Any, x: Any, y: Any, dark: Any) -> None:
    """An arrow for each action that is not negligible, as long as it is probable."""
    state, action = np.nonzero((policy > 0.04) & (moves != 0).any(axis=1))
    step = ARROW * policy[state, action, None] * moves[action]
    axes.quiver(
        x[state],
        y[state],
        step[:, 1],
        step[:, 0],
        color=np.where(dark[state], "white", "black"),
        angles="xy",
        scale_units="xy",
        scale=1,
        units="xy",
        width=0.07,
        headwidth=3.4,
        headlength=3.4,
        headaxislength=3.4,
        minlength=0.5,
    )


def _scale(figure: DescribedFigure, colour: ScalarMappable, values: Any, label: str, height: float) -> None:
    """The strip of colours; pointed at an end beyond which there are values."""
    low, high = colour.get_clim()
    below, above = (values < low).any(), (values > high).any()
    extend = {(0, 0): "neither", (1, 0): "min", (0, 1): "max", (1, 1): "both"}[int(below), int(above)]
    place = figure.add_axes((0.3, 0.45 / height, 0.4, 0.12 / height))
    bar = figure.colorbar(colour, cax=place, orientation="horizontal", extend=extend)
    bar.set_label(label, fontsize=9, color=INK)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
