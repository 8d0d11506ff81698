"""Settings that make no sense are met at the door, not after an hour of training."""

from __future__ import annotations

import math
from typing import Any

from softopt.deep.precision import resolve

WHOLE = {"batch": 1, "capacity": 1, "policy_delay": 1, "warm_up": 0, "horizon": 1, "epochs": 1}  # and larger
WHOLE |= {"epsilon_steps": 1}
WHOLE |= dict.fromkeys(("anneal_steps", "value_particles", "fixed_particles", "moved_particles"), 1)
# name -> lowest, highest, and whether the lowest itself is allowed
REAL = {
    "learning_rate": (0, math.inf, False),
    "discount": (0, 1, True),
    "tau": (0, 1, False),
    "temperature": (0, math.inf, True),
    "final_temperature": (0, math.inf, False),
    "proposal_width": (0, math.inf, False),
    "exploration_noise": (0, math.inf, True),
    "target_noise": (0, math.inf, True),
    "epsilon_start": (0, 1, True),
    "epsilon_end": (0, 1, True),
    "trace": (0, 1, True),
    "clip": (0, math.inf, False),
    "gradient_limit": (0, math.inf, False),
}


class Settings:
    """What the dataclasses of settings have in common: a value out of its range raises ValueError, with its name."""

    def __post_init__(self) -> None:
        check(self)


def check(config: Any) -> None:
    """Raise ValueError for a field that is called as in the tables above and lies elsewhere; other fields pass."""
    for name, value in vars(config).items():
        if name == "hidden" and not all(size >= 1 for size in value):
            raise ValueError(f"hidden holds the sizes of layers, each at least 1; got {value}.")
        if name in WHOLE and (value != int(value) or value < WHOLE[name]):
            raise ValueError(f"{name} must be a whole number, at least {WHOLE[name]}; got {value}.")
        if name in REAL and value is not None:
            lowest, highest, included = REAL[name]
            if not (math.isfinite(value) and lowest <= value <= highest) or (value == lowest and not included):
                least = f"at least {lowest}" if included else f"above {lowest}"
                most = f" and at most {highest}" if math.isfinite(highest) else ""
                raise ValueError(f"{name} must be a finite number {least}{most}; got {value}.")
        if name == "precision":
            resolve(value)
