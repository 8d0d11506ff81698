import itertools
import math

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import dijkstra

from softopt.operators import kl, soft_maximum
from softopt.tabular import gridworlds, plan
from softopt.tabular.linearly_solvable import (
    LMDP,
    as_mdp,
    average_cost,
    discounted,
    embed,
    finite_horizon,
    first_exit,
    z_learning,
)
from softopt.tabular.mdp import MDP

# A short way and a longer one round a block.
TWO_WAYS = ("......", ".##.#.", "S##..G", "......")

temperatures = st.floats(-3, 3).map(lambda exponent: 10.0**exponent)


def random_chain(seed, n_states=7, sparsity=0.5):
    """Rows with gaps, in which state 0 is in reach of every state."""
    generator = np.random.default_rng(seed)
    rows = generator.random((n_states, n_states)) * (generator.random((n_states, n_states)) < sparsity)
    rows[np.arange(1, n_states), np.arange(n_states - 1)] += 0.1
    rows[0, -1] += 0.1
    return rows / rows.sum(axis=1, keepdims=True)


def soft_value_by_iteration(mdp, temperature, sweeps=20000):
    """The slow way, on the equivalent MDP: soft value iteration in the KL form, or the entropy form."""
    value = np.zeros(mdp.n_states)
    for _ in range(sweeps):
        q = mdp.reward + mdp.discount * mdp.expect(value)
        q = np.where(mdp.allowed, q, -np.inf)
        new = np.where(mdp.terminal, 0.0, soft_maximum(q, temperature, mdp.prior))
        if np.abs(new - value).max() < 1e-13 * max(1.0, np.abs(value).max()):
            return new
        value = new
    raise AssertionError("soft value iteration did not settle")


def cost_of_chain(lmdp, chain, temperature):
    """Cost-to-go of any controlled chain with an end, by its own linear system."""
    running = ~lmdp.terminal
    step = lmdp.state_cost + temperature * kl(chain, lmdp.rows().toarray())
    value = lmdp.terminal_cost.copy()
    inside = chain[np.ix_(running, running)]
    right = step[running] + lmdp.discount * chain[np.ix_(running, ~running)] @ value[~running]
    value[running] = np.linalg.solve(np.eye(running.sum()) - lmdp.discount * inside, right)
    return value


