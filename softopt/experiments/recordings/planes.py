"""Points in the plane, eight seeds each: four goals, two passages, and the puck, paid in any direction or in one."""

from __future__ import annotations

from dataclasses import replace

from softopt.deep import DDPGConfig, SACConfig, SoftQLearningConfig
from softopt.runs import Setup

RECORDINGS: dict[str, Setup] = {}
SEEDS: dict[str, range] = {}

_POINT = {"hidden": (128, 128), "batch": 64, "warm_up": 300, "capacity": 20_000, "precision": "float32"}
_FOUR_GOALS = {
    "environment": "softopt/MultiGoal-v0",
    "steps": 5_000,
    "evaluate_every": 250,
    "evaluation_episodes": 5,
}
TEMPERATURES = (0.1, 0.3, 1.0, 3.0)  # reward units a nat; the released code's is 1
for _T in TEMPERATURES:
    RECORDINGS[f"multi_goal/soft_q_{_T:g}"] = Setup(SoftQLearningConfig(**_POINT, temperature=_T), **_FOUR_GOALS)
    RECORDINGS[f"multi_goal/sac_{_T:g}"] = Setup(SACConfig(**_POINT, temperature=_T), **_FOUR_GOALS)
RECORDINGS["multi_goal/ddpg"] = Setup(DDPGConfig(**_POINT), **_FOUR_GOALS)

# Seeds 0 to 3 find the upper passage blocked, 4 to 7 the lower one.
_FORK = {**_POINT, "warm_up": 500, "discount": 0.98}
PARTICLES = {"fixed_particles": 8, "moved_particles": 8}
_WAYS = {
    "environment": "softopt/TwoPassages-v0",
    "steps": 8_000,
    "evaluate_every": 200,
    "evaluation_episodes": 2,
}
BLOCKED = {"upper": range(4), "lower": range(4, 8)}
PASSAGE_TEMPERATURES = (0.03, 0.1, 0.3)
for _side, _seeds in BLOCKED.items():
    _fork = {**_WAYS, "options": {"blocked": _side}}
    _configs = {
        **{f"soft_q_{_T:g}": SoftQLearningConfig(**_FORK, **PARTICLES, temperature=_T) for _T in PASSAGE_TEMPERATURES},
        "sac_0.1": SACConfig(**_FORK, temperature=0.1),
        "ddpg": DDPGConfig(**_FORK),
    }
    _named = {f"two_passages/{name}_{_side}": Setup(config, **_fork) for name, config in _configs.items()}
    RECORDINGS |= _named
    SEEDS |= dict.fromkeys(_named, _seeds)

# The puck at rest, which no direction pays more than another: how many of them does it know at each temperature?
_PUSH = {**_POINT, "discount": 0.95}
_ANYWHERE = {"environment": "softopt/Puck-v0", "steps": 4_000, "evaluate_every": 250, "evaluation_episodes": 2}
PUCK_TEMPERATURES = (0.02, 0.05, 0.1, 0.2, 0.5)
for _T in PUCK_TEMPERATURES:
    RECORDINGS[f"puck/soft_q_{_T:g}"] = Setup(SoftQLearningConfig(**_PUSH, **PARTICLES, temperature=_T), **_ANYWHERE)
    RECORDINGS[f"puck/sac_{_T:g}"] = Setup(SACConfig(**_PUSH, temperature=_T), **_ANYWHERE)
RECORDINGS["puck/ddpg"] = Setup(DDPGConfig(**_PUSH), **_ANYWHERE)
TURNED = ("puck/ddpg", "puck/sac_0.05", "puck/soft_q_0.02", "puck/soft_q_0.05")  # again, with quarter turns as data
for _name in TURNED:
    RECORDINGS[f"{_name}_symmetric"] = replace(RECORDINGS[_name], symmetric=True)

# Now one direction alone pays: with the networks of a puck that was paid in any, or with fresh ones.
_ONE_WAY = {"environment": "softopt/Puck-v0", "steps": 1_000, "evaluate_every": 50, "evaluation_episodes": 1}
DIRECTIONS = (0, 120, 240)  # degrees
ONE_WAY = {
    "ddpg": (DDPGConfig(**_PUSH), "puck/ddpg"),
    "sac": (SACConfig(**_PUSH, temperature=0.02), "puck/sac_0.2"),
    "soft_q": (
        SoftQLearningConfig(**_PUSH, **PARTICLES, temperature=0.2, final_temperature=0.02, anneal_steps=800),
        "puck/soft_q_0.2",
    ),
}
for _angle in DIRECTIONS:
    for _name, (_config, _before) in ONE_WAY.items():
        _paid = Setup(_config, **_ONE_WAY, options={"direction": _angle})
        RECORDINGS[f"one_way/{_name}_scratch_{_angle}"] = _paid
        # It explores by what it has learned, not at random.
        RECORDINGS[f"one_way/{_name}_pretrained_{_angle}"] = replace(
            _paid, config=replace(_config, warm_up=_config.batch), pretrained=_before
        )

SEEDS |= {name: range(8) for name in RECORDINGS if name not in SEEDS}
