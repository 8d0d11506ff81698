"""The spider: one dynamics for an episode and for many, four directions alike to the last digits, pay by hand."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

mujoco = pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from body_cases import assert_an_episode_is_the_batch_of_one  # noqa: E402

import softopt.envs  # noqa: E402, F401  (registers them)
from softopt.envs import film, roll  # noqa: E402
from softopt.envs.simulated import rotation  # noqa: E402
from softopt.envs.spider.anywhere import Spider  # noqa: E402
from softopt.envs.spider.body import SIMULATED  # noqa: E402
from softopt.envs.spider.hallway import BEHIND, WIDTH, SpiderHallway  # noqa: E402
from softopt.envs.spider.passages import BLOCK, GOAL, SpiderPassages, first_passage  # noqa: E402
from softopt.envs.symmetries import TURN  # noqa: E402

NAMES = ("Spider", "SpiderHallway", "SpiderPassages")
pytestmark = pytest.mark.filterwarnings("ignore:.*A Box observation space (minimum|maximum) value is.*infinity")


@pytest.fixture(scope="module")
def world():
    return Spider()


@pytest.fixture(scope="module")
def midway(world):
    """Eight states in the middle of random running."""
    draws = np.random.default_rng(0)
    paths = roll(world, lambda seen: draws.uniform(-1, 1, (8, 8)), 8, seed=0, steps=40)
    return paths.states[:, 40]


@pytest.mark.parametrize("name", NAMES)
def test_gymnasium_has_no_complaint(name):
    check_env(gymnasium.make(f"softopt/{name}-v0").unwrapped, skip_render_check=True)


@pytest.mark.parametrize("name", NAMES)
def test_an_episode_is_the_batch_of_one_bit_for_bit(name):
    assert_an_episode_is_the_batch_of_one(gymnasium.make(f"softopt/{name}-v0", start_noise=0.1), 30)


def turned(state):
    """The state after a quarter turn of the world, leg k standing where leg k + 1 stood."""
    there = state.copy()
    for at in (0, 15, 18, 29, 32, SIMULATED):  # x and y of place, velocity, turning rate, their warm starts, u
        there[:, at : at + 2] = state[:, at : at + 2] @ TURN.T
    w, x, y, z = state[:, 3:7].T
    there[:, 3:7] = np.stack([w, -y, x, z], axis=1)  # q z q^-1 about the vertical
    for at in (7, 21, 35):
        there[:, at : at + 8] = np.roll(state[:, at : at + 8], 2, axis=1)
    return there


def test_a_quarter_turn_changes_nothing(world, midway):
    action = np.random.default_rng(2).uniform(-1, 1, (8, 8))
    after, reward, _ = world.advance(midway, action)
    after_turn, same, _ = world.advance(turned(midway), action @ world.symmetries.action[1].T)
    np.testing.assert_allclose(after_turn[:, :29], turned(after)[:, :29], atol=1e-10)
    np.testing.assert_allclose(same, reward, atol=1e-12)


def test_the_matrices_are_what_a_quarter_turn_does_to_what_is_seen(world, midway):
    seen, state = world.observe(midway), midway
    for matrix in world.symmetries.observation:
        np.testing.assert_allclose(world.observe(state), seen @ matrix.T, atol=1e-6)
        state = turned(state)
    np.testing.assert_allclose(world.symmetries.observation[1] @ world.symmetries.observation[3], np.eye(34))


def test_pay_is_the_smoothed_speed_less_effort():
    state = np.zeros((1, SIMULATED + 2))
    state[0, SIMULATED:] = 0.3, -0.4
    action = np.full((1, 8), 0.5)
    for cap, paid in ((np.inf, 0.5), (0.2, 0.2)):
        reward, over = Spider(cap=cap).pay(state, state, action)
        assert reward == pytest.approx([paid - 0.01 * 8 * 0.25])
        assert not over.any()


def test_the_velocity_is_smoothed(world, midway):
    action = np.zeros((8, 8))
    after, _, _ = world.advance(midway, action)
    moved = (after[:, :2] - midway[:, :2]) / 0.08
    np.testing.assert_allclose(after[:, SIMULATED:], 0.95 * midway[:, SIMULATED:] + 0.05 * moved, atol=1e-12)


def test_it_stands_still_unless_told_to_move(world):
    paths = roll(world, lambda seen: np.zeros((1, 8)), 1, seed=0)
    x, y, height = paths.last[0, :3]
    assert np.hypot(x, y) < 1e-3
    assert 0.2 < height < 0.28
    np.testing.assert_allclose(rotation(paths.last[:, 3:7])[0], np.eye(3), atol=1e-3)


def test_feet_do_not_sink(world):
    """Of all contacts in a random run the middle one is less than 2 mm deep, and few are more than a toe deep."""
    draws, data, deep = np.random.default_rng(0), mujoco.MjData(world.model), []
    data.qpos[:] = world.level[:15]
    for _ in range(300):
        data.ctrl[:] = draws.uniform(-1, 1, 8)
        mujoco.mj_step(world.model, data, 16)
        deep += [-contact.dist for contact in data.contact]
    assert np.median(deep) < 0.002
    assert np.quantile(deep, 0.95) < 0.01


def test_it_stays_finite_under_the_wildest_actions(world):
    """Blows from end to end, the worst that an agent can do; with half the sub-steps some of these runs diverged."""
    draws, state = np.random.default_rng(0), np.tile(world.level, (64, 1))
    for _ in range(60):
        state, reward, _ = world.advance(state, draws.choice([-1.0, 1.0], (64, 8)))
    assert np.isfinite(state).all()
    assert np.isfinite(reward).all()


class Straight:
    """Moves nothing."""

    def sample(self, observation, generator):
        return np.zeros((len(observation), 8), np.float32)


def test_random_joints_do_not_turn_it_over(world):
    """Twice the angles do, and then it leaps and rolls, and cannot run straight."""
    draws = np.random.default_rng(1)
    paths = roll(world, lambda seen: draws.uniform(-1, 1, (len(seen), 8)), 16, 0, start=world.level)
    upright = rotation(paths.states.reshape(-1, SIMULATED + 2)[:, 3:7])[:, 2, 2]
    assert (upright > 0.5).mean() > 0.99
    assert paths.states[..., 2].max() < 0.45


def test_the_probes_name_what_they_measure():
    measured = {"resultant", "sectors", "sector_entropy", "displacement", "straightness"}
    assert set(Spider().probe(Straight(), [0])) == measured
    assert SpiderHallway().probe(Straight(), [0]) == {"along": pytest.approx(0, abs=1e-3), "forward": 0.0}
    assert SpiderPassages().probe(Straight(), [0]) == {"upper": 0.0, "lower": 0.0, "reached": 0.0}


@pytest.mark.parametrize("angle", [0.0, 120.0, -45.0])
def test_a_hallway_pays_along_its_axis_and_has_walls_beside_it(angle):
    hall = SpiderHallway(angle=angle)
    along = np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    state = np.zeros((2, SIMULATED + 2))
    state[0, SIMULATED:], state[1, SIMULATED:] = 0.7 * along, 0.7 * along @ TURN.T
    np.testing.assert_allclose(hall.pay(state, state, np.zeros((2, 8)))[0], [0.7, 0.0], atol=1e-12)
    for name, away in (("left", WIDTH / 2), ("right", WIDTH / 2), ("behind", BEHIND)):
        geom = hall.model.geom(name)
        axis = along if name == "behind" else along @ TURN.T
        sign = -1 if name in ("behind", "right") else 1
        assert sign * geom.pos[:2] @ axis == pytest.approx(away + 0.05)


def test_walls_stop_it():
    hall = SpiderHallway()
    state = hall.level[None]
    state[0, 16] = 5.0  # thrown at the left wall, m/s
    for _ in range(20):
        state, _, _ = hall.advance(state, np.zeros((1, 8)))
        assert state[0, 1] < WIDTH / 2


def test_no_leap_is_high_enough():
    hall = SpiderHallway()
    state = hall.level[None]
    state[0, 2], state[0, 16], state[0, 17] = 1.5, 5.0, 4.0  # in the air, on its way up and to the left
    highest = 0.0
    for _ in range(25):
        state, _, _ = hall.advance(state, np.zeros((1, 8)))
        highest = max(highest, state[0, 2])
        assert state[0, 1] < WIDTH / 2
    assert highest > 2


def test_the_square_ends_an_episode_and_pays():
    world = SpiderPassages()
    state = np.zeros((3, SIMULATED + 2))
    state[:, :2] = GOAL + np.array([[-0.49, 0.3], [-3.0, 1.0], [-3.0, -4.0]])  # over it; before the block; aside
    reward, over = world.pay(state, state, np.zeros((3, 8)))
    assert over.tolist() == [True, False, False]
    np.testing.assert_allclose(reward, [30 - 0.49 / 1.5, -3 / 1.5, -4 / 1.5])


def test_the_dead_end_is_on_the_side_that_was_asked_for():
    assert SpiderPassages(blocked="upper").model.geom("dead_end").pos[1] > BLOCK.top
    assert SpiderPassages(blocked="lower").model.geom("dead_end").pos[1] < BLOCK.bottom
    with pytest.raises(KeyError):
        SpiderPassages(blocked="none").model.geom("dead_end")
    assert SpiderPassages().observation_space.shape == (36,)


def test_the_first_passage_counts():
    above, below, back, over = [2.0, 2.0], [2.0, -2.0], [0.0, 0.0], [np.nan, np.nan]
    courses = [[back, above, back, below], [back, below, over, over], [back, back, back, over]]
    assert first_passage(np.array(courses)).tolist() == [1, -1, 0]


def test_it_can_be_filmed():
    taken = film(
        gymnasium.make("softopt/Spider-v0"), lambda seen: np.zeros(8), seed=0, steps=5, torso="torso",
        feet={f"foot {k}": f"foot_{k}" for k in range(4)},
    )  # fmt: skip
    assert taken.position.shape[0] == 5
    assert len(taken.contacts) == 4


@pytest.mark.parametrize(
    ("made", "sentence"),
    [
        (lambda: Spider(cap=0), "cap is a speed in m/s above 0"),
        (lambda: Spider(cap=float("nan")), "cap is a speed"),
        (lambda: Spider(start_noise=-1), "start_noise is a standard deviation"),
        (lambda: SpiderHallway(angle=float("inf")), "angle is a finite number of degrees"),
        (lambda: SpiderPassages(blocked="left"), "blocked says which passage has the dead end"),
        (lambda: Spider().advance(Spider().level[None], np.zeros((1, 2))), r"8 finite numbers in \[-1, 1\]"),
        (lambda: Spider().step(np.zeros(8)), r"reset\(\)"),
    ],
)
def test_bad_input_is_met_at_the_door(made, sentence):
    with pytest.raises((ValueError, gymnasium.error.ResetNeeded), match=sentence):
        made()
