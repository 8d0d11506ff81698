import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import solve_discrete_are

from softopt.control.motor import (
    GaussianPolicy,
    LinearGaussian,
    expected_cost,
    moments,
    reaching,
    redundant_pair,
    simulate,
    soft_linear_quadratic,
)


def random_problem(seed, horizon=4, n=3, m=2, signal=True, prior=False):
    generator = np.random.default_rng(seed)
    roots = generator.normal(size=(horizon + 1, n, n))
    return LinearGaussian(
        generator.normal(size=(n, n)) * 0.6,
        generator.normal(size=(n, m)),
        roots @ roots.transpose(0, 2, 1),
        np.diag(generator.uniform(0.1, 1.0, m)),
        noise=0.1 * np.eye(n),
        signal_noise=0.3 * generator.normal(size=(2, n, m)) if signal else None,
        prior_covariance=np.diag(generator.uniform(0.5, 2.0, m)) if prior else None,
    )


class TestSoftLinearQuadratic:
    @pytest.mark.parametrize("prior", [None, 0.8])
    @pytest.mark.parametrize("temperature", [0.05, 1.0, 30.0])
    def test_one_step_by_brute_force(self, temperature, prior):
        # x' = .9 x + 2 u (1 + .5 e) + w, end cost 3 x'^2, control cost .4 u^2: integrate over a grid of u.
        problem = LinearGaussian(
            [[0.9]],
            [[2.0]],
            [[[1.5]], [[3.0]]],
            [[0.4]],
            noise=[[0.2]],
            signal_noise=[[[1.0]]],
            prior_covariance=None if prior is None else [[prior]],
        )
        x, u = 0.7, np.linspace(-60, 60, 400001)
        cost = 1.5 * x**2 + 0.4 * u**2 + 3 * ((0.9 * x + 2 * u) ** 2 + u**2 + 0.2)
        density = 1.0 if prior is None else np.exp(-(u**2) / (2 * prior)) / math.sqrt(2 * math.pi * prior)
        weight = density * np.exp(-(cost - cost.min()) / temperature)
        total = weight.sum() * (u[1] - u[0])
        policy = soft_linear_quadratic(problem, temperature)
        assert policy.cost_to_go([x]) == pytest.approx(cost.min() - temperature * math.log(total), rel=1e-9)
        mean = (weight * u).sum() / weight.sum()
        assert -policy.gain[0, 0, 0] * x == pytest.approx(mean, rel=1e-9)
        assert policy.covariance[0, 0, 0] == pytest.approx((weight * (u - mean) ** 2).sum() / weight.sum(), rel=1e-9)

    @given(st.integers(0, 10**6), st.floats(-4, 2).map(lambda exponent: 10.0**exponent), st.booleans())
    @settings(max_examples=30, deadline=None)
    def test_value_is_expected_cost_less_entropy(self, seed, temperature, prior):
        problem = random_problem(seed, prior=prior)
        policy = soft_linear_quadratic(problem, temperature)
        x = np.random.default_rng(seed).normal(size=3)
        means, covariances = moments(problem, policy, x)
        extra = 0.0
        for t in range(problem.horizon):
            spread, gain = policy.covariance[t], policy.gain[t]
            if not prior:
                extra -= 0.5 * np.linalg.slogdet(2 * math.pi * math.e * spread)[1]
            else:
                power = spread + gain @ (covariances[t] + np.outer(means[t], means[t])) @ gain.T
                ratio = np.linalg.solve(problem.prior_covariance, np.eye(2))
                extra += 0.5 * (np.trace(ratio @ power) - 2 - np.linalg.slogdet(ratio @ spread)[1])
        value = expected_cost(problem, policy, x) + temperature * extra
        assert policy.cost_to_go(x) == pytest.approx(value, rel=1e-9, abs=1e-9)

    @given(st.integers(0, 10**6), st.floats(-3, 1).map(lambda exponent: 10.0**exponent))
    @settings(max_examples=30, deadline=None)
    def test_equipartition(self, seed, temperature):
        # Each dimension of control adds T / 2 of expected cost a step, whatever the problem: k T / 2 of physics.
        problem = random_problem(seed)
        x = np.random.default_rng(seed).normal(size=3)
        hard = expected_cost(problem, soft_linear_quadratic(problem, 0.0), x)
        soft = expected_cost(problem, soft_linear_quadratic(problem, temperature), x)
        assert soft - hard == pytest.approx(temperature / 2 * 2 * problem.horizon, rel=1e-6, abs=1e-9 * hard)

    @given(st.integers(0, 10**6))
    @settings(max_examples=20, deadline=None)
    def test_no_other_gain_is_better(self, seed):
        problem, generator = random_problem(seed), np.random.default_rng(seed)
        best = soft_linear_quadratic(problem, 0.0)
        other = GaussianPolicy(
            best.gain + 0.1 * generator.normal(size=best.gain.shape),
            best.covariance,
            best.cost_matrix,
            best.cost_constant,
        )
        x = generator.normal(size=3)
        assert expected_cost(problem, other, x) >= expected_cost(problem, best, x) - 1e-9
        assert expected_cost(problem, best, x) == pytest.approx(float(best.cost_to_go(x)))

    def test_cold_and_long_is_the_textbook_regulator(self):
        a, b = np.array([[1.0, 0.1], [0.0, 1.0]]), np.array([[0.0], [0.1]])
        q, r = np.diag([1.0, 0.1]), np.array([[0.01]])
        stationary = solve_discrete_are(a, b, q, r)
        problem = LinearGaussian(a, b, np.repeat(q[None], 501, axis=0), r)
        policy = soft_linear_quadratic(problem, 0.0)
        np.testing.assert_allclose(policy.cost_matrix[0], stationary, rtol=1e-9)
        np.testing.assert_allclose(
            policy.gain[0], np.linalg.solve(r + b.T @ stationary @ b, b.T @ stationary @ a), rtol=1e-9
        )
        assert (policy.covariance == 0).all()
        # Without a prior the temperature changes the noise, not the aim.
        np.testing.assert_array_equal(soft_linear_quadratic(problem, 5.0).gain, policy.gain)

    def test_plain_noise_is_the_limit_of_signal_noise(self):
        plain = random_problem(4, signal=False)
        quiet = LinearGaussian(
            plain.dynamics,
            plain.input,
            plain.state_cost,
            plain.control_cost,
            noise=plain.noise,
            signal_noise=np.zeros((2, 3, 2)),
        )
        for field in ("gain", "covariance", "cost_matrix", "cost_constant"):
            one, other = (getattr(soft_linear_quadratic(p, 0.5), field) for p in (plain, quiet))
            np.testing.assert_array_equal(one, other)
        # Plain noise changes no gain; signal-dependent noise makes every gain of this chain smaller.
        scalar = [
            soft_linear_quadratic(
                LinearGaussian([[1.0]], [[1.0]], np.ones((6, 1, 1)), [[0.1]], noise=[[w]], signal_noise=[[[c]]]), 0.0
            ).gain
            for w, c in [(0.0, 0.0), (2.0, 0.0), (0.0, 0.7)]
        ]
        np.testing.assert_array_equal(scalar[0], scalar[1])
        assert (scalar[2] < scalar[0]).all()

    def test_a_prior_alone_prices_control_as_kappen_does(self):
        # No control cost but KL to N(0, nu): the aim is that of R = T / (2 nu), that is lambda = R nu with halves.
        q, nu, temperature = np.ones((4, 1, 1)), 0.5, 0.3
        free = LinearGaussian([[1.1]], [[1.0]], q, [[0.0]], prior_covariance=[[nu]])
        priced = LinearGaussian([[1.1]], [[1.0]], q, [[temperature / (2 * nu)]])
        np.testing.assert_allclose(
            soft_linear_quadratic(free, temperature).gain, soft_linear_quadratic(priced, 0.0).gain, rtol=1e-12
        )

    @pytest.mark.parametrize("temperature", [1e-6, 1e6])
    def test_extreme_temperatures(self, temperature):
        for prior in (False, True):
            policy = soft_linear_quadratic(random_problem(1, prior=prior), temperature)
            assert np.isfinite(policy.cost_constant).all()
            assert np.isfinite(policy.gain).all()
        hot = soft_linear_quadratic(random_problem(1, prior=True), 1e9)
        np.testing.assert_allclose(
            hot.covariance[0], random_problem(1, prior=True).prior_covariance, rtol=1e-6, atol=1e-8
        )


