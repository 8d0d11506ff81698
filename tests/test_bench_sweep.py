"""The bench of sweeps: two short runs in processes, and what they cost beside their training."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from softopt.experiments import bench_sweep
from softopt.runs import local


def test_a_row_says_what_a_run_costs_beside_its_training(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench_sweep, "RUNS", 2)
    monkeypatch.setattr(bench_sweep, "SETUP", replace(bench_sweep.SETUP, steps=300, evaluate_every=100))
    row = bench_sweep.measure("local", local.run_all)
    assert row["overhead_s"] == pytest.approx(row["wall_s"] * bench_sweep.WORKERS / 2 - row["train_s"])
    assert row["overhead_s"] > 0.1  # a process has to begin
    assert row["checkpoint_mb"] > 0.01
    monkeypatch.setattr(bench_sweep, "measure", lambda engine, run_all: {**row, "engine": engine, "overhead_s": 99.0})
    assert bench_sweep.run(tmp_path / "rows.json") == 1  # beyond the bar
    assert json.loads((tmp_path / "rows.json").read_text())[0]["engine"] == "local"
    assert "99.0 s of a processor beside it" in capsys.readouterr().out
