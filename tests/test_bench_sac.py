"""The benchmark of soft actor-critic: its arithmetic, its statistics, its processes and its words; never its speed."""

import importlib.util
import json
from collections import Counter

import pytest

from softopt.__main__ import main

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from softopt.experiments import bench_sac, sac_report
from softopt.experiments.arithmetic_floor import Floor, Product, products
from softopt.experiments.paired_rounds import Lap, median_interval, one_round, ratios, running, side_by_side
from softopt.experiments.sac_peers import Order, training_of
from softopt.experiments.sac_time import measure, parts

TINY = Order("softopt", environment="Pendulum-v1", hidden=(8, 8), batch=4)


def test_the_products_of_one_update_of_halfcheetah_by_hand():
    # O = 17, A = 6, two layers of 256, B = 256; a product of (m, k) by (k, n) takes 2 m k n operations.
    critic_forward = 2 * 2 * 256 * (23 * 256 + 256 * 256 + 256 * 1)  # two critics
    critic_inputs = 2 * 2 * 256 * (256 * 256 + 256 * 1)  # not those of the first layer
    policy_layers = 17 * 256 + 256 * 256 + 256 * 12
    by_hand = (
        2 * 512 * policy_layers  # the policy at s and s'
        + 3 * critic_forward  # target, critics, and critics at the policy's action
        + critic_forward  # gradients of the critics' weights cost as much as a forward pass
        + 2 * critic_inputs  # once for the critics, once for the policy
        + 2 * 2 * 256 * 256 * 6  # on to the action
        + 2 * 256 * policy_layers  # gradients of the policy's weights
        + 2 * 256 * (256 * 256 + 256 * 12)
    )
    assert sum(product.flop for product in products(17, 6)) == by_hand
    assert by_hand / 1e6 == pytest.approx(577.1, abs=0.05)


def test_the_products_of_a_small_network_one_by_one():
    # O = 3, A = 1, one hidden layer of 5, B = 2.
    assert Counter(products(3, 1, (5,), 2)) == Counter(
        {
            Product(1, 4, 3, 5): 1,  # the policy at s and s'
            Product(1, 4, 5, 2): 1,
            Product(2, 2, 4, 5): 3,  # three passes of two critics
            Product(2, 2, 5, 1): 3,
            Product(2, 4, 2, 5, "left"): 1,  # their weights
            Product(2, 5, 2, 1, "left"): 1,
            Product(2, 2, 1, 5, "right"): 2,  # their inputs, twice
            Product(2, 2, 5, 1, "right"): 1,  # and the action
            Product(1, 3, 2, 5, "left"): 1,  # the policy's weights
            Product(1, 5, 2, 2, "left"): 1,
            Product(1, 2, 2, 5, "right"): 1,
        }
    )


@pytest.mark.parametrize("product", dict.fromkeys(products(3, 1, (5,), 2)))
def test_every_way_computes_the_whole_product(product):
    floor = Floor([product])
    out = floor._memory[("out", product.copies, product.rows, product.columns)]
    for way in floor._ways(product):
        out.zero_()
        way()
        assert (out == product.inner).all()  # the operands are ones


def lap(seconds, processor_seconds=1.0, steps=100):
    return Lap(steps, seconds, processor_seconds, peak_mb=300.0)


def test_ratios_are_taken_within_a_round():
    # The machine is ten times slower in the second round, for both: the ratio knows nothing of it.
    ours, theirs = [lap(1.0, 1.0), lap(10.0, 1.0)], [lap(2.0, 3.0), lap(20.0, 3.0)]
    assert ratios(ours, theirs) == [2.0, 2.0]
    assert ratios(ours, theirs, "processor_seconds") == [3.0, 3.0]
    assert ratios([lap(2.0, steps=200)], [lap(1.0, steps=100)]) == [1.0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3.0], (3.0, 3.0, 3.0)),
        ([5.0, 1.0, 4.0, 2.0, 3.0], (3.0, 1.0, 5.0)),  # P(no head in 5 tosses) = 1/32 > .025
        (list(range(1, 7)), (3.5, 1, 6)),  # 1/64 < .025, P(at most 1 head in 6) = 7/64: none may be left out
        (list(range(1, 10)), (5, 2, 8)),  # P(at most 1 in 9) = 10/512 < .025 <= P(at most 2) = 46/512
        (list(range(1, 13)), (6.5, 3, 10)),  # P(at most 2 in 12) = 79/4096 < .025 <= P(at most 3) = 299/4096
    ],
)
def test_interval_of_the_median(values, expected):
    assert median_interval(values) == expected


