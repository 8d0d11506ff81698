"""What made it robust? Success against push strength, by how the arm was trained and by whether it looks (7:26)."""

from __future__ import annotations

from collections.abc import Mapping

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from softopt.envs import Rollout
from softopt.experiments.arm import DIRECTIONS, MOMENTS, WAYS, matched, pushed_film, table_of
from softopt.interactive.replay import Replay
from softopt.plotting.bands import Band, bands
from softopt.plotting.figure import DescribedFigure
from softopt.runs import load
from softopt.runs.measured import measured
from softopt.runs.statistics import interquartile_mean, interval

Array = NDArray[np.float64]
STRONG = 150.0  # newtons, of the sentence in the title


def shares(name: str, closed: bool, direction: float | None = None, at: float | None = None) -> Band:
    """Share of the starts that end seated against push strength, a run a seed.

    Args:
        name: of a recording, a value of :data:`softopt.experiments.arm.WAYS`.
        closed: of the policy, or of its replayed torques.
        direction: of the push, degrees; None averages over all.
        at: seconds; None averages over all.
    """
    table = measured(table_of("pushes", name))
    strengths, seeds = np.unique(table["push"]), np.unique(table["seed"])

    def share(seed: float, push: float) -> float:
        """Nothing to replay differently without a push: there both are the same."""
        rows = (table["seed"] == seed) & (table["push"] == push)
        if push:
            rows &= table["closed"] == closed
            rows &= True if direction is None else table["direction"] == direction
            rows &= True if at is None else table["at"] == at
        return float(table["seated"][rows].mean())

    runs = np.array([[share(seed, push) for push in strengths] for seed in seeds])
    return Band(strengths, runs, interquartile_mean(runs, 0), *interval(runs))


def pushes_figure() -> DescribedFigure:
    """Left: the soft arm by its policy and by replay. Right: three ways of training, equally good without a push."""
    soft = next(iter(WAYS.values()))
    left = {"the policy": shares(soft, True), "its torques, replayed": shares(soft, False)}
    right = {way: shares(name, True) for way, name in WAYS.items()}
    told = "; ".join(
        f"{who} {100 * float(np.interp(STRONG, band.x, band.middle)):.0f} %" for who, band in (left | right).items()
    )
    return _push_bands(
        {"looking, or not": left, "three ways of training": right},
        title=f"Seated after a push of {STRONG:.0f} N: {told}",
        alt=f"Share of the starts that end seated against the strength of the push. At {STRONG:.0f} N: {told}.",
    )


def moments_figure() -> DescribedFigure:
    """The soft arm's policy, a panel a moment of the push, a band a direction."""
    soft = next(iter(WAYS.values()))
    names = dict(zip(DIRECTIONS, ("away from the arm", "to its left", "towards the arm", "to its right"), strict=True))
    panels = {
        f"push after {at:g} s": {said: shares(soft, True, angle, at) for angle, said in names.items()} for at in MOMENTS
    }
    told = "; ".join(
        f"{panel}: {100 * float(np.mean([b.middle[-1] for b in found.values()])):.0f} %"
        for panel, found in panels.items()
    )
    strongest = next(iter(next(iter(panels.values())).values())).x[-1]
    return _push_bands(
        panels,
        title=f"The soft arm, seated after {strongest:.0f} N, mean over the directions. {told.capitalize()}",
        alt=f"Share seated against the strength of the push, by direction and moment. At {strongest:.0f} N: {told}.",
    )


def _push_bands(panels: Mapping[str, Mapping[str, Band]], *, title: str, alt: str) -> DescribedFigure:
    return bands(
        panels, title=title, alt=alt, x_labels="push for 0.4 s (N)", y_label="share seated", y_limits=(-0.03, 1.03)
    )


def matched_table() -> str:
    """Which policies are compared, in markdown: the level, and the step of each seed."""
    level, chosen = matched()
    rows = [f"| way | seed: steps until {level:.0%} of the starts are seated | seeds that never are |", "|---|---|---|"]
    for way, name in WAYS.items():
        steps = ", ".join(f"{seed}: {step:,}" for seed, step in chosen[name].items())
        missing = sorted(set(range(5)) - set(chosen[name]))
        rows.append(f"| {way} | {steps} | {', '.join(map(str, missing)) or 'none'} |")
    return "\n".join(rows)


def push_yourself(seed: int = 0, start: int = 0) -> Replay:
    """Set strength, direction and moment of a push; the kernel simulates the policy, and the replay beside it.

    Args:
        seed: of the recorded soft arm, with what it had learned at the end.
        start: seed of the start.
    """
    agent = load(next(iter(WAYS.values()))).agent(seed)
    wide = {"description_width": "initial"}
    push = ipywidgets.IntSlider(70, 0, 300, 10, description="push (N)", continuous_update=False, style=wide)
    direction = ipywidgets.IntSlider(90, 0, 345, 15, description="direction (°)", continuous_update=False, style=wide)
    at = ipywidgets.FloatSlider(
        0.1, min=0, max=2.0, step=0.05, description="after (s)", continuous_update=False, style=wide
    )

    def make(push: float, direction: float, at: float) -> list[Rollout]:
        pushed = {"push": push, "direction": direction, "at": at}
        return [pushed_film(agent, start, closed=closed, **pushed) for closed in (True, False)]

    return Replay(make, {"push": push, "direction": direction, "at": at}, name="Push it yourself", follow=False)
