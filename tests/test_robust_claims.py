"""What notebook 12 says of the recorded arms, quadrupeds and games, held against what was measured."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.envs.arm.stack_brick import distance, seated  # noqa: E402
from softopt.experiments.arm import STARTS, WAYS, episodes, matched, success  # noqa: E402
from softopt.experiments.jenga import AT_RANDOM, BY_HAND  # noqa: E402
from softopt.experiments.robustness import shares  # noqa: E402
from softopt.runs import load  # noqa: E402
from softopt.runs.measured import measured  # noqa: E402

torch.set_num_threads(1)


def at(band, push):
    """Middle and interval at a push, newtons."""
    k = band.x.tolist().index(push)
    return band.middle[k], band.low[k], band.high[k]


class TestArm:
    def test_the_soft_arm_seats_four_fifths_at_the_end_of_training_in_the_median_seed(self):
        ends = [success("arm/sac", seed)[25_000] for seed in range(5)]
        assert np.median(ends) >= 0.8
        assert sum(end >= 0.8 for end in ends) == 4  # the fifth had it before, and has lost it

    def test_a_hundred_starts_of_each_seed(self):
        recording = load("arm/sac")
        shares = [float(seated(episodes(recording.agent(seed), 100).last).mean()) for seed in recording.seeds]
        assert np.median(shares) >= 0.8
        measured_shares = [success("arm/sac", seed)[25_000] for seed in recording.seeds]
        np.testing.assert_allclose(shares, measured_shares, atol=0.15)  # those were taken from forty

    def test_the_three_are_compared_where_four_fifths_of_the_starts_are_seated(self):
        level, chosen = matched()
        assert level == 0.8
        assert {name: sorted(seeds) for name, seeds in chosen.items()} == {
            "arm/sac": [0, 1, 2, 3, 4],
            "arm/sac_cold": [0, 1, 2, 4],
            "arm/ddpg": [0, 1, 2, 3, 4],
        }
        assert sorted(chosen["arm/sac"].values())[:2] == [10_000, 10_000]
        assert min(chosen["arm/ddpg"].values()) == 12_500
        assert [np.median(list(chosen[name].values())) for name in ("arm/sac", "arm/ddpg")] == [20_000, 17_500]

    @pytest.mark.parametrize("name", WAYS.values())
    def test_looking_is_what_counts(self, name):
        for push in (20.0, 70.0, 150.0, 300.0):
            assert at(shares(name, True), push)[0] - at(shares(name, False), push)[0] > 0.25
        assert at(shares(name, False), 10.0)[0] < 0.55

    def test_entropy_is_not_what_made_it_robust(self):
        soft, cold, hard = (shares(name, True) for name in WAYS.values())
        assert [round(float(at(band, 150.0)[0]), 2) for band in (soft, cold, hard)] == [0.58, 0.55, 0.83]
        np.testing.assert_allclose(at(hard, 150.0)[1:], [0.70, 0.95], atol=0.01)
        np.testing.assert_allclose(at(soft, 150.0)[1:], [0.36, 0.90], atol=0.01)
        for push, found in ((70.0, [0.49, 0.70]), (300.0, [0.67, 0.38])):
            assert [round(float(at(band, push)[0]), 2) for band in (soft, cold)] == found
            assert at(soft, push)[1] < at(cold, push)[2]  # the intervals overlap
            assert at(cold, push)[1] < at(soft, push)[2]

    def test_after_half_a_second_most_bricks_are_on_the_stud(self):
        """Of the agent that the reader pushes: its underside is below the stud's top, 30 mm above the seat."""
        states = episodes(load("arm/sac").agent(0), STARTS).states[:, 10]
        assert np.mean(distance(states) < 0.03) > 0.5

    def test_a_middling_push_is_worse_than_a_strong_one(self):
        soft = shares("arm/sac", True)
        assert at(soft, 70.0)[0] < at(soft, 300.0)[0]


def test_they_play_jenga_very_badly():
    games = measured("games/jenga")
    learned, hand, chance = (games["player"] >= 0, games["player"] == BY_HAND, games["player"] == AT_RANDOM)
    assert (learned.sum(), games["taken"][learned].sum(), games["fell"][learned].sum()) == (15, 2, 1)
    assert (hand.sum(), games["taken"][hand].sum(), games["fell"][hand].sum()) == (5, 10, 0)
    assert games["fell"][chance].sum() == 4
