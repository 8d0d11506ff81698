"""Measured tables: what was found out about recorded agents, kept with its checksum and the command that made it.

A table is a folder of ``data/`` with the rows in ``table.csv`` and, in ``table.json``, how they were made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softopt.runs.curve import from_csv, to_csv
from softopt.runs.recording import checksum, data_folder

TABLE, NOTES = "table.csv", "table.json"


def measured(name: str, data: Path | None = None) -> dict[str, NDArray[np.float64]]:
    """Columns of a measured table, name -> (K,).

    Args:
        name: such as ``pushes/sac``.
        data: the folder of recordings; that of the course unless given.

    Raises:
        FileNotFoundError: there is no such table, with the names of those that there are.
        ValueError: it is not the table that was entered.
    """
    data = data_folder() if data is None else data
    table, notes = data / name / TABLE, data / name / NOTES
    if not (table.is_file() and notes.is_file()):
        there = sorted(str(path.parent.relative_to(data)) for path in data.rglob(NOTES))
        raise FileNotFoundError(f"no table is called {name!r}; there are {', '.join(there) or 'none'} in {data}.")
    if checksum(table) != json.loads(notes.read_text(encoding="utf-8"))["sha256"]:
        raise ValueError(f"{table} is not the table that was entered; `git checkout -- {table}` brings it back.")
    return from_csv(table.read_text(encoding="utf-8"))


def enter_table(name: str, rows: Sequence[dict[str, float]], notes: dict[str, Any], data: Path) -> None:
    """Write a table into ``data/``, in place of an older one.

    Args:
        name: of the table.
        rows: at least one, all with the same names.
        notes: how it was made; name, command and checksum are added.
        data: the folder of recordings.
    """
    folder = data / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TABLE).write_text(to_csv(rows), encoding="utf-8", newline="\n")
    said = {"name": name, "command": f"python -m softopt record {name}", "sha256": checksum(folder / TABLE), **notes}
    (folder / NOTES).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
