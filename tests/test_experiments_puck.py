"""What is drawn and counted of the recorded pucks."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from softopt.experiments import puck
from softopt.plotting.courses import courses


class Straight:
    """Pushes every puck the same way."""

    def sample(self, observation, generator):
        return np.tile(np.float32([0.0, -1.0]), (len(observation), 1))


def test_courses_begin_at_the_middle_and_are_as_long_as_an_episode():
    paths = puck.paths_of(Straight(), seed=0, n=3)
    assert paths.shape == (3, 31, 2)
    assert not paths[:, 0].any()
    np.testing.assert_allclose(puck.angles_of(paths), -np.pi / 2)


def test_the_map_of_sectors_has_each_share_in_its_wedge():
    shares = np.arange(8.0) / 28
    there = puck._map_of(shares[None, None])[0, 0]
    middle = puck.SIDE // 2
    assert there[middle, -1] == shares[0]  # east
    assert there[-1, middle] == shares[2]  # north: the last row is the highest
    assert there[middle, 0] == shares[4]
    assert there[0, middle] == shares[6]
    assert np.isnan(there[0, 0])  # outside the disc


def test_a_picture_of_courses():
    figure = courses({"one": puck.paths_of(Straight(), 0, n=2), "two": np.zeros((1, 2, 2))}, title="All go south.")
    assert figure.alt == "All go south."
    low, high = figure.axes[0].get_ylim()
    assert low == -high < -2.5
    with pytest.raises(ValueError, match="at least one policy"):
        courses({}, title="nothing")
    with pytest.raises(ValueError, match="shape"):
        courses({"flat": np.zeros((3, 2))}, title="flat")