class TestMoments:
    @pytest.mark.parametrize("temperature", [0.0, 0.5])
    def test_simulation_agrees(self, temperature):
        problem = random_problem(6)
        policy = soft_linear_quadratic(problem, temperature)
        trials, start = 40000, np.array([1.0, -0.5, 0.3])
        states, controls = simulate(problem, policy, start, trials=trials, generator=np.random.default_rng(0))
        means, covariances = moments(problem, policy, start)
        for t in range(1, problem.horizon + 1):
            deviation = np.sqrt(np.diag(covariances[t]))
            assert np.abs((states[:, t].mean(axis=0) - means[t]) / deviation).max() < 4.5 / math.sqrt(trials)
            centred = states[:, t] - means[t]
            products = np.einsum("qi,qj->qij", centred, centred)
            error = products.std(axis=0) / math.sqrt(trials)
            assert (np.abs(products.mean(axis=0) - covariances[t]) < 4.5 * error).all()
        cost = np.einsum("qti,tij,qtj->q", states, problem.state_cost, states)
        cost += np.einsum("qti,ij,qtj->q", controls, problem.control_cost, controls)
        exact = expected_cost(problem, policy, start)
        assert abs(cost.mean() - exact) < 4.5 * cost.std() / math.sqrt(trials)

    def test_an_uncertain_start(self):
        problem, start = random_problem(7), 0.3 * np.eye(3)
        policy = soft_linear_quadratic(problem, 0.0)
        # E x' S x + s = trace(S cov) + s around a mean of zero
        exact = np.trace(policy.cost_matrix[0] @ start) + policy.cost_constant[0]
        assert expected_cost(problem, policy, np.zeros(3), start) == pytest.approx(exact)

    def test_repeatable(self):
        problem = random_problem(2)
        policy = soft_linear_quadratic(problem, 0.1)
        one, other = (
            simulate(problem, policy, np.ones(3), trials=3, generator=np.random.default_rng(5)) for _ in range(2)
        )
        assert (one[0] == other[0]).all()
        assert one[1].shape == (3, 4, 2)


