"""Sweeps: what they are made of, from flags and from a file; trained here and resumed; bad input in a sentence."""

from __future__ import annotations

import csv
import dataclasses
import errno
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tqdm.auto import tqdm

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from deep_cases import in_this_process

from softopt.__main__ import main
from softopt.experiments import sweep as sweep_command
from softopt.experiments.sweep_results import finding
from softopt.plotting.learning_curves import Curves
from softopt.runs import Setup, carry_on, load, local, open_run
from softopt.runs.sweeps import Sweep, parse_settings, read_sweep

TINY = {
    "steps": 300,
    "hidden": (8, 8),
    "batch": 16,
    "warm_up": 50,
    "capacity": 500,
    "evaluate_every": 100,
    "evaluation_episodes": 1,
    "precision": "float32",
}
FLAGS = [
    f"{name}={list(value) if isinstance(value, tuple) else repr(value).replace(chr(39), chr(34))}"
    for name, value in TINY.items()
]
FILE = """
algorithm = ["sac", "ddpg"]
environment = ["Pendulum-v1"]
temperature = [0.05, 0.2]
seeds = 2

[settings]
steps = 300
hidden = [8, 8]
batch = 16
warm_up = 50
capacity = 500
evaluate_every = 100
evaluation_episodes = 1
precision = "float32"
"""
WANTED = Sweep(("sac", "ddpg"), ("Pendulum-v1",), (0.05, 0.2), 2, TINY)
CELLS = ["sac/pendulum_temperature_0.05", "sac/pendulum_temperature_0.2", "ddpg/pendulum"]


class TestCells:
    def test_one_for_each_combination_and_one_where_there_is_no_temperature(self):
        cells = WANTED.cells()
        assert list(cells) == CELLS
        assert [setup.seed for setup in cells["ddpg/pendulum"]] == [0, 1]
        soft = cells["sac/pendulum_temperature_0.2"][1]
        assert (soft.config.temperature, soft.config.hidden, soft.steps, soft.seed) == (0.2, (8, 8), 300, 1)

    def test_a_setting_that_one_algorithm_has_is_for_it_alone(self):
        cells = Sweep(("sac", "ddpg"), ("softopt/Puck-v0",), None, 1, {"exploration_noise": 0.3}).cells()
        assert list(cells) == ["sac/puck", "ddpg/puck"]
        assert cells["ddpg/puck"][0].config.exploration_noise == 0.3

    def test_every_digit_of_a_temperature_is_in_the_name(self):
        near = Sweep(("sac",), ("Pendulum-v1",), (0.1234567, 0.12345671, 1.0, 1e-5), 1)
        endings = ("0.1234567", "0.12345671", "1", "0.00001")
        assert list(near.cells()) == [f"sac/pendulum_temperature_{ending}" for ending in endings]

    def test_two_environments_of_one_name_are_refused(self):
        both = Sweep(("sac",), ("HalfCheetah-v4", "HalfCheetah-v5"), None, 1)
        with pytest.raises(ValueError, match="HalfCheetah-v4 and HalfCheetah-v5 would both be called sac/halfcheetah"):
            both.cells()

    def test_in_a_file_one_alone_needs_no_brackets(self, tmp_path):
        path = tmp_path / "sweep.toml"
        path.write_text('algorithm = "sac"\nenvironment = "Hopper-v5"\ntemperature = 0.1\nseeds = 2')
        assert read_sweep(path) == Sweep(("sac",), ("Hopper-v5",), (0.1,), 2)
        path.write_text('algorithm = "sac"\nenvironment = "Hopper-v5"\nsettings = 3')
        with pytest.raises(ValueError, match="settings is a table"):
            read_sweep(path)

    def test_a_file_says_the_same_as_flags(self, tmp_path):
        path = tmp_path / "sweep.toml"
        path.write_text(FILE)
        assert read_sweep(path) == WANTED
        assert parse_settings(tuple(FLAGS)) == TINY
        assert read_sweep(path, seeds=3, settings={"batch": 32}).cells()[CELLS[0]][2].config.batch == 32


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "at least one algorithm"),
        ({"algorithm": ("sac",)}, "at least one environment"),
        ({"algorithm": ("sax",), "environment": ("Pendulum-v1",)}, "algorithm is one of sac, .*; got sax"),
        ({"algorithm": ("sac",), "environment": ("P-v1",), "seeds": 0}, "a whole number, at least 1; got 0"),
        ({"algorithm": ("sac",), "environment": "P-v1"}, "environment is a list of names; got 'P-v1'"),
        (
            {"algorithm": ("sac",), "environment": ("P-v1",), "temperature": ("hot",)},
            r"temperature is a list of numbers; got \('hot',\)",
        ),
        ({"algorithm": ("sac",), "environment": ("P-v1",), "settings": 3}, "settings is a table, .*; got 3"),
        (
            {"algorithm": ("ddpg",), "environment": ("P-v1",), "settings": {"stepz": 3}},
            "stepz: no algorithm of this sweep has such a setting. There are batch, ",
        ),
    ],
)
def test_what_no_sweep_is_made_of_is_said(given, said):
    with pytest.raises(ValueError, match=said):
        Sweep(**given)


