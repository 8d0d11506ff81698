"""Explorers and figures of notebook 04, and the claims that the notebook makes with them."""

import numpy as np
import pytest

from softopt.control import motor, path_integral
from softopt.interactive.linearly_solvable import chances_of_moves, explore_desirability
from softopt.interactive.reaching import explore_reaching
from softopt.interactive.slits import decided, explore_delayed_choice, explore_slits
from softopt.plotting import DescribedFigure, movements
from softopt.tabular import gridworlds, plan, soft_value_iteration
from softopt.tabular.linearly_solvable import LMDP, average_cost, finite_horizon, first_exit, z_learning

UNIFORM = np.full(4, 1 / 4)


def panels(explorer, kind):
    """The panels of a kind, their arrays unpacked."""
    numbers = np.frombuffer(explorer.frames, dtype="<f4")

    def unpack(value):
        if isinstance(value, dict) and set(value) == {"offset", "shape"}:
            return numbers[value["offset"] : value["offset"] + np.prod(value["shape"])].reshape(value["shape"])
        return {key: unpack(entry) for key, entry in value.items()} if isinstance(value, dict) else value

    return [unpack(p) for row in explorer.spec["rows"] for p in row if p["kind"] == kind]


def valleys(curve):
    """Number of local minima inside."""
    return int(((curve[1:-1] < curve[:-2]) & (curve[1:-1] < curve[2:])).sum())


@pytest.fixture(scope="module")
def maze():
    return LMDP.from_mdp(gridworlds.gridworld("four_rooms"))


class TestMaze:
    def test_moves_by_hand(self):
        corridor = LMDP.from_mdp(gridworlds.gridworld(["..G"]))
        # Up and down bump, and so does left in the first cell: moves are left, down, right, up.
        expected = [[0, 0, 0.25, 0], [0.25, 0, 0.25, 0]]
        np.testing.assert_allclose(chances_of_moves(corridor.grid, corridor.rows())[:2], expected)
        np.testing.assert_allclose(chances_of_moves(corridor.grid, corridor.passive)[:2], expected)

    def test_costs_add_up_and_blanks_are_where_z_underflows(self, maze):
        explorer = explore_desirability(maze, temperatures=[0.01, 1.0, 1000.0])
        total, passed, steering = panels(explorer, "Lines")[0]["curves"].values()
        np.testing.assert_allclose(total, passed + steering, rtol=1e-5)
        np.testing.assert_allclose(total, [19.19, 36.44, 761.9], rtol=1e-3)
        np.testing.assert_allclose(passed, [19.0, 21.52, 604.4], rtol=1e-3)
        values, desirability = panels(explorer, "GridMap")
        assert np.isnan(desirability["value"]).sum(axis=1).tolist() == [70, 0, 0]
        assert "z underflows in 70 of 94 cells" in explorer.spec["sentences"][0]
        assert (values["policy"].sum(axis=2) <= 1 + 1e-6).all()

    def test_dear_steering_makes_flat_rooms(self, maze):
        """Within the first room the cost-to-go varies less, as a share of the whole, than in the cold."""
        row, column = maze.grid.cells.T
        room = (row < 4) & (column < 5)
        spread = [np.ptp(v[room]) / v.max() for v in (first_exit(maze, t).cost_to_go for t in (0.01, 100.0))]
        assert spread[1] < spread[0] / 3

    def test_needs_a_map(self):
        with pytest.raises(ValueError, match="no grid"):
            explore_desirability(LMDP([[0.5, 0.5], [0, 1]], 1.0, terminal=[1]))


