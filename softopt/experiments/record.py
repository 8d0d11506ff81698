"""``python -m softopt record NAME``: make a recorded run, or make it again and compare."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tyro.conf import Positional

from softopt.experiments.measure import MEASUREMENTS, measure
from softopt.experiments.recordings import FILMS, RECORDINGS, WITH_CRITIC, seeds_of
from softopt.experiments.train import train_seeds
from softopt.runs import Setup, load, open_run, publish
from softopt.runs.curve import from_csv, to_csv
from softopt.runs.local import seed_folder
from softopt.runs.recording import data_folder


def record(name: Positional[str], seeds: tuple[int, ...] = (), workers: int = 1, folder: Path | None = None) -> int:
    """Make a recorded run again from its line in the manifest and compare it; where there is none yet, record it.

    A table of what was measured of recorded agents is made again in the same way.

    Args:
        name: such as sac/hopper, or a table such as pushes/sac.
        seeds: which seeds; all of them unless given.
        workers: how many run at a time, each on one thread of the processor.
        folder: where the checkpoints lie meanwhile; unless given, a folder under _runs named after the recording.

    Returns:
        0 if every run was made, and those that were recorded before came out bit for bit or within the interval.
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
    # Never where the recording itself was trained: a finished run there would be compared with itself.
    folder = folder or Path("_runs") / ("again" if recorded else "recordings") / name
    wanted = list(seeds) or known or list(seeds_of(name))
    status = train_seeds(setup, wanted, folder, workers)
    for seed in wanted:
        if seed in known:
            status |= compare(recorded, seed, folder)
        else:
            status |= keep(name, setup, seed, folder)
    return status


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
    """Compare one run, made again, with its recording; return 0 if it is the same or lies among the recorded seeds."""
    run = open_run(recorded.setup(seed), seed_folder(folder, seed))
    if not run.finished:
        return 1
    before = recorded.path(seed, "curve.csv").read_text(encoding="utf-8")
    if to_csv(run.rows) == before:
        print(f"{recorded.name}, seed {seed}: the same, bit for bit.")
        return 0
    now, was = from_csv(to_csv(run.rows))["return"][-1], from_csv(before)["return"][-1]
    finals = recorded.curves["return"][:, -1]
    inside = bool(finals.min() <= now <= finals.max())
    print(
        f"{recorded.name}, seed {seed}: not the same bit for bit (another processor?). Final return {now:.0f}, "
        f"recorded {was:.0f}, recorded seeds from {np.min(finals):.0f} to {np.max(finals):.0f}: "
        f"{'inside' if inside else 'OUTSIDE'}."
    )
    return int(not inside)
