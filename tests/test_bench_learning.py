"""The comparison in learning with Stable-Baselines3: its settings, its statistics and its words."""

import importlib.util
import json
from dataclasses import replace

import numpy as np
import pytest

from softopt.__main__ import main

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from softopt.experiments import bench_learning
from softopt.runs import load
from softopt.runs.curve import to_csv
from softopt.runs.publishing import enter
from softopt.runs.recording import checksum


def write(data, name, finals):
    """Recorded curves of three evaluations, of which the one at 100 000 steps is given."""
    folder = data / name
    folder.mkdir(parents=True)
    for seed, final in enumerate(finals):
        rows = [{"step": step, "return": value} for step, value in ((50_000, 0.0), (100_000, final), (150_000, 9e9))]
        path = folder / f"seed_{seed}_curve.csv"
        path.write_text(to_csv(rows), encoding="utf-8")
        enter({"name": name, "seed": seed, "files": {"curve.csv": checksum(path)}}, data)


@pytest.mark.parametrize(("ours", "met"), [(900.0, True), (880.0, False)])
def test_the_middle_of_each_at_100_000_steps_is_compared(tmp_path, monkeypatch, capsys, ours, met):
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path))
    write(tmp_path, bench_learning.OURS, [ours - 10, ours, ours + 10, 5.0, 9000.0])
    write(tmp_path, bench_learning.PEER, [990.0, 1000.0, 1010.0, -7.0, 1e6])
    assert bench_learning.run(tmp_path / "found.json") == (0 if met else 1)
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["ratio"] == pytest.approx(ours / 1000)  # the middle three of five
    assert found["ours"]["seeds"] == found["peer"]["seeds"] == [0, 1, 2, 3, 4]
    printed = capsys.readouterr().out
    assert f"ours is {ours / 1000:.2f} of the peer's; bar 0.9, {'met' if met else 'MISSED'}" in printed


def test_without_its_peer_one_sentence(tmp_path, monkeypatch, capsys):
    find_spec = importlib.util.find_spec
    hidden = "stable_baselines3"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == hidden else find_spec(name))
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path))  # so no seed of the peer has been trained
    assert main(["bench", "learning"]) == 2
    said = "`bench learning` needs stable_baselines3: pip install -c constraints.txt -e '.[bench]'"
    assert capsys.readouterr().err.strip() == said


def test_the_peer_gets_our_settings():
    pytest.importorskip("stable_baselines3", reason="the extra `bench` is not installed")
    from stable_baselines3 import SAC

    given = bench_learning.settings(3)
    model = SAC("MlpPolicy", "HalfCheetah-v5", **{**given, "buffer_size": 100}, device="cpu")
    config = bench_learning.RECORDINGS[bench_learning.OURS].config
    assert (model.batch_size, model.gamma, model.tau) == (config.batch, config.discount, config.tau)
    assert (model.learning_rate, model.learning_starts) == (config.learning_rate, config.warm_up)
    assert (model.ent_coef, model.gradient_steps, model.train_freq.frequency) == (config.temperature, 1, 1)
    assert [layer.out_features for layer in model.critic.q_networks[0] if hasattr(layer, "out_features")] == [
        *config.hidden,
        1,
    ]


def test_a_seed_of_the_peer_is_trained_and_kept(tmp_path, monkeypatch):
    pytest.importorskip("stable_baselines3", reason="the extra `bench` is not installed")
    setup = bench_learning.RECORDINGS[bench_learning.OURS]
    small = replace(setup.config, warm_up=60, capacity=200, batch=8, hidden=(8, 8))
    setup = replace(setup, config=small, environment="Pendulum-v1", evaluate_every=50, evaluation_episodes=2)
    monkeypatch.setattr(bench_learning, "RECORDINGS", {bench_learning.OURS: setup})
    monkeypatch.setattr(bench_learning, "STEPS", 100)
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path))
    bench_learning.keep(2)
    curves = load(bench_learning.PEER).curves
    assert curves["step"].tolist() == [[50, 100]]
    assert np.isfinite(curves["return"]).all()
    assert bench_learning.trained() == [2]