class TestMinimalIntervention:
    @pytest.mark.parametrize(("effort", "noise", "decay"), [(0.01, 0.0, 1.0), (0.1, 0.5, 0.9), (2.0, 1.5, 1.2)])
    def test_todorov_and_jordan_in_closed_form(self, effort, noise, decay):
        """Todorov and Jordan (2002): u_1 = u_2 = (X - a (x_1 + x_2)) / (2 + r + sigma^2)."""
        problem = redundant_pair(3.0, effort=effort, signal_noise=noise, decay=decay)
        policy = soft_linear_quadratic(problem, 0.0)
        for x in [(0.0, 0.0), (1.0, 2.0), (5.0, -5.0)]:
            control = -policy.gain[0] @ [*x, 1.0]
            expected = (3.0 - decay * sum(x)) / (2 + effort + noise**2)
            np.testing.assert_allclose(control, expected, atol=1e-12)

    def test_variance_piles_up_where_the_task_does_not_care(self):
        steps, noise = 20, 0.1
        problem = redundant_pair(1.0, steps=steps, noise=noise, effort=1e-4)
        policy = soft_linear_quadratic(problem, 0.0)
        _, covariances = moments(problem, policy, [0.0, 0.0, 1.0])
        sum_, difference = np.array([1, 1, 0]) / math.sqrt(2), np.array([1, -1, 0]) / math.sqrt(2)
        # Nobody touches the difference: a plain random walk. The sum keeps little more than the last step's noise.
        assert difference @ covariances[-1] @ difference == pytest.approx(steps * noise**2)
        assert sum_ @ covariances[-1] @ sum_ < 1.001 * noise**2
        # Holding each effector on a path of its own costs more effort and leaves more error in the sum.
        own = np.zeros((steps + 1, 3, 3))
        own[-1] = np.diag([1.0, 1.0, 0.5])
        own[-1, :2, 2] = own[-1, 2, :2] = -0.5
        separate = soft_linear_quadratic(
            LinearGaussian(problem.dynamics, problem.input, own, problem.control_cost, noise=problem.noise), 0.0
        )
        best, desired = (expected_cost(problem, p, [0.0, 0.0, 1.0]) for p in (policy, separate))
        assert desired > best

    def test_the_soft_policy_explores_there_too(self):
        # In the last step H = r I + (1 1; 1 1): eigenvalues r and r + 2.
        problem = redundant_pair(0.0, effort=0.01)
        spread = soft_linear_quadratic(problem, 0.1).covariance[0]
        np.testing.assert_allclose(np.linalg.eigvalsh(spread), [0.05 / 2.01, 0.05 / 0.01])

    def test_via_points_are_the_narrow_places(self):
        task = reaching()
        policy = soft_linear_quadratic(task.problem, 0.0)
        means, covariances = moments(task.problem, policy, task.start)
        deviation = np.sqrt(covariances[:, 0, 0] + covariances[:, 1, 1])
        narrow = deviation[list(task.via_steps)]
        edges = (0, *task.via_steps)
        wide = [deviation[a:b].max() for a, b in itertools.pairwise(edges)]
        assert (np.array(wide[:2]) > 2.5 * narrow[:2]).all()
        # On time, on the points, at rest.
        np.testing.assert_allclose(means[list(task.via_steps), :2], task.points, atol=2e-3)
        assert np.abs(means[-1, 2:4]).max() < 0.05
        assert (narrow < 0.002).all()

    def test_reaching_without_noise_repeats_itself(self):
        task = reaching(signal_noise=0.0, points=((0.2, 0.1),), times=(0.5,), start=(0.05, 0.0))
        policy = soft_linear_quadratic(task.problem, 0.0)
        states, _ = simulate(task.problem, policy, task.start, trials=3, generator=np.random.default_rng(0))
        # A product of matrices may round its rows differently: the same path, to the last digits.
        assert np.ptp(states, axis=0).max() < 1e-13
        assert task.times[-1] == pytest.approx(0.5)
        # One straight line with one peak of speed.
        speed = np.hypot(states[0, 2:, 2], states[0, 2:, 3])
        assert (np.diff(np.sign(np.diff(speed))) != 0).sum() == 1
        along_x, along_y = (states[0, :, :2] - [0.05, 0.0]).T
        np.testing.assert_allclose(0.1 * along_x, 0.15 * along_y, atol=1e-12)


