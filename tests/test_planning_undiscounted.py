"""Discount 1: ends within reach, values that diverge by name, and nothing that is a number but wrong."""

import re

import numpy as np
import pytest
from scipy.optimize import brentq

from softopt.operators import boltzmann, soft_maximum
from softopt.tabular import MDP, SoftValueDiverges, evaluate, gridworlds, plan, soft_value_iteration

SOLVERS = [plan, soft_value_iteration]
INF = np.inf


def waiting_room(wait, leave, n_waits=1, prior=None):
    """One state: ``n_waits`` ways to wait for the reward ``wait``, one way to end for the reward ``leave``."""
    n_actions = n_waits + 1
    transition = np.zeros((2, n_actions, 2))
    transition[0, :n_waits, 0] = transition[0, n_waits, 1] = 1
    transition[1, :, 1] = 1
    reward = [[wait] * n_waits + [leave], [0.0] * n_actions]
    return MDP(transition, reward, discount=1.0, terminal=[1], prior=prior)


def waiting_value(wait, leave, n_waits, temperature):
    """V = T log(n exp((wait + V) / T) + exp(leave / T)), solved by hand for V."""
    return leave - temperature * np.log1p(-n_waits * np.exp(wait / temperature))


class TestWaitingRoom:
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("n_waits", [1, 2])
    @pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0, 1.4])
    def test_closed_form(self, solver, n_waits, temperature):
        found = solver(waiting_room(-1.0, 3.0, n_waits), temperature)
        expected = waiting_value(-1.0, 3.0, n_waits, temperature)
        assert abs(found.value[0] - expected) <= found.bound + 1e-12
        assert found.bound <= 1e-8 * max(1, abs(expected))
        assert found.value[1] == 0

    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("wait", [0.0, 0.5])
    @pytest.mark.parametrize("temperature", [1e-6, 1.0, 1e6])
    def test_waiting_that_costs_nothing_has_no_value(self, solver, wait, temperature):
        with pytest.raises(SoftValueDiverges, match=re.escape(f"temperature {temperature:g} with discount 1")):
            solver(waiting_room(wait, 3.0), temperature)

    @pytest.mark.parametrize("distance", [1e-1, 1e-4, 1e-7])
    def test_either_side_of_the_critical_temperature(self, distance):
        critical = 1 / np.log(2)  # two ways to wait, each costing 1
        mdp = waiting_room(-1.0, 0.0, 2)
        below = critical * (1 - distance)
        found = plan(mdp, below)
        expected = waiting_value(-1.0, 0.0, 2, below)
        assert abs(found.value[0] - expected) <= found.bound + 1e-14 / distance
        assert found.value[0] > 0.9 * np.log(1 / distance)
        with pytest.raises(SoftValueDiverges):
            plan(mdp, critical * (1 + distance))

    @pytest.mark.parametrize("temperature", [1 / np.log(2), np.nextafter(1 / np.log(2), 0)])
    def test_at_the_critical_temperature_no_number_is_returned(self, temperature):
        with pytest.raises(SoftValueDiverges):
            plan(waiting_room(-1.0, 0.0, 2), temperature)

    def test_the_kl_form_is_finite_where_the_entropy_form_is_not(self):
        for temperature in (1e-6, 0.1, 1.0, 1e6):
            # V = T log(.5 exp(V / T) + .5 exp(3 / T)) is solved by V = 3.
            found = plan(waiting_room(0.0, 3.0, prior=[0.5, 0.5]), temperature)
            assert found.value[0] == pytest.approx(3.0, abs=1e-7)

    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("prior", [None, [0.5, 0.5]])
    def test_a_cycle_that_pays_diverges_in_either_form_and_at_temperature_zero(self, solver, prior):
        mdp = waiting_room(1.0, 0.0, prior=prior)
        for temperature in (0, 1e-3):
            with pytest.raises(SoftValueDiverges):
                solver(mdp, temperature)

    def test_it_is_a_value_error(self):
        assert issubclass(SoftValueDiverges, ValueError)


def cliff():
    return MDP.from_gymnasium("CliffWalking-v1", discount=1.0)


