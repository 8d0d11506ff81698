"""Soft value iteration and plan: hand-worked numbers, brute force, certificates, finite horizons."""

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import assert_plan, random_mdp, slow_plan

from softopt.operators import boltzmann, soft_maximum
from softopt.tabular import MDP, plan, soft_value_iteration

LOG2 = np.log(2)
SOLVERS = [plan, soft_value_iteration]


def lone_state(reward, discount, **options):
    """One state that every action returns to."""
    n_actions = len(reward)
    return MDP(np.ones((1, n_actions, 1)), [reward], discount=discount, **options)


class TestByHand:
    """A lone state has V = (T log sum exp(r / T)) / (1 - discount)."""

    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize(
        ("reward", "temperature", "prior", "per_step"),
        [
            ([0.0, 0.0], 1.0, None, LOG2),
            ([0.0, 0.0], 1.0, [0.5, 0.5], 0.0),
            ([0.0, LOG2], 1.0, None, np.log(3)),
            ([0.0, 2 * LOG2], 2.0, None, 2 * np.log(3)),
            ([1.0, 3.0], 0.0, None, 3.0),
            ([1.0, 3.0], 0.0, [1.0, 0.0], 1.0),
            ([1.0, 3.0], np.inf, [0.25, 0.75], 2.5),
            ([-np.inf, 3.0], 1.0, None, 3.0),
        ],
    )
    @pytest.mark.parametrize("discount", [0.0, 0.5, 0.9])
    def test_lone_state(self, solver, reward, temperature, prior, per_step, discount):
        found = solver(lone_state(reward, discount, prior=prior), temperature)
        expected = per_step / (1 - discount)
        assert abs(found.value[0] - expected) <= found.bound + 1e-13
        assert found.bound <= 1e-8 * max(1, abs(expected))

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_two_steps_to_the_end(self, solver):
        # 0 -> 1 -> end, two equal actions: entropy log 2 a step, and nothing after the end.
        transition = np.zeros((3, 2, 3))
        transition[0, :, 1] = transition[1, :, 2] = transition[2, :, 2] = 1
        mdp = MDP(transition, np.full((3, 2), -1.0), discount=0.5, terminal=[2])
        found = solver(mdp, 2.0)
        last = -1 + 2 * LOG2
        assert np.allclose(found.value, [-1 + 2 * LOG2 + 0.5 * last, last, 0.0], rtol=0, atol=1e-12)
        assert found.soft_q[2].tolist() == [0.0, 0.0]
        assert found.policy[2].tolist() == [0.5, 0.5]

    def test_the_entropy_form_and_the_kl_form_differ_by_a_constant(self):
        mdp = random_mdp(0)
        uniform = plan(mdp.replace(prior=np.full(3, 1 / 3)), 0.7)
        free = plan(mdp, 0.7)
        assert np.allclose(free.value - uniform.value, 0.7 * np.log(3) / (1 - 0.9), rtol=0, atol=1e-7)
        assert np.allclose(free.policy, uniform.policy, rtol=0, atol=1e-7)


class TestBruteForce:
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("prior", [False, True])
    @pytest.mark.parametrize("temperature", [0.01, 0.3, 2.0, 50.0])
    def test_agrees_with_the_operators(self, solver, prior, temperature):
        mdp = random_mdp(3, prior=prior)
        found = solver(mdp, temperature)
        value, policy = slow_plan(mdp, temperature)
        assert_plan(found, mdp, temperature)
        assert np.abs(found.value - value).max() <= found.bound + 1e-12 * np.abs(value).max()
        assert found.bound <= 1e-8 * max(1, np.abs(value).max())
        assert np.abs(found.policy - policy).max() <= 4 * found.bound / temperature + 1e-12

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_temperature_zero_is_the_best_of_all_deterministic_policies(self, solver):
        mdp = random_mdp(5, n_states=4)
        values = []
        for actions in itertools.product(range(3), repeat=4):
            rows = np.arange(4), list(actions)
            chain = mdp.transition[rows]
            values.append(np.linalg.solve(np.eye(4) - 0.9 * chain, mdp.reward[rows]))
        assert np.allclose(solver(mdp, 0).value, np.max(values, axis=0), rtol=0, atol=2e-8 * np.abs(values).max())


