import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp
from scipy.sparse.linalg import splu
from scipy.special import erf

from softopt.control.path_integral import (
    Diffusion,
    LinearQuadratic,
    Slits,
    Targets,
    estimate,
    roll_out,
    symmetry_break,
)

weights = st.floats(0.1, 5.0)


def seeded(seed=0):
    return np.random.default_rng(seed)


def hjb_residual(problem, x, t, state_cost=0.0, pull=0.0, step=1e-3):
    """-J_t - V - a x J_x + J_x^2 / (2 R) - nu J_xx / 2, by central differences of fourth order."""

    def derivative(f, order):
        values = np.array([f(k * step) for k in (-2, -1, 0, 1, 2)])
        stencil = {1: [1, -8, 0, 8, -1], 2: [-1, 16, -30, 16, -1]}[order]
        return np.dot(stencil, values) / (12 * step**order)

    j_t = derivative(lambda h: float(problem.cost_to_go(x, t + h)), 1)
    j_x = derivative(lambda h: float(problem.cost_to_go(x + h, t)), 1)
    j_xx = derivative(lambda h: float(problem.cost_to_go(x + h, t)), 2)
    control = j_x**2 / (2 * problem.control_weight)
    assert float(problem.control(x, t)) == pytest.approx(-j_x / problem.control_weight, rel=1e-6, abs=1e-6)
    return -j_t - state_cost - pull * x * j_x + control - problem.noise / 2 * j_xx


class TestLinearQuadratic:
    @given(weights, weights, st.floats(0, 3), st.floats(0, 5), st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 0.9))
    @settings(max_examples=30, deadline=None)
    def test_solves_the_hjb_equation(self, noise, weight, state, end, pull, x, t):
        problem = LinearQuadratic(noise, weight, state, end, pull)
        residual = hjb_residual(problem, x, t, state * x**2 / 2, pull)
        assert abs(residual) < 1e-5 * (1 + abs(problem.cost_to_go(x, t)))
        assert problem.cost_to_go(x, 1.0) == pytest.approx(end * x**2 / 2)

    @pytest.mark.parametrize("pull", [-1.5, 0.0, 0.8])
    def test_riccati_by_integration(self, pull):
        problem = LinearQuadratic(0.7, 0.4, 1.3, 2.0, pull, end_time=3.0)
        solution = solve_ivp(
            lambda s, p: 1.3 + 2 * pull * p - p**2 / 0.4, (0, 3), [2.0], rtol=1e-11, atol=1e-12, dense_output=True
        )
        for t in [0.0, 1.0, 2.9]:
            assert problem.riccati(t)[0] == pytest.approx(solution.sol(3 - t)[0], rel=1e-8)

    def test_by_hand(self):
        # No state cost, no drift: P = p R / (R + p s), and the constant is (lambda / 2) log(1 + p s / R).
        problem = LinearQuadratic(2.0, 0.5, end_weight=3.0, end_time=2.0)
        assert problem.cost_to_go(1.5, 1.0) == pytest.approx(
            3 * 0.5 / (0.5 + 3) * 1.5**2 / 2 + 0.5 * math.log(1 + 3 / 0.5)
        )
        assert problem.control(1.5, 1.0) == pytest.approx(-3 / (0.5 + 3) * 1.5)

    def test_long_times_reach_the_stationary_controller(self):
        problem = LinearQuadratic(1.0, 0.25, 4.0, 0.0, end_time=1e4)
        assert problem.control(1.0, 0.0) == pytest.approx(-math.sqrt(4 / 0.25))
        assert problem.cost_to_go(0.0, 0.0) == pytest.approx(1e4 * 0.5 * math.sqrt(4 * 0.25), rel=1e-3)

    def test_the_control_does_not_depend_on_the_noise_but_its_price_does(self):
        quiet, loud = (LinearQuadratic(noise, 0.5, 1.0) for noise in (0.1, 3.0))
        assert quiet.control(0.7, 0.2) == loud.control(0.7, 0.2)
        assert loud.cost_to_go(0.7, 0.2) > quiet.cost_to_go(0.7, 0.2)


