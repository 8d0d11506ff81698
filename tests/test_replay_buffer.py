"""The replay buffer: what it keeps, what it forgets, and that every transition is as likely as any other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

torch = pytest.importorskip("torch")

from softopt.deep import ReplayBuffer  # noqa: E402


def filled(added, capacity=8, terminated=lambda k: False, truncated=lambda k: False):
    """Transition k has the number k wherever there is room for one."""
    buffer = ReplayBuffer(capacity, 2, 1)
    for k in range(added):
        buffer.add([k, -k], [k / 100], 10.0 * k, [k + 0.5, -k - 0.5], terminated(k), truncated(k))
    return buffer


def drawn(buffer, size=200, seed=0):
    return buffer.sample(size, torch.Generator().manual_seed(seed))


class TestContents:
    @given(added=st.integers(1, 40), capacity=st.integers(1, 12))
    @settings(max_examples=60, deadline=None)
    def test_the_oldest_make_room(self, added, capacity):
        buffer = filled(added, capacity)
        assert len(buffer) == min(added, capacity)
        assert buffer.added == added
        kept = set(range(max(0, added - capacity), added))
        assert set(drawn(buffer, 400).observation[:, 0].int().tolist()) <= kept
        assert set(buffer.state()["rows"][:, 0].int().tolist()) == kept

    def test_every_column_comes_back_in_its_place(self):
        batch = drawn(filled(8))
        k = batch.observation[:, 0]
        assert torch.equal(batch.observation[:, 1], -k)
        assert torch.allclose(batch.action[:, 0], k / 100)
        assert torch.equal(batch.reward, 10 * k)
        assert torch.equal(batch.next_observation, torch.stack([k + 0.5, -k - 0.5], 1))
        assert batch.observation.shape == batch.next_observation.shape == (200, 2)
        assert batch.action.shape == (200, 1)
        assert batch.reward.shape == batch.terminated.shape == (200,)
        assert all(column.dtype == torch.float32 for column in batch)

    def test_truncation_is_not_termination(self):
        buffer = filled(4, terminated=lambda k: k in (1, 3), truncated=lambda k: k in (2, 3))
        batch = drawn(buffer)
        ended = {int(k): float(end) for k, end in zip(batch.observation[:, 0], batch.terminated, strict=True)}
        assert ended == {0: 0, 1: 1, 2: 0, 3: 1}
        assert buffer.state()["rows"][:, -2:].tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]

    def test_a_batch_is_a_copy(self):
        buffer = filled(3)
        batch = drawn(buffer)
        batch.observation.zero_()
        assert drawn(buffer).observation.abs().sum() > 0


class TestSampling:
    @pytest.mark.parametrize("added", [10, 23])
    def test_is_uniform_over_what_is_there(self, added):
        buffer = filled(added, capacity=16)
        counts = np.bincount(drawn(buffer, 20_000, seed=1).observation[:, 0].int().numpy())
        counts = counts[counts > 0]
        assert len(counts) == len(buffer)
        assert chisquare(counts).pvalue > 0.01

    def test_same_generator_same_batch(self):
        buffer = filled(8)
        assert all(torch.equal(a, b) for a, b in zip(drawn(buffer), drawn(buffer), strict=True))
        assert not torch.equal(drawn(buffer).reward, drawn(buffer, seed=1).reward)

    def test_is_with_replacement(self):
        assert drawn(filled(1), 5).reward.tolist() == [0] * 5


class TestState:
    @pytest.mark.parametrize("added", [0, 3, 8, 21])
    def test_round_trip(self, added):
        buffer = filled(added)
        state = {name: value.clone() for name, value in buffer.state().items()}
        again = ReplayBuffer(8, 2, 1)
        again.load_state(state)
        assert len(again) == len(buffer)
        for one in (buffer, again):  # both go on alike, ring and all
            for k in (100, 101, 102):
                one.add([k, k], [0], k, [k, k], False, False)
        assert torch.equal(again.state()["rows"], buffer.state()["rows"])
        assert torch.equal(drawn(again).reward, drawn(buffer).reward)

    @pytest.mark.parametrize("other", [ReplayBuffer(8, 3, 1), ReplayBuffer(4, 2, 1)])
    def test_of_another_shape_is_refused(self, other):
        with pytest.raises(ValueError, match=r"holds 6 transitions of 8 numbers, this .* Resume with"):
            other.load_state(filled(6).state())


class TestRefusals:
    @pytest.mark.parametrize("capacity", [0, -1])
    def test_no_capacity(self, capacity):
        with pytest.raises(ValueError, match=f"at least 1; got {capacity}"):
            ReplayBuffer(capacity, 2, 1)

    def test_larger_than_the_memory(self):
        with pytest.raises(ValueError, match=r"needs 320000\.0 GB and .* GB are free; choose a capacity below \d+"):
            ReplayBuffer(10**13, 2, 1)

    def test_nothing_to_draw_from(self):
        with pytest.raises(ValueError, match="the replay buffer is empty"):
            ReplayBuffer(3, 2, 1).sample(2, torch.Generator())

    @pytest.mark.parametrize(
        ("observation", "action", "next_observation"),
        [
            ([0.0] * 3, [0.0], [0.0] * 2),
            ([0.0] * 2, [0.0] * 2, [0.0] * 2),
            ([0.0] * 3, [0.0], [0.0]),  # as many numbers in all, in the wrong places
        ],
    )
    def test_another_width(self, observation, action, next_observation):
        buffer = ReplayBuffer(3, 2, 1)
        with pytest.raises(ValueError, match=r"observations of 2 .*actions of 1"):
            buffer.add(observation, action, 0.0, next_observation, False, False)
        assert len(buffer) == 0
