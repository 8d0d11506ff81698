"""Command line: ``python -m softopt bench tabular --json rows.json``."""

from __future__ import annotations

import argparse
import importlib
import sys

BENCHES = ("tabular", "slider", "inverse", "linearly_solvable")


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m softopt", description="Measurements of the softopt course.")
    commands = parser.add_subparsers(dest="command", required=True)
    bench = commands.add_parser("bench", help="measure against peers and bars; exit status 0 if every bar is met")
    bench.add_argument("name", choices=BENCHES, help="what to measure")
    bench.add_argument("--json", metavar="PATH", help="write the rows of the table there too")
    given = parser.parse_args(arguments)
    # Imported here, so that a bench without its peer or its browser does not stand in the way of another.
    experiment = importlib.import_module(f"softopt.experiments.bench_{given.name}")
    return int(experiment.run(given.json))


if __name__ == "__main__":
    sys.exit(main())