def linear_z(mdp, temperature):
    """The critical quantity and the value, from z = exp(V / T): deterministic dynamics make Bellman linear in z."""
    going = ~mdp.terminal
    weights = np.exp(mdp.reward / temperature)[..., None] * mdp.transition
    within = weights[going].sum(axis=1)[:, going]
    out = weights[going].sum(axis=1)[:, ~going].sum(axis=1)  # z = 1 at the end
    z = np.linalg.solve(np.eye(going.sum()) - within, out)
    return np.abs(np.linalg.eigvals(within)).max(), z


class TestCliffWalking:
    @pytest.mark.parametrize("temperature", [0.1, 0.4, 0.7])
    def test_value_from_the_linear_equation(self, temperature):
        mdp = cliff()
        radius, z = linear_z(mdp, temperature)
        assert radius < 1
        found = plan(mdp, temperature)
        assert np.abs(found.value[~mdp.terminal] - temperature * np.log(z)).max() <= found.bound + 1e-10

    def test_critical_temperature(self):
        mdp = cliff()
        critical = brentq(lambda t: linear_z(mdp, t)[0] - 1, 0.5, 2.0, xtol=1e-13)
        found = plan(mdp, critical * (1 - 1e-6))
        assert np.isfinite(found.value).all()
        # So near, a processor's last digit decides whether it can still be told why there is no value.
        with pytest.raises(SoftValueDiverges, match=r"diverges at temperature|too near the critical temperature"):
            plan(mdp, critical * (1 + 1e-6))
        with pytest.raises(SoftValueDiverges, match="diverges at temperature"):
            plan(mdp, critical * (1 + 1e-2))
        with pytest.raises(SoftValueDiverges):
            soft_value_iteration(mdp, 1.01 * critical)

    def test_hard_limit(self):
        mdp = cliff()
        found = plan(mdp, 0)
        assert found.value[36] == -13
        assert found.bound < 1e-9
        assert np.allclose(soft_value_iteration(mdp, 0).value, found.value, rtol=0, atol=1e-8)


class TestFrozenLake:
    @pytest.mark.parametrize("slippery", [True, False])
    def test_waiting_is_free_so_the_entropy_form_diverges_at_every_temperature(self, slippery):
        import gymnasium

        mdp = MDP.from_gymnasium(gymnasium.make("FrozenLake-v1", is_slippery=slippery), discount=1.0)
        for temperature in (1e-6, 0.01, 1.0, 1e6):
            with pytest.raises(SoftValueDiverges):
                plan(mdp, temperature)
        kl_form = mdp.replace(prior=np.full(4, 0.25))
        for temperature in (1e-6, 0.01, 1.0, 1e6, INF):
            found = plan(kl_form, temperature)
            assert found.bound <= 1e-8
            again = evaluate(kl_form, found.policy, temperature)
            assert np.abs(again.value - found.value).max() <= 1e-8 + 1e-13 * min(temperature, 1e6)


class TestBothSolvers:
    @pytest.mark.parametrize("temperature", [0, 0.1, 0.5])
    @pytest.mark.parametrize("prior", [None, np.full(4, 0.25)])
    def test_agree_within_their_bounds(self, temperature, prior):
        mdp = gridworlds.gridworld("pools", slip=0.2, reward={"G": 10, "H": -10}, prior=prior)
        fast, slow = plan(mdp, temperature), soft_value_iteration(mdp, temperature)
        assert np.abs(fast.value - slow.value).max() <= fast.bound + slow.bound
        assert max(fast.bound, slow.bound) <= 1e-8 * max(1, np.abs(fast.value).max())
        q = mdp.reward + mdp.expect(fast.value)
        again = np.where(mdp.terminal, 0.0, soft_maximum(q, temperature, mdp.prior))
        assert np.abs(again - fast.value).max() <= fast.bound + 1e-12
        if temperature > 0:
            going = ~mdp.terminal
            assert np.allclose(fast.policy[going], boltzmann(q, temperature, mdp.prior)[going], rtol=0, atol=1e-6)

    def test_a_start_from_elsewhere_is_not_used(self):
        mdp = cliff()
        far = plan(mdp, 0.1, start=np.full(48, 1e9))
        assert np.array_equal(far.value, plan(mdp, 0.1).value)

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_every_action_ends(self, solver):
        transition = np.zeros((2, 2, 2))
        transition[:, :, 1] = 1
        mdp = MDP(transition, [[1.0, 2.0], [0.0, 0.0]], discount=1.0, terminal=[1])
        assert solver(mdp, 1.0).value[0] == pytest.approx(np.log(np.exp(1) + np.exp(2)), abs=1e-12)
