"""What a sweep leaves behind: a table and curves of what is finished, with intervals over the seeds."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from softopt.experiments.benchmark import curves_of
from softopt.plotting.learning_curves import Curves, learning_curves
from softopt.runs import Setup, load
from softopt.runs.statistics import interquartile_mean, interval

Cells = Mapping[str, tuple[Setup, ...]]


def write_results(cells: Cells, folder: Path) -> None:
    """Write ``results.csv``, ``results.md``, ``curves.png`` and its description ``curves.txt`` into the folder."""
    rows, panels = [], {}
    for name, runs in cells.items():
        finished = published(name, runs, folder / "data")
        lost = [str(setup.seed) for setup in runs if setup.seed not in finished]
        if not finished:
            rows.append({"cell": name, "seeds": 0, "middle": "", "low": "", "high": "", "not finished": " ".join(lost)})
            continue
        recording = load(name, folder / "data")
        ends = recording.curves["return"][:, -1]
        low, high = interval(ends)
        numbers = {"middle": float(interquartile_mean(ends)), "low": float(low), "high": float(high)}
        rows.append({"cell": name, "seeds": len(ends), **numbers, "not finished": " ".join(lost)})
        panels.setdefault(runs[0].environment, {})[name] = curves_of(recording)
    with (folder / "results.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    table = markdown(rows)
    (folder / "results.md").write_text(table + "\n", encoding="utf-8")
    told = "; ".join(f"{environment}: {finding(found)}" for environment, found in panels.items())
    figure = learning_curves(panels, title=told, alt=f"Learning curves of the sweep. At the end {told}.")
    (folder / "curves.png").write_bytes(figure.png())
    (folder / "curves.txt").write_text(figure.alt + "\n", encoding="utf-8")
    print(f"{table}\n\nCurves, table and recordings are in {folder}.")


def finding(found: Mapping[str, Curves]) -> str:
    """Which cell stands highest at the end, and whether the intervals tell it from the others."""
    best = max(found, key=lambda cell: found[cell].middle[-1])
    others = [curves.high[-1] for cell, curves in found.items() if cell != best]
    if not others:
        return f"{best} ends at {found[best].middle[-1]:.0f}"
    told = f"{best} ends highest, at {found[best].middle[-1]:.0f}"
    return told if found[best].low[-1] > max(others) else f"{told}; others may be as good, by their intervals"


def markdown(rows: list[dict[str, Any]]) -> str:
    """A row a cell: interquartile mean of the return at the end, its interval, and what is not finished."""
    lines = ["| cell | seeds | return at the end (interval) | seeds not finished |", "|---|--:|---|---|"]
    for row in rows:
        if row["seeds"]:
            bounds = "" if np.isnan(row["low"]) else f" ({row['low']:.1f} to {row['high']:.1f})"
            told = f"{row['middle']:.1f}{bounds}"
        else:
            told = "–"
        lines.append(f"| {row['cell']} | {row['seeds']} | {told} | {row['not finished'] or 'none'} |")
    return "\n".join(lines)


def published(name: str, runs: tuple[Setup, ...], data: Path) -> list[int]:
    """Seeds of a cell that are in ``data``, made from the very settings that are asked for now.

    Raises:
        ValueError: there are runs of that name with other settings.
    """
    try:
        recording = load(name, data)
    except FileNotFoundError:
        return []
    for setup in runs:
        if setup.seed in recording.seeds and recording.setup(setup.seed) != setup.resolved():
            raise ValueError(
                f"{data / name} holds runs that were made with other settings; choose another --folder for this sweep."
            )
    return [setup.seed for setup in runs if setup.seed in recording.seeds]
