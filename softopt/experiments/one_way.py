"""One direction alone pays: which of what was learned before is kept, what is dropped, and how fast (3:30 to 5:20).

The lecture's experiment twice: a puck that is paid in one direction alone, and a spider in a hallway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from softopt.envs.puck import Puck
from softopt.envs.rolling import Explorer
from softopt.envs.spider.anywhere import Spider
from softopt.envs.spider.hallway import SpiderHallway
from softopt.experiments import puck, spiders
from softopt.runs import load
from softopt.runs.statistics import early_area

Array = NDArray[np.float64]
ANGLES = (0, 120, 240)  # degrees: the direction that pays


@dataclass(frozen=True)
class Task:
    """A world in which any direction paid, and then one alone.

    Attributes:
        name: of the recordings, ``name/ALGORITHM_pretrained_ANGLE`` and ``name/ALGORITHM_scratch_ANGLE``.
        algorithms: what a reader calls each -> its name in a recording's.
        begun: algorithm -> the recording with whose networks the pre-trained ones begin.
        until: environment steps that are the first part of the curve.
        way: what a way is measured in.
        unit: of length, for axes.
        anywhere: the world in which any direction pays.
        paths_of: (agent, seed) -> courses (n, T + 1, 2) there.
        before: folder of the measured tables that say how far each came before it learned here; or None.
        paper: condition -> what Haarnoja et al. (2017) found, for the table.
    """

    name: str
    algorithms: Mapping[str, str]
    begun: Mapping[str, str]
    until: int
    way: str
    unit: str
    anywhere: type[Puck] | type[Spider]
    paths_of: Callable[[Explorer, int], Array]
    before: str | None = None
    paper: Mapping[str, str] = field(default_factory=dict)


PUCK = Task(
    "one_way",
    {"soft Q-learning": "soft_q", "soft actor-critic": "sac", "DDPG": "ddpg"},
    {"soft_q": "puck/soft_q_0.2", "sac": "puck/sac_0.2", "ddpg": "puck/ddpg"},
    until=300,  # ten episodes
    way="way in 3 s",
    unit="",
    anywhere=Puck,
    paths_of=puck.paths_of,
)
HALLWAY = Task(
    "hallway",
    {"soft Q-learning": "soft_q", "DDPG": "ddpg"},
    {"soft_q": "spider/soft_q_symmetric", "ddpg": "spider/ddpg_symmetric"},
    until=3_000,  # thirty episodes
    way="metres in 8 s",
    unit=" (m)",
    anywhere=Spider,
    paths_of=spiders.paths_of,
    before="hallways",
    # Mean return over the last 20 of 200 iterations, wide and narrow hallway, read off the figures; 10 seeds.
    paper={
        "soft Q-learning, pre-trained": "607, 774",
        "DDPG, pre-trained": "405, 572",
        "DDPG, from scratch": "366, 200",
    },
)


@dataclass(frozen=True, eq=False)
class Tuned:
    """The N runs of one condition, as many seeds in each of three directions.

    Attributes:
        angle: (N,) the direction that pays, degrees.
        seed: (N,).
        step: (K,) environment steps at the evaluations.
        along: (N, K) mean way in that direction of 64 exploring rollouts, units of length in an episode.
        early: (N,) mean height of the curve over its first part.
    """

    angle: Array
    seed: NDArray[np.int64]
    step: Array
    along: Array
    early: Array


def tuned(algorithm: str, pretrained: bool = True, task: Task = PUCK) -> Tuned:
    """The recorded runs of an algorithm (a value of the task's ``algorithms``), pre-trained or from scratch."""
    kind = "pretrained" if pretrained else "scratch"
    runs = [load(f"{task.name}/{algorithm}_{kind}_{angle}") for angle in ANGLES]
    step, along = runs[0].curves["step"][0], np.concatenate([run.curves["along"] for run in runs])
    return Tuned(
        np.repeat(np.array(ANGLES, dtype=float), [len(run.seeds) for run in runs]),
        np.concatenate([run.seeds for run in runs]),
        step,
        along,
        early_area(step, along, task.until),
    )


def off(algorithm: str, task: Task = PUCK) -> Array:
    """Degrees, 0 to 180, between the mean direction of each pre-trained agent and the direction that pays, (N,)."""
    runs, before = tuned(algorithm, True, task), load(task.begun[algorithm])
    mean = {}
    for seed in before.seeds:
        ways = task.paths_of(before.agent(seed), seed)
        x, y = (ways[:, -1] - ways[:, 0]).mean(axis=0)
        mean[seed] = np.degrees(np.arctan2(y, x))
    gap = np.array([mean[seed] for seed in runs.seed]) - runs.angle
    return np.abs((gap + 180) % 360 - 180)


def measure_before(algorithm: str) -> list[dict[str, float]]:
    """A row for each hallway and seed: how far the pre-trained agent comes along it before it has learned there."""
    runs = load(HALLWAY.begun[algorithm])
    return [
        {"angle": angle, "seed": seed, "along": SpiderHallway(angle=angle).probe(runs.agent(seed), [seed])["along"]}
        for angle in ANGLES
        for seed in tqdm(runs.seeds, desc=f"{algorithm}, {angle} degrees", unit="seed")
    ]
