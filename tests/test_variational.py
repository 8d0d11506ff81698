"""ELBO and gap, computed a second way; and what the gap is made of, shown from both sides."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from test_inference import EXACT, random_mdp, random_mdps, temperatures

from softopt.operators import boltzmann
from softopt.tabular import MDP, elbo, enumerate_trajectories, gridworlds, infer, plan, variational, visitation
from softopt.tabular.worlds import BUY_TICKET, START, corridor, lottery


def kl_to_posterior(mdp, policy, temperature):
    """KL(q || p(tau | O)), trajectory by trajectory, q being a policy in the true world."""
    brute = enumerate_trajectories(mdp, temperature)
    policy = np.broadcast_to(policy, (mdp.horizon, *mdp.reward.shape))
    q = mdp.initial[brute.states[:, 0]]
    for t in range(mdp.horizon):
        state, action, next_state = brute.states[:, t], brute.actions[:, t], brute.states[:, t + 1]
        chance = policy[t, state, action] * mdp.transition[state, action, next_state]
        q = q * np.where(action >= 0, chance, 1.0)
    assert q.sum() == pytest.approx(1.0, abs=1e-10)
    taken = q > 0
    return float((q[taken] * np.log(q[taken] / brute.posterior[taken])).sum())


def fork(values, *, chances=(0.5, 0.5), rewards=None, start=(1.0, 0.0, 0.0)):
    """State 0 leads by chance to states 1 and 2, which are worth the given values on arrival."""
    transition = np.zeros((3, 1, 3))
    transition[0, 0, 1:] = chances
    transition[1, 0, 1] = transition[2, 0, 2] = 1.0
    reward = np.zeros((3, 1, 3))
    reward[0, 0, 1:] = (0.0, 0.0) if rewards is None else rewards
    return MDP(
        transition,
        reward if rewards is not None else np.zeros((3, 1)),
        horizon=1,
        initial=start,
        prior=[1.0],
        final_value=[0.0, *values],
    )


class TestLottery:
    @pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0, 30.0])
    def test_closed_form(self, temperature):
        p, prize, safe = 0.1, 10.0, 2.0
        solution = variational(lottery(p, prize, safe), temperature)
        # The true mean of the ticket is 1, half of what is safe.
        expected = 1 / (1 + math.exp((safe - p * prize) / temperature))
        assert solution.policy[0, START, BUY_TICKET] == pytest.approx(expected, abs=1e-12)
        bound = math.log((math.exp(p * prize / temperature) + math.exp(safe / temperature)) / 2)
        assert solution.elbo == pytest.approx(bound, abs=1e-10)
        ticket = p * math.exp(prize / temperature) + 1 - p
        evidence = math.log((ticket + math.exp(safe / temperature)) / 2)
        assert solution.gap == pytest.approx(evidence - bound, abs=1e-10)

    def test_cold_limits_are_opposite(self):
        mdp = lottery()
        assert infer(mdp, 0.01).policy[0, START, BUY_TICKET] == pytest.approx(1.0, abs=1e-12)
        assert variational(mdp, 0.01).policy[0, START, BUY_TICKET] == pytest.approx(0.0, abs=1e-12)


class TestGap:
    @given(random_mdps, temperatures)
    @settings(max_examples=40, deadline=None)
    def test_gap_is_the_divergence(self, mdp, temperature):
        solution = variational(mdp, temperature)
        divergence = kl_to_posterior(mdp, solution.policy, temperature)
        assert solution.gap == pytest.approx(divergence, abs=1e-9)
        assert divergence >= -1e-12
        assert solution.log_evidence - solution.elbo == pytest.approx(solution.gap, abs=1e-10)

    @given(st.integers(0, 10_000), temperatures)
    @settings(max_examples=30, deadline=None)
    def test_every_policy_splits_the_evidence(self, seed, temperature):
        mdp = random_mdp(seed, transition_rewards=seed % 2 == 0)
        rng = np.random.default_rng(seed)
        policy = rng.dirichlet(np.ones(mdp.n_actions), size=(mdp.horizon, mdp.n_states))
        total = elbo(mdp, policy, temperature) + kl_to_posterior(mdp, policy, temperature)
        assert total == pytest.approx(infer(mdp, temperature).log_evidence, abs=1e-9)

    # Zero exactly when V is constant over each set of possible successors and over the support of the start.
    @pytest.mark.parametrize(
        ("mdp", "gap"),
        [
            (fork((1.0, 1.0)), 0.0),
            (fork((1.0, 0.0), chances=(1.0, 0.0)), 0.0),
            (fork((1.0, 0.0), rewards=(-1.0, 0.0)), 0.0),  # the luck is paid back on the way
            (fork((1.0, 1.0), start=(0.0, 0.5, 0.5)), 0.0),
            (fork((1.0, 0.0)), math.log((math.e + 1) / 2) - 0.5),
            (fork((1.0, 1.0), rewards=(1.0, 0.0)), math.log((math.e + 1) / 2) - 0.5),
            (fork((1.0, 0.0), start=(0.0, 0.5, 0.5)), math.log((math.e + 1) / 2) - 0.5),
        ],
        ids=[
            "equal successors",
            "one successor",
            "reward evens them out",
            "equal starts",
            "unequal successors",
            "unequal rewards of the transition",
            "unequal starts",
        ],
    )
    def test_zero_gap_from_both_sides(self, mdp, gap):
        assert variational(mdp, 1.0).gap == pytest.approx(gap, abs=1e-12)
        assert kl_to_posterior(mdp, np.ones((3, 1)), 1.0) == pytest.approx(gap, abs=1e-12)

    @given(st.integers(0, 10_000), temperatures)
    @settings(max_examples=20, deadline=None)
    def test_deterministic_dynamics_and_a_fixed_start_leave_no_gap(self, seed, temperature):
        mdp = random_mdp(seed)
        rng = np.random.default_rng(seed)
        one_way = np.eye(mdp.n_states)[rng.integers(mdp.n_states, size=mdp.reward.shape)]
        mdp = mdp.replace(transition=one_way, initial=np.eye(mdp.n_states)[0])
        exact, solution = infer(mdp, temperature), variational(mdp, temperature)
        assert abs(exact.log_evidence - solution.elbo) < 1e-10
        np.testing.assert_allclose(solution.policy, exact.policy, **EXACT)
        np.testing.assert_allclose(solution.value, exact.value, rtol=1e-12, atol=1e-9)

    def test_gap_grows_with_slip(self):
        gaps = [variational(corridor(7, 10, slip=slip, miss=1.0), 1.0).gap for slip in (0.0, 0.1, 0.3, 0.6)]
        assert gaps[0] == pytest.approx(0.0, abs=1e-12)
        assert (np.diff(gaps) > 1e-3).all()

    def test_no_policy_can_promise_what_chance_decides(self):
        # With slip nobody is sure to be on time: the posterior exists, no q in the true world comes near it.
        solution = variational(corridor(5, 8, slip=0.2), 1.0)
        assert math.isfinite(solution.log_evidence)
        assert solution.elbo == -math.inf
        assert solution.gap == math.inf


class TestBestPolicy:
    @pytest.mark.parametrize("form", ["kl", "entropy"])
    def test_no_other_policy_does_better(self, form):
        mdp = random_mdp(1, form=form, transition_rewards=True, horizon=2)
        shape = (mdp.horizon, *mdp.reward.shape)

        def negative_elbo(logits):
            return -elbo(mdp, boltzmann(logits.reshape(shape), 1.0), 0.7)

        found = minimize(negative_elbo, np.zeros(np.prod(shape)), method="BFGS", options={"gtol": 1e-7})
        solution = variational(mdp, 0.7)
        assert -found.fun == pytest.approx(solution.elbo, abs=1e-9)
        assert -found.fun <= solution.elbo + 1e-10
        visited = visitation(mdp, solution.policy)[:-1] > 0
        np.testing.assert_allclose(
            boltzmann(found.x.reshape(shape), 1.0)[visited], solution.policy[visited], rtol=0, atol=1e-4
        )

    @given(random_mdps, temperatures)
    @settings(max_examples=40, deadline=None)
    def test_the_exact_policy_never_does_better_in_the_true_world(self, mdp, temperature):
        exact, solution = infer(mdp, temperature), variational(mdp, temperature)
        assert elbo(mdp, exact.policy, temperature) <= solution.elbo + 1e-10 * max(1.0, abs(solution.elbo))

    def test_and_here_it_does_much_worse(self):
        mdp = lottery(0.1, prize=10.0, safe=2.0)
        assert variational(mdp, 1.0).elbo == pytest.approx(math.log((math.e + math.e**2) / 2), abs=1e-12)
        assert elbo(mdp, infer(mdp, 1.0).policy, 1.0) < variational(mdp, 1.0).elbo - 0.9

    def test_elbo_of_the_plan_is_its_own(self):
        mdp = gridworlds.gridworld(("S..", ".#.", "..G"), slip=0.2, discount=0.9, prior=np.full(4, 0.25))
        solution = variational(mdp, 0.5)
        assert elbo(mdp, solution.policy, 0.5) == pytest.approx(solution.elbo, abs=1e-8)
        np.testing.assert_allclose(solution.value, plan(mdp, 0.5).value, rtol=0, atol=1e-8)
        assert solution.gap > 0.01

    def test_discount_is_a_chance_to_end_on_both_sides(self):
        # One step that costs 1, for ever: q lives a geometric life, the posterior a shorter one.
        mdp = MDP(np.ones((1, 1, 1)), np.array([[-1.0]]), discount=0.5, prior=[1.0])
        solution = variational(mdp, 1.0)
        lives = np.arange(1, 200)
        q, p = 0.5**lives, (0.5 * math.exp(-1)) ** lives
        divergence = (q * np.log(q / (p / p.sum()))).sum()
        assert solution.gap == pytest.approx(divergence, abs=1e-9)

    @pytest.mark.parametrize("temperature", [1e-6, 1e6])
    def test_extreme_temperatures(self, temperature):
        mdp = gridworlds.gridworld(
            ("S..", ".#.", "..G"), slip=0.2, step_reward=-1e4, discount=0.9, prior=np.full(4, 0.25)
        )
        solution = variational(mdp, temperature)
        assert math.isfinite(solution.elbo)
        assert 0 <= solution.gap < math.inf

    @pytest.mark.parametrize("temperature", [0.0, -1.0, math.inf])
    def test_temperature_at_the_door(self, temperature):
        with pytest.raises(ValueError, match="temperature"):
            variational(lottery(), temperature)
        with pytest.raises(ValueError, match="temperature"):
            elbo(lottery(), np.full((4, 2), 0.5), temperature)
