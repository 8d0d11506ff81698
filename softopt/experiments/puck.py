"""The puck at rest: how many directions each recorded agent knows, and what the temperature has to do with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from softopt.envs import Paths, roll
from softopt.envs.directions import sector_shares
from softopt.envs.puck import Puck
from softopt.envs.rolling import Explorer as Exploring
from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Lines, Scatter
from softopt.interactive.slider import Slider, readable
from softopt.plotting.courses import courses
from softopt.plotting.figure import PALETTE, DescribedFigure, finish
from softopt.runs import Recording, load

Array = NDArray[np.float64]
ALGORITHMS = {"soft Q-learning": "soft_q", "soft actor-critic": "sac", "DDPG": "ddpg"}
TEMPERATURES = (0.02, 0.05, 0.1, 0.2, 0.5)
TURNED = {
    "DDPG": "ddpg",
    "soft actor-critic, T = .05": "sac_0.05",
    "soft Q-learning, T = .02": "soft_q_0.02",
    "soft Q-learning, T = .05": "soft_q_0.05",
}
REACH = 2.8  # units of length: a little farther than a puck comes in an episode
SHOWN = 2  # every second step has a dot: with all of them the page is a megabyte heavier
SIDE = 49  # cells along one edge of the map of sectors


def recording(algorithm: str, temperature: float) -> Recording:
    """The recorded runs of an algorithm (a value of :data:`ALGORITHMS`) at a temperature; DDPG has none."""
    return load("puck/ddpg" if algorithm == "ddpg" else f"puck/{algorithm}_{temperature:g}")


def paths_of(agent: Exploring, seed: int, n: int = 64) -> Array:
    """Courses (n, 31, 2) of an agent that explores, all from rest at (0, 0)."""
    generator = np.random.default_rng(seed)
    paths: Paths = roll(Puck(), lambda seen: agent.sample(seen, generator), n, seed, start=np.zeros(4))
    return paths.states[..., :2]


def angles_of(paths: Array) -> Array:
    """Direction of each course (n, T + 1, 2) from its start to its end, radians, (n,)."""
    return np.arctan2(*(paths[:, -1] - paths[:, 0]).T[::-1])


@dataclass(frozen=True, eq=False)
class Spread:
    """What the probe found at the end of training, for the N seeds of one algorithm at F temperatures.

    Attributes:
        resultant: (F, N) length of the mean direction.
        sectors: (F, N) of 8, those that at least 2 % of 64 rollouts took.
        displacement: (F, N) median distance from the start to the end, units of length.
    """

    resultant: Array
    sectors: Array
    displacement: Array


def spread(algorithm: str, temperatures: tuple[float, ...] = TEMPERATURES) -> Spread:
    """The :class:`Spread` of an algorithm; DDPG's is the same at every temperature."""
    runs = [recording(algorithm, T).curves for T in temperatures]
    return Spread(*(np.array([run[name][:, -1] for run in runs]) for name in ("resultant", "sectors", "displacement")))


def spread_figure() -> DescribedFigure:
    """Sectors, resultant length and displacement against the temperature: every seed, and the median."""
    found = {said: spread(name) for said, name in ALGORITHMS.items()}
    middle = {said: np.median(of.sectors, axis=1) for said, of in found.items()}
    told = "; ".join(
        f"{said} {middle[said][0]:g}" if said == "DDPG" else f"{said} {', '.join(f'{m:g}' for m in middle[said])}"
        for said in found
    )
    figure = DescribedFigure(
        alt=f"Median number of sectors at temperatures {', '.join(f'{T:g}' for T in TEMPERATURES)}: {told}.",
        figsize=(10.2, 3.5),
    )
    figure.suptitle(f"The warmer, the more directions. Median sectors of 8: {told}", x=0.01, ha="left", fontsize=11)
    axes = figure.subplots(1, 3)
    for k, (said, of) in enumerate(found.items()):
        for one, values in zip(axes, (of.sectors, of.resultant, of.displacement), strict=True):
            across = np.outer(TEMPERATURES, np.linspace(0.94, 1.06, values.shape[1]))
            if said != "DDPG":
                one.plot(across, values, "ov"[k], color=PALETTE[k], markersize=3, alpha=0.5)
            one.plot(TEMPERATURES, np.median(values, axis=1), ("-", "--", ":")[k], color=PALETTE[k], label=said)
            one.set_xscale("log")
            one.set_xticks(TEMPERATURES, [f"{T:g}" for T in TEMPERATURES])
            one.minorticks_off()
    x = "temperature (reward units a nat)"
    finish(axes[0], title="directions known", x=x, y="sectors with 2 % of the rollouts, of 8")
    finish(axes[1], title="resultant length", x=x, y="0: all directions, 1: one")
    finish(axes[2], title="how far they come", x=x, y="median distance in 3 s")
    axes[0].set_ylim(0, 8.4)
    axes[1].set_ylim(-0.03, 1.05)
    axes[1].legend(frameon=False, fontsize=8)
    return figure


