"""Slopes, blocks and stairs that no training has seen: what the recorded quadrupeds make of them (7:53 and 8:47)."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from softopt.envs import Rollout
from softopt.experiments.quadruped import RECORDING, STEEPNESS, STEPS_A_MINUTE, film_walk
from softopt.interactive import Bars, Explorer, Lines, Player, Slider, play
from softopt.interactive.replay import Replay
from softopt.plotting.bands import Band, bands
from softopt.plotting.figure import DescribedFigure
from softopt.runs import load
from softopt.runs.measured import measured
from softopt.runs.statistics import interquartile_mean, interval

Array = NDArray[np.float64]
SAID = {
    "slope_up": "slope up",
    "slope_down": "slope down",
    "blocks": "blocks",
    "stairs_up": "stairs up",
    "stairs_down": "stairs down",
}
MEASURES = {"upright": "no fall (share)", "speed": "m/s ahead", "off": "heading (rad)"}
LAPSE = 300  # steps of each film of the time-lapse, 6 s


def outcomes(kind: str) -> tuple[Array, dict[str, Array]]:
    """What was measured on one ground, from flat to its steepest.

    Returns:
        the steepness (K,), degrees or metres, and each of :data:`MEASURES` as (K, N), over N seeds.
    """
    flat, there = measured("terrains/flat"), measured(f"terrains/{kind}")
    table = {name: np.concatenate([flat[name], there[name]]) for name in there}
    table["upright"] = 1 - table["fell"]
    steepness, seeds = np.unique(table["steepness"]), np.unique(table["seed"])
    rows = np.lexsort((table["seed"], table["steepness"]))
    shape = len(steepness), len(seeds)
    return steepness, {name: table[name][rows].reshape(shape) for name in MEASURES}


def minutes_table() -> str:
    """A row for each amount of robot time, in markdown: every seed's speed and falls on the flat."""
    table = measured("walks/minutes")
    rows = ["| robot time | m/s ahead, each seed | falls of 20 walks, each seed |", "|---|---|---|"]
    for minutes in np.unique(table["minutes"]):
        own = table["minutes"] == minutes
        speeds = ", ".join(f"{speed:.2f}" for speed in table["speed"][own])
        falls = ", ".join(f"{20 * share:.0f}" for share in table["fell"][own])
        rows.append(f"| {minutes:.0f} minutes | {speeds} | {falls} |")
    return "\n".join(rows)


def readable_steepness(kind: str, value: float) -> str:
    """With its unit, as in "6°" or "3 cm"."""
    return f"{value:g}°" if kind.startswith("slope") else f"{100 * value:g} cm"


def terrain_figure() -> DescribedFigure:
    """A panel a ground: the share of starts without a fall against steepness, every seed and their middle."""
    panels, labels, told = {}, {}, []
    for kind, said in SAID.items():
        steepness, found = outcomes(kind)
        runs = found["upright"].T
        x = steepness if kind.startswith("slope") else 100 * steepness
        panels[said] = {"the five seeds": Band(x, runs, interquartile_mean(runs, 0), *interval(runs))}
        labels[said] = "degrees" if kind.startswith("slope") else "height (cm)"
        stands = steepness[np.median(found["upright"], axis=1) >= 0.9]
        told.append(f"{said} {readable_steepness(kind, stands.max())}" if len(stands) else f"{said} none")
    finding = ", ".join(told)
    return bands(
        panels,
        title=f"Up to where the median seed falls in at most 10 % of its walks: {finding}",
        alt=f"Share of walks without a fall by ground and steepness. The median seed manages 90 % up to: {finding}.",
        x_labels=labels,
        y_label="share of walks without a fall",
        y_limits=(-0.03, 1.03),
    )