class TestLinear:
    def test_a_few_dozen_sweeps_approach_what_one_solve_hits(self, maze):
        world = gridworlds.gridworld("four_rooms", prior=UNIFORM)
        sweeps, exact = soft_value_iteration(world, 1.0), first_exit(maze, 1.0)
        assert 24 <= sweeps.iterations <= 60
        np.testing.assert_allclose(-sweeps.value, exact.cost_to_go, atol=1e-8 * exact.cost_to_go.max())
        z = exact.desirability
        np.testing.assert_allclose(np.exp(-maze.state_cost) * (maze.passive @ z), z, rtol=1e-13)

    @pytest.mark.parametrize("slip", [0.2, 0.5])
    def test_slip_does_not_cost_the_lmdp_anything(self, maze, slip):
        icy = gridworlds.gridworld("four_rooms", slip=slip, prior=UNIFORM)
        linear = first_exit(LMDP.from_mdp(icy), 1.0).cost_to_go
        np.testing.assert_allclose(linear, first_exit(maze, 1.0).cost_to_go, rtol=1e-12)
        assert (linear < -plan(icy, 1.0).value - 0.1)[~maze.terminal].all()

    def test_sitting_still_costs_t_log_2(self, maze):
        endless = LMDP.from_mdp(gridworlds.gridworld("four_rooms", terminal="", discount=0.9))
        rooms = LMDP(endless.passive, np.where(maze.terminal, 0.0, 1.0))
        assert average_cost(rooms, 0.01).cost[0] == pytest.approx(0.01 * np.log(2), rel=1e-6)
        assert average_cost(rooms, 1e5).cost[0] == pytest.approx(rooms.state_cost.mean(), abs=1e-5)

    def test_z_learning_gains_from_its_own_estimate(self):
        small = LMDP.from_mdp(gridworlds.gridworld(["....", ".##.", "...G"]))
        exact = first_exit(small, 5.0).cost_to_go

        def error(greedy):
            run = z_learning(small, 5.0, steps=4000, generator=np.random.default_rng(0), greedy=greedy)
            return np.abs(run.history[-10:] - exact).mean()

        errors = [error(greedy) for greedy in (0.0, 0.5, 0.9)]
        assert errors[0] > 1.5 * errors[1] > 3 * errors[2]

    def test_one_problem_in_three_notations(self):
        noise, weight, steps, x = 2.0, 0.3, 15, np.linspace(-9, 9, 601)
        closed = path_integral.LinearQuadratic(noise, weight, end_weight=2.0).cost_to_go(1.5, 0.0)
        kernel = np.exp(-((x[:, None] - x) ** 2) / (2 * noise / steps))
        walk = LMDP(kernel / kernel.sum(axis=1, keepdims=True), 0.0, terminal_cost=x**2)
        grid = finite_horizon(walk, steps, noise * weight).cost_to_go[0, np.abs(x - 1.5).argmin()]
        end = np.zeros((steps + 1, 1, 1))
        end[-1] = 1.0
        particle = motor.LinearGaussian([[1.0]], [[1.0]], end, [[0.0]], prior_covariance=[[noise / steps]])
        movement = motor.soft_linear_quadratic(particle, noise * weight).cost_to_go([1.5])
        np.testing.assert_allclose([grid, movement], closed, rtol=1e-9)


class TestDelayedChoice:
    def test_one_valley_then_two(self):
        explorer = explore_delayed_choice([0.5, 1.0], [0.6, 1.0, 1.4])
        cost = panels(explorer, "Lines")[0]["curves"]["J"]
        assert [valleys(curve) for curve in cost[1]] == [1, valleys(cost[1, 1]), 2]
        assert valleys(cost[0, 0]) == 2
        sentences = np.reshape(explorer.spec["sentences"], (2, 3))
        assert "a valley, the control waits" in sentences[1, 0]
        assert "neither valley nor hill" in sentences[1, 1]
        assert "a hill, the control takes sides" in sentences[1, 2]
        assert "a hill" in sentences[0, 0]

    def test_the_cloud_is_a_density(self):
        cloud = panels(explore_delayed_choice([0.25, 1.0], [0.5, 1.0]), "Lines")[2]
        mass = cloud["curves"]["density"].sum(axis=-1) * 0.05
        np.testing.assert_allclose(mass[0], 1.0, atol=1e-3)
        assert (mass[1] > 0.95).all()

    def test_back_to_the_middle_first(self):
        targets = path_integral.Targets()
        assert targets.control(0.3, 0.0) == pytest.approx((np.tanh(0.15) - 0.3) / 2)
        assert targets.control(0.3, 0.0) < 0 < targets.control(0.3, 1.5)

    def test_controlled_paths_are_bridges(self):
        """The share on the final side, from Brownian bridges, against simulated control."""
        free = path_integral.Diffusion(1.0, 1.0, end_cost=lambda x: np.zeros(len(x)))
        times, paths = np.linspace(0, 1.99, 200), 4000
        options = {"paths": paths, "generator": np.random.default_rng(1), "control": path_integral.Targets().control}
        side = np.sign(path_integral.roll_out(free, 0.0, times, **options).states[..., 0])
        for t in (0.5, 1.0, 1.5, 1.8):
            share, agree = decided(1.0, t), (side[:, round(100 * t)] == side[:, -1]).mean()
            assert abs(agree - share) < 4 * np.sqrt(share * (1 - share) / paths) + 0.005


