"""The squashed Gaussian: its density against quadrature and high precision, its draws against its density."""

import gymnasium
import mpmath
import numpy as np
import pytest
from gymnasium.wrappers import RescaleAction
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.stats import kstest, norm

torch = pytest.importorskip("torch")

from softopt.deep import SquashedGaussian  # noqa: E402
from softopt.deep.networks import LOG_STD  # noqa: E402
from softopt.deep.squashed_gaussian import log_slope  # noqa: E402

MEANS, LOG_STDS = st.floats(-5, 5), st.floats(-4, 2)


def squashed(mean, log_std, dtype=torch.float64):
    return SquashedGaussian(torch.tensor(mean, dtype=dtype), torch.tensor(log_std, dtype=dtype))


def exact_log_prob(u, mean, log_std):
    """log N(u) - log(1 - tanh(u)^2) with 60 digits, for one coordinate."""
    with mpmath.workdps(60):
        u, mean, std = mpmath.mpf(u), mpmath.mpf(mean), mpmath.exp(mpmath.mpf(log_std))
        log_gaussian = -(((u - mean) / std) ** 2) / 2 - mpmath.log(std) - mpmath.log(2 * mpmath.pi) / 2
        return float(log_gaussian - mpmath.log(1 - mpmath.tanh(u) ** 2))


class TestLogProb:
    @pytest.mark.parametrize(("mean", "log_std"), [(0.0, 0.0), (0.8, -1.0), (-1.5, -0.5), (0.3, 0.2), (2.0, -2.0)])
    def test_the_density_integrates_to_one(self, mean, log_std):
        policy = squashed([mean], [log_std])

        def density(a):
            return policy.log_prob(torch.tensor([a], dtype=torch.float64)).exp().item()

        total, _ = quad(density, -1, 1, points=[np.tanh(mean)], limit=200, epsabs=1e-8)
        assert total == pytest.approx(1, abs=1e-6)

    @given(mean=MEANS, log_std=LOG_STDS, u=st.floats(-7, 7))
    @settings(max_examples=200, deadline=None)
    def test_is_the_change_of_variables(self, mean, log_std, u):
        a = torch.tanh(torch.tensor([u], dtype=torch.float64))
        with mpmath.workdps(60):  # the u that the rounded action stands for
            exact = exact_log_prob(mpmath.atanh(mpmath.mpf(a.item())), mean, log_std)
        assert_allclose(squashed([mean], [log_std]).log_prob(a).item(), exact, rtol=1e-8, atol=1e-8)

    def test_is_summed_over_the_coordinates(self):
        policy = squashed([[0.1, -0.2, 0.3]] * 2, [[-1.0, 0.0, 0.5]] * 2)
        action = torch.tensor([[0.5, -0.1, 0.9], [-0.5, 0.1, 0.0]], dtype=torch.float64)
        found = policy.log_prob(action)
        assert found.shape == (2,)
        for row in range(2):
            before, mean, log_std = np.arctanh(action[row].numpy()), policy._mean[row], policy.log_std[row]
            one = sum(exact_log_prob(before[i].item(), mean[i].item(), log_std[i].item()) for i in range(3))
            assert_allclose(found[row].item(), one, rtol=1e-10)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
    @pytest.mark.parametrize("action", [1.0, -1.0, 1 - 2**-24, -1 + 2**-24])
    def test_is_finite_at_the_edges_and_so_is_its_gradient(self, action, dtype):
        mean = torch.tensor([0.3], dtype=dtype, requires_grad=True)
        log_std = torch.tensor([-0.2], dtype=dtype, requires_grad=True)
        found = SquashedGaussian(mean, log_std).log_prob(torch.tensor([action], dtype=dtype))
        found.backward()
        assert all(torch.isfinite(x).all() for x in (found, mean.grad, log_std.grad))

    def test_in_float32_it_is_that_of_float64_as_far_as_the_action_tells(self):
        u = torch.linspace(-6, 6, 101)[:, None]
        a = torch.tanh(u)
        single = squashed([0.5], [0.0], torch.float32).log_prob(a)
        double = squashed([0.5], [0.0]).log_prob(a.double())
        assert_allclose(single, double, atol=0.05, rtol=0.05)
        assert_allclose(single[25:-25], double[25:-25], atol=1e-4)  # |u| < 3


