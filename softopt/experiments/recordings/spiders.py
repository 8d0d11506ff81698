"""The spider: running anywhere, in a hallway, and before two passages."""

from __future__ import annotations

from dataclasses import replace

from softopt.deep import DDPGConfig, SACConfig, SoftQLearningConfig
from softopt.experiments.recordings.planes import BLOCKED, DIRECTIONS, PARTICLES
from softopt.runs import Setup

RECORDINGS: dict[str, Setup] = {}
SEEDS: dict[str, range] = {}

# The spider that may run anywhere, with and without turning what it has seen by quarter turns.
_LEGS = {"hidden": (128, 128), "batch": 128, "warm_up": 1_000, "capacity": 30_000, "precision": "float32"}
_LEGS |= {"discount": 0.97}
_RUN = {"environment": "softopt/Spider-v0", "steps": 30_000, "evaluate_every": 2_500, "evaluation_episodes": 3}
CAP = 0.5  # m/s, of the control in which speed beyond it is not paid
SPIDERS = {
    "ddpg": DDPGConfig(**_LEGS),
    "sac": SACConfig(**_LEGS, temperature=0.1),
    "sac_cold": SACConfig(**_LEGS, temperature=0.02),
    "soft_q": SoftQLearningConfig(**_LEGS, **PARTICLES, proposal="mixture", temperature=0.1),
}
for _name, _config in SPIDERS.items():
    RECORDINGS[f"spider/{_name}"] = Setup(_config, **_RUN)
    RECORDINGS[f"spider/{_name}_symmetric"] = Setup(_config, **_RUN, symmetric=True)
for _name in ("ddpg", "sac"):
    RECORDINGS[f"spider/{_name}_symmetric_capped"] = Setup(SPIDERS[_name], **_RUN, symmetric=True, options={"cap": CAP})

# The same body in a hallway: with the networks of a spider that could run anywhere, or with fresh ones.
_HALL = {"environment": "softopt/SpiderHallway-v0", "steps": 6_000, "evaluate_every": 500, "evaluation_episodes": 1}
HALLWAYS = {
    "ddpg": DDPGConfig(**_LEGS),
    "soft_q": replace(SPIDERS["soft_q"], final_temperature=0.02, anneal_steps=4_000),
}
for _angle in DIRECTIONS:
    for _name, _config in HALLWAYS.items():
        _hall = Setup(_config, **_HALL, options={"angle": _angle})
        RECORDINGS[f"hallway/{_name}_scratch_{_angle}"] = _hall
        RECORDINGS[f"hallway/{_name}_pretrained_{_angle}"] = replace(
            _hall, config=replace(_config, warm_up=_config.batch), pretrained=f"spider/{_name}_symmetric"
        )

# The same body before two passages, as the point.
_SQUARE = {
    "environment": "softopt/SpiderPassages-v0",
    "steps": 30_000,
    "evaluate_every": 2_500,
    "evaluation_episodes": 1,
    "keep_every": 10_000,
}
_FIND = {**_LEGS, "discount": 0.98}
_FINDERS = {
    "ddpg": DDPGConfig(**_FIND),
    "sac": SACConfig(**_FIND, temperature=0.05),
    "soft_q": SoftQLearningConfig(**_FIND, **PARTICLES, proposal="mixture", temperature=0.3),
}
for _side, _seeds in BLOCKED.items():
    _named = {
        f"spider_passages/{name}_{_side}": Setup(config, **_SQUARE, options={"blocked": _side})
        for name, config in _FINDERS.items()
    }
    RECORDINGS |= _named
    SEEDS |= dict.fromkeys(_named, _seeds)
