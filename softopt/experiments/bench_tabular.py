"""How fast is ``plan``, beside quantecon's hard-max solvers and beside soft value iteration?

The grids have four moves, slip .2 to the sides, a tenth of the cells walls, rewards uniform in [-1, 0] by cell, and a
goal that returns to the start; temperature .1, uniform prior. Everyone solves to a certified 1e-8, relative to
max(1, |V|). The times of a ratio are taken in turns, each time on a fresh MDP, so that nothing is remembered. All
times are processor seconds of one thread: wall-clock time on a quiet machine, and nearly as steady on a busy one.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

# One BLAS thread; set before NumPy reads it.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
import scipy.sparse as sp  # noqa: E402

from softopt.experiments.machine import load_average, peak_mb  # noqa: E402
from softopt.tabular import MDP, _compiled, gridworlds, plan, soft_value_iteration, temperature_path  # noqa: E402

TEMPERATURE, TOLERANCE = 0.1, 1e-8
SIDES = {10_000: 105, 30_000: 183, 250_000: 527, 1_000_000: 1054}  # of the square grids, walls included
# Its value iteration takes many times longer at either size.
PEER_METHODS = ("policy_iteration", "modified_policy_iteration")


def run(json_path: str | None = None) -> int:
    """Measure, print a table, and say which bars are met.

    Args:
        json_path: where to write the rows, or None.

    Returns:
        0; 1 where a bar is missed.
    """
    plan(grid(30_000, 0.9), TEMPERATURE)  # compile, load
    rows = [
        against_peer(10_000, 0.999, rounds=5, bar=0.5),
        against_value_iteration(10_000, 0.999, bar=1 / 20),
        against_peer(250_000, 0.99, rounds=3, bar=1.0),
        scipy_alone(10_000, 0.999),
        scipy_alone(30_000, 0.999),
        sixty_one_frames(),
        one_million(),
    ]
    for row in rows:
        report(row)
    print(f"processor seconds of one thread; {os.cpu_count()} processors, load {load_average():.1f}")
    if json_path:
        Path(json_path).write_text(json.dumps(rows, indent=2), encoding="utf-8")
    missed = [row["what"] for row in rows if not row["met"]]
    print(f"missed: {'; '.join(missed)}" if missed else "every bar is met")
    return 1 if missed else 0


def grid(size: int, discount: float) -> MDP:
    """A fresh grid of about ``size`` states."""
    return gridworlds.random_grid(SIDES[size], discount=discount)


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Time one call; return the time and the result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def paired(what: str, ours: list[float], theirs: list[float], bar: float, **more: Any) -> dict[str, Any]:
    """Return one row: median times, and the ratio ours / theirs of each round."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    middle = statistics.median(ratios)
    return {
        "what": what,
        "seconds": statistics.median(ours),
        "other_seconds": statistics.median(theirs),
        "ratio": middle,
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "bar": bar,
        "met": middle <= bar,
        **more,
    }


def peer(mdp: MDP, method: str, largest: float) -> Callable[[], Any]:
    """Hard-max planning of the same transition and reward by quantecon, to the same certified error."""
    from quantecon.markov import DiscreteDP

    states = np.repeat(np.arange(mdp.n_states), mdp.n_actions)
    actions = np.tile(np.arange(mdp.n_actions), mdp.n_states)
    problem = DiscreteDP(mdp.reward.ravel(), sp.csr_matrix(mdp.rows()), mdp.discount, states, actions)
    # Its value is within epsilon / 2 of the optimum.
    epsilon = 2 * TOLERANCE * max(1.0, largest)
    return lambda: problem.solve(method=method, epsilon=epsilon, max_iter=10**6)


def against_peer(size: int, discount: float, rounds: int, bar: float) -> dict[str, Any]:
    """Our soft plan against quantecon's fastest hard-max method, in turns."""
    mdp = grid(size, discount)
    largest = float(np.abs(plan(mdp, TEMPERATURE).value).max())
    tried = {method: seconds(peer(mdp, method, largest))[0] for method in PEER_METHODS}
    fastest = min(tried, key=lambda method: tried[method])
    ours, theirs = [], []
    for _ in range(rounds):
        fresh = grid(size, discount)
        took, found = seconds(lambda mdp=fresh: plan(mdp, TEMPERATURE))
        assert found.bound <= TOLERANCE * max(1.0, np.abs(found.value).max())
        ours.append(took)
        theirs.append(seconds(peer(fresh, fastest, largest))[0])
    what = f"{mdp.n_states} states, discount {discount}: plan / quantecon {fastest}"
    return paired(what, ours, theirs, bar, tried=tried, steps=found.iterations)