def explore_terrains() -> Explorer:
    """Choose a ground and a steepness; bars and curves show what became of every recorded seed."""
    kinds = list(SAID)
    tables = {kind: outcomes(kind) for kind in kinds}
    seeds = load(RECORDING).seeds
    cells = {name: np.array([tables[kind][1][name] for kind in kinds]) for name in MEASURES}  # (kinds, levels, seeds)
    levels = cells["speed"].shape[1]
    ground = Slider("ground", np.arange(len(kinds)), labels=list(SAID.values()), start=kinds.index("slope_down"))
    pairs = [(readable_steepness("slope_up", a), readable_steepness("blocks", b)) for a, b in _levels(tables)]
    steep = Slider("steepness", np.arange(levels), labels=[" or ".join(pair) for pair in pairs], start=2)
    names = [f"seed {seed}" for seed in seeds]
    bars = Bars(
        "Twenty walks of each seed",
        names,
        {said: cells[name] for name, said in MEASURES.items()},
        limits={MEASURES["upright"]: (0.0, 1.0), MEASURES["speed"]: (0.0, 1.5), MEASURES["off"]: (0.0, 1.5)},
    )
    curves = Lines(
        "Share of starts without a fall",
        {
            "best seed": cells["upright"].max(axis=2),
            "median seed": np.median(cells["upright"], axis=2),
            "worst seed": cells["upright"].min(axis=2),
        },
        along=1,
        limits=(0.0, 1.0),
    )
    return Explorer(
        [ground, steep],
        [[bars, curves]],
        [[_sentence(kind, tables[kind], level) for level in range(levels)] for kind in kinds],
        name="Ground that no training has seen",
        picture=terrain_figure,
    )


def _levels(tables: dict[str, tuple[Array, dict[str, Array]]]) -> list[tuple[float, float]]:
    return list(zip(tables["slope_up"][0], tables["blocks"][0], strict=True))


def _sentence(kind: str, table: tuple[Array, dict[str, Array]], level: int) -> str:
    steepness, found = table
    upright, speed = found["upright"][level], found["speed"][level]
    where = f"{SAID[kind]}, {readable_steepness(kind, steepness[level])}" if level else "Flat"
    shares = ", ".join(f"{100 * share:.0f}" for share in upright)
    return (
        f"{where[0].upper() + where[1:]}: without a fall {shares} % of the walks of seeds 0 to {len(upright) - 1}; "
        f"the median seed comes {10 * float(np.median(speed)):.1f} m in 10 s."
    )


def replay_terrain() -> Replay:
    """Choose a ground, a steepness and a seed; the kernel simulates a walk of its recorded policy."""
    kind = ipywidgets.Dropdown(options=[(said, kind) for kind, said in SAID.items()], description="ground")
    level = ipywidgets.IntSlider(2, 0, 5, description="steepness", continuous_update=False)
    seed = ipywidgets.Dropdown(options=load(RECORDING).seeds, description="seed")
    agents = {}

    def make(kind: str, level: int, seed: int) -> Sequence[Rollout]:
        if seed not in agents:
            agents[seed] = load(RECORDING).agent(seed)
        steepness = (0.0, *STEEPNESS[kind])[level]
        title = f"{SAID[kind]}, {readable_steepness(kind, steepness)}, seed {seed}"
        return [film_walk(agents[seed], 0, title, terrain=kind, steepness=steepness)]

    return Replay(make, {"kind": kind, "level": level, "seed": seed}, name="A walk on ground never seen", view="side")


def time_lapse(seed: int = 0) -> Player:
    """What one recorded quadruped had learned after each amount of robot time, chosen by a slider."""
    recording = load(RECORDING)
    steps = recording.steps_kept(seed)
    minutes = [step // STEPS_A_MINUTE for step in steps]
    films = [
        film_walk(recording.agent(seed, step), 0, f"after {minute} minutes", LAPSE)
        for step, minute in zip(steps, minutes, strict=True)
    ]
    robot_time = Slider("robot time", minutes, labels=[f"{minute} min" for minute in minutes], start=len(steps) - 1)
    return play(*films, choose=robot_time, name=f"A quadruped that learns to walk, seed {seed}", view="side")
