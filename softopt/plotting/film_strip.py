"""A film strip: a body at a few moments of a rollout, from the side, above what its feet and its pitch did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.collections import PolyCollection
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from softopt.envs.rollout import Geom, Rollout
from softopt.plotting.figure import BLUE, GREEN, INK, PURPLE, RED, DescribedFigure, finish

COLOURS = (BLUE, RED, GREEN, PURPLE)
GROUND, REST = "#D5DCE3", "#E9EDF1"
Box = tuple[float, float, float]  # greatest width, lowest and highest point, metres
ROUND = np.linspace(0, 2 * np.pi, 25)[:-1]


def film_strip(
    *rollouts: Rollout,
    title: str,
    alt: str,
    times: ArrayLike | None = None,
) -> DescribedFigure:
    """Draw each rollout at a few moments in one row, and below it a contact raster and the pitch over time.

    Args:
        *rollouts: one or more; each has a row and a colour.
        title: the finding, in a sentence.
        alt: the finding for a reader who cannot see the figure.
        times: seconds at which the bodies are shown; None takes six, evenly over the longest rollout.

    Raises:
        ValueError: no rollout, or no time.
    """
    if not rollouts:
        raise ValueError("a film strip needs at least one rollout.")
    longest = max(rollout.duration for rollout in rollouts)
    moments = np.linspace(longest / 6, longest, 6) if times is None else np.atleast_1d(np.asarray(times, dtype=float))
    if moments.size == 0:
        raise ValueError("a film strip needs at least one time; leave times out for six.")
    frames = [[int(np.clip(round(t / r.dt) - 1, 0, len(r) - 1)) for t in moments] for r in rollouts]
    bodies = [_outlines(rollout, chosen) for rollout, chosen in zip(rollouts, frames, strict=True)]
    extents = [np.concatenate(body) for row in bodies for body in row]
    widest = max(float(np.ptp(extent[:, 0])) for extent in extents)
    grounds = [rollout.ground for rollout in rollouts if rollout.ground is not None]
    bottom = min([*grounds, *(float(extent[:, 1].min()) for extent in extents)])
    box = (widest, bottom, max(float(extent[:, 1].max()) for extent in extents))
    lower = [bool(rollout.contacts) + ("pitch" in rollout.series) for rollout in rollouts]
    heights = [part for count in lower for part in (1.0, *[0.62] * count)]
    figure = DescribedFigure(alt=alt, figsize=(9.0, 0.35 + sum(1.45 * part for part in heights)))
    rows = iter(figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0])
    for k, rollout in enumerate(rollouts):
        colour = COLOURS[k % len(COLOURS)]
        _bodies(next(rows), rollout, bodies[k], frames[k], box, colour)
        if rollout.contacts:
            _raster(next(rows), rollout, longest, colour)
        if "pitch" in rollout.series:
            _pitch(next(rows), rollout, longest, colour)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK)
    return figure


def silhouette(geom: Geom, position: ArrayLike, orientation: ArrayLike) -> NDArray[Any]:
    """Return the outline of a geom seen from the side, (P, 2) points (x, z) in order.

    Args:
        geom: the shape.
        position: (3,) its centre, metres.
        orientation: (4,) its unit quaternion (w, x, y, z).
    """
    axes = Rotation.from_quat(np.asarray(orientation, dtype=float), scalar_first=True).as_matrix()[[0, 2]]
    circle = np.stack([np.cos(ROUND), np.sin(ROUND)], axis=-1)
    if geom.kind in ("sphere", "capsule"):  # the discs at both ends, whatever way it is turned
        half = np.array([0, 0, geom.size[1] if geom.kind == "capsule" else 0.0])
        ends = np.array([half, -half]) @ axes.T
        points = (ends[:, None] + geom.size[0] * circle).reshape(-1, 2)
    elif geom.kind == "cylinder":
        rims = [[*(geom.size[0] * point), end] for end in (-geom.size[1], geom.size[1]) for point in circle]
        points = np.array(rims) @ axes.T
    elif geom.kind == "ellipsoid":  # the shadow of a stretched ball is an ellipse with this covariance
        stretched = axes * np.asarray(geom.size)
        points = circle @ np.linalg.cholesky(stretched @ stretched.T).T
    else:
        corners = np.array(np.meshgrid(*[[-1, 1]] * 3)).reshape(3, -1).T * np.asarray(geom.size)
        points = corners @ axes.T
    outline = points[ConvexHull(points).vertices]
    return outline + np.asarray(position, dtype=float)[[0, 2]]


def _outlines(rollout: Rollout, frames: Sequence[int]) -> list[list[NDArray[Any]]]:
    """The outlines of all geoms that move, at each of the frames, the body's middle at x = 0."""
    moving = [k for k, geom in enumerate(rollout.geoms) if geom.body != "world"] or list(range(len(rollout.geoms)))
    middle = rollout.middle
    return [
        [
            silhouette(rollout.geoms[k], rollout.position[t, k], rollout.orientation[t, k]) - [middle[t, 0], 0.0]
            for k in moving
        ]
        for t in frames
    ]


