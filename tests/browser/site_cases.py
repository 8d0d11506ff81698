"""Small notebooks for the site's tests, and the command that builds a site from them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).parents[2]
START = """# Start here

## The lecture map

| # | time | claim | where |
|--:|---|---|---|
| 1 | earlier | Values are messages | [01 · A slider](01_small.ipynb#A-slider) |
| 2 | 0:20 | The slider moves, $V = T\\log Z$ | [01 · A slider](01_small.ipynb#A-slider) |
| 3 | 2:58 | So does the number | [01 · A number](01_small.ipynb#A-number) |
| 4 | 4:00 | This one is still to come | *coming* |
"""
SLIDER = """from softopt.interactive import explore_temperature
from softopt.tabular import MDP

explore_temperature(MDP.from_gymnasium("FrozenLake-v1", discount=0.99))"""
PLAYER = f"""import sys

sys.path.insert(0, {str(ROOT / "tests")!r})
from rollout_cases import glider
from softopt.interactive import play

play(glider(), name="A glider")"""
CONTROL = "import ipywidgets\n\nipywidgets.IntSlider(value=3, description='how many')"
NUMBER = """## A number

Words to be found: quokka.

<details><summary>What does it mean?</summary>an answer</details>"""


def write(path: Path, cells: list[tuple[str, str]]) -> None:
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    make = {"text": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    notebook.cells = [make[kind](source, id=f"cell-{k}") for k, (kind, source) in enumerate(cells)]
    nbformat.write(notebook, path)


def build(notebooks: Path, folder: Path, *options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "site" / "build.py", "--notebooks", notebooks]
    command += ["--to", folder / "_site", "--work", folder / "work", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=folder)


def write_small(folder: Path) -> Path:
    """A notebook with a slider, a player and a control that needs a kernel; the course's others by name alone."""
    for other in (ROOT / "notebooks").glob("[0-9]*.ipynb"):  # the site's own pages link to them
        write(folder / other.name, [("text", f"# {other.stem}")])
    write(folder / "00_start_here.ipynb", [("text", START)])
    cells = [("text", "# 01 · Small\n\n## A slider"), ("code", SLIDER), ("text", NUMBER)]
    write(folder / "01_small.ipynb", [*cells, ("code", CONTROL), ("code", PLAYER)])
    return folder