def against_value_iteration(size: int, discount: float, bar: float, sweeps: int = 300) -> dict[str, Any]:
    """Our plan against soft value iteration, whose time is extrapolated from its first sweeps."""
    ours, theirs = [], []
    for _ in range(3):
        mdp = grid(size, discount)
        took, found = seconds(lambda mdp=mdp: plan(mdp, TEMPERATURE))
        ours.append(took)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns that it stopped early, which is the intention
            took, begun = seconds(
                lambda mdp=mdp: soft_value_iteration(mdp, TEMPERATURE, TOLERANCE, max_iterations=sweeps)
            )
        goal = TOLERANCE * max(1.0, np.abs(found.value).max())
        needed = sweeps + max(0.0, math.log(goal / begun.bound) / math.log(discount))
        theirs.append(took / sweeps * needed)
    what = f"{mdp.n_states} states, discount {discount}: plan / soft value iteration (extrapolated)"
    return paired(what, ours, theirs, bar, sweeps_run=sweeps, sweeps_needed=int(needed))


def scipy_alone(size: int, discount: float, bar: float = 4.0) -> dict[str, Any]:
    """The plan without compiled loops against the plan with them."""
    times: dict[bool, list[float]] = {False: [], True: []}
    present = _compiled.available
    for _ in range(3):
        for allowed in times:
            fresh = grid(size, discount)
            _compiled.available = present and allowed
            times[allowed].append(seconds(lambda mdp=fresh: plan(mdp, TEMPERATURE))[0])
    _compiled.available = present
    what = f"{fresh.n_states} states, discount {discount}: plan on SciPy alone / with compiled loops"
    return paired(what, times[False], times[True], bar, compiled=present)


def sixty_one_frames(bar: float = 0.2) -> dict[str, Any]:
    """All frames of a slider on a 20x20 grid: 0, 59 temperatures, and the prior."""
    temperatures = np.concatenate([[0.0], np.logspace(-3, 1, 59), [np.inf]])
    times = []
    for _ in range(7):
        mdp = gridworlds.random_grid(20, discount=0.99)
        took, path = seconds(lambda mdp=mdp: temperature_path(mdp, temperatures))
        assert not any(path.messages)
        times.append(took)
    middle = statistics.median(times)
    return {"what": "61 frames of a 20x20 grid, seconds", "seconds": middle, "bar": bar, "met": middle <= bar}


def one_million(bar: float = 1.5) -> dict[str, Any]:
    """Plan a million states in a process of its own; its peak memory in GB."""
    code = "from softopt.experiments.bench_tabular import solve_million; solve_million()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    row = json.loads(done.stdout.splitlines()[-1])
    return {"what": f"{row['states']} states, discount 0.99: peak GB", **row, "bar": bar, "met": row["peak_gb"] <= bar}


def solve_million() -> None:
    """Plan a million states and print one line of JSON with the time and the peak memory of this process."""
    mdp = grid(1_000_000, 0.99)
    took, found = seconds(lambda: plan(mdp, TEMPERATURE))
    print(json.dumps({"states": mdp.n_states, "seconds": took, "peak_gb": peak_mb() / 1e3, "bound": found.bound}))


def report(row: dict[str, Any]) -> None:
    """Print one row of the table."""
    if "ratio" in row:
        figure = f"{row['ratio']:.3f} ({row['ratio_min']:.3f} to {row['ratio_max']:.3f})"
        figure += f", {row['seconds']:.3g} s / {row['other_seconds']:.3g} s"
    elif "peak_gb" in row:
        figure = f"{row['peak_gb']:.2f} in {row['seconds']:.1f} s"
    else:
        figure = f"{row['seconds']:.3f}"
    print(f"{row['what']}: {figure}; bar {row['bar']:.3g}, {'met' if row['met'] else 'MISSED'}")
