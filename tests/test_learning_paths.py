"""Path consistency, psi-learning, posterior policy iteration."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from test_learning import PRIOR, random_mdp, record, uniform

from softopt.operators import boltzmann, soft_maximum
from softopt.tabular import MDP
from softopt.tabular.learning import (
    Transition,
    compare_gradients,
    constant,
    interact,
    path_consistency,
    path_residuals,
    pgql_fixed_point,
    posterior_policy_iteration,
    psi_learning,
    residual_variance,
    soft_q_learning,
)
from softopt.tabular.learning.path_consistency import stretches
from softopt.tabular.planning import evaluate, plan

TEMPERATURE = 0.5


def deterministic_mdp(seed=1, **options):
    generator = np.random.default_rng(seed)
    transition = np.eye(5)[generator.integers(0, 5, (5, 3))]
    return MDP(transition, generator.normal(size=(5, 3)), discount=0.8, terminal=[4], **options)


class TestStretches:
    steps = (
        Transition(0, 0, 0.0, 1, False, False),
        Transition(1, 0, 0.0, 2, True, False),
        Transition(3, 0, 0.0, 4, False, True),
        Transition(5, 0, 0.0, 6, False, False),
    )

    @pytest.mark.parametrize(
        ("length", "starts_and_sizes"),
        [
            (1, [(0, 1), (1, 1), (3, 1), (5, 1)]),
            (2, [(0, 2), (1, 1), (3, 1), (5, 1)]),
            (9, [(0, 2), (1, 1), (3, 1), (5, 1)]),
        ],
    )
    def test_one_from_each_transition_and_none_across_episodes(self, length, starts_and_sizes):
        assert [(piece[0].state, len(piece)) for piece in stretches(self.steps, length)] == starts_and_sizes

    def test_length(self):
        with pytest.raises(ValueError, match="at least 1 step"):
            list(stretches(self.steps, 0))


class TestResiduals:
    def test_by_hand(self):
        mdp = MDP(np.full((3, 2, 3), 1 / 3), np.zeros((3, 2)), discount=0.5)
        value, policy = [1.0, 2.0, 4.0], [[0.25, 0.75]] * 3
        steps = [Transition(0, 0, 3.0, 1, False, False), Transition(1, 1, 5.0, 2, False, True)]
        low, high = np.log(0.25), np.log(0.75)
        expected = [-1 + (3 - low) + 0.5 * (5 - high) + 0.25 * 4, -2 + (5 - high) + 0.5 * 4]
        assert_allclose(path_residuals(mdp, steps, value, policy, 1.0, 2), expected)
        # The same two steps, but the second one ended the task: nothing is bootstrapped.
        steps[1] = steps[1]._replace(terminated=True, truncated=False)
        assert_allclose(path_residuals(mdp, steps, value, policy, 1.0, 2), np.array(expected) - [0.25 * 4, 0.5 * 4])
        with_prior = mdp.replace(prior=[0.5, 0.5])
        assert_allclose(path_residuals(with_prior, steps[1:], value, policy, 1.0, 1), -2 + 5 - np.log(0.75 / 0.5))

    @pytest.mark.parametrize("prior", [None, PRIOR])
    @pytest.mark.parametrize("length", [1, 2, 7])
    def test_zero_on_every_path_at_the_soft_optimum_of_deterministic_dynamics(self, prior, length):
        mdp = deterministic_mdp(prior=prior)
        best = plan(mdp, TEMPERATURE, tol=1e-12)
        steps = record(mdp, 500, time_limit=10)
        assert_allclose(path_residuals(mdp, steps, best.value, best.policy, TEMPERATURE, length), 0.0, atol=1e-10)

    @pytest.mark.parametrize("length", [1, 3])
    def test_and_nowhere_else(self, length):
        # Another policy with its own value, and the optimal policy with another value, both leave residuals.
        mdp = deterministic_mdp()
        best, other = plan(mdp, TEMPERATURE), evaluate(mdp, uniform(mdp), TEMPERATURE)
        steps = record(mdp, 500, time_limit=10)
        for value, policy in ((other.value, other.policy), (best.value + 0.1 * ~mdp.terminal, best.policy)):
            assert np.abs(path_residuals(mdp, steps, value, policy, TEMPERATURE, length)).max() > 0.01

    def test_stochastic_dynamics_leave_a_floor_of_variance(self):
        mdp = random_mdp()
        best = plan(mdp, TEMPERATURE)
        steps = record(mdp, 20_000)
        residuals = path_residuals(mdp, steps, best.value, best.policy, TEMPERATURE, 1)
        floor = residual_variance(mdp, best.value)
        assert (floor[:-1] > 0.01).all()
        pairs = np.array([(step.state, step.action) for step in steps])
        for state, action in ((0, 0), (3, 2)):
            here = residuals[(pairs == (state, action)).all(axis=1)]
            variance = floor[state, action]
            assert abs(here.mean()) < 4.5 * np.sqrt(variance / here.size)
            # Bounded residuals: the fourth moment is at most the square of the largest times the variance.
            spread = np.sqrt(np.square(here).max() * variance / here.size)
            assert abs(here.var() - variance) < 4.5 * spread
        assert_allclose(residual_variance(deterministic_mdp(), best.value), 0.0)

    def test_variance_by_hand_dense_and_sparse(self):
        from scipy.sparse import csr_array

        transition = np.array([[[0.25, 0.75]], [[0.0, 1.0]]])
        reward = np.array([[[4.0, 0.0]], [[0.0, 0.0]]])
        outcomes = np.array([4 + 0.5 * 2, 0.5 * -2])
        expected = 0.25 * 0.75 * np.ptp(outcomes) ** 2
        dense = MDP(transition, reward, discount=0.5)
        sparse = MDP(csr_array(transition.reshape(2, 2)), csr_array(reward.reshape(2, 2)), discount=0.5)
        for mdp in (dense, sparse):
            assert_allclose(residual_variance(mdp, [2.0, -2.0]), [[expected], [0.0]])

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="shape"):
            path_residuals(random_mdp(), [], np.zeros(2), np.zeros((5, 3)), 1.0, 1)
        mdp, steps = random_mdp(), [Transition(0, 0, 1.0, 1, False, False)]
        with pytest.raises(ValueError, match="excludes"):
            path_residuals(mdp, steps, np.zeros(5), np.tile([0.0, 0.5, 0.5], (5, 1)), 1.0, 1)
        with pytest.raises(ValueError, match="excludes"):
            path_residuals(mdp.replace(prior=[0.0, 0.5, 0.5]), steps, np.zeros(5), uniform(mdp), 1.0, 1)


class TestPathConsistencyLearning:
    def test_one_update_by_hand(self):
        mdp = MDP(np.full((2, 2, 2), 0.5), np.zeros((2, 2)), discount=0.5)
        steps = [Transition(0, 1, 3.0, 1, False, False)]
        learned = path_consistency(mdp, steps, 2.0, value_rate=0.1, policy_rate=0.2)
        c = 3 + 2 * np.log(2)
        assert_allclose(learned.residual, [c])
        assert_allclose(learned.value, [0.1 * c, -0.1 * 0.5 * c])
        assert_allclose(learned.logits - np.log(0.5), [[-0.1 * c, 0.1 * c], [0.0, 0.0]], atol=1e-15)
        ended = path_consistency(mdp, [steps[0]._replace(terminated=True)], 2.0, value_rate=0.1)
        assert_allclose(ended.value, [0.1 * c, 0.0])

    def test_the_update_descends_the_squared_residuals(self):
        mdp = MDP(np.full((4, 2, 4), 0.25), np.zeros((4, 2)), discount=0.7)
        steps = [Transition(0, 0, 1.0, 1, False, False), Transition(1, 1, 2.0, 2, False, False)]
        steps.append(Transition(2, 0, -1.0, 3, False, True))
        logits, rate, move = np.random.default_rng(0).normal(size=(4, 2)), 1e-6, 1e-5

        def loss(value, theta):
            return 0.5 * np.square(path_residuals(mdp, steps, value, boltzmann(theta, 1.0), 2.0, 3)).sum()

        def slope(function, size):
            return [(function(move * e) - function(-move * e)) / (2 * move) for e in np.eye(size)]

        learned = path_consistency(mdp, steps, 2.0, length=3, value_rate=rate, policy_rate=rate, logits=logits)
        assert_allclose(learned.value / rate, -np.array(slope(lambda v: loss(v, logits), 4)), atol=1e-4)
        # The update of the logits leaves the factor T = 2 of the gradient to the rate.
        moved = np.log(learned.policy) - np.log(boltzmann(logits, 1.0))
        down = -np.array(slope(lambda x: loss(np.zeros(4), logits + x.reshape(4, 2)), 8)).reshape(4, 2) / 2
        expected = down - (boltzmann(logits, 1.0) * down).sum(axis=1, keepdims=True)
        assert_allclose(moved / rate, expected, atol=1e-3)

    @pytest.mark.parametrize("prior", [None, PRIOR])
    @pytest.mark.parametrize("length", [1, 3])
    def test_finds_the_soft_optimum_of_deterministic_dynamics(self, prior, length):
        mdp = deterministic_mdp(prior=prior)
        best = plan(mdp, TEMPERATURE, tol=1e-12)
        steps = record(mdp, 15_000, time_limit=10)
        learned = path_consistency(mdp, steps, TEMPERATURE, length=length, policy_rate=0.3)
        assert_allclose(learned.value, best.value, atol=1e-6)
        assert_allclose(learned.policy, best.policy, atol=1e-6)
        assert np.abs(learned.residual[-100:]).max() < 1e-6 < 0.5 < np.abs(learned.residual[:100]).max()
        assert mdp.initial @ evaluate(mdp, learned.policy, TEMPERATURE).value > 0.1 + mdp.initial @ (
            evaluate(mdp, uniform(mdp), TEMPERATURE).value
        )

    def test_settles_elsewhere_under_stochastic_dynamics(self):
        # The squared residual has its minimum below the floor of the soft optimum, at values that are too low.
        mdp = random_mdp()
        best = plan(mdp, TEMPERATURE)
        steps = record(mdp, 10_000)
        learned = path_consistency(mdp, steps * 3, TEMPERATURE, value_rate=0.03, policy_rate=0.06)
        left, floor = (
            np.mean(path_residuals(mdp, steps, value, policy, TEMPERATURE, 1) ** 2)
            for value, policy in ((learned.value, learned.policy), (best.value, best.policy))
        )
        assert left < 0.85 * floor
        assert (learned.value < best.value - 0.5)[:-1].all()

    def test_replays_to_the_last_bit_and_may_act_on_its_own_policy(self):
        mdp = deterministic_mdp()
        seen = []

        def act(logits):
            for step in interact(mdp, lambda s: boltzmann(logits[s], 1.0), np.random.default_rng(0), 200):
                seen.append(step)
                yield step

        learned = path_consistency(mdp, act, TEMPERATURE, length=1)
        again = path_consistency(mdp, seen, TEMPERATURE, length=1)
        assert_array_equal(learned.value, again.value)
        assert_array_equal(learned.logits, again.logits)

    def test_forbidden_actions_stay_forbidden(self):
        mdp = MDP(np.full((2, 2, 2), 0.5), [[0.0, -np.inf], [1.0, 0.0]], discount=0.5)
        learned = path_consistency(mdp, record(mdp, 100), TEMPERATURE)
        assert learned.policy[0, 1] == 0
        assert np.isfinite(learned.value).all()

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="divides by the temperature"):
            path_consistency(random_mdp(), [], 0.0)
        with pytest.raises(ValueError, match="rates"):
            path_consistency(random_mdp(), [], 1.0, value_rate=0.0)
        with pytest.raises(ValueError, match="horizon"):
            path_consistency(random_mdp(horizon=2), [], 1.0)
        with pytest.raises(ValueError, match="excludes"):
            path_consistency(random_mdp(prior=[0.0, 0.5, 0.5]), record(random_mdp(), 50), 1.0)


@pytest.mark.parametrize("prior", [None, PRIOR])
@pytest.mark.parametrize("temperature", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_everything_stays_finite_at_extreme_temperatures_and_rewards(prior, temperature, scale):
    mdp = random_mdp(prior=prior)
    mdp = mdp.replace(reward=scale * mdp.transition_reward)
    steps = record(mdp, 200, time_limit=5)
    found = [
        soft_q_learning(mdp, steps, temperature).q,
        psi_learning(mdp, steps, temperature).q,
        path_residuals(mdp, steps, np.zeros(5), uniform(mdp), temperature, 3),
        posterior_policy_iteration(mdp, temperature, 2).expected_return,
        compare_gradients(mdp, mdp.reward, temperature).soft_q_learning,
        compare_gradients(mdp, mdp.reward, temperature).policy_term,
        pgql_fixed_point(mdp, temperature).q,
    ]
    assert all(np.isfinite(array).all() for array in found)


class TestPosteriorPolicyIteration:
    def test_a_bandit_anneals_as_temperature_over_n(self):
        mdp = MDP(np.array([[[0.0, 1.0]] * 3, [[0.0, 1.0]] * 3]), [[1.0, 0.5, 0.0], [0] * 3], terminal=[1], prior=PRIOR)
        path = posterior_policy_iteration(mdp, 2.0, 6)
        for n in range(1, 7):
            assert_allclose(path.policy[n, 0], boltzmann([1.0, 0.5, 0.0], 2.0 / n, np.array(PRIOR)), atol=1e-13)

    def test_n_rounds_are_one_at_the_temperature_over_n(self):
        # Stochastic dynamics and a discount: the log-ratio of a round is the reward plus potential-based shaping.
        mdp = random_mdp(discount=0.95, prior=PRIOR)
        path = posterior_policy_iteration(mdp, 5.0, 20)
        for n in (1, 2, 7, 20):
            assert_allclose(path.policy[n], plan(mdp, 5.0 / n, tol=1e-12).policy, atol=1e-8)

    @pytest.mark.parametrize("prior", [None, PRIOR])
    def test_the_posterior_as_next_prior_anneals_to_the_hard_optimum(self, prior):
        mdp = random_mdp(prior=prior)
        path = posterior_policy_iteration(mdp, TEMPERATURE, 40)
        best = mdp.initial @ plan(mdp, 0.0).value
        assert (np.diff(path.expected_return) > -1e-9).all()
        assert best - path.expected_return[0] > 0.5
        assert best - path.expected_return[-1] < 1e-5
        first = mdp.prior if prior else uniform(mdp)
        assert_allclose(path.policy[0], first)

    def test_keeping_the_prior_stays_soft(self):
        mdp = random_mdp(prior=PRIOR)
        path = posterior_policy_iteration(mdp, TEMPERATURE, 2)
        soft = plan(mdp, TEMPERATURE).policy
        assert_allclose(path.policy[1], soft)
        again = plan(mdp, TEMPERATURE).policy  # the prior kept: the same posterior, however often one asks
        assert_allclose(again, soft)
        assert np.abs(path.policy[2] - soft)[:-1].max() > 0.05
        best = mdp.initial @ plan(mdp, 0.0).value
        assert best - mdp.initial @ evaluate(mdp.replace(prior=None), soft, 0.0).value > 0.05

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="temperature"):
            posterior_policy_iteration(random_mdp(), 0.0, 1)
        with pytest.raises(ValueError, match="horizon"):
            posterior_policy_iteration(random_mdp(horizon=2), 1.0, 1)


class TestPsiLearning:
    @pytest.mark.parametrize("prior", [None, PRIOR])
    def test_finds_the_hard_values_where_soft_q_learning_stays_soft(self, prior):
        mdp = random_mdp(prior=prior)
        steps = record(mdp, 30_000, time_limit=20)
        psi = psi_learning(mdp, steps, TEMPERATURE, every=10_000)
        hard = plan(mdp, 0.0)
        error = np.abs(psi.value - hard.value).max()
        assert error < 0.14 < np.abs(soft_q_learning(mdp, steps, TEMPERATURE).value - hard.value).max()
        best = mdp.initial @ hard.value
        assert best - mdp.initial @ evaluate(mdp.replace(prior=None), psi.policy, 0.0).value < 0.01
        # Preferences of the actions that are not optimal fall without end.
        worst = psi.history.min(axis=(1, 2))
        assert (np.diff(worst) < -1.0).all()

    def test_expected_updates_are_dynamic_programming_on_preferences(self):
        # Every pair once a sweep at rate 1, dynamics deterministic: Psi <- Psi + r + discount V(s') - V(s).
        mdp = deterministic_mdp()
        sweep = [
            Transition(s, a, mdp.reward[s, a], int(after), after == 4, False)
            for s in range(4)
            for a, after in enumerate(mdp.transition[s].argmax(axis=1))
        ]
        psi = np.zeros((5, 3))
        learned = psi_learning(mdp, sweep, TEMPERATURE, rate=constant(1.0))
        for s, a, reward, after, terminated, _ in sweep:
            value = np.where(mdp.terminal, 0.0, soft_maximum(psi, TEMPERATURE))
            psi[s, a] += reward + 0.8 * (0.0 if terminated else value[after]) - value[s]
        assert_allclose(learned.q, psi, atol=1e-12)

    def test_the_prior_is_inside_the_preferences_once(self):
        mdp = random_mdp(prior=PRIOR)
        untouched = psi_learning(mdp, [], TEMPERATURE)
        assert_allclose(untouched.policy, np.tile(PRIOR, (5, 1)))
        assert_allclose(untouched.value, 0.0, atol=1e-15)
        assert_allclose(untouched.q[0], TEMPERATURE * np.log(PRIOR))
