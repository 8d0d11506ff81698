"""``python -m softopt record pushes/sac``: measure recorded agents, or measure them again and compare."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from softopt.envs.quadruped.terrain import KINDS
from softopt.experiments import arm, jenga, quadruped
from softopt.runs.curve import to_csv
from softopt.runs.measured import TABLE, enter_table, measured
from softopt.runs.publishing import PACKAGES, hardware
from softopt.runs.recording import data_folder

Rows = list[dict[str, float]]
# In this order: which policies are pushed depends on how well each does where nobody pushes.
MEASUREMENTS: dict[str, Callable[[], Rows]] = {
    arm.table_of("success", name): partial(arm.measure_success, name) for name in arm.WAYS.values()
}
MEASUREMENTS |= {arm.table_of("pushes", name): partial(arm.measure_pushes, name) for name in arm.WAYS.values()}
MEASUREMENTS["games/jenga"] = jenga.measure_games
MEASUREMENTS["walks/minutes"] = quadruped.measure_minutes
MEASUREMENTS |= {f"terrains/{kind}": partial(quadruped.measure_terrain, kind) for kind in KINDS}


def measure(name: str) -> int:
    """Measure, and enter the table where there is none yet; return 0 unless one that there is came out otherwise."""
    torch.set_num_threads(1)  # networks this small gain nothing from more
    began = time.monotonic()
    rows = MEASUREMENTS[name]()
    seconds = round(time.monotonic() - began)
    data = data_folder()
    try:
        measured(name)
    except FileNotFoundError:
        enter_table(name, rows, {"seconds": seconds, "hardware": hardware(), "versions": _versions()}, data)
        print(f"Entered {name}: {len(rows)} rows after {seconds} s.")
        return 0
    same = (data / name / TABLE).read_text(encoding="utf-8") == to_csv(rows)
    print(f"{name}: {'the same' if same else 'NOT the same'}, to the last digit.")
    return int(not same)


def _versions() -> dict[str, Any]:
    import importlib.metadata

    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES}}