def turned_table() -> str:
    """A row a setting, in markdown: sectors and resultant length of every seed, without and with turned data."""
    rows = [
        "| agent | sectors of 8, each seed | the same with turned data | median resultant length | with turned data |",
        "|---|---|---|---|---|",
    ]
    for said, name in TURNED.items():
        cells = {"sectors": [], "resultant": []}
        for ending in ("", "_symmetric"):
            last = {key: values[:, -1] for key, values in load(f"puck/{name}{ending}").curves.items()}
            cells["sectors"].append(" ".join(f"{n:g}" for n in last["sectors"]))
            cells["resultant"].append(f"{np.median(last['resultant']):.2f}")
        rows.append(f"| {said} | {' | '.join(cells['sectors'])} | {' | '.join(cells['resultant'])} |")
    return "\n".join(rows)


def explore_temperature() -> Explorer:
    """Courses of the recorded agents from above, under a slider for the temperature and one for the seed."""
    seeds = recording("ddpg", TEMPERATURES[0]).seeds
    temperature = Slider("temperature", TEMPERATURES, labels=[f"{T:g}" for T in TEMPERATURES], start=3)
    run = Slider("seed", np.arange(len(seeds)), labels=[str(seed) for seed in seeds], start=0)
    every = {said: _courses(name) for said, name in ALGORITHMS.items()}
    shares = {said: _shares(paths) for said, paths in every.items()}
    panels = [
        Scatter(
            f"{said}: courses, and share by sector",
            paths[..., ::SHOWN, :].reshape(*paths.shape[:2], -1, 2),
            _map_of(shares[said]),
            extent=(-REACH, REACH, -REACH, REACH),
            x_label="x",
            y_label="y",
            limits=(0.0, 0.5),
        )
        for said, paths in every.items()
    ]
    found = {said: spread(name) for said, name in ALGORITHMS.items()}
    resultant = Lines("Resultant length", {said: of.resultant for said, of in found.items()}, along=0, limits=(0, 1))
    distance = Lines(
        "Median distance in 3 s", {said: of.displacement for said, of in found.items()}, along=0, limits=(0, REACH)
    )

    def sentence(k: int, n: int) -> str:
        told = [f"{said} {int((share[k, n] >= 0.02).sum())}" for said, share in shares.items()]
        return f"Temperature {readable(TEMPERATURES[k], 2)}, seed {seeds[n]}. Sectors in use, of 8: {', '.join(told)}."

    return Explorer(
        [temperature, run],
        [panels, [resultant, distance]],
        [[sentence(k, n) for n in range(len(seeds))] for k in range(len(TEMPERATURES))],
        name="The puck under the temperature",
        picture=lambda: courses(
            {said: paths[temperature.start, 0] for said, paths in every.items()},
            title=sentence(temperature.start, 0),
        ),
    )


def _courses(algorithm: str) -> Array:
    """Courses of every recorded agent, (F, N, 64, 31, 2)."""
    found = []
    every = TEMPERATURES if algorithm != "ddpg" else TEMPERATURES[:1]
    for T in tqdm(every, desc=f"running {algorithm}", unit="temperature", delay=1.0, leave=False):
        runs = recording(algorithm, T)
        found.append([paths_of(runs.agent(seed), seed) for seed in runs.seeds])
    return np.broadcast_to(found, (len(TEMPERATURES), *np.shape(found)[1:]))


def _shares(paths: Array) -> Array:
    """Share of the courses in each of 8 sectors: (F, N, n, T + 1, 2) to (F, N, 8)."""
    return np.array([[sector_shares(angles_of(courses)) for courses in row] for row in paths])


def _map_of(shares: Array) -> Array:
    """Each sector's share as a wedge of a disc, (F, N, SIDE, SIDE); NaN outside the disc."""
    along = (np.arange(SIDE) + 0.5) * 2 / SIDE - 1
    x, y = np.meshgrid(along, along)
    sector = np.floor(np.arctan2(y, x) * 8 / (2 * np.pi) + 0.5).astype(int) % 8
    return np.where(np.hypot(x, y) < 1, shares[..., sector], np.nan)
