"""Command line: ``python -m softopt`` with ``train``, ``sweep``, ``record``, ``bench`` or ``assignment``."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Annotated, Literal

import tyro
from tyro.conf import CascadeSubcommandArgs, OmitArgPrefixes, OmitSubcommandPrefixes, Positional

EXTRAS = {"torch": "deep", "mujoco": "deep", "stable_baselines3": "bench", "quantecon": "bench"}  # that bring a package
BENCHES = {  # and the packages without which none of it can be measured
    "tabular": ("quantecon",),
    "slider": (),
    "inverse": (),
    "linearly_solvable": (),
    "sac": ("torch", "mujoco", "stable_baselines3"),
    "sql": ("torch", "mujoco"),
    "learning": ("torch", "mujoco"),
    "sweep": ("torch", "mujoco"),
}


def bench(name: Annotated[Literal[tuple(BENCHES)], Positional], json: Path | None = None) -> int:
    """Measure against peers and bars; exit status 0 if every bar is met, 2 if something is not installed.

    Args:
        name: what to measure.
        json: write the rows of the table there too.
    """
    for module in BENCHES[name]:
        if importlib.util.find_spec(module) is None:
            print(
                f"`bench {name}` needs {module}: pip install -c constraints.txt -e '.[{EXTRAS[module]}]'",
                file=sys.stderr,
            )
            return 2
    # Imported here, so that a bench without its peer or its browser does not stand in the way of another.
    return int(importlib.import_module(f"softopt.experiments.bench_{name}").run(json))


def assignment(numbers: Annotated[tuple[str, ...], Positional], /, to: Path, name: str = "softopt") -> int:
    """Write an assignment for nbgrader: students' notebooks, its settings, and a sheet for the instructor.

    Args:
        numbers: the notebooks to hand out, such as 02 03.
        to: the folder to write into; a new one, or an empty one.
        name: of the assignment; letters, digits, - and _.
    """
    from softopt.classroom.assignment import write

    folder = write(numbers, to, name)
    print(f"Students get  {folder / 'release' / name}")
    print(f"You read      {folder / 'instructor.md'}, which says how to mark.")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name; return its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    commands = {"bench": bench, "assignment": assignment, **deep_commands(given)}
    try:
        return int(
            tyro.extras.subcommand_cli_from_dict(
                commands,
                prog="python -m softopt",
                description="The softopt course: train, sweep, record, measure, and hand out.",
                args=given,
                config=(OmitArgPrefixes, OmitSubcommandPrefixes, CascadeSubcommandArgs),
            )
        )
    except ValueError as fault:
        print(fault, file=sys.stderr)
        return 2


def deep_commands(given: list[str]) -> dict[str, object]:
    """The commands that need torch; it is imported only for them, and for the list of all commands."""
    if given[:1] in (["bench"], ["assignment"]):
        return {}
    try:
        from softopt.experiments.record import record
        from softopt.experiments.sweep import sweep
        from softopt.experiments.train import train
    except ModuleNotFoundError as fault:
        print(
            f"`train`, `sweep` and `record` need {fault.name}: pip install -c constraints.txt -e '.[deep]'",
            file=sys.stderr,
        )
        return {}
    return {"train": train, "sweep": sweep, "record": record}


if __name__ == "__main__":
    sys.exit(main())