class TestCertificate:
    @given(seed=st.integers(0, 10**6), temperature=st.floats(1e-3, 1e3), prior=st.booleans())
    @settings(max_examples=25, deadline=None)
    def test_the_bound_holds_after_every_sweep(self, seed, temperature, prior):
        mdp = random_mdp(seed, n_states=4, prior=prior, discount=0.8)
        exact = plan(mdp, temperature, tol=0).value
        found = soft_value_iteration(mdp, temperature)
        value = np.zeros(4)
        for residual, bound in found.history:
            after = soft_maximum(mdp.reward + 0.8 * mdp.expect(value), temperature, mdp.prior)
            slack = 1e-12 * max(1, np.abs(exact).max())
            assert abs(np.abs(after - value).max() - residual) <= slack
            assert bound == pytest.approx(4 * residual)  # .8 / (1 - .8)
            assert np.abs(after - exact).max() <= bound + slack
            value = after

    def test_a_contraction_by_the_discount(self):
        residuals = soft_value_iteration(random_mdp(1), 0.5).history[:, 0]
        assert (residuals[1:] <= 0.9 * residuals[:-1] + 1e-13).all()

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_stops_at_round_off_and_says_what_it_reached(self, solver):
        found = solver(random_mdp(2), 0.5, tol=0)
        assert 0 < found.bound < 1e-12

    def test_stops_when_told(self):
        with pytest.warns(UserWarning, match="stopped after 7 sweeps"):
            found = soft_value_iteration(random_mdp(2), 0.5, max_iterations=7)
        assert found.iterations == 7
        assert np.abs(found.value - plan(random_mdp(2), 0.5).value).max() <= found.bound

    def test_quadratic_tail_of_plan(self):
        residuals = plan(random_mdp(7, n_states=30, discount=0.99), 0.05, tol=0).history[:, 0]
        tail = residuals[(residuals < 1e-2) & (residuals > 1e-13)]
        assert len(residuals) < 15
        assert (tail[1:] < 1e-3 * tail[:-1]).all()


class TestInvariants:
    @given(seed=st.integers(0, 10**6), temperature=st.floats(0.01, 100), prior=st.booleans())
    @settings(max_examples=25, deadline=None)
    def test_shift_scale_and_new_names(self, seed, temperature, prior):
        mdp = random_mdp(seed, prior=prior)
        base = plan(mdp, temperature, tol=1e-12)
        size = np.abs(base.value).max() + 100
        shifted = plan(mdp.replace(reward=mdp.reward + 3.0), temperature, tol=1e-12)
        assert np.abs(shifted.value - base.value - 30.0).max() <= 1e-10 * size
        assert np.abs(shifted.policy - base.policy).max() <= 1e-8 * size / temperature
        scaled = plan(mdp.replace(reward=mdp.reward * 8.0), temperature * 8.0, tol=1e-12)
        assert np.abs(scaled.value - 8 * base.value).max() <= 1e-10 * size * 8
        order = np.random.default_rng(seed).permutation(5)
        renamed = mdp.replace(
            transition=mdp.transition[order][:, :, order],
            reward=mdp.reward[order],
            prior=None if mdp.prior is None else mdp.prior[order],
        )
        assert np.abs(plan(renamed, temperature, tol=1e-12).value - base.value[order]).max() <= 1e-10 * size

    @given(seed=st.integers(0, 10**6))
    @settings(max_examples=20, deadline=None)
    def test_value_rises_with_the_temperature_in_the_entropy_form_and_falls_in_the_kl_form(self, seed):
        cold, warm = 0.1, 1.0
        mdp = random_mdp(seed)
        assert (plan(mdp, warm).value >= plan(mdp, cold).value).all()
        mdp = random_mdp(seed, prior=True)
        assert (plan(mdp, warm).value <= plan(mdp, cold).value + 1e-7).all()

    def test_dense_and_sparse_agree(self):
        mdp = random_mdp(4)
        sparse = mdp.replace(transition=mdp.rows())
        assert np.allclose(plan(mdp, 0.3).value, plan(sparse, 0.3).value, rtol=0, atol=1e-13)

    def test_a_start_changes_nothing_but_the_number_of_steps(self):
        mdp = random_mdp(4, n_states=40, discount=0.99)
        cold = plan(mdp, 0.1, tol=1e-12)
        warm = plan(mdp, 0.1, tol=1e-12, start=cold.value)
        assert warm.iterations < cold.iterations
        assert np.allclose(warm.value, cold.value, rtol=0, atol=1e-9)


