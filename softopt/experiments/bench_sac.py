"""How fast is our soft actor-critic, beside Stable-Baselines3, beside its JAX sister, and beside its own arithmetic?

HalfCheetah-v5, 2 x 256 units, batches of 256, one update a step, one thread: the same for everybody. Each competitor
lives in a process of its own and runs in every round, after its first update and some more. Wall-clock time is what a
reader waits for. Processor time stands beside it: where the two differ, something else was running.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from tqdm.auto import tqdm

from softopt.experiments import sac_report
from softopt.experiments.paired_rounds import (
    ONE_THREAD,
    Competitor,
    Lap,
    median_interval,
    one_round,
    ratios,
    running,
    side_by_side,
)
from softopt.experiments.sac_peers import Order, order_line

OURS, PEER = Order("softopt"), Order("stable-baselines3", "stable_baselines3")
PLAIN = replace(OURS, name="softopt, plain autograd", explicit=False)
FLOAT32 = replace(OURS, name="softopt, float32", precision="float32")
CUDA = replace(OURS, name="softopt, CUDA", device="cuda")
SECOND = replace(OURS, name="softopt, another seed", seed=1)
SBX = Order("sbx", "sbx")
ROUNDS, STEPS, WARM, STARTS = 12, 150, 150, 3  # four minutes on a quiet machine
Laps = dict[str, list[Lap]]


def run(json_path: str | Path | None = None) -> int:
    """Measure, print a table, and say which bars are met.

    Args:
        json_path: where to write all that was measured, or None.

    Returns:
        0; 1 where a bar is missed.
    """
    found = measure()
    found["bars"] = sac_report.bars(found)
    print(sac_report.text(found))
    if json_path:
        Path(json_path).write_text(json.dumps(found, indent=2), encoding="utf-8")
    return 0 if all(bar["met"] for bar in found["bars"]) else 1


def measure() -> dict[str, Any]:
    """Time everybody; return the rows of the table, the parts of a step, the floor, and the state of the machine."""
    found: dict[str, Any] = {"environment": OURS.environment, "steps": STEPS, "machine": machine(), "notes": []}
    starts, said = first_updates()
    found |= said
    orders = [OURS, PLAIN, PEER]
    orders += [FLOAT32] if found["precision"] == "reduced" else []
    orders += [CUDA] if found["cuda"] else []
    second = [SECOND] if psutil.cpu_count() > 1 else []
    with ExitStack() as stack:
        competitors = stack.enter_context(running([*orders, *second]))
        try:
            competitors |= stack.enter_context(running(installed(SBX, found["notes"])))
        except RuntimeError as fault:
            found["notes"].append(f"sbx is installed and does not run here: {fault}.")
        for name, competitor in competitors.items():
            starts[name].append(competitor.first_update)
        laps, together = rounds(competitors, found["notes"])
    found["rounds"] = len(laps[OURS.name])
    found["rows"] = [row(name, laps, starts[name]) for name in laps]
    if together:
        found["rows"].append(growth(laps[OURS.name], together))
    command = [sys.executable, "-m", "softopt.experiments.sac_time", order_line(OURS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **ONE_THREAD})
    return found | json.loads(done.stdout)


def installed(order: Order, notes: list[str]) -> list[Order]:
    """The order alone if its package is installed; else none, and a note."""
    if importlib.util.find_spec(order.kind):
        return [order]
    notes.append(f"{order.name} is not installed: pip install sbx-rl.")
    return []


def machine() -> dict[str, Any]:
    """The processors, the versions, and how busy the processors are with other things."""
    peers = {"stable-baselines3": "stable_baselines3", "sbx-rl": "sbx", "jax": "jax"}
    names = ["torch", "numpy", "gymnasium", "mujoco"]
    names += [name for name, module in peers.items() if importlib.util.find_spec(module)]
    return {
        "processors": psutil.cpu_count(),
        "kind": platform.processor() or platform.machine(),
        "busy": psutil.cpu_percent(2.0) / 100,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
    }


def first_updates() -> tuple[dict[str, list[tuple[float, float]]], dict[str, Any]]:
    """Start fresh processes in turns: (wall-clock, processor) seconds to the first update, and what ours said."""
    starts: dict[str, list[tuple[float, float]]] = defaultdict(list)
    said: dict[str, Any] = {}
    for order in tqdm([OURS, PEER] * STARTS, desc="starts", leave=False):
        with running([order]) as fresh:
            starts[order.name].append(fresh[order.name].first_update)
            said |= fresh[order.name].facts
    return starts, said


def rounds(competitors: dict[str, Competitor], notes: list[str]) -> tuple[Laps, list[Lap]]:
    """Let everybody take steps in turns, round after round, and two of ours at once in each.

    Returns:
        The laps of each competitor by name, and those of the two together; on Ctrl-C those of the finished rounds.
    """
    in_turns = [competitor for name, competitor in competitors.items() if name != SECOND.name]
    pair = [competitors[name] for name in (OURS.name, SECOND.name) if name in competitors]
    laps: Laps = defaultdict(list)
    together: list[Lap] = []
    one_round(list(competitors.values()), WARM)
    try:
        for number in tqdm(range(ROUNDS), desc="rounds", leave=False):
            backwards = number % 2  # so that a slow drift of the machine favours nobody
            lap = one_round(in_turns[::-1] if backwards else in_turns, STEPS)
            both = [side_by_side(pair, STEPS)] if len(pair) > 1 else []
            for name in competitors:
                if name in lap:
                    laps[name].append(lap[name])
            together += both
    except KeyboardInterrupt:
        if not laps:
            raise
        notes.append(f"Stopped after {len(laps[OURS.name])} of {ROUNDS} rounds.")
    return laps, together


def row(name: str, laps: Laps, starts: list[tuple[float, float]]) -> dict[str, Any]:
    """One competitor's row of the table."""
    own, peer, ours = laps[name], laps[PEER.name], laps[OURS.name]
    first_update, first_update_processor = (statistics.median(clock) for clock in zip(*starts, strict=True))
    return {
        "name": name,
        "environment": OURS.environment,
        "threads": 1,
        "seeds": 1,
        "steps_per_s": statistics.median(lap.steps / lap.seconds for lap in own),
        "steps_per_processor_s": statistics.median(lap.steps / lap.processor_seconds for lap in own),
        "ratio_to_sb3": median_interval(ratios(own, peer))._asdict(),
        "ratio_to_sb3_processor": median_interval(ratios(own, peer, "processor_seconds"))._asdict(),
        "softopt_ratio": median_interval(ratios(ours, own))._asdict(),
        "processors_used": statistics.median(lap.processor_seconds / lap.seconds for lap in own),
        "peak_mb": own[-1].peak_mb,
        "first_update_s": first_update,
        "first_update_processor_s": first_update_processor,
        "laps": [lap._asdict() for lap in own],
    }


def growth(alone: list[Lap], together: list[Lap]) -> dict[str, Any]:
    """The row of two seeds side by side; ``growth`` is their steps a second in all over those of one alone."""
    return {
        "name": "softopt, side by side",
        "environment": OURS.environment,
        "threads": 1,
        "seeds": 2,
        "steps_per_s": statistics.median(lap.steps / lap.seconds for lap in together),
        "steps_per_processor_s": statistics.median(lap.steps / lap.processor_seconds for lap in together),
        "growth": median_interval(ratios(together, alone))._asdict(),
        "processors_used": statistics.median(lap.processor_seconds / lap.seconds for lap in together),
        "peak_mb": together[-1].peak_mb,
        "laps": [lap._asdict() for lap in together],
    }
