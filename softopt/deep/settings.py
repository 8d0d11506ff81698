"""Settings that make no sense are met at the door, not after an hour of training."""

from __future__ import annotations

import math
from dataclasses import fields
from numbers import Integral, Real
from typing import Any

from softopt.deep.optimiser import check_device
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
    "target_entropy": (-math.inf, math.inf, True),
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
    for entry in fields(config):
        name, value = entry.name, getattr(config, entry.name)
        if name == "hidden" and not (isinstance(value, tuple) and all(_whole(size, 1) for size in value)):
            raise ValueError(
                f"hidden holds the sizes of layers, a tuple of whole numbers of at least 1; got {value!r}."
            )
        if name in WHOLE:
            check_whole(name, value, WHOLE[name])
        if name in REAL and value is not None:
            check_real(name, value, *REAL[name])
        if isinstance(entry.default, bool):
            check_truth(name, value)
        if name == "precision":
            resolve(value)
        if name == "device":
            check_device(value)


def check_whole(name: str, value: object, least: int) -> None:
    """Raise ValueError unless the value is a whole number, ``least`` or larger."""
    if not _whole(value, least):
        raise ValueError(f"{name} must be a whole number, at least {least}; got {value!r}.")


def check_real(name: str, value: object, lowest: float, highest: float, included: bool) -> None:
    """Raise ValueError unless the value is a finite number in the range; ``included`` is about its lower end."""
    inside = isinstance(value, Real) and math.isfinite(value) and lowest <= value <= highest
    if not inside or (value == lowest and not included):
        least = "" if lowest == -math.inf else f" at least {lowest}" if included else f" above {lowest}"
        most = f" and at most {highest}" if math.isfinite(highest) else ""
        raise ValueError(f"{name} must be a finite number{least}{most}; got {value!r}.")


def check_truth(name: str, value: object) -> None:
    """Raise ValueError unless the value is True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} is True or False; got {value!r}.")


def _whole(value: object, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= least
