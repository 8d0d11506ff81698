"""Runs: nothing is lost, whatever kills them; what stops cleanly says how to go on; many seeds side by side."""

import dataclasses
import inspect
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
psutil = pytest.importorskip("psutil")

from deep_cases import TINY, assert_same_state  # noqa: E402

from softopt.__main__ import main  # noqa: E402
from softopt.deep import DDPGConfig, DiscreteQConfig, PolicyGradientConfig, SACConfig, SoftQLearningConfig  # noqa: E402
from softopt.runs import Setup, carry_on, local, open_run, resume, run_seeds  # noqa: E402
from softopt.runs.checkpoint import read_checkpoint  # noqa: E402
from softopt.runs.run import CHECKPOINT  # noqa: E402
from softopt.runs.setup import ALGORITHMS  # noqa: E402

TESTS = Path(__file__).parent
POSIX = pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
SAC_SETUP = Setup(
    SACConfig(**TINY, temperature=None),
    "HalfCheetah-v5",
    steps=450,
    seed=3,
    evaluate_every=175,
    evaluation_episodes=1,
)
DDPG_SETUP = Setup(
    DDPGConfig(**TINY, twin=True, target_noise=0.2, policy_delay=2),
    "Pendulum-v1",
    steps=450,
    evaluate_every=175,
    evaluation_episodes=1,
)
PPO_SETUP = Setup(
    PolicyGradientConfig(hidden=(16,), horizon=70, batch=35, epochs=2),
    "Pendulum-v1",
    steps=450,
    evaluate_every=175,
    evaluation_episodes=1,
)
DISCRETE_SETUP = Setup(
    DiscreteQConfig(**TINY, temperature=0.0, epsilon_steps=200),
    "CartPole-v1",
    steps=450,
    evaluate_every=175,
    evaluation_episodes=1,
)
SOFT_Q_SETUP = Setup(
    SoftQLearningConfig(**TINY, proposal="mixture", final_temperature=0.1, anneal_steps=200),
    "softopt/TwoPassages-v0",
    steps=450,
    evaluate_every=175,
    evaluation_episodes=1,
    options={"blocked": "lower"},
)
SHORT = Setup(
    DDPGConfig(**{**TINY, "warm_up": 600}), "Pendulum-v1", steps=750, evaluate_every=250, evaluation_episodes=1
)


@pytest.fixture
def _finds_test_worlds(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent)]))


def kept(folder):
    """Tensors and rows of the checkpoint in a folder."""
    tensors, notes = read_checkpoint(folder / CHECKPOINT)
    return tensors, notes["rows"]


def uninterrupted(setup, folder):
    """The same run in one go."""
    run = open_run(setup, folder)
    assert carry_on(run, save_every=10**9)
    return kept(folder)


def assert_same_run(folder, expected):
    tensors, rows = kept(folder)
    assert_same_state(tensors, expected[0])
    assert rows == expected[1]


def more(process, shown):
    """The next thing that a process writes to its standard error."""
    got = os.read(process.stderr.fileno(), 65_536)
    assert got, shown
    return got


# --------------------------------------------------------------------------------- killed, bit for bit

MOMENTS = np.random.default_rng(20).uniform(size=2)  # seeded: the same moments each time, as far as a clock allows
FATES = [[2, MOMENTS[0]], "writing", [2, MOMENTS[1]], "written", "renamed"]


