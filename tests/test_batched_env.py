"""What the points of the plane share: they obey gymnasium's rules, their seeds, and one step is a batch of one."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

from softopt.envs import MultiGoal, Puck, TwoPassages
from softopt.envs.batched_env import deviation, limited

LIMITS = {"softopt/MultiGoal-v0": 30, "softopt/TwoPassages-v0": 60, "softopt/Puck-v0": 30}
NOISY = {
    "softopt/MultiGoal-v0": {"noise": 0.2, "start_noise": 0.5},
    "softopt/TwoPassages-v0": {"start": "origin", "start_noise": 0.5},
    "softopt/Puck-v0": {"start_noise": 0.5},
}
CASES = [(name, options) for name in LIMITS for options in ({}, NOISY[name])]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_gymnasium_finds_no_fault(name: str, options: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(gymnasium.make(name, **options).unwrapped)


@pytest.mark.parametrize("name", LIMITS)
def test_only_the_time_limit_truncates(name: str) -> None:
    environment = gymnasium.make(name)
    environment.reset(seed=0)
    steps = [environment.step(np.zeros(2, dtype=np.float32)) for _ in range(LIMITS[name])]
    assert [truncated for *_, truncated, _ in steps] == [False] * (LIMITS[name] - 1) + [True]
    assert not any(terminated for _, _, terminated, *_ in steps)
    assert environment.unwrapped.time_limit == LIMITS[name]


def episode(name: str, options: dict[str, Any], seed: int) -> tuple[np.ndarray, list[float]]:
    environment, draws = gymnasium.make(name, **options), np.random.default_rng(1)
    seen, rewards = [environment.reset(seed=seed)[0]], []
    for _ in range(10):
        observation, reward, *_ = environment.step(draws.uniform(-1, 1, 2).astype(np.float32))
        seen.append(observation)
        rewards.append(reward)
    return np.array(seen), rewards


@pytest.mark.parametrize(("name", "options"), CASES)
def test_seeds_reproduce(name: str, options: dict[str, Any]) -> None:
    first, again, other = (episode(name, options, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert first[0].dtype == np.float32
    by_chance = name != "softopt/Puck-v0" or options  # the puck starts exactly at rest
    assert np.array_equal(first[0], other[0]) != bool(by_chance)


@pytest.mark.parametrize("name", LIMITS)
def test_a_batch_is_its_episodes_side_by_side(name: str) -> None:
    world, draws = gymnasium.make(name, **NOISY[name]).unwrapped, np.random.default_rng(2)
    state = world.begin(5, draws)
    assert np.unique(state, axis=0).shape[0] == 5
    alone = [row[None] for row in state]
    for _ in range(25):
        action = draws.uniform(-1, 1, (5, 2))
        state, reward, terminated = world.advance(state, action, None)
        each = [world.advance(row, action[i : i + 1], None) for i, row in enumerate(alone)]
        alone = [row for row, *_ in each]
        np.testing.assert_array_equal(state, np.concatenate(alone))
        np.testing.assert_array_equal(reward, np.concatenate([r for _, r, _ in each]))
        np.testing.assert_array_equal(terminated, np.concatenate([over for *_, over in each]))
        np.testing.assert_array_equal(world.observe(state), np.concatenate([world.observe(row) for row in alone]))


@pytest.mark.parametrize("name", LIMITS)
def test_step_is_advance(name: str) -> None:
    environment = gymnasium.make(name, **NOISY[name]).unwrapped
    environment.reset(seed=5)
    generator = np.random.default_rng(5)
    state = environment.begin(1, generator)
    for _ in range(10):
        action = np.float32([0.9, 0.3])
        observation, reward, terminated, _, info = environment.step(action)
        state, expected, over = environment.advance(state, action[None], generator)
        np.testing.assert_array_equal(observation, environment.observe(state)[0])
        np.testing.assert_array_equal(info["position"], state[0, :2])
        assert (reward, terminated) == (expected[0], over[0])


@pytest.mark.parametrize("world", [MultiGoal(), TwoPassages(), Puck()])
def test_states_go_in_unchanged(world: Any) -> None:
    generator = np.random.default_rng(0)
    state, action = world.begin(3, generator), generator.uniform(-1, 1, (3, 2))
    before = state.copy(), action.copy()
    world.advance(state, action, generator)
    np.testing.assert_array_equal(state, before[0])
    np.testing.assert_array_equal(action, before[1])


def test_actions_are_cut_off_at_their_range() -> None:
    np.testing.assert_array_equal(limited(np.array([[3.0, -0.5]]), np.zeros((1, 4))), [[1.0, -0.5]])


@pytest.mark.parametrize("action", [0.5, np.zeros(3), np.zeros((2, 1)), [np.nan, 0.0], [np.inf, 0.0]])
def test_a_wrong_action_is_refused(action: Any) -> None:
    environment = MultiGoal()
    environment.reset(seed=0)
    with pytest.raises(ValueError, match=r"an action here is 2 finite numbers in \[-1, 1\]"):
        environment.step(action)


def test_an_episode_begins_with_reset() -> None:
    with pytest.raises(ResetNeeded, match="call it before step"):
        Puck().step(np.zeros(2))


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, "much", None])
def test_a_wrong_deviation_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="noise is a standard deviation, a finite number of at least 0; got"):
        deviation("noise", value)
    for make in (MultiGoal, TwoPassages, Puck):
        with pytest.raises(ValueError, match="start_noise is a standard deviation"):
            make(start_noise=value)


def test_importing_the_package_registers_them_and_stays_light() -> None:
    program = """
        import sys, gymnasium, softopt.envs
        for name in ("MultiGoal", "TwoPassages", "Puck"):
            environment = gymnasium.make(f"softopt/{name}-v0")
            assert type(environment.unwrapped) is getattr(softopt.envs, name)
        print({"torch", "mujoco", "matplotlib"} & set(sys.modules))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["set()"], done.stderr
