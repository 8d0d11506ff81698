"""The puck: steps worked by hand, no direction better than another, and a probe that tells one way from all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softopt.envs import Puck, roll

WORLD = Puck()
HALF = np.sqrt(0.5)


class Rows:
    """Row i of a batch pushes with full strength at angle ``angles[i]``, radians."""

    def __init__(self, angles: np.ndarray) -> None:
        self.push = np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def sample(self, observation: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        return self.push.astype(np.float32)


@pytest.mark.parametrize(
    ("velocity", "action", "after", "reward"),
    [
        ((0, 0), (0, 0), (0, 0), 0.0),
        ((0, 0), (1, 0), (0.2, 0), 0.15),  # 0.2 - 0.05
        ((0, 0), (0, -0.5), (0, -0.1), 0.0875),  # 0.1 - 0.05 * 0.25
        ((1, 0), (1, 0), (1, 0), 0.95),  # top speed
        ((0, 0.5), (0, 0), (0, 0.4), 0.4),  # drag alone; the new speed is paid
        ((0, 0), (1, 1), (0.2 * HALF, 0.2 * HALF), 0.1),  # no stronger than (HALF, HALF), but it costs 0.05 * 2
        ((0, 0), (0.3, 0.4), (0.06, 0.08), 0.0875),
        ((0, 0), (7, 0), (0.2, 0), 0.15),  # a push of 7 is one of 1
    ],
)
def test_steps_worked_by_hand(velocity, action, after, reward) -> None:
    state = np.array([[2.0, -3.0, *velocity]])
    state, earned, over = WORLD.advance(state, np.array([action], dtype=float))
    np.testing.assert_allclose(state[:, 2:], [after], atol=1e-12)
    np.testing.assert_allclose(state[:, :2], [[2.0 + 0.1 * after[0], -3.0 + 0.1 * after[1]]], atol=1e-12)
    np.testing.assert_allclose(earned, [reward], atol=1e-12)
    assert not over.any()


def test_it_sees_its_velocity_and_not_where_it_is() -> None:
    seen, info = WORLD.reset(seed=0)
    assert not seen.any()
    assert not info["position"].any()
    seen, _, _, _, info = WORLD.step(np.array([1.0, 0.0]))
    np.testing.assert_array_equal(seen, np.float32([0.2, 0.0]))
    np.testing.assert_allclose(info["position"], [0.02, 0.0])


@given(st.floats(0, 2 * np.pi), st.integers(0, 2**16))
def test_a_turned_world_is_the_same_world(angle: float, seed: int) -> None:
    """Within the circle of pushes; the square beyond it is the one thing that does not turn."""
    draws = np.random.default_rng(seed)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    state, action = draws.uniform(-0.7, 0.7, (6, 4)), draws.uniform(-HALF, HALF, (6, 2))
    after, reward, _ = WORLD.advance(state, action)
    turned, same, _ = WORLD.advance(np.hstack([state[:, :2] @ turn.T, state[:, 2:] @ turn.T]), action @ turn.T)
    np.testing.assert_allclose(turned, np.hstack([after[:, :2] @ turn.T, after[:, 2:] @ turn.T]), atol=1e-12)
    np.testing.assert_allclose(same, reward, atol=1e-12)


def test_every_direction_earns_the_same() -> None:
    rows = Rows(np.arange(16) * np.pi / 8)
    paths = roll(WORLD, lambda seen: rows.push, 16, seed=0)
    # Sum of 1 - 0.8^t - 0.05 over t = 1 to 30.
    np.testing.assert_allclose(paths.returns, 0.95 * 30 - 4 * (1 - 0.8**30), rtol=1e-9)
    assert not paths.terminated.any()


def test_start_noise_moves_the_start_up_to_the_top_speed() -> None:
    generator = np.random.default_rng(0)
    assert not WORLD.begin(5, generator).any()
    slow, fast = Puck(start_noise=0.1).begin(20_000, generator), Puck(start_noise=9.0).begin(1_000, generator)
    np.testing.assert_allclose(slow[:, 2:].std(axis=0), 0.1, rtol=0.03)
    assert not slow[:, :2].any()
    assert np.hypot(*fast[:, 2:].T).max() == pytest.approx(1.0)
    assert all(row in Puck().observation_space for row in Puck().observe(fast))


@pytest.mark.parametrize(
    ("angles", "resultant", "sectors", "entropy"),
    [
        (np.full(64, 0.3), 1.0, 1, 0.0),
        (np.repeat([0.0, np.pi], 32), 0.0, 2, np.log(2)),
        (np.arange(64) * np.pi / 4, 0.0, 8, np.log(8)),
        ([*[0.0] * 61, *[np.pi / 2] * 2, np.pi], np.hypot(60, 2) / 64, 2, None),  # 1 of 64 fills no sector
    ],
)
def test_the_probe_tells_one_way_from_all(angles, resultant, sectors, entropy) -> None:
    found = Puck(start_noise=0.3).probe(Rows(np.array(angles)), [0, 100])
    assert found["resultant"] == pytest.approx(resultant, abs=1e-6)
    assert found["sectors"] == sectors
    if entropy is not None:
        assert found["sector_entropy"] == pytest.approx(entropy, abs=1e-9)
    assert found["displacement"] == pytest.approx(0.1 * (30 - 4 * (1 - 0.8**30)), abs=1e-5)
    assert all(type(value) is float for value in found.values())
