"""How fast is our soft Q-learning beside its own arithmetic, and do many seeds side by side pay?

HalfCheetah-v5, 2 x 128 units, batches of 128, 8 + 8 particles of the sampler and 16 of the value in each state: the
setting of the code that was released with the paper. One update a step, one thread. No other implementation of it
installs today, so the only yardstick is the processor itself: the matrix products of an update, measured in the same
run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from tqdm.auto import tqdm

from softopt.experiments.bench_sac import STEPS, WARM, growth, machine
from softopt.experiments.paired_rounds import ONE_THREAD, Lap, one_round, running, side_by_side
from softopt.experiments.sac_peers import Order, order_line
from softopt.experiments.sac_report import GROWTH_BAR, at_least, state_of_the_machine, where_the_time_goes

OURS = Order("softopt", "soft_q", hidden=(128, 128), batch=128)
SECOND = replace(OURS, name="softopt, another seed", seed=1)
ROUNDS = 8
FLOOR_BAR = 0.35  # of the rate that the matrix products alone would allow in float32


def run(json_path: str | Path | None = None) -> int:
    """Measure, print, and say which bars are met.

    Args:
        json_path: where to write all that was measured, or None.

    Returns:
        0; 1 where a bar is missed.
    """
    found = measure()
    found["bars"] = bars(found)
    print(text(found))
    if json_path:
        Path(json_path).write_text(json.dumps(found, indent=2), encoding="utf-8")
    return 0 if all(bar["met"] for bar in found["bars"]) else 1


def measure() -> dict[str, Any]:
    """Time one alone and, where there are two processors, two side by side; then the parts of a step and the floor."""
    found: dict[str, Any] = {"environment": OURS.environment, "steps": STEPS, "rounds": ROUNDS, "machine": machine()}
    alone: list[Lap] = []
    together: list[Lap] = []
    with running([OURS, SECOND] if psutil.cpu_count() > 1 else [OURS]) as competitors:
        pair = list(competitors.values())
        found |= pair[0].facts
        first_update, _ = pair[0].first_update
        one_round(pair, WARM)
        for _ in tqdm(range(ROUNDS), desc="rounds", leave=False):
            alone.append(one_round(pair[:1], STEPS)[OURS.name])
            if len(pair) > 1:
                together.append(side_by_side(pair, STEPS))
    found["rows"] = [
        {
            "name": OURS.name,
            "environment": OURS.environment,
            "threads": 1,
            "seeds": 1,
            "steps_per_s": statistics.median(lap.steps / lap.seconds for lap in alone),
            "processors_used": statistics.median(lap.processor_seconds / lap.seconds for lap in alone),
            "peak_mb": alone[-1].peak_mb,
            "first_update_s": first_update,
        }
    ]
    if together:
        found["rows"].append(growth(alone, together))
    command = [sys.executable, "-m", "softopt.experiments.sac_time", order_line(OURS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **ONE_THREAD})
    return found | json.loads(done.stdout)


def bars(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Compare what :func:`measure` found with what is asked: a dictionary a bar, with what, measured, bar and met."""
    strict = next(floor for floor in found["floor"] if floor["precision"] == "float32")
    checked = [at_least("share of the float32 floor's rate", strict["share_of_floor"], FLOOR_BAR)]
    for row in found["rows"][1:]:
        share = row["growth"]["median"] / row["seeds"]
        checked.append(at_least("growth with two seeds side by side, as a share of two processors", share, GROWTH_BAR))
    return checked


def text(found: dict[str, Any]) -> str:
    """The whole report."""
    rows = [
        f"{row['name']}: {row['seeds']} {'seed' if row['seeds'] == 1 else 'seeds'}, {row['steps_per_s']:.1f} steps/s, "
        f"{row['peak_mb']:.0f} MB" + (f", first update after {row['first_update_s']:.1f} s" if not k else "")
        for k, row in enumerate(found["rows"])
    ]
    missed = sum(not bar["met"] for bar in found["bars"])
    return "\n".join(
        [
            f"{found['environment']}, soft Q-learning, 2 x 128 units, batch 128, 8 + 8 + 16 particles, one thread",
            *state_of_the_machine(found),
            *rows,
            *where_the_time_goes(found),
            *(
                f"{b['what']}: {b['measured']:.2f}; bar {b['bar']:g}, {'met' if b['met'] else 'MISSED'}"
                for b in found["bars"]
            ),
            f"{missed} missed" if missed else "every bar is met",
        ]
    )