class TestSlits:
    kappen = path_integral.Slits()

    def test_effective_share_is_that_of_samples(self):
        problem = path_integral.Slits(noise=4.0, control_weight=2.0)
        sample = path_integral.estimate(
            problem.problem(), -6.0, [0, 1, 2], paths=100_000, generator=np.random.default_rng(0)
        )
        share = float(problem.effective_share(-6.0, 0.0))
        assert sample.effective_sample_size / 100_000 == pytest.approx(share, rel=0.05)
        np.testing.assert_allclose(1 / self.kappen.effective_share(0.0, 0.0), 1.4e8, rtol=0.02)

    @pytest.mark.parametrize("seed", range(3))
    def test_a_single_path_claims_an_error_of_lambda(self, seed):
        sample = path_integral.estimate(
            self.kappen.problem(), 0.0, [0, 1, 2], paths=100_000, generator=np.random.default_rng(seed)
        )
        assert sample.effective_sample_size < 1.01
        assert sample.cost_error == pytest.approx(self.kappen.temperature, rel=1e-3)
        assert sample.cost_to_go > 2 * self.kappen.cost_to_go(0.0, 0.0)

    @pytest.mark.parametrize(("place", "all_pass", "least", "most"), [(-5.0, True, 1, 20), (-4.2, False, 300, 600)])
    def test_to_come_through_is_not_to_count(self, place, all_pass, least, most):
        times = np.concatenate([np.linspace(0, 1, 101), np.linspace(1, 2, 101)[1:]])
        sample = path_integral.estimate(
            self.kappen.problem(),
            0.0,
            times,
            paths=1000,
            generator=np.random.default_rng(0),
            guide=lambda x, t: (place - x) / (1.02 - t) if t < 1.0 else -x / (2.1 - t),
        )
        assert (sample.weights > 0).all() == all_pass
        assert least <= sample.effective_sample_size <= most

    def test_noise_puts_the_choice_off(self):
        explorer = explore_slits([1.0, 64.0])
        cost = panels(explorer, "HeatMap")[0]["value"]
        assert [valleys(frame[:, 0]) for frame in cost] == [2, 1]
        assert [valleys(frame[:, -1]) for frame in cost] == [2, 2]
        np.testing.assert_allclose(cost.min(axis=1), 0.0)
        assert "is 1.95, and it takes about 1.4e8 uncontrolled paths" in explorer.spec["sentences"][0]

    def test_noise_must_be_positive(self):
        for explore in (explore_slits, explore_delayed_choice):
            with pytest.raises(ValueError, match="noise must be positive"):
                explore([0.0, 1.0])


