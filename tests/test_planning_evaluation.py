"""What a policy is worth and where it spends its time: by hand, against power series, and bad policies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning_cases import random_mdp

from softopt.operators import entropy, kl
from softopt.tabular import MDP, evaluate, gridworlds, plan, visitation

INF = np.inf


def random_policy(seed, mdp):
    return np.random.default_rng(seed).dirichlet(np.ones(mdp.n_actions), mdp.n_states)


def series(mdp, policy, temperature, steps=800):
    """Value and visits by summing step after step."""
    gain = (policy * mdp.reward).sum(axis=1)
    gain = gain + temperature * (entropy(policy) if mdp.prior is None else -kl(policy, mdp.prior))
    chain = np.einsum("sa,sat->st", policy, mdp.transition)
    value, visits, now = np.zeros(mdp.n_states), np.zeros(mdp.n_states), mdp.initial
    for _ in range(steps):
        value = gain + mdp.discount * chain @ value
        visits = visits + now
        now = mdp.discount * now @ chain
    return value, visits


def corridor(n=3, **options):
    """``n`` cells in a row and an end; right moves on, left stays."""
    transition = np.zeros((n + 1, 2, n + 1))
    for s in range(n):
        transition[s, 0, s] = transition[s, 1, s + 1] = 1
    transition[n, :, n] = 1
    options = {"discount": 1.0, "initial": np.eye(n + 1)[0], **options}
    return MDP(transition, np.full((n + 1, 2), -1.0), terminal=[n], **options)


class TestEvaluate:
    @given(seed=st.integers(0, 10**6), temperature=st.floats(0, 100), prior=st.booleans())
    @settings(max_examples=20, deadline=None)
    def test_power_series(self, seed, temperature, prior):
        mdp = random_mdp(seed, prior=prior, discount=0.8)
        policy = random_policy(seed + 1, mdp)
        found = evaluate(mdp, policy, temperature)
        value, visits = series(mdp, policy, temperature, steps=200)
        scale = max(1.0, np.abs(value).max())
        assert np.abs(found.value - value).max() <= 1e-12 * scale
        assert np.abs(found.soft_q - mdp.reward - 0.8 * mdp.expect(found.value)).max() <= 1e-12 * scale
        assert np.abs(visitation(mdp, policy) - visits).max() <= 1e-12 * 5
        assert found.bound <= 1e-12 * scale

    def test_corridor_by_hand(self):
        # At every cell half of the steps go on: 2 steps a cell, each costs 1 and pays T log 2.
        found = evaluate(corridor(), np.full((4, 2), 0.5), 2.0)
        assert np.allclose(found.value, [x * (-1 + 2 * np.log(2)) for x in (6, 4, 2, 0)], rtol=0, atol=1e-13)
        assert evaluate(corridor(), np.full((4, 2), 0.5), 0).value.tolist() == [-6, -4, -2, 0]
        kl_form = corridor(prior=[0.5, 0.5])
        assert np.allclose(evaluate(kl_form, np.full((4, 2), 0.5), 2.0).value, [-6, -4, -2, 0], rtol=0, atol=1e-13)
        assert np.allclose(evaluate(kl_form, kl_form.prior, INF).value, [-6, -4, -2, 0], rtol=0, atol=1e-13)

    @given(seed=st.integers(0, 10**6), temperature=st.floats(0.01, 10))
    @settings(max_examples=20, deadline=None)
    def test_no_policy_beats_the_plan(self, seed, temperature):
        mdp = random_mdp(seed)
        best = plan(mdp, temperature)
        assert np.allclose(evaluate(mdp, best.policy, temperature).value, best.value, rtol=0, atol=1e-6)
        assert (evaluate(mdp, random_policy(seed, mdp), temperature).value <= best.value + best.bound).all()

    def test_forbidden_actions_are_worth_minus_infinity_wherever_they_may_be_reached(self):
        reward = np.full((4, 2), -1.0)
        reward[1, 0] = -INF
        mdp = corridor().replace(reward=reward)
        careful = np.array([[0.5, 0.5], [0, 1], [0.5, 0.5], [0.5, 0.5]])
        assert evaluate(mdp, careful, 0).value.tolist() == [-5, -3, -2, 0]
        careless = np.full((4, 2), 0.5)
        assert evaluate(mdp, careless, 0).value.tolist() == [-INF, -INF, -2, 0]
        # Outside the prior's support the KL cost is infinite, but at temperature 0 nobody counts it.
        narrow = corridor(prior=[[0, 1], [0, 1], [0.5, 0.5], [0.5, 0.5]])
        assert evaluate(narrow, careless, 1.0).value.tolist()[:2] == [-INF, -INF]
        assert evaluate(narrow, careless, 0).value.tolist() == [-6, -4, -2, 0]

    def test_finite_horizon(self):
        mdp = random_mdp(0, horizon=3, discount=0.9, final_value=np.arange(5.0))
        policy = np.stack([random_policy(t, mdp) for t in range(3)])
        found = evaluate(mdp, policy, 0.7)
        value = np.arange(5.0)
        for t in (2, 1, 0):
            q = mdp.reward + 0.9 * mdp.expect(value)
            value = (policy[t] * q).sum(axis=1) + 0.7 * entropy(policy[t])
            assert np.allclose(found.value[t], value, rtol=0, atol=1e-13)
        same = evaluate(mdp, policy[0], 0.7)
        assert np.array_equal(same.value, evaluate(mdp, np.stack([policy[0]] * 3), 0.7).value)


class TestVisitation:
    @pytest.mark.parametrize("discount", [0.0, 0.5, 0.99])
    @pytest.mark.parametrize("normalised", [False, True])
    def test_sum(self, discount, normalised):
        mdp = gridworlds.gridworld("pools", slip=0.2, discount=discount)
        visits = visitation(mdp, np.full((mdp.n_states, 4), 0.25), normalised=normalised)
        assert visits.sum() == pytest.approx(1 if normalised else 1 / (1 - discount), rel=1e-12)
        assert (visits >= 0).all()

    def test_at_discount_one_an_end_counts_its_probability(self):
        policy = np.full((4, 2), 0.5)
        assert np.allclose(visitation(corridor(), policy), [2, 2, 2, 1], rtol=0, atol=1e-13)
        assert np.allclose(visitation(corridor(), policy, normalised=True), np.array([2, 2, 2, 1]) / 7)
        mdp = gridworlds.gridworld("pools", slip=0.5)
        visits = visitation(mdp, np.full((mdp.n_states, 4), 0.25))
        assert visits[mdp.terminal].sum() == pytest.approx(1, abs=1e-12)

    def test_expected_return_is_visits_times_rewards(self):
        mdp = random_mdp(4, discount=0.95)
        policy = random_policy(1, mdp)
        earned = (visitation(mdp, policy)[:, None] * policy * mdp.reward).sum()
        assert earned == pytest.approx(mdp.initial @ evaluate(mdp, policy, 0).value, rel=1e-11)

    def test_finite_horizon(self):
        mdp = random_mdp(0, horizon=3, discount=0.9)
        policy = np.stack([random_policy(t, mdp) for t in range(3)])
        visits = visitation(mdp, policy)
        assert visits.shape == (4, 5)
        assert np.allclose(visits.sum(axis=1), 0.9 ** np.arange(4), rtol=0, atol=1e-13)
        chain = np.einsum("sa,sat->st", policy[0], mdp.transition)
        assert np.allclose(visits[1], 0.9 * mdp.initial @ chain, rtol=0, atol=1e-14)
        assert visitation(mdp, policy, normalised=True).sum() == pytest.approx(1)

    def test_a_start_in_a_dead_state_stays_there(self):
        reward = np.full((4, 2), -1.0)
        reward[1] = -INF
        mdp = corridor(discount=0.5).replace(reward=reward, initial=[0.5, 0.5, 0, 0])
        found = plan(mdp, 1.0)
        # State 0 can still wait for ever; state 1 can do nothing.
        assert found.value[1] == -INF
        assert np.allclose(visitation(mdp, found.policy), [1, 1, 0, 0], rtol=0, atol=1e-13)


class TestBadPolicies:
    @pytest.mark.parametrize("function", [lambda m, p: evaluate(m, p, 1.0), visitation])
    @pytest.mark.parametrize(
        ("policy", "sentence"),
        [
            (np.full((3, 2), 0.5), r"policy has shape \(S, A\) = \(4, 2\), got \(3, 2\)"),
            (np.full((4, 2), 0.4), "policy row of state 0 sums to 0.8 instead of 1"),
            (np.array([[0.5, 0.5], [1.5, -0.5], [0.5, 0.5], [0.5, 0.5]]), "negative probability"),
            (np.full((4, 2), np.nan), "NaN"),
            (np.array([[0.0, 1], [1, 0], [0.0, 1], [0.0, 1]]), "never ends from state 0"),
        ],
    )
    def test_one_sentence(self, function, policy, sentence):
        with pytest.raises(ValueError, match=sentence):
            function(corridor(), policy)

    def test_never_ends_from_the_first_stuck_state(self):
        mdp = corridor()
        policy = np.array([[0.0, 1], [0.0, 1], [1.0, 0], [0.5, 0.5]])
        with pytest.raises(ValueError, match=r"never ends from state 0 \(3 such states\)"):
            evaluate(mdp, policy, 0)
        assert np.isfinite(evaluate(mdp.replace(discount=0.9), policy, 0).value).all()

    def test_rows_of_terminal_states_are_ignored(self):
        policy = np.array([[0.0, 1], [0.0, 1], [0.0, 1], [7.0, 7]])
        assert evaluate(corridor(), policy, 0).value.tolist() == [-3, -2, -1, 0]
        assert visitation(corridor(), policy).tolist() == [1, 1, 1, 1]

    def test_temperature_infinity_is_for_the_prior_alone(self):
        with pytest.raises(ValueError, match="only the prior"):
            evaluate(corridor(prior=[0.5, 0.5]), np.tile([0.4, 0.6], (4, 1)), INF)
        with pytest.raises(ValueError, match="entropy form"):
            evaluate(corridor(), np.full((4, 2), 0.5), INF)
        with pytest.raises(ValueError, match="temperature"):
            evaluate(corridor(), np.full((4, 2), 0.5), -1)
