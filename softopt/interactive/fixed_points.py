"""Where a backup of one unknown meets the diagonal: the Boltzmann average beside mellowmax, under a slider."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Lines
from softopt.interactive.slider import Slider, readable
from softopt.operators import mellowmax
from softopt.plotting import DescribedFigure, lines
from softopt.tabular import MDP
from softopt.tabular.learning import backup_curve, boltzmann_average, boltzmann_fixed_points, mellowmax_fixed_point

Array = NDArray[np.float64]
POINTS = 401  # of a curve


def explore_fixed_points(mdp: MDP, betas: ArrayLike, *, start: int | None = None) -> Explorer:
    """Show ``f(x)``, the diagonal and every crossing as the inverse temperature moves.

    Args:
        mdp: exactly one state goes on, so that a backup is one curve.
        betas: (F,) increasing, finite; the omega of mellowmax is the same number.
        start: index of the beta that is shown first.

    Raises:
        ValueError: the MDP has another number of unknowns, or a beta is out of range.

    Source: the plot of Asadi and Littman (2017), here with all crossings.
    """
    slider = Slider("beta", betas, start=start)
    found = [boltzmann_fixed_points(mdp, float(beta)) for beta in slider.values]
    mellow = np.array([mellowmax_fixed_point(mdp, float(beta)) for beta in slider.values])
    low, high = _range(found, mellow)
    x = np.linspace(low, high, POINTS)
    boltzmann = np.array([backup_curve(mdp, lambda q, b=b: boltzmann_average(q, b), x) for b in slider.values])
    smooth = np.array([backup_curve(mdp, lambda q, b=b: mellowmax(q, b), x) for b in slider.values])
    crossings = np.full_like(boltzmann, np.nan)
    for row, points in zip(crossings, found, strict=True):
        row[np.abs(x - points[:, None]).argmin(axis=1)] = 0.0
    gap = boltzmann - x
    near = _magnified(gap, x, found)
    return Explorer(
        [slider],
        [
            [
                Lines(
                    "f(x) and the diagonal",
                    {"Boltzmann average": boltzmann, "mellowmax": smooth, "x": np.tile(x, (len(found), 1))},
                    x=x,
                    x_label="x, value of the state",
                ),
                Lines(
                    "f(x) − x, magnified",
                    {"Boltzmann average": np.where(np.abs(gap) <= near, gap, np.nan), "fixed points": crossings},
                    x=x,
                    x_label="x, value of the state",
                    limits=(-near, near),
                ),
                Lines(
                    "Fixed points",
                    {
                        "Boltzmann, highest": np.array([points[-1] for points in found]),
                        "Boltzmann, between": np.array(
                            [points[points.size // 2] if points.size > 1 else np.nan for points in found]
                        ),
                        "Boltzmann, lowest": np.array([points[0] for points in found]),
                        "mellowmax": mellow,
                    },
                ),
            ]
        ],
        [_finding(*frame) for frame in zip(slider.labels, found, mellow, strict=True)],
        name="Fixed points of two soft maxima",
        picture=lambda: gaps(slider, x, gap, found, mellow, near),
    )


def gaps(slider: Slider, x: Array, gap: Array, found: list[Array], mellow: Array, near: float) -> DescribedFigure:
    """Small multiple of the explorer: ``f(x) - x`` of the Boltzmann average below, inside and above the window."""
    most = max(points.size for points in found)
    inside = [k for k, points in enumerate(found) if points.size == most]
    shown = sorted({0, inside[len(inside) // 2], len(found) - 1})
    curves = {f"beta {slider.labels[k]}": np.where(np.abs(gap[k]) <= near, gap[k], np.nan) for k in shown}
    return lines(
        x,
        {**curves, "zero": np.zeros_like(x)},
        title=f"Up to {most} fixed points of the Boltzmann average" if most > 1 else "One fixed point at each beta",
        x_label="x, value of the state (reward units)",
        y_label="f(x) − x (reward units)",
        alt=" ".join(_finding(slider.labels[k], found[k], mellow[k]) for k in shown),
    )


def _range(found: list[Array], mellow: Array) -> tuple[float, float]:
    """Every fixed point of every frame, with a margin on both sides."""
    every = np.concatenate([*found, mellow])
    margin = 0.25 * max(float(np.ptp(every)), 1e-3)
    return float(every.min() - margin), float(every.max() + margin)


def _magnified(gap: Array, x: Array, found: list[Array]) -> float:
    """Largest gap, over all frames, where several crossings lie: there the curve all but touches the diagonal."""
    several = [points for points in found if points.size > 1]
    if not several:
        return float(np.abs(gap).max())
    among = (x >= min(points[0] for points in several)) & (x <= max(points[-1] for points in several))
    return float(1.2 * np.abs(gap[:, among]).max())


def _finding(beta: str, points: Array, mellow: float) -> str:
    """One sentence that is true of one frame."""
    places = [readable(point) for point in points]
    listed = places[0] if len(places) == 1 else f"{', '.join(places[:-1])} and {places[-1]}"
    many = "one fixed point" if len(places) == 1 else f"{len(places)} fixed points"
    return f"At beta {beta} the Boltzmann average has {many}, {listed}; mellowmax has one, {readable(mellow)}."
