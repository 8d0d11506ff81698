"""Explorers of notebook 08: exp(A / T) over one action, Gaussians that choose, Stein particles; and their numbers."""

import base64
import re

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import erf
from test_interactive_inference import panel

from softopt.deep.stein_paths import FOUR_PEAKS, nearest_neighbour, stein_paths
from softopt.interactive import Explorer, Slider
from softopt.interactive.energy import ACTIONS, energy_path, explore_energy
from softopt.interactive.gaussian_choice import (
    LEFT,
    MATCHED,
    RIGHT,
    double_well,
    explore_gaussian_choice,
    fit_gaussians,
)
from softopt.interactive.panels import Scatter
from softopt.interactive.stein_particles import explore_stein
from softopt.operators import soft_maximum

WIDE = np.geomspace(1e-3, 1e3, 61)


def two_peaks(a):
    return np.exp(-(((a + 0.6) / 0.15) ** 2)) + 0.9 * np.exp(-(((a - 0.45) / 0.3) ** 2))


def shows_a_picture(explorer):
    data, metadata = explorer._repr_mimebundle_()
    return base64.b64decode(data["image/png"]).startswith(b"\x89PNG") and metadata["image/png"]["alt"]


class TestEnergy:
    path = energy_path(two_peaks, WIDE)

    def test_against_the_closed_form_of_a_gaussian_energy(self):
        centre, width = 0.2, 0.3
        path = energy_path(lambda a: 1.5 - (a - centre) ** 2 / (2 * width**2), WIDE)
        s = width * np.sqrt(WIDE)  # of the Gaussian exp(Q / T), cut off at both walls
        low, high = (-1 - centre) / s, (1 - centre) / s
        mass = (erf(high / np.sqrt(2)) - erf(low / np.sqrt(2))) / 2
        assert_allclose(path.value, 1.5 + WIDE * np.log(np.sqrt(2 * np.pi) * s * mass), rtol=1e-12)
        edge = (high * np.exp(-(high**2) / 2) - low * np.exp(-(low**2) / 2)) / np.sqrt(2 * np.pi)
        assert_allclose(path.mean_q, 1.5 - WIDE * (1 - edge / mass) / 2, rtol=1e-6)
        assert_allclose(path.entropy[0], 0.5 * np.log(2 * np.pi * np.e * s[0] ** 2), rtol=1e-12)
        assert path.peaks.tolist() == [pytest.approx(centre)]
        assert path.valleys.size == 0

    @pytest.mark.parametrize("temperature", [0.02, 0.2, 3.0])
    def test_against_another_quadrature(self, temperature):
        path = energy_path(two_peaks, [temperature])
        (valley,) = path.valleys

        def integral(function, low, high):
            return quad(function, low, high, points=[-0.6, 0.45] if low < -0.6 < high else None, epsabs=1e-13)[0]

        def weight(a):
            return np.exp((two_peaks(a) - 1) / temperature)

        z = integral(weight, -1, valley) + integral(weight, valley, 1)
        assert_allclose(path.value[0], 1 + temperature * np.log(z), rtol=1e-10)
        assert_allclose(path.share[0, 0], integral(weight, -1, valley) / z, rtol=1e-9)
        surprise = integral(lambda a: -weight(a) / z * np.log(weight(a) / z), -1, 1)
        assert_allclose(path.entropy[0], surprise, atol=1e-7)

    def test_value_is_expected_q_and_entropy(self):
        assert_allclose(self.path.value, self.path.mean_q + WIDE * self.path.entropy, rtol=1e-12)

    def test_the_slope_of_the_value_is_the_entropy(self):
        """So V is lowest where the entropy is zero, and it falls while the policy is narrower than one unit."""
        T, step = np.array([0.05, 0.3, 2.0]), 1e-5
        above, below = (energy_path(two_peaks, T + sign * step).value for sign in (1, -1))
        assert_allclose((above - below) / (2 * step), energy_path(two_peaks, T).entropy, rtol=1e-6)
        fine = energy_path(two_peaks, np.linspace(0.1, 0.5, 401))
        assert abs(fine.entropy[fine.value.argmin()]) < 0.01
        assert self.path.value[0] < 1.0

    def test_the_limits_cold_and_hot(self):
        assert_allclose(self.path.value[0], 1.0, atol=0.01)
        assert_allclose(self.path.share[0], [1, 0], atol=1e-12)
        assert_allclose(self.path.entropy[-1], np.log(2), atol=1e-6)
        assert_allclose(self.path.value[-1] - WIDE[-1] * np.log(2), self.path.q.mean(), atol=5e-3)
        (valley,) = self.path.valleys
        assert_allclose(self.path.share[-1], [(valley + 1) / 2, (1 - valley) / 2], atol=1e-3)

    def test_the_lower_but_broader_peak_wins_when_it_is_warm(self):
        """Laplace: the odds of two peaks are exp(ΔQ / T) times the ratio of their widths."""
        path = energy_path(two_peaks, [0.02])
        odds = np.exp((1.0 - 0.9) / 0.02) * 0.15 / (0.3 / np.sqrt(0.9))
        assert_allclose(path.share[0, 0] / path.share[0, 1], odds, rtol=0.02)
        assert energy_path(two_peaks, [0.3]).share[0, 1] > 0.5

    def test_density_is_exp_of_the_advantage_and_needs_no_other_normaliser(self):
        warm = energy_path(two_peaks, [0.05, 0.5])
        assert_allclose(np.trapezoid(warm.density, ACTIONS), 1.0, atol=1e-4)
        assert_allclose(np.log(warm.density), (warm.q - warm.value[:, None]) / [[0.05], [0.5]], atol=1e-12)

    def test_is_the_soft_maximum_of_many_actions_and_the_length_of_each(self):
        a = (np.arange(100_000) + 0.5) / 50_000 - 1
        expected = soft_maximum(two_peaks(a), 0.2) + 0.2 * np.log(2 / a.size)
        assert_allclose(energy_path(two_peaks, [0.2]).value[0], expected, rtol=1e-8)

    def test_sentences_are_true(self):
        explorer = explore_energy(two_peaks)
        path = energy_path(two_peaks, np.geomspace(*[0.02 * np.ptp(two_peaks(ACTIONS)) * f for f in (1, 100)], 61))
        for f, sentence in enumerate(explorer.spec["sentences"]):
            said = re.search(
                r"has (\S+) percent at a = −0.60 and (\S+) percent at a = 0.45; V is (\S+) and the entropy (\S+) nats",
                sentence,
            )
            numbers = [float(text.replace("−", "-")) for text in said.groups()]
            found = [*(100 * path.share[f]), path.value[f], path.entropy[f]]
            assert_allclose(numbers, found, atol=0.06)
        assert shows_a_picture(explorer).count("percent at") == 6
        assert len(explorer.spec["sliders"][0]["labels"]) == 61

    def test_one_peak_none_and_three(self):
        assert energy_path(lambda a: np.zeros_like(a), [1.0]).share.tolist() == [[pytest.approx(1.0)]]
        assert energy_path(lambda a: -a, [1.0]).peaks.tolist() == [-1.0]
        three = energy_path(lambda a: np.cos(3 * np.pi * a), [0.1, 1.0])
        assert three.share.shape == (2, 3)
        assert_allclose(three.share.sum(axis=1), 1.0)
        assert "percent" in explore_energy(lambda a: np.cos(3 * np.pi * a)).sentence

    @pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
    def test_says_what_is_wrong_with_a_temperature(self, bad):
        with pytest.raises(ValueError, match="positive, finite"):
            energy_path(two_peaks, [bad])

    def test_says_what_is_wrong_with_a_q(self):
        with pytest.raises(ValueError, match="one finite number for each"):
            energy_path(lambda a: np.where(a > 0, np.inf, 0.0), [1.0])