class TestSampling:
    def test_within_the_interval_of_the_closed_form(self):
        problem = LinearQuadratic(1.0, 0.5, end_weight=2.0)
        # Only the end costs: one step is exact.
        for seed, x in enumerate([-1.0, 0.0, 0.5, 2.0]):
            sample = estimate(problem.problem(), x, [0.0, 1.0], paths=20000, generator=seeded(seed))
            assert abs(sample.cost_to_go - problem.cost_to_go(x, 0.0)) < 4 * sample.cost_error
            assert abs(sample.control[0] - problem.control(x, 0.0)) < 4 * sample.control_error[0]
            assert sample.cost_error < 0.02

    def test_state_costs_against_the_same_time_steps_in_closed_form(self):
        noise, weight, state, end, steps = 1.0, 0.5, 2.0, 1.0, 20
        problem = LinearQuadratic(noise, weight, state, end, pull=-0.5)

        def in_steps(steps):  # Gaussian integrals, one a step
            stiffness, constant, dt = end, 0.0, 1 / steps
            for _ in range(steps):
                constant += noise * weight / 2 * math.log(1 + stiffness * dt / weight)
                stiffness = state * dt + (1 - 0.5 * dt) ** 2 * stiffness / (1 + stiffness * dt / weight)
            return stiffness * 0.8**2 / 2 + constant

        exact = in_steps(steps)
        sample = estimate(problem.problem(), 0.8, np.linspace(0, 1, steps + 1), paths=20000, generator=seeded())
        assert abs(sample.cost_to_go - exact) < 4 * sample.cost_error
        assert in_steps(20000) == pytest.approx(problem.cost_to_go(0.8, 0.0), rel=1e-4)

    def test_any_guide_has_the_same_mean_and_the_optimal_one_no_variance(self):
        exact = LinearQuadratic(1.0, 0.2, end_weight=2.0)
        times = np.linspace(0, 1, 201)
        sizes = []
        for guide in (None, lambda x, t: -x, lambda x, t: exact.control(x, t)):
            sample = estimate(exact.problem(), 1.5, times, paths=2000, generator=seeded(3), guide=guide)
            assert abs(sample.cost_to_go - exact.cost_to_go(1.5, 0.0)) < 4 * sample.cost_error + 0.005
            sizes.append(sample.effective_sample_size / 2000)
        assert sizes[0] < 0.3 < sizes[1] < 0.9 < sizes[2]

    def test_many_dimensions_and_a_gain(self):
        # A position driven through its velocity; the end cost sees the position.
        problem = Diffusion(
            0.3,
            0.7,
            end_cost=lambda x: 2 * x[:, 0] ** 2,
            drift=lambda x, t: np.column_stack([x[:, 1], np.zeros(len(x))]),
            gain=np.array([[0.0], [1.0]]),
        )
        times = np.linspace(0, 1, 51)
        sample = estimate(problem, [1.0, -0.5], times, paths=20000, generator=seeded(1))
        # Passive end position is Gaussian, so the integral is known.
        mean, variance = 1.0 - 0.5, 0.3 * ((1 - times[1:]) ** 2 * 0.02).sum()
        temperature = 0.3 * 0.7
        exact = 2 * mean**2 / (1 + 4 * variance / temperature)
        exact += temperature / 2 * math.log(1 + 4 * variance / temperature)
        assert abs(sample.cost_to_go - exact) < 4 * sample.cost_error
        assert sample.control.shape == (1,)
        assert sample.states.shape == (20000, 51, 2)

    def test_no_path_comes_through(self):
        blocked = Diffusion(1.0, 1.0, end_cost=lambda x: np.full(len(x), np.inf))
        sample = estimate(blocked, 0.0, [0, 1], paths=10, generator=seeded())
        assert sample.cost_to_go == math.inf
        assert sample.effective_sample_size == 0
        assert np.isnan(sample.control).all()

    def test_the_mean_weight_is_unbiased_and_its_logarithm_too_high(self):
        exact = LinearQuadratic(1.0, 0.1, end_weight=2.0)
        costs = np.array(
            [estimate(exact.problem(), 1.0, [0, 1], paths=20, generator=seeded(i)).cost_to_go for i in range(2000)]
        )
        truth, temperature = exact.cost_to_go(1.0, 0.0), exact.temperature
        error = np.exp(-costs / temperature).std() / math.sqrt(2000)
        assert abs(np.exp(-costs / temperature).mean() - math.exp(-truth / temperature)) < 4 * error
        assert costs.mean() - truth > 4 * costs.std() / math.sqrt(2000)


