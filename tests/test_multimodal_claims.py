"""What notebooks 08 and 09 say of recorded runs."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from softopt.deep.stein_paths import stein_paths  # noqa: E402
from softopt.experiments import fork, multi_goal, two_passages  # noqa: E402
from softopt.interactive.energy import energy_path  # noqa: E402
from softopt.interactive.feedback_loop import study_loop  # noqa: E402
from softopt.runs import load  # noqa: E402
from softopt.runs.statistics import interquartile_mean, interval  # noqa: E402

torch.set_num_threads(1)


def two_peaks(a):
    """The Q of notebook 08: the left peak is taller, the right one twice as broad."""
    return np.exp(-(((a + 0.6) / 0.15) ** 2)) + 0.9 * np.exp(-(((a - 0.45) / 0.3) ** 2))


class TestOnPaper:
    def test_the_broader_peak_has_more_from_a_temperature_on(self):
        cold, even, warm = energy_path(two_peaks, [0.02, 0.133, 0.3]).share
        assert round(cold[1], 3) == 0.014
        assert even == pytest.approx([0.5, 0.5], abs=0.005)
        assert warm[1] > 0.58

    def test_v_is_lowest_where_the_entropy_is_zero(self):
        T = np.linspace(0.02, 1, 197)
        path = energy_path(two_peaks, T)
        assert T[path.value.argmin()] == T[np.abs(path.entropy).argmin()] == pytest.approx(0.25)
        assert path.value.min() == pytest.approx(0.76, abs=0.005)
        assert path.value.min() < 1  # the height of the taller peak

    def test_the_two_armed_bandit(self):
        study = study_loop()
        at = np.argmin(np.abs(study.temperatures - 0.15))
        assert 200 * study.stuck[0] == pytest.approx(95)
        assert 200 * study.stuck_exploring == pytest.approx(78)
        assert 200 * study.stuck[at] == pytest.approx(2)
        assert study.earned.argmax() == at
        assert round(study.earned[at], 2) == 0.97
        assert study.stuck[-1] == 0
        assert round(study.earned[-1], 2) == 0.81

    def test_stein_particles_spread_by_the_root_of_the_weight_and_do_not_keep_shares(self):
        paths = stein_paths()
        weights = np.linspace(0, 1, 6)
        np.testing.assert_allclose(paths.spread[-1][1:], np.sqrt(weights[1:]), atol=0.06)
        assert paths.held[-1, -1, 3] == pytest.approx(0.2, abs=0.01)  # of a peak that holds 10 percent


class TestFourGoals:
    def test_at_a_temperature_of_1_both_soft_ones_reach_all_and_ddpg_one(self):
        known = {name: multi_goal.known(runs) for name, runs in multi_goal.recordings(1.0).items()}
        assert (known["soft Q-learning"] == 4).sum() == 7
        assert known["soft Q-learning"].min() == 3
        assert (known["soft actor-critic"] == 4).all()
        assert (known["DDPG"] == 1).all()

    def test_the_eighth_seed_sends_three_of_64_rollouts_north(self):
        shares = multi_goal.shares(multi_goal.recordings(1.0)["soft Q-learning"])
        assert 64 * shares[2, 1] == 3

    def test_ddpg_goes_another_way_with_another_seed(self):
        assert len(np.unique(multi_goal.shares(multi_goal.recordings(1.0)["DDPG"]).argmax(axis=1))) == 4

    def test_the_gaussian_chooses_where_it_is_cool(self):
        cool, cold = multi_goal.recordings(0.3), multi_goal.recordings(0.1)
        assert (multi_goal.known(cool["soft Q-learning"]) == 3).sum() == 7
        assert set(multi_goal.known(cool["soft actor-critic"])) == {1, 2, 3}
        assert (multi_goal.known(cold["soft actor-critic"]) == 1).sum() == 7
        assert np.median(multi_goal.known(cold["soft Q-learning"])) == 2

    def test_too_hot_nobody_arrives(self):
        for name in ("soft Q-learning", "soft actor-critic"):
            late = multi_goal.shares(multi_goal.recordings(3.0)[name])[:, -1]
            assert late.min() > 0.8
        lost = {name: load(f"multi_goal/{name}_3").curves["no_goal"][:, -1] for name in ("soft_q", "sac")}
        np.testing.assert_allclose([lost["soft_q"].max(), lost["soft_q"].min()], [1, 0.97], atol=0.005)
        np.testing.assert_allclose([lost["sac"].max(), lost["sac"].min()], [0.94, 0.81], atol=0.005)

    def test_first_steps(self):
        warm, cool = multi_goal.recordings(1.0), multi_goal.recordings(0.3)
        assert np.abs(multi_goal.aimed(warm["soft Q-learning"]) - 0.5).max() < 0.05
        assert np.abs(multi_goal.aimed(warm["soft actor-critic"]) - 0.41).max() < 0.02
        aimed = multi_goal.aimed(cool["soft Q-learning"])
        assert (round(aimed.min(), 2), round(aimed.max(), 2)) == (0.68, 0.87)

    def test_the_figures_say_what_is_in_them(self):
        assert "soft Q-learning 4 in 7 of 8" in multi_goal.goals_figure(multi_goal.recordings()).alt
        assert "soft Q-learning 2, 3, 4, 0" in multi_goal.sweep_figure().alt


class TestTwoPassages:
    def test_who_ends_in_the_open_passage(self):
        found = {name: int(two_passages.ways(name).found.sum()) for name in two_passages.ALGORITHMS.values()}
        assert found == {"ddpg": 7, "sac_0.1": 6, "soft_q_0.03": 6, "soft_q_0.1": 6, "soft_q_0.3": 8}

    def test_ddpg_never_uses_both_and_passes_the_goal_by(self):
        runs = two_passages.ways("ddpg")
        assert (runs.both == 0).all()
        assert (runs.reached[:, -1] >= 0.5).sum() == 2
        assert not runs.open[6].any()  # the run that stayed

    def test_warmer_agents_use_both_longer(self):
        both = [np.median(two_passages.ways(f"soft_q_{T}").both) for T in ("0.03", "0.1", "0.3")]
        assert both == [4.0, 13.0, 24.5]
        assert np.median(two_passages.ways("sac_0.1").both) == 12.5

    def test_of_three_that_go_down_at_0_1_one_comes_back(self):
        runs = two_passages.ways("soft_q_0.1")
        low = runs.open[:, (runs.step > 2000) & (runs.step <= 4200)].min(axis=1) < 0.1
        assert (low.sum(), (low & ~runs.found).sum()) == (3, 2)
        assert runs.open[4, runs.step == 3400] == pytest.approx(0.02, abs=0.005)
        assert runs.open[4, -1] == 1

    def test_a_large_lead_is_not_yet_knowledge(self):
        leads, right = {}, {}
        for name in ("ddpg", "soft_q_0.1", "soft_q_0.3"):
            q, runs, side = fork.q_at_fork(name), two_passages.ways(name), fork.DIRECTIONS
            ahead = q[..., side > 0].max(axis=-1) - q[..., side < 0].max(axis=-1)
            ahead[:4] *= -1  # the upper passage is blocked
            leads[name] = {step: ahead[:, runs.step == step][:, 0] for step in (1000, 4000, 8000)}
            right[name] = [int((lead > 0).sum()) for lead in leads[name].values()]
        assert right == {"ddpg": [5, 4, 7], "soft_q_0.1": [4, 5, 6], "soft_q_0.3": [0, 4, 8]}
        assert all(0.27 < np.median(np.abs(lead[4000])) < 0.72 for lead in leads.values())
        assert leads["soft_q_0.3"][1000].min() > -0.045
        wrong = leads["soft_q_0.1"][8000] < 0
        np.testing.assert_allclose(leads["soft_q_0.1"][8000][wrong], -0.59, atol=0.006)
        assert not two_passages.ways("soft_q_0.1").reached[wrong].any()

    def test_the_coolest_use_of_the_way_and_the_surest_finding_of_it_are_at_two_temperatures(self):
        cool, warm = two_passages.ways("soft_q_0.1"), two_passages.ways("soft_q_0.3")
        assert (cool.reached[cool.found, -1] > 0.95).sum() == 5
        assert 0.5 < np.median(warm.reached[:, -1]) < 0.65

    def test_the_lead_at_the_fork_is_small_at_first_and_then_large(self):
        side = fork.DIRECTIONS
        for name in ("ddpg", "soft_q_0.1", "soft_q_0.3"):
            q = fork.q_at_fork(name)
            up, down = (q[..., half].max(axis=-1) for half in (side > 0, side < 0))
            lead = np.median(np.abs(up - down), axis=0)
            assert lead[4] < 0.03
            assert lead[-1] > 0.5
            valley = q[:, 14, np.abs(side) <= 30].min(axis=-1)
            assert (np.minimum(up, down)[:, 14] - valley > 0.02).sum() >= 7  # at step 3000

    def test_seeds_and_sides(self):
        assert two_passages.ways("ddpg").blocked == ("upper",) * 4 + ("lower",) * 4
        assert load("two_passages/ddpg_lower").setup(4).options == {"blocked": "lower"}


def test_acrobot_does_not_tell_soft_and_hard_apart():
    ends = {name: load(f"discrete_q/acrobot_{name}").curves["return"][:, -5:].mean(axis=1) for name in ("soft", "hard")}
    for name, other in (("soft", "hard"), ("hard", "soft")):
        low, high = interval(ends[name])
        assert low < interquartile_mean(ends[other]) < high
    areas = {name: load(f"discrete_q/acrobot_{name}").curves["return"].mean(axis=1) for name in ("soft", "hard")}
    generator = np.random.default_rng(0)
    differences = [
        interquartile_mean(generator.choice(areas["soft"], 8)) - interquartile_mean(generator.choice(areas["hard"], 8))
        for _ in range(2000)
    ]
    assert round(interquartile_mean(areas["soft"]) - interquartile_mean(areas["hard"])) == -15
    low, high = np.percentile(differences, [2.5, 97.5])
    assert low < 0 < high
