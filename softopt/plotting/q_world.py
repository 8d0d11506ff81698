"""A Q-function over actions at a few places of a world, and the ways that its policy went through it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Circle, Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike, NDArray

from softopt.plotting.figure import BLUE, GREEN, INK, RED, DescribedFigure
from softopt.plotting.scene import Scene, check_paths

Array = NDArray[np.float64]
WALL, FAINT = "#cdd2d8", "#5b6168"
TINT = LinearSegmentedColormap.from_list("tint", ["#f7faf9", "#cfe6dc"])  # light, so that lines stand out on it
SHARE = 0.9  # of the soft optimal policy, inside the bold line
LETTERS = "ABCDEFGH"


def q_world(
    scene: Scene,
    agent: str,
    paths: ArrayLike | None,
    positions: ArrayLike = ((0.0, 0.0), (-2.5, 2.5), (2.5, 2.5)),
    *,
    q: ArrayLike,
    actions: ArrayLike,
    title: str,
    alt: str,
    temperature: float | None = None,
) -> DescribedFigure:
    """Draw the world with its paths, and beside it Q over the square of actions at k places, with draws of the policy.

    Args:
        scene: the world.
        agent: whose Q-function it is, for the captions.
        paths: (n, T + 1, 2) with NaN after the end, or None.
        positions: (k, 2) places, at most eight.
        q: (k, g, g) values over [-1, 1]², edges included: rows along the second action, the lowest first.
        actions: (k, n, 2) draws of the policy at each place.
        title: the finding, in a sentence.
        alt: the finding for a reader who cannot see the figure.
        temperature: T in reward units; a bold line then encloses 90 % of exp(Q / T). None draws none.

    Raises:
        ValueError: arrays whose shapes do not fit each other.
    """
    positions, q, actions = (np.asarray(given, dtype=float) for given in (positions, q, actions))
    k = len(positions)
    if positions.shape != (k, 2) or not 1 <= k <= len(LETTERS):
        raise ValueError(f"positions must have shape (k, 2), k from 1 to {len(LETTERS)}; got {positions.shape}.")
    if q.ndim != 3 or len(q) != k or q.shape[1] != q.shape[2] or q.shape[1] < 2:
        raise ValueError(f"q must have shape ({k}, g, g), one square a position; got {q.shape}.")
    if actions.ndim != 3 or len(actions) != k or actions.shape[-1] != 2:
        raise ValueError(f"actions must have shape ({k}, n, 2), n draws a position; got {actions.shape}.")
    left, right, bottom, top = scene.limits
    wide = float(np.clip((right - left) / (top - bottom), 1.0, 2.0))
    figure = DescribedFigure(alt=alt, figsize=(3.3 * wide + 2.55 * k, 3.75))
    world, *squares = figure.subplots(1, 1 + k, width_ratios=[1.3 * wide, *[1] * k])
    draw_world(world, scene)
    if paths is not None:
        draw_paths(world, check_paths(paths, agent))
    for letter, place, draws in zip(LETTERS, positions, actions, strict=False):
        _draw_agent(world, scene, letter, place, draws)
    world.set_title(f"Ways of {agent}", loc="left", fontsize=10, color=INK)
    for axes, letter, place, values, draws in zip(squares, LETTERS, positions, q, actions, strict=False):
        shown = _draw_square(axes, values, draws, temperature)
        axes.set_title(f"{letter}: Q at ({_tidy(place[0])}, {_tidy(place[1])})", loc="left", fontsize=10, color=INK)
        strip = axes.inset_axes((0.0, -0.24, 1.0, 0.035))  # in the square's own measures: it stays with it
        bar = figure.colorbar(shown, cax=strip, orientation="horizontal")
        low, high = shown.get_clim()
        bar.set_ticks([low, high], labels=[_tidy(low), _tidy(high)])
        for text, side in zip(bar.ax.get_xticklabels(), ("left", "right"), strict=True):
            text.set_horizontalalignment(side)
        bar.ax.tick_params(length=0, labelsize=8, colors=FAINT)
        bar.outline.set_visible(False)
    squares[0].set_ylabel("second action", fontsize=9)
    note = "Dots: draws of the policy"
    if temperature:
        note += f"; bold line: around {100 * SHARE:.0f} % of exp(Q / T), T = {temperature:g}"
    last = squares[-1]
    written = last.text(1, -0.36, note, fontsize=8, color=FAINT, ha="right", va="top", transform=last.transAxes)
    written.set_in_layout(False)  # it may run on below the other squares
    figure.suptitle(title, x=0.01, ha="left", fontsize=12, color=INK)
    return figure


def draw_world(axes: Any, scene: Scene) -> None:
    """Draw a scene: how good it is to stand somewhere in faint green, its walls and its goals."""
    left, right, bottom, top = scene.limits
    if scene.background is not None:
        rows, columns = scene.background.shape
        x, y = np.linspace(left, right, columns), np.linspace(bottom, top, rows)
        low, high = scene.background.min(), scene.background.max()
        levels = np.linspace(low, high if high > low else low + 1, 13)
        axes.contourf(x, y, scene.background, levels=levels, cmap=TINT)
        axes.contour(x, y, scene.background, levels=levels, colors="white", linewidths=0.9, linestyles="solid")
    for wall in scene.walls:
        axes.add_patch(
            Rectangle((wall[0], wall[2]), wall[1] - wall[0], wall[3] - wall[2], color=WALL, linewidth=0, zorder=2)
        )
    for index, goal in enumerate(scene.goals):
        axes.add_patch(Circle(goal, scene.radius, facecolor=GREEN, alpha=0.25, linewidth=0, zorder=3))
        axes.add_patch(Circle(goal, scene.radius, fill=False, edgecolor=GREEN, linewidth=1.4, zorder=3))
        if len(scene.names):
            name = axes.annotate(scene.names[index], goal, ha="center", va="center", fontsize=8, color=INK, zorder=6)
            name.set_path_effects([withStroke(linewidth=2.5, foreground="white", alpha=0.8)])
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axes.set_xlabel(scene.labels[0], fontsize=9)
    axes.set_ylabel(scene.labels[1], fontsize=9)
    _quiet(axes)


def level_holding(q: ArrayLike, temperature: float, share: float = SHARE) -> float:
    """The value of Q above which exp(Q / T) holds a share of its mass over the square of actions.

    Args:
        q: (g, g) over the square, edges included.
        temperature: T > 0, reward units.
        share: from 0 to 1.
    """
    q = np.asarray(q, dtype=float)
    edge = np.ones(len(q))
    edge[[0, -1]] = 0.5  # a node on the edge stands for half a cell
    mass = np.exp((q - q.max()) / temperature) * edge * edge[:, None]
    order = np.argsort(-q, axis=None, kind="stable")
    held = np.cumsum(mass.ravel()[order])
    return float(q.ravel()[order[np.searchsorted(held, share * held[-1])]])


def draw_paths(axes: Any, paths: Array) -> None:
    """Thin lines, with a dot where each of them ends."""
    axes.add_collection(LineCollection(list(paths), colors=BLUE, linewidths=0.9, alpha=0.45, zorder=3))
    ends = [path[np.isfinite(path[:, 0])][-1] for path in paths if np.isfinite(path[:, 0]).any()]
    axes.plot(*np.reshape(ends, (-1, 2)).T, ".", color=BLUE, markersize=4, alpha=0.7, zorder=3)


def _draw_agent(axes: Any, scene: Scene, letter: str, place: Array, draws: Array) -> None:
    """The agent at one place, where its draws would take it, and the letter of its square."""
    ends = place + scene.move * draws
    axes.add_collection(
        LineCollection([(place, end) for end in ends], colors=RED, linewidths=0.5, alpha=0.35, zorder=4)
    )
    axes.plot(*ends.T, ".", color=RED, markersize=2.5 if len(draws) > 1 else 5, zorder=4)
    axes.plot(*place, "o", color=RED, markeredgecolor="white", markersize=13, zorder=5)
    axes.annotate(letter, place, ha="center", va="center", fontsize=8, color="white", weight="bold", zorder=6)


def _draw_square(axes: Any, values: Array, draws: Array, temperature: float | None) -> Any:
    """Q over the square of actions as colours and lines, and the draws."""
    at = np.linspace(-1, 1, len(values))
    shown = axes.pcolormesh(at, at, values, cmap="viridis", shading="gouraud")
    flat = np.ptp(values) <= 1e-9 * max(1.0, abs(values.max()))
    if not flat:
        levels = np.linspace(values.min(), values.max(), 11)[1:-1]
        axes.contour(at, at, values, levels=levels, colors="white", linewidths=0.6, alpha=0.55, linestyles="solid")
        if temperature:
            level = level_holding(values, temperature)
            line = axes.contour(at, at, values, levels=[level], colors="white", linewidths=2.0, linestyles="solid")
            line.set_path_effects([withStroke(linewidth=3.6, foreground="black", alpha=0.45)])
    size = 4.5 if len(draws) > 1 else 8
    axes.plot(*draws.T, "o", color=RED, markeredgecolor="white", markeredgewidth=0.8, markersize=size, clip_on=False)
    axes.set(xlim=(-1, 1), ylim=(-1, 1), aspect="equal", xticks=(-1, 0, 1), yticks=(-1, 0, 1))
    axes.set_xlabel("first action", fontsize=9)
    _quiet(axes)
    return shown


def _quiet(axes: Any) -> None:
    axes.tick_params(length=0, labelsize=8, colors=FAINT)
    axes.spines[:].set_visible(False)
    axes.set_anchor("N")  # the tops of world and squares in one line


def _tidy(value: float) -> str:
    """One decimal and a true minus, and no minus before zero."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")