def test_a_file_with_other_names_and_one_that_is_no_toml_are_said(tmp_path):
    path = tmp_path / "sweep.toml"
    path.write_text('algorithms = ["sac"]')
    with pytest.raises(ValueError, match=r"has algorithms; a sweep has algorithm, .*\[settings\]"):
        read_sweep(path)
    path.write_text("seeds = = 2")
    with pytest.raises(ValueError, match="is not TOML"):
        read_sweep(path)
    with pytest.raises(ValueError, match="written name=value"):
        parse_settings(("hidden",))


def command(folder, *more):
    return [
        *("sweep", "--algorithm", "sac", "ddpg", "--environment", "Pendulum-v1", "--temperature", "0.05", "0.2"),
        *("--seeds", "2", "--set", *FLAGS, "--folder", str(folder), *more),
    ]


@pytest.fixture
def _in_this_process(monkeypatch):
    monkeypatch.setattr(local, "_process", in_this_process)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--seeds", "0"], "seeds, how many runs a cell has, must be a whole number, at least 1; got 0"),
        (["--environment", "no_such_package:World-v0"], "No module named 'no_such_package'"),
        (["--workers", "0"], "workers must be at least 1, got 0"),
    ],
)
def test_bad_flags_are_one_sentence_and_a_status(more, said, tmp_path, capsys):
    assert main(command(tmp_path, *more)) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:1", "no Ray cluster answers at 127.0.0.1:1 ("),
        ("127.0.0.1:99999", "no Ray cluster answers at 127.0.0.1:99999 ("),
        ("the-head", "the address of a cluster is auto, HOST:PORT or ray://HOST:PORT; got 'the-head'"),
    ],
)
def test_an_address_where_no_cluster_is_said_at_once(address, said, tmp_path, capsys):
    assert main(command(tmp_path, "--engine", "ray", "--address", address)) == 1
    assert said in capsys.readouterr().err


def test_without_ray_the_engine_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(command(tmp_path, "--engine", "ray")) == 1
    assert "--engine ray needs ray: pip install" in capsys.readouterr().err


