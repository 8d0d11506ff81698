"""Filming HalfCheetah: the camera leaves no trace, and what it records is what the physics did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

pytest.importorskip("mujoco", reason="films need mujoco: pip install 'softopt[deep]'")

from softopt.envs import Rollout, film
from softopt.envs._camera import _pitch

FEET = {"back foot": "bfoot", "front foot": "ffoot"}
ENVIRONMENTS = ("HalfCheetah-v5", "Hopper-v5", "Walker2d-v5", "Ant-v5")


class Actor:
    """Random actions, and a note of all that was seen."""

    def __init__(self, env: gymnasium.Env) -> None:
        self.generator, self.space, self.seen = np.random.default_rng(5), env.action_space, []

    def __call__(self, observation: Any) -> Any:
        self.seen.append(observation.copy())
        return self.generator.uniform(self.space.low, self.space.high)


@pytest.fixture(scope="module")
def env() -> Iterator[gymnasium.Env]:
    made = gymnasium.make("HalfCheetah-v5")
    yield made
    made.close()


@pytest.fixture(scope="module")
def rollout(env: gymnasium.Env) -> Rollout:
    return film(env, Actor(env), seed=0, steps=200, torso="torso", feet=FEET, title="Random actions")


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_camera_leaves_no_trace(name: str) -> None:
    env = gymnasium.make(name)
    feet = {"foot": env.unwrapped.model.geom(env.unwrapped.model.ngeom - 1).name}
    filmed = Actor(env)
    rollout = film(env, filmed, seed=3, steps=60, torso="torso", feet=feet)
    alone, rewards = Actor(env), []
    observation, _ = env.reset(seed=3)
    for _ in range(60):
        observation, reward, terminated, truncated, _ = env.step(alone(observation))
        rewards.append(reward)
        if terminated or truncated:
            break
    assert len(filmed.seen) == len(rollout) == len(rewards)
    np.testing.assert_array_equal(filmed.seen, alone.seen)  # bit for bit
    np.testing.assert_array_equal(rollout.series["reward"], np.float32(rewards))
    assert "do_simulation" not in vars(env.unwrapped)
    env.close()


def test_poses_are_those_of_the_state_after_each_step(env: gymnasium.Env) -> None:
    import mujoco

    rollout = film(env, Actor(env), seed=1, steps=7, torso="torso")
    world = env.unwrapped
    mujoco.mj_forward(world.model, world.data)  # now the environment's own data show its last state
    names = [geom.name for geom in rollout.geoms]
    assert names == ["torso", "head", "bthigh", "bshin", "bfoot", "fthigh", "fshin", "ffoot"]
    for k, name in enumerate(names):
        geom = world.data.geom(name)
        np.testing.assert_allclose(rollout.position[-1, k], geom.xpos, atol=1e-6)
        turned = Rotation.from_quat(rollout.orientation[-1, k], scalar_first=True).as_matrix()
        np.testing.assert_allclose(turned, geom.xmat.reshape(3, 3), atol=1e-6)
    np.testing.assert_allclose(rollout.series["place"][-1], world.data.body("torso").xpos, atol=1e-6)


def test_shapes_times_and_the_ground(rollout: Rollout) -> None:
    assert rollout.position.shape == (200, 8, 3)
    assert rollout.orientation.shape == (200, 8, 4)
    assert rollout.position.dtype == rollout.orientation.dtype == np.float32
    assert (rollout.dt, rollout.substeps, rollout.ground, rollout.duration) == (0.05, 5, 0.0, 10.0)
    assert rollout.geoms[0].kind == "capsule"
    assert rollout.geoms[0].size == pytest.approx((0.046, 0.5))
    assert rollout.geoms[0].body == "torso"
    assert rollout.title == "Random actions"


def test_quaternions_never_leap_to_the_other_side(rollout: Rollout) -> None:
    dots = np.einsum("tgk,tgk->tg", rollout.orientation[1:], rollout.orientation[:-1])
    assert dots.min() > 0


def test_speed_is_that_of_the_environment(env: gymnasium.Env) -> None:
    given = []
    speed = {"own": lambda world: given.append(world.data.qpos[0]) or world.data.qpos[0]}
    rollout = film(env, Actor(env), seed=2, steps=30, torso="torso", measure=speed)
    np.testing.assert_array_equal(rollout.series["own"], np.float32(given))
    env.reset(seed=2)
    start = env.unwrapped.data.qpos[0]
    np.testing.assert_allclose(rollout.series["speed"], np.diff([start, *given]) / rollout.dt, atol=1e-4)


def test_pitch_is_the_angle_of_the_cheetah_nose_up(env: gymnasium.Env) -> None:
    rollout = film(
        env, Actor(env), seed=2, steps=60, torso="torso", measure={"angle": lambda world: world.data.qpos[2]}
    )
    angles = rollout.series["angle"]  # MuJoCo turns about y, which points away: positive is nose down
    np.testing.assert_allclose(rollout.series["pitch"], -angles, atol=1e-5)


def test_pitch_goes_on_through_a_somersault() -> None:
    angle = np.linspace(0, 3 * np.pi, 40)
    for heading in (0.0, 1.0, 2.5):
        turned = (Rotation.from_euler("z", heading) * Rotation.from_euler("y", -angle[:, None])).as_matrix()
        np.testing.assert_allclose(_pitch(turned), angle, atol=1e-9)


def test_contacts_agree_with_the_height_of_the_feet(rollout: Rollout) -> None:
    for contact in rollout.contacts:
        assert contact.touching.shape == (1000,)
        foot = [geom.name for geom in rollout.geoms].index(contact.geom)
        geom = rollout.geoms[foot]
        axis = Rotation.from_quat(rollout.orientation[:, foot], scalar_first=True).as_matrix()[:, 2, 2]
        lowest = rollout.position[:, foot, 2] - np.abs(axis) * geom.size[1] - geom.size[0]
        # The pose of frame t is that in which the first sub-step of frame t + 1 begins.
        began = contact.touching.reshape(-1, 5)[1:, 0]
        assert 0.05 < contact.touching.mean() < 0.9
        np.testing.assert_array_equal(began, lowest[:-1] < 0)


def test_termination_ends_the_film() -> None:
    hopper = gymnasium.make("Hopper-v5")
    rollout = film(hopper, lambda _: np.zeros(3), seed=0, torso="torso")
    assert len(rollout) < 200
    leaning = np.abs(rollout.series["pitch"])  # it is called fallen beyond 0.2 radians
    assert leaning[-1] > 0.2 > leaning[-2]
    hopper.close()


def test_interrupting_gives_back_what_was_filmed(env: gymnasium.Env) -> None:
    calls = iter(range(100))

    def act(_: Any) -> Any:
        if next(calls) == 9:
            raise KeyboardInterrupt
        return np.zeros(6)

    def interrupt(_: Any) -> Any:
        raise KeyboardInterrupt

    rollout = film(env, act, seed=0, torso="torso", feet=FEET)
    assert len(rollout) == 9
    assert rollout.contacts[0].touching.size == 45
    assert "do_simulation" not in vars(env.unwrapped)
    with pytest.raises(KeyboardInterrupt):
        film(env, interrupt, seed=0)  # nothing to give back


def test_a_policy_that_fails_leaves_the_environment_as_it_was(env: gymnasium.Env) -> None:
    with pytest.raises(ZeroDivisionError):
        film(env, lambda _: 1 / 0, seed=0, feet=FEET)
    assert "do_simulation" not in vars(env.unwrapped)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"torso": "belly"}, "no body 'belly'; it has world, torso"),
        ({"feet": {"hand": "hand"}}, "no geom 'hand'; it has floor, torso"),
        ({"steps": 0}, "say with steps="),
    ],
)
def test_bad_input_is_met_at_the_door(env: gymnasium.Env, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        film(env, lambda _: np.zeros(6), seed=0, **options)


def test_other_environments_are_refused() -> None:
    with pytest.raises(ValueError, match="needs a MuJoCo environment of gymnasium, got FrozenLakeEnv"):
        film(gymnasium.make("FrozenLake-v1"), lambda _: 0, seed=0)


def test_ten_seconds_are_far_below_150_kilobytes(rollout: Rollout, tmp_path: Path) -> None:
    path = rollout.save(tmp_path / "cheetah.rollout")
    assert path.stat().st_size < 50_000
    assert np.abs(Rollout.load(path).position - rollout.position).max() < 5e-5
