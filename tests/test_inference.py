"""Messages against brute force, hand-worked numbers, and what must not change the answer."""

import itertools
import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from softopt.tabular import MDP, enumerate_trajectories, gridworlds, infer
from softopt.tabular.worlds import BUY_TICKET, LOSE, START, WIN, corridor, lottery

EXACT = {"rtol": 0, "atol": 1e-10}
LEDGE = ("......", ".####.", "S....G", "HHHHHH")
TWO_WAYS = (".....", ".###.", "S###G", ".###.", ".....")


def random_mdp(seed, *, form="kl", transition_rewards=False, terminal=False, forbidden=False, horizon=3):
    """Three or four states, two or three actions, some transitions impossible, a spread-out start."""
    rng = np.random.default_rng(seed)
    n_states, n_actions = rng.integers(3, 5), rng.integers(2, 4)
    shape = (n_states, n_actions, n_states)
    transition = rng.dirichlet(np.ones(n_states), size=shape[:2]) * (rng.random(shape) < 0.6)
    transition[transition.sum(axis=-1) == 0, 0] = 1.0
    transition /= transition.sum(axis=-1, keepdims=True)
    reward = rng.normal(size=shape if transition_rewards else shape[:2])
    if forbidden and not transition_rewards:
        reward[rng.random(shape[:2]) < 0.2] = -np.inf
        reward[:, 0] = rng.normal(size=n_states)
    prior = None
    if form == "kl":
        allowed = np.isfinite(reward.reshape(*shape[:2], -1)[..., 0])
        prior = rng.dirichlet(np.ones(n_actions), size=n_states) * allowed
        prior /= prior.sum(axis=1, keepdims=True)
    start = rng.dirichlet(np.ones(n_states))
    start[0] = 0.0
    return MDP(
        transition,
        reward,
        horizon=horizon,
        initial=start / start.sum(),
        prior=prior,
        terminal=[n_states - 1] if terminal else None,
        final_value=rng.normal(size=n_states),
    )


random_mdps = st.builds(
    random_mdp,
    st.integers(0, 10_000),
    form=st.sampled_from(["kl", "entropy"]),
    transition_rewards=st.booleans(),
    terminal=st.booleans(),
    forbidden=st.booleans(),
)
temperatures = st.floats(0.2, 20.0)


def by_hand(mdp, temperature):
    """The definition in nested loops: every (states, actions) with its weight p(tau) exp(return / T)."""
    weights = {}
    moves = itertools.product(range(mdp.n_actions), range(mdp.n_states))
    for start, path in itertools.product(range(mdp.n_states), itertools.product(list(moves), repeat=mdp.horizon)):
        weight, state = mdp.initial[start], start
        for action, next_state in path:
            if mdp.terminal[state]:
                # An ended episode has one continuation of weight 1: nothing.
                weight *= (action, next_state) == (0, state)
                continue
            paid = mdp.reward if mdp.transition_reward is None else mdp.transition_reward
            reward = paid[state, action] if paid.ndim == 2 else paid[state, action, next_state]
            weight *= mdp.transition[state, action, next_state] * math.exp(reward / temperature)
            weight *= 1.0 if mdp.prior is None else mdp.prior[state, action]
            state = next_state
        if not mdp.terminal[state]:
            weight *= math.exp(mdp.final_value[state] / temperature)
        if weight > 0:
            weights[(start, *path)] = weight
    return weights


def assert_same_posterior(posterior, brute):
    """Evidence, start, marginals; policy and dynamics wherever some trajectory goes."""
    assert posterior.log_evidence == pytest.approx(brute.log_evidence, abs=1e-10)
    np.testing.assert_allclose(posterior.initial, brute.initial, **EXACT)
    np.testing.assert_allclose(posterior.marginals, brute.marginals, **EXACT)
    acts = brute.policy.sum(axis=-1) > 0
    np.testing.assert_allclose(posterior.policy[acts], brute.policy[acts], **EXACT)
    done = brute.dynamics.sum(axis=-1) > 0
    assert done.any()
    np.testing.assert_allclose(np.stack(posterior.dynamics)[done], brute.dynamics[done], **EXACT)


