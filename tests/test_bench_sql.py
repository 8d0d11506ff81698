"""The benchmark of soft Q-learning: its arithmetic, its bars and its words; never its speed."""

import json
from collections import Counter
from dataclasses import replace

import pytest

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from softopt.experiments import bench_sql
from softopt.experiments.arithmetic_floor import Product, soft_q_products
from softopt.experiments.sac_peers import training_of
from softopt.experiments.sac_time import measure

TINY = replace(bench_sql.OURS, environment="Pendulum-v1", hidden=(8, 8), batch=4)


def test_the_products_of_a_small_network_one_by_one():
    # O = 3, A = 1, one hidden layer of 5, B = 2; 4 particles for the value, 3 fixed, 2 moved.
    assert Counter(soft_q_products(3, 1, (5,), 2, 4, 3, 2)) == Counter(
        {
            Product(1, 8, 4, 5): 1,  # the target critic at the particles of the value
            Product(1, 8, 5, 1): 1,
            Product(1, 2, 4, 5): 1,  # the critic at s, forward and its two kinds of gradient
            Product(1, 2, 5, 1): 1,
            Product(1, 4, 2, 5, "left"): 1,
            Product(1, 5, 2, 1, "left"): 1,
            Product(1, 2, 1, 5, "right"): 1,
            Product(1, 10, 4, 5): 1,  # the sampler, fixed and moved
            Product(1, 10, 5, 1): 1,
            Product(1, 6, 4, 5): 1,  # Q at the fixed ones, its slope there, and on to the action
            Product(1, 6, 5, 1): 1,
            Product(1, 6, 1, 5, "right"): 1,
            Product(1, 6, 5, 1, "right"): 1,
            Product(1, 4, 4, 5, "left"): 1,  # the sampler's gradients, from the moved ones
            Product(1, 5, 4, 1, "left"): 1,
            Product(1, 4, 1, 5, "right"): 1,
        }
    )


def test_the_order_is_the_released_setting():
    config = training_of(bench_sql.OURS).agent.config
    assert config.hidden == (128, 128)
    assert (config.batch, config.value_particles, config.fixed_particles, config.moved_particles) == (128, 16, 8, 8)


def test_parts_and_floor_of_a_tiny_order():
    found = measure(TINY, steps=5, rounds=2, repeats=2)
    assert found["parts"]["update"] > 0
    assert found["floor"][0]["share_of_floor"] > 0
    assert found["floor"][0]["precision"] == "float32"


@pytest.mark.parametrize(("share", "growth", "missed"), [(0.36, 1.8, 0), (0.34, 1.8, 1), (0.34, 1.6, 2)])
def test_bars_and_words(monkeypatch, tmp_path, capsys, share, growth, missed):
    row = {"environment": "HalfCheetah-v5", "threads": 1, "processors_used": 1.0, "peak_mb": 380.0}
    floor = {"precision": "float32", "mflop": 328.0, "updates_per_s": 100.0, "floor_updates_per_s": 250.0}
    found = {
        "environment": "HalfCheetah-v5",
        "precision": "float32",
        "cuda": False,
        "machine": {"busy": 0.0},
        "parts": {"environment": 0.3, "update": 9.0},
        "floor": [{**floor, "floor_gflop_per_s": 80.0, "share_of_floor": share}],
        "rows": [
            {**row, "name": "softopt", "seeds": 1, "steps_per_s": 100.0, "first_update_s": 3.0},
            {**row, "name": "side by side", "seeds": 2, "steps_per_s": 180.0, "growth": {"median": growth}},
        ],
    }
    found["rows"][1]["processors_used"] = 2.0
    monkeypatch.setattr(bench_sql, "measure", lambda: found)
    assert bench_sql.run(tmp_path / "sql.json") == min(missed, 1)
    said = capsys.readouterr().out
    assert ("every bar is met" in said) == (missed == 0)
    assert said.count("MISSED") == missed
    assert json.loads((tmp_path / "sql.json").read_text())["bars"][0]["measured"] == share
