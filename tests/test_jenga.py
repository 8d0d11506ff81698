"""The tower of blocks: it stands, a block that is out counts, a shove topples it, and the game can be played."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

import softopt.envs  # noqa: F401  (registers it)
from softopt.envs import film, roll
from softopt.envs.jenga.jenga import (
    HIGH,
    LAYERS,
    N_BLOCKS,
    N_FINGER,
    WIDE,
    Jenga,
    blocks,
    blocks_taken,
    fallen,
    places,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*A Box observation space (minimum|maximum) value is.*infinity")


@pytest.fixture(scope="module")
def world():
    return Jenga(start_noise=0.0)


def still(seen):
    return np.zeros((len(seen), 3))


def moved(world, block, by):
    """A state (1, K) in which one block is somewhere else."""
    state = world.level[None]
    at = N_FINGER + 7 * block
    state[0, at : at + 3] += by
    return state


def poke(world, state, aside, layer):
    """Go to a block's end, then straight ahead, fast; return the state after it and whether the tower fell."""
    goal = np.array([0.0, aside, (layer + 0.5) * HIGH])
    for _ in range(60):
        tip = world.observe(state)[0, :3] * 0.1
        off = (goal - tip)[1:]
        ready = tip[0] > -0.07 or np.abs(off).max() < 0.003
        action = np.array([1.0 if ready else 0.0, *(off / 0.06).clip(-1, 1)])
        state, _, over = world.advance(state, action[None])
        if over[0] or blocks_taken(state)[0]:
            break
    return state, bool(over[0])


def test_gymnasium_has_no_complaint():
    check_env(gymnasium.make("softopt/Jenga-v0").unwrapped, skip_render_check=True)


def test_the_tower_has_six_layers_and_stands_for_thirty_seconds(world):
    assert (LAYERS, N_BLOCKS) == (6, 18)
    paths = roll(world, still, 1, seed=0, start=world.level)
    assert paths.length[0] == 150
    assert not paths.terminated[0]
    np.testing.assert_allclose(blocks(paths.states[0]), np.tile(places(), (151, 1, 1)), atol=1e-3)
    assert abs(paths.returns[0]) < 0.02


def test_an_episode_is_the_batch_of_one_bit_for_bit():
    env = gymnasium.make("softopt/Jenga-v0")
    actions = np.random.default_rng(1).uniform(-1, 1, (6, 3)).astype(np.float32)
    seen, earned = [env.reset(seed=5)[0]], []
    for action in actions:
        observation, reward, *_ = env.step(action)
        seen.append(observation)
        earned.append(reward)
    turns = iter(actions)
    paths = roll(env, lambda _: next(turns)[None], 1, seed=5, steps=6)
    np.testing.assert_array_equal(env.unwrapped.observe(paths.states[0]), seen)
    np.testing.assert_array_equal(paths.rewards[0], earned)


def test_a_block_that_is_out_counts_and_half_of_the_way_is_half(world):
    out, half = moved(world, 7, [0.06, 0, 0]), moved(world, 7, [0.025, 0, 0])
    assert blocks_taken(out).tolist() == [1]
    assert blocks_taken(half).tolist() == [0]
    nothing = np.zeros((1, 3))
    np.testing.assert_allclose(world.pay(world.level[None], half, nothing)[0], [0.5])
    np.testing.assert_allclose(world.pay(half, out, nothing)[0], [0.5])
    assert not fallen(out)[0]


def test_a_tower_that_is_shifted_as_a_whole_has_lost_no_block(world):
    state = world.level[None]
    for block in range(3, N_BLOCKS):
        state[0, N_FINGER + 7 * block] += 0.02
    assert blocks_taken(state).tolist() == [0]


@pytest.mark.parametrize("by", [[0.0, 0.0, -0.011], [0.06, 0.0, 0.0]])
def test_a_block_of_the_top_layer_that_sinks_or_leaves_is_a_fall(world, by):
    state = moved(world, N_BLOCKS - 1, by)
    reward, over = world.pay(world.level[None], state, np.zeros((1, 3)))
    assert over.tolist() == [True]
    assert reward.tolist() == [-1.0]


def test_a_block_can_be_taken_and_the_tower_stands(world):
    state, fell = poke(world, world.level[None], 0.0, 2)
    assert blocks_taken(state).tolist() == [1]
    assert not fell
    state = roll(world, still, 1, seed=0, steps=15, start=state[0]).last
    assert not fallen(state)[0]
    assert blocks(state)[0, 7, 2] < HIGH  # it lies on the floor


def test_a_block_just_below_the_top_brings_it_down(world):
    assert poke(world, world.level[None], WIDE, 4)[1]


def test_nothing_sinks_into_anything(world):
    data, worst = world._batch, 0.0
    state = poke(world, world.level[None], 0.0, 2)[0]
    import mujoco

    for start in (world.level[None], state):
        after, *_ = world.advance(start, np.zeros((1, 3)))
        data.qpos[:] = after[0, : world.model.nq]
        mujoco.mj_forward(world.model, data)
        worst = min(worst, data.contact.dist.min())
    assert worst > -5e-4


def test_it_can_be_filmed():
    env = gymnasium.make("softopt/Jenga-v0")
    rollout = film(env, lambda _: np.zeros(3), seed=0, steps=3)
    assert sum(geom.name.startswith("block") for geom in rollout.geoms) == N_BLOCKS


def test_bad_noise_is_told_what_is_wrong():
    with pytest.raises(ValueError, match="start_noise"):
        Jenga(start_noise=-1.0)