class TestRollOut:
    def test_the_optimal_control_costs_j_and_others_more(self):
        exact = LinearQuadratic(1.0, 0.5, state_weight=1.0, end_weight=2.0)
        times = np.linspace(0, 1, 201)
        means = []
        for gain in (1.0, 0.5, 1.7):
            run = roll_out(
                exact.problem(),
                1.0,
                times,
                paths=4000,
                generator=seeded(2),
                control=lambda x, t, gain=gain: gain * exact.control(x, t),
            )
            total = run.path_cost + run.control_cost
            means.append((total.mean(), total.std() / math.sqrt(4000)))
        assert abs(means[0][0] - exact.cost_to_go(1.0, 0.0)) < 4 * means[0][1] + 0.01
        assert means[1][0] > means[0][0] + 4 * means[1][1]
        assert means[2][0] > means[0][0] + 2 * means[2][1]

    def test_repeatable(self):
        problem = Slits().problem()
        one, other = (roll_out(problem, 0.0, [0, 1, 2], paths=5, generator=seeded(9)) for _ in range(2))
        assert (one.states == other.states).all()


class TestSlits:
    kappen = Slits()

    def psi(self, problem, x, t):
        """The heat kernel times what is left, by quadrature."""
        spread = problem.noise * (problem.slit_time - t)

        def integrand(y):
            later = problem.cost_to_go(y, problem.slit_time) / problem.temperature
            return math.exp(-((y - x) ** 2) / (2 * spread) - later) / math.sqrt(2 * math.pi * spread)

        return sum(quad(integrand, low, high, epsabs=0, epsrel=1e-11)[0] for low, high in problem.slits)

    @given(st.floats(-9, 9), st.floats(0, 0.7), st.floats(0.7, 4), st.floats(0.2, 3))
    @settings(max_examples=25, deadline=None)
    def test_against_quadrature_and_the_hjb_equation(self, x, t, noise, weight):
        problem = Slits(noise=noise, control_weight=weight)
        exact = -problem.temperature * math.log(self.psi(problem, x, t))
        assert float(problem.cost_to_go(x, t)) == pytest.approx(exact, rel=1e-8, abs=1e-8)
        scale = 1 + abs(float(problem.control(x, t))) ** 3
        assert abs(hjb_residual(problem, x, t)) < 1e-5 * scale

    def test_kappens_formula(self):
        """Kappen (2005): nu = 1, R = .1, A = 1/(t1 - t) + 1/(R + tf - t1), B = x / (t1 - t)."""
        problem, r = self.kappen, 0.1
        for t in [0.0, 0.5, 0.9]:
            for x in np.linspace(-10, 10, 9):
                a, b = 1 / (1 - t) + 1 / (r + 1), x / (1 - t)
                erfs = sum(
                    erf(math.sqrt(a / 2) * (high - b / a)) - erf(math.sqrt(a / 2) * (low - b / a))
                    for low, high in problem.slits
                )
                psi = erfs / 2 * math.exp(b**2 / (2 * a) - x**2 / (2 * (1 - t))) / math.sqrt(a * (1 - t))
                psi *= math.sqrt(r / (r + 1))
                if erfs > 1e-8:
                    assert problem.cost_to_go(x, t) == pytest.approx(-0.1 * math.log(psi), rel=1e-6)

    def test_against_a_finite_difference_solution(self):
        problem, errors = Slits(noise=1.5, control_weight=1.0), []
        for points in (4001, 8001):
            # Crank-Nicolson on the linear equation psi_t = -nu psi_xx / 2, smoothed by four implicit half steps.
            x, dt = np.round(np.linspace(-25, 25, points), 10), 1 / 1000
            psi = np.exp(-problem.cost_to_go(x, 1.0) / problem.temperature)
            psi[np.isin(x, problem.slits)] /= 2  # a jump on a grid point
            laplacian = sp.diags_array([1.0, -2.0, 1.0], offsets=[-1, 0, 1], shape=(points, points))
            half = dt / 4 * problem.noise / (x[1] - x[0]) ** 2 * laplacian
            implicit = splu(sp.csc_array(sp.eye_array(points) - half))
            for k in range(1000):
                psi = implicit.solve(implicit.solve(psi) if k < 2 else psi + half @ psi)
            inner = np.abs(x) < 9
            error = -problem.temperature * np.log(psi[inner]) - problem.cost_to_go(x[inner], 0.0)
            errors.append(np.abs(error).max())
        assert errors[1] < 1e-3
        assert errors[1] < errors[0] / 3  # second order in space

    def test_samples_agree_where_they_are_effective(self):
        problem = Slits(noise=4.0, control_weight=2.0)
        for seed, x in enumerate([-6.0, -2.0, 2.0, 5.0]):
            sample = estimate(problem.problem(), x, [0, 1, 2], paths=50000, generator=seeded(seed))
            assert sample.effective_sample_size > 200
            assert abs(sample.cost_to_go - problem.cost_to_go(x, 0.0)) < 4 * sample.cost_error
            assert abs(sample.control[0] - problem.control(x, 0.0)) < 4 * sample.control_error[0]

    def test_one_effective_path_is_sure_of_a_wrong_answer(self):
        # Kappen's own parameters, from the start of his figure: the price of control makes lambda small.
        sample = estimate(self.kappen.problem(), 0.0, [0, 1, 2], paths=50000, generator=seeded())
        assert sample.effective_sample_size < 2
        assert sample.cost_to_go - self.kappen.cost_to_go(0.0, 0.0) > 20 * sample.cost_error

    def test_guided_by_the_closed_form_every_path_counts(self):
        times = np.concatenate([np.linspace(0, 1, 101), np.linspace(1, 2, 101)[1:]])
        options = {"paths": 500, "generator": seeded(4)}
        guided = estimate(self.kappen.problem(), 1.0, times, guide=self.kappen.control, **options)
        passive = estimate(self.kappen.problem(), 1.0, times, **options)
        assert guided.effective_sample_size > 20 * passive.effective_sample_size
        assert abs(guided.cost_to_go - self.kappen.cost_to_go(1.0, 0.0)) < 4 * guided.cost_error + 0.02

    def test_far_out_nothing_under_or_overflows(self):
        x = np.array([-1e3, -50.0, 0.0, 50.0, 1e3])
        for noise in [1e-4, 1.0, 100.0]:
            problem = Slits(noise=noise)
            assert np.isfinite(problem.cost_to_go(x, 0.0)).all()
            assert np.isfinite(problem.control(x, 0.0)).all()
        # Without noise the particle heads straight for the nearest edge.
        assert Slits(noise=1e-6).control(0.0, 0.0) == pytest.approx(-4.0, abs=1e-3)

    def test_curvature_is_the_second_derivative(self):
        h, x = 1e-3, np.linspace(-7, 7, 15)
        j = [self.kappen.cost_to_go(x + k * h, 0.3) for k in (-1, 0, 1)]
        np.testing.assert_allclose(self.kappen.curvature(x, 0.3), (j[0] - 2 * j[1] + j[2]) / h**2, atol=1e-4)

    def test_at_and_after_the_wall(self):
        assert self.kappen.cost_to_go(0.0, 1.0) == math.inf
        assert self.kappen.cost_to_go(-5.0, 1.0) == pytest.approx(
            float(LinearQuadratic(1.0, 0.1, end_time=2.0).cost_to_go(-5.0, 1.0))
        )
        assert self.kappen.control(-5.0, 1.5) == pytest.approx(5 / 0.6)


