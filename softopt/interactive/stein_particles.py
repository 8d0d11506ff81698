"""Stein particles under two sliders: how draws from exp(Q / T) are made without its normaliser.

Without the repulsion every particle climbs, and ends on a peak. With it they keep apart, and spread as exp(Q / T) does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from softopt.deep.stein_paths import Peaks, SteinPaths
from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, Lines, Scatter
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure
from softopt.plotting.figure import INK, RED

Array = NDArray[np.float64]
CELLS = 61  # of the map, along each axis


def explore_stein(paths: SteinPaths) -> Explorer:
    """Show the particles over exp(Q / T), the share on each peak, and how far they spread, step by step.

    Args:
        paths: from :func:`softopt.deep.stein_paths.stein_paths`.
    """
    peaks = paths.peaks
    step = Slider("step", paths.steps, labels=[str(k) for k in paths.steps], start=len(paths.steps) - 1)
    weight = Slider("weight of the repulsion", paths.weights, labels=[f"{w:g}" for w in paths.weights], start=0)
    shape, extent = (step.values.size, weight.values.size), _extent(peaks)
    held = paths.held
    return Explorer(
        [step, weight],
        [
            [
                Scatter(
                    "Particles over exp(Q / T)",
                    paths.particles,
                    _map(peaks, extent),
                    extent=extent,
                    x_label="first action",
                    y_label="second action",
                    limits=(0.0, 1.0),
                ),
                Lines(
                    "Spread over that of exact draws",
                    {"particles": paths.spread, "√weight": np.broadcast_to(np.sqrt(paths.weights), shape)},
                ),
            ],
            [
                Bars(
                    "Share on each peak",
                    [f"at ({x:g}, {y:g})".replace("-", "−") for x, y in peaks.centres],
                    {"particles": held, "exp(Q / T) / Z": np.broadcast_to(peaks.weights, held.shape)},
                    limits={"particles": (0.0, 1.0), "exp(Q / T) / Z": (0.0, 1.0)},
                ),
                Lines("Distance to the nearest other", {"particles": paths.apart, "exact draws": paths.exact_apart}),
            ],
        ],
        [[_finding(paths, f, g) for g in range(shape[1])] for f in range(shape[0])],
        name="Stein particles",
        picture=lambda: stein_figure(paths),
    )


def stein_figure(paths: SteinPaths) -> DescribedFigure:
    """Still version: where the particles start, and where they end without and with the repulsion."""
    shown = [(0, 0, "the start"), (-1, 0, "without repulsion"), (-1, -1, "with repulsion")]
    last = len(paths.steps) - 1
    figure = DescribedFigure(alt=f"{_finding(paths, last, 0)} {_finding(paths, last, -1)}", figsize=(9.6, 4.0))
    extent = _extent(paths.peaks)
    for axes, (f, g, caption) in zip(figure.subplots(1, len(shown), sharey=True), shown, strict=True):
        axes.imshow(_map(paths.peaks, extent), origin="lower", extent=extent, cmap="cividis", aspect="equal")
        axes.scatter(*paths.particles[f, g].T, s=22, color=RED, edgecolors="white", linewidths=0.6)
        axes.set(xlim=extent[:2], ylim=extent[2:], xlabel="first action")
        axes.set_title(caption, fontsize=10, color=INK)
    figure.axes[0].set_ylabel("second action")
    figure.suptitle("Without the push every particle climbs; with it they spread", x=0.01, ha="left", fontsize=11)
    return figure


def _extent(peaks: Peaks) -> tuple[float, float, float, float]:
    """A rectangle with room for every peak."""
    low, high = peaks.centres.min(axis=0) - 3.5 * peaks.width, peaks.centres.max(axis=0) + 3.5 * peaks.width
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def _map(peaks: Peaks, extent: tuple[float, float, float, float]) -> Array:
    """(CELLS, CELLS) of exp(Q / T) at the middle of each cell, lowest row first, one at its highest."""
    share = (np.arange(CELLS) + 0.5) / CELLS
    x, y = extent[0] + share * (extent[1] - extent[0]), extent[2] + share * (extent[3] - extent[2])
    log_density = peaks.log_density(np.stack(np.meshgrid(x, y), axis=-1))
    return np.exp(log_density - log_density.max())


def _finding(paths: SteinPaths, f: int, g: int) -> str:
    """How many peaks hold particles, how far apart these are, and how far they spread."""
    holding, count = int((paths.held[f, g] > 0).sum()), len(paths.peaks.weights)
    return (
        f"After {paths.steps[f]} steps with the repulsion weighted {paths.weights[g]:g}, {holding} of {count} peaks "
        f"hold particles; the nearest other is {readable(paths.apart[f, g], 2)} away on average, and the distance from "
        f"the peak is {paths.spread[f, g]:.2f} times that of exact draws."
    )
