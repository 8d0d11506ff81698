import json

from softopt.experiments import bench_inverse


def test_the_benchmark_writes_what_it_prints(monkeypatch, tmp_path, capsys):
    for name, small in {"SIDE": 4, "HORIZON": 3, "ROUNDS": 1}.items():
        monkeypatch.setattr(bench_inverse, name, small)
    assert bench_inverse.run(str(tmp_path / "inverse.json")) == 0
    rows = json.loads((tmp_path / "inverse.json").read_text())
    assert {row["who"] for row in rows} >= {"softopt, causal", "softopt, non-causal"}
    printed = capsys.readouterr().out
    assert all(row["who"] in printed for row in rows)


def test_a_missed_bar_is_reported(monkeypatch):
    for name, value in {"SIDE": 4, "HORIZON": 3, "ROUNDS": 1, "BAR": 0.0}.items():
        monkeypatch.setattr(bench_inverse, name, value)
    assert bench_inverse.run() == 1
