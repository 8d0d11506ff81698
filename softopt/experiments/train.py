"""``python -m softopt train``: one run, or many seeds of it, from flags."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tqdm.auto import tqdm

from softopt.runs import Setup, carry_on, open_run, run_seeds
from softopt.runs.local import seed_folder, show


def train(setup: Setup, folder: Path | None = None, seeds: int = 1, workers: int = 1) -> int:
    """Train an agent; the same command goes on where it stopped.

    Args:
        setup: the run.
        folder: where its checkpoints lie; unless given, a folder under ``_runs`` that is named after the run.
        seeds: how many runs, with seeds that count up from that of the setup, a folder for each.
        workers: how many of them run at a time, each on one thread of the processor.

    Returns:
        0 if every run is finished, 1 if one failed or was stopped.
    """
    if seeds < 1:
        raise ValueError(f"seeds is how many runs to train, at least 1; got {seeds}.")
    folder = folder or Path("_runs") / setup.algorithm / setup.environment
    if seeds > 1 or workers > 1:
        return train_seeds(setup, range(setup.seed, setup.seed + seeds), folder, workers)
    torch.set_num_threads(1)
    folder = seed_folder(folder, setup.seed)
    try:
        run = open_run(setup, folder)
        precision = getattr(run.setup.config, "precision", "float32")
        print(
            f"{setup.algorithm} on {setup.environment}, seed {setup.seed}, in {folder}; matrix products: {precision}."
        )
        if run.step:
            print(f"Going on from step {run.step}.")
        with tqdm(total=setup.steps, unit="step", smoothing=0.05) as bar:
            finished = carry_on(run, lambda report: show(bar, **vars(report)))
    except (ValueError, OSError, FloatingPointError) as fault:
        print(fault, file=sys.stderr)
        return 1
    if not finished:
        print(f"Stopped at step {run.step} and saved. The same command goes on from there.")
        return 1
    print(f"Finished: return {run.rows[-1]['return']:.0f} at step {run.step}." if run.rows else "Finished.")
    return 0


def train_seeds(setup: Setup, seeds: range | list[int], folder: Path, workers: int) -> int:
    """Train a run a seed; say how each ended; return 0 if all are finished."""
    try:
        setup.build()  # what is wrong with the setup is said once, and here
    except (ValueError, FileNotFoundError) as fault:
        print(fault, file=sys.stderr)
        return 1
    outcomes = run_seeds(setup, list(seeds), folder, workers)
    for outcome in outcomes:
        if not outcome.finished:
            print(f"Seed {outcome.seed} is not finished. {outcome.said}".rstrip(), file=sys.stderr)
    if not all(outcome.finished for outcome in outcomes):
        print("The same command goes on from the last checkpoints.")
        return 1
    done = f"All {len(outcomes)} seeds are" if len(outcomes) > 1 else f"Seed {outcomes[0].seed} is"
    print(f"{done} finished, in {folder}.")
    return 0