GOOD = {
    "dynamics": np.eye(2),
    "input": np.ones((2, 1)),
    "state_cost": np.ones((3, 1, 1)) * np.eye(2),
    "control_cost": [[1.0]],
}


class TestAtTheDoor:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"dynamics": np.eye(3)}, r"dynamics has shape \(2, 2\)"),
            ({"input": np.ones(2)}, "input"),
            ({"state_cost": np.eye(2)}, r"\(H \+ 1, n, n\)"),
            ({"state_cost": -np.ones((3, 1, 1)) * np.eye(2)}, "semi-definite"),
            ({"state_cost": np.ones((3, 1, 1)) * np.array([[1.0, 0.5], [0.0, 1.0]])}, "symmetric"),
            ({"control_cost": [[0.0]]}, "control_cost must be positive definite"),
            ({"noise": np.diag([1.0, -1.0])}, "noise must be positive semi-definite"),
            ({"signal_noise": np.ones((2, 1, 2))}, r"signal_noise has shape \(2, 2, 1\)"),
            ({"prior_covariance": [[math.nan]]}, "NaN"),
        ],
    )
    def test_problem(self, change, message):
        with pytest.raises(ValueError, match=message):
            LinearGaussian(**{**GOOD, **change})

    def test_temperature_trials_and_points(self):
        problem = LinearGaussian(**GOOD)
        for temperature in (-1.0, math.nan, math.inf):
            with pytest.raises(ValueError, match="temperature"):
                soft_linear_quadratic(problem, temperature)
        with pytest.raises(ValueError, match="trials"):
            simulate(problem, soft_linear_quadratic(problem, 0.0), [0, 0], trials=0, generator=np.random.default_rng())
        with pytest.raises(ValueError, match="increasing"):
            reaching(((0.1, 0.0), (0.2, 0.0)), (0.5, 0.4))
