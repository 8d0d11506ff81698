"""Checkpoints: at every moment a whole one, nothing run in reading it, and a sentence for whatever is wrong with it."""

import json
import os
import re
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from deep_cases import TINY, assert_same_state, training_of  # noqa: E402
from killing import arm  # noqa: E402

from softopt.deep import DDPG, SAC, DDPGConfig, PolicyGradient, PolicyGradientConfig, SACConfig, train  # noqa: E402
from softopt.deep.state import pack, unpack  # noqa: E402
from softopt.runs import Setup, carry_on, open_run  # noqa: E402
from softopt.runs.checkpoint import read_checkpoint, write_checkpoint  # noqa: E402
from softopt.runs.run import CHECKPOINT  # noqa: E402

POSIX = pytest.mark.skipif(os.name == "nt", reason="forks, and limits the size of files")
ROOT = Path(__file__).parents[1] / "softopt"
TENSORS = {
    "weights": torch.arange(300.0).reshape(20, 15),
    "count": torch.tensor(7),
    "exact": torch.tensor([0.1, -0.0, float("inf"), float("nan")], dtype=torch.float64),
    "bytes": torch.arange(5, dtype=torch.uint8),
    "none": torch.zeros(0, 3),
}
NOTES = {
    "rows": [{"step": 1, "return": 0.1 + 0.2, "q": float("nan")}],
    "setup": {"algorithm": "sac", "temperature": None},
}


@pytest.fixture
def written(tmp_path):
    path = tmp_path / CHECKPOINT
    write_checkpoint(path, TENSORS, NOTES)
    return path


def assert_whole(path, tensors=TENSORS):
    found, notes = read_checkpoint(path)
    assert found.keys() == tensors.keys()
    for name, value in tensors.items():
        assert found[name].dtype == value.dtype
        np.testing.assert_array_equal(found[name].numpy(), value.numpy())
    assert json.dumps(notes) == json.dumps(NOTES)


class TestRoundTrip:
    def test_every_bit_comes_back(self, written):
        assert_whole(written)

    def test_a_slice_of_a_larger_table_is_written_alone(self, tmp_path):
        table = torch.arange(1e6).reshape(-1, 10)
        write_checkpoint(tmp_path / "c", {"rows": table[:3], "columns": table[:2, ::2]}, {})
        assert (tmp_path / "c").stat().st_size < 1_000
        found, _ = read_checkpoint(tmp_path / "c")
        assert torch.equal(found["rows"], table[:3])
        assert torch.equal(found["columns"], table[:2, ::2])

    def test_nothing_is_left_beside_it(self, written):
        write_checkpoint(written, TENSORS, NOTES)
        assert [path.name for path in written.parent.iterdir()] == [CHECKPOINT]


