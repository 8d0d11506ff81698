"""Mellowmax and Boltzmann backups, the fixed point of PGQL, and results published for small problems."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.optimize import brentq
from scipy.special import expit
from test_learning import PRIOR, random_mdp, record

from softopt.operators import boltzmann, mellowmax, soft_maximum
from softopt.tabular import MDP, gridworlds
from softopt.tabular.learning import (
    asadi_littman,
    backup_curve,
    boltzmann_average,
    boltzmann_fixed_points,
    constant,
    epsilon_greedy,
    g_learning,
    generalised_q_learning,
    interact,
    mellowmax_fixed_point,
    pgql_fixed_point,
    q_learning,
)
from softopt.tabular.planning import evaluate, plan


def crossings_of_two_actions(reward, continuation, beta):
    """Another way to all fixed points, for two actions: solve for the policy and not for the value.

    Given p = pi(first), x follows in closed form, and ``h(p) = logit p - beta (q_1 - q_2)`` must vanish. The
    slope of h is zero where ``D(p)^2 = beta K p (1 - p)``, a quadratic, so h has at most three roots.
    """
    (r1, r2), (c1, c2) = reward, continuation

    def value(p):
        return (p * r1 + (1 - p) * r2) / (1 - p * c1 - (1 - p) * c2)

    def h(logit):
        return logit - beta * (r1 - r2 + (c1 - c2) * value(expit(logit)))

    # value'(p) = k / D(p)^2 with D(p) = a + b p
    a, b = 1 - c2, c2 - c1
    k = (r1 - r2) * a - r2 * b
    turning = np.roots([b * b + beta * (c1 - c2) * k, 2 * a * b - beta * (c1 - c2) * k, a * a])
    turning = [np.log(p.real / (1 - p.real)) for p in turning if abs(p.imag) < 1e-12 and 0 < p.real < 1]
    far = 10 + beta * (abs(r1 - r2) + abs(c1 - c2) * max(abs(value(0.0)), abs(value(1.0))))
    edges = sorted([-far, *turning, far])
    roots = [brentq(h, u, v, xtol=1e-13) for u, v in itertools.pairwise(edges) if h(u) * h(v) < 0]
    return np.sort([value(expit(u)) for u in roots])


def one_state(reward, chance_to_stay, discount):
    """A single state that goes on, and an end."""
    n_actions = len(reward)
    transition = np.zeros((2, n_actions, 2))
    transition[0, :, 0], transition[0, :, 1] = chance_to_stay, 1 - np.asarray(chance_to_stay)
    transition[1, :, 1] = 1
    return MDP(transition, [reward, [0.0] * n_actions], discount=discount, terminal=[1])


class TestOperators:
    def test_boltzmann_average_by_hand(self):
        assert_allclose(boltzmann_average([0.0, np.log(3)], 1.0), 0.75 * np.log(3))
        assert_allclose(boltzmann_average([[1.0, 3.0], [-np.inf, 2.0]], 0.0), [2.0, 2.0])
        assert boltzmann_average([1.0, 3.0], np.inf) == 3.0
        assert_allclose(boltzmann_average([[1.0, 1e4], [0.0, 2e4]], 1e6, axis=0), [1.0, 2e4])
        for wrong in (-1.0, np.nan):
            with pytest.raises(ValueError, match="beta"):
                boltzmann_average([0.0], wrong)

    def test_it_is_no_non_expansion_and_mellowmax_is(self):
        # Asadi and Littman's observation: rows closer than d whose averages are further apart than d.
        one, other, beta = np.array([0.1, 0.6]), np.array([0.1, 0.7]), 8.0
        assert abs(boltzmann_average(one, beta) - boltzmann_average(other, beta)) > np.abs(one - other).max()
        assert abs(mellowmax(one, beta) - mellowmax(other, beta)) < np.abs(one - other).max()


class TestAsadiLittman:
    """Their two-state MDP. Whether the step that ends is paid, the drawing does not say; both are here."""

    # Edges of the window of beta with three fixed points, found with `crossings_of_two_actions`.
    windows = ((True, 16.874, 17.045), (False, 14.807, 14.957))

    def test_the_mdp(self):
        mdp = asadi_littman()
        assert_allclose(mdp.reward[0], [0.122, 0.033])
        assert_allclose(mdp.transition[0], [[0.66, 0.34], [0.99, 0.01]])
        assert mdp.discount == 0.98
        assert_allclose(asadi_littman(pay_last_step=False).reward[0], [0.66 * 0.122, 0.99 * 0.033])

    @pytest.mark.parametrize(("paid", "first", "last"), windows)
    def test_three_fixed_points_inside_a_narrow_window_of_beta_and_one_outside(self, paid, first, last):
        mdp = asadi_littman(pay_last_step=paid)
        for beta, expected in ((first - 0.01, 1), (first + 0.001, 3), (last - 0.001, 3), (last + 0.01, 1)):
            found = boltzmann_fixed_points(mdp, beta)
            assert found.size == expected
            other = crossings_of_two_actions(mdp.reward[0], 0.98 * mdp.transition[0, :, 0], beta)
            assert_allclose(found, other, atol=1e-9)
            assert_allclose(backup_curve(mdp, lambda q, b=beta: boltzmann_average(q, b), found), found, atol=1e-12)

    @pytest.mark.parametrize("paid", [True, False])
    def test_the_beta_of_the_papers_sarsa_run_has_one(self, paid):
        assert boltzmann_fixed_points(asadi_littman(pay_last_step=paid), 16.55).size == 1

    def test_value_iteration_ends_where_it_is_nearest(self):
        mdp = asadi_littman()
        low, middle, high = boltzmann_fixed_points(mdp, 16.9)
        x = np.array([0.0, middle - 0.01, middle + 0.01, 2.0])
        for _ in range(8000):  # progress is very slow: the curve all but touches the diagonal
            x = backup_curve(mdp, lambda q: boltzmann_average(q, 16.9), x)
        assert_allclose(x, [low, low, high, high], atol=1e-6)

    def test_learning_on_policy_never_settles_with_boltzmann_and_does_with_mellowmax(self):
        # As in their SARSA run: rate 0.1, the Boltzmann policy of the table acts. Noise keeps the Boltzmann backup far
        # above its only fixed point, 0.55; mellowmax stays around its own, 0.43.
        mdp, beta, spread = asadi_littman(), 16.55, []
        for operator in (boltzmann_average, mellowmax):

            def act(table):
                return interact(mdp, lambda s: boltzmann(table[s], 1 / beta), np.random.default_rng(0), 6000)

            learned = generalised_q_learning(
                mdp, act, lambda row, f=operator: f(row, beta), rate=constant(0.1), every=50
            )
            values = operator(learned.history[40:, 0], beta)
            spread.append(values.std())
            fixed = boltzmann_fixed_points(mdp, beta)[0] if operator is boltzmann_average else 0.4315
            assert (abs(values.mean() - fixed) > 0.3) == (operator is boltzmann_average)
        assert spread[0] > 2 * spread[1]

    def test_mellowmax_has_one_everywhere(self):
        mdp = asadi_littman()
        grid = np.linspace(0.0, 3.0, 301)
        for omega in (0.0, 5.0, 16.9, 1e3, np.inf):
            x = mellowmax_fixed_point(mdp, omega)
            assert_allclose(backup_curve(mdp, lambda q, w=omega: mellowmax(q, w), x), x, atol=1e-13)
            slopes = np.diff(backup_curve(mdp, lambda q, w=omega: mellowmax(q, w), grid)) / np.diff(grid)
            assert slopes.max() <= 0.98 + 1e-9
        # T = 1 / omega: the KL form with a uniform prior.
        soft = plan(mdp.replace(prior=[0.5, 0.5]), 1 / 16.9, tol=1e-12)
        assert mellowmax_fixed_point(mdp, 16.9) == pytest.approx(soft.value[0], abs=1e-12)


class TestAllFixedPoints:
    @settings(max_examples=40, deadline=None)
    @given(
        reward=st.tuples(*[st.integers(-3000, 3000).map(lambda n: n / 1000)] * 2),
        stay=st.tuples(*[st.integers(0, 999).map(lambda n: n / 1000)] * 2),
        log_beta=st.floats(-3, 4),
    )
    def test_agrees_with_the_other_way(self, reward, stay, log_beta):
        beta = 10.0**log_beta
        mdp = one_state(reward, stay, 1.0)
        found = boltzmann_fixed_points(mdp, beta)
        other = crossings_of_two_actions(reward, stay, beta)
        assert found.size >= 1
        for x in other:  # a touching pair may merge to round-off in one of the two ways
            assert np.abs(found - x).min() < 1e-5 * max(1.0, abs(x))
        for x in found:
            gap = backup_curve(mdp, lambda q: boltzmann_average(q, beta), x) - x
            assert abs(gap) < 1e-9 * max(1.0, abs(x)) * max(1.0, beta)

    def test_more_than_two_actions(self):
        # A third action so bad that it is never taken changes nothing.
        mdp = one_state([0.122, 0.033, -50.0], [0.66, 0.99, 0.5], 0.98)
        assert_allclose(boltzmann_fixed_points(mdp, 16.9), boltzmann_fixed_points(asadi_littman(), 16.9), atol=1e-9)

    @pytest.mark.parametrize("beta", [0.0, 1e-6, 1e6])
    def test_extremes(self, beta):
        mdp = one_state([1e4, -1e4], [0.5, 0.9], 1.0)
        found = boltzmann_fixed_points(mdp, beta)
        expected = crossings_of_two_actions([1e4, -1e4], [0.5, 0.9], beta)
        assert_allclose(found, expected, rtol=1e-9)

    def test_forbidden_actions_are_left_out_and_one_action_is_its_own_answer(self):
        mdp = one_state([1.0, 0.0], [0.5, 0.9], 1.0)
        mdp = mdp.replace(reward=[[1.0, -np.inf], [0.0, 0.0]])
        assert_allclose(boltzmann_fixed_points(mdp, 3.0), [2.0], rtol=1e-12)

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="one state that goes on"):
            boltzmann_fixed_points(random_mdp(), 1.0)
        with pytest.raises(ValueError, match="beta"):
            boltzmann_fixed_points(asadi_littman(), np.inf)
        with pytest.raises(ValueError, match="for ever"):
            boltzmann_fixed_points(one_state([1.0, 0.0], [1.0, 0.5], 1.0), 1.0)


class TestPgqlFixedPoint:
    @pytest.mark.parametrize("prior", [None, PRIOR])
    @pytest.mark.parametrize("temperature", [0.05, 0.5, 50.0])
    def test_is_boltzmann_in_its_own_plain_values(self, prior, temperature):
        mdp = random_mdp(prior=prior)
        found = pgql_fixed_point(mdp, temperature)
        plain = evaluate(mdp.replace(prior=None), found.policy, 0.0)
        assert_allclose(found.q, plain.soft_q)
        assert_allclose(found.policy, boltzmann(found.q, temperature, mdp.prior), atol=1e-11)
        assert found.residual <= 1e-12

    def test_is_not_the_soft_optimum(self):
        mdp = random_mdp(discount=0.95)
        found, best = pgql_fixed_point(mdp, 0.5), plan(mdp, 0.5)
        assert np.abs(found.policy - best.policy)[:-1].max() > 0.02
        # The soft optimum has the better soft return, of course.
        assert mdp.initial @ evaluate(mdp, found.policy, 0.5).value < mdp.initial @ best.value - 1e-3

    def test_nothing_is_left_of_the_bonus_outside_the_return_there(self):
        # The gradient of the plain return plus T times that of the present entropy, row by row.
        mdp, temperature = random_mdp(), 0.5
        found = pgql_fixed_point(mdp, temperature)
        score = found.q - temperature * np.log(found.policy)
        assert_allclose(np.ptp(score[:-1], axis=1), 0.0, atol=1e-10)

    def test_may_be_several_on_the_asadi_littman_mdp(self):
        mdp, beta = asadi_littman(), 16.9
        low, _, high = boltzmann_fixed_points(mdp, beta)
        assert pgql_fixed_point(mdp, 1 / beta).value[0] == pytest.approx(low, abs=1e-9)
        from_above = pgql_fixed_point(mdp, 1 / beta, start=[[0.0, 3.0], [0.0, 0.0]])
        assert from_above.value[0] == pytest.approx(high, abs=1e-9)

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="no fixed point"):
            pgql_fixed_point(random_mdp(), 0.1, max_iterations=1)
        with pytest.raises(ValueError, match="divides by the temperature"):
            pgql_fixed_point(random_mdp(), 0.0)
        with pytest.raises(ValueError, match="horizon"):
            pgql_fixed_point(random_mdp(horizon=2), 1.0)


class TestGLearningPublished:
    """Fox, Pakman and Tishby (2016), in kind: their claims on small grids, not their figures point by point.

    The rate n ** -0.8, beta = k t, discount 0.95 and exploration 0.1 are theirs. Their grids, noise and k are
    not all stated, so the 8x8 grid and gymnasium's cliff stand in.
    """

    def test_noise_biases_the_maximum_upwards_and_the_soft_backup_far_less(self):
        drawing = ["S......."] + ["........"] * 6 + [".......G"]
        mdp = gridworlds.gridworld(drawing, discount=0.95, prior=np.full(4, 0.25)).replace(initial=None)
        exact = plan(mdp, 0.0).value
        steps = record(mdp, 20_000, reward_noise=2.0, time_limit=100)
        running = ~mdp.terminal
        hard = (q_learning(mdp, steps).value - exact)[running]
        soft = (g_learning(mdp, steps, 1e-4).value - exact)[running]
        assert (hard > 0).all()  # every state is thought better than it can be
        assert hard.mean() > 5
        assert abs(soft.mean()) < 1
        assert np.abs(soft).mean() < np.abs(hard).mean() / 3

    def test_a_soft_behaviour_learns_to_keep_away_from_the_cliff(self):
        mdp = MDP.from_gymnasium("CliffWalking-v1", discount=0.95, prior=np.full(4, 0.25))
        growth, steps = 0.01, 5000

        def watched(behaviour_of):
            log = []

            def act(table):
                for step in interact(mdp, behaviour_of(table, log), np.random.default_rng(0), steps):
                    log.append(step)
                    yield step

            return log, act

        greedy_log, greedy = watched(lambda q, log: lambda s: epsilon_greedy(q[s], 0.1))
        q_learning(mdp, greedy)

        def soft_behaviour(q, log):
            return lambda s: boltzmann(q[s], 1 / (growth * (len(log) + 1)), mdp.prior[s])

        soft_log, soft = watched(soft_behaviour)
        g_learning(mdp, soft, growth)
        for log, falls_late in ((greedy_log, True), (soft_log, False)):
            late = log[steps // 2 :]
            assert any(step.reward < -50 for step in late) == falls_late
            assert sum(step.terminated for step in late) > 20  # both reach the goal again and again
        cost = [sum(step.reward for step in log) for log in (greedy_log, soft_log)]
        assert cost[1] > 0.6 * cost[0]


def test_g_learning_at_a_fixed_beta_is_the_soft_backup():
    mdp = random_mdp(prior=PRIOR)
    learned = g_learning(mdp, record(mdp, 100), 0.02)
    assert_allclose(learned.value[:-1], soft_maximum(learned.q, 1 / (0.02 * 100), mdp.prior)[:-1])
    assert learned.visits.sum() == 100
