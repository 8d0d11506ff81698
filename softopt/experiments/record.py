"""``python -m softopt record NAME``: make a recorded run, or make it again and compare."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tyro.conf import Positional

from softopt.experiments.measure import MEASUREMENTS, measure
from softopt.experiments.recordings import FILMS, RECORDINGS, WITH_CRITIC, seeds_of
from softopt.experiments.train import train_seeds
from softopt.runs import Setup, load, open_run, publish
from softopt.runs.curve import from_csv, to_csv
from softopt.runs.local import seed_folder
from softopt.runs.recording import data_folder
from softopt.runs.statistics import prediction_interval


def record(name: Positional[str], seeds: tuple[int, ...] = (), workers: int = 1, folder: Path | None = None) -> int:
    """Make a recorded run again from its line in the manifest and compare it; where there is none yet, record it.

    A table of what was measured of recorded agents is made again in the same way.

    Args:
        name: such as sac/hopper, or a table such as pushes/sac.
        seeds: which seeds; unless given, those that are due and not recorded yet, or all where none is missing.
        workers: how many run at a time, each on one thread of the processor.
        folder: where the checkpoints lie meanwhile; unless given, a folder under _runs named after the recording.

    Returns:
        0 if every run was made, and those that were recorded before came out bit for bit or where one more run is
        expected.
    """
    try:
        data_folder()
    except FileNotFoundError as fault:  # said now, not after hours of training
        print(fault, file=sys.stderr)
        return 1
    if name in MEASUREMENTS:
        return measure(name)
    try:
        recorded = load(name)
        setup, known = recorded.setup(recorded.seeds[0]), recorded.seeds
    except FileNotFoundError as fault:
        if name not in RECORDINGS:
            print(f"{fault} Those that can be recorded: {', '.join([*RECORDINGS, *MEASUREMENTS])}.", file=sys.stderr)
            return 1
        recorded, setup, known = None, RECORDINGS[name], []
    due = [seed for seed in seeds_of(name) if seed not in known] if name in RECORDINGS else []
    wanted = list(seeds) or due or known
    # What is made again is never where it was first trained: a finished run there would be compared with itself.
    for seeds_now, place, end in (
        ([seed for seed in wanted if seed not in known], "recordings", partial(keep, name, setup)),
        ([seed for seed in wanted if seed in known], "again", partial(compare, recorded)),
    ):
        if seeds_now:
            at = folder or Path("_runs") / place / name
            status = train_seeds(setup, seeds_now, at, workers)
            for seed in seeds_now:
                status |= end(seed, at)
            if status:
                return status
    return 0


def keep(name: str, setup: Setup, seed: int, folder: Path) -> int:
    """Enter one finished run into ``data/``; return 0 if it is there."""
    run = open_run(replace(setup, seed=seed), seed_folder(folder, seed))
    if not run.finished:
        return 1
    film = FILMS[name](run.training.agent, seed=0, title=f"seed {seed}") if name in FILMS else None
    line = publish(run, name, data_folder(), film, critic=name in WITH_CRITIC)
    print(
        f"Recorded {name}, seed {seed}: return {run.rows[-1]['return']:.0f} after {line['seconds'] / 60:.0f} minutes."
    )
    return 0


def compare(recorded: Any, seed: int, folder: Path) -> int:
    """Compare one run, made again, with its recording; return 0 if it is the same, or where one more is expected."""
    run = open_run(recorded.setup(seed), seed_folder(folder, seed))
    if not run.finished:
        return 1
    before = recorded.path(seed, "curve.csv").read_text(encoding="utf-8")
    if to_csv(run.rows) == before:
        print(f"{recorded.name}, seed {seed}: the same, bit for bit.")
        return 0
    now, was = from_csv(to_csv(run.rows))["return"][-1], from_csv(before)["return"][-1]
    told = (
        f"{recorded.name}, seed {seed}: not the same bit for bit (another processor?). Final return {now:.0f}, "
        f"recorded {was:.0f}"
    )
    if len(recorded.seeds) == 1:
        print(f"{told}; one recorded seed does not say how far another may be off.")
        return 1
    low, high = prediction_interval(recorded.curves["return"][:, -1])
    inside = low <= now <= high
    print(f"{told}; one more seed is expected from {low:.0f} to {high:.0f}: {'inside' if inside else 'OUTSIDE'}.")
    return int(not inside)