@POSIX
def test_killed_at_any_moment_they_come_out_bit_for_bit(tmp_path):
    setups = [SAC_SETUP, DDPG_SETUP, PPO_SETUP, DISCRETE_SETUP, SOFT_Q_SETUP]
    order = [str(tmp_path), json.dumps([setup.to_json() for setup in setups]), json.dumps(FATES)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", TESTS / "killing.py", *order],
        env={**os.environ, "PYTHONPATH": str(TESTS.parent), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["-9 " * len(FATES) + "0"] * len(setups), done.stdout + done.stderr
    for setup in setups:
        assert_same_run(tmp_path / setup.algorithm, uninterrupted(setup, tmp_path / "whole" / setup.algorithm))


def test_what_is_compared_above_would_show_a_difference(tmp_path):
    expected = uninterrupted(SHORT, tmp_path / "one")
    uninterrupted(dataclasses.replace(SHORT, seed=1), tmp_path / "two")
    with pytest.raises(AssertionError):
        assert_same_run(tmp_path / "two", expected)
    rows = expected[1]
    assert [row["step"] for row in rows] == [250, 500, 750]
    assert np.isfinite([row["return"] for row in rows]).all()
    assert {"critic_loss", "q", "policy_loss", "episode_0"} <= rows[-1].keys()


# --------------------------------------------------------------------------------- stopped cleanly


def stop_after(run, reports, number=signal.SIGINT):
    """Carry on, and send this process a signal after so many reports."""
    seen = []

    def report(news):
        seen.append(news)
        if len(seen) == reports:
            os.kill(os.getpid(), number)

    return carry_on(run, report), seen


@POSIX
class TestStopping:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_saves_and_goes_on_to_the_same_end(self, number, tmp_path):
        handler = signal.getsignal(number)
        finished, seen = stop_after(open_run(SHORT, tmp_path / "run"), 1, number)
        assert not finished
        assert [news.step for news in seen] == [250]
        assert signal.getsignal(number) is handler  # as it was
        again = resume(tmp_path / "run")
        assert again.step == 250
        assert carry_on(again)
        assert_same_run(tmp_path / "run", uninterrupted(SHORT, tmp_path / "whole"))

    def test_a_second_one_is_obeyed(self, tmp_path):
        def report(news):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            carry_on(open_run(SHORT, tmp_path), report)

    def test_on_the_command_line(self, tmp_path):
        flags = ["ddpg", "--environment", "Pendulum-v1", "--evaluate-every", "250", "--evaluation-episodes", "1"]
        flags += ["--hidden", "16", "--batch", "32", "--warm-up", "200", "--capacity", "5000"]
        flags += ["--folder", str(tmp_path / "run"), "--steps"]
        command = [sys.executable, "-m", "softopt", "train", *flags, "1000000"]
        process = subprocess.Popen(command, cwd=TESTS.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            shown = b""
            while not re.search(rb"\| [1-9]\d*/1000000", shown):  # the bar has moved
                shown += more(process, shown)
            process.send_signal(signal.SIGINT)
            out, rest = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode == 1
        assert b"Traceback" not in rest
        step = int(re.search(rb"Stopped at step (\d+) and saved\. The same command goes on from there\.", out)[1])
        assert step >= 250
        for words in (b"step/s", b"return"):
            assert words in shown + rest

        command[-1] = str(step + 300)
        again = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, timeout=120)
        assert again.returncode == 0, again.stderr
        assert f"Going on from step {step}." in again.stdout
        assert re.search(rf"Finished: return -\d+ at step {step + 300}\.", again.stdout)
        setup = Setup.from_json(read_checkpoint(tmp_path / "run" / "seed_0" / CHECKPOINT)[1]["setup"])
        assert_same_run(tmp_path / "run" / "seed_0", uninterrupted(setup, tmp_path / "whole"))


# --------------------------------------------------------------------------------- opened again


class TestOpening:
    def test_more_steps_may_be_asked_for_later(self, tmp_path):
        _, rows = uninterrupted(dataclasses.replace(SHORT, steps=350), tmp_path / "run")  # between two evaluations
        assert [row["step"] for row in rows] == [250, 350]  # each end is evaluated
        longer = open_run(SHORT, tmp_path / "run")
        assert longer.step == 350
        assert carry_on(longer)
        assert_same_run(tmp_path / "run", uninterrupted(SHORT, tmp_path / "whole"))

    def test_a_finished_run_is_not_trained_again(self, tmp_path):
        expected = uninterrupted(SHORT, tmp_path)
        for steps in (SHORT.steps, 500):
            run = open_run(dataclasses.replace(SHORT, steps=steps), tmp_path)
            assert run.finished
            assert carry_on(run, lambda news: pytest.fail("it trained"))
            assert_same_run(tmp_path, expected)

    def test_its_time_adds_up(self, tmp_path):
        run = open_run(dataclasses.replace(SHORT, steps=250), tmp_path)
        carry_on(run)
        first = run.seconds
        again = open_run(SHORT, tmp_path)
        assert again.seconds == first > 0
        carry_on(again)
        assert again.seconds > first

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"seed": 1}, "seed"),
            ({"environment": "MountainCarContinuous-v0"}, "environment"),
            ({"evaluate_every": 300}, "evaluate_every"),
            ({"config": dataclasses.replace(SHORT.config, learning_rate=0.5)}, "learning_rate"),
            ({"config": dataclasses.replace(SHORT.config, hidden=(16,))}, "hidden"),
            ({"config": SACConfig(**TINY)}, "algorithm"),
        ],
    )
    def test_a_folder_with_another_setup_is_refused(self, changes, named, tmp_path):
        carry_on(open_run(dataclasses.replace(SHORT, steps=250), tmp_path))
        before = (tmp_path / CHECKPOINT).read_bytes()
        with pytest.raises(ValueError, match=named) as refused:
            open_run(dataclasses.replace(SHORT, **changes), tmp_path)
        assert str(tmp_path) in str(refused.value)
        assert "steps" not in str(refused.value)
        assert (tmp_path / CHECKPOINT).read_bytes() == before

    def test_no_checkpoint_is_a_sentence(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="no checkpoint"):
            resume(tmp_path)

    def test_an_environment_that_does_not_obey_its_seed_is_found_out(self, tmp_path):
        setup = dataclasses.replace(SHORT, environment="Restless-v0", steps=350)
        carry_on(open_run(setup, tmp_path))
        with pytest.raises(ValueError, match="does not obey its seed"):
            open_run(setup, tmp_path)

    def test_two_cannot_train_in_one_folder_at_a_time(self, tmp_path):
        one, two = open_run(SHORT, tmp_path), open_run(SHORT, tmp_path)
        with pytest.raises(ValueError, match="another process"):
            carry_on(one, lambda news: carry_on(two))
        assert carry_on(two)


