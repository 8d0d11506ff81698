"""What notebooks 09 and 10 say of recorded spiders."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.envs.directions import spread_of  # noqa: E402
from softopt.experiments import one_way, spiders, two_passages  # noqa: E402
from softopt.runs import load  # noqa: E402
from softopt.runs.measured import measured  # noqa: E402
from softopt.runs.statistics import interquartile_mean, interval  # noqa: E402

torch.set_num_threads(1)


def end(name, column):
    """A column of a recording's curves at the end of training, a number a seed."""
    return load(name).curves[column][:, -1]


class TestExplosion:
    def test_soft_q_learning_fills_the_circle_in_every_seed(self):
        assert (end("spider/soft_q_symmetric", "sectors") >= 7).all()
        lengths = end("spider/soft_q_symmetric", "resultant")
        assert (lengths.min().round(2), lengths.max().round(2)) == (0.10, 0.28)

    def test_so_does_soft_actor_critic(self):
        assert (end("spider/sac_symmetric", "sectors") >= 7).all()
        assert end("spider/sac_symmetric", "resultant").max() < 0.3

    @pytest.mark.parametrize("name", ["spider/ddpg", "spider/ddpg_symmetric", "spider/ddpg_symmetric_capped"])
    def test_ddpg_has_one_course(self, name):
        assert (end(name, "sectors") == 1).all()
        assert end(name, "resultant").min() > 0.99

    def test_which_course_ddpg_takes_hangs_on_the_last_digit(self):
        turned = []
        for seed in range(5):
            agent = load("spider/ddpg_symmetric").agent(seed)
            alone, among = (spiders.paths_of(agent, seed, n) for n in (1, 64))
            assert np.ptp(among[:, -1], axis=0).max() < 1e-9
            ends = [ways[0, -1] - ways[0, 0] for ways in (alone, among)]
            turned.append(np.degrees(np.abs(np.angle(complex(*ends[0]) / complex(*ends[1])))))
        assert max(turned) > 10

    def test_the_temperature_must_be_high_enough(self):
        for name, metres in (("spider/sac_cold", 17.2), ("spider/sac_cold_symmetric", 16.3)):
            assert set(end(name, "sectors")) == {1, 2}
            assert np.median(end(name, "displacement")) == pytest.approx(metres, abs=0.1)

    @pytest.mark.parametrize(
        ("name", "fewest", "most", "low", "high"),
        [("spider/sac", 3, 7, 0.38, 0.94), ("spider/soft_q", 2, 6, 0.76, 0.95)],
    )
    def test_without_turned_data_both_soft_agents_commit(self, name, fewest, most, low, high):
        sectors, lengths = end(name, "sectors"), end(name, "resultant")
        assert (sectors.min(), sectors.max()) == (fewest, most)
        assert (lengths.min().round(2), lengths.max().round(2)) == (low, high)

    def test_capped_speed_changes_the_distance_alone(self):
        capped, free = "spider/sac_symmetric_capped", "spider/sac_symmetric"
        assert (end(capped, "sectors") == 8).all()
        assert end(capped, "resultant").max() < 0.3
        assert np.median(end(capped, "displacement")) < np.median(end(free, "displacement")) - 0.5

    def test_the_price(self):
        for name in ("spider/sac_symmetric", "spider/soft_q_symmetric"):
            assert 4 <= np.median(end(name, "displacement")) <= 5.05
        assert np.median(end("spider/ddpg_symmetric", "displacement")) == pytest.approx(7.5, abs=0.05)

    def test_the_mean_of_all_directions_stands_still(self):
        assert (end("spider/sac_symmetric", "return") < 1).sum() == 4
        assert end("spider/sac_symmetric", "displacement").min() > 3.9

    def test_both_are_equally_good_before_they_see_a_hallway(self):
        soft, hard = (np.median(end(f"spider/{name}_symmetric", "return")) for name in ("soft_q", "ddpg"))
        assert (round(float(soft)), round(float(hard))) == (89, 83)

    def test_what_is_played_begins_at_one_place_and_ends_at_many(self):
        films = spiders.explosion("soft_q_symmetric", n=4)
        ends = np.array([taken.series["place"][-1, :2] for taken in films])
        assert len({tuple(taken.series["place"][0].round(1)) for taken in films}) == 1
        assert np.linalg.norm(ends - ends.mean(axis=0), axis=1).max() > 2