class TestHandWorked:
    @pytest.mark.parametrize(
        ("temperature", "p_ticket", "p_win"),
        [
            # 0.1 e^(10/T) + 0.9 against e^(2/T): the ticket wins the argument while losing money.
            (1.0, 0.99665795, 0.99959157),
            (2.0, 0.85274425, 0.94282562),
            (5.0, 0.52348987, 0.45085306),
            (100.0, 0.49761556, 0.10936687),
        ],
    )
    def test_lottery(self, temperature, p_ticket, p_win):
        posterior = infer(lottery(0.1, prize=10.0, safe=2.0), temperature)
        assert posterior.policy[0, START, BUY_TICKET] == pytest.approx(p_ticket, abs=1e-8)
        dynamics = posterior.dynamics[0][START, BUY_TICKET]
        assert dynamics[WIN] == pytest.approx(p_win, abs=1e-8)
        assert dynamics[LOSE] == pytest.approx(1 - p_win, abs=1e-8)

    def test_lottery_closed_form(self):
        p, prize, safe, temperature = 0.03, 7.0, 1.5, 1.3
        posterior = infer(lottery(p, prize, safe), temperature)
        ticket = p * math.exp(prize / temperature) + 1 - p
        certain = math.exp(safe / temperature)
        assert posterior.log_evidence == pytest.approx(math.log((ticket + certain) / 2), abs=1e-12)
        assert posterior.policy[0, START, BUY_TICKET] == pytest.approx(ticket / (ticket + certain), abs=1e-12)
        assert posterior.backward[0, START, BUY_TICKET] == pytest.approx(math.log(ticket), abs=1e-12)

    def test_forward_message_knows_only_the_past(self):
        # Two cells, staying or going; being in cell 1 costs log 2, so after one step 1/2 : 1/4 becomes 2/3 : 1/3.
        transition = np.zeros((2, 2, 2))
        transition[:, 0] = np.eye(2)
        transition[:, 1] = np.eye(2)[::-1]
        reward = np.array([[0.0, 0.0], [-math.log(2), -math.log(2)]])
        mdp = MDP(transition, reward, horizon=2, initial=[0.5, 0.5], prior=[0.75, 0.25])
        posterior = infer(mdp, 1.0)
        np.testing.assert_allclose(posterior.forward[0], [0.5, 0.5], **EXACT)
        # p(s_1 | O_0): weights 1/2 and 1/4, then three in four stay.
        np.testing.assert_allclose(posterior.forward[1], [(1.5 + 0.25) / 3, (0.5 + 0.75) / 3], **EXACT)
        np.testing.assert_allclose(np.exp(posterior.log_normalisers), [0.75, 19 / 24, 1.0], **EXACT)
        np.testing.assert_allclose(posterior.initial[0], 0.875 / (0.875 + 0.625 / 2), **EXACT)


class TestBruteForce:
    @pytest.mark.parametrize("seed", range(6))
    def test_enumeration_is_the_definition(self, seed):
        mdp = random_mdp(
            seed,
            form=("kl", "entropy")[seed % 2],
            transition_rewards=seed % 3 == 0,
            terminal=seed > 2,
            forbidden=True,
            horizon=2,
        )
        weights, brute = by_hand(mdp, 0.7), enumerate_trajectories(mdp, 0.7)
        assert len(brute.posterior) == len(weights)
        assert brute.log_evidence == pytest.approx(math.log(sum(weights.values())), abs=1e-12)
        for states, actions, posterior in zip(brute.states, brute.actions, brute.posterior, strict=True):
            key = (states[0], *((max(a, 0), s) for a, s in zip(actions, states[1:], strict=True)))
            assert posterior == pytest.approx(weights[key] / sum(weights.values()), abs=1e-14)

    @given(random_mdps, temperatures)
    @settings(max_examples=60, deadline=None)
    def test_messages_agree_with_enumeration(self, mdp, temperature):
        assert_same_posterior(infer(mdp, temperature), enumerate_trajectories(mdp, temperature))

    def test_sparse_and_dense_agree(self):
        dense = random_mdp(3, transition_rewards=True, terminal=True)
        rows = sp.csr_array(dense.transition.reshape(-1, dense.n_states))
        reward = sp.csr_array(dense.transition_reward.reshape(-1, dense.n_states))
        one, other = infer(dense, 0.5), infer(dense.replace(transition=rows, reward=reward), 0.5)
        np.testing.assert_allclose(other.backward, one.backward, **EXACT)
        for t, table in enumerate(other.dynamics):
            assert sp.issparse(table)
            assert (table.indptr == rows.indptr).all()
            assert (table.indices == rows.indices).all()
            np.testing.assert_allclose(table.toarray().reshape(one.dynamics[t].shape), one.dynamics[t], **EXACT)

    def test_prior_of_the_trajectories_sums_to_one(self):
        brute = enumerate_trajectories(random_mdp(11, form="kl", terminal=True), 1.0)
        assert brute.prior.sum() == pytest.approx(1.0, abs=1e-12)
        np.testing.assert_allclose(
            brute.posterior, brute.prior * np.exp(brute.total_reward - brute.log_evidence), **EXACT
        )


