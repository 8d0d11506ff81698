"""What is measured of the arm that is pushed: replays that are replays, films that say how it ended, a fair match."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.deep import SACConfig  # noqa: E402
from softopt.envs.arm.stack_brick import distance  # noqa: E402
from softopt.experiments import arm  # noqa: E402
from softopt.experiments.arm import episodes, measure_pushes, pushed_film  # noqa: E402
from softopt.runs import Setup  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def agent():
    """One that has learned nothing, and acts all the same."""
    config = SACConfig(hidden=(8, 8), warm_up=10, capacity=10, device="cpu")
    return Setup(config, "softopt/StackBrick-v0", seed=1).build().agent


def test_without_a_push_a_replay_is_the_same_episode(agent):
    np.testing.assert_array_equal(episodes(agent, 2).states, episodes(agent, 2, closed=False).states)


def test_a_replay_has_the_torques_of_the_run_without_a_push(agent):
    pushed = {"push": 100.0, "at": 0.1}
    plan = episodes(agent, 2).actions
    np.testing.assert_array_equal(episodes(agent, 2, **pushed, closed=False).actions, plan)
    looked = episodes(agent, 2, **pushed).actions
    np.testing.assert_array_equal(looked[:, :3], plan[:, :3])  # nothing has happened yet
    assert not np.allclose(looked[:, 10], plan[:, 10])


@pytest.mark.parametrize("closed", [True, False])
def test_a_film_says_how_it_ended(agent, closed):
    filmed = pushed_film(agent, 3, push=50.0, direction=0.0, at=0.2, closed=closed)
    assert filmed.title == ("Policy" if closed else "Replayed torques")
    assert filmed.subtitle.endswith("mm from its seat, pushed by 50 N after 0.2 s")
    assert len(filmed) == 120


def test_an_agent_of_another_body_is_told_so():
    other = Setup(SACConfig(hidden=(8, 8), warm_up=10, capacity=10, device="cpu"), "softopt/Spider-v0").build().agent
    with pytest.raises(ValueError, match="made for another body: it cannot read 23 numbers"):
        episodes(other, 1)


def test_a_push_beyond_the_episode_is_told_so(agent):
    with pytest.raises(ValueError, match="within the episode"):
        pushed_film(agent, 0, push=50.0, direction=0.0, at=6.5, closed=True)


class TestMatched:
    """Three ways with made-up success: the level is the highest that three seeds of each reach, first come first."""

    SUCCESS = {  # noqa: RUF012
        "arm/sac": [[0.2, 0.9, 1.0], [0.9, 0.5, 0.9], [0.0, 0.0, 0.95], [1.0, 1.0, 1.0], [0.1, 0.1, 0.1]],
        "arm/sac_cold": [[0.9, 0.0, 0.0], [0.0, 0.9, 0.0], [0.0, 0.0, 0.95], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
        "arm/ddpg": [[1.0, 1.0, 1.0]] * 5,
    }

    @pytest.fixture(autouse=True)
    def made_up(self, monkeypatch):
        class Recorded:
            seeds = range(5)

        monkeypatch.setattr(arm, "load", lambda name: Recorded)
        monkeypatch.setattr(
            arm, "success", lambda name, seed: dict(zip((10, 20, 30), self.SUCCESS[name][seed], strict=True))
        )

    def test_by_hand(self):
        level, chosen = arm.matched()
        assert level == 0.9
        assert chosen["arm/sac"] == {0: 20, 1: 10, 2: 30, 3: 10}
        assert chosen["arm/sac_cold"] == {0: 10, 1: 20, 2: 30}
        assert chosen["arm/ddpg"] == dict.fromkeys(range(5), 10)


def test_a_row_for_every_seed_push_side_moment_and_way(agent, monkeypatch):
    class Recorded:
        def agent(self, seed, step):
            return agent

    monkeypatch.setattr(arm, "load", lambda name: Recorded())
    monkeypatch.setattr(arm, "matched", lambda: (0.9, {"arm/sac": {4: 10_000}}))
    monkeypatch.setattr(arm, "PUSHES", (0.0, 100.0))
    monkeypatch.setattr(arm, "DIRECTIONS", (0.0, 90.0))
    monkeypatch.setattr(arm, "MOMENTS", (0.1,))
    monkeypatch.setattr(arm, "PUSHED_STARTS", 2)
    rows = measure_pushes("arm/sac")
    assert [(row["push"], row["direction"], row["closed"]) for row in rows] == [
        (0, 0, 1), (100, 0, 1), (100, 0, 0), (100, 90, 1), (100, 90, 0)
    ]  # fmt: skip
    assert {(row["seed"], row["step"]) for row in rows} == {(4, 10_000)}
    unpushed = np.median(distance(episodes(agent, 2).last))
    assert rows[0]["distance"] == pytest.approx(unpushed)