class TestHallway:
    @staticmethod
    def tuned(name, pretrained=True):
        return one_way.tuned(name, pretrained, one_way.HALLWAY)

    @staticmethod
    def before(name):
        return measured(f"hallways/{name}")["along"]

    @pytest.mark.parametrize(("name", "middle", "low", "high"), [("soft_q", 1.9, 1.3, 3.2), ("ddpg", 2.2, -0.8, 9.4)])
    def test_before_they_learn_there_both_come_two_metres(self, name, middle, low, high):
        came = self.before(name)
        np.testing.assert_allclose([interquartile_mean(came), came.min(), came.max()], [middle, low, high], atol=0.06)

    def test_this_ddpg_runs_at_the_wall_behind_and_is_led_by_the_others(self):
        hallway, agent = gymnasium.make("softopt/SpiderHallway-v0", angle=120), load("spider/ddpg_symmetric").agent(0)
        (taken,) = spiders.films(agent, hallway, seed=0, n=1)
        along = taken.series["place"][:, :2] @ hallway.unwrapped.along
        assert along.min() < -0.5
        assert along[along.argmin() :].max() > 1

    @pytest.mark.parametrize(
        ("name", "middle", "low", "high", "worst", "best"),
        [("soft_q", 4.7, 4.3, 5.0, 4.2, 5.8), ("ddpg", 2.4, 1.1, 6.0, 0.1, 8.2)],
    )
    def test_the_first_part_of_the_curve(self, name, middle, low, high, worst, best):
        runs = self.tuned(name)
        ends = interval(*np.split(runs.early, 3), paired=True)
        found = [interquartile_mean(runs.early), *ends, runs.early.min(), runs.early.max()]
        np.testing.assert_allclose(found, [middle, low, high, worst, best], atol=0.06)

    def test_all_soft_runs_gain_and_seven_of_ddpgs_lose(self):
        assert (self.tuned("soft_q").early - self.before("soft_q")).min() > 1.5
        gained = self.tuned("ddpg").early - self.before("ddpg")
        assert (gained < 0).sum() == 7
        assert interquartile_mean(gained) == pytest.approx(0.2, abs=0.05)

    def test_the_best_runs_are_ddpgs_and_so_are_the_worst(self):
        hard, soft = self.tuned("ddpg"), self.tuned("soft_q")
        best = hard.early > soft.early.max()
        assert set(hard.seed[best]) == {0, 2}
        np.testing.assert_allclose(np.sort(hard.early[best])[[0, -1]], [7.7, 8.2], atol=0.06)
        at_the_end, softly = np.sort(hard.along[:, -1]), np.sort(soft.along[:, -1])
        assert (at_the_end > softly.max() + 1).sum() == 4
        assert 11 < at_the_end[-4] < at_the_end[-1] < 14
        assert (at_the_end < softly.min()).sum() == 9
        np.testing.assert_allclose(interval(*np.split(hard.along[:, -1], 3), paired=True), [1.5, 9.8], atol=0.06)

    def test_seed_by_seed(self):
        assert end("spider/ddpg_symmetric", "displacement")[[0, 2]].min() > 11
        assert round(float(end("spider/ddpg_symmetric", "return")[3])) == 83
        runs = self.tuned("ddpg")
        np.testing.assert_allclose(runs.early[runs.seed == 3], [3.0, 1.3, 1.2], atol=0.06)

    def test_on_legs_ddpg_is_better_pretrained_than_not(self):
        assert interquartile_mean(self.tuned("ddpg", False).early) == pytest.approx(0.7, abs=0.06)
        ends = [interquartile_mean(self.tuned("ddpg", before).along[:, -1]) for before in (True, False)]
        np.testing.assert_allclose(ends, [4.1, 2.9], atol=0.06)

    def test_few_sectors_are_kept_around_the_one_that_was_paid(self):
        for angle in one_way.ANGLES:
            runs = load(f"hallway/soft_q_pretrained_{angle}")
            for seed in runs.seeds:
                courses = spiders.paths_of(runs.agent(seed), seed)
                ways = courses[:, -1] - courses[:, 0]
                found = spread_of(ways)
                assert found["sectors"] <= 4
                assert found["resultant"] > 0.9
                assert 5.5 < found["displacement"] < 10.5
                off = np.degrees(np.arctan2(*ways.mean(axis=0)[::-1])) - angle
                assert abs((off + 180) % 360 - 180) < 20


class TestPassages:
    def test_ddpg_never_has_both_in_use_and_is_in_the_open_one_in_half_of_its_runs(self):
        runs = two_passages.ways("ddpg", "spider_passages")
        assert (runs.both == 0).all()
        entered = (runs.open + runs.closed)[:, -1]
        assert (runs.found.sum(), (runs.closed[:, -1] == 1).sum(), (entered == 0).sum()) == (4, 2, 2)
        assert (runs.reached[:, -1] == 0).all()
        assert (runs.reached.max(axis=1) > 0).sum() == 1

    def test_soft_actor_critic_has_both_in_use_and_decides(self):
        runs = two_passages.ways("sac", "spider_passages")
        assert (runs.both.min(), runs.both.max()) == (1, 8)
        assert (runs.found.sum(), (runs.closed[:, -1] == 1).sum()) == (6, 2)
        assert (runs.reached[:, -1] > 0.5).sum() == 3

    def test_soft_q_learning_keeps_both_in_use_and_decides_late_or_not_yet(self):
        runs = two_passages.ways("soft_q", "spider_passages")
        assert (np.median(runs.both), runs.found.sum(), (runs.closed[:, -1] > 0.9).sum()) == (10, 5, 1)
        undecided = (runs.open[:, -1] > 0.1) & (runs.closed[:, -1] > 0.1)
        np.testing.assert_allclose(np.sort(runs.open[undecided, -1]), [0.22, 0.45, 0.55], atol=0.005)
        assert runs.reached.max() == pytest.approx(0.17, abs=0.005)

    def test_seed_0_was_in_the_dead_end_and_changed_its_mind(self):
        curves = load("spider_passages/soft_q_upper").curves
        at = {step: curves["step"][0] == step for step in (17_500, 20_000, 30_000)}
        assert curves["upper"][0, at[17_500]].item() > 0.9
        assert min(curves[side][0, at[20_000]].item() for side in ("upper", "lower")) > 0.2
        assert curves["lower"][0, at[30_000]].item() > 0.9

    def test_an_earlier_policy_can_be_played(self):
        world, agent = gymnasium.make("softopt/SpiderPassages-v0", blocked="upper"), load("spider_passages/sac_upper")
        early, late = (spiders.films(agent.agent(3, step), world, seed=0, n=1)[0] for step in (10_000, None))
        np.testing.assert_allclose(early.series["place"][0], late.series["place"][0], atol=0.1)
        assert late.series["place"][:, 0].max() > early.series["place"][:, 0].max()
