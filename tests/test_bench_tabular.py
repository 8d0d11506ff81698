"""The tabular benchmark and the command line: what they print, write and return."""

import json
import sys

import pytest

from softopt.__main__ import main

bench_tabular = pytest.importorskip("softopt.experiments.bench_tabular")


def test_without_its_peer_one_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "quantecon", None)
    assert main(["bench", "tabular"]) == 2
    said = "`bench tabular` needs quantecon: pip install -c constraints.txt -e '.[bench]'"
    assert capsys.readouterr().err.strip() == said


@pytest.fixture
def small(monkeypatch):
    pytest.importorskip("quantecon", reason="quantecon is not installed (the extra `bench`)")
    monkeypatch.setattr(bench_tabular, "SIDES", dict.fromkeys(bench_tabular.SIDES, 12))
    monkeypatch.setattr(
        bench_tabular, "one_million", lambda: {"what": "peak GB", "peak_gb": 1, "seconds": 1, "bar": 1.5, "met": True}
    )


def test_rows_and_bars(small, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench_tabular, "seconds", lambda work: (1.0, work()))
    path = tmp_path / "rows.json"
    # Everything takes a second: not twice as fast as the peer, and too slow for a slider.
    assert main(["bench", "tabular", "--json", str(path)]) == 1
    rows = json.loads(path.read_text())
    met = {row["what"].split(": ")[-1]: row["met"] for row in rows}
    assert met["plan on SciPy alone / with compiled loops"]
    assert not met["61 frames of a 20x20 grid, seconds"]
    assert [row["met"] for row in rows] == [False, True, True, True, True, False, True]
    out = capsys.readouterr().out
    assert "quantecon" in out
    assert "MISSED" in out
    assert "missed: " in out


def test_peer_solves_the_same_problem(small):
    mdp = bench_tabular.grid(10_000, 0.9)
    from softopt.tabular import plan

    exact = plan(mdp, 0).value
    for method in bench_tabular.PEER_METHODS:
        found = bench_tabular.peer(mdp, method, 1.0)().v
        assert abs(found - exact).max() <= 1e-8


def test_unknown_names_are_refused():
    with pytest.raises(SystemExit) as refused:
        main(["bench", "nothing"])
    assert refused.value.code == 2
