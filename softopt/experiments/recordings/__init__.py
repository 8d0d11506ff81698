"""The recorded runs of the course: what each is called, what it is made from, and how many seeds it has."""

from __future__ import annotations

from collections.abc import Callable

from softopt.envs import Rollout
from softopt.experiments.gaits import film_gait
from softopt.experiments.recordings import benchmarks, planes, robots, spiders
from softopt.runs import Setup

_PARTS = (benchmarks, planes, spiders, robots)
RECORDINGS: dict[str, Setup] = {name: setup for part in _PARTS for name, setup in part.RECORDINGS.items()}
_SEEDS = {name: seeds for part in _PARTS for name, seeds in part.SEEDS.items()}

# Of these the critic is kept, too: it is looked at, or others begin with it.
WITH_CRITIC = [name for name in RECORDINGS if name.startswith(("multi_goal", "two_passages"))]
WITH_CRITIC += ["puck/ddpg", "puck/sac_0.2", "puck/soft_q_0.2"]
WITH_CRITIC += [f"spider/{name}_symmetric" for name in ("ddpg", "sac", "soft_q")]

# What is filmed of the agent at the end, for the player: kept beside the curve as "rollout".
FILMED = [name for name in RECORDINGS if name.startswith("policy_gradient")]
FILMS: dict[str, Callable[..., Rollout]] = dict.fromkeys(FILMED, film_gait)


def seeds_of(name: str) -> range:
    """The seeds with which a recording is made: five, where nothing else is said."""
    return _SEEDS.get(name, range(5))