class TestDraws:
    @given(mean=MEANS, log_std=LOG_STDS, seed=st.integers(0, 1000))
    @settings(max_examples=100, deadline=None)
    def test_log_probability_of_a_draw_is_exact_wherever_it_fell(self, mean, log_std, seed):
        generator = torch.Generator().manual_seed(seed)
        noise = torch.empty(1, dtype=torch.float64).normal_(generator=torch.Generator().manual_seed(seed)).item()
        action, log_prob = squashed([mean], [log_std]).rsample_with_log_prob(generator)
        u = mean + np.exp(log_std) * noise
        assert_allclose(action.item(), np.tanh(u), rtol=1e-12)
        assert_allclose(log_prob.item(), exact_log_prob(u, mean, log_std), rtol=1e-8, atol=1e-7)

    @given(mean=st.floats(-2, 2), log_std=st.floats(-3, 0), seed=st.integers(0, 1000))
    @settings(max_examples=50, deadline=None)
    def test_agrees_with_log_prob(self, mean, log_std, seed):
        policy = squashed([[mean] * 3] * 4, [[log_std] * 3] * 4)
        action, log_prob = policy.rsample_with_log_prob(torch.Generator().manual_seed(seed))
        assert action.shape == (4, 3)
        assert_allclose(policy.log_prob(action), log_prob, rtol=1e-6, atol=1e-6)

    def test_far_out_in_float32(self):
        # tanh rounds to 1 from u = 9 on; the log-probability of what was drawn still knows where u was.
        for mean in (-50.0, -20.0, 20.0, 50.0):
            policy = squashed([mean], [0.0], torch.float32)
            action, log_prob = policy.rsample_with_log_prob(torch.Generator().manual_seed(0))
            noise = torch.empty(1).normal_(generator=torch.Generator().manual_seed(0)).item()
            assert abs(action.item()) == 1
            assert_allclose(log_prob.item(), exact_log_prob(mean + noise, mean, 0.0), rtol=1e-5)

    @pytest.mark.parametrize(("mean", "log_std"), [(0.0, 0.0), (1.0, -0.5), (-0.5, 1.5)])
    def test_follow_the_density(self, mean, log_std):
        drawn = squashed([mean], [log_std]).rsample(torch.Size([4_000]), torch.Generator().manual_seed(11))[:, 0]
        assert drawn.abs().max() <= 1

        def cumulative(a):
            return norm.cdf(np.arctanh(np.clip(a, -1 + 1e-15, 1 - 1e-15)), mean, np.exp(log_std))

        assert kstest(drawn.numpy(), cumulative).pvalue > 0.01  # the generator is fixed: it passes or it does not
        assert kstest(drawn.numpy(), lambda a: cumulative(a - 0.1)).pvalue < 1e-4

    def test_mean_of_the_log_probability_is_minus_the_entropy(self):
        policy = squashed([[0.4]] * 20_000, [[-0.7]] * 20_000)
        _, log_prob = policy.rsample_with_log_prob(torch.Generator().manual_seed(2))
        one = squashed([0.4], [-0.7])

        def integrand(a):
            log_density = one.log_prob(torch.tensor([a], dtype=torch.float64)).item()
            return np.exp(log_density) * log_density

        exact, _ = quad(integrand, -1, 1, points=[np.tanh(0.4)], limit=200)
        assert abs(log_prob.mean().item() - exact) < 4 * log_prob.std().item() / np.sqrt(20_000)

    def test_same_generator_same_draw(self):
        policy = squashed([[0.1, 0.2]], [[0.0, -1.0]], torch.float32)
        one, two = torch.Generator().manual_seed(5), torch.Generator().manual_seed(5)
        first = policy.rsample_with_log_prob(one)[0]
        assert torch.equal(first, policy.rsample(generator=two))
        assert torch.equal(one.get_state(), two.get_state())
        assert not torch.equal(first, policy.rsample(generator=two))

    def test_shapes(self):
        policy = squashed([[0.0, 0.0, 0.0]] * 2, [[0.0, 0.0, 0.0]] * 2)
        assert policy.batch_shape == (2,)
        assert policy.event_shape == (3,)
        assert policy.sample(torch.Size([5, 4])).shape == (5, 4, 2, 3)
        assert not policy.sample().requires_grad
        assert_allclose(squashed([0.3], [1.0]).mode, np.tanh(0.3))
        assert policy.support.check(policy.sample()).all()

    def test_its_arguments_are_checked_where_asked(self):
        with pytest.raises(ValueError, match="log_std"):
            SquashedGaussian(torch.zeros(2), torch.tensor([0.0, float("nan")]), validate_args=True)
        checked = SquashedGaussian(torch.zeros(2), torch.zeros(2), validate_args=True)
        assert torch.isfinite(checked.log_prob(torch.zeros(2)))


