"""Soft policy gradients: exact, natural, sampled; and their equivalence with the gradient of soft Q-learning."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_learning import PRIOR, random_mdp

from softopt.operators import boltzmann, soft_maximum
from softopt.tabular import MDP
from softopt.tabular.learning import (
    ascend,
    compare_gradients,
    policy_of,
    sampled_policy_gradient,
    soft_policy_gradient,
)
from softopt.tabular.planning import evaluate, plan, visitation


def logits_of(mdp, seed=7, scale=1.0):
    return np.random.default_rng(seed).normal(scale=scale, size=mdp.reward.shape)


def objective(mdp, logits, temperature):
    return mdp.initial @ evaluate(mdp, policy_of(mdp, logits), temperature).value


def finite_differences(function, point, step=1e-3):
    """Central differences of fourth order: the truncation error is about step ** 4."""
    gradient = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        move = np.zeros(point.shape)
        move[index] = step
        near = function(point + move) - function(point - move)
        far = function(point + 2 * move) - function(point - 2 * move)
        gradient[index] = (8 * near - far) / (12 * step)
    return gradient


class TestExactGradient:
    @pytest.mark.parametrize("prior", [None, PRIOR])
    @pytest.mark.parametrize("temperature", [0.0, 0.1, 1.0, 10.0])
    @pytest.mark.parametrize("discount", [0.5, 0.95])
    def test_equals_finite_differences(self, prior, temperature, discount):
        mdp = random_mdp(discount=discount, prior=prior, initial=[0.4, 0.3, 0.2, 0.1, 0.0])
        logits = logits_of(mdp)
        exact = soft_policy_gradient(mdp, logits, temperature)
        assert exact.objective == pytest.approx(objective(mdp, logits, temperature), rel=1e-14)
        numeric = finite_differences(lambda theta: objective(mdp, theta, temperature), logits)
        assert_allclose(exact.gradient, numeric, atol=1e-8 * max(1.0, temperature))
        assert np.abs(exact.gradient).max() > 1e-3

    def test_a_bandit_by_hand(self):
        # Rewards 1 and 0, T = 1, pi = (1/2, 1/2): J = 1/2 + log 2, A = (1/2, -1/2), gradient = pi A.
        mdp = MDP(np.array([[[0.0, 1.0]] * 2, [[0.0, 1.0]] * 2]), [[1.0, 0.0], [0, 0]], terminal=[1], initial=[1, 0])
        here = soft_policy_gradient(mdp, np.zeros((2, 2)), 1.0)
        assert here.objective == pytest.approx(0.5 + np.log(2))
        assert_allclose(here.advantage[0], [0.5, -0.5])
        assert_allclose(here.gradient, [[0.25, -0.25], [0.0, 0.0]])

    def test_leaving_later_entropy_out_of_the_return_is_not_the_gradient(self):
        mdp = random_mdp(discount=0.95)
        logits, temperature = logits_of(mdp), 1.0
        policy = policy_of(mdp, logits)
        plain = evaluate(mdp, policy, 0.0)
        bonus = -temperature * np.log(policy)
        advantage = plain.soft_q + bonus - (policy * (plain.soft_q + bonus)).sum(axis=1, keepdims=True)
        myopic = visitation(mdp, policy)[:, None] * policy * advantage
        myopic[mdp.terminal] = 0.0
        assert np.abs(myopic - soft_policy_gradient(mdp, logits, temperature).gradient).max() > 0.01

    def test_forbidden_and_excluded_actions_have_no_gradient(self):
        reward = np.array([[1.0, -np.inf, 0.5], [0.2, 0.1, 0.0]])
        mdp = MDP(np.full((2, 3, 2), 0.5), reward, discount=0.9)
        here = soft_policy_gradient(mdp, np.zeros((2, 3)), 0.5)
        assert here.policy[0, 1] == here.gradient[0, 1] == 0
        excluded = mdp.replace(reward=np.nan_to_num(reward, neginf=0.0), prior=[[0.5, 0.0, 0.5], [0.2, 0.3, 0.5]])
        assert soft_policy_gradient(excluded, np.zeros((2, 3)), 0.5).gradient[0, 1] == 0

    @pytest.mark.parametrize("temperature", [1e-6, 1e6])
    def test_stays_finite_at_extreme_logits_rewards_and_temperatures(self, temperature):
        mdp = random_mdp()
        mdp = mdp.replace(reward=1e4 * mdp.transition_reward)
        here = soft_policy_gradient(mdp, logits_of(mdp, scale=1e4), temperature)
        assert np.isfinite(here.gradient).all()
        assert np.isfinite(here.objective)

    @pytest.mark.parametrize(
        ("options", "logits", "temperature", "message"),
        [
            ({"horizon": 3}, np.zeros((5, 3)), 1.0, "horizon"),
            ({}, np.zeros((5, 2)), 1.0, "logits"),
            ({}, np.full((5, 3), np.nan), 1.0, "finite"),
            ({}, np.zeros((5, 3)), -1.0, "temperature"),
            ({}, np.zeros((5, 3)), np.inf, "inf"),
            ({"prior": PRIOR}, np.zeros((5, 3)), np.inf, "inf"),
        ],
    )
    def test_says_what_is_wrong(self, options, logits, temperature, message):
        with pytest.raises(ValueError, match=message):
            soft_policy_gradient(random_mdp(**options), logits, temperature)


class TestNaturalGradient:
    """One step of 1 / T is soft policy iteration, which is Newton's method on the soft Bellman residual."""

    @pytest.mark.parametrize("prior", [None, PRIOR])
    def test_solves_the_fisher_system(self, prior):
        mdp = random_mdp(prior=prior)
        here = soft_policy_gradient(mdp, logits_of(mdp), 0.5)
        for s in range(4):
            pi = here.policy[s]
            fisher = here.visitation[s] * (np.diag(pi) - np.outer(pi, pi))
            assert_allclose(fisher @ here.natural[s], here.gradient[s], atol=1e-12)
            direction = np.linalg.pinv(fisher) @ here.gradient[s]
            # Adding a constant to a row of logits changes nothing, so directions agree up to one.
            assert_allclose(np.ptp(here.natural[s] - direction), 0.0, atol=1e-9)

    @pytest.mark.parametrize("prior", [None, PRIOR])
    def test_a_step_of_one_over_temperature_is_soft_policy_iteration(self, prior):
        mdp, temperature = random_mdp(prior=prior), 0.3
        path = ascend(mdp, temperature, 3, 1 / temperature, natural=True, logits=logits_of(mdp))
        for before, after in zip(path.policy, path.policy[1:], strict=False):
            improved = boltzmann(evaluate(mdp, before, temperature).soft_q, temperature, mdp.prior)
            assert_allclose(after[:-1], improved[:-1], atol=1e-12)

    @pytest.mark.parametrize("prior", [None, PRIOR])
    def test_and_that_is_newtons_step_on_the_bellman_residual(self, prior):
        mdp, temperature = random_mdp(prior=prior), 0.3
        path = ascend(mdp, temperature, 2, 1 / temperature, natural=True)
        first, second = (evaluate(mdp, policy, temperature).value for policy in path.policy[1:])
        # F(V) = V - TV has the Jacobian I - discount * P, P under the policy that is greedy for V.
        soft_q = mdp.reward + mdp.discount * mdp.expect(first)
        backed_up = np.where(mdp.terminal, 0.0, soft_maximum(soft_q, temperature, mdp.prior))
        moves = mdp.under(path.policy[2]).toarray() * ~mdp.terminal[:, None]
        newton = first - np.linalg.solve(np.eye(5) - mdp.discount * moves, first - backed_up)
        assert_allclose(second, newton, atol=1e-12)


