"""Every notebook runs from top to bottom, in its own process and folder, within the minutes that it states."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from softopt.experiments.jupyter import hidden_errors

COURSE = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(COURSE.glob("[0-9]*.ipynb"))


def run(notebook: nbformat.NotebookNode, folder: Path, seconds: float) -> None:
    """Run a notebook in place, in a kernel of its own whose working folder is given."""
    NotebookClient(
        notebook, timeout=seconds, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()


def warnings(notebook: nbformat.NotebookNode) -> Iterator[str]:
    """Yield what a reader would see in red: warnings, but not progress bars."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr" and "Warning" in output["text"]:
                yield f"{cell.id}: {output['text']}"


@pytest.fixture
def quiet_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in, with nothing of the reader's own IPython set-up and one thread for linear algebra."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    for name in ("OMP_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):  # OpenBLAS and MKL obey the first, macOS the second
        monkeypatch.setenv(name, "1")
    folder = tmp_path / "notebooks"
    shutil.copytree(COURSE, folder, ignore=shutil.ignore_patterns("mine_*", ".ipynb_checkpoints"))
    return folder


@pytest.mark.parametrize("fast", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["fast", "whole"])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, fast: bool, quiet_kernel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTOPT_FAST", "1" if fast else "0")
    notebook = nbformat.read(quiet_kernel / path.name, as_version=4)
    allowed = 60.0 * notebook.metadata["softopt"]["minutes_to_run"]
    start = time.monotonic()
    run(notebook, quiet_kernel, seconds=allowed)
    assert time.monotonic() - start <= allowed
    assert not list(hidden_errors(notebook))
    assert not list(warnings(notebook))


def test_an_error_under_a_slider_is_found(quiet_kernel: Path) -> None:
    code = (
        "import warnings, ipywidgets\n"
        "ipywidgets.interact(lambda x: 1 / x, x=ipywidgets.IntSlider(value=0))\n"
        "warnings.warn('red')"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    run(notebook, quiet_kernel, seconds=60)
    assert list(hidden_errors(notebook)) == ["ZeroDivisionError: division by zero"]
    assert len(list(warnings(notebook))) == 1