def _bodies(axes: Any, rollout: Rollout, bodies: list[list[NDArray[Any]]], frames: Any, box: Box, colour: str) -> None:
    """Bodies side by side, each over its own place on the ground, all at one scale."""
    widest, bottom, top = box
    pitch, margin = 1.15 * widest, 0.08 * widest
    ground = bottom if rollout.ground is None else rollout.ground
    for k, (body, t) in enumerate(zip(bodies, frames, strict=True)):
        shifted = [part + np.array([k * pitch, 0.0]) for part in body]
        axes.add_collection(PolyCollection(shifted, facecolor=colour, edgecolor="white", linewidth=0.6))
        caption = f"{(t + 1) * rollout.dt:.2f} s, {rollout.middle[t, 0]:.1f} m".replace("-", "−")
        axes.text(k * pitch, ground - 1.5 * margin, caption, ha="center", va="top", fontsize=8, color=INK)
    axes.axhline(ground, color=GROUND, linewidth=2, zorder=0)
    limits = {"xlim": (-0.6 * pitch, (len(bodies) - 0.4) * pitch), "ylim": (bottom - 4 * margin, top + margin)}
    axes.set(**limits, aspect="equal")
    axes.axis("off")
    name = f"{rollout.title}: {rollout.subtitle}" if rollout.subtitle else rollout.title
    axes.set_title(name, loc="left", fontsize=10, color=colour)


def _raster(axes: Any, rollout: Rollout, longest: float, colour: str) -> None:
    step = rollout.dt / rollout.substeps
    count = len(rollout.contacts)
    for k, contact in enumerate(rollout.contacts):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], contact.touching, [0]]).astype(int))) * step
        spans = [(start, end - start) for start, end in edges.reshape(-1, 2)]
        axes.broken_barh([(0, rollout.duration)], (count - 1 - k + 0.15, 0.7), facecolor=REST)
        axes.broken_barh(spans, (count - 1 - k + 0.15, 0.7), facecolor=colour)
    last = "pitch" not in rollout.series
    finish(axes, title="", x="time (s)" if last else "", y="")
    axes.grid(False)
    axes.set(xlim=(0, longest), ylim=(0, count), yticks=np.arange(count) + 0.5)
    axes.set_yticklabels([contact.name for contact in reversed(rollout.contacts)], fontsize=8)
    axes.tick_params(labelbottom=last, left=False)


def _pitch(axes: Any, rollout: Rollout, longest: float, colour: str) -> None:
    time = rollout.dt * np.arange(1, len(rollout) + 1)
    axes.plot(time, np.degrees(rollout.series["pitch"]), color=colour, linewidth=1.2)
    finish(axes, title="", x="time (s)", y="pitch (°)")
    axes.set_xlim(0, longest)