@pytest.mark.parametrize(
    ("bench", "module", "extra"),
    [
        ("sac", "torch", "deep"),
        ("sac", "mujoco", "deep"),
        ("sac", "stable_baselines3", "bench"),
        ("sql", "torch", "deep"),
        ("learning", "torch", "deep"),
        ("sweep", "torch", "deep"),
    ],
)
def test_without_what_it_needs_one_sentence(bench, module, extra, monkeypatch, capsys):
    pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else find_spec(name))
    assert main(["bench", bench]) == 2
    said = f"`bench {bench}` needs {module}: pip install -c constraints.txt -e '.[{extra}]'"
    assert capsys.readouterr().err.strip() == said


def test_two_competitors_take_turns_and_run_side_by_side():
    second = Order("another seed", environment="Pendulum-v1", hidden=(8, 8), batch=4, seed=1)
    with running([TINY, second]) as competitors:
        assert list(competitors) == ["softopt", "another seed"]
        ours = competitors["softopt"]
        assert ours.facts == {"precision": ours.facts["precision"], "cuda": ours.facts["cuda"]}
        assert min(ours.first_update) > 0
        laps = one_round(list(competitors.values()), 5)
        both = side_by_side(list(competitors.values()), 5)
    assert [found.steps for found in laps.values()] == [5, 5]
    assert all(found.seconds > 0 and found.processor_seconds > 0 and found.peak_mb > 10 for found in laps.values())
    assert both.steps == 10
    assert both.peak_mb >= sum(found.peak_mb for found in laps.values())


def test_a_competitor_that_dies_says_why():
    broken = Order("broken", environment="CartPole-v1")
    with pytest.raises(RuntimeError, match=r"the process of broken ended: .*Box"), running([broken]):
        pass


def test_the_parts_of_a_step_leave_the_learner_as_it_was():
    training = training_of(TINY)
    spent = parts(training, 12)
    assert list(spent) == ["environment", "acting", "storing", "sampling", "update", "loop and log"]
    assert all(took >= 0 for took in spent.values())
    assert training.episodes.steps == 12
    assert not {"act", "update"} & set(vars(training.agent))
    assert "step" not in vars(training.episodes)
    assert training.agent.act(training.episodes.observation).shape == (1,)


def test_a_row_of_the_floor_for_each_precision():
    found = measure(TINY, steps=4, rounds=2, repeats=2)
    assert found["floor"][0]["precision"] == "float32"
    for row in found["floor"]:
        assert row["mflop"] == pytest.approx(sum(p.flop for p in products(3, 1, (8, 8), 4)) / 1e6)
        assert row["share_of_floor"] > 0
    assert set(found["parts"]) >= {"environment", "update"}


def row(name, low, first=2.0, seeds=1, **more):
    interval = {"median": low + 0.1, "low": low, "high": low + 0.2}
    return {
        "name": name,
        "environment": "HalfCheetah-v5",
        "threads": 1,
        "seeds": seeds,
        "steps_per_s": 80.0,
        "steps_per_processor_s": 81.0,
        "ratio_to_sb3": interval,
        "ratio_to_sb3_processor": interval,
        "softopt_ratio": interval,
        "processors_used": 1.0 * seeds,
        "peak_mb": 300.0,
        "first_update_s": first,
    } | more


@pytest.fixture
def found():
    pair = row("softopt, side by side", 0.0, None, seeds=2, growth={"median": 1.8, "low": 1.7, "high": 1.9})
    del pair["ratio_to_sb3"], pair["ratio_to_sb3_processor"]
    floor = {"precision": "float32", "mflop": 577.0, "updates_per_s": 80.0}
    floor |= {"floor_updates_per_s": 120.0, "floor_gflop_per_s": 70.0, "share_of_floor": 2 / 3}
    return {
        "environment": "HalfCheetah-v5",
        "steps": 150,
        "rounds": 12,
        "machine": {"processors": 2, "kind": "any", "busy": 0.0, "python": "3.11", "versions": {"torch": "2"}},
        "notes": ["a note"],
        "precision": "float32",
        "cuda": False,
        "rows": [row("softopt", 1.7), row("stable-baselines3", 0.9, first=3.0), row("sbx", 1.1, None), pair],
        "parts": {"environment": 1.0, "update": 9.0},
        "floor": [floor],
    }


