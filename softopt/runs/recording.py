"""Recorded runs: what ``data/`` holds, checked before it is believed.

A recording is a folder: for each seed a curve (CSV) and a policy (safetensors), and one line in ``manifest.jsonl``
that says how they were made and what their checksums are. That line is enough to make them again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from softopt.runs.curve import from_csv

if TYPE_CHECKING:
    from softopt.deep import Agent
    from softopt.runs.setup import Setup

MANIFEST = "manifest.jsonl"
VARIABLE = "SOFTOPT_DATA"


@dataclass(frozen=True)
class Recording:
    """A recorded set of runs that differ in their seed alone.

    Attributes:
        name: such as ``sac/hopper``.
        folder: where it lies.
        lines: of the manifest, one a seed, in the order of the seeds.
    """

    name: str
    folder: Path
    lines: tuple[dict[str, Any], ...]

    @property
    def seeds(self) -> list[int]:
        """N seeds."""
        return [line["seed"] for line in self.lines]

    def setup(self, seed: int) -> Setup:
        """What the run of a seed was made from."""
        from softopt.runs.setup import Setup  # needs torch; curves and films can be read without it

        return Setup.from_json(self._line(seed)["setup"])

    @cached_property
    def curves(self) -> dict[str, NDArray[np.float64]]:
        """Columns of the curves, name -> (N, K): ``step``, ``return`` (mean of an evaluation), what was logged."""
        tables = [from_csv(self.path(seed, "curve.csv").read_text(encoding="utf-8")) for seed in self.seeds]
        shared = [name for name in tables[0] if all(name in table for table in tables)]
        length = min(len(table["step"]) for table in tables)
        return {name: np.array([table[name][:length] for table in tables]) for name in shared}

    def agent(self, seed: int, step: int | None = None) -> Agent:
        """The agent of a seed: it can act; its replay buffer is empty.

        Where its critic was recorded it has that too, at the end; else ``agent.critic`` is None.

        Args:
            seed: one of :attr:`seeds`.
            step: after how many environment steps, one of :meth:`steps_kept`; None is at the end.

        Raises:
            FileNotFoundError: no policy was kept at that step.
        """
        from softopt.deep.state import unpack
        from softopt.runs.checkpoint import read_checkpoint

        setup = self.setup(seed)
        kind = "policy.safetensors" if step in (None, setup.steps) else f"policy_{step}.safetensors"
        tensors, _ = read_checkpoint(self.path(seed, kind))
        here = {name: value for name, value in {"capacity": 1, "device": "cpu"}.items() if hasattr(setup.config, name)}
        agent = replace(setup, config=replace(setup.config, **here), pretrained=None).build().agent
        recorded = {name.partition(".")[0] for name in tensors}
        unpack({name: agent.parts()[name] for name in dict.fromkeys([*agent.acts_with, *recorded])}, tensors)
        if hasattr(agent, "critic") and "critic" not in recorded:
            agent.critic = None
        return agent

    def steps_kept(self, seed: int) -> list[int]:
        """After how many environment steps the policies of a seed were kept, the last one included, in order."""
        line = self._line(seed)
        kept = [int(found[1]) for kind in line["files"] if (found := re.fullmatch(r"policy_(\d+)\.safetensors", kind))]
        return [*sorted(kept), line["steps"]]

    def path(self, seed: int, kind: str) -> Path:
        """Path of a file of one seed, once its checksum has been found right.

        Args:
            seed: one of :attr:`seeds`.
            kind: ``curve.csv``, ``policy.safetensors``, or another that its line of the manifest lists.

        Raises:
            FileNotFoundError: it is listed and not there, or not listed.
            ValueError: it is not the file that was recorded.
        """
        listed = self._line(seed)["files"]
        if kind not in listed:
            raise FileNotFoundError(f"{self.name}, seed {seed}, has no {kind!r}; it has {', '.join(listed)}.")
        path = self.folder / f"seed_{seed}_{kind}"
        if not path.is_file():
            raise FileNotFoundError(f"{path} is listed in {MANIFEST} and is not there. `git checkout -- {path}`?")
        found = checksum(path)
        if found != listed[kind]:
            raise ValueError(
                f"{path} is not the file that was recorded: its SHA-256 is {found[:12]}…, {MANIFEST} says "
                f"{listed[kind][:12]}…. It was cut short or changed; `git checkout -- {path}` brings it back."
            )
        return path

    def _line(self, seed: int) -> dict[str, Any]:
        for line in self.lines:
            if line["seed"] == seed:
                return line
        raise ValueError(f"{self.name} has no seed {seed}; it has {', '.join(map(str, self.seeds))}.")


def load(name: str, data: Path | None = None) -> Recording:
    """Load a recorded set of runs; files are read, and their checksums compared, when they are asked for.

    Args:
        name: such as ``sac/halfcheetah``.
        data: the folder of recordings; :func:`data_folder` unless given.

    Raises:
        FileNotFoundError: no such recording, with the names of those that there are.
        ValueError: a manifest that cannot be read.
    """
    data = data_folder() if data is None else data
    manifest = data / name / MANIFEST
    if not manifest.is_file():
        there = sorted(str(path.parent.relative_to(data)) for path in data.rglob(MANIFEST))
        raise FileNotFoundError(f"no recording is called {name!r}; there are {', '.join(there) or 'none'} in {data}.")
    try:
        lines = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines() if line.strip()]
        lines.sort(key=lambda line: line["seed"])
    except (json.JSONDecodeError, KeyError, TypeError) as fault:
        raise ValueError(
            f"{manifest} cannot be read ({fault}); `git checkout -- {manifest}` brings it back."
        ) from fault
    return Recording(name, data / name, tuple(lines))


def data_folder() -> Path:
    """Where the recordings are: the folder that ``SOFTOPT_DATA`` names, else ``data/`` of the checkout.

    Raises:
        FileNotFoundError: neither is there, as where the package alone was installed.
    """
    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else Path(__file__).parents[2] / "data"
    if not folder.is_dir():
        raise FileNotFoundError(
            f"the recorded runs were looked for in {folder}, which is no folder. They come with the course's "
            f"repository, as data/; set the variable {VARIABLE} to where that folder is."
        )
    return folder


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
