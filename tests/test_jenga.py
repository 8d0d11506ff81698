"""Jenga: the tower stands, a block can be pushed out of it, it is paid as written, and a shove topples it."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

mujoco = pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from body_cases import assert_an_episode_is_the_batch_of_one  # noqa: E402

import softopt.envs  # noqa: E402, F401  (registers it)
from softopt.envs import film, roll  # noqa: E402
from softopt.envs.jenga.jenga import (  # noqa: E402
    FASTEST,
    N_POSITION,
    Jenga,
    blocks_taken,
    fallen,
    score,
    taken,
    ways,
)
from softopt.envs.jenga.tower import AXIS, LAYER, N_BLOCKS, TOP, places  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*A Box observation space (minimum|maximum) value is.*infinity")
MIDDLE = 7  # the middle block of the third layer from the table, which lies along x


@pytest.fixture(scope="module")
def world():
    return Jenga()


def still(seen):
    """The finger stays where it is."""
    return np.zeros((len(seen), 3))


def moved(world, **ways_of):
    """The tower as built (1, K), but for blocks such as ``block_7`` that are some metres (x, y, z) away."""
    state = world.level[None]
    for name, way in ways_of.items():
        at = 3 + 7 * int(name.split("_")[1])
        state[0, at : at + 3] += way
    return state


def sink(world, state):
    """By how much blocks are in each other, metres: the worst pair."""
    data = mujoco.MjData(world.model)
    data.qpos[:] = state[0, :N_POSITION]
    mujoco.mj_forward(world.model, data)
    boxes = [world.model.geom(f"block_{k}").id for k in range(N_BLOCKS)]
    pairs = [(one, other) for one in boxes for other in boxes if one < other]
    return -min(mujoco.mj_geomDistance(world.model, data, *pair, 0.01, None) for pair in pairs)


def lead(world, state, *goals):
    """Lead the tip through goals (x, y, z); the states on the way, and whether the tower fell."""
    course = [state]
    for goal in goals:
        for _ in range(40):
            way = np.array(goal) - course[-1][0, :3]
            if np.abs(way).max() < 0.002:
                break
            state, _, over = world.advance(course[-1], (10 * way / FASTEST).clip(-1, 1)[None])
            course.append(state)
            if over[0]:
                return course, True
    return course, False


def test_gymnasium_has_no_complaint():
    check_env(gymnasium.make("softopt/Jenga-v0").unwrapped, skip_render_check=True)


def test_an_episode_is_the_batch_of_one_bit_for_bit():
    assert_an_episode_is_the_batch_of_one(gymnasium.make("softopt/Jenga-v0"), 40)


def test_it_stands_untouched_for_thirty_seconds(world):
    paths = roll(world, still, 1, seed=0)
    assert paths.length[0] == 300
    assert np.abs(ways(paths.states[0])).max() < 2e-4
    assert abs(paths.returns[0]) < 1e-3
    assert sink(world, paths.last) < 1e-4


def test_layers_lie_crosswise_and_touch():
    built = places().reshape(6, 3, 3)
    assert np.ptp(built[0], axis=0) == pytest.approx([0, 0.05, 0])
    assert np.ptp(built[1], axis=0) == pytest.approx([0.05, 0, 0])
    np.testing.assert_allclose(np.diff(built[:, 0, 2]), 0.015, atol=1e-5)
    assert (LAYER[TOP] == 5).all()
    assert AXIS[MIDDLE] == 0


def test_without_a_middle_block_it_stands(world):
    state = moved(world, block_7=(0.3, 0, -0.03))
    paths = roll(world, still, 1, seed=0, steps=50, start=state[0])
    assert paths.length[0] == 50
    assert blocks_taken(paths.last).tolist() == [1]
    assert np.flatnonzero(taken(paths.last)).tolist() == [MIDDLE]
    assert np.abs(np.delete(ways(paths.last)[0], MIDDLE, axis=0)).max() < 1e-3


@pytest.mark.parametrize(
    ("way", "counts"),
    [
        ((0.07, 0, 0), False),  # still within its length of the axis
        ((0.08, 0, 0), True),
        ((0, -0.08, 0), True),
        ((0.05, 0, -0.009), False),
        ((0.05, 0, -0.011), True),  # it has tipped over the edge
    ],
)
def test_which_block_is_taken(world, way, counts):
    assert blocks_taken(moved(world, block_7=way)).tolist() == [counts]
    assert blocks_taken(moved(world, block_16=way)).tolist() == [0]  # the top layer does not count


@pytest.mark.parametrize(
    ("way", "over"),
    [((0.037, 0, 0), False), ((0.03, 0.03, 0), True), ((0, 0, -0.009), False), ((0, 0, -0.011), True)],
)
def test_when_it_has_fallen(world, way, over):
    assert fallen(moved(world, block_15=way)).tolist() == [over]
    assert not fallen(moved(world, block_7=way)).any()


@pytest.mark.parametrize(
    ("blocks", "points"),
    [
        ({"block_7": (0.03, 0.01, 0)}, 0.2),
        ({"block_7": (-0.03, 0, 0)}, 0.2),
        ({"block_7": (0.06, 0, 0)}, 0.25),
        ({"block_7": (0.08, 0, 0)}, 1.0),
        ({"block_7": (0, 0.03, 0)}, 0.0),  # across its axis
        ({"block_4": (0, 0.03, 0)}, 0.2),  # that one lies along y
        ({"block_16": (0, 0.03, 0)}, 0.0),  # on top
        ({"block_6": (0.02, 0, 0), "block_7": (0.02, 0, 0), "block_8": (0.02, 0, 0)}, 0.0),  # the layer as a whole
        ({"block_6": (0.08, 0, 0), "block_7": (0.03, 0, 0)}, 1.2),
    ],
)
def test_pay_by_hand(world, blocks, points):
    state = moved(world, **blocks)
    np.testing.assert_allclose(score(state), [points], atol=1e-9)
    before = moved(world, block_1=(0.015, 0, 0))
    earned, over = world.pay(before, state, np.zeros((1, 3)))
    np.testing.assert_allclose(earned, [points - 0.1], atol=1e-9)
    assert not over.any()


def test_the_fall_costs_one_and_pays_no_block(world):
    state = moved(world, block_7=(0.1, 0, 0), block_17=(0, 0, -0.05))
    earned, over = world.pay(world.level[None], state, np.zeros((1, 3)))
    assert (earned.tolist(), over.tolist()) == ([-1.0], [True])


def test_what_is_seen(world):
    state = moved(world, block_2=(0.01, -0.03, -0.5))
    state[0, :3] = 0.05, 0, 0.053
    state[0, N_POSITION : N_POSITION + 3] = 0.05, -0.05, 0
    seen = world.observe(state)[0]
    np.testing.assert_allclose(seen[:6], [1, 0, 0, 0.5, -1, 0], atol=1e-6)
    expected = np.zeros((N_BLOCKS, 3))
    expected[2] = 0.5, -1.5, -2
    np.testing.assert_allclose(seen[6:].reshape(N_BLOCKS, 3), expected, atol=1e-6)


@pytest.mark.parametrize("block", [0, 1, 2, 6, MIDDLE, 8])
def test_a_careful_hand_takes_a_block(world, block):
    y, z = places()[block, 1:]
    before, out = (-0.06, y, z), (0.045, y, z)
    course, over = lead(world, world.level[None], (-0.06, 0, 0.05), before, out, before)
    assert not over
    assert taken(course[-1])[0, block]
    resting = roll(world, still, 1, seed=0, steps=30, start=course[-1][0])
    assert resting.length[0] == 30
    assert np.abs(ways(resting.states[0, 10:]) - ways(resting.last)).max() < 1e-3
    assert sink(world, resting.last) < 5e-4


def test_a_shove_topples_it(world):
    course, over = lead(world, world.level[None], (-0.06, 0, 0.068), (0.05, 0, 0.068))
    assert over
    assert fallen(course[-1]).all()
    assert not fallen(course[-2]).any()
    earned, ended = world.pay(course[-2], course[-1], np.zeros((1, 3)))
    assert (earned.tolist(), ended.tolist()) == ([-1.0], [True])


def test_the_probe_counts_what_was_taken_before_the_fall(monkeypatch):
    class Shover:
        def sample(self, seen, generator):
            return np.tile([1.0, 0.0, 0.5], (len(seen), 1))

    assert Jenga(start_noise=0.0).probe(Shover(), [0])["fell"] == 1.0

    class Idler:
        def sample(self, seen, generator):
            return still(seen)

    brief = Jenga()
    monkeypatch.setattr(brief, "time_limit", 5)
    assert brief.probe(Idler(), [0]) == {"taken": 0.0, "fell": 0.0}


def test_the_finger_starts_within_its_reach():
    state = Jenga(start_noise=1.0).begin(200, np.random.default_rng(0))
    assert np.abs(state[:, 1]).max() <= 0.045
    assert state[:, 2].min() >= 0.006
    assert state[:, 2].max() <= 0.1


def test_a_simulation_that_diverges_does_not_begin_again(world):
    assert world.model.opt.disableflags & mujoco.mjtDisableBit.mjDSBL_AUTORESET


def test_it_can_be_filmed():
    filmed = film(gymnasium.make("softopt/Jenga-v0"), lambda _: np.zeros(3), seed=0, steps=5)
    names = {geom.name for geom in filmed.geoms}
    assert {f"block_{k}" for k in range(N_BLOCKS)} | {"finger", "tip"} <= names
    assert len(names) == N_BLOCKS + 4  # the balls at the edges of the blocks are not seen


@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf"), "much"])
def test_bad_options_are_met_at_the_door(noise):
    with pytest.raises(ValueError, match="start_noise is a standard deviation"):
        Jenga(start_noise=noise)


def test_an_action_of_another_shape_is_met_at_the_door(world):
    with pytest.raises(ValueError, match="an action here is 3 finite numbers"):
        world.advance(world.level[None], np.zeros((1, 2)))
