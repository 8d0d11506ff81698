"""What the text of notebook 11 says in words and numbers, so that it cannot drift from what package and data give."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from softopt.deep import SAC, SACConfig
from softopt.experiments.benchmark import PUBLISHED
from softopt.experiments.recordings.benchmarks import TARGET_ENTROPIES
from softopt.interactive.policy_fit import fit_policy
from softopt.operators import soft_maximum
from softopt.runs import load
from softopt.runs.statistics import interquartile_mean
from softopt.tabular import evaluate, gridworlds, plan

RELAPSED = 1  # of 25 runs with a learned temperature


def hump(a):
    return 1.5 * np.exp(-(((a - 0.4) / 0.35) ** 2)) - 0.5 * np.maximum(a - 0.5, 0)


def two_peaks(a):
    return np.exp(-(((a + 0.6) / 0.2) ** 2)) + np.exp(-(((a - 0.6) / 0.2) ** 2))


def test_the_sampled_target_finds_the_soft_q_of_the_policy_and_the_soft_maximum_the_optimum():
    pays = {"g": 2.0, "G": 10.0}
    world = gridworlds.gridworld(["gS.", "..G"], slip=0.2, step_reward=0.0, reward=pays, terminal="gG", discount=0.9)
    temperature, policy, going_on = 1.0, np.full((6, 4), 1 / 4), ~world.terminal
    of_policy, optimal = evaluate(world, policy, temperature).soft_q, plan(world, temperature).soft_q
    rng, reach = np.random.default_rng(0), np.cumsum(world.transition, axis=-1)
    q_sac, q_soft = np.zeros((6, 4)), np.zeros((6, 4))
    for sweep in range(3000):
        after = (reach > rng.random((6, 4, 1))).argmax(axis=-1)
        action = rng.integers(4, size=(6, 4))
        weight, rate = 0.9 * going_on[after], (1 + sweep / 20) ** -0.8
        y_sac = world.reward + weight * (q_sac[after, action] - temperature * np.log(policy[after, action]))
        y_soft = world.reward + weight * soft_maximum(q_soft[after], temperature)
        q_sac, q_soft = q_sac + rate * (y_sac - q_sac), q_soft + rate * (y_soft - q_soft)
    pairs = (q_sac, of_policy), (q_sac, optimal), (q_soft, optimal), (of_policy, optimal)
    own, away, best, between = (np.sqrt(np.mean((q - exact)[going_on] ** 2)) for q, exact in pairs)
    assert max(own, best) < 0.5
    assert abs(away - between) < 0.5
    assert between > 1.4


def test_a_search_finds_the_errors_of_the_critics():
    rng, found = np.random.default_rng(0), {}
    for n_actions in (1, 3, 10, 100):
        said = rng.normal(size=(2, 20_000, n_actions))
        views = said[0], said.mean(axis=0), said.min(axis=0)
        found[n_actions] = [view.max(axis=1).mean() for view in views]
    assert_allclose(found[1], [0.0, 0.0, -0.56], atol=0.01)
    assert_allclose(found[10], [1.54, 1.09, 0.67], atol=0.01)
    for one, mean, smaller in (found[3], found[10], found[100]):
        assert one > mean > smaller > 0


def test_a_gaussian_fits_a_narrow_peak_best():
    fit = fit_policy(hump, [0.05, 0.5, 2.0, 20.0], [0, 300, 1000])
    cold, warm, hot, hotter = fit.kl[1]
    assert cold < 0.0015
    assert 0.09 < warm < 0.15
    assert cold < hot < warm
    assert hotter < 0.02
    assert_allclose(fit.kl[2, :3], fit.kl[1, :3], atol=2e-3)  # no amount of training removes the rest
    assert_allclose(np.tanh(fit.mean[1, 0]), 0.4, atol=0.005)
    assert np.tanh(fit.mean[1, 2]) < 0.15


def test_notes_of_another_policy_will_do():
    rng, temperature = np.random.default_rng(0), 0.2
    state, action = rng.uniform(-1, 1, (2, 2000, 1)).astype(np.float32)
    config = SACConfig(hidden=(64, 64), batch=128, temperature=0.2, warm_up=0, capacity=2000, precision="float32")
    reader = SAC(1, 1, config, seed=0)
    worth = lambda s, a: 1.5 * np.exp(-(((a - 0.6 * s) / 0.35) ** 2))  # noqa: E731
    for s, a in zip(state, action, strict=True):
        reader.replay.add(s, a, worth(s, a).item(), s, True, False)
    for _ in range(500):
        reader.update(reader.replay.sample(128, reader.generator))
    a, there = np.linspace(-0.999, 0.999, 801), np.linspace(-0.9, 0.9, 7)
    log_aim = worth(there[:, None], a) / temperature
    log_aim -= np.log(np.trapezoid(np.exp(log_aim), a))[:, None]
    with torch.no_grad():
        pi = reader.policy(torch.tensor(there[:, None], dtype=torch.float32))
        log_pi = pi.log_prob(torch.tensor(a[:, None, None], dtype=torch.float32)).double().numpy().T
    assert np.trapezoid(np.exp(log_pi) * (log_pi - log_aim), a).mean() < 0.06


class TestTwoPeaks:
    z, weight = np.polynomial.hermite_e.hermegauss(201)
    weight = weight / weight.sum()

    def loss(self, parameters, temperature):
        mean, log_std = parameters
        u = mean + np.exp(log_std) * self.z
        log_gaussian = -0.5 * self.z**2 - log_std - 0.5 * np.log(2 * np.pi)
        log_prob = log_gaussian - 2 * (np.log(2) - u - np.logaddexp(0, -2 * u))
        return self.weight @ (temperature * log_prob - two_peaks(np.tanh(u)))

    def fits(self, temperature):
        """On a peak, and in the middle."""
        options = {"method": "Nelder-Mead", "options": {"xatol": 1e-8, "fatol": 1e-12}}
        return [minimize(self.loss, start, args=(temperature,), **options) for start in ((0.7, -1.5), (0.0, 0.0))]

    def test_the_middle_wins_from_a_temperature_of_028_on(self):
        below, above = self.fits(0.275), self.fits(0.287)
        assert below[0].fun < below[1].fun
        assert above[0].fun > above[1].fun

    def test_a_fit_on_a_peak_stays_there_up_to_038(self):
        assert np.tanh(self.fits(0.38)[0].x[0]) > 0.55
        assert abs(np.tanh(self.fits(0.4)[0].x[0])) < 0.01

    def test_on_a_peak_it_pays_one_bit_and_in_the_middle_it_sits_in_the_valley(self):
        a = np.linspace(-1, 1, 20_001)
        cold = self.fits(0.05)[0]
        kl = cold.fun / 0.05 + np.log(np.trapezoid(np.exp(two_peaks(a) / 0.05), a))
        assert_allclose(kl, np.log(2), atol=0.01)
        assert a[two_peaks(a).argmin()] == pytest.approx(0.0, abs=1e-3)


class TestWithoutTheTerm:
    without, with_it = load("sac/pendulum_temperature_0"), load("sac/pendulum_temperature_0.2")

    def test_what_was_expected(self):
        entropy = self.without.curves["entropy"][:, -1]
        assert len(entropy) == len(self.with_it.seeds) == 5
        assert_allclose([entropy.min(), entropy.max()], [-16.75, -12.73], atol=0.005)
        assert (np.abs(self.with_it.curves["entropy"][:, -1] + 0.9) < 0.15).all()
        ends = [run.curves["return"][:, -1] for run in (self.without, self.with_it)]
        assert_allclose([interquartile_mean(end) for end in ends], [-138, -160], atol=0.5)
        apart = np.abs(ends[0] - ends[1])
        assert np.delete(apart, 3).max() < 6
        assert_allclose([ends[0][3], ends[1][3]], [-53, -211], atol=0.5)

    def test_relapses(self):
        for run, seeds in ((self.without, 4), (self.with_it, 1)):
            steps = np.diff(run.curves["return"][:, 1:], axis=1)  # the first row is of the warm-up
            assert (steps.min(axis=1) < -500).sum() == seeds

    def test_up_after_4000_to_4500_steps(self):
        curves = self.with_it.curves
        first = curves["step"][0][(curves["return"] > -250).argmax(axis=1)]
        assert set(first) == {4000, 4500}


class TestTargetEntropies:
    runs = {target: load(f"sac/pendulum_target_{target:g}").curves for target in TARGET_ENTROPIES}  # noqa: RUF012

    def test_temperatures_lie_in_the_order_of_the_targets(self):
        ends = {target: curves["temperature"][:, -1] for target, curves in self.runs.items()}
        assert all(len(seeds) == 5 for seeds in ends.values())
        middles = [interquartile_mean(seeds) for seeds in ends.values()]
        assert (np.diff(middles) > 0).all()
        assert_allclose(middles[::4], [0.08, 3.4], rtol=0.02)

    @pytest.mark.parametrize("target", TARGET_ENTROPIES)
    def test_the_entropy_meets_its_target_unless_it_is_far_down(self, target):
        entropy = self.runs[target]["entropy"][:, -1]
        if target < -1:
            assert ((entropy > -1.7) & (entropy < -1.25)).all()
            assert (entropy > target + 0.4).all()
        else:
            assert (np.abs(entropy - target) < 0.2).all()

    def test_temperatures_fall_first_and_turn_round_at_0_and_a_half(self):
        for target, curves in self.runs.items():
            temperature = curves["temperature"][:, 1:]  # the first row is of the warm-up
            assert (temperature.min(axis=1) < 0.7).all()
            turned = temperature[:, -1] > 2 * temperature.min(axis=1)
            assert turned.all() if target >= 0 else not turned.any()

    def test_the_coldest_temperature_falls_ever_more_slowly(self):
        falls = -np.diff(np.log(self.runs[-3.0]["temperature"]), axis=1)[:, 1:] / 500  # a step
        assert_allclose(falls[:, 0], 0.0008, atol=0.00005)
        assert_allclose(falls[:, -4:], 0.0003, atol=0.0001)

    def test_returns(self):
        middles = [float(interquartile_mean(curves["return"][:, -1])) for curves in self.runs.values()]
        assert all(-138.5 < middle < -134.5 for middle in middles[:4])
        assert_allclose(middles[4], -194, atol=0.6)
        cold = np.array([self.runs[target]["return"][:, -1] for target in (-3.0, -2.0, -1.0)])
        assert np.ptp(cold, axis=0).max() < 4
        up = [curves["step"][0][(curves["return"] > -250).argmax(axis=1)].mean() for curves in self.runs.values()]
        assert 800 < up[4] - np.mean(up[:4]) < 1400

    def test_relapses(self):
        falls = [np.diff(curves["return"][:, 1:], axis=1).min(axis=1) < -500 for curves in self.runs.values()]
        assert np.sum(falls) == RELAPSED
        assert np.size(falls) == 25


def test_published_figures_stand_in_the_text_as_in_the_figure():
    assert PUBLISHED["HalfCheetah"][0].value == 9059
    assert [line.value for line in PUBLISHED["Hopper"]] == [3388, 1241]


def test_numbers_of_the_folded_answers():
    assert_allclose(-17 * np.log(0.4), 15.6, atol=0.05)
    assert_allclose(
        [0.2 * 15.6, 5 - 0.2 * 15.6, np.exp(-25 / 17), -17 + 15.6, 17 * np.log(2)],
        [3.1, 1.9, 0.23, -1.4, 11.8],
        atol=0.05,
    )
    without = 1 / (1 - 0.99)
    assert_allclose(0.99 * 0.999, 0.989, atol=1e-4)
    assert_allclose(1 - 1 / (1 - 0.99 * 0.999) / without, 0.09, atol=0.01)
    assert_allclose(1 - 1 / (1 - 0.99 * 0.995) / without, 1 / 3, atol=0.01)
