"""The four goals: which of them each recorded agent reaches from the middle, and what the temperature does to that."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from softopt.envs import Paths, roll
from softopt.envs.multi_goal import EDGE, GOAL_NAMES, GOAL_RADIUS, GOALS, REWARD_SCALE, MultiGoal, to_goals
from softopt.plotting.figure import PALETTE, DescribedFigure, finish
from softopt.plotting.scene import Scene
from softopt.runs import Recording, load

Array = NDArray[np.float64]
ALGORITHMS = {"soft Q-learning": "soft_q", "soft actor-critic": "sac", "DDPG": "ddpg"}
TEMPERATURES = (0.1, 0.3, 1.0, 3.0)


def recordings(temperature: float = 1.0) -> dict[str, Recording]:
    """Algorithm -> its recorded runs at a temperature; DDPG has none."""
    tail = {"soft_q": f"_{temperature:g}", "sac": f"_{temperature:g}", "ddpg": ""}
    return {said: load(f"multi_goal/{short}{tail[short]}") for said, short in ALGORITHMS.items()}


def shares(recording: Recording) -> Array:
    """Share of the last 64 rollouts from exactly (0, 0) that ended at each goal, or at none: (N seeds, 5)."""
    names = [*(f"goal_{name}" for name in GOAL_NAMES), "no_goal"]
    return np.stack([recording.curves[name][:, -1] for name in names], axis=1)


def known(recording: Recording) -> Array:
    """Goals that get at least 5 % of those rollouts, (N seeds,)."""
    return recording.curves["goals"][:, -1]


def paths_of(recording: Recording, seed: int, n: int = 48) -> Paths:
    """Rollouts of a recorded agent from exactly (0, 0), as it explores."""
    agent, generator = recording.agent(seed), np.random.default_rng(seed)
    world = MultiGoal(start_noise=0.0)
    return roll(world, lambda observation: agent.sample(observation, generator), n, seed)


def scene() -> Scene:
    """The plane with its goals; the background is the reward of standing somewhere, without that of arriving."""
    along = np.linspace(-EDGE, EDGE, 57)
    places = np.stack(np.meshgrid(along, along), axis=-1)
    standing = -REWARD_SCALE * to_goals(places.reshape(-1, 2)).min(axis=1).reshape(57, 57)
    return Scene((-EDGE, EDGE, -EDGE, EDGE), GOALS, GOAL_NAMES, GOAL_RADIUS, background=standing)


def goals_figure(found: Mapping[str, Recording]) -> DescribedFigure:
    """A bar a seed, divided by where its rollouts ended: every seed of every algorithm."""
    counts = {said: known(recording) for said, recording in found.items()}
    finding = "; ".join(f"{said} {_range(count)}" for said, count in counts.items())
    figure = DescribedFigure(
        alt=f"For each seed the share of rollouts that ended at each goal. Goals reached: {finding}.",
        figsize=(9.6, 3.4),
    )
    figure.suptitle(f"Goals reached from the middle, by seed: {finding}", x=0.01, ha="left", fontsize=12)
    colours, hatches = [*PALETTE[:4], "0.85"], ["", "//", "..", "xx", ""]
    for axes, (said, recording) in zip(figure.subplots(1, len(found), sharey=True), found.items(), strict=True):
        left = np.zeros(len(recording.seeds))
        for name, share, colour, hatch in zip(
            (*GOAL_NAMES, "none"), shares(recording).T, colours, hatches, strict=True
        ):
            axes.barh(recording.seeds, share, left=left, color=colour, hatch=hatch, edgecolor="white", label=name)
            left = left + share
        finish(axes, title=said, x="share of 64 rollouts", y="seed")
        axes.set(xlim=(0, 1), yticks=recording.seeds)
        axes.label_outer()
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    return figure


def sweep_figure() -> DescribedFigure:
    """Goals reached, and rollouts that ran out of time, against the temperature: every seed and the median."""
    found = {
        said: [load(f"multi_goal/{ALGORITHMS[said]}_{T:g}") for T in TEMPERATURES] for said in list(ALGORITHMS)[:2]
    }
    middles = {said: [np.median(known(recording)) for recording in runs] for said, runs in found.items()}
    said = "; ".join(f"{name} {', '.join(f'{m:g}' for m in middle)}" for name, middle in middles.items())
    figure = DescribedFigure(
        alt=f"Median number of goals at temperatures {', '.join(f'{T:g}' for T in TEMPERATURES)}: {said}.",
        figsize=(9.2, 3.4),
    )
    figure.suptitle(
        f"Too cold, and goals are dropped; too hot, and none is reached in time\nmedian goals: {said}",
        x=0.01,
        ha="left",
        fontsize=11,
    )
    goals, late = figure.subplots(1, 2)
    for k, (name, runs) in enumerate(found.items()):
        for axes, values in (
            (goals, [known(recording) for recording in runs]),
            (late, [shares(recording)[:, -1] for recording in runs]),
        ):
            table = np.array(values)
            shift = np.linspace(0.94, 1.06, table.shape[1]) * (0.93, 1.07)[k]
            axes.plot(np.outer(TEMPERATURES, shift), table, "ov"[k], color=PALETTE[k], markersize=4, alpha=0.6)
            axes.plot(TEMPERATURES, np.median(table, axis=1), ("-", "--")[k], color=PALETTE[k], label=name)
            axes.set_xscale("log")
    finish(goals, title="goals reached", x="temperature (reward units a nat)", y="goals, of 4")
    finish(late, title="rollouts that ran out of time", x="temperature (reward units a nat)", y="share of 64 rollouts")
    goals.set(ylim=(-0.2, 4.3), yticks=range(5))
    goals.legend(frameon=False, fontsize=9, loc="lower left")
    return figure


def _range(counts: Array) -> str:
    """In words, how many goals the seeds know."""
    most, all_of = int(np.median(counts)), int((counts == np.median(counts)).sum())
    return f"{most} in {all_of} of {len(counts)}"


def aimed(recording: Recording, n: int = 4000) -> Array:
    """Share of the draws at exactly (0, 0) that point within 22.5 degrees of a goal, (N seeds,); .5 by chance."""
    found = []
    for seed in recording.seeds:
        x, y = recording.agent(seed).sample(np.zeros((n, 2), np.float32), np.random.default_rng(seed)).T
        off = np.abs((np.degrees(np.arctan2(y, x)) + 45) % 90 - 45)  # to the nearest of 0, 90, 180, 270
        found.append(float((off < 22.5).mean()))
    return np.array(found)
