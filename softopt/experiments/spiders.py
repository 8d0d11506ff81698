"""The explosion of spiders: which way the recorded agents run, and what is due to what (3:51 to 4:35)."""

from __future__ import annotations

import gymnasium
import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from softopt.envs import Rollout, film, roll
from softopt.envs.directions import spread_of
from softopt.envs.rolling import Explorer
from softopt.envs.spider.anywhere import Spider
from softopt.experiments.benchmark import recorded
from softopt.plotting.courses import courses
from softopt.plotting.figure import DescribedFigure
from softopt.runs import load

Array = NDArray[np.float64]
# What is said of a recording -> its name. "Turned": with data that are turned by quarter turns.
SETTINGS = {
    "DDPG": "ddpg",
    "DDPG, turned": "ddpg_symmetric",
    "soft actor-critic, T = .02": "sac_cold",
    "soft actor-critic, T = .02, turned": "sac_cold_symmetric",
    "soft actor-critic, T = .1": "sac",
    "soft actor-critic, T = .1, turned": "sac_symmetric",
    "soft Q-learning, T = .1": "soft_q",
    "soft Q-learning, T = .1, turned": "soft_q_symmetric",
    "DDPG, turned, capped": "ddpg_symmetric_capped",
    "soft actor-critic, T = .1, turned, capped": "sac_symmetric_capped",
}


def paths_of(agent: Explorer, seed: int, n: int = 64) -> Array:
    """Courses (n, 101, 2) of an agent that explores, metres, all from one start."""
    world, generator = Spider(), np.random.default_rng(seed)
    return roll(world, lambda seen: agent.sample(seen, generator), n, seed).states[..., :2]


def table() -> str:
    """A row a setting that is recorded, in markdown: at the end of training, every seed, or their median."""
    rows = [
        "| agent | sectors of 8, each seed | resultant length, each seed "
        "| medians: entropy of sectors (at most 2.08) | metres in 8 s | straightness |",
        "|---|---|---|---|---|---|",
    ]
    there = recorded(f"spider/{name}" for name in SETTINGS.values())
    for said, name in SETTINGS.items():
        if f"spider/{name}" in there:
            last = {key: values[:, -1] for key, values in there[f"spider/{name}"].curves.items()}
            sectors = " ".join(f"{count:g}" for count in last["sectors"])
            resultant = " ".join(f"{length:.2f}" for length in last["resultant"])
            rows.append(
                f"| {said} | {sectors} | {resultant} | {np.median(last['sector_entropy']):.2f} "
                f"| {np.median(last['displacement']):.1f} "
                f"| {np.median(last['straightness']):.2f} |"
            )
    return "\n".join(rows)


def films(agent: Explorer, world: gymnasium.Env, seed: int, n: int = 12) -> list[Rollout]:
    """Films of n episodes of an agent that explores, all from one start, in any of the spider's worlds."""
    generator = np.random.default_rng(seed)
    return [
        film(
            world,
            lambda seen: agent.sample(seen[None], generator)[0],
            seed=seed,
            torso="torso",
            title=f"run {k + 1}",
        )
        for k in tqdm(range(n), desc="filming", unit="run", delay=1.0, leave=False)
    ]


def explosion(name: str, seed: int = 0, n: int = 12) -> list[Rollout]:
    """Films of n episodes of a recorded agent (a value of :data:`SETTINGS`) on the open plane, all from one start."""
    return films(load(f"spider/{name}").agent(seed), gymnasium.make("softopt/Spider-v0"), seed, n)


def courses_figure(*names: str, seed: int = 0) -> DescribedFigure:
    """Courses of recorded agents (values of :data:`SETTINGS`) from above, 64 of each from one start."""
    said = {short: long for long, short in SETTINGS.items()}
    paths = {said[name]: paths_of(load(f"spider/{name}").agent(seed), seed) for name in names}
    lengths = {one: spread_of(way[:, -1] - way[:, 0])["resultant"] for one, way in paths.items()}
    told = "; ".join(f"{one} {length:.2f}" for one, length in lengths.items())
    return courses(paths, title=f"64 runs of 8 s, seed {seed}. Resultant length: {told}", unit=" (m)")