# --------------------------------------------------------------------------------- the setup


class TestSetup:
    @pytest.mark.parametrize("setup", [SAC_SETUP, DDPG_SETUP, PPO_SETUP, DISCRETE_SETUP, SOFT_Q_SETUP])
    def test_survives_json(self, setup):
        assert Setup.from_json(json.loads(json.dumps(setup.to_json()))) == setup

    @pytest.mark.parametrize("changes", [{"steps": 0}, {"seed": -1}, {"evaluate_every": 0}, {"evaluation_episodes": 0}])
    def test_bad_numbers_are_sentences(self, changes):
        with pytest.raises(ValueError, match=next(iter(changes))):
            dataclasses.replace(SHORT, **changes)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"algorithm": "sca"}, rf"algorithm is one of {', '.join(ALGORITHMS)}; got 'sca'"),
            ({"algorithm": None}, "algorithm is one of"),
            ({"sede": 3}, "Setup has no setting sede"),
            ({"config": {"bach": 3}}, "DDPGConfig has no setting bach"),
        ],
    )
    def test_unknown_entries_are_sentences(self, changes, message):
        with pytest.raises(ValueError, match=message):
            Setup.from_json({**SHORT.to_json(), **changes})

    def test_nothing_automatic_is_left_when_resolved(self):
        resolved = Setup(SACConfig()).resolved().config
        assert resolved.precision in ("float32", "reduced")
        assert resolved.device in ("cpu", "cuda")
        assert Setup(PolicyGradientConfig()).resolved() == Setup(PolicyGradientConfig())

    def test_an_unknown_environment_is_a_sentence(self):
        with pytest.raises(ValueError, match="HalfCheeta"):
            dataclasses.replace(SHORT, environment="HalfCheeta-v5").build()


# --------------------------------------------------------------------------------- many seeds


def workers():
    """Processes of seeds that this process has begun and that run."""
    mine = psutil.Process().children()
    return [child for child in mine if "softopt.runs.worker" in " ".join(child.cmdline())]


