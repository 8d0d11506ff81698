"""The two passages, of a point and of a spider: which one the recorded agents take, training step by training step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softopt.envs import Paths, roll
from softopt.envs.two_passages import ARENA, DISTANCE_SCALE, GOAL, GOAL_RADIUS, SPEED, STARTS, TwoPassages
from softopt.plotting.figure import DescribedFigure
from softopt.plotting.learning_curves import Curves, learning_curves
from softopt.plotting.scene import Scene
from softopt.runs import load
from softopt.runs.statistics import interquartile_mean, interval

Array = NDArray[np.float64]
ALGORITHMS = {
    "DDPG": "ddpg",
    "SAC, T = .1": "sac_0.1",
    "soft Q, T = .03": "soft_q_0.03",
    "soft Q, T = .1": "soft_q_0.1",
    "soft Q, T = .3": "soft_q_0.3",
}
SPIDERS = {"DDPG": "ddpg", "SAC, T = .05": "sac", "soft Q, T = .3": "soft_q"}
WORLDS = {"two_passages": ALGORITHMS, "spider_passages": SPIDERS}  # folder of recordings -> who is recorded there
SIDES = ("upper", "lower")


@dataclass(frozen=True, eq=False)
class Ways:
    """The N = 8 runs of one algorithm; the first four find the upper passage blocked, the others the lower one.

    Attributes:
        blocked: (N,) "upper" or "lower".
        step: (K,) environment steps at the evaluations.
        open, closed: (N, K) share of 64 exploring rollouts that entered the open and the blocked passage first.
        reached: (N, K) share that reached the goal.
        best: (N, K) return of an episode with the best action at every step.
    """

    blocked: tuple[str, ...]
    step: Array
    open: Array
    closed: Array
    reached: Array
    best: Array

    @property
    def found(self) -> NDArray[np.bool_]:
        """(N,) whether, at the end, most of the rollouts enter the passage that is open."""
        return self.open[:, -1] > 0.5

    @property
    def settled(self) -> Array:
        """(N,) first evaluation's step from which on most of the rollouts enter the open passage; NaN for never."""
        later = np.flip(np.logical_and.accumulate(np.flip(self.open > 0.5, axis=1), axis=1), axis=1)
        return np.where(later.any(axis=1), self.step[later.argmax(axis=1)], np.nan)

    @property
    def both(self) -> NDArray[np.int64]:
        """(N,) number of evaluations at which each passage gets at least 5 % of the rollouts."""
        return ((self.open >= 0.05) & (self.closed >= 0.05)).sum(axis=1)


def ways(algorithm: str, world: str = "two_passages") -> Ways:
    """The recorded runs of an algorithm in a world (a key of :data:`WORLDS`, whose values name the algorithms)."""
    blocked, parts = [], {name: [] for name in ("open", "closed", "reached", "best")}
    for side in SIDES:
        recording = load(f"{world}/{algorithm}_{side}")
        curves, other = recording.curves, SIDES[1 - SIDES.index(side)]
        blocked += [side] * len(recording.seeds)
        for name, column in (("open", other), ("closed", side), ("reached", "reached"), ("best", "return")):
            parts[name].append(curves[column])
    return Ways(tuple(blocked), curves["step"][0], **{name: np.concatenate(rows) for name, rows in parts.items()})


def table(world: str = "two_passages") -> str:
    """A row an algorithm, in markdown: where its eight runs end, and how long they used both passages before."""
    rows = [
        "| algorithm | in the open passage at the end | of these, with the upper / lower blocked | goal reached "
        "| from step | both in use |",
        "|---|---|---|---|---|---|",
    ]
    for said, name in WORLDS[world].items():
        runs = ways(name, world)
        upper = np.array([side == "upper" for side in runs.blocked])
        sides = " / ".join(f"{runs.found[here].sum()} of {here.sum()}" for here in (upper, ~upper))
        arrived = f"{(runs.reached[:, -1] >= 0.5).sum()} of {len(upper)}"
        found = f"{runs.found.sum()} of {len(upper)}"
        settled = runs.settled[runs.found]
        rows.append(
            f"| {said} | {found} | {sides} | {arrived} | {np.median(settled):.0f} "
            f"| {np.median(runs.both):g} of {len(runs.step)} |"
        )
    return "\n".join(rows)


def shares_figure(*names: str, world: str = "two_passages") -> DescribedFigure:
    """Share of rollouts into the open passage over training, of all algorithms or some: every run, the middle."""
    panels, said = {}, []
    for title, name in WORLDS[world].items():
        if not names or name in names:
            runs = ways(name, world)
            low, high = interval(runs.open)
            panels[title] = {"open passage": Curves(runs.step, runs.open, interquartile_mean(runs.open, 0), low, high)}
            said.append(f"{title}: {runs.found.sum()} of {len(runs.blocked)}")
    return learning_curves(
        panels,
        title=f"Runs that end in the open passage: {'; '.join(said)}",
        alt=f"Share of rollouts into the open passage, a line a run. Runs that end in it: {'; '.join(said)}.",
        y_label="share of 64 rollouts",
        one_scale=True,
    )


def scene(blocked: str) -> Scene:
    """The arena with its walls; the background is the reward of standing somewhere."""
    world = TwoPassages(blocked=blocked)
    x, y = np.linspace(ARENA.left, ARENA.right, 61), np.linspace(ARENA.bottom, ARENA.top, 37)
    away = np.hypot(x - GOAL[0], (y - GOAL[1])[:, None])
    walls = [tuple(wall) for wall in world.walls]
    return Scene(tuple(ARENA), [GOAL], ("goal",), GOAL_RADIUS, walls, -away / DISTANCE_SCALE, SPEED)


def paths_of(algorithm: str, seed: int, n: int = 32) -> Paths:
    """Rollouts of a recorded agent from exactly the fork, as it explores."""
    side = SIDES[seed >= 4]
    agent, generator = load(f"two_passages/{algorithm}_{side}").agent(seed), np.random.default_rng(seed)
    world = TwoPassages(blocked=side, start_noise=0.0)
    return roll(
        world, lambda observation: agent.sample(observation, generator), n, seed, start=np.array(STARTS["fork"])
    )
