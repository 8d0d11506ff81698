"""Many episodes at once are the episodes of gymnasium, and each stands still when it is over."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from softopt.envs import MultiGoal, Paths, Puck, TwoPassages, roll
from softopt.envs.rolling import explore

EAST = np.array([0.5, 0.0])


def eastward(seen: np.ndarray) -> np.ndarray:
    return np.tile(EAST, (len(seen), 1))


@pytest.mark.parametrize("name", ["softopt/MultiGoal-v0", "softopt/TwoPassages-v0", "softopt/Puck-v0"])
@pytest.mark.parametrize("seed", [0, 1])
def test_one_episode_is_that_of_gymnasium(name: str, seed: int) -> None:
    options = {"noise": 0.1} if "Goal" in name else {}
    environment = gymnasium.make(name, **options)
    draws = np.random.default_rng(8)
    paths = roll(environment, lambda seen: draws.uniform(-1, 1, (1, 2)) + EAST, 1, seed=seed)
    draws = np.random.default_rng(8)
    observation, info = environment.reset(seed=seed)
    places, rewards, over = [info["position"]], [], False
    while not over:
        observation, reward, terminated, truncated, info = environment.step(draws.uniform(-1, 1, 2) + EAST)
        places.append(info["position"])
        rewards.append(reward)
        over = terminated or truncated
    taken = len(rewards)
    assert paths.length.tolist() == [taken]
    assert paths.terminated.tolist() == [terminated]
    np.testing.assert_array_equal(paths.states[0, : taken + 1, :2], places)
    np.testing.assert_array_equal(paths.rewards[0, :taken], rewards)
    np.testing.assert_array_equal(environment.unwrapped.observe(paths.last)[0], observation)


def test_what_is_over_stands_still() -> None:
    starts = [[3.0, 0.0], [0.0, 0.0], [-7.0, 7.0]]  # east at half a unit a step: 3 steps, 9 steps, and never
    paths = roll(MultiGoal(), eastward, 3, seed=0, steps=12, start=starts)
    assert isinstance(paths, Paths)
    assert paths.length.tolist() == [3, 9, 12]  # arriving is at less than 1, so at 4.5 and not at 4
    assert paths.terminated.tolist() == [True, True, False]
    np.testing.assert_allclose(paths.last, [[4.5, 0.0], [4.5, 0.0], [-1.0, 7.0]])
    np.testing.assert_allclose(paths.states[0, :4], [[3.0, 0.0], [3.5, 0.0], [4.0, 0.0], [4.5, 0.0]])
    assert np.isnan(paths.states[0, 4:]).all()
    assert np.isnan(paths.actions[0, 3:]).all()
    assert not np.isnan(paths.states[2]).any()
    np.testing.assert_array_equal(paths.actions[0, :3], [EAST] * 3)
    # -(30 / 4 + 1.5²) / 10, -(30 / 4 + 1²) / 10, -(30 / 4 + 0.5²) / 10 + 1, and nothing more
    np.testing.assert_allclose(paths.rewards[0], [-0.975, -0.85, 0.225, *[0.0] * 9])
    assert paths.returns[0] == pytest.approx(-1.6)
    assert paths.states.shape == (3, 13, 2)
    assert paths.actions.shape == (3, 12, 2)


def test_an_end_changes_nothing_for_the_others() -> None:
    world = MultiGoal(noise=0.3)
    near, far = (roll(world, eastward, 4, seed=1, start=[[x, 0.0], *[[-7.0, 7.0]] * 3]) for x in (3.9, -7.0))
    assert near.length[0] < far.length[0]
    np.testing.assert_array_equal(near.states[1:], far.states[1:])
    np.testing.assert_array_equal(near.rewards[1:], far.rewards[1:])


def test_all_may_be_over_early() -> None:
    paths = roll(MultiGoal(start_noise=0.0), eastward, 2, seed=0)
    assert paths.states.shape == (2, 31, 2)
    assert paths.length.tolist() == [9, 9]
    assert np.isnan(paths.states[:, 10:]).all()


def test_row_i_is_episode_i_at_every_step() -> None:
    seen = []
    roll(MultiGoal(), lambda o: seen.append(o) or eastward(o), 3, seed=0, start=[[3.0, 0.0], [0.0, 0.0], [-5.0, 5.0]])
    assert {o.shape for o in seen} == {(3, 2)}
    assert {o.dtype for o in seen} == {np.dtype(np.float32)}
    np.testing.assert_array_equal([o[0] for o in seen[3:]], np.tile([4.5, 0.0], (len(seen) - 3, 1)))


def test_the_time_limit_is_the_environments() -> None:
    assert roll(Puck(), eastward, 2, seed=0).states.shape == (2, 31, 4)
    assert roll(TwoPassages(), eastward, 2, seed=0).length.tolist() == [60, 60]
    shorter = gymnasium.make("softopt/Puck-v0", max_episode_steps=7)
    assert roll(shorter, eastward, 2, seed=0).length.tolist() == [7, 7]
    assert roll(shorter, eastward, 2, seed=0, steps=9).length.tolist() == [9, 9]


def test_seeds_reproduce() -> None:
    first, again, other = (roll(MultiGoal(noise=0.1), eastward, 5, seed=seed) for seed in ([1, 2], [1, 2], [1, 3]))
    np.testing.assert_array_equal(first.states, again.states)
    assert not np.array_equal(first.states[:, 0], other.states[:, 0])
    assert len(np.unique(first.states[:, 0], axis=0)) == 5


def test_a_probe_runs_64_and_its_two_chances_are_apart() -> None:
    class Wanderer:
        def sample(self, observation, generator):
            self.drawn = generator.standard_normal(observation.shape)
            return 0.1 * self.drawn

    wanderer = Wanderer()
    paths = explore(MultiGoal(noise=0.5), wanderer, [0, 1], start=(1.0, 1.0))
    assert paths.states.shape == (64, 31, 2)
    assert (paths.states[:, 0] == 1.0).all()
    noise = (paths.states[:, 1] - 1.0 - paths.actions[:, 0].clip(-1, 1)) / 0.5
    assert abs(np.corrcoef(noise.ravel(), paths.actions[:, 0].ravel())[0, 1]) < 0.3


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"n": 0}, "n and steps are at least 1; got n=0 and steps=30"),
        ({"steps": 0}, "n and steps are at least 1; got n=2 and steps=0"),
        ({"start": [1.0, 2.0, 3.0]}, r"start is 2 finite numbers for all, or an array \(2, 2\); got shape \(3,\)"),
        ({"start": [np.nan, 0.0]}, "start is 2 finite numbers"),
        ({"act": lambda seen: np.zeros(2)}, "an action here is 2 finite numbers"),
    ],
)
def test_bad_input_is_met_at_the_door(options, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        roll(**({"environment": MultiGoal(), "act": eastward, "n": 2, "seed": 0} | options))


def test_other_environments_are_refused() -> None:
    with pytest.raises(ValueError, match="CartPoleEnv has no begin, observe and advance"):
        roll(gymnasium.make("CartPole-v1"), eastward, 2, seed=0)
