"""The recorded runs of the course: what each is called, what it is made from, and how many seeds it has.

The settings of the two benchmarks are those of the fast published runs (learning rate 1e-3, temperature .2, ten
thousand random steps first, as in Spinning Up and Tianshou), with batches of 128: half the price of 256, and as good
after 40 000 steps of HalfCheetah and Hopper.
"""

from __future__ import annotations

from softopt.deep import DDPGConfig, SACConfig
from softopt.runs import Setup

SEEDS = (0, 1, 2, 3, 4)
_LONG = {"steps": 300_000, "evaluate_every": 5_000, "evaluation_episodes": 10}
_SAC = SACConfig(batch=128, warm_up=10_000, capacity=300_000)
_DDPG = DDPGConfig(batch=128, warm_up=10_000, capacity=300_000)

RECORDINGS: dict[str, Setup] = {
    "sac/halfcheetah": Setup(_SAC, "HalfCheetah-v5", **_LONG),
    "sac/hopper": Setup(_SAC, "Hopper-v5", **_LONG),
    "ddpg/halfcheetah": Setup(_DDPG, "HalfCheetah-v5", **_LONG),
    "ddpg/hopper": Setup(_DDPG, "Hopper-v5", **_LONG),
}