@pytest.mark.usefixtures("_in_this_process")
class TestHere:
    def test_the_end_is_evaluated_where_the_steps_are_no_multiple(self, tmp_path, capsys):
        for place, steps in (("none_due", 60), ("one_due", 140)):
            short = [flag.replace("steps=300", f"steps={steps}") for flag in command(tmp_path / place)]
            assert main(short) == 0
            assert "| ddpg/pendulum | 2 |" in capsys.readouterr().out
            assert load("ddpg/pendulum", tmp_path / place / "data").curves["step"][0, -1] == steps

    def test_a_disk_that_is_full_when_a_run_is_entered_loses_nothing(self, tmp_path, monkeypatch, capsys):
        whole = sweep_command.publish

        def publish(run, name, *rest, **options):
            if name == "ddpg/pendulum":
                raise OSError(errno.ENOSPC, "No space left on device")
            return whole(run, name, *rest, **options)

        monkeypatch.setattr(sweep_command, "publish", publish)
        assert main(command(tmp_path)) == 1
        said = capsys.readouterr()
        assert "ddpg/pendulum, seed 0, is not finished. [Errno 28] No space left on device" in said.err
        assert f"| {CELLS[0]} | 2 |" in said.out
        monkeypatch.setattr(sweep_command, "publish", whole)
        assert main(command(tmp_path)) == 0
        assert load("ddpg/pendulum", tmp_path / "data").seeds == [0, 1]

    def test_every_run_is_entered_and_a_second_time_none_is_trained(self, tmp_path, monkeypatch, capsys):
        assert main(command(tmp_path)) == 0
        assert "| ddpg/pendulum | 2 |" in capsys.readouterr().out
        for name in CELLS:
            recording = load(name, tmp_path / "data")
            assert recording.seeds == [0, 1]
            assert recording.curves["return"].shape == (2, 3)
        with (tmp_path / "results.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [row["cell"] for row in rows] == CELLS
        assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
        assert "Pendulum-v1" in (tmp_path / "curves.txt").read_text()
        before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
        monkeypatch.setattr(local, "_process", lambda *rest: pytest.fail("a finished run was run again"))
        assert main(command(tmp_path)) == 0
        assert {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()} == before

    def test_a_run_is_that_of_train(self, tmp_path):
        assert main(command(tmp_path)) == 0
        setup = WANTED.cells()[CELLS[1]][1]
        alone = open_run(setup, tmp_path / "alone")
        carry_on(alone)
        curve = load(CELLS[1], tmp_path / "data").curves["return"][1]
        assert curve.tolist() == [row["return"] for row in alone.rows]

    def test_one_that_raises_is_named_and_the_others_finish(self, tmp_path, monkeypatch, capsys):
        whole = local._process

        def process(setup, folder, *rest):
            if setup.algorithm == "ddpg" and setup.seed == 1:
                return 1, "the reward is no number"
            return whole(setup, folder, *rest)

        monkeypatch.setattr(local, "_process", process)
        assert main(command(tmp_path)) == 1
        captured = capsys.readouterr()
        assert "ddpg/pendulum, seed 1, is not finished. the reward is no number" in captured.err
        assert "| ddpg/pendulum | 1 |" in captured.out
        assert captured.out.splitlines()[-1] == "The same command goes on from the last checkpoints."
        monkeypatch.setattr(local, "_process", whole)
        assert main(command(tmp_path)) == 0
        assert load("ddpg/pendulum", tmp_path / "data").seeds == [0, 1]

    def test_a_disk_that_fills_loses_nothing(self, tmp_path, monkeypatch, capsys):
        from softopt.runs import checkpoint

        save, full = checkpoint.save_file, [True]

        def save_file(tensors, path, metadata):
            if full[0] and "seed_1" in str(path):
                raise OSError(errno.ENOSPC, "No space left on device")
            save(tensors, path, metadata)

        def process(setup, folder, *rest):
            try:
                return (0 if carry_on(open_run(setup, folder)) else 3), ""
            except OSError as fault:
                return 1, str(fault)

        monkeypatch.setattr(checkpoint, "save_file", save_file)
        monkeypatch.setattr(local, "_process", process)
        assert main(command(tmp_path)) == 1
        assert "No space left on device" in capsys.readouterr().err
        assert load("ddpg/pendulum", tmp_path / "data").seeds == [0]
        full[0] = False
        assert main(command(tmp_path)) == 0
        assert load("ddpg/pendulum", tmp_path / "data").seeds == [0, 1]

    def test_other_settings_in_the_same_folder_are_refused(self, tmp_path, capsys):
        assert main(command(tmp_path)) == 0
        other = [flag.replace("batch=16", "batch=32") for flag in command(tmp_path)]
        assert main(other) == 1
        assert "runs that were made with other settings; choose another --folder" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_driver_that_dies_is_resumed_by_the_same_command(tmp_path):
    longer = [flag if not flag.startswith("steps") else "steps=3000" for flag in FLAGS]
    words = [
        *("sweep", "--algorithm", "sac", "--environment", "Pendulum-v1", "--seeds", "2", "--workers", "2"),
        *("--set", *longer),
    ]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    assert main([*words, "--folder", str(whole)]) == 0
    driver = subprocess.Popen([sys.executable, "-m", "softopt", *words, "--folder", str(cut)])
    until = time.monotonic() + 300
    while not (cut / "sac/pendulum/seed_0").exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(2.0)
    assert driver.poll() is None  # it had not ended by itself
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    assert main([*words, "--folder", str(cut)]) == 0
    one, other = (load("sac/pendulum", folder / "data").curves["return"] for folder in (whole, cut))
    assert one.tolist() == other.tolist()


def test_a_step_that_is_taken_again_is_not_counted_again():
    with tqdm(total=100, disable=True) as bar:
        counted = []
        bar.update = counted.append
        share = sweep_command.Share(bar)
        for step in (40, 60, 50, 70, 100):  # set back from 60 to 50
            local.show(share, step, 100, None, None)
    assert counted == [40, 20, 0, 10, 30]


@pytest.mark.parametrize(
    ("low", "told"),
    [
        (11.0, "soft ends highest, at 12"),
        (9.0, "soft ends highest, at 12; others may be as good, by their intervals"),
        (np.nan, "soft ends highest, at 12; others may be as good, by their intervals"),  # one seed has no interval
    ],
)
def test_a_lead_is_told_only_where_the_intervals_show_it(low, told):
    steps, runs = np.array([1.0]), np.zeros((2, 1))
    soft = Curves(steps, runs, np.array([12.0]), np.array([low]), np.array([13.0]))
    hard = Curves(steps, runs, np.array([8.0]), np.array([7.0]), np.array([10.0]))
    assert finding({"hard": hard, "soft": soft}) == told
    assert finding({"hard": hard}) == "hard ends at 8"


def test_setups_of_cells_can_be_written_and_read():
    for runs in WANTED.cells().values():
        for setup in runs:
            assert Setup.from_json(setup.to_json()) == setup
            assert dataclasses.asdict(setup)["seed"] == setup.seed