class TestFiniteHorizon:
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("prior", [False, True])
    @pytest.mark.parametrize("temperature", [0.0, 0.3, 5.0])
    def test_backward_recursion(self, solver, prior, temperature):
        final = np.array([0.0, 1.0, -2.0, -np.inf, 0.5])
        rng = np.random.default_rng(0)
        transition = np.eye(5)[rng.integers(0, 5, (5, 3))]  # deterministic, so that -inf stays on its paths
        p0 = rng.dirichlet(np.ones(3)) if prior else None
        mdp = MDP(
            transition, rng.normal(size=(5, 3)), horizon=4, discount=0.9, prior=p0, final_value=final, terminal=[0]
        )
        found = solver(mdp, temperature)
        assert found.value.shape == (5, 5)
        assert found.soft_q.shape == found.policy.shape == (4, 5, 3)
        value = final
        for t in (3, 2, 1, 0):
            q = mdp.reward + 0.9 * mdp.expect(value)
            value = np.where(mdp.terminal, 0.0, soft_maximum(q, temperature, p0))
            assert np.array_equal(found.value[t], value)
            assert np.array_equal(found.soft_q[t][1:], q[1:])
            if temperature > 0:
                assert np.array_equal(found.policy[t][1:], boltzmann(q, temperature, p0)[1:])
        assert (found.residual, found.bound, found.iterations) == (0.0, 0.0, 4)

    def test_temperature_zero_weights_ties_by_the_entropy_to_come(self):
        # From 0 both actions are worth the same; the first leads to a state where both actions are as good,
        # the second to one where a single action is allowed: 2 continuations against 1.
        transition = np.zeros((4, 2, 4))
        transition[0, 0, 1] = transition[0, 1, 2] = 1
        transition[1, :, 3] = transition[2, :, 3] = transition[3, :, 3] = 1
        reward = np.zeros((4, 2))
        reward[2, 1] = -np.inf
        mdp = MDP(transition, reward, horizon=2)
        assert np.allclose(plan(mdp, 0).policy[0, 0], [2 / 3, 1 / 3], rtol=0, atol=1e-15)
        assert np.allclose(plan(mdp, 1e-6).policy[0, 0], [2 / 3, 1 / 3], rtol=0, atol=1e-9)


class TestBadInput:
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("temperature", [-1.0, np.nan, "warm"])
    def test_temperature(self, solver, temperature):
        with pytest.raises(ValueError, match="temperature"):
            solver(random_mdp(0), temperature)

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_infinite_temperature_needs_a_prior(self, solver):
        with pytest.raises(ValueError, match="entropy form"):
            solver(random_mdp(0), np.inf)

    def test_start(self):
        with pytest.raises(ValueError, match=r"start has shape \(S,\) = \(5,\), got \(4,\)"):
            plan(random_mdp(0), 1.0, start=np.zeros(4))

    def test_sweeps(self):
        with pytest.raises(ValueError, match="max_iterations must be at least 1, got 0"):
            soft_value_iteration(random_mdp(0), 1.0, max_iterations=0)


def test_nothing_warns_on_the_way():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for temperature in (0, 1e-6, 1.0, 1e6):
            plan(random_mdp(0), temperature)
            soft_value_iteration(random_mdp(0), temperature)