@POSIX
class TestInterruptedWrites:
    @pytest.mark.parametrize(("fate", "kept"), [("writing", "old"), ("written", "old"), ("renamed", "new")])
    def test_killed_at_any_stage_it_leaves_a_whole_one(self, fate, kept, written):
        newer = {name: value + 1 if value.numel() else value for name, value in TENSORS.items()}
        child = os.fork()
        if child == 0:
            try:
                arm(fate)
                write_checkpoint(written, newer, NOTES)
            finally:
                os._exit(9)  # not reached
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert_whole(written, TENSORS if kept == "old" else newer)
        # What the dead process left beside it is in nobody's way.
        write_checkpoint(written, newer, NOTES)
        assert_whole(written, newer)
        assert [path.name for path in written.parent.iterdir()] == [CHECKPOINT]

    @pytest.fixture
    def full_disk(self):
        resource = pytest.importorskip("resource")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # no file may grow beyond it
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    def test_a_full_disk_is_a_sentence_and_the_old_one_stays(self, written, full_disk):
        with pytest.raises(OSError, match=rf"could not be written .*The last good one is kept: {written}\. Make room"):
            write_checkpoint(written, {"large": torch.zeros(100_000)}, NOTES)
        assert_whole(written)
        assert [path.name for path in written.parent.iterdir()] == [CHECKPOINT]

    def test_a_full_disk_with_nothing_before_it(self, tmp_path, full_disk):
        with pytest.raises(OSError, match="There is none before it"):
            write_checkpoint(tmp_path / CHECKPOINT, {"large": torch.zeros(100_000)}, NOTES)
        assert not list(tmp_path.iterdir())

    def test_a_run_whose_disk_fills_up_can_be_resumed(self, tmp_path):
        resource = pytest.importorskip("resource")
        config = DDPGConfig(**{**TINY, "warm_up": 10_000, "capacity": 5_000})
        setup = Setup(config, "Pendulum-v1", 1_500, evaluate_every=10_000)
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        run = open_run(setup, tmp_path)
        try:

            def limit(report):  # the replay outgrows it after some hundred steps
                resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))

            with pytest.raises(OSError, match="last good one is kept"):
                carry_on(run, limit, save_every=250)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        again = open_run(setup, tmp_path)
        assert 250 <= again.step < run.step
        assert carry_on(again)

    def test_a_folder_that_cannot_be_written(self, tmp_path):
        with pytest.raises(OSError, match="could not be written"):
            write_checkpoint(tmp_path / "not there" / CHECKPOINT, TENSORS, NOTES)


class TestBadFiles:
    def test_no_file(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="there is no checkpoint"):
            read_checkpoint(tmp_path / CHECKPOINT)

    @pytest.mark.parametrize("content", [b"", b"\0" * 8, b"not a checkpoint", b"\xff" * 100, b"PK\x03\x04" + b"0" * 99])
    def test_something_else(self, content, tmp_path):
        (tmp_path / CHECKPOINT).write_bytes(content)
        with pytest.raises(ValueError, match=r"is not a whole checkpoint of this course .* begins anew"):
            read_checkpoint(tmp_path / CHECKPOINT)

    def test_a_pickle_is_not_opened(self, tmp_path):
        opened = tmp_path / "opened"

        class Trap:
            def __reduce__(self):
                return os.mkdir, (str(opened),)

        torch.save({"weights": Trap()}, tmp_path / CHECKPOINT)
        with pytest.raises(ValueError, match="not a whole checkpoint"):
            read_checkpoint(tmp_path / CHECKPOINT)
        assert not opened.exists()

    def test_a_file_of_tensors_without_notes(self, tmp_path):
        from safetensors.torch import save_file

        save_file({"x": torch.zeros(2)}, tmp_path / CHECKPOINT)
        with pytest.raises(ValueError, match="not a whole checkpoint"):
            read_checkpoint(tmp_path / CHECKPOINT)

    @given(share=st.floats(0, 1, exclude_max=True))
    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_cut_short_anywhere(self, share, tmp_path):
        path = tmp_path / "cut"
        write_checkpoint(path, TENSORS, NOTES)
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(ValueError, match="not a whole checkpoint"):
            read_checkpoint(path)

    @given(place=st.integers(0, 600), bit=st.integers(0, 7))
    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_a_bit_turned_in_its_head_is_a_sentence_or_another_file(self, place, bit, tmp_path):
        path = tmp_path / "turned"
        write_checkpoint(path, TENSORS, NOTES)
        content = bytearray(path.read_bytes())
        content[place] ^= 1 << bit
        path.write_bytes(content)
        try:
            read_checkpoint(path)
        except ValueError as fault:
            assert "not a whole checkpoint" in str(fault)  # noqa: PT017 - most bits, not all, make it unreadable

    def test_a_policy_is_not_taken_for_a_run(self, tmp_path):
        setup = Setup(DDPGConfig(**TINY), "Pendulum-v1", 500)
        write_checkpoint(tmp_path / CHECKPOINT, TENSORS, {"setup": setup.to_json()})
        with pytest.raises(ValueError, match="not a whole checkpoint of a run"):
            open_run(setup, tmp_path)

    def test_tensors_of_another_run(self, tmp_path):
        setup = Setup(DDPGConfig(**TINY), "Pendulum-v1", 500)
        notes = {"setup": setup.to_json(), "rows": [], "seconds": 0.0}
        write_checkpoint(tmp_path / CHECKPOINT, TENSORS, notes)
        with pytest.raises(ValueError, match="does not fit at 'policy'"):
            open_run(setup, tmp_path)

    def test_nothing_in_the_package_can_unpickle(self):
        files = [path for folder in ("deep", "runs") for path in (ROOT / folder).glob("*.py")]
        assert len(files) > 15
        for path in files:
            found = re.search(r"torch\.load\b|\bpickle\b|\bdill\b|allow_pickle|joblib|marshal|shelve", path.read_text())
            assert found is None, f"{path}: {found}"