class TestGaussianChoice:
    leads, temperatures = np.linspace(-0.4, 0.4, 5), np.array([0.1, 0.3, 0.6, 0.64, 0.7, 1.2])
    choice = fit_gaussians(leads, temperatures)

    def kl_by_hand(self, mean, width, f, g):
        """Both divergences on a line that is wide enough for the widest Gaussian."""
        a = np.linspace(-8, 8, 16_001)
        log_pi = -(((a - mean) / width) ** 2) / 2 - np.log(width * np.sqrt(2 * np.pi))
        log_p = double_well(a, self.leads[f]) / self.temperatures[g]
        log_p -= np.log(np.trapezoid(np.exp(log_p), a))
        return tuple(np.trapezoid(np.exp(x) * (x - y), a) for x, y in ((log_pi, log_p), (log_p, log_pi)))

    @pytest.mark.parametrize(("f", "g"), [(0, 1), (2, 0), (3, 2), (4, 5)])
    def test_divergences_by_another_quadrature(self, f, g):
        for k in (LEFT, RIGHT, MATCHED):
            reverse, forward = self.kl_by_hand(self.choice.mean[k, f, g], self.choice.width[k, f, g], f, g)
            assert_allclose(self.choice.reverse[k, f, g], reverse, rtol=1e-7)
            assert_allclose(self.choice.forward[k, f, g], forward, rtol=1e-7)

    @pytest.mark.parametrize(("f", "g"), [(0, 1), (2, 0), (3, 2), (4, 5)])
    def test_each_fit_beats_its_neighbours(self, f, g):
        for k, which in ((LEFT, 0), (RIGHT, 0), (MATCHED, 1)):
            mean, width = self.choice.mean[k, f, g], self.choice.width[k, f, g]
            here = self.kl_by_hand(mean, width, f, g)[which]
            for move in ((0.02, 1), (-0.02, 1), (0, 1.03), (0, 0.97)):
                assert self.kl_by_hand(mean + move[0], width * move[1], f, g)[which] > here

    def test_matched_moments_have_the_lowest_forward_divergence(self):
        assert (self.choice.forward[MATCHED] <= self.choice.forward[:2].min(axis=0) + 1e-12).all()
        assert (self.choice.reverse[:2].min(axis=0) <= self.choice.reverse[MATCHED]).all()

    def test_on_the_double_well_the_choice_ends_at_two_thirds_of_its_depth(self):
        """By hand: away from 0 the slopes vanish at mean² = 1 − 3 s² and 24 s⁴ − 8 s² + T = 0, real up to T = 2/3."""
        even = self.choice.mean[:2, 2]
        assert self.choice.one[2].tolist() == (self.temperatures > 2 / 3).tolist()
        for T, mean, width in zip(self.temperatures[:4], even[RIGHT], self.choice.width[RIGHT, 2], strict=False):
            s2 = (1 - np.sqrt(1 - 1.5 * T)) / 6
            assert_allclose([mean, width], [np.sqrt(1 - 3 * s2), np.sqrt(s2)], rtol=1e-8)
        assert_allclose(even[:, 4:], 0.0, atol=1e-8)
        s2 = (4 + np.sqrt(16 + 48 * 1.2)) / 24  # the fit in the middle: 12 s⁴ − 4 s² − T = 0
        assert_allclose(self.choice.width[LEFT, 2, 5], np.sqrt(s2), rtol=1e-8)

    def test_the_fit_in_the_middle_is_a_local_minimum_too_however_cold(self):
        """A third one: two starts do not find it, a start that is wide and in the middle does."""
        T = 0.1

        def loss(parameters):
            m, s2 = parameters[0], np.exp(2 * parameters[1])
            return (m**4 + 6 * m**2 * s2 + 3 * s2**2 - 2 * m**2 - 2 * s2 + 1) / T - parameters[1]

        found = minimize(loss, [0.1, np.log(0.7)], method="BFGS")
        assert_allclose(found.x, [0, 0.5 * np.log((4 + np.sqrt(16 + 48 * T)) / 24)], atol=1e-4)
        peak = [self.choice.mean[RIGHT, 2, 0], np.log(self.choice.width[RIGHT, 2, 0])]
        assert loss(peak) < found.fun - 1

    def test_cold_it_costs_minus_log_of_the_share_and_the_higher_peak_wins_by_the_lead_over_t(self):
        lead, T = np.array([0.1]), np.array([0.05])
        cold = fit_gaussians(lead, T)
        shares = np.array([1 - cold.right[0, 0], cold.right[0, 0]])
        assert_allclose(cold.reverse[:2, 0, 0], -np.log(shares), atol=0.02)
        assert_allclose(cold.reverse[LEFT, 0, 0] - cold.reverse[RIGHT, 0, 0], lead[0] / T[0], atol=0.05)

    def test_is_symmetric(self):
        assert_allclose(self.choice.mean[LEFT], -self.choice.mean[RIGHT, ::-1], atol=1e-9)
        assert_allclose(self.choice.aim, self.choice.aim[::-1, :, ::-1], rtol=1e-9)

    def test_explorer(self):
        explorer = explore_gaussian_choice(self.choice)
        said = np.array(explorer.spec["sentences"]).reshape(5, 6)
        assert "equally near to p" in said[2, 0]
        assert "both starts end at 0.00" in said[2, 5]
        nearer = re.search(r"the one started right at 0\.\d\d, (\S+) nats nearer to p", said[4, 1])
        expected = self.choice.reverse[LEFT, 4, 1] - self.choice.reverse[RIGHT, 4, 1]
        assert_allclose(float(nearer[1]), expected, rtol=0.06)
        assert panel(explorer, "Bars")["groups"]["KL(π ‖ p)"].shape == (5, 6, 3)
        assert shows_a_picture(explorer) == explorer.sentence
        valley = re.search(r"put (\d+) percent between −0.5 and 0.5, where p has (\d+)", said[2, 1])
        assert int(valley[1]) > 5 * int(valley[2])