class TestTargets:
    @given(st.floats(-3, 3), st.floats(0, 1.9), st.floats(0.2, 5), st.floats(0.1, 3))
    @settings(max_examples=30, deadline=None)
    def test_kappens_delayed_choice(self, x, t, noise, weight):
        """Kappen (2005), Phys. Rev. Lett. 95, 200201: J = (R / T)(x^2 / 2 - nu T log 2 cosh(x / (nu T))) + const."""
        problem, left = Targets(noise=noise, control_weight=weight), 2 - t
        assert problem.control(x, t) == pytest.approx((math.tanh(x / (noise * left)) - x) / left, abs=1e-9)

        def published(y):
            return weight / left * (y**2 / 2 - noise * left * np.log(2 * np.cosh(y / (noise * left))))

        difference = problem.cost_to_go(x, t) - problem.cost_to_go(0.0, t)
        assert difference == pytest.approx(published(x) - published(0.0), abs=1e-8)
        assert abs(hjb_residual(problem, x, t)) < 1e-3 * (1 + abs(problem.control(x, t))) ** 3 / min(left, 1) ** 3

    @pytest.mark.parametrize("noise", [0.6, 1.0, 4.0])
    def test_the_symmetry_breaks_when_noise_times_time_left_is_one(self, noise):
        problem = Targets(noise=noise)
        assert symmetry_break(problem, 0.0) == pytest.approx(2 - 1 / noise, abs=1e-9)
        assert symmetry_break(Targets(noise=0.4), 0.0) is None

    def test_narrow_slits_break_like_targets_whatever_the_price_of_control(self):
        # An end weight of zero: only the slits matter.
        for weight in (0.1, 1.0):
            slits = Slits(((-1.001, -0.999), (0.999, 1.001)), 1.0, 2.0, 4.0, weight, 0.0)
            assert symmetry_break(slits, 0.0) == pytest.approx(1 - 1 / 4.0, abs=1e-5)


