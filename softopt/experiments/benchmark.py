"""The recorded benchmark: soft actor-critic beside DDPG, and what others have published.

It draws the recordings that are there and says how many seeds each has; one that is not there yet is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from softopt.plotting.figure import DescribedFigure
from softopt.plotting.learning_curves import Curves, Published, learning_curves
from softopt.runs import Recording, load
from softopt.runs.statistics import interquartile_mean, interval

ALGORITHMS = {"sac": "soft actor-critic", "ddpg": "DDPG"}
TASKS = {"halfcheetah": "HalfCheetah", "hopper": "Hopper"}
# Tianshou's and Spinning Up's own pages of results: 10 seeds each, environments of version 3.
PUBLISHED = {
    "HalfCheetah": (
        Published(9059, "SAC after 300k, Tianshou: 9059"),
        Published(11496, "SAC after 1M, Spinning Up: 11496"),
    ),
    "Hopper": (
        Published(3388, "SAC after 300k, Tianshou: 3388"),
        Published(1241, "DDPG after 300k, Tianshou: 1241"),
    ),
}
NOTHING = "No benchmark is recorded here yet; `python -m softopt record sac/halfcheetah` makes one."


def recorded(names: Iterable[str]) -> dict[str, Recording]:
    """Those of the named recordings that are there."""
    found = {}
    for name in names:
        try:
            found[name] = load(name)
        except FileNotFoundError:
            continue
    return found


def benchmark() -> dict[str, dict[str, Recording]]:
    """Task -> algorithm -> its runs, as far as they are recorded."""
    found = recorded(f"{algorithm}/{task}" for task in TASKS for algorithm in ALGORITHMS)
    tasks = {
        title: {said: found[f"{short}/{task}"] for short, said in ALGORITHMS.items() if f"{short}/{task}" in found}
        for task, title in TASKS.items()
    }
    return {task: runs for task, runs in tasks.items() if runs}


def summary(recordings: Mapping[str, Mapping[str, Recording]]) -> list[str]:
    """A line a recording: interquartile mean at the end, its interval, and every seed; or that there is none."""
    said = [] if recordings else [NOTHING]
    for task, algorithms in recordings.items():
        for algorithm, recording in algorithms.items():
            ends = recording.curves["return"][:, -1]
            low, high = (float(end) for end in interval(ends))
            bounds = "" if np.isnan(low) else f" [{low:.0f}, {high:.0f}]"
            steps = int(recording.curves["step"][0, -1])
            said.append(
                f"{task}, {algorithm}, {len(ends)} {'seed' if len(ends) == 1 else 'seeds'}, {steps} steps: "
                f"{float(interquartile_mean(ends)):.0f}{bounds}; seeds {', '.join(f'{end:.0f}' for end in ends)}"
            )
    return said


def benchmark_figure(recordings: Mapping[str, Mapping[str, Recording]]) -> DescribedFigure:
    """Learning curves of every recording, with published returns as lines across; the title says how they ended."""
    if not recordings:
        figure = DescribedFigure(alt=NOTHING, figsize=(7.2, 1.0))
        figure.text(0.02, 0.5, NOTHING, fontsize=10)
        return figure
    panels = {
        task: {algorithm: curves_of(recording) for algorithm, recording in algorithms.items()}
        for task, algorithms in recordings.items()
    }
    ends = [
        f"{task}: " + ", ".join(f"{algorithm} {curves.middle[-1]:.0f}" for algorithm, curves in panel.items())
        for task, panel in panels.items()
    ]
    return learning_curves(
        panels,
        title="Where they end\n" + "\n".join(ends),
        alt=f"Learning curves; interquartile means at the end: {'; '.join(ends)}.",
        published={task: PUBLISHED[task] for task in panels},
    )


def curves_of(recording: Recording, quantity: str = "return") -> Curves:
    """One column of a recording's curves: each seed, their interquartile mean and its bootstrap interval."""
    runs = recording.curves[quantity]
    low, high = interval(runs)
    return Curves(recording.curves["step"][0], runs, interquartile_mean(runs, axis=0), low, high)