class TestReaching:
    task, quiet = motor.reaching(), motor.reaching(signal_noise=0.0)

    def spread(self, task, policy):
        _, covariance = motor.moments(task.problem, policy, task.start)
        millimetres = 1e3 * np.sqrt(covariance[:, 0, 0] + covariance[:, 1, 1])
        return millimetres[list(task.via_steps)], [p.max() for p in np.split(millimetres, task.via_steps)[:3]]

    def test_two_explanations_make_one_picture(self):
        noisy = self.spread(self.task, motor.soft_linear_quadratic(self.task.problem, 0.0))
        soft = self.spread(self.quiet, motor.soft_linear_quadratic(self.quiet.problem, 1e-6))
        np.testing.assert_allclose(noisy, [[1.15, 1.36, 1.54], [4.11, 3.72, 2.87]], atol=0.01)
        np.testing.assert_allclose(soft, [[1.00, 0.99, 1.00], [4.09, 4.23, 2.88]], atol=0.01)

    def test_the_explorer_draws_what_the_solver_finds(self):
        explorer = explore_reaching([0.0, 0.5], [0.0, 2.0])
        drawn = panels(explorer, "Lines")[1]["curves"]["spread"]
        policy = motor.soft_linear_quadratic(self.task.problem, 2e-6)
        _, covariance = motor.moments(self.task.problem, policy, self.task.start)
        expected = 1e3 * np.sqrt(covariance[:, 0, 0] + covariance[:, 1, 1])
        np.testing.assert_allclose(drawn[1, 1], expected, rtol=1e-5, atol=1e-6)
        assert (drawn[0, 0] == 0).all()
        assert "every movement is the same" in explorer.spec["sentences"][0]
        assert "3.6 mm at its widest between: 2.6 times" in explorer.spec["sentences"][2]

    def test_tracking_is_more_precise_and_costs_more(self):
        noisy = motor.soft_linear_quadratic(self.task.problem, 0.0)
        path = motor.moments(self.task.problem, noisy, self.task.start)[0][1:, :2]
        tracker = motor.soft_linear_quadratic(motor.reaching(path, self.task.times[1:]).problem, 0.0)
        cost = [motor.expected_cost(self.task.problem, policy, self.task.start) for policy in (noisy, tracker)]
        assert cost[1] / cost[0] == pytest.approx(1.155, abs=0.005)
        at, between = (np.array(part) for part in self.spread(self.task, tracker))
        assert (at < self.spread(self.task, noisy)[0]).all()
        assert (between < 1).all()

    def test_temperature_costs_half_of_itself_a_dimension_and_step(self):
        policies = [motor.soft_linear_quadratic(self.quiet.problem, t) for t in (0.0, 1e-6)]
        cold, warm = (motor.expected_cost(self.quiet.problem, policy, self.quiet.start) for policy in policies)
        assert warm - cold == pytest.approx(100 * 2 * 1e-6 / 2, rel=1e-6)

    def test_what_two_fingers_ignore_piles_up(self):
        pair = motor.redundant_pair(1.0, steps=20, noise=0.1)
        policy = motor.soft_linear_quadratic(pair, 0.0)
        last = motor.moments(pair, policy, [0.0, 0.0, 1.0])[1][-1, :2, :2]
        assert ([1, -1] @ last @ [1, -1]) / ([1, 1] @ last @ [1, 1]) == pytest.approx(20.0, abs=0.05)

    def test_movements_are_drawn_with_their_points(self):
        trials = np.zeros((3, 5, 2))
        figure = movements([trials, trials], ["one", "two"], self.task.points, title="Finding", alt="What it shows")
        assert isinstance(figure, DescribedFigure)
        assert [len(axes.lines) for axes in figure.axes] == [4, 4]
        with pytest.raises(ValueError, match="shape"):
            movements([trials[..., :1]], ["one"], self.task.points, title="", alt="")


@pytest.mark.parametrize(
    "make",
    [
        lambda: explore_delayed_choice([0.5, 1.0], [0.6, 1.4]),
        lambda: explore_slits([1.0, 4.0, 16.0]),
        lambda: explore_reaching([0.0, 0.3, 0.6, 0.9], [0.0, 1.0]),
    ],
)
def test_every_explorer_has_a_still_picture_with_words(make):
    data, metadata = make()._repr_mimebundle_()
    assert data["image/png"]
    assert len(metadata["image/png"]["alt"]) > 40