class TestFirstExit:
    @pytest.mark.parametrize(
        ("passive", "cost", "temperature", "expected"),
        [
            # One state, leaves with probability 1/2: z = e^-1 (z / 2 + 1 / 2), so v = log(2 e - 1).
            ([[0.5, 0.5], [0, 1]], 1.0, 1.0, math.log(2 * math.e - 1)),
            # Twice the cost at twice the temperature: twice the cost-to-go.
            ([[0.5, 0.5], [0, 1]], 2.0, 2.0, 2 * math.log(2 * math.e - 1)),
            # No cost: nothing to avoid, the passive dynamics are free.
            ([[0.9, 0.1], [0, 1]], 0.0, 1.0, 0.0),
            # No choice: the cost of one step.
            ([[0.0, 1.0], [0, 1]], 3.0, 0.1, 3.0),
            # Waiting earns half a nat: z = e^.5 (z + 1) / 2, a finite reward for a wait that may not last.
            ([[0.5, 0.5], [0, 1]], -0.5, 1.0, math.log(2 * math.exp(-0.5) - 1)),
        ],
    )
    def test_by_hand(self, passive, cost, temperature, expected):
        solution = first_exit(LMDP(passive, cost, terminal=[1]), temperature)
        assert solution.cost_to_go[0] == pytest.approx(expected, abs=1e-14)
        assert solution.cost_to_go[1] == 0

    def test_controlled_by_hand(self):
        # Two exits at costs 0 and log 3, equally likely: the cheap one is taken three times of four.
        lmdp = LMDP([[0, 0.5, 0.5], [0, 1, 0], [0, 0, 1]], 0.0, [0, 0, math.log(3)], terminal=[1, 2])
        solution = first_exit(lmdp)
        np.testing.assert_allclose(solution.controlled[0], [0, 0.75, 0.25], atol=1e-15)
        assert solution.cost_to_go[0] == pytest.approx(-math.log((1 + 1 / 3) / 2))

    @given(st.integers(0, 10**6), temperatures, st.booleans())
    @settings(max_examples=25, deadline=None)
    def test_one_linear_solve_is_soft_value_iteration(self, seed, temperature, sparse):
        generator = np.random.default_rng(seed)
        passive = random_chain(seed)
        lmdp = LMDP(
            sp.csr_array(passive) if sparse else passive, generator.random(7), generator.normal(size=7), terminal=[0]
        )
        solution = first_exit(lmdp, temperature)
        value = soft_value_by_iteration(as_mdp(lmdp), temperature)
        np.testing.assert_allclose(solution.cost_to_go[1:], -value[1:], rtol=1e-9, atol=1e-9)
        assert sp.issparse(solution.controlled) is sparse

    @given(st.integers(0, 10**6), temperatures)
    @settings(max_examples=25, deadline=None)
    def test_the_controlled_chain_attains_it_and_no_other_beats_it(self, seed, temperature):
        generator = np.random.default_rng(seed)
        lmdp = LMDP(random_chain(seed), generator.random(7), generator.normal(size=7), terminal=[0, 3])
        solution = first_exit(lmdp, temperature)
        scale = max(1.0, np.abs(solution.cost_to_go).max())
        attained = cost_of_chain(lmdp, solution.controlled, temperature)
        np.testing.assert_allclose(attained, solution.cost_to_go, atol=1e-9 * scale)
        other = lmdp.passive * generator.random((7, 7))
        other[lmdp.terminal] = lmdp.passive[lmdp.terminal]
        other /= other.sum(axis=1, keepdims=True)
        assert (cost_of_chain(lmdp, other, temperature) >= solution.cost_to_go - 1e-9 * scale).all()

    @given(st.integers(0, 10**6), temperatures, temperatures)
    @settings(max_examples=25, deadline=None)
    def test_cost_rises_with_temperature(self, seed, one, other):
        lmdp = LMDP(random_chain(seed), np.random.default_rng(seed).random(7), terminal=[0])
        cool, warm = sorted([one, other])
        gap = first_exit(lmdp, warm).cost_to_go - first_exit(lmdp, cool).cost_to_go
        assert (gap >= -1e-9 * max(1.0, gap.max())).all()

    def test_todorovs_own_equation_where_it_does_not_underflow(self):
        lmdp = LMDP(random_chain(3), np.linspace(0, 2, 7), np.linspace(-1, 1, 7), terminal=[0, 4])
        running, ends = np.array([1, 2, 3, 5, 6]), np.array([0, 4])
        left = np.diag(np.exp(lmdp.state_cost[running])) - lmdp.passive[np.ix_(running, running)]
        z = np.linalg.solve(left, lmdp.passive[np.ix_(running, ends)] @ np.exp(-lmdp.terminal_cost[ends]))
        np.testing.assert_allclose(first_exit(lmdp).desirability[running], z, rtol=1e-13)

    @pytest.mark.parametrize("temperature", [1e-6, 1e-3, 0.1, 1.0, 100.0, 1e6])
    def test_corridor_in_closed_form_where_most_of_z_underflows(self, temperature):
        # A lazy walk that reflects on the left: z_i ∝ cosh(k (i + 1/2)), with e^(q/T) = (1 + cosh k) / 2.
        length = 3000
        corridor = gridworlds.gridworld(["." * length + "G"], sparse=True)
        solution = first_exit(LMDP.from_mdp(corridor), temperature)
        half = np.arange(length + 1) + 0.5
        x = 1 / temperature  # cosh k = 1 + 2 (e^x - 1)
        rate = math.acosh(1 + 2 * math.expm1(x)) if x < 30 else x + math.log(4)
        log_cosh = rate * half + np.log1p(np.exp(-2 * rate * half)) - math.log(2)
        np.testing.assert_allclose(solution.cost_to_go, temperature * (log_cosh[-1] - log_cosh), rtol=1e-9, atol=1e-9)
        if temperature <= 1:
            assert (solution.desirability == 0).mean() > 0.5
            assert np.isfinite(solution.log_desirability).all()

    @pytest.mark.parametrize("temperature", [1e-6, 1.0, 1e6])
    @pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
    def test_bellman_residual_at_every_scale(self, temperature, scale):
        generator = np.random.default_rng(5)
        passive = random_chain(5, 60, 0.1)
        lmdp = LMDP(passive, scale * generator.random(60), scale * generator.normal(size=60), terminal=[0])
        solution = first_exit(lmdp, temperature)
        v = solution.cost_to_go
        with np.errstate(divide="ignore"):
            backup = lmdp.state_cost - soft_maximum(-v[None, :].repeat(60, 0), temperature, lmdp.passive)
        assert np.abs(backup - v)[1:].max() <= 1e-12 * max(1.0, np.abs(v).max())

    def test_hot_is_the_passive_walk(self):
        lmdp = LMDP(random_chain(8), np.linspace(1, 2, 7), terminal=[0])
        passive_cost = cost_of_chain(lmdp, lmdp.passive, 0.0)
        np.testing.assert_allclose(first_exit(lmdp, 1e6).cost_to_go, passive_cost, rtol=1e-4)
        # The first correction is -Var / (2 T): the cost is a cumulant generating function.
        np.testing.assert_array_less(first_exit(lmdp, 1e6).cost_to_go[1:], passive_cost[1:])