class TestMessages:
    @given(random_mdps, temperatures)
    @settings(max_examples=40, deadline=None)
    def test_forward_meets_backward(self, mdp, temperature):
        posterior = infer(mdp, temperature)
        np.testing.assert_allclose(posterior.forward.sum(axis=1), 1.0, **EXACT)
        assert posterior.log_normalisers.sum() == pytest.approx(posterior.log_evidence, abs=1e-10)
        product = posterior.forward * np.exp(posterior.value / temperature)
        np.testing.assert_allclose(posterior.marginals, product / product.sum(axis=1, keepdims=True), **EXACT)

    @given(random_mdps, temperatures)
    @settings(max_examples=40, deadline=None)
    def test_marginals_are_those_of_the_posterior_chain(self, mdp, temperature):
        posterior = infer(mdp, temperature)
        here = posterior.initial
        for t in range(mdp.horizon):
            np.testing.assert_allclose(posterior.marginals[t], here, **EXACT)
            here = np.einsum("s,sa,sax->x", here, posterior.policy[t], posterior.dynamics[t])
        np.testing.assert_allclose(posterior.marginals[-1], here, **EXACT)

    def test_values_are_soft_maxima(self):
        mdp = random_mdp(5, form="kl")
        posterior = infer(mdp, 0.5)
        average = (mdp.prior * np.exp(posterior.backward[0])).sum(axis=1)
        np.testing.assert_allclose(posterior.value[0], 0.5 * np.log(average), **EXACT)
        np.testing.assert_allclose(posterior.value[-1], mdp.final_value, **EXACT)

    def test_the_appointment_is_a_bridge(self):
        # Marginals of a random walk with both ends tied down: ways there times ways on, from matrix powers.
        mdp = corridor(length=9, horizon=12, start=2, goal=5)
        walk = mdp.transition.mean(axis=1)
        ways = [np.linalg.matrix_power(walk, t) for t in range(13)]
        bridge = np.array([ways[t][2] * ways[12 - t][:, 5] for t in range(13)]) / ways[12][2, 5]
        posterior = infer(mdp, 1.0)
        np.testing.assert_allclose(posterior.marginals, bridge, **EXACT)
        assert posterior.log_evidence == pytest.approx(math.log(ways[12][2, 5]), abs=1e-12)

    @given(st.integers(0, 1000), st.floats(-5, 5), st.floats(0.1, 10))
    @settings(max_examples=30, deadline=None)
    def test_shift_and_scale_of_the_reward(self, seed, shift, scale):
        mdp = random_mdp(seed)
        base = infer(mdp, 1.0)
        moved = infer(mdp.replace(reward=mdp.reward + shift), 1.0)
        np.testing.assert_allclose(moved.policy, base.policy, **EXACT)
        assert moved.log_evidence == pytest.approx(base.log_evidence + mdp.horizon * shift, abs=1e-10)
        scaled = infer(mdp.replace(reward=scale * mdp.reward, final_value=scale * mdp.final_value), scale)
        np.testing.assert_allclose(scaled.backward, base.backward, **EXACT)

    def test_state_names_do_not_matter(self):
        mdp = random_mdp(8, terminal=False)
        order = np.random.default_rng(0).permutation(mdp.n_states)
        renamed = MDP(
            mdp.transition[order][:, :, order],
            mdp.reward[order],
            horizon=mdp.horizon,
            initial=mdp.initial[order],
            prior=mdp.prior[order],
            final_value=mdp.final_value[order],
        )
        np.testing.assert_allclose(infer(renamed, 1.0).marginals, infer(mdp, 1.0).marginals[:, order], **EXACT)

    def test_uniform_prior_and_no_prior_differ_by_log_a_each_step(self):
        mdp = random_mdp(4, form="entropy")
        with_prior = infer(mdp.replace(prior=np.full(mdp.n_actions, 1 / mdp.n_actions)), 0.8)
        without = infer(mdp, 0.8)
        np.testing.assert_allclose(without.policy, with_prior.policy, **EXACT)
        np.testing.assert_allclose(without.marginals, with_prior.marginals, **EXACT)
        assert without.log_evidence - with_prior.log_evidence == pytest.approx(3 * math.log(mdp.n_actions), abs=1e-10)

    def test_deterministic_dynamics_stay_as_they_are(self):
        mdp = gridworlds.gridworld(TWO_WAYS, slip=0.0, horizon=20)
        posterior = infer(mdp, 1.0)
        for t in (0, 10, 19):
            np.testing.assert_allclose(posterior.dynamics[t], mdp.transition, **EXACT)

    def test_frozen_lake_needs_the_reward_of_the_transition(self):
        lake = MDP.from_gymnasium("FrozenLake-v1", discount=1.0, horizon=12)
        assert lake.transition_reward is not None
        # From state 14 a step right enters the goal one time in three, and only then pays 1.
        last = infer(lake, 0.2).backward[-1]
        assert last[14, 2] == pytest.approx(math.log((math.exp(1 / 0.2) + 2) / 3), abs=1e-12)
        averaged = infer(lake.replace(reward=lake.reward), 0.2).backward[-1]
        assert averaged[14, 2] == pytest.approx(1 / 0.2 / 3, abs=1e-12)


