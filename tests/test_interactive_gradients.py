"""Explorers of notebook 06, and the claims that the notebook makes with them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import brentq, minimize
from test_interactive_inference import panel
from test_learning import random_mdp

from softopt.interactive.ascents import ascent_maps, earned, explore_ascents
from softopt.interactive.gradient_field import (
    AXIS,
    DIRECTIONS,
    compass,
    explore_gradient_fields,
    field_figure,
    gradient_fields,
    side_by_side,
)
from softopt.interactive.gradient_terms import explore_gradient_terms
from softopt.interactive.path_residuals import explore_path_residuals, histograms, residual_figure, study_paths
from softopt.operators import boltzmann
from softopt.tabular import MDP, evaluate, gridworlds, learning, plan, soft_policy_gradient, visitation, worlds

FORBIDDEN = -np.inf
START = 1  # state of the two-exit map; state 0 is the near exit
LEFT = 0


def exits(start=1, near=2.0):
    top = "g" + "." * (start - 1) + "S" + "." * (6 - start)
    pays = {"g": near, "G": 10.0}
    drawing = [top, ".......", "......G"]
    return gridworlds.gridworld(drawing, step_reward=0.0, reward=pays, terminal="gG", discount=0.9)


def rooms(slip):
    pays = {"g": 2.0, "G": 10.0}
    small = gridworlds.gridworld(["gS.", "..G"], slip=slip, step_reward=0.0, reward=pays, terminal="gG", discount=0.9)
    return small.replace(initial=~small.terminal / (~small.terminal).sum())


def doors():
    """State 0 leads to a hall with exits that pay 1 and 0, or to a corridor whose one exit pays 1."""
    step = np.zeros((4, 2, 4))
    step[0, 0, 1] = step[0, 1, 2] = step[1:, :, 3] = 1.0
    return MDP(step, [[0, 0], [1, 0], [1, FORBIDDEN], [0, 0]], terminal=[3], initial=[1, 0, 0, 0])


@pytest.fixture(scope="module")
def ascents():
    return {T: learning.ascend(exits(), T, 150, 2.0) for T in (0.0, 0.05, 0.1, 0.2, 0.5)}


@pytest.fixture(scope="module")
def study():
    return study_paths(rooms, [0.0, 0.05, 0.1, 0.2, 0.3, 0.4], 1.0)


class TestCollapse:
    def test_the_far_exit_is_worth_more_and_the_plain_gradient_takes_the_near_one(self, ascents):
        mdp = exits()
        assert_allclose(mdp.initial @ plan(mdp, 0.0).value, 10 * 0.9**6)
        assert_allclose(earned(mdp, ascents[0.0].policy[9]), 1.96, atol=0.005)
        assert_allclose(earned(mdp, ascents[0.0].policy[-1]), 2.0, atol=0.005)
        assert ascents[0.0].entropy[-1] < 0.07 < 0.25 < min(ascents[t].entropy[-1] for t in (0.05, 0.1, 0.2))

    @pytest.mark.parametrize(
        ("temperature", "step", "expected"),
        [(0.05, 24, 1.96), (0.05, 48, 4.98), (0.05, 150, 5.27), (0.1, 12, 4.03), (0.2, 12, 4.17), (0.5, 150, 3.46)],
    )
    def test_with_entropy_it_comes_back(self, ascents, temperature, step, expected):
        assert_allclose(earned(exits(), ascents[temperature].policy[step]), expected, atol=0.005)

    def test_a_thousand_plain_steps_do_not_turn_back(self):
        path = learning.ascend(exits(), 0.0, 1000, 2.0)
        assert 1 - path.policy[-1, START, LEFT] < 0.0012
        assert_allclose(earned(exits(), path.policy[-1]), 2.0, atol=0.001)

    def test_two_steps_from_the_near_exit_the_plain_gradient_is_fine(self):
        ends = [learning.ascend(exits(start=2), t, 100, 2.0).policy[-1] for t in (0.0, 0.1)]
        assert_allclose([earned(exits(start=2), policy) for policy in ends], [5.88, 5.82], atol=0.005)

    def test_explorer_draws_both_ascents(self, ascents):
        explorer = explore_ascents(exits(), ascents)
        steps = [int(label) for label in explorer.spec["sliders"][0]["labels"]]
        assert steps[:3] == [0, 1, 2]
        assert steps[-1] == 150
        maps = [p for p in explorer.spec["rows"][0] if p["kind"] == "GridMap"]
        assert [m["value"]["shape"] for m in maps] == [[len(steps), 4, 21]] * 2
        curves = panel(explorer, "Lines")["curves"]
        assert_allclose(curves["without entropy"][:, 3], ascents[0.0].entropy[steps], rtol=1e-5)
        assert_allclose(curves["with entropy"][:, 1], ascents[0.1].entropy[steps], rtol=1e-5)
        last = explorer.spec["sentences"][-1]
        assert last.startswith("After 150 steps the plain policy keeps 0.058 nats of choice a step and earns 2.00")
        assert last.endswith("earns 3.46.")
        figure = ascent_maps(exits(), ascents)
        assert "T = 0.5, step 150: earns 3.46" in figure.alt
        # The exits are white cells: their letters are black.
        assert {text.get_color() for text in figure.axes[0].texts if text.get_text() in "gG"} == {"black"}

    def test_the_far_way_is_pushed_down_because_what_lies_beyond_is_not_learned(self):
        longer, right = learning.ascend(exits(), 0.0, 1000, 2.0), exits().grid.action_names.index("right")
        worth = [evaluate(exits(), longer.policy[n], 0.0).soft_q[START, right] for n in (7, 150, 1000)]
        assert worth == sorted(worth)
        assert worth[-1] < 1.7  # and the near exit pays 2
        assert (np.diff(longer.policy[7:, START, LEFT]) > 0).all()

    def test_says_what_is_wrong(self, ascents):
        with pytest.raises(ValueError, match="no grid"):
            explore_ascents(worlds.lottery().replace(horizon=None), ascents)
        with pytest.raises(ValueError, match="temperature 0"):
            explore_ascents(exits(), {0.1: ascents[0.1], 0.2: ascents[0.2]})


class TestEntropyOutside:
    @pytest.mark.parametrize("prior", [None, [0.2, 0.3, 0.5]])
    def test_is_zero_exactly_at_the_fixed_point_of_pgql(self, prior):
        mdp, temperature = random_mdp(prior=prior), 0.7
        rest = learning.pgql_fixed_point(mdp, temperature).policy
        here = learning.entropy_outside_gradient(mdp, np.log(rest), temperature)
        assert_allclose(here, 0.0, atol=1e-10)
        best = plan(mdp, temperature).policy
        assert np.abs(learning.entropy_outside_gradient(mdp, np.log(best), temperature)).max() > 1e-3

    def test_agrees_with_the_soft_gradient_when_cold_and_when_all_is_over_after_one_choice(self):
        mdp, logits = random_mdp(), np.random.default_rng(0).normal(size=(5, 3))
        cold = learning.entropy_outside_gradient(mdp, logits, 0.0)
        assert_allclose(cold, soft_policy_gradient(mdp, logits, 0.0).gradient, atol=1e-14)
        bandit = MDP(np.array([[[0.0, 1.0]] * 2] * 2), [[1.0, 0.0], [0, 0]], terminal=[1], initial=[1, 0])
        tilted = np.array([[0.3, 0.0], [0.0, 0.0]])
        here = learning.entropy_outside_gradient(bandit, tilted, 1.0)
        assert_allclose(here, soft_policy_gradient(bandit, tilted, 1.0).gradient)

    def test_does_work_going_round_a_loop(self):
        """By Green's theorem, with the curl worked out by hand: -T p(1-p) q(1-q) log(q / (1-q))."""
        mdp, pieces = doors(), 60
        work = np.zeros(2)
        for angle in np.arange(pieces) * 2 * np.pi / pieces:
            logits = np.zeros((4, 2))
            logits[[0, 1], 0] = 1.5 * np.cos(angle), 1.5 + 1.5 * np.sin(angle)
            for k, field in enumerate(
                (soft_policy_gradient(mdp, logits, 1.0).gradient, learning.entropy_outside_gradient(mdp, logits, 1.0))
            ):
                work[k] += field[[0, 1], 0] @ [-np.sin(angle), np.cos(angle)] * 1.5 * 2 * np.pi / pieces
        radius, around = np.meshgrid((np.arange(200) + 0.5) / 200 * 1.5, np.arange(200) * 2 * np.pi / 200)
        x, y = radius * np.cos(around), 1.5 + radius * np.sin(around)
        p, q = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
        curl = -p * (1 - p) * q * (1 - q) * y
        area = (1.5 / 200) * (2 * np.pi / 200) * radius
        assert_allclose(work, [0.0, (curl * area).sum()], atol=1e-4)
        assert work[1] < -0.27