class TestPublished:
    def test_shortest_paths_from_large_costs(self):
        """Todorov (2006): at cost rho a step v / rho tends to the length of the shortest path.

        Rounded down, rho = 50 gives every length on this maze, and rho = 1 does not. The paper's text leaves
        open whether its random walk may stay where it is; here a bump into a wall stays.
        """
        lmdp = LMDP.from_mdp(gridworlds.gridworld("four_rooms"))
        goal = int(np.flatnonzero(lmdp.terminal)[0])
        lengths = dijkstra(sp.csr_array(lmdp.passive > 0).T, unweighted=True, indices=goal)
        for rho, found in [(50, True), (1, False)]:
            v = first_exit(LMDP(lmdp.passive, rho, terminal=lmdp.terminal)).cost_to_go
            assert (np.floor(v / rho) == lengths).all() == found
        cold = first_exit(lmdp, 1e-6).cost_to_go
        np.testing.assert_allclose(cold, lengths, atol=1e-6 * lengths.max() * math.log(4))


class TestFromMDP:
    def test_deterministic_moves_make_the_kl_form(self):
        mdp = gridworlds.gridworld(TWO_WAYS, prior=np.full(4, 0.25))
        solution = first_exit(LMDP.from_mdp(mdp), 0.7)
        np.testing.assert_allclose(solution.cost_to_go, -soft_value_by_iteration(mdp, 0.7), atol=1e-10)

    def test_the_planner_agrees_on_the_equivalent_mdp(self):
        lmdp = LMDP.from_mdp(gridworlds.gridworld("four_rooms"))
        for temperature in (0.01, 1.0, 100.0):
            cost = first_exit(lmdp, temperature).cost_to_go
            np.testing.assert_allclose(plan(as_mdp(lmdp), temperature).value, -cost, rtol=1e-8, atol=1e-8)

    def test_slip_becomes_a_choice(self):
        mdp = gridworlds.gridworld(TWO_WAYS, slip=0.4, prior=np.full(4, 0.25))
        lmdp_cost = first_exit(LMDP.from_mdp(mdp), 0.7).cost_to_go
        mdp_cost = -soft_value_by_iteration(mdp, 0.7)
        assert (lmdp_cost[~mdp.terminal] < mdp_cost[~mdp.terminal] - 0.5).all()

    def test_rewards_of_actions_are_refused(self):
        mdp = MDP(np.eye(2)[:, None, :].repeat(2, 1), [[0.0, 1.0], [0.0, 0.0]], discount=0.9)
        with pytest.raises(ValueError, match="state 0 differ between actions"):
            LMDP.from_mdp(mdp)


