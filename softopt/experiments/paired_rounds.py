"""Competitors timed in turns, each alive in a process of its own, and what their paired times say.

A machine that slows down for a minute slows down all who run in that minute. So everybody runs in every round, and what
is compared is the ratio within a round; the median of the ratios has an interval that assumes nothing about how they
are spread.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from scipy.stats import binom

from softopt.experiments.sac_peers import Order, order_line

# One thread for whatever library a competitor multiplies matrices with.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1") | {
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


class Lap(NamedTuple):
    """Some steps of one competitor.

    Attributes:
        steps: how many.
        seconds: wall-clock time.
        processor_seconds: processor time of all its threads.
        peak_mb: the most memory that its process has held so far.
    """

    steps: int
    seconds: float
    processor_seconds: float
    peak_mb: float


class Competitor:
    """A learner in a process of its own, after its first update.

    Args:
        order: what it is.

    Attributes:
        name: of its row.
        first_update: (wall-clock, processor) seconds from the start of the process to the end of the first update.
        facts: what else it said then.

    Raises:
        RuntimeError: the process ended instead, with its last words.
    """

    def __init__(self, order: Order) -> None:
        self.name = order.name
        self._words = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115  it lives as long as the process
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "softopt.experiments.sac_peers", order_line(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            text=True,
            env={**os.environ, **ONE_THREAD},
        )
        self.facts = self._answer()
        self.first_update = time.perf_counter() - began, self.facts.pop("processor_seconds")
        self._asked = 0

    def start(self, steps: int) -> None:
        """Ask for so many steps, and do not wait."""
        self._asked = steps
        self._process.stdin.write(f"go {steps}\n")
        self._process.stdin.flush()

    def finish(self) -> Lap:
        """Wait for the steps that were asked for."""
        return Lap(self._asked, **self._answer())

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:  # in the middle of its steps, after Ctrl-C
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._words.close()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._words.seek(0)
            said = self._words.read().strip().splitlines()
            raise RuntimeError(f"the process of {self.name} ended: {said[-1] if said else 'it said nothing'}")
        return json.loads(line)


@contextmanager
def running(orders: Sequence[Order]) -> Iterator[dict[str, Competitor]]:
    """Competitors by name, started one after another and ended with the block."""
    started: dict[str, Competitor] = {}
    try:
        for order in orders:
            started[order.name] = Competitor(order)
        yield started
    finally:
        for competitor in started.values():
            competitor.close()


def one_round(competitors: Sequence[Competitor], steps: int) -> dict[str, Lap]:
    """Let one after another take its steps; return the laps by name."""
    laps = {}
    for competitor in competitors:
        competitor.start(steps)
        laps[competitor.name] = competitor.finish()
    return laps


def side_by_side(competitors: Sequence[Competitor], steps: int) -> Lap:
    """Let all take their steps at once; return one lap of all steps, until the last has finished."""
    began = time.perf_counter()
    for competitor in competitors:
        competitor.start(steps)
    laps = [competitor.finish() for competitor in competitors]
    took = time.perf_counter() - began
    worked, peak = sum(lap.processor_seconds for lap in laps), sum(lap.peak_mb for lap in laps)
    return Lap(steps * len(laps), took, worked, peak)


class Interval(NamedTuple):
    """A median with an interval that holds the true one with a probability of at least .95."""

    median: float
    low: float
    high: float


def median_interval(values: Sequence[float]) -> Interval:
    """Median and its interval between two of the values.

    The true median lies below the k-th smallest value with the probability of fewer than k heads in n tosses of a coin.
    With fewer than six values even the smallest and the largest hold it less often than .95; they are given then.

    Args:
        values: (n,) at least one.
    """
    ordered = sorted(values)
    left_out = max(int(binom.ppf(0.025, len(ordered), 0.5)) - 1, 0)  # at either end
    return Interval(statistics.median(ordered), ordered[left_out], ordered[-1 - left_out])


def ratios(ours: Sequence[Lap], theirs: Sequence[Lap], clock: str = "seconds") -> list[float]:
    """How many times as many steps a second ours takes, round by round; ``clock`` names the time of a lap."""
    return [
        (mine.steps / getattr(mine, clock)) / (other.steps / getattr(other, clock))
        for mine, other in zip(ours, theirs, strict=True)
    ]
