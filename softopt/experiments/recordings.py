"""The recorded runs of the course: what each is called, what it is made from, and how many seeds it has.

The settings of the two benchmarks are those of the fast published runs (learning rate 1e-3, temperature .2, ten
thousand random steps first, as in Spinning Up and Tianshou), with batches of 128: about half the price of 256, between
Spinning Up's 100 and Tianshou's 256. The pendulum's runs are short enough that a reader can make one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from softopt.deep import DDPGConfig, PolicyGradientConfig, SACConfig
from softopt.envs import Rollout
from softopt.experiments.gaits import film_gait
from softopt.runs import Setup

SEEDS = (0, 1, 2, 3, 4)
_LONG = {"steps": 300_000, "evaluate_every": 5_000, "evaluation_episodes": 10}
_SAC = SACConfig(batch=128, warm_up=10_000, capacity=300_000)
_DDPG = DDPGConfig(batch=128, warm_up=10_000, capacity=300_000)
_SMALL = SACConfig(hidden=(64, 64), batch=64, warm_up=500, capacity=10_000, precision="float32")
_SHORT = {"environment": "Pendulum-v1", "steps": 6_000, "evaluate_every": 500, "evaluation_episodes": 5}
TARGET_ENTROPIES = (-3.0, -2.0, -1.0, 0.0, 0.5)  # nats of an action with one coordinate; a uniform one has 0.69

RECORDINGS: dict[str, Setup] = {
    "sac/halfcheetah": Setup(_SAC, "HalfCheetah-v5", **_LONG),
    "sac/hopper": Setup(_SAC, "Hopper-v5", **_LONG),
    "ddpg/halfcheetah": Setup(_DDPG, "HalfCheetah-v5", **_LONG),
    "ddpg/hopper": Setup(_DDPG, "Hopper-v5", **_LONG),
}
RECORDINGS |= {
    f"sac/pendulum_target_{target:g}": Setup(replace(_SMALL, temperature=None, target_entropy=target), **_SHORT)
    for target in TARGET_ENTROPIES
}
RECORDINGS |= {
    f"sac/pendulum_temperature_{temperature:g}": Setup(replace(_SMALL, temperature=temperature), **_SHORT)
    for temperature in (0.0, 0.2)
}

_GAITS = {"environment": "HalfCheetah-v5", "steps": 400_000, "evaluate_every": 20_000, "evaluation_episodes": 5}
RECORDINGS |= {
    "policy_gradient/halfcheetah": Setup(PolicyGradientConfig(common_width=False), **_GAITS),
    "policy_gradient/halfcheetah_common_width": Setup(PolicyGradientConfig(), **_GAITS),
    "policy_gradient/halfcheetah_entropy": Setup(PolicyGradientConfig(common_width=False, temperature=0.1), **_GAITS),
}
# What is filmed of the agent at the end, for the player: kept beside the curve as "rollout".
FILMED = [name for name in RECORDINGS if name.startswith("policy_gradient")]
FILMS: dict[str, Callable[..., Rollout]] = dict.fromkeys(FILMED, film_gait)