class TestDiscount:
    """With a discount the episode ends with probability 1 - discount after each step."""

    def two_copies(self, mdp, discount):
        """The same said without a discount: each state has a copy in which the episode has just ended."""
        n = mdp.n_states
        go_on = np.where(mdp.terminal, 1.0, discount)
        transition = np.zeros((2 * n, mdp.n_actions, 2 * n))
        transition[:n, :, :n], transition[:n, :, n:] = mdp.transition * go_on, mdp.transition * (1 - go_on)
        transition[n:, :, 0] = 1.0
        reward = np.zeros((2 * n, mdp.n_actions, 2 * n))
        paid = mdp.transition_reward if mdp.transition_reward is not None else mdp.reward[..., None]
        reward[:n] = np.concatenate([paid + np.zeros_like(mdp.transition)] * 2, axis=-1)
        return MDP(
            transition,
            reward,
            horizon=mdp.horizon,
            initial=np.append(mdp.initial, np.zeros(n)),
            prior=None if mdp.prior is None else np.concatenate([mdp.prior, mdp.prior]),
            terminal=[*np.flatnonzero(mdp.terminal), *range(n, 2 * n)],
            final_value=np.append(mdp.final_value, np.zeros(n)),
        )

    @pytest.mark.parametrize("seed", range(8))
    def test_finite_horizon(self, seed):
        mdp = random_mdp(seed, form=("kl", "entropy")[seed % 2], transition_rewards=seed % 4 < 2, terminal=seed > 3)
        n = mdp.n_states
        posterior = infer(mdp.replace(discount=0.8), 0.7)
        brute = enumerate_trajectories(self.two_copies(mdp, 0.8), 0.7)
        assert posterior.log_evidence == pytest.approx(brute.log_evidence, abs=1e-10)
        np.testing.assert_allclose(posterior.marginals, brute.marginals[:, :n], **EXACT)
        acts = brute.policy[:, :n].sum(axis=-1) > 0
        np.testing.assert_allclose(posterior.policy[acts], brute.policy[:, :n][acts], **EXACT)
        either = brute.dynamics[:, :n, :, :n] + brute.dynamics[:, :n, :, n:]
        done = either.sum(axis=-1) > 0
        np.testing.assert_allclose(np.stack(posterior.dynamics)[done], either[done], **EXACT)
        assert posterior.log_normalisers.sum() == pytest.approx(posterior.log_evidence, abs=1e-10)

    @pytest.mark.parametrize("temperature", [0.05, 1.0, 30.0])
    def test_infinite_horizon_is_the_limit_of_long_ones(self, temperature):
        mdp = gridworlds.gridworld(
            LEDGE, slip=0.2, reward={"H": -5}, discount=0.9, prior=np.full(4, 0.25), initial=None
        )
        forever, long = infer(mdp, temperature), infer(mdp.replace(horizon=400), temperature)
        assert forever.log_evidence == pytest.approx(long.log_evidence, rel=1e-10)
        np.testing.assert_allclose(forever.backward, long.backward[0], rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(forever.dynamics, long.dynamics[0], rtol=0, atol=1e-8)
        running = ~mdp.terminal
        np.testing.assert_allclose(
            forever.marginals[running], long.marginals.sum(axis=0)[running], rtol=1e-8, atol=1e-10
        )
        np.testing.assert_allclose(forever.marginals[~running], long.marginals[-1][~running], rtol=0, atol=1e-8)

    def test_infinite_horizon_without_discount_ends_in_a_terminal_state(self):
        mdp = gridworlds.gridworld(TWO_WAYS, slip=0.3, prior=np.full(4, 0.25))
        forever, long = infer(mdp, 0.8), infer(mdp.replace(horizon=1500), 0.8)
        # The long horizon also counts episodes still under way; after 1500 steps at -1 they weigh nothing.
        assert forever.log_evidence == pytest.approx(long.log_evidence, abs=1e-10)
        np.testing.assert_allclose(forever.marginals[mdp.terminal], 1.0, rtol=0, atol=1e-9)

    @pytest.mark.parametrize("reward", [-1.0, 0.0, 0.5, 0.69])
    def test_one_state_has_a_closed_form(self, reward):
        # w = e^r (discount w + 1 - discount), a geometric series: finite while discount e^r < 1.
        mdp = MDP(np.ones((1, 1, 1)), np.array([[reward]]), discount=0.5, prior=[1.0])
        factor = math.exp(reward)
        posterior = infer(mdp, 1.0)
        expected = math.log(0.5 * factor / (1 - 0.5 * factor))
        assert abs(posterior.log_evidence - expected) <= max(posterior.bound, 1e-12)
        assert posterior.bound < 1e-10
        # Given optimality the length of life is geometric again, of mean 1 / (1 - discount e^r).
        assert posterior.marginals[0] == pytest.approx(1 / (1 - 0.5 * factor), rel=1e-9)

    @pytest.mark.parametrize("reward", [0.6932, 1.0, 100.0])
    def test_infinite_evidence_is_said(self, reward):
        mdp = MDP(np.ones((1, 1, 1)), np.array([[reward]]), discount=0.5, prior=[1.0])
        with pytest.raises(ValueError, match="the evidence is infinite"):
            infer(mdp, 1.0)

    def test_entropy_form_points_to_the_prior(self):
        mdp = MDP(np.ones((1, 3, 1)), np.zeros((1, 3)), discount=0.9)
        with pytest.raises(ValueError, match="give a prior"):
            infer(mdp, 1.0)
        assert infer(mdp.replace(prior=np.full(3, 1 / 3)), 1.0).log_evidence == pytest.approx(0.0, abs=1e-12)

    def test_no_forward_message_without_an_end(self):
        posterior = infer(MDP(np.ones((1, 1, 1)), np.array([[-1.0]]), discount=0.5), 1.0)
        assert posterior.forward is None
        assert posterior.log_normalisers is None


class TestExtremes:
    @pytest.mark.parametrize("horizon", [None, 30])
    @pytest.mark.parametrize("temperature", [1e-6, 1e-3, 1.0, 1e6])
    @pytest.mark.parametrize("scale", [1.0, 1e4])
    def test_nothing_overflows(self, horizon, temperature, scale):
        mdp = gridworlds.gridworld(
            LEDGE,
            slip=0.1,
            step_reward=-scale,
            reward={"H": -scale, "G": scale},
            discount=0.95,
            horizon=horizon,
            prior=np.full(4, 0.25),
        )
        posterior = infer(mdp, temperature)
        for table in (posterior.value, posterior.marginals, posterior.policy, posterior.backward):
            assert np.isfinite(table).all()
        np.testing.assert_allclose(posterior.policy.sum(axis=-1), 1.0, **EXACT)
        assert math.isfinite(posterior.bound)

    def test_cold_inference_counts_on_the_best_luck(self):
        # With slip the walker needs 5 moves along the ledge, and is certain never to fall off.
        mdp = gridworlds.gridworld(LEDGE, slip=0.2, reward={"H": -10}, horizon=20, prior=np.full(4, 0.25))
        posterior = infer(mdp, 1e-6)
        start = mdp.initial.argmax()
        assert posterior.value[0, start] == pytest.approx(-5.0, abs=1e-4)
        goal = mdp.grid.state_at(2, 5)
        assert posterior.marginals[5, goal] == pytest.approx(1.0, abs=1e-6)

    def test_hot_inference_is_the_prior_in_the_true_world(self):
        mdp = random_mdp(2, form="kl")
        posterior = infer(mdp, 1e6)
        np.testing.assert_allclose(posterior.policy, np.stack([mdp.prior] * 3), rtol=0, atol=1e-5)
        np.testing.assert_allclose(posterior.dynamics[0], mdp.transition, rtol=0, atol=1e-5)

    def test_luck_round_a_dead_end(self):
        # One action: half the time a cell with no allowed action. Exact inference is sure to land elsewhere.
        transition = np.zeros((3, 1, 3))
        transition[0, 0, 1:] = 0.5
        transition[1, 0, 1] = transition[2, 0, 2] = 1.0
        mdp = MDP(transition, [[0.0], [-np.inf], [0.0]], horizon=2, initial=[1.0, 0.0, 0.0])
        posterior = infer(mdp, 1.0)
        np.testing.assert_allclose(posterior.dynamics[0][0, 0], [0.0, 0.0, 1.0], **EXACT)
        assert posterior.log_evidence == pytest.approx(math.log(0.5), abs=1e-12)
        assert (posterior.policy[0, 1] == 0).all()
        assert posterior.value[0, 1] == -np.inf


class TestTheDoor:
    @pytest.mark.parametrize(
        ("temperature", "sentence"),
        [
            (0.0, r"Use plan\(mdp, 0\)"),
            (-1.0, "temperature"),
            (np.nan, "temperature"),
            (np.inf, "prior"),
        ],
    )
    @pytest.mark.parametrize("function", [infer, enumerate_trajectories])
    def test_temperature(self, function, temperature, sentence):
        with pytest.raises(ValueError, match=sentence):
            function(lottery(), temperature)

    @pytest.mark.parametrize("function", [infer, enumerate_trajectories])
    def test_evidence_zero(self, function):
        with pytest.raises(ValueError, match="the evidence is zero"):
            function(corridor(length=9, horizon=7), 1.0)

    def test_enumeration_refuses_what_it_cannot_list(self):
        with pytest.raises(ValueError, match=r"e\+\d+ trajectories, more than the limit of 200,000"):
            enumerate_trajectories(corridor(length=9, horizon=40), 1.0)
        with pytest.raises(ValueError, match="give the MDP a horizon"):
            enumerate_trajectories(MDP(np.ones((1, 1, 1)), np.zeros((1, 1)), discount=0.9), 1.0)

    def test_worlds_check_their_numbers(self):
        with pytest.raises(ValueError, match="win_probability"):
            lottery(1.5)
        with pytest.raises(ValueError, match="at least 2 cells"):
            corridor(length=1)
        with pytest.raises(ValueError, match="slip"):
            corridor(slip=-0.1)
