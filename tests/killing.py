"""Trains runs whose processes are killed again and again: ``python killing.py FOLDER SETUPS_AS_JSON FATES_AS_JSON``.

Each fate is one process, forked from here so that torch is imported once. A pair [k, share] kills it from outside:
after the k-th report, k at least 2, and then such a share of the time between the last two of them. "writing",
"written" and "renamed" let it die by its own hand in the middle of its next checkpoint, just before the new file takes
the place of the old one, and just after. Prints a line for each run, with the signal that ended each process, and last
the exit status of the one that was left alone.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import time
from pathlib import Path

import torch

from softopt.deep import train
from softopt.runs import Setup, carry_on, checkpoint, open_run, run

EVERY = 50  # reports and checkpoints; where they fall must not matter


def die(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(fate: str) -> None:
    """Let this process die in its next checkpoint."""
    save, replace = checkpoint.save_file, os.replace

    def half(tensors, path, metadata):
        save(tensors, path, metadata)
        os.truncate(path, os.path.getsize(path) // 2)
        die()

    def after(*paths):
        replace(*paths)
        die()

    if fate == "writing":
        checkpoint.save_file = half
    elif fate == "written":
        os.replace = die
    elif fate == "renamed":
        os.replace = after


def live(setup: Setup, folder: Path, fate: object, pipe: int) -> None:
    """One process: train on, and write a byte for every report."""
    if isinstance(fate, str):
        arm(fate)
    run.train = functools.partial(run.train, report_every=EVERY)
    finished = carry_on(open_run(setup, folder), lambda report: os.write(pipe, b"."), save_every=EVERY)
    os._exit(0 if finished else 1)


def suffer(setup: Setup, folder: Path, fates: list) -> list[int]:
    """Train one run through all its fates, and let the last process live; return how each ended."""
    for _ in train(setup.build(), 150, evaluate_every=0):  # what torch imports late is there for every child
        pass
    ends = []
    for fate in [*fates, None]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            live(setup, folder, fate, writing)
        os.close(writing)
        if isinstance(fate, list):
            reports, share = fate
            heard = []
            while len(heard) < reports and os.read(reading, 1):
                heard.append(time.monotonic())
            time.sleep(share * (heard[-1] - heard[-2]))
            os.kill(child, signal.SIGKILL)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os.close(reading)
    return ends


if __name__ == "__main__":
    torch.set_num_threads(1)
    for order in json.loads(sys.argv[2]):
        ordered = Setup.from_json(order)
        print(*suffer(ordered, Path(sys.argv[1]) / ordered.algorithm, json.loads(sys.argv[3])), flush=True)