class TestStein:
    paths = stein_paths()

    def test_without_repulsion_all_end_on_the_peaks(self):
        """Slower than plain ascent where several peaks hold some: the kernel averages over all of them."""
        assert self.paths.spread[-1, 0] < 0.2
        assert self.paths.apart[-1, 0] < 0.2 * self.paths.apart[0, 0]
        alone = stein_paths(start=(1.0, 1.0), spread=0.3, weights=[0.0])
        assert_allclose(alone.particles[-1, 0], np.ones((60, 2)), atol=1e-3)

    def test_with_it_they_spread_as_exact_draws_do(self):
        assert 0.9 < self.paths.spread[-1, -1] < 1.05
        assert (self.paths.held[-1, -1] > 0).all()
        # More regular than chance: draws that do not know of each other come closer.
        assert self.paths.apart[-1, -1] > 1.1 * self.paths.exact_apart[0, 0]

    def test_the_weight_of_the_repulsion_is_a_temperature(self):
        assert_allclose(self.paths.spread[-1, 1:], np.sqrt(self.paths.weights[1:]), atol=0.06)

    def test_scaled_repulsion_is_the_direction_at_another_temperature(self):
        """w (slope / w + push) = slope + w push, so steps w times as long follow exp(Q / (w T))."""
        w, rate = 0.5, 0.02
        weighted = stein_paths(steps=[0, 5], weights=[w], rate=rate)

        class Colder(type(FOUR_PEAKS)):
            def score(self, actions):
                return super().score(actions) / w

        colder = Colder(FOUR_PEAKS.centres, FOUR_PEAKS.weights, FOUR_PEAKS.width)
        other = stein_paths(colder, steps=[0, 5], weights=[1.0], rate=rate * w)
        assert_allclose(weighted.particles, other.particles, atol=1e-12)

    def test_repulsion_does_not_carry_across_a_valley(self):
        """The start says which peaks are found, and how many particles each gets; their weights hardly do."""
        one = stein_paths(start=(1.0, 1.0), spread=0.2, weights=[1.0])
        assert one.held[-1, 0].tolist() == [1.0, 0.0, 0.0, 0.0]
        assert self.paths.held[-1, -1, 3] > 1.5 * FOUR_PEAKS.weights[3]

    def test_score_is_the_slope_of_the_log_density(self):
        import torch

        at = np.random.default_rng(0).normal(size=(7, 2))
        step = 1e-6 * np.eye(2)
        slope = [(FOUR_PEAKS.log_density(at + h) - FOUR_PEAKS.log_density(at - h)) / 2e-6 for h in step]
        assert_allclose(FOUR_PEAKS.score(torch.as_tensor(at)).numpy(), np.stack(slope, axis=-1), atol=1e-6)

    def test_exact_draws_have_the_shares_and_the_width(self):
        draws = FOUR_PEAKS.draw(40_000, np.random.default_rng(0))
        which, apart = FOUR_PEAKS.nearest(draws)
        assert_allclose(np.bincount(which) / 40_000, FOUR_PEAKS.weights, atol=0.01)
        assert_allclose(np.sqrt(np.square(apart).mean()), 0.3 * np.sqrt(2), rtol=0.02)

    def test_nearest_neighbour_by_hand(self):
        assert nearest_neighbour(np.array([[0.0, 0.0], [0.0, 1.0], [3.0, 1.0]])) == pytest.approx((1 + 1 + 3) / 3)

    def test_explorer(self):
        explorer = explore_stein(self.paths)
        said = np.array(explorer.spec["sentences"]).reshape(len(self.paths.steps), 6)
        assert said[-1, 0].startswith("After 400 steps with the repulsion weighted 0, 4 of 4 peaks hold particles;")
        spread = re.search(r"from the peak is (\S+) times", said[-1, -1])
        assert_allclose(float(spread[1]), self.paths.spread[-1, -1], atol=0.006)
        assert panel(explorer, "Scatter")["points"].shape == self.paths.particles.shape
        assert "0.95" in shows_a_picture(explorer)