class TestAverageCost:
    @given(st.integers(0, 10**6), st.floats(-0.5, 3).map(lambda exponent: 10.0**exponent))
    @settings(max_examples=30, deadline=None)
    def test_minus_log_of_the_eigenvalue(self, seed, temperature):
        cost = np.random.default_rng(seed).normal(size=7)
        lmdp = LMDP(random_chain(seed), cost)
        solution = average_cost(lmdp, temperature)
        eigenvalues, vectors = np.linalg.eig(np.exp(-cost / temperature)[:, None] * lmdp.passive)
        top = np.argmax(eigenvalues.real)
        np.testing.assert_allclose(solution.cost, -temperature * np.log(eigenvalues[top].real), atol=1e-8)
        z = np.abs(vectors[:, top].real)
        np.testing.assert_allclose(
            solution.cost_to_go, temperature * np.log(z.max() / z), atol=1e-8 * max(1, temperature)
        )

    @pytest.mark.parametrize("temperature", [1e-6, 1e-2, 1.0, 1e6])
    def test_large_costs_without_underflow(self, temperature):
        lmdp = LMDP(random_chain(11, 40, 0.1), 1e4 * np.random.default_rng(11).random(40))
        solution = average_cost(lmdp, temperature)
        chain = solution.controlled
        # The average cost of the controlled chain, from its stationary distribution.
        system = np.vstack([np.eye(40) - chain.T, np.ones(40)])
        stationary = np.linalg.lstsq(system, np.append(np.zeros(40), 1.0), rcond=None)[0]
        achieved = stationary @ (lmdp.state_cost + temperature * kl(chain, lmdp.passive))
        np.testing.assert_allclose(solution.cost, achieved, rtol=1e-8)
        assert solution.residual <= 1e-8 * solution.cost.max()

    def test_a_large_grid_with_wells_far_apart(self):
        # Cheap cells trap the chain: at this temperature an expectation over steps overflows what LU resolves.
        walk = LMDP.from_mdp(gridworlds.random_grid(40, discount=0.9, slip=0.0, walls=0.0))
        lmdp = LMDP(walk.passive, 20 * walk.state_cost)
        solution = average_cost(lmdp, tol=1e-12)
        assert solution.residual <= 1e-12 * np.ptp(solution.cost_to_go)
        z = np.exp(-solution.cost_to_go)
        tilted = np.exp(-lmdp.state_cost) * (lmdp.passive @ z)
        np.testing.assert_allclose(tilted[z > 1e-250], (z * math.exp(-solution.cost[0]))[z > 1e-250], rtol=1e-8)

    def test_a_cycle_of_period_two(self):
        solution = average_cost(LMDP([[0, 1], [1, 0]], [1.0, 4.0]), 0.3)
        np.testing.assert_allclose(solution.cost, 2.5)
        np.testing.assert_allclose(solution.cost_to_go, [0.0, 1.5])

    def test_disconnected_chains_have_one_cost_each(self):
        one, other = random_chain(1, 4, 1.0), random_chain(2, 3, 1.0)
        costs = np.arange(7.0)
        whole = np.block([[one, np.zeros((4, 3))], [np.zeros((3, 4)), other]])
        solution = average_cost(LMDP(whole, costs), 2.0)
        np.testing.assert_allclose(solution.cost[:4], average_cost(LMDP(one, costs[:4]), 2.0).cost, atol=1e-12)
        np.testing.assert_allclose(solution.cost[4:], average_cost(LMDP(other, costs[4:]), 2.0).cost, atol=1e-12)
        assert solution.cost[0] < solution.cost[4] - 1
        assert len(set(solution.classes[:4])) == len(set(solution.classes[4:])) == 1

    @pytest.mark.parametrize(
        ("trap_cost", "cost", "stays"),
        # Staying one step longer where half the mass leaves costs log 2.
        [(1.0, math.log(2), 1.0), (0.5, 0.5, None)],
    )
    def test_a_leaky_class_is_held_as_long_as_it_is_the_cheaper(self, trap_cost, cost, stays):
        solution = average_cost(LMDP([[0.5, 0.5], [0.0, 1.0]], [0.0, trap_cost]))
        assert solution.cost[0] == pytest.approx(cost)
        assert solution.cost[1] == pytest.approx(trap_cost)
        if stays is not None:
            assert solution.controlled[0, 0] == pytest.approx(stays)
        else:
            # v(0) = -c - log((e^-v(0) + 1) / 2), against v(1) = 0
            z = math.exp(0.5) / (2 - math.exp(0.5))
            assert solution.cost_to_go[0] == pytest.approx(-math.log(z))
            assert solution.controlled[0, 1] == pytest.approx(1 / (1 + z))

    def test_terminal_states_are_refused(self):
        with pytest.raises(ValueError, match="first_exit"):
            average_cost(LMDP(np.eye(2), 1.0, terminal=[1]))


