"""The arm: it carries itself, it is paid as written, the brick fits the stud, and a push pushes when it should."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from scipy.optimize import least_squares

mujoco = pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from body_cases import assert_an_episode_is_the_batch_of_one  # noqa: E402

import softopt.envs  # noqa: E402, F401  (registers it)
from softopt.envs import film, roll  # noqa: E402
from softopt.envs.arm.stack_brick import MIDDLE, SEAT, SIMULATED, StackBrick, distance, seated  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*A Box observation space (minimum|maximum) value is.*infinity")


@pytest.fixture(scope="module")
def world():
    return StackBrick()


def relaxed(seen):
    """No torque."""
    return np.zeros((len(seen), 7))


@pytest.fixture(scope="module")
def home(world):
    """A state (1, K) at rest with the brick on its seat."""

    def off(angles):
        state = world._complete(world._posed(angles[None]), np.zeros((1, 1)))[0]
        return np.concatenate([10 * (state[-6:-3] - SEAT), state[-3:] - [0, 0, -1], 0.01 * (angles - MIDDLE)])

    angles = least_squares(off, MIDDLE, xtol=1e-12).x
    return world._complete(world._posed(angles[None]), np.zeros((1, 1)))


def test_gymnasium_has_no_complaint():
    check_env(gymnasium.make("softopt/StackBrick-v0").unwrapped, skip_render_check=True)


@pytest.mark.parametrize("push", [0.0, 150.0])
def test_an_episode_is_the_batch_of_one_bit_for_bit(push):
    assert_an_episode_is_the_batch_of_one(gymnasium.make("softopt/StackBrick-v0", push=push, push_at=0.5), 30)


def test_it_carries_its_own_weight(world):
    paths = roll(world, relaxed, 1, seed=0)
    np.testing.assert_allclose(paths.last[0, :7], paths.states[0, 0, :7], atol=1e-6)


def test_the_brick_begins_above_the_stud_and_upside_down(world):
    place, axis = world.level[-6:-3], world.level[-3:]
    np.testing.assert_allclose(axis, [0, 0, -1], atol=1e-9)
    assert 0.1 < place[2] - SEAT[2] < 0.25
    assert np.hypot(*(place - SEAT)[:2]) < 0.06


def test_it_fits_touches_nothing_and_stays(world, home):
    assert seated(home).all()
    data = mujoco.MjData(world.model)
    data.qpos[:] = home[0, :7]
    mujoco.mj_forward(world.model, data)
    assert all(contact.dist > -1e-3 for contact in data.contact)
    state = home
    for _ in range(20):
        state, reward, _ = world.advance(state, np.zeros((1, 7)))
    assert seated(state).all()
    np.testing.assert_allclose(reward, [-0.1 * np.log(1e-5)], atol=0.01)


@pytest.mark.parametrize(
    ("way", "axis", "effort", "reward"),
    [
        ((0.0, 0.0, 0.0), (0, 0, -1), 0.0, -0.1 * np.log(1e-5)),
        ((0.3, 0.0, 0.46), (0, 0, -1), 0.0, -4 * 0.25 - 0.1 * np.log(0.25001)),  # the goal hovers 6 cm above the seat
        ((0.0, 0.01, 0.03), (0, 0, -1), 0.0, -4 * 4.24e-4 - 0.1 * np.log(4.34e-4)),  # in the funnel: 12 mm is right
        ((0.004, 0.0, 0.01), (0, 0, -1), 0.0, -4 * 1.16e-4 - 0.1 * np.log(1.26e-4)),  # so close, straight down is right
        ((0.0, 0.0, 0.0), (1, 0, 0), 0.0, -0.1 * np.log(1e-5) - 1),
        ((0.0, 0.0, 0.0), (0, 0, -1), 1.0, -0.1 * np.log(1e-5) - 0.14),
    ],
)
def test_pay_by_hand(world, way, axis, effort, reward):
    state = world.level[None]
    state[0, -6:-3], state[0, -3:] = SEAT + way, axis
    earned, over = world.pay(state, state, np.full((1, 7), effort))
    np.testing.assert_allclose(earned, [reward], atol=1e-9)
    assert not over.any()


def test_seated_is_near_and_upright(world):
    state = np.repeat(world.level[None], 3, axis=0)
    state[:, -6:-3], state[:, -3:] = SEAT, (0, 0, -1)
    state[1, -6] += 0.007
    state[2, -3:] = 0.6, 0, -0.8
    assert seated(state).tolist() == [True, False, False]
    np.testing.assert_allclose(distance(state), [0, 0.007, 0])


def test_a_push_pushes_when_and_where_it_should():
    calm, north, east = (StackBrick(push=push, push_direction=angle) for push, angle in ((0, 0), (60, 90), (60, 0)))
    start = calm.level
    paths = [roll(world, relaxed, 1, seed=0, start=start) for world in (calm, north, east)]
    ways = [path.states[0, :, -6:-3] - start[-6:-3] for path in paths]
    assert np.abs(ways[0]).max() < 1e-6
    for way in ways[1:]:
        np.testing.assert_allclose(way[:21], 0, atol=1e-6)  # the push begins one second after the start
    assert ways[1][24, 1] > 0.1
    assert ways[2][24, 0] > 0.05
    assert abs(ways[2][24, 1]) < 0.01
    counted = roll(calm, relaxed, 1, seed=0, steps=3).states[0, :, SIMULATED]
    np.testing.assert_array_equal(counted, [0, 1, 2, 3])


def test_it_can_be_filmed():
    taken = film(gymnasium.make("softopt/StackBrick-v0"), lambda _: np.zeros(7), seed=0, steps=5)
    assert taken.position.shape[0] == 5
    assert {"brick", "stud"} & {geom.name for geom in taken.geoms} == {"stud"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"push": -1}, "push is a force from 0 to 1000 newtons; got -1"),
        ({"push": float("nan")}, "push is a force"),
        ({"push": 10, "push_at": 6.0}, "push_at lies within the episode, from 0 to 6 seconds; got 6.0"),
        ({"push_direction": float("inf")}, "push_direction is a finite number of degrees"),
        ({"start_noise": -0.1}, "start_noise is a standard deviation"),
    ],
)
def test_bad_options_are_met_at_the_door(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        StackBrick(**options)
