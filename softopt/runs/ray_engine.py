"""Runs on a Ray cluster: the same runs, a task each, on any number of machines that see one folder.

What goes over the wire is text: a setup as JSON out, a line of JSON back. Checkpoints and progress lie in the folder,
so a machine that goes takes nothing with it but the work since the last checkpoint.
"""

from __future__ import annotations

import json
import os
import re
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from softopt.runs.local import ATTEMPTS, Outcome, show
from softopt.runs.lock import Busy
from softopt.runs.setup import Setup

LOOPBACK = "127.0.0.1"
PROGRESS, TOKEN = "progress.json", "shared"
LOOK_EVERY = 1.0  # seconds between two looks at the progress
PATIENCE = 60.0  # seconds to wait for a process of a lost machine to let go of its folder
NOT_SHARED = "{machine} does not see {folder}: --folder has to lie on a disk that all machines share."


def run_all(
    setups: Sequence[Setup],
    folders: Sequence[Path],
    bars: Sequence[Any],
    workers: int,
    done: Callable[[int, Outcome], None] = lambda index, outcome: None,
    address: str | None = None,
) -> list[Outcome]:
    """Train one run a setup, a Ray task each; as :func:`softopt.runs.local.run_all`.

    Args:
        setups: N of them.
        folders: one a run, on a disk that all machines share.
        bars: one a run, as tqdm makes them.
        workers: processes at a time on this machine, where no address is given.
        done: is told of each run as it ends, in this thread; what it raises stops all others, which save first.
        address: of a cluster that runs; None begins one on this machine, which listens on 127.0.0.1 alone.

    Raises:
        ValueError: no worker, or an address of another form.
        ConnectionError: there is no cluster at the address.
        ModuleNotFoundError: Ray is not installed (the extra ``cluster``).
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}.")
    if address and address != "auto":
        _knock(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    where = {"address": address} if address else {"address": "local", "num_cpus": workers, "include_dashboard": False}
    if not address or address.startswith(f"{LOOPBACK}:"):
        where["_node_ip_address"] = LOOPBACK
        # Without this Ray takes the machine's outer address for 127.0.0.1, and some of its servers listen there.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    import ray

    ray.init(**where, log_to_driver=False, logging_level="ERROR")
    task = ray.remote(num_cpus=1, max_retries=0)(train_one)
    folders = [folder.absolute() for folder in folders]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TOKEN).touch()
    orders = [json.dumps({"setup": s.to_json(), "folder": str(f)}) for s, f in zip(setups, folders, strict=True)]
    outcomes: dict[int, Outcome] = {}
    attempts = dict.fromkeys(range(len(orders)), 1)
    try:
        running = {task.remote(order): k for k, order in enumerate(orders)}
        while running:
            ended, _ = ray.wait(list(running), timeout=LOOK_EVERY)
            for k in running.values():
                _look(folders[k], bars[k])
            for reference in ended:
                k = running[reference]
                finished, said, died = _answer(ray, reference)
                if died and attempts[k] < ATTEMPTS:
                    bars[k].set_postfix_str(f"stopped, attempt {attempts[k]} of {ATTEMPTS}")
                    attempts[k] += 1
                    running[task.remote(orders[k])] = k
                else:
                    outcomes[k] = Outcome(setups[k].seed, folders[k], finished, said)
                    done(k, outcomes[k])
                del running[reference]
    except KeyboardInterrupt:
        _stop(ray, running)
        for k in running.values():
            outcomes[k] = Outcome(setups[k].seed, folders[k], False, "It was stopped.")
            done(k, outcomes[k])
    except BaseException:
        _stop(ray, running)
        raise
    finally:
        ray.shutdown()
    return [outcomes[k] for k in range(len(orders))]


def _knock(address: str) -> None:
    """See at once whether anything listens at an address; Ray would try for minutes.

    Raises:
        ValueError, ConnectionError: as in :func:`run_all`.
    """
    found = re.fullmatch(r"(?:ray://)?(.+):(\d+)", address)
    if found is None:
        raise ValueError(f"the address of a cluster is auto, HOST:PORT or ray://HOST:PORT; got {address!r}.")
    try:
        socket.create_connection((found[1], int(found[2])), timeout=10).close()
    except (OSError, OverflowError) as fault:
        raise ConnectionError(f"no Ray cluster answers at {address} ({fault}).") from fault


def train_one(order: str) -> str:
    """Train one run to its end, on whatever machine this is.

    Args:
        order: JSON with ``setup`` and ``folder``.

    Returns:
        JSON, a pair: whether it is finished, and what went wrong.
    """
    import torch

    from softopt.runs.run import carry_on, open_run

    torch.set_num_threads(1)
    given = json.loads(order)
    folder = Path(given["folder"])
    if not (folder / TOKEN).exists():
        return json.dumps([False, NOT_SHARED.format(machine=socket.gethostname(), folder=folder)])
    until = time.monotonic() + PATIENCE
    while True:
        try:
            run = open_run(Setup.from_json(given["setup"]), folder)
            return json.dumps([carry_on(run, lambda report: _tell(folder, asdict(report))), ""])
        except Busy as fault:  # a process of a machine that is just dying
            if time.monotonic() > until:
                return json.dumps([False, str(fault)])
            time.sleep(0.5)
        except (ValueError, OSError, FloatingPointError) as fault:
            return json.dumps([False, str(fault)])


def _tell(folder: Path, report: dict[str, Any]) -> None:
    """Leave the progress where the driver finds it; a disk that is full is the checkpoint's business."""
    beside = folder / f"{PROGRESS}.part"
    try:
        beside.write_text(json.dumps(report), encoding="utf-8")
        beside.replace(folder / PROGRESS)
    except OSError:
        return


def _look(folder: Path, bar: Any) -> None:
    try:
        show(bar, **json.loads((folder / PROGRESS).read_text(encoding="utf-8")))
    except (OSError, json.JSONDecodeError):
        return


def _answer(ray: Any, reference: Any) -> tuple[bool, str, bool]:
    """What a task has returned, and whether it has died instead; then why."""
    try:
        return *json.loads(ray.get(reference)), False
    except ray.exceptions.RayError as fault:  # its process or its machine is gone, or it raised something unforeseen
        return False, str(fault).strip().splitlines()[-1], True


def _stop(ray: Any, running: dict[Any, int]) -> None:
    """Let every task save and end, as by Ctrl-C."""
    for reference in running:
        ray.cancel(reference)
    if running:
        ray.wait(list(running), num_returns=len(running), timeout=PATIENCE)