class TestAscend:
    @pytest.mark.parametrize("prior", [None, PRIOR])
    def test_plain_ascent_climbs_to_the_soft_optimum(self, prior):
        mdp, temperature = random_mdp(prior=prior), 0.5
        path = ascend(mdp, temperature, 120, 3.0)
        best = mdp.initial @ plan(mdp, temperature).value
        assert (np.diff(path.objective) > -1e-13).all()
        assert path.objective[0] < best - 0.1
        assert best - path.objective[-1] < 1e-4
        assert np.abs(path.logits).max() > 0.1

    def test_natural_ascent_is_quadratic_where_plain_ascent_is_linear(self):
        mdp, temperature = random_mdp(), 0.5
        natural = ascend(mdp, temperature, 6, 1 / temperature, natural=True)
        best = mdp.initial @ plan(mdp, temperature).value
        assert best - natural.objective[-1] < 1e-11
        assert best - ascend(mdp, temperature, 6, 1.0).objective[-1] > 1e-3

    def test_the_regulariser_keeps_the_policy_from_collapsing(self):
        mdp = random_mdp()
        collapsed, kept = (ascend(mdp, temperature, 100, 3.0).entropy for temperature in (0.0, 0.5))
        assert collapsed[0] == kept[0] == pytest.approx(np.log(3))
        assert collapsed[-1] < 0.1 < 0.5 < kept[-1]

    def test_step_size(self):
        with pytest.raises(ValueError, match="step_size"):
            ascend(random_mdp(), 1.0, 3, 0.0)


