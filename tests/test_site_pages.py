"""The site's own pages: the code in them runs, the commands exist, and the formulas are the learners'."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import gymnasium
import pytest

pytest.importorskip("torch")
ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "site" / "pages").glob("*.md"))
sys.path.insert(0, str(ROOT / "site"))

from builder.docstrings import convert  # noqa: E402
from builder.formulas import logged  # noqa: E402

from softopt.__main__ import main  # noqa: E402
from softopt.runs.setup import ALGORITHMS  # noqa: E402

EXAMPLES = [
    pytest.param(code, id=f"{page.stem}-{k}")
    for page in PAGES
    for k, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL))
]
COMMANDS = [
    pytest.param(line, id=line.split()[4])
    for page in PAGES
    for line in re.findall(r"^python -m softopt train .*$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
]


def test_there_are_examples_and_a_command_for_each_algorithm():
    assert len(EXAMPLES) == 2
    assert sorted(command.values[0].split()[4] for command in COMMANDS) == sorted(ALGORITHMS)


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_runs_and_is_ten_lines(code):
    assert len([line for line in code.splitlines() if line]) == 10
    exec(compile(code, "example", "exec"), {})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_understood(command, monkeypatch):
    met = []

    def begin(setup, folder):
        met.append(setup)
        raise ValueError("enough")  # understood; it need not train

    monkeypatch.setattr("softopt.experiments.train.open_run", begin)
    assert main(shlex.split(command)[3:]) == 1
    (setup,) = met
    assert setup.algorithm == command.split()[4]
    gymnasium.make(setup.environment).close()


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_logged_quantity_has_its_formula(name):
    table = logged(name)
    for quantity, formula in ALGORITHMS[name][0].logged.items():
        assert f"| `{quantity}` | {formula.replace('|', chr(92) + '|')} |" in table


def test_what_a_docstring_says_is_not_taken_for_markup():
    lines = [
        ":ivar n, m: S.",
        "Where |x| and ``|y|``.",
        "",
        "| what | is |",
        "|------|----|",
        "| a    | 1  |",
        "",
        "End.",
    ]
    convert(lines)
    assert lines == [
        ":ivar n,m: \\S.",
        "Where \\|x\\| and ``|y|``.",
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - what",
        "     - is",
        "   * - a",
        "     - 1",
        "",
        "",
        "End.",
    ]
