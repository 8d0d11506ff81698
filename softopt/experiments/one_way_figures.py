"""What is drawn of one direction alone paying, for the puck and for the spider (3:30 to 5:20 in the lecture)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from softopt.experiments.one_way import ANGLES, PUCK, Task, off, tuned
from softopt.plotting.courses import courses
from softopt.plotting.figure import DescribedFigure
from softopt.plotting.learning_curves import Curves, learning_curves
from softopt.plotting.points import points
from softopt.runs import load
from softopt.runs.measured import measured
from softopt.runs.statistics import interquartile_mean, interval

Array = NDArray[np.float64]


def curves_figure(task: Task = PUCK) -> DescribedFigure:
    """Way in the direction that pays over fine-tuning, a panel an algorithm: every run, the middle and its interval."""
    panels, told = {}, []
    for said, name in task.algorithms.items():
        panels[said] = {}
        for kind, before in (("pre-trained", True), ("from scratch", False)):
            runs = tuned(name, before, task)
            low, high = _interval(runs.along)
            panels[said][kind] = Curves(runs.step, runs.along, interquartile_mean(runs.along, 0), low, high, "run")
        told.append(f"{said} {interquartile_mean(tuned(name, task=task).early):.1f}")
    early = "; ".join(told)
    return learning_curves(
        panels,
        title=f"Way in the direction that pays. Pre-trained, mean of the first {task.until} steps: {early}",
        alt=f"Way in the direction that pays, a line a run. Pre-trained, first {task.until} steps: {early}.",
        y_label=f"{task.way}, mean of 64 rollouts",
        one_scale=True,
    )


def table(task: Task = PUCK) -> str:
    """A row a condition, in markdown: the first part of the curve with its interval, its worst run, and the end."""
    columns = ["agent", f"{task.way}, mean up to step {task.until} (95 % interval)", "worst and best run", "at the end"]
    rows = []
    for kind, before in (("pre-trained", True), ("from scratch", False)):
        for said, name in task.algorithms.items():
            runs = tuned(name, before, task)
            low, high = _interval(runs.early)
            early = f"{interquartile_mean(runs.early):.2f} ({low:.2f} to {high:.2f})"
            end = f"{interquartile_mean(runs.along[:, -1]):.2f}"
            rows.append([f"{said}, {kind}", early, f"{runs.early.min():.2f}, {runs.early.max():.2f}", end])
            if task.before:
                came = measured(f"{task.before}/{name}")["along"]
                rows[-1].insert(1, f"{interquartile_mean(came):.2f}" if before else "–")
    if task.before:
        columns.insert(1, "before it learned there")
    if task.paper:
        columns.append("the paper: return in a wide and in a narrow hallway")
        rows = [[*row, task.paper.get(row[0], "–")] for row in rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, ["---"] * len(columns), *rows))


def off_figure(task: Task = PUCK) -> DescribedFigure:
    """How fast each pre-trained agent is fine-tuned, against how far off its direction was."""
    names = {said: task.algorithms[said] for said in ("soft Q-learning", "DDPG")}
    x = {said: off(name, task) for said, name in names.items()}
    y = {said: tuned(name, True, task).early for said, name in names.items()}
    far = {said: np.median(y[said][x[said] > 90]) for said in names}
    near = {said: np.median(y[said][x[said] <= 90]) for said in names}
    told = "; ".join(f"{said} {near[said]:.1f}, {far[said]:.1f}" for said in names)
    return points(
        x,
        y,
        title=f"Median up to 90 degrees off, and beyond: {told}",
        x_label="between the direction it had learned (on average) and the one that pays, degrees",
        y_label=f"{task.way}, mean of the first {task.until} steps",
        levels={"DDPG, from scratch": float(interquartile_mean(tuned("ddpg", False, task).early))},
    )


def directions_figure(algorithm: str = "soft_q", seed: int = 0, task: Task = PUCK) -> DescribedFigure:
    """Where an agent goes where any direction pays: before one alone did, and after each of the three."""
    agents = {"before": load(task.begun[algorithm]).agent(seed)}
    agents |= {f"after {a} degrees": load(f"{task.name}/{algorithm}_pretrained_{a}").agent(seed) for a in ANGLES}
    kept = [task.anywhere().probe(agent, [seed])["sectors"] for agent in agents.values()]
    return courses(
        {said: task.paths_of(agent, seed) for said, agent in agents.items()},
        title=f"Sectors in use before, and after one direction alone had paid: {', '.join(f'{k:g}' for k in kept)}",
        unit=task.unit,
    )


def _interval(values: Array) -> tuple[Array, Array]:
    """Interval of runs (N, ...), seed by seed: those of one seed began with one network, in each of the directions."""
    return interval(*np.split(values, len(ANGLES)), paired=True)