class TestSampledGradient:
    @pytest.mark.parametrize("prior", [None, PRIOR])
    @pytest.mark.parametrize("with_baseline", [False, True])
    def test_is_unbiased(self, prior, with_baseline):
        mdp, temperature = random_mdp(prior=prior), 0.5
        logits = logits_of(mdp)
        exact = soft_policy_gradient(mdp, logits, temperature)
        baseline = evaluate(mdp, exact.policy, temperature).value if with_baseline else None
        sampled = sampled_policy_gradient(mdp, logits, temperature, np.random.default_rng(0), 4000, baseline=baseline)
        error = np.abs(sampled.gradient - exact.gradient)[:-1]
        # 12 entries: 4.5 standard errors are exceeded by chance once in ten thousand runs.
        assert (error < 4.5 * sampled.standard_error[:-1]).all()
        assert (error < 0.15).all()
        assert sampled.objective == pytest.approx(exact.objective, abs=0.15)

    def test_the_exact_value_as_baseline_takes_variance_away(self):
        mdp = random_mdp(discount=0.95)
        mdp = mdp.replace(reward=mdp.transition_reward - 2.0)
        logits = logits_of(mdp)
        baseline = evaluate(mdp, policy_of(mdp, logits), 0.5).value
        plain, better = (
            sampled_policy_gradient(mdp, logits, 0.5, np.random.default_rng(0), 500, baseline=b).standard_error
            for b in (None, baseline)
        )
        assert better.max() < 0.7 * plain.max()

    def test_climbs(self):
        mdp, temperature, logits = random_mdp(), 0.5, np.zeros((5, 3))
        generator = np.random.default_rng(0)
        before = objective(mdp, logits, temperature)
        for _ in range(60):
            logits += 2.0 * sampled_policy_gradient(mdp, logits, temperature, generator, 20).gradient
        best = mdp.initial @ plan(mdp, temperature).value
        assert objective(mdp, logits, temperature) - before > 0.5 * (best - before)

    def test_says_what_is_wrong(self):
        mdp = random_mdp()
        with pytest.raises(ValueError, match="2 episodes"):
            sampled_policy_gradient(mdp, np.zeros((5, 3)), 1.0, np.random.default_rng(0), 1)
        with pytest.raises(ValueError, match="baseline"):
            sampled_policy_gradient(mdp, np.zeros((5, 3)), 1.0, np.random.default_rng(0), 2, baseline=[0.0])


