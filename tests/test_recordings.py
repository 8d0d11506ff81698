"""Recorded runs: published and loaded, doubted before they are believed, and made again from their line alone."""

import dataclasses
import json
import math
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

torch = pytest.importorskip("torch")

from deep_cases import TINY, in_this_process, parameters_of  # noqa: E402

from softopt.__main__ import main  # noqa: E402
from softopt.deep import DDPGConfig, DiscreteQConfig, PolicyGradientConfig, SACConfig  # noqa: E402
from softopt.deep.episodes import make  # noqa: E402
from softopt.experiments import record as recording_command  # noqa: E402
from softopt.runs import Setup, carry_on, load, local, open_run, publish  # noqa: E402
from softopt.runs.checkpoint import write_checkpoint  # noqa: E402
from softopt.runs.curve import from_csv, row, to_csv  # noqa: E402
from softopt.runs.publishing import enter  # noqa: E402
from softopt.runs.recording import MANIFEST, checksum, data_folder  # noqa: E402

DATA = Path(__file__).parents[1] / "data"
SETUP = Setup(
    SACConfig(**{**TINY, "warm_up": 300}, temperature=None),
    "Pendulum-v1",
    steps=330,
    evaluate_every=110,
    evaluation_episodes=2,
)


def finished(folder, **changes):
    run = open_run(dataclasses.replace(SETUP, **changes), folder)
    assert carry_on(run)
    return run


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder of recordings with two seeds, the run of the first, and its line."""
    data = tmp_path_factory.mktemp("data")
    runs = [finished(tmp_path_factory.mktemp("run"), seed=seed) for seed in (0, 1)]
    lines = [publish(run, "sac/tiny", data) for run in reversed(runs)]  # entered in the wrong order
    return data, runs, lines[::-1]


@pytest.fixture
def data(published, tmp_path, monkeypatch):
    """A copy that a test may spoil, where the course looks for it."""
    shutil.copytree(published[0], tmp_path / "data")
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "data"


# ------------------------------------------------------------------------------------------- curves

NUMBERS = st.floats(allow_nan=False)


class TestCurve:
    @given(
        table=st.lists(
            st.tuples(st.integers(0, 10**9), st.lists(NUMBERS, min_size=2, max_size=2), NUMBERS | st.none()), max_size=6
        )
    )
    @settings(max_examples=60, deadline=None)
    def test_every_digit_survives(self, table):
        rows = [row(step, returns, {} if q is None else {"q": q}) for step, returns, q in table]
        columns = from_csv(to_csv(rows))
        for name, column in columns.items():
            expected = [entry.get(name, math.nan) for entry in rows]
            assert_array_equal(column, np.array(expected, dtype=float))
        assert to_csv(json.loads(json.dumps(rows))) == to_csv(rows)  # as they come out of a checkpoint

    def test_no_rows(self):
        assert from_csv(to_csv([])) == {}

    def test_a_row_by_hand(self):
        entry = row(500, (1.0, 2.0), {"q": 0.1})
        assert entry == {"step": 500, "return": 1.5, "q": 0.1, "episode_0": 1.0, "episode_1": 2.0}
        assert to_csv([entry]) == "step,return,q,episode_0,episode_1\n500,1.5,0.1,1.0,2.0\n"


# ------------------------------------------------------------------------------- publish, then load


class TestRoundTrip:
    def test_curves(self, data, published):
        recording = load("sac/tiny")
        assert recording.seeds == [0, 1]
        curves = recording.curves
        assert curves["step"].tolist() == [[110, 220, 330]] * 2
        for seed, run in enumerate(published[1]):
            assert curves["return"][seed].tolist() == [entry["return"] for entry in run.rows]
        assert_allclose(curves["return"], (curves["episode_0"] + curves["episode_1"]) / 2)

    def test_the_agent_acts_as_it_did(self, data, published):
        environment = make("Pendulum-v1")
        for seed, run in enumerate(published[1]):
            agent = load("sac/tiny").agent(seed)
            assert torch.equal(parameters_of(agent.policy), parameters_of(run.training.agent.policy))
            for k in range(3):
                observation = environment.reset(seed=k)[0]
                assert_array_equal(agent.best_action(observation), run.training.agent.best_action(observation))

    def test_an_agent_is_loaded_without_room_for_its_replay(self, data, monkeypatch):
        manifest = data / "sac" / "tiny" / MANIFEST
        manifest.write_text(manifest.read_text().replace('"capacity": 2000', '"capacity": 10000000000000'))
        assert load("sac/tiny").agent(0).best_action(np.zeros(3, np.float32)).shape == (1,)

    @pytest.mark.parametrize(
        ("config", "environment"),
        [
            (DDPGConfig(**TINY), "Pendulum-v1"),
            (PolicyGradientConfig(hidden=(8,), horizon=50, batch=25), "Pendulum-v1"),
            (DiscreteQConfig(**TINY), "CartPole-v1"),
        ],
    )
    def test_every_learner_can_be_recorded(self, config, environment, tmp_path):
        run = finished(tmp_path / "run", config=config, environment=environment, steps=110)
        publish(run, "any/learner", tmp_path / "data")
        agent = load("any/learner", tmp_path / "data").agent(0)
        observation = np.ones(run.training.episodes.sizes[0], np.float32)
        assert_array_equal(agent.best_action(observation), run.training.agent.best_action(observation))

    def test_the_line_says_everything(self, published):
        line = published[2][0]
        assert line["command"] == "python -m softopt record sac/tiny --seeds 0"
        assert line["steps"] == 330
        assert Setup.from_json(line["setup"]) == published[1][0].setup
        assert {"python", "torch", "numpy", "gymnasium", "mujoco"} <= line["versions"].keys()
        assert "processors" in line["hardware"]
        assert line["seconds"] >= 0
        for kind, found in line["files"].items():
            assert found == checksum(published[0] / "sac/tiny" / f"seed_0_{kind}")

    def test_published_twice_it_is_there_once(self, data, published):
        before = (data / "sac/tiny" / MANIFEST).read_text()
        publish(published[1][0], "sac/tiny", data)
        assert (data / "sac/tiny" / MANIFEST).read_text() == before

    def test_policies_kept_on_the_way_act_as_they_did_then(self, tmp_path):
        publish(finished(tmp_path / "whole", keep_every=110), "sac/kept", tmp_path / "data")
        recording = load("sac/kept", tmp_path / "data")
        assert recording.steps_kept(0) == [110, 220, 330]
        seen = np.full(3, 0.5, np.float32)
        for steps in (110, 220, 330):
            until = finished(tmp_path / f"until_{steps}", steps=steps).training.agent
            assert_array_equal(recording.agent(0, steps).best_action(seen), until.best_action(seen))
        assert_array_equal(recording.agent(0).best_action(seen), recording.agent(0, 330).best_action(seen))
        with pytest.raises(FileNotFoundError, match=r"has no 'policy_150\.safetensors'"):
            recording.agent(0, 150)

    def test_a_policy_is_kept_where_it_was_evaluated(self):
        with pytest.raises(ValueError, match=r"keep_every is a multiple of evaluate_every, 110 here.*got 100"):
            dataclasses.replace(SETUP, keep_every=100)

    def test_many_who_enter_at_once_lose_no_line(self, tmp_path):
        (tmp_path / "any").mkdir()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda seed: enter({"name": "any", "seed": seed}, tmp_path), range(40)))
        assert load("any", tmp_path).seeds == list(range(40))

    def test_an_unfinished_run_is_not_published(self, tmp_path):
        run = open_run(SETUP, tmp_path / "run")
        with pytest.raises(ValueError, match="stands at step 0 of 330; finish it first"):
            publish(run, "sac/tiny", tmp_path / "data")
        assert not (tmp_path / "data").exists()

    def test_curves_of_different_lengths_are_cut_to_the_shortest(self, data, tmp_path):
        publish(finished(tmp_path / "run", seed=2, steps=220), "sac/tiny", data)
        assert load("sac/tiny").curves["return"].shape == (3, 2)


# -------------------------------------------------------------------------------------- spoiled data


class TestDoubt:
    def test_a_curve_cut_short(self, data):
        curve = data / "sac/tiny/seed_1_curve.csv"
        curve.write_bytes(curve.read_bytes()[:-10])
        recording = load("sac/tiny")
        with pytest.raises(ValueError, match=r"seed_1_curve\.csv is not the file that was recorded.*git checkout"):
            _ = recording.curves
        assert recording.path(0, "curve.csv").is_file()  # the others are still good

    @pytest.mark.parametrize("place", [0, 100, -1])
    def test_a_policy_with_one_bit_turned(self, data, place):
        policy = data / "sac/tiny/seed_0_policy.safetensors"
        content = bytearray(policy.read_bytes())
        content[place] ^= 1
        policy.write_bytes(content)
        with pytest.raises(ValueError, match="is not the file that was recorded: its SHA-256 is"):
            load("sac/tiny").agent(0)

    def test_a_policy_of_other_sizes_behind_a_right_checksum(self, data):
        policy = data / "sac/tiny/seed_0_policy.safetensors"
        before = checksum(policy)
        write_checkpoint(policy, {"policy.mlp.weights.0": torch.zeros(1, 2, 3)}, {})
        manifest = data / "sac/tiny" / MANIFEST
        manifest.write_text(manifest.read_text().replace(before, checksum(policy)))
        with pytest.raises(ValueError, match="does not fit at 'policy'"):
            load("sac/tiny").agent(0)

    def test_a_missing_file(self, data):
        (data / "sac/tiny/seed_0_curve.csv").unlink()
        with pytest.raises(FileNotFoundError, match=r"seed_0_curve\.csv is listed in .* and is not there"):
            _ = load("sac/tiny").curves

    def test_unknown_names_seeds_and_kinds(self, data):
        with pytest.raises(FileNotFoundError, match=r"no recording is called 'sac/tny'; there are sac/tiny in"):
            load("sac/tny")
        with pytest.raises(ValueError, match=r"sac/tiny has no seed 7; it has 0, 1\."):
            load("sac/tiny").path(7, "curve.csv")
        with pytest.raises(FileNotFoundError, match=r"has no 'film'; it has curve\.csv, policy\.safetensors"):
            load("sac/tiny").path(0, "film")

    @pytest.mark.parametrize("content", ["{", "[1, 2]\n", '{"name": "sac/tiny"}\n', "null\n"])
    def test_a_manifest_that_is_none(self, content, data):
        (data / "sac/tiny" / MANIFEST).write_text(content)
        with pytest.raises(ValueError, match=r"manifest\.jsonl cannot be read"):
            load("sac/tiny")

    def test_a_setup_of_another_version(self, data):
        manifest = data / "sac/tiny" / MANIFEST
        manifest.write_text(manifest.read_text().replace('"tau"', '"rho"'))
        with pytest.raises(ValueError, match="SACConfig has no setting rho"):
            load("sac/tiny").setup(0)


class TestFolder:
    def test_is_that_of_the_checkout(self, monkeypatch):
        monkeypatch.delenv("SOFTOPT_DATA", raising=False)
        if DATA.is_dir():
            assert data_folder() == DATA

    def test_one_that_is_none_is_a_sentence(self, monkeypatch, tmp_path):
        monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path / "nowhere"))
        with pytest.raises(FileNotFoundError, match=r"nowhere, which is no folder.*set the variable SOFTOPT_DATA"):
            load("sac/tiny")


# ----------------------------------------------------------------------------------- made once more


@pytest.fixture
def _in_this_process(monkeypatch):
    monkeypatch.setattr(local, "_process", in_this_process)


@pytest.mark.usefixtures("_in_this_process")
class TestRecord:
    def test_again_from_the_manifest_alone(self, data, monkeypatch, capsys):
        monkeypatch.setattr(recording_command, "RECORDINGS", {})
        before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
        assert main(["record", "sac/tiny", "--seeds", "1"]) == 0
        said = capsys.readouterr().out
        assert "sac/tiny, seed 1: the same, bit for bit." in said
        assert "seed 0" not in said
        assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before

    @pytest.mark.parametrize(("changes", "status", "words"), [((-1e4, 1e4), 0, "inside"), ((1e6, 1e6), 1, "OUTSIDE")])
    def test_what_came_out_otherwise_is_said(self, changes, status, words, data, capsys):
        # As if the recording came from another processor: other returns, with right checksums.
        manifest = data / "sac/tiny" / MANIFEST
        for seed, change in enumerate(changes):
            curve = data / f"sac/tiny/seed_{seed}_curve.csv"
            before, columns = checksum(curve), from_csv(curve.read_text())
            columns["return"] = columns["return"] + change
            rows = np.array(list(columns.values())).T.tolist()
            curve.write_text(to_csv([dict(zip(columns, line, strict=True)) for line in rows]))
            manifest.write_text(manifest.read_text().replace(before, checksum(curve)))
        assert main(["record", "sac/tiny", "--seeds", "1"]) == status
        said = capsys.readouterr().out
        assert "not the same bit for bit" in said
        assert said.endswith(f"{words}.\n")

    def test_is_never_compared_with_itself(self, tmp_path, monkeypatch, capsys):
        # Recorded and made again in one folder, as on the machine where the recordings are made.
        (tmp_path / "data").mkdir()
        monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path / "data"))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(recording_command, "RECORDINGS", {"sac/new": dataclasses.replace(SETUP, steps=110)})
        begun = []
        whole = carry_on

        def watched(setup, folder, *rest):
            run = open_run(setup, folder)
            begun.append(run.step)
            return (0 if whole(run) else 3), ""

        monkeypatch.setattr(local, "_process", watched)
        assert main(["record", "sac/new", "--seeds", "3"]) == 0
        assert "Recorded sac/new, seed 3: return -" in capsys.readouterr().out
        assert load("sac/new").seeds == [3]
        assert main(["record", "sac/new", "--seeds", "3"]) == 0
        assert "sac/new, seed 3: the same, bit for bit." in capsys.readouterr().out
        assert begun == [0, 0]

    def test_the_same_command_goes_on_with_the_seeds_that_are_missing(self, data, monkeypatch, capsys):
        # Two of five were entered before Ctrl-C: it is not those that are made, but the other three.
        monkeypatch.setattr(recording_command, "RECORDINGS", {"sac/tiny": SETUP})
        assert main(["record", "sac/tiny"]) == 0
        said = capsys.readouterr().out
        assert [f"Recorded sac/tiny, seed {seed}:" in said for seed in range(5)] == [False, False, True, True, True]
        assert "bit for bit" not in said
        assert load("sac/tiny").seeds == [0, 1, 2, 3, 4]
        assert main(["record", "sac/tiny", "--seeds", "1", "5"]) == 0
        said = capsys.readouterr().out
        assert "Recorded sac/tiny, seed 5:" in said
        assert "sac/tiny, seed 1: the same, bit for bit." in said

    def test_one_recorded_seed_is_no_measure(self, data, monkeypatch, capsys):
        manifest = data / "sac/tiny" / MANIFEST
        manifest.write_text(manifest.read_text().splitlines(keepends=True)[0])
        curve = data / "sac/tiny/seed_0_curve.csv"
        before = checksum(curve)
        curve.write_text(curve.read_text().replace("-", "-1"))
        manifest.write_text(manifest.read_text().replace(before, checksum(curve)))
        assert main(["record", "sac/tiny", "--seeds", "0"]) == 1
        assert "one recorded seed does not say how far another may be off" in capsys.readouterr().out

    def test_an_unknown_name_is_a_sentence(self, data, capsys):
        assert main(["record", "sac/unknown"]) == 1
        said = capsys.readouterr().err
        assert "no recording is called 'sac/unknown'; there are sac/tiny in" in said
        assert "sac/halfcheetah" in said  # what could be recorded


# --------------------------------------------------------------------------- what the course ships

LINES = [
    pytest.param(manifest, number, id=f"{manifest.parent.relative_to(DATA)}-{number}")
    for manifest in sorted(DATA.rglob(MANIFEST))
    for number in range(len(manifest.read_text(encoding="utf-8").splitlines()))
]


@pytest.mark.parametrize(("manifest", "number"), LINES)
def test_a_shipped_line_is_complete_and_its_files_are_those_it_names(manifest, number):
    line = json.loads(manifest.read_text(encoding="utf-8").splitlines()[number])
    assert line.keys() >= {"name", "seed", "steps", "command", "setup", "files", "versions", "hardware", "seconds"}
    assert line["name"] == str(manifest.parent.relative_to(DATA)).replace(os.sep, "/")
    assert re.fullmatch(rf"python -m softopt record {re.escape(line['name'])} --seeds {line['seed']}", line["command"])
    recording = load(line["name"], DATA)
    assert len(set(recording.seeds)) == len(recording.lines)
    for kind in line["files"]:
        assert recording.path(line["seed"], kind).stat().st_size < 5_000_000
    setup = recording.setup(line["seed"])
    assert setup.seed == line["seed"]
    assert setup.steps == line["steps"]
    assert setup.resolved() == setup  # nothing is left to the machine that makes it again
    curve = from_csv(recording.path(line["seed"], "curve.csv").read_text())
    assert curve["step"].tolist() == list(range(setup.evaluate_every, setup.steps + 1, setup.evaluate_every))
    assert np.isfinite(curve["return"]).all()
    agent = recording.agent(line["seed"])
    size = setup.build().episodes.sizes[0] if "Pendulum" not in setup.environment else 3
    action = agent.best_action(np.zeros(size, np.float32))
    assert np.isfinite(action).all()


def test_every_shipped_file_is_listed():
    listed = set()
    for manifest in DATA.rglob(MANIFEST):
        recording = load(manifest.parent.relative_to(DATA).as_posix(), DATA)
        for line in recording.lines:
            listed |= {recording.folder / f"seed_{line['seed']}_{kind}" for kind in line["files"]}
        listed.add(manifest)
        unlisted = {path for path in manifest.parent.iterdir() if path.is_file()} - listed
        assert not unlisted


def test_git_changes_no_byte_of_a_recording():
    """A checkout with the line ends of Windows would no longer match the checksums."""
    assert "data/** -text" in (DATA.parent / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert not any(b"\r" in path.read_bytes() for path in DATA.rglob("*.csv"))
