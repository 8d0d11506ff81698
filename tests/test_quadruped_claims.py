"""What the recorded quadrupeds can do and what they cannot: the bars, over five seeds and twenty starts of each."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.experiments.quadruped import walks  # noqa: E402
from softopt.runs import load  # noqa: E402

torch.set_num_threads(1)


def test_there_is_a_policy_at_18_36_and_54_minutes_of_robot_time():
    recording = load("quadruped/sac")
    assert recording.seeds == list(range(5))
    for seed in recording.seeds:
        assert {54_000, 108_000, 162_000} <= set(recording.steps_kept(seed))


def test_on_the_flat_four_of_five_walk_straight_ahead():
    found = walks()
    assert all(np.median(one.speed) > 0.5 for one in found)
    assert sum(np.median(one.off) < 0.3 for one in found) >= 4
    assert all(one.fell.mean() <= 0.1 for one in found)


def test_up_a_slope_of_6_degrees_at_least_four_of_five_do_not_fall():
    assert sum(one.fell.mean() <= 0.1 for one in walks(terrain="slope_up", steepness=6.0)) >= 4


def test_down_the_same_slope_they_fall():
    """Other than the lecture's robot, which finds down easier than up; a better recording may change this."""
    found = walks(terrain="slope_down", steepness=6.0)
    assert sum(one.fell.mean() > 0.9 for one in found) >= 4