class TestOneKnob:
    def test_temperature_follows_noise_and_price(self):
        problem = Diffusion(0.5, 3.0, end_cost=lambda x: x[:, 0] ** 2)
        assert problem.temperature == 1.5
        with pytest.raises(AttributeError):
            problem.temperature = 1.0

    @given(weights, weights, st.floats(-8, 8), st.floats(0, 0.9), st.floats(0.1, 10))
    @settings(max_examples=25, deadline=None)
    def test_all_costs_times_c_change_nothing_but_j(self, noise, weight, x, t, c):
        one = Slits(noise=noise, control_weight=weight, end_weight=1.0)
        other = Slits(noise=noise, control_weight=c * weight, end_weight=c)
        assert other.cost_to_go(x, t) == pytest.approx(c * one.cost_to_go(x, t), rel=1e-9)
        assert other.control(x, t) == pytest.approx(float(one.control(x, t)), rel=1e-7, abs=1e-9)

    def test_another_temperature_than_r_nu_gives_another_answer(self):
        exact = LinearQuadratic(1.0, 0.5, end_weight=2.0)
        sample = estimate(exact.problem(), 1.0, [0.0, 1.0], paths=20000, generator=seeded())
        ends = sample.states[:, -1, 0]
        for wrong in (0.25, 1.0):
            cost = -wrong * math.log(np.exp(-(ends**2) / wrong).mean())
            assert abs(cost - exact.cost_to_go(1.0, 0.0)) > 20 * sample.cost_error


class TestAtTheDoor:
    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: Diffusion(0.0, 1.0, end_cost=abs), "noise must be positive"),
            (lambda: Diffusion(1.0, math.inf, end_cost=abs), "control_weight must be positive"),
            (lambda: LinearQuadratic(1.0, 1.0, -1.0), "must not be negative"),
            (lambda: Slits(((1.0, -1.0),)), "increasing order"),
            (lambda: Slits(((-1.0, 1.0), (0.0, 2.0))), "increasing order"),
            (lambda: Slits(slit_time=3.0), "slit_time < end_time"),
            (lambda: Targets(()), "at least one target"),
        ],
    )
    def test_problems(self, make, message):
        with pytest.raises(ValueError, match=message):
            make()

    @pytest.mark.parametrize(
        ("times", "paths", "message"),
        [([0, 2], 5, "jump over 1.0"), ([0, 1, 1], 5, "increase"), ([0], 5, "increase"), ([0, 1, 2], 0, "paths")],
    )
    def test_simulations(self, times, paths, message):
        with pytest.raises(ValueError, match=message):
            roll_out(Slits().problem(), 0.0, times, paths=paths, generator=seeded())