class TestEquivalence:
    """Schulman, Chen and Abbeel (2017): one update, two views."""

    @pytest.mark.parametrize("prior", [None, PRIOR])
    @pytest.mark.parametrize("one_step", [True, False])
    @pytest.mark.parametrize("temperature", [1e-2, 0.7, 1e3])
    def test_the_terms_add_up_entry_by_entry(self, prior, one_step, temperature):
        mdp = random_mdp(prior=prior)
        terms = compare_gradients(mdp, logits_of(mdp), temperature, one_step=one_step)
        total = terms.return_term + terms.regulariser_term + terms.value_term
        assert_allclose(terms.soft_q_learning, total, atol=1e-12 * max(1.0, temperature))

    @pytest.mark.parametrize("prior", [None, PRIOR])
    def test_each_term_is_the_gradient_it_is_named_for(self, prior):
        mdp, temperature = random_mdp(prior=prior), 0.7
        q = logits_of(mdp)
        terms = compare_gradients(mdp, q, temperature)
        weights = visitation(mdp, terms.policy)
        log_p0 = np.zeros((5, 3)) if prior is None else np.log(np.tile(prior, (5, 1)))

        def value_and_policy(table):
            exponent = table / temperature + log_p0
            value = temperature * np.log(np.exp(exponent).sum(axis=1))
            return np.where(mdp.terminal, 0.0, value), np.exp(exponent) / np.exp(exponent).sum(axis=1, keepdims=True)

        value, policy = value_and_policy(q)
        q_hat = mdp.reward + mdp.discount * mdp.expect(value)
        divergence = (policy * (np.log(policy) - log_p0)).sum(axis=1)
        v_hat = (policy * q_hat).sum(axis=1) - temperature * divergence
        running = weights * ~mdp.terminal

        def fit_q(table):  # actions from the policy at q, held fixed, as in Q-learning on its own visits
            return running @ (policy * 0.5 * (table - q_hat) ** 2).sum(axis=1)

        def climb(table):  # minus T times the expected target
            return -temperature * running @ (value_and_policy(table)[1] * q_hat).sum(axis=1)

        def spread(table):
            pi = value_and_policy(table)[1]
            return temperature**2 * running @ (pi * (np.log(pi) - log_p0)).sum(axis=1)

        def fit_v(table):
            return running @ (0.5 * (value_and_policy(table)[0] - v_hat) ** 2)

        for function, term in (
            (fit_q, terms.soft_q_learning),
            (climb, terms.return_term),
            (spread, terms.regulariser_term),
            (fit_v, terms.value_term),
        ):
            assert_allclose(term, finite_differences(function, q), atol=1e-8)
            assert np.abs(term).max() > 1e-3

    @pytest.mark.parametrize("prior", [None, PRIOR])
    def test_with_the_policys_own_return_it_is_the_policy_gradient(self, prior):
        mdp, temperature = random_mdp(prior=prior), 0.7
        q = logits_of(mdp)
        logits = q / temperature + (0.0 if prior is None else np.log(prior))
        terms = compare_gradients(mdp, q, temperature, one_step=False)
        assert_allclose(-terms.policy_term, soft_policy_gradient(mdp, logits, temperature).gradient, atol=1e-13)

    def test_all_vanish_at_the_soft_optimum(self):
        mdp = random_mdp()
        best = plan(mdp, 0.7, tol=1e-12)
        for one_step in (True, False):
            terms = compare_gradients(mdp, best.soft_q, 0.7, one_step=one_step)
            assert_allclose([terms.soft_q_learning, terms.policy_term, terms.value_term], 0.0, atol=1e-10)
            assert np.abs(terms.return_term).max() > 0.01

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="temperature"):
            compare_gradients(random_mdp(), np.zeros((5, 3)), 0.0)
        with pytest.raises(ValueError, match="shape"):
            compare_gradients(random_mdp(), np.zeros((5, 2)), 1.0)
