"""How long does the first exit of an LMDP take on 250 000 states? A 500x500 grid, a random walk, one goal.

Three temperatures: where all of z is a float, where most of it underflows, and where nearly all of it does; and
a slalom between walls, whose length leaves the range of floats even relative to a shortest path, so that Newton's
method has to take over.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from softopt.experiments.machine import load_average, peak_mb
from softopt.tabular import gridworlds
from softopt.tabular.linearly_solvable import LMDP, first_exit

SIDE = 500
BAR = 10.0  # seconds
RESIDUAL = 1e-10  # relative to the largest cost-to-go


def run(json_path: str | None = None) -> int:
    """Solve each problem once; return 0 if every one meets the bar and its residual.

    Args:
        json_path: where to write the figures, or None.
    """
    print(f"first exit of an LMDP on a {SIDE}x{SIDE} drawing, bar {BAR:.0f} s, load {load_average():.1f}")
    rows = [measure("open", temperature) for temperature in (100.0, 1.0, 0.01)] + [measure("slalom", 1.0)]
    for row in rows:
        print(
            f"  {row['drawing']:7} {row['states']:7d} states, T = {row['temperature']:6g}: {row['seconds']:5.1f} s, "
            f"{row['solves']} solves, z underflows in {row['underflow']:6.1%}, "
            f"largest v {row['largest']:9.1f}, residual {row['residual']:.0e}"
        )
    print(f"  peak memory {peak_mb() / 1e3:.2f} GB")
    if json_path:
        Path(json_path).write_text(json.dumps(rows, indent=2), encoding="utf-8")
    met = (row["seconds"] <= BAR and row["residual"] <= RESIDUAL * row["largest"] for row in rows)
    return int(not all(met))


def measure(drawing: str, temperature: float) -> dict[str, Any]:
    """Return one row: seconds, linear solves, share of z that underflows, residual."""
    lmdp = LMDP.from_mdp(gridworlds.gridworld(draw(drawing), sparse=True))
    began = time.perf_counter()
    solution = first_exit(lmdp, temperature)
    seconds = time.perf_counter() - began
    return {
        "drawing": drawing,
        "states": lmdp.n_states,
        "temperature": temperature,
        "seconds": seconds,
        "solves": solution.iterations,
        "underflow": float((solution.desirability == 0).mean()),
        "largest": float(solution.cost_to_go.max()),
        "residual": solution.residual,
    }


def draw(name: str) -> list[str]:
    """Return an open square with a goal in the corner, or a slalom: every fifth row a wall with a gap at one end."""
    rows = ["." * SIDE for _ in range(SIDE)]
    if name == "slalom":
        wall = "#" * (SIDE - 1)
        rows[4::10] = [wall + "." for _ in rows[4::10]]
        rows[9::10] = ["." + wall for _ in rows[9::10]]
        rows[-1] = "." * SIDE
    rows[-1] = rows[-1][:-1] + "G"
    return rows
