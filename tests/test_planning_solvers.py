"""Inside plan: soft policy iteration is Newton, every linear solver agrees, and a broken one does no harm."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import random_mdp

from softopt.operators import boltzmann, soft_maximum
from softopt.tabular import MDP, _compiled, evaluate, gridworlds, plan, soft_value_iteration, visitation
from softopt.tabular.planning import chains, newton, sweeps
from softopt.tabular.planning.bellman import backup, soft_greedy
from softopt.tabular.planning.live import live_problem


class TestSoftPolicyIteration:
    @given(seed=st.integers(0, 10**6), temperature=st.floats(0.05, 10), prior=st.booleans())
    @settings(max_examples=20, deadline=None)
    def test_its_step_is_the_newton_step(self, seed, temperature, prior):
        mdp = random_mdp(seed, prior=prior)
        value = np.random.default_rng(seed).normal(size=5) * 10
        q = mdp.reward + 0.9 * mdp.expect(value)
        policy = boltzmann(q, temperature, mdp.prior)
        improved = evaluate(mdp, policy, temperature).value
        # Newton on F(V) = TV - V, its Jacobian by central differences of T.
        jacobian = np.empty((5, 5))
        for s in range(5):
            step = 1e-5 * np.eye(5)[s]
            ends = [mdp.reward + 0.9 * mdp.expect(value + sign * step) for sign in (1, -1)]
            high, low = (soft_maximum(end, temperature, mdp.prior) for end in ends)
            jacobian[:, s] = (high - low) / 2e-5
        chain = 0.9 * np.einsum("sa,sat->st", policy, mdp.transition)
        assert np.abs(jacobian - chain).max() < 1e-6
        rise = soft_maximum(q, temperature, mdp.prior) - value
        newton_value = value + np.linalg.solve(np.eye(5) - chain, rise)
        assert np.abs(newton_value - improved).max() <= 1e-12 * max(1, np.abs(improved).max())

    @given(seed=st.integers(0, 10**6), temperature=st.floats(0.05, 10))
    @settings(max_examples=20, deadline=None)
    def test_values_rise_and_plan_takes_these_steps(self, seed, temperature):
        mdp = random_mdp(seed)
        value = np.zeros(5)
        residuals = []
        for _ in range(plan(mdp, temperature).iterations):
            q = mdp.reward + 0.9 * mdp.expect(value)
            residuals.append(np.abs(soft_maximum(q, temperature) - value).max())
            after = evaluate(mdp, boltzmann(q, temperature), temperature).value
            if len(residuals) > 1:
                assert (after >= value - 1e-11 * np.abs(value).max()).all()
            value = after
        scale = max(1, np.abs(value).max())
        assert np.abs(np.array(residuals) - plan(mdp, temperature).history[:, 0]).max() <= 1e-11 * scale


class TestSoftGreedy:
    @given(seed=st.integers(0, 10**6), log_temperature=st.floats(-6, 6), prior=st.booleans())
    @settings(max_examples=50, deadline=None)
    def test_agrees_with_the_operators(self, seed, log_temperature, prior):
        rng = np.random.default_rng(seed)
        temperature = 10.0**log_temperature
        q = rng.normal(size=(6, 4)) * 10.0 ** rng.integers(-4, 5)
        q[rng.random(q.shape) < 0.2] = -np.inf
        q[:, 0] = np.where(np.isneginf(q).all(axis=1), 0.0, q[:, 0])
        p0 = None
        if prior:
            p0 = np.where(np.isneginf(q), 0.0, rng.dirichlet(np.full(4, 0.1), 6) + 1e-12)
            p0 /= p0.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore"):
            value, policy = soft_greedy(q.T, None if p0 is None else np.log(p0).T, temperature)
        expected = soft_maximum(q, temperature, p0)
        assert np.abs(value - expected).max() <= 1e-14 * max(1, np.abs(expected).max()) + 2e-16 * temperature
        assert np.abs(policy.T - boltzmann(q, temperature, p0)).max() <= 1e-11


def grid(discount=0.95, side=12, **options):
    return gridworlds.random_grid(side, discount=discount).replace(**options)


SOLVERS = {
    "band": {},
    "SuperLU": {"BAND_WORK": -1.0},
    "Krylov compiled": {"DIRECT_STATES": 0},
    "Krylov SciPy": {"DIRECT_STATES": 0, "available": False},
}


@pytest.fixture(params=SOLVERS)
def solver(request, monkeypatch):
    """Force one linear solver."""
    for name, setting in SOLVERS[request.param].items():
        monkeypatch.setattr(_compiled if name == "available" else chains, name, setting)
    if request.param == "Krylov compiled" and not _compiled.available:
        pytest.skip("numba is not installed (the extra `fast`)")
    return request.param


class TestLinearSolvers:
    def dense(self, mdp, policy):
        return np.eye(mdp.n_states) - mdp.discount * mdp.under(policy).toarray()

    @pytest.mark.parametrize("discount", [0.0, 0.9, 0.9999])
    def test_solve_and_solve_transposed(self, solver, discount):
        mdp = grid(discount)
        policy = np.random.default_rng(0).dirichlet(np.ones(4), mdp.n_states)
        right = np.random.default_rng(1).normal(size=mdp.n_states)
        system = chains.Chains(mdp.rows(), 4, discount).system(policy.T)
        matrix = self.dense(mdp, policy)
        for found, expected in [
            (system.solve(right), np.linalg.solve(matrix, right)),
            (system.solve_transposed(right), np.linalg.solve(matrix.T, right)),
        ]:
            assert np.abs(found - expected).max() <= 1e-11 * np.abs(expected).max()

    def test_they_do_not_change_the_plan(self, solver):
        mdp = grid()
        dense = MDP(mdp.transition.toarray().reshape(-1, 4, mdp.n_states), mdp.reward, discount=0.95, prior=[0.25] * 4)
        for temperature in (0, 1e-6, 0.1, 10.0, np.inf):
            found = plan(mdp, temperature)
            expected = soft_value_iteration(dense, temperature)
            assert np.abs(found.value - expected.value).max() <= found.bound + expected.bound
            assert found.bound <= 1e-8 * max(1, np.abs(found.value).max())
        assert np.allclose(
            visitation(mdp, found.policy), np.linalg.solve(self.dense(mdp, found.policy).T, mdp.initial), atol=1e-9
        )

    def test_discount_one(self, solver):
        mdp = gridworlds.gridworld("pools", slip=0.2, reward={"G": 10, "H": -10}, sparse=True)
        for temperature in (0, 0.5):
            found = plan(mdp, temperature)
            expected = soft_value_iteration(mdp, temperature)
            assert np.abs(found.value - expected.value).max() <= found.bound + expected.bound
            assert found.bound <= 1e-8 * max(1, np.abs(found.value).max())

    def test_a_policy_that_never_ends_is_singular(self, monkeypatch):
        transition = np.zeros((2, 1, 2))
        transition[:, 0, :] = np.eye(2)[::-1]
        problem = chains.Chains(transition.reshape(2, 2), 1, 1.0)
        problem.transition = MDP(transition, np.zeros((2, 1)), discount=0.5).rows()
        for work in (chains.BAND_WORK, -1.0):
            monkeypatch.setattr(chains, "BAND_WORK", work)
            problem.__dict__.pop("_direct", None)
            with pytest.raises(RuntimeError, match="singular"):
                problem.system(np.ones((1, 2)))

    @pytest.mark.parametrize("temperature", [0, 0.1])
    @pytest.mark.parametrize("answer", [np.nan, 1e3, -1.0, 0.0])
    def test_a_solver_that_goes_wrong_is_replaced_by_modified_policy_iteration(self, answer, temperature, monkeypatch):
        class Broken:
            def solve(self, right, tolerance=0.0):
                return np.full(right.size, answer) * (1 + np.arange(right.size) % 2)

        mdp = grid(0.9)
        expected = plan(mdp, temperature)
        monkeypatch.setattr(chains.Chains, "system", lambda *_: Broken())
        found = plan(mdp, temperature)
        assert np.abs(found.value - expected.value).max() <= found.bound + expected.bound
        assert found.bound <= 1e-8 * max(1, np.abs(found.value).max())


class TestSweeps:
    def test_large_problems_sweep_between_the_steps(self, monkeypatch):
        mdp = grid(0.99, side=20)
        pure = plan(mdp, 0.1)
        monkeypatch.setattr(newton, "SWEEP_FROM", 0)
        helped = plan(mdp, 0.1)
        assert helped.iterations < pure.iterations
        assert np.abs(helped.value - pure.value).max() <= helped.bound + pure.bound

    @pytest.mark.skipif(not _compiled.available, reason="numba is not installed (the extra `fast`)")
    @pytest.mark.parametrize("temperature", [0, 1e-6, 0.1, 1e6])
    @pytest.mark.parametrize("prior", [None, [0.1, 0.2, 0.3, 0.4]])
    def test_compiled_sweep_updates_one_state_after_the_other(self, temperature, prior, monkeypatch):
        mdp = grid(prior=prior)
        reward = mdp.reward.copy()
        reward[::3, 1] = -np.inf
        mdp = mdp.replace(reward=reward, prior=None if prior is None else live_prior(reward, prior))
        live = live_problem(mdp, temperature)
        monkeypatch.setattr(sweeps, "COMPILED_FROM", 0)
        monkeypatch.setattr(sweeps, "BETWEEN_IN_PLACE", 2)
        start = np.random.default_rng(0).normal(size=mdp.n_states)
        found = sweeps.sweep(live, start, temperature)
        expected = start.copy()
        for s in [*range(mdp.n_states), *reversed(range(mdp.n_states))]:
            expected[s] = backup(live, expected, temperature)[0][s]
        scale = max(1, temperature, np.abs(expected).max())
        assert np.abs(found - expected).max() <= 1e-13 * scale
        assert not np.shares_memory(found, start)

    def test_without_numba_the_same_plan(self, monkeypatch):
        mdp = grid(0.99, side=20)
        monkeypatch.setattr(newton, "SWEEP_FROM", 0)
        monkeypatch.setattr(sweeps, "COMPILED_FROM", 0)
        with_numba = plan(mdp, 0.1)
        monkeypatch.setattr(_compiled, "available", False)
        without = plan(mdp, 0.1)
        assert np.abs(with_numba.value - without.value).max() <= with_numba.bound + without.bound


def live_prior(reward, prior):
    kept = np.where(np.isneginf(reward), 0.0, prior)
    return kept / kept.sum(axis=1, keepdims=True)
