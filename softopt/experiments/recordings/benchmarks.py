"""The two benchmarks, and what is shown of soft actor-critic, of policy gradients and of deep Q-learning beside them.

The settings of the two benchmarks are those of the fast published runs (learning rate 1e-3, temperature .2, ten
thousand random steps first, as in Spinning Up and Tianshou), with batches of 128: about half the price of 256, between
Spinning Up's 100 and Tianshou's 256. The pendulum's runs are short enough that a reader can make one.
"""

from __future__ import annotations

from dataclasses import replace

from softopt.deep import DDPGConfig, DiscreteQConfig, PolicyGradientConfig, SACConfig
from softopt.runs import Setup

_LONG = {"steps": 300_000, "evaluate_every": 5_000, "evaluation_episodes": 10}
_SAC = SACConfig(batch=128, warm_up=10_000, capacity=300_000, precision="float32")
_DDPG = DDPGConfig(batch=128, warm_up=10_000, capacity=300_000, precision="float32")
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
# Task and settings were chosen by a rule fixed beforehand, on seeds 1000 to 1002. Of CartPole, Acrobot and MountainCar
# the one that the hard twin learns in 30 000 steps and half learns in 9000; CartPole just missed the second. Then for
# each twin, at the hard one's better learning rate, the largest mean return over training of five candidates.
_CHOICE = {"hidden": (64, 64), "batch": 64, "capacity": 30_000, "precision": "float32"}
_SWING_UP = {"environment": "Acrobot-v1", "steps": 30_000, "evaluate_every": 1_500, "evaluation_episodes": 10}
RECORDINGS |= {
    "discrete_q/acrobot_soft": Setup(DiscreteQConfig(**_CHOICE, temperature=0.1), **_SWING_UP),
    "discrete_q/acrobot_hard": Setup(
        DiscreteQConfig(**_CHOICE, temperature=0.0, epsilon_end=0.1, epsilon_steps=12_000), **_SWING_UP
    ),
}
SEEDS = dict.fromkeys(("discrete_q/acrobot_soft", "discrete_q/acrobot_hard"), range(8))
