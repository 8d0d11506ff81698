"""A world for the browser tests: three agents of every kind, untrained, as large as the recorded ones."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from softopt.interactive.page_agent import Network, PageAgent
from softopt.interactive.world import World, explore_world
from softopt.plotting.scene import Scene

GOALS = ((5, 0), (0, 5), (-5, 0), (0, -5))


def network(sizes: tuple[int, ...], seed: int) -> Network:
    """Random weights of the size that makes Q change a lot over the actions."""
    generator = np.random.default_rng(seed)
    return tuple(
        (
            generator.normal(scale=np.sqrt(2 / m), size=(m, n)).astype("f4"),
            generator.normal(scale=0.3, size=n).astype("f4"),
        )
        for m, n in pairwise(sizes)
    )


def two_by_128(**options: object) -> World:
    """Four goals, a wall, and networks of two layers of 128 units."""
    hidden = (128, 128)
    agents = {
        "soft Q-learning": PageAgent((network((4, *hidden, 1), 1),), network((4, *hidden, 2), 2), "noise"),
        "soft actor-critic": PageAgent(
            (network((4, *hidden, 1), 3), network((4, *hidden, 1), 4)), network((2, *hidden, 4), 5), "gaussian"
        ),
        "DDPG": PageAgent((network((4, 31, 1), 6),), network((2, 30, 2), 7), "point"),  # a layer with an odd number
    }
    along = np.linspace(-7, 7, 29)
    away = np.min([np.add.outer((along - y) ** 2, (along - x) ** 2) for x, y in GOALS], axis=0)
    scene = Scene((-7, 7, -7, 7), GOALS, ("east", "north", "west", "south"), walls=[(-4, -2, 2, 5)], background=-away)
    ways = np.cumsum(np.random.default_rng(0).normal(0, 0.4, (12, 15, 2)), axis=1)
    ways[3, 8:] = np.nan
    return explore_world(
        scene, agents, {"soft Q-learning": ways}, name="Four goals", temperatures={"soft Q-learning": 1.0}, **options
    )