class TestGradients:
    @staticmethod
    def at(mean, log_std, noise, q=lambda a: (a**2).sum()):
        """Log-probability and a function of the action for fixed noise, in float64."""
        before = mean + np.exp(log_std) * noise
        slope = 2 * (np.log(2) - before - np.logaddexp(0, -2 * before))
        log_prob = (-0.5 * noise**2 - log_std - 0.5 * np.log(2 * np.pi) - slope).sum()
        return log_prob + q(np.tanh(before))

    @pytest.mark.parametrize("mean", [0.0, 0.7, -3.0, 12.0, -40.0])
    @pytest.mark.parametrize("log_std", [-20.0, -1.0, 0.5, 2.0])
    def test_are_finite_differences(self, mean, log_std):
        means = torch.tensor([mean, -mean / 3], dtype=torch.float64, requires_grad=True)
        log_stds = torch.tensor([log_std, log_std / 2], dtype=torch.float64, requires_grad=True)
        action, log_prob = SquashedGaussian(means, log_stds).rsample_with_log_prob(torch.Generator().manual_seed(3))
        (log_prob + action.square().sum()).backward()
        noise = torch.empty(2, dtype=torch.float64).normal_(generator=torch.Generator().manual_seed(3)).numpy()
        point = [means.detach().numpy(), log_stds.detach().numpy()]
        for which, found in ((0, means.grad), (1, log_stds.grad)):
            for i in range(2):
                moved = []
                for sign in (1, -1):
                    there = [part.copy() for part in point]
                    there[which][i] += sign * 1e-6
                    moved.append(self.at(*there, noise))
                assert_allclose(found[i].item(), (moved[0] - moved[1]) / 2e-6, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("mean", [-50.0, -9.0, 0.0, 9.0, 50.0])
    @pytest.mark.parametrize("log_std", LOG_STD)
    def test_are_finite_at_every_edge_in_float32(self, mean, log_std):
        means, log_stds = torch.full((1, 2), mean), torch.full((1, 2), log_std)
        means.requires_grad_(True)
        log_stds.requires_grad_(True)
        action, log_prob = SquashedGaussian(means, log_stds).rsample_with_log_prob(torch.Generator().manual_seed(0))
        (log_prob + action.sum()).sum().backward()
        assert torch.isfinite(means.grad).all()
        assert torch.isfinite(log_stds.grad).all()
        if log_std < 0:  # -log(1 - tanh(u)^2) falls or climbs at 2 tanh(u)
            assert_allclose(means.grad, 2 * np.tanh(mean) + 1 - np.tanh(mean) ** 2, atol=1e-5)

    @given(u=st.floats(-1e4, 1e4))
    @settings(max_examples=200, deadline=None)
    def test_the_slope_is_exact_everywhere(self, u):
        with mpmath.workdps(60):
            # log(1 - tanh^2) = log 4 - 2|u| - 2 log(1 + exp(-2|u|))
            size = abs(mpmath.mpf(u))
            exact = float(mpmath.log(4) - 2 * size - 2 * mpmath.log(1 + mpmath.exp(-2 * size)))
        assert_allclose(log_slope(torch.tensor(u, dtype=torch.float64)).item(), exact, rtol=1e-8, atol=1e-8)
        assert_allclose(log_slope(torch.tensor(u)).item(), exact, rtol=1e-5, atol=1e-5)


def test_in_another_box_the_environments_density_differs_by_the_scale_alone():
    # Actions of the environment: b = centre + scale * a, so log p(b) = log pi(a) - sum log scale, whatever a is.
    low, high = np.array([-2.0, 0.0], np.float32), np.array([4.0, 0.5], np.float32)
    seen = []

    class Listener(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-1, 1, (1,))
        action_space = gymnasium.spaces.Box(low, high)

        def step(self, action):
            seen.append(action)
            return np.zeros(1, np.float32), 0.0, False, False, {}

    environment = RescaleAction(Listener(), np.float32(-1), np.float32(1))
    policy = squashed([0.2, -0.4], [-0.5, 0.3])
    for seed in range(3):
        action, log_prob = policy.rsample_with_log_prob(torch.Generator().manual_seed(seed))
        environment.step(action.numpy().astype(np.float32))
        scale, centre = (high - low) / 2, (high + low) / 2
        assert_allclose(seen[-1], centre + scale * action.numpy(), rtol=1e-5, atol=1e-6)
        u = np.arctanh(action.numpy())
        # d b / d u = scale (1 - tanh(u)^2)
        outside = norm.logpdf(u, [0.2, -0.4], np.exp([-0.5, 0.3])) - np.log(scale * (1 - action.numpy() ** 2))
        assert_allclose(log_prob.item() - outside.sum(), np.log(scale).sum(), rtol=1e-6)
