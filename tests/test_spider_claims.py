"""What notebooks 09 and 10 say of recorded spiders."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.experiments import spiders  # noqa: E402
from softopt.runs import load  # noqa: E402

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
