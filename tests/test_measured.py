"""Measured tables: entered with their checksum, read back to the last digit, doubted when they were changed."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.__main__ import main
from softopt.experiments import measure as measuring
from softopt.runs.measured import enter_table, measured

ROWS = [{"push": 0.1, "seated": 1 / 3}, {"push": 70.0, "seated": 0.0}]


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path))
    return tmp_path


def test_what_was_entered_is_read_to_the_last_digit(data):
    enter_table("pushes/tiny", ROWS, {"seconds": 2}, data)
    table = measured("pushes/tiny")
    np.testing.assert_array_equal(table["push"], [0.1, 70.0])
    np.testing.assert_array_equal(table["seated"], [1 / 3, 0.0])
    notes = json.loads((data / "pushes/tiny/table.json").read_text())
    assert notes["command"] == "python -m softopt record pushes/tiny"
    assert notes["seconds"] == 2


def test_a_table_that_was_changed_is_not_believed(data):
    enter_table("pushes/tiny", ROWS, {}, data)
    path = data / "pushes/tiny/table.csv"
    path.write_text(path.read_text().replace("70.0", "90.0"))
    with pytest.raises(ValueError, match="is not the table that was entered; `git checkout"):
        measured("pushes/tiny")


def test_a_name_that_there_is_not_is_told_those_that_there_are(data):
    enter_table("pushes/tiny", ROWS, {}, data)
    with pytest.raises(FileNotFoundError, match="no table is called 'pushes/big'; there are pushes/tiny"):
        measured("pushes/big")


def test_a_changed_table_is_said_before_hours_of_measuring(data, monkeypatch, capsys):
    enter_table("pushes/tiny", ROWS, {}, data)
    path = data / "pushes/tiny/table.csv"
    path.write_text(path.read_text().replace("70.0", "90.0"))
    monkeypatch.setitem(measuring.MEASUREMENTS, "pushes/tiny", lambda: pytest.fail("it was measured"))
    assert main(["record", "pushes/tiny"]) == 2
    assert "is not the table that was entered" in capsys.readouterr().err


def test_the_command_enters_a_table_and_compares_it_when_it_is_made_again(data, monkeypatch, capsys):
    monkeypatch.setitem(measuring.MEASUREMENTS, "pushes/tiny", lambda: ROWS)
    assert main(["record", "pushes/tiny"]) == 0
    assert "Entered pushes/tiny: 2 rows" in capsys.readouterr().out
    assert main(["record", "pushes/tiny"]) == 0
    assert "pushes/tiny: the same" in capsys.readouterr().out
    monkeypatch.setitem(measuring.MEASUREMENTS, "pushes/tiny", lambda: ROWS[:1])
    assert main(["record", "pushes/tiny"]) == 1
    assert "It has other rows: 1, entered were 2." in capsys.readouterr().out
    monkeypatch.setitem(measuring.MEASUREMENTS, "pushes/tiny", lambda: [ROWS[0], {"push": 70.0, "seated": 0.25}])
    assert main(["record", "pushes/tiny"]) == 1
    assert "NOT the same to the last digit (another processor?). Largest differences: seated 0.25." in (
        capsys.readouterr().out
    )
    assert len(measured("pushes/tiny")["push"]) == 2  # what was entered stays
