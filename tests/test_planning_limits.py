"""Planning at its edges: temperature 0 and inf, extreme temperatures and rewards, forbidden actions, dead ends."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import assert_plan, random_mdp

from softopt.tabular import MDP, evaluate, gridworlds, plan, soft_value_iteration, visitation

SOLVERS = [plan, soft_value_iteration]
INF = np.inf
# Two ways round a block, equally long: ties whose weights only the entropy to come decides.
TWO_WAYS = [".......", ".##.##.", "S##.##G", ".##.##.", "......."]


class TestTemperatureZero:
    @pytest.mark.parametrize("prior", [None, np.array([0.1, 0.2, 0.3, 0.4])])
    @pytest.mark.parametrize("discount", [0.9, 1.0])
    def test_plan_at_a_tiny_temperature_agrees_with_plan_at_zero(self, prior, discount):
        mdp = gridworlds.gridworld(TWO_WAYS, discount=discount, prior=prior)
        cold, zero = plan(mdp, 1e-6), plan(mdp, 0)
        assert np.allclose(cold.value, zero.value, rtol=0, atol=2e-5)
        assert np.allclose(cold.policy, zero.policy, rtol=0, atol=1e-6)
        shared = (zero.policy[~mdp.terminal] > 1e-3).sum(axis=1)
        assert (shared > 1).any()

    def test_the_way_with_more_continuations_is_taken_more(self):
        # An open 2 x 3 room: from the corner, right leaves 2 shortest paths and down leaves 1.
        mdp = gridworlds.gridworld(["S..", "..G"], discount=1.0)
        start = mdp.grid.state_at(0, 0)
        left, down, right, up = plan(mdp, 0).policy[start]
        assert np.allclose([left, down, right, up], [0, 1 / 3, 2 / 3, 0], rtol=0, atol=1e-12)

    def test_value_iteration_weights_ties_alike(self):
        mdp = gridworlds.gridworld(TWO_WAYS, discount=0.9)
        found = soft_value_iteration(mdp, 0)
        assert np.allclose(found.policy, plan(mdp, 0).policy, rtol=0, atol=1e-8)

    @given(seed=st.integers(0, 10**6), prior=st.booleans())
    @settings(max_examples=20, deadline=None)
    def test_values_converge_to_it(self, seed, prior):
        mdp = random_mdp(seed, prior=prior)
        hard = plan(mdp, 0)
        assert_plan(hard, mdp, 0)
        smallest = 1.0 if mdp.prior is None else -np.log(mdp.prior.min())
        worst = max(np.log(3), smallest) / (1 - 0.9)
        for temperature in (1e-1, 1e-3, 1e-6):
            assert np.abs(plan(mdp, temperature).value - hard.value).max() <= temperature * worst + 1e-7

    def test_free_waiting_at_discount_one_weights_ties_by_the_uniform_prior(self):
        # FrozenLake pays nothing on the way: the entropy of when to go on is infinite, the KL form is not.
        mdp = MDP.from_gymnasium("FrozenLake-v1", discount=1.0)
        found = plan(mdp, 0)
        kl_form = plan(mdp.replace(prior=np.full(4, 0.25)), 0)
        assert found.value[0] == pytest.approx(14 / 17, abs=1e-12)
        assert np.allclose(found.value, kl_form.value, rtol=0, atol=1e-12)
        assert np.allclose(evaluate(mdp, found.policy, 0).value, found.value, rtol=0, atol=1e-12)
        assert found.bound < 1e-10
        slow = soft_value_iteration(mdp, 0)
        assert np.allclose(slow.value, found.value, rtol=0, atol=2e-8)
        assert np.allclose(slow.policy, found.policy, rtol=0, atol=1e-12)
        assert slow.bound < 2e-8


class TestTemperatureInfinity:
    @given(seed=st.integers(0, 10**6))
    @settings(max_examples=20, deadline=None)
    def test_it_is_the_value_of_the_prior(self, seed):
        mdp = random_mdp(seed, prior=True)
        found = plan(mdp, INF, tol=1e-12)
        assert np.allclose(found.policy, mdp.prior, rtol=0, atol=1e-15)
        assert np.allclose(found.value, evaluate(mdp, mdp.prior, 0).value, rtol=0, atol=1e-10)
        assert np.abs(plan(mdp, 1e6).value - found.value).max() < 1e-3

    def test_one_bad_action_of_the_prior_is_enough(self):
        # Action 1 of state 0 leads to state 1, where nothing is allowed.
        transition = np.zeros((2, 2, 2))
        transition[0, 0, 0] = transition[0, 1, 1] = 1
        transition[1, :, 1] = 1
        mdp = MDP(transition, [[1.0, 1.0], [-INF, -INF]], discount=0.5, prior=[0.5, 0.5])
        assert plan(mdp, INF).value.tolist() == [-INF, -INF]
        assert plan(mdp, 1.0).value[0] == pytest.approx(2 * (1 - np.log(2)))


class TestExtremes:
    @pytest.mark.parametrize("temperature", [0, 1e-6, 1e-3, 1.0, 1e3, 1e6])
    @pytest.mark.parametrize("size", [1e-4, 1e4])
    @pytest.mark.parametrize("prior", [False, True])
    @pytest.mark.parametrize("discount", [0.0, 0.999])
    def test_certified_at_any_temperature_and_reward(self, temperature, size, prior, discount):
        mdp = random_mdp(1, n_states=12, discount=discount, prior=prior)
        mdp = mdp.replace(reward=np.clip(mdp.reward * size, -1e4, 1e4))
        found = plan(mdp, temperature)
        assert_plan(found, mdp, temperature)
        assert found.bound <= 1e-8 * max(1, np.abs(found.value).max())
        again = evaluate(mdp, found.policy, temperature)
        # The KL cost of a policy is a difference of logarithms: its rounding is multiplied by the temperature.
        rounding = 1e-15 * max(temperature, np.abs(found.value).max()) / (1 - discount)
        assert np.abs(again.value - found.value).max() <= found.bound + again.bound + rounding + 1e-12

    def test_a_large_temperature_keeps_the_digits_of_small_values(self):
        # T log mean exp(Q / T) = mean + variance / 2T + ...: at T = 1e6 the last digits come from log1p.
        mdp = random_mdp(2, prior=True, discount=0.999)
        found = plan(mdp, 1e6)
        assert np.abs(found.value - plan(mdp, INF).value).max() < 1e-3
        assert found.bound <= 1e-8 * max(1, np.abs(found.value).max())


class TestForbidden:
    def maze(self, **options):
        """0 can go to 1 (safe) or gamble on 2, from where every action leads to 3, where nothing is allowed."""
        transition = np.zeros((4, 2, 4))
        transition[0, 0, 1] = 1
        transition[0, 1, [1, 2]] = 0.9, 0.1
        transition[1, :, 0] = 1
        transition[2, :, 3] = 1
        transition[3, :, 3] = 1
        reward = np.array([[1.0, 5.0], [1.0, -INF], [1.0, 1.0], [-INF, -INF]])
        return MDP(transition, reward, discount=0.5, initial=[1, 0, 0, 0], **options)

    @pytest.mark.filterwarnings("ignore:prior renormalised")
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("prior", [None, [0.5, 0.5]])
    @pytest.mark.parametrize("temperature", [0, 1e-6, 1.0, 1e6])
    def test_dead_ends_are_found_however_far_they_are(self, solver, prior, temperature):
        mdp = self.maze(prior=prior)
        found = solver(mdp, temperature)
        expected = 2.0 if prior is None else None
        if expected is not None or temperature < 1:
            # One action is left in each live state: entropy 0; the prior loses half of its mass in state 0.
            assert np.allclose(found.value[:2], 2.0, rtol=0, atol=1e-5)
        assert found.value[2:].tolist() == [-INF, -INF]
        assert found.soft_q[0, 1] == -INF
        assert found.soft_q[2].tolist() == [-INF, -INF]
        assert found.policy.tolist() == [[1, 0], [1, 0], [0, 0], [0, 0]]
        assert visitation(mdp, found.policy).sum() == pytest.approx(2.0)

    def test_the_prior_mass_that_is_lost_is_paid_for(self):
        mdp = self.maze().replace(prior=[[0.5, 0.5], [1, 0], [0.5, 0.5], [0.5, 0.5]])
        # V0 = 1 + T log .5 + V1 / 2, V1 = 1 + V0 / 2, whatever the temperature, without losing digits.
        for temperature in (1.0, 1e6):
            first = (1 + temperature * np.log(0.5) + 0.5) / 0.75
            assert plan(mdp, temperature).value[0] == pytest.approx(first, rel=1e-8)

    def test_discount_zero_sees_no_dead_end(self):
        found = plan(self.maze().replace(discount=0.0), 0)
        assert found.value.tolist() == [5.0, 1.0, 1.0, -INF]

    def test_nothing_live_at_all(self):
        transition = np.zeros((3, 1, 3))
        transition[:, 0, 1] = 1
        mdp = MDP(transition, [[0.0], [-INF], [0.0]], discount=0.9, terminal=[2])
        assert plan(mdp, 1.0).value.tolist() == [-INF, -INF, 0.0]
        assert soft_value_iteration(mdp, 1.0).value.tolist() == [-INF, -INF, 0.0]

    def test_all_states_terminal(self):
        mdp = MDP(np.ones((1, 2, 1)), [[0.0, 0.0]], discount=1.0, terminal=[0])
        assert plan(mdp, 1.0).value.tolist() == [0.0]
        assert plan(mdp, 1.0).policy.tolist() == [[0.5, 0.5]]

    def test_an_end_behind_forbidden_actions(self):
        # The only way to the end risks state 2, where nothing is allowed.
        transition = np.zeros((4, 2, 4))
        transition[0, 0, 0] = transition[1, :, 1] = transition[2, :, 1] = transition[3, :, 3] = 1
        transition[0, 1, [1, 2]] = 0.5
        reward = np.array([[-1.0, -1.0], [-1.0, -1.0], [-INF, 0.0], [0.0, 0.0]])
        reward[2] = 0.0, -INF
        transition[1, :, :] = 0
        transition[1, :, 3] = 1
        transition[0, 1] = [0, 0.5, 0.5, 0]
        with_dead = MDP(
            transition, np.where([[0, 0], [0, 0], [1, 1], [0, 0]], -INF, reward), discount=0.9, terminal=[3]
        )
        assert plan(with_dead, 0).value[0] == pytest.approx(-10)  # it stays for ever
        escape = transition.copy()
        escape[2, 0] = [0, 1, 0, 0]
        legal = np.array([[-1.0, -1.0], [-1.0, -1.0], [-1.0, -INF], [0.0, 0.0]])
        mdp = MDP(escape, legal, discount=1.0, terminal=[3])
        prior = np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 0.0], [0.5, 0.5]])
        with pytest.raises(ValueError, match=r"needs an end in reach, but 1 states \(the first is 0\)"):
            plan(mdp.replace(prior=prior), 1.0)
