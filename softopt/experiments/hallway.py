"""Fine-tuning in a hallway: which of what was learned before is kept, what is dropped, and how fast (3:30 to 5:30)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softopt.experiments.spiders import ways_of
from softopt.plotting.courses import courses
from softopt.plotting.figure import DescribedFigure
from softopt.plotting.learning_curves import Curves, learning_curves
from softopt.runs import load
from softopt.runs.statistics import early_area, interquartile_mean, interval

Array = NDArray[np.float64]
ANGLES = (0, 120)  # degrees
CONDITIONS = {
    "soft Q, pre-trained": "soft_q_pretrained",
    "DDPG, pre-trained": "ddpg_pretrained",
    "soft Q, from scratch": "soft_q_scratch",
    "DDPG, from scratch": "ddpg_scratch",
}
UNTIL = 4_000  # steps: the first part of the curve
# Mean return over the last 20 of 200 iterations, read off the figures of Haarnoja et al. (2017); 10 seeds.
PAPER = {"soft Q, pre-trained": (607, 774), "DDPG, pre-trained": (405, 572), "DDPG, from scratch": (366, 200)}


@dataclass(frozen=True, eq=False)
class Tuned:
    """The N runs of one condition, five a hallway.

    Attributes:
        angle: (N,) in which direction the hallway went, degrees.
        step: (K,) environment steps at the evaluations.
        best: (N, K) return of an episode with the best action at every step.
        progress: (N, K) mean way along the hallway of 64 exploring rollouts, metres in 8 s.
        forward: (N, K) share of them that came at least a metre along.
    """

    angle: Array
    step: Array
    best: Array
    progress: Array
    forward: Array


def tuned(condition: str, angles: tuple[int, ...] = ANGLES) -> Tuned:
    """The recorded runs of a condition: a value of :data:`CONDITIONS`."""
    runs = [load(f"hallway/{condition}_{angle}") for angle in angles]
    angle = np.concatenate([[a] * len(run.seeds) for a, run in zip(angles, runs, strict=True)])
    columns = [np.concatenate([run.curves[key] for run in runs]) for key in ("return", "progress", "forward")]
    return Tuned(angle, runs[0].curves["step"][0], *columns)


def curves_figure() -> DescribedFigure:
    """Way along the hallway over fine-tuning, a panel a hallway: every run, the middle and its interval."""
    panels, at = {}, None
    for angle in ANGLES:
        curves = {}
        for said, name in CONDITIONS.items():
            runs = tuned(name, (angle,))
            at = runs.step
            low, high = interval(runs.progress)
            curves[said] = Curves(runs.step, runs.progress, interquartile_mean(runs.progress, 0), low, high)
        panels[f"hallway at {angle} degrees"] = curves
    early = {said: interquartile_mean(early_area(at, tuned(name).progress, UNTIL)) for said, name in CONDITIONS.items()}
    told = "; ".join(f"{said} {value:.1f}" for said, value in early.items())
    return learning_curves(
        panels,
        title=f"Metres along the hallway, mean of the first {UNTIL} steps: {told}",
        alt=f"Way along the hallway over fine-tuning, a line a run. Mean of the first {UNTIL} steps: {told}.",
        y_label="metres in 8 s, mean of 64 rollouts",
    )


def table() -> str:
    """A row a condition, in markdown: the first part of the curve, its end, and the paper's figures."""
    rows = [
        f"| agent | metres, first {UNTIL} steps (interval) | return, first {UNTIL} steps (interval) "
        "| return at the end | the paper: wide, narrow hallway |",
        "|---|---|---|---|---|",
    ]
    for said, name in CONDITIONS.items():
        runs = tuned(name)
        cells = []
        for curve in (runs.progress, runs.best):
            area = early_area(runs.step, curve, UNTIL)
            low, high = interval(area)
            cells.append(f"{interquartile_mean(area):.1f} ({low:.1f} to {high:.1f})")
        paper = ", ".join(map(str, PAPER[said])) if said in PAPER else "–"
        rows.append(f"| {said} | {' | '.join(cells)} | {interquartile_mean(runs.best[:, -1]):.0f} | {paper} |")
    return "\n".join(rows)


def directions_figure(algorithm: str = "soft_q", seed: int = 0) -> DescribedFigure:
    """Where an agent runs on the open plane, before it was in a hallway and after: 64 rollouts each."""
    agents = {"before": load(f"spider/{algorithm}_symmetric").agent(seed)}
    agents |= {f"after the one at {a} degrees": load(f"hallway/{algorithm}_pretrained_{a}").agent(seed) for a in ANGLES}
    return courses(
        {said: ways_of(agent, seed) for said, agent in agents.items()},
        title=f"On the open plane, before and after a hallway (seed {seed})",
        unit=" (m)",
    )
