"""Many seeds on one machine: a process a seed, one thread each, so many at a time, one display.

A process that dies is started again and takes up its run at the last checkpoint; the others do not notice. One that
was asked to stop, or says what is wrong, is not: it would come to the same end. One thread is the right number at these
sizes: two learners side by side do nearly twice the work of one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from softopt.runs.setup import Setup

ATTEMPTS = 3
FAILED = 1  # exit status of a process whose run would fail again; what it said tells why
STOPPED = 3  # of one that was asked to stop: the run can go on


@dataclass(frozen=True)
class Outcome:
    """How one seed ended.

    Attributes:
        seed: which.
        folder: where its run lies.
        finished: whether all its steps were taken.
        said: the last lines that its process wrote, for a seed that failed.
    """

    seed: int
    folder: Path
    finished: bool
    said: str


def seed_folder(folder: Path, seed: int) -> Path:
    """Where the run of one seed lies."""
    return folder / f"seed_{seed}"


def run_seeds(setup: Setup, seeds: Sequence[int], folder: Path, workers: int) -> list[Outcome]:
    """Train one run a seed, ``workers`` at a time, each resumed if it has begun or if it dies.

    Args:
        setup: of every run, but for its seed.
        seeds: one run each.
        folder: a folder a seed is made in it.
        workers: processes at a time, each on one thread.

    Returns:
        One outcome a seed, in order. On Ctrl-C every process saves and stops, and what was not finished says so.

    Raises:
        ValueError: no worker.
    """
    setups = [replace(setup, seed=seed) for seed in seeds]
    bars = [_bar(place, seed, setup.steps) for place, seed in enumerate(seeds)]
    try:
        return run_all(setups, [seed_folder(folder, seed) for seed in seeds], bars, workers)
    finally:
        for bar in bars:
            bar.close()


def run_all(
    setups: Sequence[Setup],
    folders: Sequence[Path],
    bars: Sequence[Any],
    workers: int,
    done: Callable[[int, Outcome], None] = lambda index, outcome: None,
) -> list[Outcome]:
    """Train one run a setup, ``workers`` at a time, as :func:`run_seeds` does.

    Args:
        setups: N of them.
        folders: one a run.
        bars: one a run, as tqdm makes them.
        workers: processes at a time.
        done: is told of each run as it ends, in this thread; once more of one at which Ctrl-C broke in. What it raises
            stops all others, which save first.

    Returns:
        N outcomes, in order.

    Raises:
        ValueError: no worker.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}.")
    stop, running = threading.Event(), set()

    def stop_all() -> None:
        stop.set()
        for process in list(running):
            _interrupt(process)

    with ThreadPoolExecutor(workers) as pool:
        jobs = {
            pool.submit(_attempts, setup, folder, bar, stop, running): k
            for k, (setup, folder, bar) in enumerate(zip(setups, folders, bars, strict=True))
        }
        untold = dict(jobs)
        while untold:
            try:
                for job in as_completed(list(untold)):
                    done(untold[job], job.result())
                    del untold[job]
            except KeyboardInterrupt:
                stop_all()
            except BaseException:
                stop_all()
                raise
        return [job.result() for job in jobs]


def _attempts(setup: Setup, folder: Path, bar: Any, stop: threading.Event, running: set) -> Outcome:
    """Run one seed, and run it again where its process dies."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ""
    for attempt in range(ATTEMPTS):
        if stop.is_set():
            break
        code, words = _process(setup, folder, bar, stop, running)
        if code == 0:
            return Outcome(setup.seed, folder, True, "")
        if code in (FAILED, STOPPED):
            break
        bar.set_postfix_str(f"stopped (status {code}), attempt {attempt + 1} of {ATTEMPTS}")
    return Outcome(setup.seed, folder, False, words)


def _process(setup: Setup, folder: Path, bar: Any, stop: threading.Event, running: set) -> tuple[int, str]:
    """Run one seed in a process of its own; return its exit status and its last words.

    The process hears of Ctrl-C from this one alone, whoever was told; the second that it hears would end it unsaved.
    """
    order = json.dumps({"setup": setup.to_json(), "folder": str(folder)})
    process = subprocess.Popen(
        [sys.executable, "-m", "softopt.runs.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    running.add(process)
    if stop.is_set():
        _interrupt(process)
    process.stdin.write(order)
    process.stdin.close()
    said: deque[str] = deque(maxlen=20)
    for line in process.stdout:
        if line.startswith('{"step"'):
            show(bar, **json.loads(line))
        elif line.strip():
            said.append(line.rstrip())
    running.discard(process)
    return process.wait(), "\n".join(said)


def _interrupt(process: subprocess.Popen) -> None:
    if os.name != "nt":  # there the console has told every process already
        process.send_signal(signal.SIGINT)


def _bar(place: int, seed: int, steps: int) -> Any:
    return tqdm(total=steps, position=place, desc=f"seed {seed}", unit="step", smoothing=0.05, mininterval=0.5)


def show(bar: Any, step: int, steps: int, earned: float | None, temperature: float | None) -> None:
    """Bring a progress bar up to date: steps a second and time left are its own, return and temperature ours."""
    words = [] if earned is None else [f"return {earned:.0f}"]
    words += [] if temperature is None else [f"temperature {temperature:.3g}"]
    bar.set_postfix_str(", ".join(words), refresh=False)
    bar.total = steps
    bar.initial = bar.initial or (step if bar.n == 0 else 0)  # a resumed run is not that fast
    bar.update(step - bar.n)
