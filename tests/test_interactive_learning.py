"""Explorers of notebook 05, and those of its claims that no test of the package holds."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_interactive_inference import panel

from softopt.interactive.annealing import KEPT, NEXT, explore_annealing
from softopt.interactive.fixed_points import explore_fixed_points
from softopt.operators import boltzmann, kl, mellowmax
from softopt.tabular import MDP, evaluate, gridworlds, learning, plan

UNIFORM = np.full(4, 1 / 4)


def panels(explorer, kind):
    return [p for row in explorer.spec["rows"] for p in row if p["kind"] == kind]


class TestFixedPoints:
    mdp = learning.asadi_littman()
    betas = np.array([16.55, 16.9, 17.25])
    explorer = explore_fixed_points(mdp, betas, start=1)

    def test_sentences_count_what_is_there(self):
        for beta, sentence in zip(self.betas, self.explorer.spec["sentences"], strict=True):
            found = learning.boltzmann_fixed_points(self.mdp, beta)
            said = re.search(
                r"has (?:one fixed point|(\d) fixed points), ([^;]+); mellowmax has one, (\S+)\.$", sentence
            )
            assert int(said[1] or 1) == found.size == (3 if beta == 16.9 else 1)
            numbers = [float(text) for text in re.split(", | and ", said[2])]
            assert_allclose(numbers, found, atol=6e-4)
            assert_allclose(float(said[3]), learning.mellowmax_fixed_point(self.mdp, beta), atol=6e-4)
        assert self.explorer.sentence == self.explorer.spec["sentences"][1]

    def test_curves_meet_the_diagonal_at_the_fixed_points(self):
        first = panel(self.explorer, "Lines")
        x = np.array(first["x"])
        for row, beta in zip(first["curves"]["Boltzmann average"], self.betas, strict=True):
            crossed = np.flatnonzero(np.diff(np.sign(row - x)))
            found = learning.boltzmann_fixed_points(self.mdp, beta)
            assert_allclose(x[crossed], found, atol=x[1] - x[0])
        for row in first["curves"]["mellowmax"]:
            assert np.count_nonzero(np.diff(np.sign(row - x))) == 1

    def test_every_fixed_point_has_its_dot_on_the_magnified_line(self):
        magnified = panels(self.explorer, "Lines")[1]
        where = magnified["curves"]["fixed points"]
        dots = np.frombuffer(self.explorer.frames, "<f4")[where["offset"] :][: np.prod(where["shape"])]
        np.testing.assert_array_equal(np.isfinite(dots.reshape(where["shape"])).sum(axis=1), [1, 3, 1])
        assert 0 < magnified["limits"][1] < 0.002

    def test_one_fixed_point_everywhere_and_more_than_two_actions(self):
        stay = np.array([0.1, 0.2, 0.3])
        transition = np.zeros((2, 3, 2))
        transition[0, :, 0], transition[0, :, 1], transition[1, :, 1] = stay, 1 - stay, 1.0
        mdp = MDP(transition, [[1.0, 0.5, 0.0], [0.0] * 3], discount=0.9, terminal=[1])
        explorer = explore_fixed_points(mdp, [1.0, 2.0])
        assert all("has one fixed point" in sentence for sentence in explorer.spec["sentences"])
        assert "One fixed point" in explorer._picture().axes[0].get_title(loc="left")

    def test_the_still_picture_says_the_same(self):
        figure = self.explorer._picture()
        assert "Up to 3" in figure.axes[0].get_title(loc="left")
        assert figure.alt.count("mellowmax") == 3

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="one state that goes on"):
            explore_fixed_points(gridworlds.gridworld(["S.", ".G"], discount=0.9), [1.0, 2.0])


class TestAnnealing:
    mdp = gridworlds.gridworld(["S...", ".#..", "...G"], slip=0.2, discount=0.9, prior=UNIFORM)
    path = learning.posterior_policy_iteration(mdp, 2.0, 8)
    explorer = explore_annealing(mdp, path, 2.0)

    def test_sentences_are_true(self):
        plain, start = self.mdp.replace(prior=None), self.mdp.initial
        once = start @ evaluate(plain, plan(self.mdp, 2.0).policy, 0.0).value
        best = start @ plan(plain, 0.0).value
        for n, sentence in enumerate(self.explorer.spec["sentences"]):
            numbers = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", sentence.replace("−", "-"))]
            policy = plan(self.mdp, 2.0 / n).policy if n else self.mdp.prior
            earned = start @ evaluate(plain, policy, 0.0).value
            expected = [n, 2.0, 2.0 / n, earned, once, best] if n else [earned, best]
            assert_allclose(numbers, expected, atol=6e-3)

    def test_the_prior_kept_stays_where_the_first_round_left_it(self):
        bars = panel(self.explorer, "Bars")["groups"]
        np.testing.assert_array_equal(bars[KEPT][0], bars[NEXT][0])
        for n in range(1, 9):
            np.testing.assert_array_equal(bars[KEPT][n], bars[NEXT][1])
        assert np.abs(bars[NEXT][8] - bars[KEPT][8]).max() > 0.5

    def test_returns_rise_and_entropy_falls(self):
        returned = panel(self.explorer, "Lines")["curves"]
        assert (np.diff(returned[NEXT]) > 0).all()
        assert (returned[NEXT] <= returned["best possible"]).all()
        where = panels(self.explorer, "Lines")[1]["curves"][NEXT]
        entropy = np.frombuffer(self.explorer.frames, "<f4")[where["offset"] :][:9]
        assert_allclose(entropy[0], np.log(4), rtol=1e-6)
        assert (np.diff(entropy) < 0).all()

    def test_the_still_picture_shows_prior_first_round_and_last(self):
        figure = self.explorer._picture()
        texts = [text.get_text() for text in figure.axes[0].texts]
        assert {"prior", "round 1: T = 2", "round 8: T = 0.25"} <= set(texts)

    def test_says_what_is_wrong(self):
        mdp = learning.asadi_littman()
        with pytest.raises(ValueError, match="no grid"):
            explore_annealing(mdp, learning.posterior_policy_iteration(mdp, 1.0, 1), 1.0)
        with pytest.raises(ValueError, match="at least two"):
            explore_annealing(self.mdp, learning.posterior_policy_iteration(self.mdp, 1.0, 0), 1.0)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_rate_in_between_beats_both_extremes_on_frozen_lake(seed):
    lake = MDP.from_gymnasium("FrozenLake-v1", discount=0.95)
    record = list(learning.interact(lake, np.full((16, 4), 1 / 4), np.random.default_rng(seed), 20_000))
    exact = plan(lake, 0.05).soft_q
    between, harmonic, constant = (
        np.abs(learning.soft_q_learning(lake, record, 0.05, rate=rate).q - exact).max()
        for rate in (learning.polynomial(0.8), learning.harmonic(), learning.constant(0.1))
    )
    assert between < 0.8 * min(harmonic, constant)


def test_the_boltzmann_average_is_mellowmax_without_the_price_of_the_choice():
    rows = np.random.default_rng(0).normal(size=(50, 3))
    for beta in (0.1, 1.0, 30.0):
        price = kl(boltzmann(rows, 1 / beta), np.full(3, 1 / 3)) / beta
        assert_allclose(learning.boltzmann_average(rows, beta) - price, mellowmax(rows, beta), atol=1e-12)


@pytest.mark.parametrize("seed", [0, 2])
def test_noise_drives_a_maximum_from_the_truth_and_a_warm_soft_maximum_hardly(seed):
    drawing = ["S......."] + ["........"] * 6 + [".......G"]
    meadow = gridworlds.gridworld(drawing, discount=0.95, prior=UNIFORM).replace(initial=None)
    truth, running = plan(meadow, 0.0).soft_q, ~meadow.terminal

    def walk(noise):
        generator = np.random.default_rng(seed)
        return list(learning.interact(meadow, meadow.prior, generator, 20_000, reward_noise=noise, time_limit=100))

    def bias(learned):
        return (learned.q - truth)[running].mean()

    def lost(learned):
        worth = evaluate(meadow.replace(prior=None), boltzmann(learned.q, 0.0), 0.0).value[running]
        return np.mean(worth < -19.99)

    noisy = walk(2.0)
    hard = learning.q_learning(meadow, noisy, start=truth)
    warm, hot = (learning.g_learning(meadow, noisy, k, start=truth) for k in (1e-3, 1e-4))
    assert_allclose(learning.q_learning(meadow, walk(0.0), start=truth).q, truth, atol=1e-9)
    assert bias(hard) > 3
    assert abs(bias(warm)) < 0.7
    assert -3.6 < bias(hot) < -2.4
    assert lost(hard) > 0.9
    assert max(lost(warm), lost(hot)) < 0.35
    # From zeros the start hides what the operator does: the hot learner has not finished sinking.
    assert bias(learning.g_learning(meadow, noisy, 1e-4, start=0 * truth)) > 0 > bias(hot)


def test_on_another_seed_it_is_q_learning_whose_greedy_policy_never_arrives_at_the_cliff():
    cliff = MDP.from_gymnasium("CliffWalking-v1", discount=0.95)

    def act(table):
        return learning.interact(
            cliff, lambda s: learning.epsilon_greedy(table[s], 0.1), np.random.default_rng(2), 20_000
        )

    learned = learning.q_learning(cliff, act)
    assert_allclose(cliff.initial @ evaluate(cliff, learned.policy, 0.0).value, -20.0)


def test_psi_learning_makes_about_as_many_rounds_as_its_rates_add_up_to():
    bandit = MDP(np.array([[[0.0, 1.0]] * 3, [[0.0, 1.0]] * 3]), [[1.0, 0.5, 0.0], [0.0] * 3], terminal=[1])
    sweep = [learning.Transition(0, a, r, 1, True, False) for a, r in enumerate((1.0, 0.5, 0.0))]
    learned = learning.psi_learning(bandit, sweep * 500, 2.0, rate=learning.constant(0.01))
    assert_allclose(learned.policy[0], boltzmann([1.0, 0.5, 0.0], 2.0 / 5), atol=0.01)