class TestDiscounted:
    @given(st.integers(0, 10**6), temperatures, st.floats(0, 0.95))
    @settings(max_examples=30, deadline=None)
    def test_newton_is_soft_value_iteration(self, seed, temperature, discount):
        cost = np.random.default_rng(seed).normal(size=7)
        lmdp = LMDP(random_chain(seed), cost, discount=discount)
        value = soft_value_by_iteration(as_mdp(lmdp), temperature)
        solution = discounted(lmdp, temperature)
        np.testing.assert_allclose(solution.cost_to_go, -value, rtol=1e-9, atol=1e-9)

    def test_the_equation_holds_z_to_the_power_of_the_discount(self):
        lmdp = LMDP(random_chain(4), np.linspace(0, 1, 7), discount=0.8)
        z = discounted(lmdp).desirability
        np.testing.assert_allclose(z, np.exp(-lmdp.state_cost) * (lmdp.passive @ z**0.8), rtol=1e-12)
        # The linear equation with the discount as a factor is another problem.
        assert np.abs(z - np.exp(-lmdp.state_cost) * 0.8 * (lmdp.passive @ z)).max() > 0.01

    def test_terminal_costs_are_discounted(self):
        lmdp = LMDP([[0, 1], [0, 1]], 1.0, [0, 10.0], 0.5, terminal=[1])
        assert discounted(lmdp).cost_to_go[0] == pytest.approx(1 + 0.5 * 10)


class TestFiniteHorizon:
    def test_against_all_paths(self):
        temperature, horizon = 0.6, 4
        lmdp = LMDP(random_chain(9, 3, 0.8), [0.3, 1.0, -0.4], [2.0, 0.0, 1.0])
        solution = finite_horizon(lmdp, horizon, temperature)
        for start in range(3):
            total = 0.0
            for path in itertools.product(range(3), repeat=horizon):
                states = (start, *path)
                chance = np.prod([lmdp.passive[a, b] for a, b in itertools.pairwise(states)])
                cost = lmdp.state_cost[list(states[:-1])].sum() + lmdp.terminal_cost[states[-1]]
                total += chance * math.exp(-cost / temperature)
            assert solution.cost_to_go[0, start] == pytest.approx(-temperature * math.log(total), abs=1e-13)
        assert solution.controlled.shape == (4, 3, 3)
        np.testing.assert_allclose(solution.controlled.sum(axis=2), 1.0)

    def test_tends_to_first_exit(self):
        lmdp = LMDP(sp.csr_array(random_chain(2)), 1.0, terminal=[0])
        steps = finite_horizon(lmdp, 400)
        np.testing.assert_allclose(steps.cost_to_go[0], first_exit(lmdp).cost_to_go, atol=1e-9)
        assert len(steps.controlled) == 400
        assert sp.issparse(steps.controlled[0])


