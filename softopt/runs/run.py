"""One run in one folder: trained from its last checkpoint, saved as it goes, stopped cleanly."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from softopt.deep import Training, train
from softopt.deep.state import pack
from softopt.runs.checkpoint import read_checkpoint, write_checkpoint
from softopt.runs.curve import Row, row
from softopt.runs.lock import alone
from softopt.runs.setup import Setup

CHECKPOINT = "checkpoint.safetensors"


@dataclass
class Run:
    """A run and how far it has come.

    Attributes:
        setup: what it is made from.
        folder: where its checkpoint lies.
        training: the agent in its environment.
        rows: of its curve so far.
        seconds: of wall-clock time so far, earlier sittings included.
    """

    setup: Setup
    folder: Path
    training: Training
    rows: list[Row]
    seconds: float = 0.0

    @property
    def step(self) -> int:
        """Environment steps so far."""
        return self.training.episodes.steps

    @property
    def finished(self) -> bool:
        """Whether all steps have been taken."""
        return self.step >= self.setup.steps

    @property
    def kept(self) -> dict[int, Path]:
        """The policies that are kept on the way: environment steps -> file."""
        every = self.setup.keep_every
        steps = range(every, min(self.step, self.setup.steps - 1) + 1, every) if every else ()
        return {step: self.folder / f"policy_{step}.safetensors" for step in steps}

    def write_policy(self, path: Path, *also: str) -> None:
        """Write what the agent needs to act, and the parts that are named besides.

        Raises:
            OSError: it could not be written.
        """
        agent = self.training.agent
        parts = {name: agent.parts()[name] for name in dict.fromkeys([*agent.acts_with, *also])}
        write_checkpoint(path, pack(parts), {"setup": self.setup.to_json()})

    def save(self) -> None:
        """Write the checkpoint, in place of the one before.

        Raises:
            OSError: it could not be written; the last good one is kept.
            FloatingPointError: the policy is no longer finite; the last good one is kept.
        """
        state = self.training.state()
        acting = tuple(f"{part}." for part in self.training.agent.acts_with)
        if not all(torch.isfinite(value).all() for name, value in state.items() if name.startswith(acting)):
            raise FloatingPointError(
                f"after {self.step} steps the policy's weights are not finite: it has diverged. The last good "
                "checkpoint is kept. A smaller learning rate, or rewards of a smaller scale, may keep it finite."
            )
        notes = {"setup": self.setup.to_json(), "rows": self.rows, "seconds": self.seconds}
        write_checkpoint(self.folder / CHECKPOINT, state, notes)


@dataclass(frozen=True)
class Report:
    """A line of progress.

    Attributes:
        step: environment steps so far.
        steps: in all.
        earned: the latest evaluation's mean return, or that of the latest training episodes before the first.
        temperature: T, where the algorithm has one.
    """

    step: int
    steps: int
    earned: float | None
    temperature: float | None


def open_run(setup: Setup, folder: Path) -> Run:
    """Begin a run, or take up the one that lies in the folder.

    Args:
        setup: may ask for more steps than the run in the folder; nothing else may differ.
        folder: made if it is not there.

    Raises:
        ValueError: the folder holds a run that was made otherwise, or a file that is no checkpoint.
    """
    folder.mkdir(parents=True, exist_ok=True)
    setup = setup.resolved()
    run = Run(setup, folder, setup.build(), [])
    if (folder / CHECKPOINT).exists():
        tensors, notes = read_run(folder)
        before = Setup.from_json(notes["setup"])
        changed = differences(replace(before, steps=setup.steps), setup)
        if changed:
            raise ValueError(
                f"{folder} holds a run with another {' and '.join(changed)}. "
                "Choose another folder, or delete that one to begin anew."
            )
        run.training.load_state(tensors)
        run.rows, run.seconds = notes["rows"], notes["seconds"]
        if run.rows and not run.finished and run.rows[-1]["step"] % setup.evaluate_every:
            run.rows.pop()  # of an end that is one no longer
    return run


def resume(folder: Path) -> Run:
    """Take up the run that lies in a folder, whatever it is made from.

    Raises:
        FileNotFoundError, ValueError: no checkpoint, or not a whole one.
    """
    return open_run(Setup.from_json(read_run(folder)[1]["setup"]), folder)


def read_run(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and notes of the checkpoint of a run; errors as in :func:`resume`."""
    tensors, notes = read_checkpoint(folder / CHECKPOINT)
    if not {"setup", "rows", "seconds"} <= notes.keys():
        raise ValueError(f"{folder / CHECKPOINT} is not a whole checkpoint of a run. Delete it to begin the run anew.")
    return tensors, notes


def carry_on(run: Run, report: Callable[[Report], None] = lambda _: None, *, save_every: int = 10_000) -> bool:
    """Train to the end, saving every so often; on Ctrl-C or a polite kill, save and stop.

    Args:
        run: from :func:`open_run`.
        report: is told of the progress.
        save_every: environment steps between checkpoints; at most so many are lost in a power cut.

    Returns:
        Whether the run is finished.

    Raises:
        OSError: a checkpoint could not be written.
        ValueError: another process trains in the same folder.
        FloatingPointError: the environment or a network came out with numbers that are not finite.
    """
    began, before, saved = time.monotonic(), run.seconds, run.step
    earned, temperature = run.rows[-1]["return"] if run.rows else None, None
    with alone(run.folder), stop_politely() as stopping:
        progress = train(
            run.training,
            run.setup.steps,
            evaluate_every=run.setup.evaluate_every,
            evaluation_episodes=run.setup.evaluation_episodes,
        )
        for news in progress:
            if news.evaluation:
                run.rows.append(row(news.step, news.evaluation, news.logged | news.measured))
                earned = run.rows[-1]["return"]
                if news.step in run.kept:
                    run.write_policy(run.kept[news.step])
            elif news.returns and not run.rows:
                earned = news.returns[-1]
            temperature = news.logged.get("temperature", temperature)
            report(Report(news.step, run.setup.steps, earned, temperature))
            run.seconds = before + time.monotonic() - began
            if news.step - saved >= save_every or stopping or run.finished:
                run.save()
                saved = news.step
            if stopping:
                break
    return run.finished


def differences(one: Setup, other: Setup) -> list[str]:
    """Settings in which two runs differ, each with both values; the algorithm alone where that differs."""
    if one.algorithm != other.algorithm:
        return [f"algorithm ({one.algorithm}, not {other.algorithm})"]
    flat = [{**vars(setup), **vars(setup.config)} for setup in (one, other)]
    names = [name for name in flat[0] if name != "config" and flat[0][name] != flat[1][name]]
    return [f"{name} ({flat[0][name]}, not {flat[1][name]})" for name in names]


@contextmanager
def stop_politely() -> Iterator[list[int]]:
    """Within this block Ctrl-C and SIGTERM raise nothing; they are noted in the list. A second one is obeyed."""
    noted: list[int] = []

    def note(number: int, frame: object) -> None:
        noted.append(number)
        signal.signal(number, before[number])

    main = threading.current_thread() is threading.main_thread()  # elsewhere Python lets nobody listen
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM) if main}
    for number in before:
        signal.signal(number, note)
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
