"""``python -m softopt record pushes/sac``: measure recorded agents, or measure them again and compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from softopt.envs.quadruped.terrain import KINDS
from softopt.experiments import arm, jenga, one_way, quadruped
from softopt.runs.curve import from_csv, to_csv
from softopt.runs.measured import TABLE, enter_table, measured
from softopt.runs.publishing import hardware, versions
from softopt.runs.recording import data_folder

Array = NDArray[np.float64]
Rows = list[dict[str, float]]
# In this order: which policies are pushed depends on how well each does where nobody pushes.
MEASUREMENTS: dict[str, Callable[[], Rows]] = {
    arm.table_of("success", name): partial(arm.measure_success, name) for name in arm.WAYS.values()
}
MEASUREMENTS |= {arm.table_of("pushes", name): partial(arm.measure_pushes, name) for name in arm.WAYS.values()}
MEASUREMENTS["games/jenga"] = jenga.measure_games
MEASUREMENTS["walks/minutes"] = quadruped.measure_minutes
MEASUREMENTS |= {
    f"{one_way.HALLWAY.before}/{name}": partial(one_way.measure_before, name) for name in one_way.HALLWAY.begun
}
MEASUREMENTS |= {f"terrains/{kind}": partial(quadruped.measure_terrain, kind) for kind in KINDS}


def measure(name: str) -> int:
    """Measure, and enter the table where there is none yet; return 0 unless one that there is came out otherwise."""
    torch.set_num_threads(1)  # networks this small gain nothing from more
    data = data_folder()
    try:
        before = measured(name)
    except FileNotFoundError:
        before = None
    began = time.monotonic()
    rows = MEASUREMENTS[name]()
    seconds = round(time.monotonic() - began)
    if before is None:
        enter_table(name, rows, {"seconds": seconds, "hardware": hardware(), "versions": versions()}, data)
        print(f"Entered {name}: {len(rows)} rows after {seconds} s.")
        return 0
    if (data / name / TABLE).read_text(encoding="utf-8") == to_csv(rows):
        print(f"{name}: the same, to the last digit.")
        return 0
    print(f"{name}: NOT the same to the last digit (another processor?). {differences(before, rows)}")
    return 1


def differences(before: Mapping[str, Array], rows: Rows) -> str:
    """How far each column of a table that was made again is off at most, in a sentence.

    Args:
        before: name -> (K,), as entered.
        rows: as made again.
    """
    again = from_csv(to_csv(rows))
    if {name: column.shape for name, column in again.items()} != {name: c.shape for name, c in before.items()}:
        return f"It has other rows: {len(rows)}, entered were {len(next(iter(before.values())))}."
    off = {name: float(np.abs(column - before[name]).max()) for name, column in again.items()}
    return f"Largest differences: {', '.join(f'{name} {value:.3g}' for name, value in off.items() if value)}."
