"""The robots of the lecture's end: the arm, the quadruped, and Jenga."""

from __future__ import annotations

from softopt.deep import DDPGConfig, SACConfig
from softopt.runs import Setup

RECORDINGS: dict[str, Setup] = {}
SEEDS = {"jenga/sac": range(3)}  # its runs are long

# The arm, thrice: soft, nearly hard, and hard. Policies on the way are kept, to compare agents that are equally good.
_STACK = {
    "environment": "softopt/StackBrick-v0",
    "steps": 25_000,
    "evaluate_every": 2_500,
    "evaluation_episodes": 10,
    "keep_every": 2_500,
}
_JOINTS = {"hidden": (128, 128), "warm_up": 2_000, "capacity": 25_000, "discount": 0.97, "precision": "float32"}
RECORDINGS |= {
    "arm/sac": Setup(SACConfig(**_JOINTS, temperature=0.05), **_STACK),
    "arm/sac_cold": Setup(SACConfig(**_JOINTS, temperature=0.001), **_STACK),
    "arm/ddpg": Setup(DDPGConfig(**_JOINTS, twin=True, target_noise=0.2, policy_delay=2), **_STACK),
}

# The quadruped, on the flat. 50 steps are a second, so 54 000 are 18 minutes of the robot's time. The temperature is
# fixed: in trials (seed 1000) one that is learned had fallen to a quarter of this before there was a gait.
_TROT = {"hidden": (128, 128), "warm_up": 2_000, "capacity": 162_000, "precision": "float32"}
RECORDINGS["quadruped/sac"] = Setup(
    SACConfig(**_TROT, temperature=0.02),
    "softopt/Quadruped-v0",
    steps=162_000,
    evaluate_every=6_000,
    evaluation_episodes=3,
    keep_every=18_000,
)

# Jenga: half an hour of the robot's time at ten steps a second.
_FINGER = {"hidden": (128, 128), "batch": 128, "warm_up": 1_000, "capacity": 18_000, "discount": 0.97}
RECORDINGS["jenga/sac"] = Setup(
    SACConfig(**_FINGER, temperature=0.005, precision="float32"),
    "softopt/Jenga-v0",
    steps=18_000,
    evaluate_every=3_000,
    evaluation_episodes=2,
)
