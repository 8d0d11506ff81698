"""A sweep: algorithms x environments x temperatures x seeds, and everything else the same for all of them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from itertools import product
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from softopt.deep.settings import check_whole
from softopt.runs.setup import ALGORITHMS, Setup

LISTS = ("algorithm", "environment", "temperature")  # in a file, one alone needs no brackets
SETUP_SETTINGS = {entry.name for entry in fields(Setup)} - {"config", "environment", "seed"}


@dataclass(frozen=True)
class Sweep:
    """What a sweep is made of.

    Attributes:
        algorithm: names, keys of :data:`softopt.runs.setup.ALGORITHMS`.
        environment: names that gymnasium knows.
        temperature: of the algorithms that have one; the others are trained once a seed. None leaves it as it is.
        seeds: of each cell, from 0.
        settings: of all runs: fields of :class:`softopt.runs.setup.Setup`, or of the algorithms' own settings. One that
            only some of the algorithms have is for them alone.

    Raises:
        ValueError: nothing to train, a value of another kind, an unknown name, or a setting that no algorithm of the
            sweep has.
    """

    algorithm: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    temperature: tuple[float, ...] | None = None
    seeds: int = 5
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("algorithm", "environment"):
            if not getattr(self, name):
                raise ValueError(f"a sweep needs at least one {name}; none was given.")
            _check_kinds(name, getattr(self, name), str, "names")
        _check_kinds("temperature", self.temperature or (), Real, "numbers")
        if not isinstance(self.settings, dict):
            raise ValueError(f"settings is a table, of names and values; got {self.settings!r}.")
        unknown = [name for name in self.algorithm if name not in ALGORITHMS]
        if unknown:
            raise ValueError(f"algorithm is one of {', '.join(ALGORITHMS)}; got {', '.join(unknown)}.")
        check_whole("seeds, how many runs a cell has,", self.seeds, 1)
        known = SETUP_SETTINGS.union(*(_settings_of(name) for name in self.algorithm))
        wrong = sorted(set(self.settings) - known)
        if wrong:
            raise ValueError(
                f"{', '.join(wrong)}: no algorithm of this sweep has such a setting. There are "
                f"{', '.join(sorted(known - {'temperature'}))}."
            )

    def cells(self) -> dict[str, tuple[Setup, ...]]:
        """Name of each cell -> its runs, one a seed; named as recordings are, such as ``sac/hopper_temperature_0.1``.

        Raises:
            ValueError: a value that a setting cannot have, or two environments of one name.
        """
        found: dict[str, tuple[Setup, ...]] = {}
        for algorithm, environment in product(self.algorithm, self.environment):
            for temperature in self._temperatures(algorithm):
                short = environment.removeprefix("softopt/").rpartition("-v")[0].lower() or environment.lower()
                ending = "" if temperature is None else f"_temperature_{_every_digit(temperature)}"
                runs = tuple(self._setup(algorithm, environment, temperature, seed) for seed in range(self.seeds))
                name = f"{algorithm}/{short}{ending}"
                if found.get(name, runs) != runs:
                    raise ValueError(
                        f"{found[name][0].environment} and {environment} would both be called {name}; make two sweeps "
                        "of them, in two folders."
                    )
                found[name] = runs
        return found

    def _temperatures(self, algorithm: str) -> Iterator[float | None]:
        has_one = "temperature" in _settings_of(algorithm)
        return iter(self.temperature if self.temperature and has_one else (None,))

    def _setup(self, algorithm: str, environment: str, temperature: float | None, seed: int) -> Setup:
        own = _settings_of(algorithm)
        config = {name: value for name, value in self.settings.items() if name in own}
        if temperature is not None:
            config["temperature"] = temperature
        common = {name: value for name, value in self.settings.items() if name in SETUP_SETTINGS}
        entries = {"algorithm": algorithm, "config": config, "environment": environment, "seed": seed, **common}
        try:
            return Setup.from_json(entries)
        except TypeError as fault:
            raise ValueError(f"a setting of the sweep has a value that {algorithm} cannot use: {fault}.") from fault


def read_sweep(path: Path, **instead: Any) -> Sweep:
    """Read a sweep from a TOML file.

    Args:
        path: of a file with ``algorithm``, ``environment``, ``temperature``, ``seeds`` and a table ``settings``.
        **instead: what is given here takes the place of what the file says; settings are added to its own.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no TOML, or a name that a sweep does not have.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as fault:
        raise ValueError(f"{path} is not TOML: {fault}.") from fault
    unknown = sorted(set(entries) - {entry.name for entry in fields(Sweep)})
    if unknown:
        raise ValueError(
            f"{path} has {', '.join(unknown)}; a sweep has {', '.join(entry.name for entry in fields(Sweep))}. What "
            "belongs to every run, such as steps, stands in the table [settings]."
        )
    settings = entries.pop("settings", {})
    if isinstance(settings, dict):
        settings = _tuples(settings) | instead.pop("settings", {})
    entries |= given(**instead)
    alone = {name: (entries[name],) for name in LISTS if isinstance(entries.get(name), str | Real)}
    return Sweep(**_tuples(entries) | alone, settings=settings)


def given(**entries: Any) -> dict[str, Any]:
    """Those that are neither None nor an empty tuple: what flags that were left out become."""
    return {name: value for name, value in entries.items() if value is not None and value != ()}


def parse_settings(texts: tuple[str, ...]) -> dict[str, Any]:
    """Settings from ``name=value`` texts, the values as TOML writes them, such as ``hidden=[64,64]``.

    Raises:
        ValueError: a text of another form.
    """
    found = {}
    for text in texts:
        try:
            found |= tomllib.loads(text)
        except tomllib.TOMLDecodeError as fault:
            raise ValueError(
                f"a setting is written name=value, with the value as in TOML, such as steps=2000, hidden=[64,64] or "
                f'precision="float32"; got {text!r}.'
            ) from fault
    return _tuples(found)


def _settings_of(algorithm: str) -> set[str]:
    return {entry.name for entry in fields(ALGORITHMS[algorithm][1])}


def _check_kinds(name: str, values: object, kind: type, what: str) -> None:
    if not (isinstance(values, tuple) and all(isinstance(value, kind) for value in values)):
        raise ValueError(f"{name} is a list of {what}; got {values!r}.")


def _every_digit(number: float) -> str:
    """Without an exponent, which would look odd in the name of a folder; 1 for 1.0."""
    return np.format_float_positional(number, trim="-")


def _tuples(entries: dict[str, Any]) -> dict[str, Any]:
    """TOML has lists where settings have tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entries.items()}
