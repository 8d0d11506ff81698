"""The feedback loop of two arms: its theory against chains that are computed exactly, and against simulated runs."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import solve_ivp
from scipy.special import expit
from test_interactive_inference import panel

from softopt.interactive.feedback_loop import LAST, explore_feedback_loop, study_loop
from softopt.operators import boltzmann
from softopt.tabular.learning.feedback_loop import (
    first_arm_chance,
    growth,
    law_of_pulls,
    passage,
    pull,
    typical_lead,
)

OPEN, DEAD = passage(), passage(0.6)


def logarithm(progress):
    return 0.4 * np.log1p(progress)


def line(progress):
    return 0.05 * np.asarray(progress)


def leads(start, n_pulls):
    """Lead of the first arm after P pulls, for each number of its pulls."""
    return start[0] - start[1] + 2 * np.arange(n_pulls + 1) - n_pulls


class TestChance:
    @pytest.mark.parametrize("temperature", [0.0, 1e-300, 0.05, 1.0, 1e6])
    def test_is_the_boltzmann_policy(self, temperature):
        value = np.array([[0.2, 0.7], [0.7, 0.2], [0.4, 0.4], [0.0, 1e-9]])
        assert_allclose(first_arm_chance(value, temperature), boltzmann(value, temperature)[:, 0], atol=1e-12)

    def test_many_temperatures_at_once(self):
        value = np.random.default_rng(0).normal(size=(3, 5, 2))
        T = np.array([[0.0], [0.3], [2.0]])
        expected = [boltzmann(v, t[0])[:, 0] for v, t in zip(value, T, strict=True)]
        assert_allclose(first_arm_chance(value, T), expected, rtol=1e-12)


class TestTheory:
    @pytest.mark.parametrize("temperature", [0.15, 0.5, 2.0])
    @pytest.mark.parametrize("start", [(0, 0), (1, 0), (7, 2)])
    def test_the_lead_on_the_right_scale_is_a_martingale(self, temperature, start):
        law = law_of_pulls((OPEN, OPEN), temperature, 300, start=start)
        scale = np.concatenate([[0.0], np.exp(-OPEN(np.arange(400)) / temperature).cumsum()])
        for t in (0, 1, 30, 300):
            k = np.arange(t + 1)
            mean = law[t, : t + 1] @ (scale[start[0] + k] - scale[start[1] + t - k])
            assert_allclose(mean, scale[start[0]] - scale[start[1]], atol=1e-12)

    @pytest.mark.parametrize(("temperature", "n_pulls"), [(2.0, 600), (1.0, 800), (0.5, 1500), (0.3, 3000)])
    def test_one_pull_ahead_becomes_exp_of_the_range_over_t(self, temperature, n_pulls):
        law = law_of_pulls((OPEN, OPEN), temperature, n_pulls, start=(1, 0))
        assert_allclose(law[-1] @ leads((1, 0), n_pulls), np.exp(1 / temperature), rtol=1e-3)

    @pytest.mark.parametrize("temperature", [0.2, 0.5, 1.5])
    def test_a_small_lead_grows_as_the_linear_equation_says(self, temperature):
        tiny, times = 1e-4, np.array([10.0, 60.0, 400.0])

        def drift(_, n):
            first = expit((OPEN(n[0]) - OPEN(n[1])) / temperature)
            return [first, 1 - first]

        run = solve_ivp(drift, (0, 400), [2 + tiny, 2 - tiny], t_eval=times, rtol=1e-11, atol=1e-12)
        grown = (run.y[0] - run.y[1]) / (2 * tiny)
        assert_allclose(grown, growth(OPEN, temperature, times, start=2.0), rtol=1e-3)
        assert (np.diff(grown) > 0).all()
        assert grown[-1] < np.exp(1 / temperature)

    def test_a_hard_agent_has_no_factor(self):
        with pytest.raises(ValueError, match="takes every pull"):
            growth(OPEN, 0.0, 10.0)
        law = law_of_pulls((OPEN, OPEN), 0.0, 50)
        assert_allclose(law[-1, [0, -1]], 0.5)

    @pytest.mark.parametrize("noise", [0.0, 0.5, 1.0])
    def test_the_typical_lead_of_runs_is_that_of_the_linear_theory_while_it_is_warm(self, noise):
        T, after = [0.5, 1.0, 3.0], [20, 100, 300]
        runs = pull((OPEN, OPEN), T, 300, runs=4000, noise=noise)
        found = np.sqrt(np.square(runs.lead[..., after]).mean(axis=1))
        expected = np.array([typical_lead(OPEN, t, 300, noise=noise)[after] for t in T])
        assert_allclose(found, expected, rtol=0.08)

    def test_cold_the_linear_theory_runs_away_and_the_lead_is_everything(self):
        cold = pull((OPEN, OPEN), [0.05], 300, noise=0.0)
        assert typical_lead(OPEN, 0.05, 300)[300] > 1e4
        assert np.sqrt(np.square(cold.lead[0, :, -1]).mean()) > 290


class TestMonopoly:
    def test_values_that_end_leave_no_monopoly(self):
        """The lead is bounded, so the share of the pulls goes back to one half; cold, it takes exp(1 / T) pulls."""
        n_pulls = 2000
        share = np.arange(n_pulls + 1) / n_pulls
        away = [law_of_pulls((OPEN, OPEN), 0.3, n_pulls)[t, : t + 1] for t in (100, n_pulls)]
        early = away[0] @ np.abs(np.arange(101) / 100 - 0.5)
        assert away[1] @ np.abs(share - 0.5) < early / 4

    def test_logarithmic_values_are_polya_s_urn_at_the_border(self):
        """With f = c log(1 + n) the odds are (1 + n0) : (1 + n1) to the power c / T; at T = c no share is likelier."""
        assert_allclose(law_of_pulls((logarithm, logarithm), 0.4, 200)[-1], 1 / 201, rtol=1e-9)

    def test_on_either_side_of_the_border(self):
        """From 100 to 400 pulls the chance of hardly any pull of one arm stays where it is, or goes to nothing."""
        for temperature, kept in ((0.2, True), (0.8, False)):
            law = law_of_pulls((logarithm, logarithm), temperature, 400)
            few = [law[t, [k for k in range(t + 1) if min(k, t - k) <= 3]].sum() for t in (100, 400)]
            assert (few[1] > 0.9 * few[0] > 0.5) if kept else (few[1] < 1e-3 * few[0] < 1e-3)

    @pytest.mark.parametrize("temperature", [0.3, 1.0])
    def test_values_that_grow_for_ever_make_a_soft_agent_commit(self, temperature):
        """The chance that the trailing arm is never pulled again does not fade."""
        law = law_of_pulls((line, line), temperature, 1500)
        unchanged = []
        for t in (1000, 1500):
            k = np.arange(t + 1)
            chance = first_arm_chance(np.stack([line(k), line(t - k)], axis=-1), temperature)
            unchanged.append(law[t, : t + 1] @ np.minimum(chance, 1 - chance))
        assert unchanged[1] < 1e-6


class TestRuns:
    def test_without_noise_runs_follow_the_exact_law(self):
        arms, T, n_pulls = (DEAD, OPEN), [0.1, 0.2, 1.0], 120
        runs = pull(arms, T, n_pulls, runs=20_000, start=0, noise=0.0)
        for first, temperature in zip(runs.first, T, strict=True):
            law = law_of_pulls(arms, temperature, n_pulls)[-1]
            found = np.bincount(first.sum(axis=-1), minlength=n_pulls + 1) / 20_000
            assert np.abs(found.cumsum() - law.cumsum()).max() < 1.63 / np.sqrt(20_000)  # Kolmogorov, 1 percent

    def test_values_belong_to_the_progress_and_progress_to_the_pulls(self):
        runs = pull((DEAD, OPEN), [0.0, 0.3], 40, runs=7, noise=0.5, start=2)
        assert_allclose(runs.value[..., 0], DEAD(runs.progress[..., 0]))
        assert_allclose(runs.value[..., 1], OPEN(runs.progress[..., 1]))
        moved = np.diff(runs.progress, axis=2) > 0
        np.testing.assert_array_equal(moved[..., 0], runs.first)
        np.testing.assert_array_equal(moved[..., 1], ~runs.first)

    def test_progress_is_one_pull_on_average_with_the_scatter_that_was_asked_for(self):
        runs = pull((OPEN, OPEN), [1.0], 200, runs=400, noise=0.7)
        steps = np.diff(runs.progress, axis=2).sum(axis=-1)
        assert_allclose(steps.mean(), 1.0, atol=0.01)
        assert_allclose(steps.std(), 0.7, atol=0.02)

    def test_hard_agents_stay_with_whichever_arm_led(self):
        runs = pull((DEAD, OPEN), [0.0], 300)
        led = runs.lead[0, :, 0] > 0
        np.testing.assert_array_equal(runs.first[0].all(axis=1), led)
        np.testing.assert_array_equal((~runs.first[0]).all(axis=1), ~led)
        assert 0.4 < led.mean() < 0.6

    def test_noise_on_the_choice_gets_a_hard_agent_out_but_slowly(self):
        """The open passage is the better one after 18.3 pulls of it, and only one in 2 / epsilon goes there."""
        stuck = {}
        for n_pulls in (200, 1000):
            runs = pull((DEAD, OPEN), [0.0], n_pulls, epsilon=0.1)
            stuck[n_pulls] = (runs.value[0, :, -1, 0] > runs.value[0, :, -1, 1]).mean()
        assert stuck[200] > 0.4
        assert stuck[1000] < 0.05

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"temperatures": [-1.0]}, "temperature"),
            ({"n_pulls": 0}, "at least one pull"),
            ({"noise": -0.1}, "noise is at least 0"),
            ({"epsilon": 1.5}, "epsilon lies in"),
        ],
    )
    def test_says_what_is_wrong(self, change, said):
        with pytest.raises(ValueError, match=said):
            pull(**{"arms": (OPEN, OPEN), "temperatures": [1.0], "n_pulls": 5, **change})

    @pytest.mark.parametrize(("end", "scale"), [(0.0, 20.0), (1.2, 20.0), (0.5, 0.0)])
    def test_says_what_is_wrong_with_a_passage(self, end, scale):
        with pytest.raises(ValueError, match="a passage ends in"):
            passage(end, scale)


class TestExplorer:
    study = study_loop()

    def test_the_claims_of_the_notebook(self):
        """A coin toss when hard; all out at a temperature in between; hot, there is no dead end and no choice."""
        assert 0.4 < self.study.stuck[0] < 0.6
        middle = (self.study.temperatures > 0.15) & (self.study.temperatures < 0.3)
        assert self.study.stuck[middle].max() <= 0.02
        best = self.study.temperatures[self.study.earned.argmax()]
        assert 0.1 < best < 0.25
        assert self.study.earned.max() > 0.95
        assert self.study.earned[-1] < 0.85
        assert 0.2 < self.study.stuck_exploring < self.study.stuck[0]

    def test_the_run_that_is_shown_is_one_in_which_the_dead_end_led(self):
        assert self.study.counts[0, -1].tolist() == [300.0, 0.0]
        assert self.study.value[0, -1, 0] == 0.6

    def test_sentences_are_true(self):
        explorer = explore_feedback_loop(self.study)
        for sentence, stuck, earned, T in zip(
            explorer.spec["sentences"], self.study.stuck, self.study.earned, self.study.temperatures, strict=True
        ):
            said = re.search(r"(\d+) of 200 runs end in the dead end, .* worth (\S+) on average", sentence)
            assert int(said[1]) == round(200 * stuck)
            assert_allclose(float(said[2]), earned, atol=0.006)
            ahead = re.search(r"would on average become (\S+) ahead", sentence)
            if T > 0:
                assert_allclose(float(ahead[1]), np.exp(1 / T), rtol=0.05)
            else:
                assert ahead is None
        figure = explorer._picture()
        assert figure.alt.count("200 runs") == 3

    def test_the_histogram_holds_every_run(self):
        explorer = explore_feedback_loop(self.study)
        histogram = explorer.spec["rows"][0][2]
        place = histogram["curves"]["runs"]
        steps = np.frombuffer(explorer.frames, "<f4")[place["offset"] :][: np.prod(place["shape"])]
        assert_allclose(steps.reshape(place["shape"])[:, ::2].sum(axis=1), 1.0, rtol=1e-5)
        assert (np.diff(histogram["x"]) > 0).all()
        assert panel(explorer, "Lines")["curves"]["dead end"].shape == self.study.counts.shape[:2]

    def test_needs_more_pulls_than_count_as_the_end(self):
        with pytest.raises(ValueError, match=f"the last {LAST} pulls"):
            study_loop([0.1, 1.0], n_pulls=LAST)
