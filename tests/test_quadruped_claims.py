"""What notebook 12 says of the recorded quadrupeds, and the bars that they meet: five seeds, twenty walks of each."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.experiments.quadruped import MINUTES, STEPS_A_MINUTE, walk  # noqa: E402
from softopt.experiments.terrains import outcomes, terrain_figure  # noqa: E402
from softopt.runs import load  # noqa: E402
from softopt.runs.measured import measured  # noqa: E402

torch.set_num_threads(1)


def on(kind, steepness):
    """Share without a fall, speed and heading of the five seeds on one ground."""
    levels, found = outcomes(kind)
    k = np.flatnonzero(np.isclose(levels, steepness))[0]
    return found["upright"][k], found["speed"][k], found["off"][k]


def test_there_is_a_policy_at_18_36_and_54_minutes_of_robot_time():
    recording = load("quadruped/sac")
    assert recording.seeds == list(range(5))
    for seed in recording.seeds:
        assert {minutes * STEPS_A_MINUTE for minutes in MINUTES} <= set(recording.steps_kept(seed))


def test_on_the_flat_all_five_walk_straight_ahead():
    upright, speed, off = on("blocks", 0.0)
    assert (upright == 1).all()
    assert (speed > 0.6).all()
    assert (off < 0.3).all()


@pytest.mark.parametrize("kind", ["slope_up", "slope_down"])
def test_on_slopes_of_6_degrees_nobody_falls(kind):
    assert (on(kind, 6.0)[0] == 1).all()
    assert (on(kind, 9.0)[0] >= 0.9).all()


def test_what_was_measured_is_what_the_recorded_policy_does():
    found = walk(load("quadruped/sac").agent(1), 1, 3, terrain="slope_down", steepness=6.0)
    assert not found.fell.any()
    assert np.median(found.speed) == pytest.approx(on("slope_down", 6.0)[1][1], abs=0.3)


def test_blocks_do_not_matter():
    upright, speed, _ = on("blocks", 0.05)
    assert (upright == 1).all()
    assert (speed > 0.9 * on("blocks", 0.0)[1]).all()


def test_down_the_stairs_they_walk_and_up_they_do_not_climb():
    down, up = on("stairs_down", 0.04)[1], on("stairs_up", 0.04)[1]
    np.testing.assert_allclose([down.min(), down.max()], [0.74, 1.21], atol=0.005)
    np.testing.assert_allclose([up.min(), up.max()], [0.09, 0.42], atol=0.005)
    steeper = on("stairs_up", 0.05)[1]
    np.testing.assert_allclose([steeper.min(), steeper.max()], [0.08, 0.25], atol=0.005)


def test_next_to_nobody_falls_on_slopes_of_9_degrees_and_up_they_are_slower():
    assert min(on(kind, 9.0)[0].min() for kind in ("slope_up", "slope_down")) >= 0.9
    np.testing.assert_allclose(np.sort(on("slope_up", 9.0)[1]), [0.14, 0.23, 0.33, 0.68, 0.77], atol=0.005)


def test_falls_on_stairs_of_4_cm():
    assert (20 * (1 - on("stairs_down", 0.04)[0])).sum() == pytest.approx(11)
    up = on("stairs_up", 0.04)
    assert 1 - up[0][up[1].argmin()] == pytest.approx(0.75)  # seed 2, which climbs least


def test_by_falls_alone_down_is_the_harder_one():
    assert np.median(on("slope_down", 12.0)[0]) == pytest.approx(0.5)
    assert np.median(on("slope_up", 12.0)[0]) == 1.0
    assert np.median(on("stairs_down", 0.05)[0]) == pytest.approx(0.6)
    assert np.median(on("stairs_up", 0.05)[0]) == pytest.approx(0.9)


def test_the_three_stages_come_at_each_seeds_own_pace():
    table = measured("walks/minutes")
    speed = {minutes: table["speed"][table["minutes"] == minutes] for minutes in MINUTES}
    fell = {minutes: table["fell"][table["minutes"] == minutes] for minutes in MINUTES}
    assert np.sort(speed[18]).round(2).tolist() == [0.0, 0.17, 1.08, 1.21, 1.42]
    assert (fell[18] > 0).sum() == 1
    assert (speed[36].min(), fell[36].max()) == (pytest.approx(0.13, abs=0.01), pytest.approx(0.25))
    late, fastest = speed[36].argmin(), speed[18].argmax()
    assert (fell[18][late], fell[36][late]) == (0, pytest.approx(0.25))
    assert fell[18][fastest] > 0 == fell[36][fastest]
    assert (speed[54] > 0.6).all()
    assert (fell[54] == 0).all()


def test_the_figure_says_up_to_where():
    told = "slope up 15°, slope down 9°, blocks 5 cm, stairs up 5 cm, stairs down 4 cm"
    assert told in terrain_figure().alt