def test_every_bar_is_met_and_said(found):
    found["bars"] = sac_report.bars(found)
    assert [bar["met"] for bar in found["bars"]] == [True] * 4
    assert [bar["measured"] for bar in found["bars"]] == [1.7, 1.1, 1.5, 0.9]
    said = sac_report.text(found)
    for words in ("every bar is met", "The machine is quiet", "no units of reduced precision", "No CUDA", "a note"):
        assert words in said
    assert "1.80 (1.70 to 1.90)" in said  # ours against the peer
    assert "1.80 x one alone" in said
    assert "environment 1.00 (10%), update 9.00 (90%)" in said
    assert "577 MFLOP" in said
    assert "33% below" in said


@pytest.mark.parametrize(
    ("number", "changed", "missed"),
    [
        (0, {"ratio_to_sb3": {"median": 1.9, "low": 1.59, "high": 2.0}}, "times stable-baselines3 in float32"),
        (0, {"first_update_s": 3.1}, "from import to first update"),
        (2, {"softopt_ratio": {"median": 1.2, "low": 0.99, "high": 1.3}}, "times sbx"),
        (3, {"growth": {"median": 1.69, "low": 1.6, "high": 1.9}}, "growth"),
    ],
)
def test_a_missed_bar_is_named(found, number, changed, missed):
    found["rows"][number] |= changed
    found["bars"] = sac_report.bars(found)
    assert [missed in bar["what"] for bar in found["bars"] if not bar["met"]] == [True]
    said = sac_report.text(found)
    assert "MISSED" in said
    assert said.endswith("1 missed")


def test_reduced_precision_has_a_bar_of_its_own(found):
    found["precision"] = "reduced"
    found["rows"].append(row("softopt, float32", 1.65))
    found["bars"] = sac_report.bars(found)
    assert [(bar["measured"], bar["bar"], bar["met"]) for bar in found["bars"][:2]] == [
        (1.65, 1.6, True),
        (1.7, 2.4, False),
    ]


@pytest.mark.parametrize("changed", [{"busy": 0.5}, {"got": 0.5}])
def test_a_busy_machine_is_said_to_be_busy(found, changed):
    found["machine"]["busy"] = changed.get("busy", 0.0)
    found["rows"][1]["processors_used"] = changed.get("got", 1.0)
    found["bars"] = sac_report.bars(found)
    assert "THE MACHINE IS BUSY" in sac_report.text(found)


@pytest.mark.slow
def test_the_whole_command_at_a_tiny_size(monkeypatch, capsys, tmp_path):
    pytest.importorskip("stable_baselines3", reason="stable-baselines3 is not installed (the extra `bench`)")
    for name in ("OURS", "PEER", "PLAIN", "FLOAT32", "SECOND"):
        order = getattr(bench_sac, name)
        tiny = bench_sac.replace(order, environment="Pendulum-v1", hidden=(8, 8), batch=4)
        monkeypatch.setattr(bench_sac, name, tiny)
    for name, small in {"ROUNDS": 1, "STEPS": 3, "WARM": 1, "STARTS": 1}.items():
        monkeypatch.setattr(bench_sac, name, small)
    monkeypatch.setattr(bench_sac, "SBX", Order("sbx", "a_package_that_nobody_has"))
    path = tmp_path / "sac.json"
    assert main(["bench", "sac", "--json", str(path)]) in (0, 1)  # whichever, at such a size
    found = json.loads(path.read_text())
    assert {row["name"] for row in found["rows"]} >= {"softopt", "softopt, plain autograd", "stable-baselines3"}
    for row in found["rows"]:
        assert {"name", "environment", "threads", "seeds", "steps_per_s", "peak_mb"} <= set(row)
    said = capsys.readouterr().out
    assert "sbx is not installed: pip install sbx-rl" in said
    assert all(row["name"] in said for row in found["rows"])
    assert "MFLOP" in said
