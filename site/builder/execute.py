"""Run the notebooks in full, each in a fresh kernel; keep what came out until what it depends on changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, CellExecutionError, DeadKernelError

from softopt.experiments.jupyter import hidden_errors

ROOT = Path(__file__).parents[2]
SECONDS_A_CELL = 900
# One thread a kernel: two notebooks run beside each other, and small problems are slower on more threads.
QUIET = {"SOFTOPT_FAST": "0", "OMP_NUM_THREADS": "1", "VECLIB_MAXIMUM_THREADS": "1", "JUPYTER_PREFER_ENV_PATH": "1"}


class NotebookError(RuntimeError):
    """A notebook that does not run: its name, the cell, and what went wrong there."""


def execute(notebooks: Iterable[Path], kept: Path, workers: int = 1, seconds: float = SECONDS_A_CELL) -> list[Path]:
    """Run notebooks that have changed since they were last run, or that use code or recordings that have.

    Args:
        notebooks: as they are in git, without outputs.
        kept: folder of the notebooks that were run before; those of no use any more are removed.
        workers: notebooks that run at the same time.
        seconds: how long one cell may take.

    Returns:
        The executed copies, in the order of the notebooks.

    Raises:
        NotebookError: at the first that fails; those already run are kept.
    """
    kept.mkdir(parents=True, exist_ok=True)
    surroundings = _fingerprint(_surroundings())
    copies = {path: kept / f"{path.stem}-{_fingerprint([path], surroundings)[:16]}.ipynb" for path in notebooks}
    for old in set(kept.glob("*.ipynb")) - set(copies.values()):
        old.unlink()
    waiting = [path for path, copy in copies.items() if not copy.exists()]
    print(f"{len(copies) - len(waiting)} notebooks are as they were; {len(waiting)} to run.", flush=True)
    with ProcessPoolExecutor(workers) as pool:
        runs = {pool.submit(run, path, copies[path], seconds): path for path in waiting}
        try:
            for done in as_completed(runs):
                print(f"  {runs[done].name}: {done.result():.0f} seconds", flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return list(copies.values())


def run(path: Path, copy: Path, seconds: float = SECONDS_A_CELL) -> float:
    """Run one notebook from top to bottom, write it to ``copy``, and return the seconds that it took.

    Raises:
        NotebookError: an error in a cell or under a widget, a cell that takes too long, or a kernel that dies.
    """
    began = time.monotonic()
    notebook = nbformat.read(path, as_version=4)
    at = [0]
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder) / "notebooks"  # a copy: what a notebook writes stays out of the tree
        shutil.copytree(path.parent, beside, ignore=shutil.ignore_patterns("mine_*", ".ipynb_checkpoints"))
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            extra_arguments=["--log-level=40"],  # not the notice that a kernel uses a port of this machine
            timeout=seconds,
            resources={"metadata": {"path": str(beside)}},
            on_cell_start=lambda cell, cell_index: at.__setitem__(0, cell_index),
        )
        try:
            if any(cell.cell_type == "code" for cell in notebook.cells):
                client.execute(env={**os.environ, **QUIET, "IPYTHONDIR": str(Path(folder) / "ipython")})
        except (CellExecutionError, CellControlSignal, DeadKernelError) as error:
            raise NotebookError(_where(path, notebook, at[0], _reason(error, seconds))) from None
    for reason in hidden_errors(notebook):
        raise NotebookError(_where(path, notebook, None, f"under a widget, {reason}"))
    half = copy.with_suffix(".part")
    nbformat.write(notebook, half)
    half.rename(copy)
    return time.monotonic() - began


def _where(path: Path, notebook: nbformat.NotebookNode, index: int | None, reason: str) -> str:
    """A sentence with the notebook, the cell and the reason."""
    cell = "" if index is None else f", cell {notebook.cells[index].get('id', '?')!r} (number {index + 1})"
    return f"{path.name}{cell}: {reason}"


def _reason(error: Exception, seconds: float) -> str:
    """What a reader needs of an error: not the traceback through the kernel."""
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}"
    if isinstance(error, DeadKernelError):
        return "the kernel died"
    return f"it ran for more than {seconds:g} seconds"


def _surroundings() -> list[Path]:
    """What every notebook depends on: the package, the versions beside it, the lists of recorded runs and tables."""
    package = (path for path in (ROOT / "softopt").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    lists = (path for name in ("manifest.jsonl", "table.json") for path in (ROOT / "data").rglob(name))
    return sorted([*package, ROOT / "constraints.txt", *lists])


def _fingerprint(files: Iterable[Path], first: str = "") -> str:
    digest = hashlib.sha256(first.encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