class TestFields:
    found = gradient_fields(doors(), (0, 1), [0.25, 1.0, 4.0])

    def test_resting_points_by_hand(self):
        odds_inside = 1 + np.exp(-1)  # V of the hall exceeds 1 by log(1 + 1/e)
        q = 1 / (1 + np.exp(-1))
        odds_outside = np.exp(q - 1)  # plain Q of the hall is q
        expected = [[odds / (1 + odds), q] for odds in (odds_inside, odds_outside)]
        assert_allclose(self.found.chance[1], expected, atol=1e-8)
        assert expected[1][0] < 0.435 < 0.5 < 0.575 < expected[0][0]

    def test_fields_are_those_of_single_worlds(self):
        logits = np.zeros((4, 2))
        logits[[0, 1], 0] = AXIS[3], AXIS[7]
        right = soft_policy_gradient(doors(), logits, 4.0)
        assert_allclose(self.found.inside[2, 7, 3], right.gradient[[0, 1], 0], atol=1e-13)
        wrong = learning.entropy_outside_gradient(doors(), logits, 4.0)
        assert_allclose(self.found.outside[2, 7, 3], wrong[[0, 1], 0], atol=1e-13)
        top = plan(doors(), 4.0).value[0]
        assert_allclose(self.found.loss[2, 7, 3], right.objective - top, atol=1e-9)

    def test_copies_do_not_know_of_each_other(self):
        mdp = random_mdp()
        many = plan(side_by_side(mdp, 3), 0.5)
        assert_allclose(many.value.reshape(3, -1), np.tile(plan(mdp, 0.5).value, (3, 1)), atol=1e-7)

    def test_only_the_wrong_field_crosses_the_hill_at_its_top(self):
        inside = np.linalg.norm(self.found.inside[1], axis=-1)
        outside = np.linalg.norm(self.found.outside[1], axis=-1)
        top = np.unravel_index(self.found.loss[1].argmax(), inside.shape)
        assert inside[top] < 0.05 < outside[top]

    @pytest.mark.parametrize("states", [(0, 0), (0, 2)])
    def test_says_what_is_wrong(self, states):
        with pytest.raises(ValueError, match="two of its states"):
            gradient_fields(doors(), states, [1.0])

    def test_compass(self):
        arrows = compass(np.array([[1.0, 0.0], [0.0, 4.0], [-1.0, 1e-3], [0.0, 0.0]]), 4.0)
        assert arrows.shape == (4, DIRECTIONS)
        assert arrows[0, 0] == pytest.approx(0.5)
        assert arrows[1, DIRECTIONS // 4] == 1.0
        assert arrows[2, DIRECTIONS // 2] > 0.49
        assert_allclose(arrows[3], 0.0)

    def test_explorer_and_figure(self):
        explorer = explore_gradient_fields(self.found, ("the hall", "exit A"))
        assert "the chance of the hall is 0.578" in explorer.sentence
        assert "and 0.433 where the other one does" in explorer.sentence
        bars = panel(explorer, "Bars")["groups"]
        # The first row of the map is the largest log-odds of the second parameter.
        assert_allclose(bars["entropy outside"][1, 3], self.found.outside[1, -1, 3], rtol=1e-5)
        assert "beside it" in field_figure(self.found, 1, ("the hall", "exit A")).alt


class TestNaturalGradient:
    def test_four_steps_where_the_plain_gradient_waits_for_150(self):
        trap, temperature = exits(near=3.0), 0.1
        best = trap.initial @ plan(trap, temperature).value
        natural = learning.ascend(trap, temperature, 4, 1 / temperature, natural=True)
        plain = learning.ascend(trap, temperature, 200, 2.0)
        assert_allclose(natural.objective, [2.372, 3.000, 5.112, 5.560, 5.561], atol=5e-4)
        assert best - natural.objective[4] < 1e-4
        assert plain.objective[150] < 3.04
        assert plain.objective[200] > 5.3


class TestTerms:
    def test_explorer_shows_terms_that_add_up_and_balance_at_the_optimum(self):
        explorer = explore_gradient_terms(exits(), [0.1, 0.5])
        bars = panel(explorer, "Bars")["groups"]
        assert bars["return"].shape == (21, 2, 21, 4)
        parts = bars["return"] + bars["regulariser"] + bars["value fit"]
        assert_allclose(parts, bars["soft Q-learning"], atol=1e-5)
        assert_allclose(bars["return"][-1], -bars["regulariser"][-1], atol=1e-6)
        assert np.abs(bars["return"][-1, 1]).max() > 0.05
        assert_allclose(bars["value fit"][-1], 0.0, atol=1e-6)
        sizes = panel(explorer, "Lines")["curves"]
        assert (sizes["value fit"][2:-1] > sizes["policy gradient"][2:-1]).all()
        assert explorer.spec["sentences"][0].startswith("With 0 percent learned, at temperature 0.10")
        last = explorer.spec["sentences"][-1]
        assert "has size 0: a policy gradient of size 0 and a value fit of size 0." in last
        assert last.endswith("The return alone pulls with 0.24.")
        assert "does not" in explorer._picture().alt

    def test_needs_a_map(self):
        with pytest.raises(ValueError, match="no grid"):
            explore_gradient_terms(random_mdp(), [0.1, 0.5])


class TestPaths:
    def test_without_slip_all_is_well(self, study):
        assert np.abs(study.residuals[0, 0]).max() < 1e-13
        assert_allclose(study.value[0, 1], study.value[0, 0], atol=1e-4)

    def test_with_slip_the_learner_beats_the_optimum_and_is_wrong(self, study):
        square = np.mean(study.residuals**2, axis=-1)
        assert (square[1:, 1] < 0.93 * square[1:, 0]).all()
        error = (study.value[:, 1] - study.value[:, 0])[3, ~study.mdp.terminal]
        assert_allclose([square[3, 0], square[3, 1], study.long[3]], [2.55, 2.07, 6.08], atol=0.01)
        assert_allclose([error.min(), error.max()], [-2.2, -1.4], atol=0.05)
        wet = rooms(0.2)
        before, after = (wet.initial @ evaluate(wet, policy, 1.0).value for policy in study.policy[3])
        assert_allclose([before, after], [10.83, 10.56], atol=0.005)

    def test_the_bias_is_the_objectives_and_not_the_learners(self):
        """Minimise the expected squared residual itself, without samples: its values are too low as well."""
        mdp, temperature = rooms(0.2), 1.0
        best = plan(mdp, temperature, tol=1e-12)
        running, rows = ~mdp.terminal, mdp.reward[~mdp.terminal].shape
        weight = visitation(mdp, np.full(mdp.reward.shape, 1 / 4))[running, None] / 4

        def loss(parameters):
            value = np.zeros(mdp.n_states)
            value[running] = parameters[: running.sum()]
            policy = boltzmann(parameters[running.sum() :].reshape(rows), 1.0)
            mean = (mdp.reward + mdp.discount * mdp.expect(value))[running]
            mean = mean - temperature * np.log(policy) - value[running, None]
            return (weight * (mean**2 + learning.residual_variance(mdp, value)[running])).sum()

        optimum = np.concatenate([best.value[running], np.log(best.policy[running]).ravel()])
        found = minimize(loss, optimum, method="L-BFGS-B")
        assert found.fun < 0.9 * loss(optimum)
        assert (found.x[: running.sum()] < best.value[running] - 1.0).all()

    def test_most_scatter_is_beside_the_near_exit(self):
        mdp = rooms(0.2)
        variance = learning.residual_variance(mdp, plan(mdp, 1.0).value)
        assert np.unravel_index(variance.argmax(), variance.shape) in {(1, LEFT), (3, 3)}
        assert_allclose(np.sqrt(variance.max()), 3.13, atol=0.005)

    def test_explorer(self, study):
        explorer = explore_path_residuals(study)
        histogram = panel(explorer, "Lines")["curves"]
        assert_allclose(histogram["as learned"].sum(axis=1), 1.0, rtol=1e-5)
        middle = histogram["at the soft optimum"].shape[1] // 2
        assert histogram["at the soft optimum"][0, middle] == 1.0
        assert explorer.spec["sentences"][3].startswith(
            "With slip 0.20 the mean squared residual is 2.5 at the soft optimum and 2.1 as learned"
        )
        assert "spike" in residual_figure(study).alt

    def test_histogram_counts_what_lies_beyond_at_the_ends(self):
        shares = histograms(np.array([-100.0, 0.0, 1e-16, 100.0]))
        assert_allclose(shares[[0, shares.size // 2, -1]], [0.25, 0.5, 0.25])

    def test_needs_a_map(self):
        with pytest.raises(ValueError, match="no grid"):
            explore_path_residuals(study_paths(lambda slip: random_mdp(), [0.0, 0.1], 1.0, steps=50))


class TestPgql:
    def test_ways_are_not_doors(self):
        step, pays = np.zeros((4, 4, 4)), np.zeros((4, 4))
        step[0, 0, 1] = step[0, 1:, 2] = step[1:, :, 3] = 1.0
        pays[0, 2:] = pays[2, 1:] = FORBIDDEN
        mdp = MDP(step, pays, terminal=[3], initial=[1, 0, 0, 0])
        assert_allclose(plan(mdp, 1.0).policy[0, 0], 0.8)
        assert_allclose(learning.pgql_fixed_point(mdp, 1.0).policy[0, 0], 0.5)

    @pytest.mark.parametrize("temperature", [0.1, 0.2, 0.5, 1.0])
    def test_less_of_the_soft_objective_and_more_return(self, temperature):
        mdp = exits()
        soft, other = plan(mdp, temperature).policy, learning.pgql_fixed_point(mdp, temperature).policy
        soft_j, other_j = (mdp.initial @ evaluate(mdp, policy, temperature).value for policy in (soft, other))
        assert other_j < soft_j - 0.02
        assert earned(mdp, other) > earned(mdp, soft) + 1e-3

    def test_for_the_same_entropy_the_soft_optimum_earns_more(self):
        mdp = exits()

        def spread(policy):
            return mdp.initial @ evaluate(mdp, policy, 1.0).value - earned(mdp, policy)

        other = learning.pgql_fixed_point(mdp, 0.5).policy
        cooler = brentq(lambda t: spread(plan(mdp, t).policy) - spread(other), 0.02, 1.0)
        same = plan(mdp, cooler).policy
        assert_allclose([earned(mdp, other), earned(mdp, same), cooler], [4.669, 4.705, 0.348], atol=5e-4)
        assert earned(mdp, same) - earned(mdp, other) < 0.01 * earned(mdp, same)
