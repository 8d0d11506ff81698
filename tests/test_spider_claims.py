"""What notebooks 09 and 10 say of recorded spiders."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.envs.spider.anywhere import Spider  # noqa: E402
from softopt.experiments import one_way, spiders  # noqa: E402
from softopt.runs import load  # noqa: E402
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

    @pytest.mark.parametrize("name", ["spider/ddpg", "spider/ddpg_symmetric"])
    def test_ddpg_has_one_course(self, name):
        assert (end(name, "sectors") == 1).all()
        assert end(name, "resultant").min() > 0.99

    def test_the_symmetry_helps_ddpg_to_run(self):
        far = [np.median(end(f"spider/{name}", "displacement")) for name in ("ddpg", "ddpg_symmetric")]
        assert [round(float(metres), 1) for metres in far] == [2.9, 7.5]

    def test_the_price(self):
        for name in ("spider/sac_symmetric", "spider/soft_q_symmetric"):
            assert 4 <= np.median(end(name, "displacement")) <= 5.05
        assert end("spider/ddpg_symmetric", "displacement").max() > 13

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

    @pytest.mark.parametrize(
        ("name", "middle", "low", "high", "worst", "best"),
        [("soft_q", 4.7, 4.5, 5.0, 4.2, 5.8), ("ddpg", 2.4, 1.3, 4.7, 0.1, 8.2)],
    )
    def test_the_first_part_of_the_curve(self, name, middle, low, high, worst, best):
        early = self.tuned(name).early
        found = [interquartile_mean(early), *interval(early), early.min(), early.max()]
        np.testing.assert_allclose(found, [middle, low, high, worst, best], atol=0.06)

    def test_after_five_episodes(self):
        at = [interquartile_mean(self.tuned(name).along, 0)[0] for name in ("soft_q", "ddpg")]
        np.testing.assert_allclose(at, [3.1, 2.0], atol=0.05)
        assert self.tuned("ddpg").step[0] == 500

    def test_who_begins_afresh_is_slower_than_who_has_to_unlearn(self):
        assert interquartile_mean(self.tuned("ddpg", False).early) == pytest.approx(0.7, abs=0.06)

    def test_the_seed_counts_for_more_than_the_angle(self):
        runs = self.tuned("ddpg")
        assert np.corrcoef(one_way.off("ddpg", one_way.HALLWAY), runs.early)[0, 1] == pytest.approx(-0.27, abs=0.01)
        far = end("spider/ddpg_symmetric", "displacement")
        runners = np.isin(runs.seed, [0, 2])
        assert far[[0, 2]].min() > 11
        assert 5.9 < far[[1, 3, 4]].min() < far[[1, 3, 4]].max() < 8
        for group, ends in ((runners, (0.8, 8.2)), (~runners, (0.1, 3.0))):
            np.testing.assert_allclose([runs.early[group].min(), runs.early[group].max()], ends, atol=0.06)

    def test_the_best_runs_and_the_worst_are_ddpgs_at_the_end(self):
        hard, soft = (np.sort(self.tuned(name).along[:, -1]) for name in ("ddpg", "soft_q"))
        assert 12 < hard[-3] < hard[-1] < 14
        assert soft[-1] == pytest.approx(8.3, abs=0.05)
        assert (hard < 0).sum() == 3

    def test_before_it_learns_there_ddpg_runs_at_the_wall_behind_and_is_led_by_the_others(self):
        hallway, agent = gymnasium.make("softopt/SpiderHallway-v0", angle=120), load("spider/ddpg_symmetric").agent(0)
        (taken,) = spiders.films(agent, hallway, seed=0, n=1)
        along = taken.series["place"][:, :2] @ hallway.unwrapped.along
        assert along.min() == pytest.approx(-0.8, abs=0.1)
        assert along[along.argmin() :].max() > 3

    def test_two_to_four_sectors_are_kept(self):
        for angle in one_way.ANGLES:
            runs = load(f"hallway/soft_q_pretrained_{angle}")
            for seed in runs.seeds:
                found = Spider().probe(runs.agent(seed), [seed])
                assert 2 <= found["sectors"] <= 4
                assert found["resultant"] >= 0.93
                assert found["displacement"] > 6