class TestEmbedding:
    @given(st.integers(0, 10**6), temperatures)
    @settings(max_examples=30, deadline=None)
    def test_each_action_costs_what_it_cost(self, seed, temperature):
        generator = np.random.default_rng(seed)
        transition = generator.dirichlet(np.ones(4), size=(4, 3))
        reward = temperature * generator.normal(size=(4, 3))
        lmdp = embed(MDP(transition, reward, discount=0.9), temperature)
        price = lmdp.state_cost[:, None] + temperature * kl(transition, lmdp.passive[:, None, :])
        np.testing.assert_allclose(price, -reward, atol=1e-7 * max(1.0, temperature))

    @given(st.integers(0, 10**6))
    @settings(max_examples=20, deadline=None)
    def test_a_lower_bound_on_the_hard_cost(self, seed):
        generator = np.random.default_rng(seed)
        mdp = MDP(generator.dirichlet(np.ones(4), size=(4, 3)), generator.normal(size=(4, 3)), discount=0.8)
        hard = -soft_value_by_iteration(mdp, 0.0)
        assert (discounted(embed(mdp)).cost_to_go <= hard + 1e-9).all()

    def test_deterministic_moves_make_the_entropy_form(self):
        # On a ring no two actions share a successor.
        step = np.eye(5)[(np.arange(5)[:, None] + [-1, 0, 1]) % 5]
        mdp = MDP(step, np.random.default_rng(0).normal(size=(5, 3)), discount=0.9)
        for temperature in [0.05, 1.0, 20.0]:
            solution = discounted(embed(mdp, temperature), temperature)
            soft = soft_value_by_iteration(mdp, temperature)
            np.testing.assert_allclose(solution.cost_to_go, -soft, rtol=1e-9, atol=1e-9)

    def test_wandering_that_pays_is_reported(self):
        # In the entropy form three actions a step earn T log 3; above 1 / log 3 that beats the cost of a step.
        step = np.eye(5)[np.clip(np.arange(5)[:, None] + [-1, 0, 1], 0, 4)]
        mdp = MDP(step, np.full((5, 3), -1.0), terminal=[4])
        assert first_exit(embed(mdp, 0.5), 0.5).cost_to_go[0] < 4
        with pytest.raises(ValueError, match="wandering"):
            first_exit(embed(mdp, 2.0), 2.0)

    def test_what_cannot_be_embedded(self):
        same = np.eye(2)[[[0, 0], [1, 1]]]
        with pytest.raises(ValueError, match="state 0 cannot be embedded"):
            embed(MDP(same, [[0.0, -1.0], [0.0, 0.0]], discount=0.9))
        swap = np.eye(2)[[[0, 1], [1, 0]]]
        with pytest.raises(ValueError, match="too small to embed"):
            embed(MDP(swap, [[0.0, -1.0], [0.0, 0.0]], discount=0.9), 1e-4)


class TestZLearning:
    maze = LMDP.from_mdp(gridworlds.gridworld(["....", ".##.", "...G"]))

    def learn(self, **options):
        return z_learning(self.maze, 5.0, generator=np.random.default_rng(0), **options)

    def test_passive_learning_finds_the_optimal_cost_off_policy(self):
        optimum = first_exit(self.maze, 5.0).cost_to_go
        run = self.learn(steps=30000)
        error = np.abs(run.history - optimum).max(axis=1)
        assert error[-1] < 0.1 * optimum.max()
        assert error[-1] < 0.2 * error[0]
        # It is not the cost of the dynamics that it watched.
        assert run.cost_to_go[0] < 0.8 * cost_of_chain(self.maze, self.maze.passive, 0.0)[0]

    def test_greedy_targets_are_full_backups(self):
        optimum = first_exit(self.maze, 5.0).cost_to_go
        run = self.learn(steps=3000, greedy=1.0, rate=lambda visits: 1.0)
        np.testing.assert_allclose(run.cost_to_go, optimum, atol=1e-8)

    def test_half_greedy_is_sooner_right_than_passive(self):
        optimum = first_exit(self.maze, 5.0).cost_to_go
        error = [np.abs(self.learn(steps=3000, greedy=g).cost_to_go - optimum).max() for g in (0.0, 0.5)]
        assert error[1] < 0.5 * error[0]

    def test_updates_by_hand(self):
        # One state that leaves for good half of the time, at cost 1: z is 1, then averages of e^-1 (z or 1).
        lmdp = LMDP([[0.5, 0.5], [0.0, 1.0]], 1.0, terminal=[1])
        run = z_learning(lmdp, steps=6, generator=np.random.default_rng(3), rate=lambda n: 0.5, records=6)
        draws = np.random.default_rng(3)
        z, running, expected = 1.0, False, []
        for _ in range(6):
            if not running:
                draws.choice([0])
            running = draws.random() < 0.5
            z = 0.5 * z + 0.5 * math.exp(-1) * (z if running else 1.0)
            expected.append(-math.log(z))
        np.testing.assert_allclose(run.history[:, 0], expected, rtol=1e-12)
        assert run.visits.tolist() == [6, 0]

    def test_underflow_and_repeatability(self):
        cold = LMDP(self.maze.passive, 1e4, terminal=self.maze.terminal)
        one, other = (
            z_learning(cold, 1e-3, steps=500, generator=np.random.default_rng(1), greedy=0.9) for _ in range(2)
        )
        assert np.isfinite(one.cost_to_go).all()
        assert (one.cost_to_go == other.cost_to_go).all()
        assert one.recorded[-1] == 500