@POSIX
class TestSeeds:
    def test_one_that_is_killed_is_resumed_and_the_others_go_on(self, tmp_path, monkeypatch, capsys):
        setup, show, killed = dataclasses.replace(SHORT, steps=1_000), local.show, []
        uninterrupted(dataclasses.replace(SHORT, steps=250), tmp_path / "seed_0")  # it has come some way already

        def show_and_kill(bar, **report):
            show(bar, **report)
            if not killed:
                killed.append(workers()[0])
                killed[0].kill()

        monkeypatch.setattr(local, "show", show_and_kill)
        outcomes = run_seeds(setup, [0, 1], tmp_path, workers=2)
        assert [(outcome.seed, outcome.finished) for outcome in outcomes] == [(0, True), (1, True)]
        shown = capsys.readouterr().err  # the bar may be drawn more than once
        assert "stopped (status -9), attempt 1 of 3" in shown
        assert "attempt 2 of 3" not in shown
        for seed in (0, 1):
            expected = uninterrupted(dataclasses.replace(setup, seed=seed), tmp_path / f"whole_{seed}")
            assert_same_run(tmp_path / f"seed_{seed}", expected)

    def test_one_that_fails_is_reported_and_the_others_finish(self, tmp_path):
        (tmp_path / "seed_1").mkdir()
        (tmp_path / "seed_1" / CHECKPOINT).write_bytes(b"no checkpoint at all")
        good, bad = run_seeds(SHORT, [0, 1], tmp_path, workers=2)
        assert good.finished
        assert not bad.finished
        assert "not a whole checkpoint" in bad.said
        assert "Traceback" not in bad.said

    def test_one_that_was_asked_to_stop_is_not_begun_again(self, tmp_path, monkeypatch):
        show, stopped = local.show, []

        def show_and_stop(bar, **report):
            show(bar, **report)
            if not stopped:
                stopped.append(workers()[0])
                stopped[0].terminate()

        monkeypatch.setattr(local, "show", show_and_stop)
        (outcome,) = run_seeds(dataclasses.replace(SHORT, steps=1_000_000), [0], tmp_path, workers=1)
        assert not outcome.finished
        assert outcome.said == "It was asked to stop, and saved."
        assert resume(tmp_path / "seed_0").step >= 250

    def test_no_worker_is_refused(self, tmp_path):
        with pytest.raises(ValueError, match="workers must be at least 1"):
            run_seeds(SHORT, [0], tmp_path, workers=0)

    def test_ctrl_c_saves_every_seed_even_if_only_the_parent_hears_it(self, tmp_path):
        flags = ["ddpg", "--environment", "Pendulum-v1", "--steps", "1000000", "--hidden", "16", "--batch", "32"]
        flags += ["--warm-up", "200", "--capacity", "5000", "--seeds", "3", "--workers", "2"]
        command = [sys.executable, "-m", "softopt", "train", *flags, "--folder", str(tmp_path)]
        process = subprocess.Popen(command, cwd=TESTS.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        shown = b""
        try:
            while len(set(re.findall(rb"seed (\d): .{0,40}\| [1-9]\d*/1000000", shown))) < 2:
                shown += more(process, shown)
            process.send_signal(signal.SIGINT)
            out, rest = process.communicate(timeout=60)
        finally:
            for child in psutil.Process(process.pid).children() if process.poll() is None else []:
                child.kill()
            process.kill()
        assert process.returncode == 1
        assert b"The same command goes on from the last checkpoints." in out
        assert rest.count(b"is not finished") == 3
        assert b"Traceback" not in rest
        for seed in (0, 1):
            assert resume(tmp_path / f"seed_{seed}").step >= 250
        assert not (tmp_path / "seed_2" / CHECKPOINT).exists()


class TestBeingTold:
    """What is done with a run that has ended, such as publishing it, may fail or be broken off."""

    SETUPS = tuple(dataclasses.replace(SHORT, seed=seed) for seed in range(3))

    def run(self, tmp_path, monkeypatch, done, process):
        monkeypatch.setattr(local, "_process", process)
        folders = [tmp_path / str(setup.seed) for setup in self.SETUPS]
        return local.run_all(self.SETUPS, folders, [None] * 3, 1, done)

    def test_the_run_at_which_ctrl_c_broke_in_is_told_again(self, tmp_path, monkeypatch):
        heard = []

        def done(k, outcome):
            heard.append((k, outcome.finished))
            if len(heard) == 1:
                raise KeyboardInterrupt

        outcomes = self.run(tmp_path, monkeypatch, done, lambda setup, *rest: (0, ""))
        assert heard[0] == heard[1]
        assert sorted({k for k, _ in heard}) == [0, 1, 2]
        assert [outcome.seed for outcome in outcomes] == [0, 1, 2]

    def test_what_it_raises_stops_the_others_at_once(self, tmp_path, monkeypatch):
        begun = []

        def process(setup, folder, bar, stop, running):
            begun.append(setup.seed)
            if setup.seed:
                assert stop.wait(60)  # a long run that stops when it is asked to
                return local.STOPPED, ""
            return 0, ""

        def done(k, outcome):
            raise RuntimeError("publishing failed")

        with pytest.raises(RuntimeError, match="publishing failed"):
            self.run(tmp_path, monkeypatch, done, process)
        assert begun in ([0], [0, 1])

    @pytest.mark.parametrize("status", [local.FAILED, local.STOPPED])
    def test_what_would_come_to_the_same_end_is_tried_once(self, status, tmp_path, monkeypatch):
        begun = []

        def process(setup, *rest):
            begun.append(setup.seed)
            return status, "the reason"

        outcomes = self.run(tmp_path, monkeypatch, lambda k, outcome: None, process)
        assert begun == [0, 1, 2]
        assert [outcome.said for outcome in outcomes] == ["the reason"] * 3


# --------------------------------------------------------------------------------- the command line


def entries(form):
    """Name -> words that explain it, from the Attributes of a docstring."""
    text = inspect.cleandoc(form.__doc__).split("Attributes:\n")[1]
    found = re.findall(r"^    (\w+): (.*(?:\n     +.*)*)", text, flags=re.MULTILINE)
    return {name: " ".join(words.split()) for name, words in found}


class TestCommandLine:
    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_every_setting_is_a_flag_with_its_docstring_as_help(self, algorithm, capsys):
        with pytest.raises(SystemExit) as left:
            main(["train", algorithm, "--help"])
        assert left.value.code == 0
        shown = re.sub(r"[│╭╮╰╯─\s]+", " ", capsys.readouterr().out)
        for form in (Setup, ALGORITHMS[algorithm][1]):
            for field in dataclasses.fields(form):
                assert field.name in entries(form), f"{form.__name__}.{field.name} is not explained"
                if field.name != "config":
                    assert f"--{field.name.replace('_', '-')} " in shown.replace(",", " "), field.name
                    words = re.sub(r"\s+", " ", entries(form)[field.name])
                    assert words in shown, f"{field.name}: {words}"

    @pytest.mark.parametrize(
        ("flags", "words"),
        [
            (["--environment", "CartPole-v1"], "Discrete"),
            (["--environment", "NoSuchWorld-v0"], "NoSuchWorld"),
            (["--environment", "no_such_package:World-v0"], "No module named 'no_such_package'"),
            (["--pretrained", "no/such"], "no recording is called 'no/such'"),
            (["--device", "gpu"], "device is"),
            (["--steps", "0"], "steps must be a whole"),
            (["--precision", "double"], "precision is one of"),
            (["--learning-rate", "-1"], "earning"),
            (["--discount", "1.5"], "discount"),
            (["--temperature", "-0.1"], "temperature"),
            (["--batch", "0"], "batch"),
            (["--capacity", "10000000000000"], "GB are free"),
        ],
    )
    @pytest.mark.parametrize("seeds", ["1", "2"])
    def test_bad_input_is_one_sentence_and_a_status(self, flags, words, seeds, capsys, tmp_path):
        common = ["--environment", "Pendulum-v1", "--seeds", seeds, "--workers", seeds, "--folder", str(tmp_path)]
        common += ["--steps", "10"]  # where a bad setting slips through, the test does not last
        try:
            status = main(["train", "sac", *common, *flags])
        except SystemExit as left:  # tyro's own refusals
            status = left.code
        assert status not in (0, None)
        said = capsys.readouterr().err
        assert words in said
        assert "Traceback" not in said


def test_a_policy_that_has_diverged_does_not_replace_a_good_checkpoint(tmp_path: Path) -> None:
    run = open_run(Setup(SACConfig(hidden=(4,), batch=4, warm_up=10, capacity=100), "Pendulum-v1", steps=20), tmp_path)
    run.save()
    with torch.no_grad():
        run.training.agent.policy.mlp.weights[0].fill_(torch.nan)
    with pytest.raises(FloatingPointError, match="diverged"):
        run.save()
    (tmp_path / "checkpoint.safetensors").rename(tmp_path / "good")
    tensors, _ = read_checkpoint(tmp_path / "good")
    assert torch.isfinite(tensors["policy.mlp.weights.0"]).all()


def test_a_number_among_the_options_on_the_command_line_is_a_number(tmp_path):
    words = ["train", "ddpg", "--environment", "softopt/Puck-v0", "--steps", "40", "--evaluate-every", "20"]
    assert main([*words, "--warm-up", "40", "--options", "direction", "90", "--folder", str(tmp_path)]) == 0
    (path,) = tmp_path.rglob("checkpoint.safetensors")
    assert read_checkpoint(path)[1]["setup"]["options"] == {"direction": 90.0}