class TestScatter:
    slider = Slider("step", [0, 1, 2])
    options = {"extent": (-1, 1, -2, 2), "x_label": "x", "y_label": "y"}  # noqa: RUF012

    def shown(self, points, background, **changes):
        scatter = Scatter("s", points, background, **{**self.options, **changes})
        return Explorer([self.slider], [[scatter]], ["a", "b", "c"], name="n")

    @pytest.mark.parametrize(("background", "moving"), [(np.eye(4), False), (np.ones((3, 4, 5)), True)])
    def test_what_is_sent(self, background, moving):
        points = np.arange(12.0).reshape(3, 2, 2)
        sent = panel(self.shown(points, background), "Scatter")
        np.testing.assert_array_equal(sent["points"], points)
        np.testing.assert_array_equal(sent["value"], background)
        assert (sent["count"], sent["moving"], sent["shape"]) == (2, moving, list(background.shape[-2:]))
        assert len(sent["palette"]) == 256

    @pytest.mark.parametrize(
        ("points", "background", "changes", "said"),
        [
            (np.ones((2, 5, 2)), np.eye(3), {}, r"points of 's' must have shape \(3, any, 2\)"),
            (np.ones((3, 5, 3)), np.eye(3), {}, r"points of 's' must have shape \(3, any, 2\)"),
            (np.ones((3, 5, 2)), np.ones((2, 4, 4)), {}, r"background of 's' must have shape \(3, any, any\)"),
            (np.ones((3, 5, 2)), np.eye(3), {"extent": (1, 1, 0, 2)}, r"\(left, right, bottom, top\)"),
        ],
    )
    def test_says_what_is_wrong(self, points, background, changes, said):
        with pytest.raises(ValueError, match=said):
            self.shown(points, background, **changes)
