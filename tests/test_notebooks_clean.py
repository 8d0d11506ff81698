"""Every notebook of the course is committed clean: nothing in it came from running it."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("[0-9]*.ipynb"))
LINES_IN_A_CELL = 15

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def load(path: Path) -> dict:
    """Read the file as it is; nbformat would add what is missing."""
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(path: Path) -> list[dict]:
    return [cell for cell in load(path)["cells"] if cell["cell_type"] == "code"]


def test_the_course_opens_with_start_here() -> None:
    assert NOTEBOOKS[0].stem == "00_start_here"


@each
def test_it_is_a_valid_notebook_with_cell_ids(path: Path) -> None:
    notebook = load(path)
    nbformat.validate(notebook)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) >= (4, 5), "cell ids came with format 4.5"
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)


@each
def test_it_holds_no_outputs_counts_or_widget_state(path: Path) -> None:
    for cell in code_cells(path):
        assert cell["outputs"] == [], f"cell {cell['id']} has outputs; run `make format`"
        assert cell["execution_count"] is None, f"cell {cell['id']} has a count; run `make format`"
    assert "widgets" not in load(path)["metadata"], "there is widget state; run `make format`"


@each
def test_it_runs_on_any_python_of_the_reader(path: Path) -> None:
    metadata = load(path)["metadata"]
    assert metadata["kernelspec"]["name"] == "python3"
    assert "version" not in metadata["language_info"], "it names one Python version; run `make format`"


@each
def test_its_code_cells_are_short(path: Path) -> None:
    for cell in code_cells(path):
        lines = "".join(cell["source"]).count("\n") + 1
        assert lines <= LINES_IN_A_CELL, f"cell {cell['id']} has {lines} lines; move what is not the idea to softopt"


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if ".replay.sample(" in p.read_text(encoding="utf-8")])
def test_a_learner_that_it_reaches_into_is_on_the_cpu(path: Path) -> None:
    """Where there is a GPU, "auto" would keep the learner's tensors away from NumPy and from the cell's own tensors."""
    calls = [node for cell in code_cells(path) for node in ast.walk(ast.parse("".join(cell["source"])))]
    made = [call for call in calls if isinstance(call, ast.Call) and re.fullmatch(r"\w+Config", ast.unparse(call.func))]
    assert made
    for call in made:
        given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
        assert given.get("device") == "'cpu'", f"{ast.unparse(call)} leaves the device to the machine"


@each
def test_its_head_tells_the_minutes_of_its_metadata(path: Path) -> None:
    notebook = load(path)
    stated = notebook["metadata"]["softopt"]
    head = "".join(notebook["cells"][0]["source"])
    told = re.search(r"^\| (\d+) minutes?\b[^|]*\| (\d+) minutes? \|", head, flags=re.MULTILINE)
    assert told, "the first cell tells the minutes to read and to run in a table"
    assert [int(minutes) for minutes in told.groups()] == [stated["minutes_to_read"], stated["minutes_to_run"]]
    assert stated["rows"], "it names the rows of the lecture map that it shows"
