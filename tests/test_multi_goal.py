"""Four goals: rewards worked by hand, each goal within reach, and a probe that counts which were reached."""

from __future__ import annotations

import numpy as np
import pytest

from softopt.envs import MultiGoal, roll
from softopt.envs.multi_goal import GOAL_NAMES, GOALS

WORLD = MultiGoal(start_noise=0.0)


class Rows:
    """Row i of a batch walks towards goal ``chosen[i]`` at half speed; -1 stands still."""

    def __init__(self, chosen: list[int]) -> None:
        self.chosen = np.array(chosen)

    def sample(self, observation: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        way = GOALS[self.chosen] - observation
        action = 0.5 * way / np.linalg.norm(way, axis=1, keepdims=True)
        return np.where(self.chosen[:, None] < 0, 0.0, action).astype(np.float32)


@pytest.mark.parametrize(
    ("position", "action", "after", "reward", "terminated"),
    [
        ((0, 0), (0, 0), (0, 0), -2.5, False),  # -(0 + 25) / 10
        ((0, 0), (1, 0), (1, 0), -4.6, False),  # -(30 + 16) / 10: the new position counts, not the old
        ((0, 0), (0.5, 0.5), (0.5, 0.5), -3.55, False),  # -(15 + 4.5² + 0.5²) / 10
        ((3, 0), (1, 0), (4, 0), -3.1, False),  # at a distance of exactly 1 it is not there yet
        ((3.5, 0), (1, 0), (4.5, 0), -2.025, True),  # -(30 + 0.25) / 10 + 1
        ((0, -4.5), (0, 0), (0, -4.5), 0.975, True),
        ((6.5, 6.5), (1, 1), (7, 7), -11.3, False),  # at the corner: -(60 + 2² + 7²) / 10
        ((0, 0), (5, 0), (1, 0), -4.6, False),  # an action of 5 is one of 1
    ],
)
def test_steps_worked_by_hand(position, action, after, reward, terminated) -> None:
    state, earned, over = WORLD.advance(np.array([position], dtype=float), np.array([action], dtype=float))
    np.testing.assert_allclose(state, [after], atol=1e-12)
    np.testing.assert_allclose(earned, [reward], atol=1e-12)
    assert over.tolist() == [terminated]


def test_start_noise_and_noise_have_the_deviations_asked_for() -> None:
    world, generator = MultiGoal(noise=0.3, start_noise=0.1), np.random.default_rng(0)
    start = world.begin(20_000, generator)
    moved, *_ = world.advance(start, np.full((20_000, 2), 0.5), generator)
    np.testing.assert_allclose(start.std(axis=0), 0.1, rtol=0.03)
    np.testing.assert_allclose((moved - start).std(axis=0), 0.3, rtol=0.03)
    np.testing.assert_allclose((moved - start).mean(axis=0), 0.5, atol=0.01)
    still, *_ = world.advance(start, np.full((20_000, 2), 0.5), None)
    np.testing.assert_allclose(still, start + 0.5)
    assert not WORLD.begin(3, generator).any()


def test_the_edge_holds_whatever_the_noise() -> None:
    world = MultiGoal(noise=5.0, start_noise=50.0)
    paths = roll(world, lambda seen: np.ones((len(seen), 2)), 50, seed=0)
    reached = paths.states[~np.isnan(paths.states)]
    assert np.abs(reached).max() == 7.0


@pytest.mark.parametrize("goal", range(4))
def test_each_goal_is_within_reach(goal: int) -> None:
    paths = roll(MultiGoal(), lambda seen: Rows([goal]).sample(seen, None), 1, seed=goal)
    assert paths.terminated.all()
    assert np.linalg.norm(paths.last[0] - GOALS[goal]) < 1
    assert paths.length[0] <= 10


def test_goals_are_as_good_as_each_other() -> None:
    paths = roll(WORLD, lambda seen: Rows([0, 1, 2, 3]).sample(seen, None), 4, seed=0)
    np.testing.assert_allclose(paths.returns, paths.returns[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("chosen", "shares", "goals"),
    [
        ([0, 1, 2, 3] * 16, [0.25, 0.25, 0.25, 0.25, 0], 4),
        ([1] * 64, [0, 1, 0, 0, 0], 1),
        ([3] * 4 + [2] * 3 + [-1] * 57, [0, 0, 3 / 64, 4 / 64, 57 / 64], 1),  # 3 of 64 are less than 5 %
        ([-1] * 64, [0, 0, 0, 0, 1], 0),
    ],
)
def test_the_probe_counts_where_rollouts_ended(chosen, shares, goals) -> None:
    found = MultiGoal().probe(Rows(chosen), [0, 100])
    expected = dict(zip([*(f"goal_{name}" for name in GOAL_NAMES), "no_goal"], shares, strict=True))
    assert found == pytest.approx(expected | {"goals": goals})
    assert all(type(value) is float for value in found.values())


def test_the_probe_starts_exactly_at_the_origin_and_obeys_its_seed() -> None:
    starts, draws = [], []

    class Wanderer:
        def sample(self, observation, generator):
            starts.append(observation)
            draws.append(generator.uniform(-1, 1, observation.shape))
            return draws[-1]

    for seed in ([1, 5], [1, 5], [1, 6]):
        MultiGoal(start_noise=1.0).probe(Wanderer(), seed)
    assert starts[0].shape == (64, 2)
    assert starts[0].dtype == np.float32
    assert not starts[0].any()
    first, again, other = (draws[i * len(draws) // 3] for i in range(3))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
