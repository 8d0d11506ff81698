"""The quadruped and its grounds: it stands, it is paid as written, and what it stands on is where it should be."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

mujoco = pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from body_cases import assert_an_episode_is_the_batch_of_one  # noqa: E402

import softopt.envs  # noqa: E402, F401  (registers it)
from softopt.envs import film, roll  # noqa: E402
from softopt.envs.quadruped.quadruped import ROW, SENSED, SIMULATED, Quadruped, heading, sensed  # noqa: E402
from softopt.envs.quadruped.terrain import BEGINS, KINDS, LONG, Terrain  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*A Box observation space (minimum|maximum) value is.*infinity")
GROUNDS = [("flat", 0.0), ("slope_up", 9.0), ("slope_down", 9.0), ("stairs_up", 0.05), ("stairs_down", 0.05)]


@pytest.fixture(scope="module")
def world():
    return Quadruped()


def still(seen):
    """Every joint in its middle."""
    return np.zeros((len(seen), 8))


def tilted(roll_=0.0, pitch=0.0, yaw=0.0):
    """A state (1, K) that is turned: roll, then pitch, then yaw."""
    from scipy.spatial.transform import Rotation

    state = Quadruped().level[None]
    state[0, 3:7] = Rotation.from_euler("ZYX", [yaw, pitch, roll_]).as_quat(scalar_first=True)
    return state


def test_gymnasium_has_no_complaint():
    check_env(gymnasium.make("softopt/Quadruped-v0").unwrapped, skip_render_check=True)


def test_an_episode_is_the_batch_of_one_bit_for_bit():
    assert_an_episode_is_the_batch_of_one(gymnasium.make("softopt/Quadruped-v0"), 40)


def test_standing_still_earns_nothing(world):
    paths = roll(world, still, 1, seed=0, steps=200, start=world.level)
    assert paths.length[0] == 200
    assert abs(paths.returns[0]) < 1e-3
    x, y, height = paths.last[0, :3]
    assert np.hypot(x, y) < 1e-3
    assert 0.21 < height < 0.25


def test_what_is_sensed_of_a_tilt():
    for name, at in (("roll_", 8), ("pitch", 9)):
        found = sensed(tilted(**{name: 0.3}))[0]
        expected = np.zeros(SENSED)
        expected[at], expected[13] = 0.3, 1.0
        np.testing.assert_allclose(found, expected, atol=1e-12)
    found = sensed(tilted(yaw=2.0))[0]
    np.testing.assert_allclose(found[12:], [np.sin(2.0), np.cos(2.0)])
    np.testing.assert_allclose(heading(tilted(yaw=2.0)), 2.0)


@pytest.mark.parametrize(
    ("turn", "speed", "action", "reward", "over"),
    [
        ({}, 0.4, 0.0, 0.4, False),
        ({}, 1.5, 0.0, 0.5, False),  # half a metre a second too fast
        ({}, -0.5, 0.0, -0.5, False),
        ({}, 0.0, 0.5, -0.05 * 8 * 0.25, False),
        ({"pitch": 0.5}, 0.0, 0.0, -3 * (1 - np.cos(0.5)), False),
        ({"yaw": 1.0}, 0.0, 0.0, -(1 - np.cos(1.0)), False),
        ({"roll_": 1.2}, 0.0, 0.0, -3 * (1 - np.cos(1.2)) - 5, True),
    ],
)
def test_pay_by_hand(world, turn, speed, action, reward, over):
    state = tilted(**turn)
    state[0, SIMULATED] = speed
    earned, ended = world.pay(world.level[None], state, np.full((1, 8), action))
    np.testing.assert_allclose(earned, [reward], atol=1e-12)
    assert ended.tolist() == [over]


def test_legs_that_lean_cost(world):
    """Two legs at their ends, one to either side, and one half way, which is free: (1 - .5)^2 twice."""
    state = world.level[None]
    state[0, [7, 9, 11]] = 0.6, -0.6, 0.3
    earned, _ = world.pay(world.level[None], state, np.zeros((1, 8)))
    np.testing.assert_allclose(earned, [-0.5], atol=1e-12)


def test_a_simulation_that_diverges_says_so_and_the_world_can_begin_again(world):
    state = world.level[None]
    state[0, 15:29] = 1e200
    with pytest.raises(FloatingPointError, match="simulation of Quadruped has diverged"):
        world.advance(state, np.zeros((1, 8)))
    assert np.isfinite(world.advance(world.level[None], np.zeros((1, 8)))[0]).all()


def test_it_is_over_when_the_trunk_is_down(world):
    state = world.level[None]
    state[0, 2] = 0.09
    assert world.pay(state, state, np.zeros((1, 8)))[1].all()


def test_the_last_five_steps_are_seen(world):
    draws = np.random.default_rng(0)
    actions = draws.uniform(-0.3, 0.3, (7, 1, 8))
    state, rows = world.level[None], []
    for action in actions:
        state, _, _ = world.advance(state, action)
        rows.append(np.concatenate([sensed(state[:, :SIMULATED])[0], action[0]]))
    np.testing.assert_allclose(world.observe(state)[0].reshape(5, ROW), rows[:-6:-1], atol=1e-6)


@pytest.mark.parametrize(("kind", "steepness"), GROUNDS)
@pytest.mark.parametrize(("x", "y"), [(0.0, 1.0), (3.2, 1.0), (7.1, 1.0), (7.1, -9.5)])
def test_the_ground_is_where_its_height_says(kind, steepness, x, y):
    world = Quadruped(terrain=kind, steepness=steepness)
    mujoco.mj_forward(world.model, world.data)
    above, down, met = np.array([x, y, 3.0]), np.array([0.0, 0.0, -1.0]), np.array([-1], np.int32)
    ray = mujoco.mj_ray(world.model, world.data, above, down, None, 1, -1, met)
    assert 3.0 - ray == pytest.approx(float(world.terrain.height(x)), abs=1e-6)


@pytest.mark.parametrize(("kind", "steepness"), [*GROUNDS, ("blocks", 0.03)])
def test_it_can_stand_there(kind, steepness):
    world = Quadruped(terrain=kind, steepness=steepness)
    state = world.level[None]
    state[0, 0] = 4.0
    state[0, 2] += float(world.terrain.height(4.0)) + 0.05
    for _ in range(50):
        state, _, over = world.advance(state, np.zeros((1, 8)))
        assert not over.any()


def test_hand_worked_heights():
    assert Terrain("slope_up", 45.0).height([0.0, BEGINS, BEGINS + 2, 99.0]) == pytest.approx([0, 0, 2, LONG - BEGINS])
    assert Terrain("stairs_down", 0.1, 0.5).height([BEGINS, BEGINS + 0.2, BEGINS + 0.6]) == pytest.approx(
        [0, -0.1, -0.2]
    )
    assert set(KINDS) == {"flat", "slope_up", "slope_down", "blocks", "stairs_up", "stairs_down"}


def test_blocks_come_from_one_seed():
    one, same, other = (Terrain("blocks", 0.05, seed=seed) for seed in (1, 1, 2))
    assert one.mjcf() == same.mjcf() != other.mjcf()
    assert one.blocks()[:, 4].max() <= 0.05


def test_it_can_be_filmed_with_its_feet():
    feet = {name.replace("_", " "): f"foot_{name}" for name in ("front_left", "front_right", "back_left", "back_right")}
    taken = film(
        gymnasium.make("softopt/Quadruped-v0"), lambda _: np.zeros(8), seed=0, steps=20, torso="trunk", feet=feet
    )
    assert len(taken.contacts) == 4
    assert all(contact.touching[-5:].all() for contact in taken.contacts)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"terrain": "ice"}, "terrain is one of flat, slope_up"),
        ({"terrain": "slope_up", "steepness": 60}, r"steepness of slope_up \(degrees\) is from 0 to 45"),
        ({"terrain": "stairs_up", "steepness": -0.1}, r"\(height of a step, m\) is from 0 to 0.5; got -0.1"),
        ({"terrain": "stairs_up", "depth": 0.0}, "depth of a step is from 0.05 to 2 metres"),
        ({"terrain": "blocks", "steepness": float("nan")}, "got nan"),
        ({"start_noise": -1.0}, "start_noise is a standard deviation"),
    ],
)
def test_bad_options_are_met_at_the_door(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        Quadruped(**options)