class TestAtTheDoor:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (([[0.5, 0.4], [0, 1]], 1.0), "row of state 0 sums to 0.9 instead of 1"),
            (([[1.5, -0.5], [0, 1]], 1.0), "negative entry"),
            (([[math.nan, 1.0], [0, 1]], 1.0), "NaN"),
            ((np.ones((2, 3)), 1.0), r"shape \(S, S\)"),
            ((np.eye(2), [1.0, 2.0, 3.0]), r"state_cost has shape \(2,\)"),
            ((np.eye(2), [1.0, math.inf]), "must be finite, got inf in state 1"),
            ((np.eye(2), 1.0, [math.nan, 0.0]), "terminal_cost must be finite"),
            ((np.eye(2), 1.0, None, 1.5), "discount must lie"),
        ],
    )
    def test_lmdp(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            LMDP(*arguments)

    @pytest.mark.parametrize("temperature", [0.0, -1.0, math.inf, math.nan])
    def test_temperature(self, temperature):
        lmdp = LMDP([[0, 1], [0, 1]], 1.0, terminal=[1])
        for solver in (first_exit, lambda m, t: finite_horizon(m, 3, t)):
            with pytest.raises(ValueError, match="positive and finite"):
                solver(lmdp, temperature)

    def test_no_end_in_reach(self):
        with pytest.raises(ValueError, match="1 states cannot reach a terminal state"):
            first_exit(LMDP(np.eye(2), 1.0, terminal=[0]))
        with pytest.raises(ValueError, match="2 states cannot reach"):
            first_exit(LMDP(np.eye(2), 1.0))

    @pytest.mark.parametrize("temperature", [1e-6, 1e-3, 1.0])
    def test_costs_that_pay_for_staying(self, temperature):
        # Half the mass stays; a step earns more than the log 2 that staying costs.
        lmdp = LMDP([[0.5, 0.5], [0, 1]], -1.0, terminal=[1])
        with pytest.raises(ValueError, match="no finite cost-to-go"):
            first_exit(lmdp, temperature)

    def test_wrong_solver_for_the_discount(self):
        lmdp = LMDP([[0, 1], [0, 1]], 1.0, discount=0.9, terminal=[1])
        with pytest.raises(ValueError, match="use discounted"):
            first_exit(lmdp)
        with pytest.raises(ValueError, match="below 1"):
            discounted(LMDP([[0, 1], [0, 1]], 1.0, terminal=[1]))
        with pytest.raises(ValueError, match="horizon"):
            finite_horizon(lmdp, 0)

    def test_arguments_are_copied_and_read_only(self):
        passive = np.array([[0.5, 0.5], [0.0, 1.0]])
        lmdp = LMDP(passive, 1.0, terminal=[1])
        passive[0] = 0
        assert lmdp.rows()[[0], :].sum() == 1
        with pytest.raises(ValueError, match="read-only"):
            lmdp.state_cost[0] = 3.0
