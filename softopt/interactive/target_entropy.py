"""The learned temperature at several target entropies, from recorded runs: what it does, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.ticker import LogLocator, NullFormatter
from numpy.typing import NDArray

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure
from softopt.plotting.figure import PALETTE, finish
from softopt.runs import Recording
from softopt.runs.statistics import interquartile_mean

Array = NDArray[np.float64]
MIDDLE, LOWEST, HIGHEST, TARGET = "interquartile mean", "lowest seed", "highest seed", "target"
SHOWN = {
    "temperature": "Temperature T (reward units a nat)",
    "entropy": "Entropy of the policy (nats)",
    "return": "Return with the mean action",
}


def explore_target_entropies(recordings: Mapping[float, Recording]) -> Explorer:
    """Show temperature, entropy and return over training, under a slider for the target entropy.

    Each panel has the interquartile mean over the seeds, and the lowest and the highest seed at every step.

    Args:
        recordings: target entropy in nats -> its runs, all with the same steps; at least two.
    """
    targets = sorted(recordings)
    slider = Slider("target entropy", targets, labels=[f"{readable(t)} nats" for t in targets])
    steps = recordings[targets[0]].curves["step"][0]
    runs = {name: [recordings[t].curves[name] for t in targets] for name in SHOWN}
    panels = []
    for name, title in SHOWN.items():
        curves = {
            MIDDLE: np.array([interquartile_mean(seeds, axis=0) for seeds in runs[name]]),
            LOWEST: np.array([seeds.min(axis=0) for seeds in runs[name]]),
            HIGHEST: np.array([seeds.max(axis=0) for seeds in runs[name]]),
        }
        if name == "entropy":
            curves[TARGET] = np.repeat(np.array(targets)[:, None], len(steps), axis=1)
        panels.append(
            Lines(title, curves, x=steps, x_label="environment step", logarithmic=bool(name == "temperature"))
        )
    return Explorer(
        [slider],
        [panels],
        [_sentence(target, *(runs[name][k][:, -1] for name in SHOWN)) for k, target in enumerate(targets)],
        name="A learned temperature",
        picture=lambda: target_entropy_figure(recordings),
    )


def target_entropy_figure(recordings: Mapping[float, Recording]) -> DescribedFigure:
    """Small multiples: temperature, entropy and return over training, a colour a target, a thin line a seed."""
    targets = sorted(recordings)
    ends = {name: [interquartile_mean(recordings[t].curves[name][:, -1]) for t in targets] for name in SHOWN}
    figure = DescribedFigure(
        alt="Temperature, entropy and return over training at each target entropy. At the end: "
        + "; ".join(
            f"target {readable(t)}, temperature {readable(T, 2)}, entropy {readable(h, 2)}, return {readable(r)}"
            for t, T, h, r in zip(targets, *ends.values(), strict=True)
        )
        + ".",
        figsize=(11.0, 3.6),
    )
    for axes, (name, title) in zip(figure.subplots(1, len(SHOWN)), SHOWN.items(), strict=True):
        for target, colour in zip(targets, PALETTE, strict=False):
            curves = recordings[target].curves
            for step, seed in zip(curves["step"], curves[name], strict=True):
                axes.plot(step, seed, color=colour, linewidth=0.6, alpha=0.5)
            axes.plot(curves["step"][0], interquartile_mean(curves[name], axis=0), color=colour, label=f"{target:g}")
            if name == "entropy":
                axes.axhline(target, color=colour, linewidth=0.8, linestyle=":")
        if name == "temperature":
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter("{x:g}")
            axes.yaxis.set_minor_formatter(NullFormatter())
        finish(axes, title=title, x="environment step", y="")
    axes.legend(title="target (nats)", frameon=False, fontsize=8, title_fontsize=8)
    figure.suptitle(
        "The more random a policy has to be, the more a nat has to be worth", x=0.01, ha="left", fontsize=12
    )
    return figure


def _sentence(target: float, temperature: Array, entropy: Array, earned: Array) -> str:
    """How the runs at one target ended."""
    low, high = earned.min(), earned.max()
    return (
        f"Held to {readable(target)} nats, the policy ends at {readable(float(interquartile_mean(entropy)), 2)} nats; "
        f"for that a nat must be worth {readable(float(interquartile_mean(temperature)), 2)}, and the "
        f"{len(earned)} seeds earn {readable(low)} to {readable(high)}."
    )
