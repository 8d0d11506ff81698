"""The explosion of spiders: which way the recorded agents run, and what is due to what (3:51 to 4:35)."""

from __future__ import annotations

import gymnasium
import numpy as np
from numpy.typing import NDArray

from softopt.deep import Agent
from softopt.envs import Rollout, film, roll
from softopt.envs.directions import spread_of
from softopt.envs.spider.anywhere import Spider
from softopt.experiments.benchmark import recorded
from softopt.plotting.courses import courses
from softopt.plotting.figure import DescribedFigure
from softopt.runs import load

Array = NDArray[np.float64]
# What is said of a recording -> its name.
SETTINGS = {
    "DDPG": "ddpg",
    "DDPG, turned": "ddpg_symmetric",
    "SAC, T = .1": "sac",
    "SAC, T = .1, turned": "sac_symmetric",
    "soft Q, T .3 to .1": "soft_q",
    "soft Q, T .3 to .1, turned": "soft_q_symmetric",
    "soft Q, T = .02": "soft_q_cold",
    "soft Q, T = .02, turned": "soft_q_cold_symmetric",
    "DDPG, turned, capped": "ddpg_symmetric_capped",
    "soft Q, T .3 to .1, turned, capped": "soft_q_symmetric_capped",
}
STUMBLE = 0.05  # rad: standard deviation of the joints' first angles where starts differ
FEET = {f"foot {k}": f"foot_{k}" for k in range(4)}


def ways_of(agent: Agent, seed: int, n: int = 64, *, start_noise: float = 0.0) -> Array:
    """Courses (n, 101, 2) of an agent that explores, metres; from one start, or from starts that differ a little."""
    world, generator = Spider(start_noise=start_noise), np.random.default_rng(seed)
    return roll(world, lambda seen: agent.sample(seen, generator), n, seed).states[..., :2]


def table() -> str:
    """A row a setting that is recorded, in markdown: at the end of training, the middle of the seeds and every seed."""
    rows = [
        "| agent | resultant length (each seed) | sectors of 8 | entropy, of 2.08 nats | metres in 8 s "
        "| return of the best actions |",
        "|---|---|---|---|---|---|",
    ]
    there = recorded(f"spider/{name}" for name in SETTINGS.values())
    for said, name in SETTINGS.items():
        if f"spider/{name}" in there:
            last = {key: values[:, -1] for key, values in there[f"spider/{name}"].curves.items()}
            each = ", ".join(f"{value:.2f}" for value in last["resultant"])
            middle = {key: float(np.median(values)) for key, values in last.items()}
            rows.append(
                f"| {said} | **{middle['resultant']:.2f}** ({each}) | {middle['sectors']:g} "
                f"| {middle['sector_entropy']:.2f} | {middle['displacement']:.1f} | {middle['return']:.0f} |"
            )
    return "\n".join(rows)


def stumbling(name: str, n: int = 64) -> dict[str, Array]:
    """What the probe measures, from starts that differ a little, for each recorded seed: name -> (N,)."""
    recording = load(f"spider/{name}")
    found = []
    for seed in recording.seeds:
        ways = ways_of(recording.agent(seed), seed, n, start_noise=STUMBLE)
        found.append(spread_of(ways[:, -1] - ways[:, 0]))
    return {key: np.array([of[key] for of in found]) for key in found[0]}


def explosion(name: str, seed: int, n: int = 16) -> list[Rollout]:
    """Films of n episodes of a recorded agent that explores, all from one start."""
    agent, generator = load(f"spider/{name}").agent(seed), np.random.default_rng(seed)
    world = gymnasium.make("softopt/Spider-v0")
    return [
        film(
            world,
            lambda seen: agent.sample(seen[None], generator)[0],
            seed=seed,
            torso="torso",
            feet=FEET,
            title=f"run {k + 1}",
        )
        for k in range(n)
    ]


def courses_figure(names: tuple[str, ...], seed: int = 0) -> DescribedFigure:
    """Courses of recorded agents from above, side by side: 64 rollouts of each from one start."""
    said = {short: long for long, short in SETTINGS.items()}
    paths = {said[name]: ways_of(load(f"spider/{name}").agent(seed), seed) for name in names}
    lengths = {one: spread_of(way[:, -1] - way[:, 0])["resultant"] for one, way in paths.items()}
    told = "; ".join(f"{one} {length:.2f}" for one, length in lengths.items())
    return courses(paths, title=f"64 runs of 8 s, seed {seed}. Resultant length: {told}", unit=" (m)")