# ------------------------------------------------------------------ states of all learners


LEARNERS = [
    (SAC, SACConfig(**{**TINY, "warm_up": 20}, temperature=None)),
    (SAC, SACConfig(**{**TINY, "warm_up": 20}, explicit=False)),
    (DDPG, DDPGConfig(**{**TINY, "warm_up": 20}, twin=True, target_noise=0.2, policy_delay=3)),
    (PolicyGradient, PolicyGradientConfig(hidden=(8,), horizon=30, batch=15, epochs=2)),
]


@pytest.mark.parametrize(("algorithm", "config"), LEARNERS)
class TestStates:
    def test_resumed_anywhere_it_goes_on_as_if_nothing_had_happened(self, algorithm, config, tmp_path):
        options = {"evaluate_every": 0, "report_every": 7}
        whole = training_of(algorithm, config)
        expected = [(news.step, news.returns, news.logged) for news in train(whole, 70, **options)]
        found, training = [], training_of(algorithm, config)
        for steps in (7, 42, 70):  # in the warm-up, in the middle of an episode and of a rollout
            found += [(news.step, news.returns, news.logged) for news in train(training, steps, **options)]
            write_checkpoint(tmp_path / CHECKPOINT, training.state(), {})
            training = training_of(algorithm, config)
            training.load_state(read_checkpoint(tmp_path / CHECKPOINT)[0])
        assert repr(found) == repr(expected)
        assert_same_state(training.state(), whole.state())

    def test_a_missing_or_misshapen_entry_is_named(self, algorithm, config):
        training = training_of(algorithm, config)
        for _ in train(training, 40, evaluate_every=0):
            pass
        state = training.state()
        fresh = training_of(algorithm, config)
        for name, value in state.items():
            part = name.split(".")[0]
            with pytest.raises(ValueError, match=f"does not fit at '{part}'"):
                fresh.load_state({key: kept for key, kept in state.items() if key != name})
            if value.dim() >= 2 and part not in ("replay", "rollout", "episodes"):
                with pytest.raises(ValueError, match=f"does not fit at '{part}'"):
                    fresh.load_state({**state, name: value[..., :-1]})


def test_of_parts_of_every_kind():
    generator = torch.Generator().manual_seed(1)
    layer, number = torch.nn.Linear(2, 1), torch.tensor(3.0)
    parts = {"layer": layer, "number": number, "generator": generator}
    state = {name: value.clone() for name, value in pack(parts).items()}
    assert state.keys() == {"layer.weight", "layer.bias", "number.value", "generator.state"}
    drawn = torch.rand(3, generator=generator)
    with torch.no_grad():
        layer.weight.zero_()
        number.zero_()
    unpack(parts, state)
    assert torch.equal(torch.rand(3, generator=generator), drawn)
    assert number == 3
    assert layer.weight.abs().sum() > 0


def test_a_checkpoint_that_was_read_is_not_held(tmp_path):
    """Windows replaces no file that somebody has mapped."""
    path = tmp_path / "checkpoint.safetensors"
    write_checkpoint(path, {"weights": torch.arange(4.0)}, {})
    tensors, _ = read_checkpoint(path)
    path.write_bytes(b"\0" * path.stat().st_size)
    assert tensors["weights"].tolist() == [0, 1, 2, 3]
