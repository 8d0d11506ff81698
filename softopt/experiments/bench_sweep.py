"""What does an engine cost a run? Short runs, by each engine, and the time that is not training."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from softopt.deep import SACConfig
from softopt.experiments.machine import load_average
from softopt.runs import Setup, load, local, open_run, publish
from softopt.runs.local import Outcome, seed_folder

RUNS, WORKERS = 8, 2
BAR = 10.0  # seconds of a processor, a run
NAME = "sac/pendulum"
SETUP = Setup(
    SACConfig(hidden=(64, 64), batch=64, warm_up=100, capacity=2_000, precision="float32"),
    "Pendulum-v1",
    steps=1_500,
    evaluate_every=500,
    evaluation_episodes=1,
)


def run(json_path: Path | None = None) -> int:
    """Train the same short runs by each engine that is installed; return 0 if each costs a run less than the bar.

    Args:
        json_path: where to write the figures, or None.
    """
    print(f"{RUNS} runs of {SETUP.steps} steps, {WORKERS} workers; load {load_average():.1f}; bar {BAR:.0f} s a run")
    rows = [measure("local", local.run_all)]
    try:
        import ray  # noqa: F401
    except ModuleNotFoundError:
        print('  ray is not installed: pip install -c constraints.txt -e ".[cluster]"')
    else:
        from softopt.runs import ray_engine

        rows.append(measure("ray", ray_engine.run_all))
    for row in rows:
        print(
            f"  {row['engine']:6} {row['wall_s']:6.1f} s for all, {row['train_s']:.1f} s of training a run, "
            f"{row['overhead_s']:.1f} s of a processor beside it; {row['checkpoint_mb']:.2f} MB a checkpoint"
        )
    if json_path:
        Path(json_path).write_text(json.dumps(rows, indent=2), encoding="utf-8")
    return int(any(row["overhead_s"] > BAR for row in rows))


def measure(engine: str, run_all: Callable[..., list[Outcome]]) -> dict[str, Any]:
    """One row: seconds for all runs, of training a run, and of a processor a run that were something else."""
    setups = [replace(SETUP, seed=seed) for seed in range(RUNS)]
    with tempfile.TemporaryDirectory() as place:
        folder, data = Path(place), Path(place) / "data"
        folders = [seed_folder(folder / NAME, seed) for seed in range(RUNS)]
        enter = partial(_enter, setups, data)
        began = time.perf_counter()
        run_all(setups, folders, [_Silent() for _ in setups], WORKERS, enter)
        wall = time.perf_counter() - began
        train = [line["seconds"] for line in load(NAME, data).lines]
        size = max((each / "checkpoint.safetensors").stat().st_size for each in folders) / 1e6
    spent = sum(train) / RUNS
    overhead = wall * WORKERS / RUNS - spent
    return {"engine": engine, "wall_s": wall, "train_s": spent, "overhead_s": overhead, "checkpoint_mb": size}


def _enter(setups: list[Setup], data: Path, k: int, outcome: Outcome) -> None:
    publish(open_run(setups[k], outcome.folder), NAME, data)


class _Silent:
    """A progress bar that shows nothing."""

    n = initial = total = 0

    def update(self, steps: int) -> None:
        self.n += steps

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """Say nothing."""
