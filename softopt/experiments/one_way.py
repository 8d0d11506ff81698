"""One direction alone pays: which of what was learned before is kept, what is dropped, and how fast (3:30 to 5:20)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softopt.envs.puck import Puck
from softopt.experiments.puck import paths_of, recording
from softopt.plotting.courses import courses
from softopt.plotting.figure import DescribedFigure
from softopt.plotting.learning_curves import Curves, learning_curves
from softopt.plotting.points import points
from softopt.runs import load
from softopt.runs.statistics import early_area, interquartile_mean, interval

Array = NDArray[np.float64]
ANGLES = (0, 120, 240)  # degrees: the direction that pays
ALGORITHMS = {"soft Q-learning": "soft_q", "soft actor-critic": "sac", "DDPG": "ddpg"}
PRETRAINED_AT = 0.2  # temperature of the soft ones while every direction paid
UNTIL = 300  # steps: the first part of the curve, ten episodes
# Mean return over the last 20 of 200 iterations in a wide and a narrow hallway, and a U-shaped maze, read off the
# figures of Haarnoja et al. (2017); 10 seeds.
PAPER = {"soft Q-learning": "607, 774, 1400", "DDPG": "405, 572, 478", "DDPG, from scratch": "366, 200, 200"}


@dataclass(frozen=True, eq=False)
class Tuned:
    """The N = 24 runs of one condition, eight seeds in each of three directions.

    Attributes:
        angle: (N,) the direction that pays, degrees.
        seed: (N,).
        step: (K,) environment steps at the evaluations.
        along: (N, K) mean way in that direction of 64 exploring rollouts, units of length in 3 s; at most 2.6.
    """

    angle: Array
    seed: NDArray[np.int64]
    step: Array
    along: Array

    @property
    def early(self) -> Array:
        """(N,) mean height of the curve over the first part."""
        return early_area(self.step, self.along, UNTIL)


def tuned(algorithm: str, pretrained: bool = True) -> Tuned:
    """The recorded runs of an algorithm (a value of :data:`ALGORITHMS`), pre-trained or from scratch."""
    kind = "pretrained" if pretrained else "scratch"
    runs = [load(f"one_way/{algorithm}_{kind}_{angle}") for angle in ANGLES]
    return Tuned(
        np.repeat(np.array(ANGLES, dtype=float), [len(run.seeds) for run in runs]),
        np.concatenate([run.seeds for run in runs]),
        runs[0].curves["step"][0],
        np.concatenate([run.curves["along"] for run in runs]),
    )


def curves_figure() -> DescribedFigure:
    """Way in the direction that pays over fine-tuning, a panel an algorithm: every run, the middle and its interval."""
    panels, told = {}, []
    for said, name in ALGORITHMS.items():
        panels[said] = {}
        for kind, before in (("pre-trained", True), ("from scratch", False)):
            runs = tuned(name, before)
            low, high = interval(runs.along)
            panels[said][kind] = Curves(runs.step, runs.along, interquartile_mean(runs.along, 0), low, high)
        told.append(f"{said} {interquartile_mean(tuned(name).early):.1f}")
    early = "; ".join(told)
    return learning_curves(
        panels,
        title=f"Way in the direction that pays. Pre-trained, mean of the first {UNTIL} steps: {early}",
        alt=f"Way in the direction that pays over training, a line a run. Pre-trained, first {UNTIL} steps: {early}.",
        y_label="way in 3 s, mean of 64 rollouts",
    )


def table() -> str:
    """A row a condition, in markdown: the first part of the curve with its interval, its worst run, and the end."""
    rows = [
        f"| agent | way, mean of the first {UNTIL} steps (interval) | worst of 24 runs | at the end "
        "| the paper: wide hallway, narrow hallway, maze |",
        "|---|---|---|---|---|",
    ]
    for kind, before in (("", True), (", from scratch", False)):
        for said, name in ALGORITHMS.items():
            runs = tuned(name, before)
            low, high = interval(runs.early)
            rows.append(
                f"| {said}{kind or ', pre-trained'} | {interquartile_mean(runs.early):.2f} ({low:.2f} to {high:.2f}) "
                f"| {runs.early.min():.2f} | {interquartile_mean(runs.along[:, -1]):.2f} "
                f"| {PAPER.get(said + kind, '–')} |"
            )
    return "\n".join(rows)


def off(algorithm: str) -> Array:
    """Degrees, 0 to 180, between the mean direction of each pre-trained agent and the direction that pays, (N,)."""
    runs, before = tuned(algorithm), recording(algorithm, PRETRAINED_AT)
    mean = {}
    for seed in before.seeds:
        ways = paths_of(before.agent(seed), seed)
        x, y = (ways[:, -1] - ways[:, 0]).mean(axis=0)
        mean[seed] = np.degrees(np.arctan2(y, x))
    gap = np.array([mean[seed] for seed in runs.seed]) - runs.angle
    return np.abs((gap + 180) % 360 - 180)


def off_figure() -> DescribedFigure:
    """How fast each pre-trained agent is fine-tuned, against how far off its direction was."""
    names = {said: ALGORITHMS[said] for said in ("soft Q-learning", "DDPG")}
    x, y = {said: off(name) for said, name in names.items()}, {said: tuned(name).early for said, name in names.items()}
    far = {said: np.median(y[said][x[said] > 90]) for said in names}
    near = {said: np.median(y[said][x[said] <= 90]) for said in names}
    told = "; ".join(f"{said} {near[said]:.1f}, {far[said]:.1f}" for said in names)
    return points(
        x,
        y,
        title=f"Median up to 90 degrees off, and beyond: {told}",
        x_label="between the direction it had learned (on average) and the one that pays, degrees",
        y_label=f"way, mean of the first {UNTIL} steps",
        levels={"DDPG, from scratch": float(interquartile_mean(tuned("ddpg", False).early))},
    )


def directions_figure(algorithm: str = "soft_q", seed: int = 0) -> DescribedFigure:
    """Where an agent goes where any direction pays: before one alone did, and after each of the three."""
    agents = {"before": recording(algorithm, PRETRAINED_AT).agent(seed)}
    agents |= {f"after {a} degrees": load(f"one_way/{algorithm}_pretrained_{a}").agent(seed) for a in ANGLES}
    paths = {said: paths_of(agent, seed) for said, agent in agents.items()}
    kept = [Puck().probe(agent, [seed])["sectors"] for agent in agents.values()]
    return courses(
        paths,
        title=f"Sectors in use before, and after one direction alone had paid: {', '.join(f'{k:g}' for k in kept)}",
    )
