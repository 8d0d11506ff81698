"""Turns of the world: their matrices, and the replay that draws transitions turned."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from softopt.deep import DDPGConfig, PolicyGradientConfig, SACConfig, SoftQLearningConfig  # noqa: E402
from softopt.deep.replay_buffer import ReplayBuffer  # noqa: E402
from softopt.envs import Puck  # noqa: E402
from softopt.envs.symmetries import TURN, cyclic  # noqa: E402
from softopt.runs import Setup, open_run  # noqa: E402
from softopt.runs.run import carry_on  # noqa: E402

SMALL = {"hidden": (8, 8), "batch": 8, "warm_up": 20, "capacity": 100}


def test_four_quarter_turns_are_none():
    turns = cyclic(TURN, -np.eye(1))
    np.testing.assert_array_equal(turns.observation[2], -np.eye(2))
    np.testing.assert_array_equal(turns.observation[3] @ TURN, np.eye(2))
    np.testing.assert_array_equal(turns.action[:, 0, 0], [1, -1, 1, -1])


def test_the_turned_puck_is_the_puck():
    world, draws = Puck(), np.random.default_rng(0)
    state, action = draws.uniform(-0.6, 0.6, (5, 4)), draws.uniform(-1, 1, (5, 2))
    after, reward, _ = world.advance(state, action)
    for seen, done in zip(*world.symmetries, strict=True):
        there = np.hstack([state[:, :2] @ seen.T, state[:, 2:] @ seen.T])
        turned, same, _ = world.advance(there, action @ done.T)
        np.testing.assert_allclose(turned[:, 2:], after[:, 2:] @ seen.T, atol=1e-12)
        np.testing.assert_allclose(same, reward, atol=1e-12)


def test_a_draw_is_one_of_four_turns_of_what_was_stored():
    replay = ReplayBuffer(10, 2, 2)
    replay.add([1.0, 2.0], [0.5, -0.25], 3.0, [4.0, 5.0], True, False)
    replay.symmetries = tuple(torch.as_tensor(table).float() for table in Puck().symmetries)
    batch = replay.sample(400, torch.Generator().manual_seed(0))
    assert torch.equal(batch.reward, torch.full((400,), 3.0))
    assert batch.terminated.all()
    counts = []
    for seen, done in zip(*Puck().symmetries, strict=True):
        here = (batch.observation == torch.as_tensor(seen @ [1.0, 2.0])).all(1)
        counts.append(int(here.sum()))
        # One turn for the whole transition, not one for each of its parts.
        np.testing.assert_allclose(batch.action[here], np.tile(done @ [0.5, -0.25], (counts[-1], 1)))
        np.testing.assert_allclose(batch.next_observation[here], np.tile(seen @ [4.0, 5.0], (counts[-1], 1)))
    assert sum(counts) == 400
    assert min(counts) > 70


@pytest.mark.parametrize("config", [SACConfig(**SMALL), DDPGConfig(**SMALL), SoftQLearningConfig(**SMALL)])
def test_every_learner_with_a_replay_can_use_them_and_resumes_bit_for_bit(config, tmp_path):
    setup = Setup(config, "softopt/Puck-v0", steps=60, evaluate_every=20, evaluation_episodes=1, symmetric=True)
    whole, parts = open_run(setup, tmp_path / "whole"), open_run(replace(setup, steps=33), tmp_path / "parts")
    assert carry_on(whole)
    assert carry_on(parts)
    parts = open_run(setup, tmp_path / "parts")
    assert carry_on(parts)
    assert parts.rows == whole.rows
    plain = open_run(replace(setup, symmetric=False), tmp_path / "plain")
    assert carry_on(plain)
    assert plain.rows != whole.rows


@pytest.mark.parametrize(
    ("config", "environment"), [(SACConfig(**SMALL), "Pendulum-v1"), (PolicyGradientConfig(), "softopt/Puck-v0")]
)
def test_without_symmetries_or_replay_it_says_so(config, environment):
    with pytest.raises(ValueError, match="symmetric needs an environment that knows its symmetries"):
        Setup(config, environment, symmetric=True).build()
