"""Is the installation sound? One report in plain words, for the first cell of the course."""

from __future__ import annotations

import importlib.metadata as metadata
import sys
from dataclasses import dataclass

from packaging.requirements import Requirement

OPTIONAL = {
    "deep": "notebooks 08 to 12 (torch and mujoco)",
    "fast": "planning on more than about a hundred thousand states",
}


@dataclass(frozen=True)
class Report:
    """What is missing, in sentences, and how to mend it.

    Attributes:
        problems: sentences; empty when the course will run.
        notes: what is absent but optional.
    """

    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """True when nothing that the tabular notebooks need is missing."""
        return not self.problems

    def __repr__(self) -> str:
        head = "Everything the course needs is here." if self.sound else "Something is missing:"
        return "\n".join([head, *self.problems, *self.notes])


def check_installation() -> Report:
    """Compare what is installed with what softopt's own metadata asks for.

    Returns:
        A report that prints itself in plain words; nothing is installed or changed.
    """
    problems: list[str] = []
    notes: list[str] = []
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        version = ".".join(map(str, sys.version_info[:2]))
        problems.append(f"- Python {version} runs this kernel; the course needs 3.11, 3.12 or 3.13 (see the README).")
    try:
        requirements = [Requirement(line) for line in metadata.requires("softopt") or []]
    except metadata.PackageNotFoundError:
        return Report(
            ("- softopt itself is not installed: in its folder run  python -m pip install -c constraints.txt -e .",), ()
        )
    for requirement in requirements:
        if requirement.marker is None and (problem := _problem(requirement)):
            problems.append(f"- {problem}; mend it with  python -m pip install -c constraints.txt -e .")
    for extra, purpose in OPTIONAL.items():
        wanted = [r for r in requirements if r.marker is not None and r.marker.evaluate({"extra": extra})]
        if any(_problem(requirement) for requirement in wanted):
            notes.append(f"- Optional, for {purpose}:  python -m pip install -c constraints.txt -e '.[{extra}]'")
    return Report(tuple(problems), tuple(notes))


def _problem(requirement: Requirement) -> str | None:
    """Say what is wrong with one requirement, or return None."""
    try:
        installed = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is not installed"
    if not requirement.specifier.contains(installed, prereleases=True):
        return f"{requirement.name} {installed} is installed, but the course needs {requirement.specifier}"
    return None
