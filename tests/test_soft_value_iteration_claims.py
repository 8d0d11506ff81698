"""What the text of notebook 02 says in words and numbers, so that it cannot drift from what the package finds."""

import math

import numpy as np
import pytest

from softopt.operators import boltzmann, entropy
from softopt.tabular import MDP, SoftValueDiverges, evaluate, gridworlds, plan, soft_value_iteration, visitation

UNIFORM = np.full(4, 1 / 4)


def arrives_and_lasts(world, temperature):
    forever = world.replace(discount=1.0)
    policy = plan(world, temperature).policy
    arrives = forever.initial @ evaluate(forever, policy, 0.0).value
    return arrives, visitation(forever, policy)[~forever.terminal].sum()


@pytest.fixture(scope="module")
def lake():
    return MDP.from_gymnasium("FrozenLake-v1", discount=0.99)


@pytest.fixture(scope="module")
def cliff():
    return MDP.from_gymnasium("CliffWalking-v1", discount=1.0, prior=UNIFORM)


@pytest.fixture(scope="module")
def pools():
    return gridworlds.gridworld("pools", reward={"H": -50.0}, discount=1.0)


def test_on_the_lake_the_entropy_form_lives_longer_and_the_kl_form_does_not(lake):
    np.testing.assert_allclose(arrives_and_lasts(lake, 0.0), (0.824, 48.7), rtol=2e-3)
    np.testing.assert_allclose(arrives_and_lasts(lake, 0.02), (0.718, 74.5), rtol=2e-3)
    np.testing.assert_allclose(arrives_and_lasts(lake.replace(prior=UNIFORM), 0.02), (0.136, 11.2), rtol=5e-3)


def test_between_two_holes_the_lake_tosses_a_coin_at_every_temperature(lake):
    for temperature in (0.0, 0.001, 0.02):
        policy = plan(lake, temperature).policy[lake.grid.state_at(1, 2)]
        np.testing.assert_allclose(policy[[0, 2]], 0.5, atol=0.02)


def test_the_last_change_is_forty_times_too_hopeful_and_the_bound_holds(lake):
    exact = plan(lake, 0.02, tol=1e-13).value
    value, sweeps = np.zeros(lake.n_states), 0
    while True:
        soft_q = lake.reward + lake.discount * lake.expect(value)
        after = np.where(lake.terminal, 0.0, 0.02 * np.log(np.exp(soft_q / 0.02).sum(axis=1)))
        change, value, sweeps = np.abs(after - value).max(), after, sweeps + 1
        error = np.abs(value - exact).max()
        assert error <= 99 * change
        if change < 0.001:
            break
    assert sweeps == 106
    assert 35 < error / change < 45


@pytest.mark.parametrize(("temperature", "sweeps"), [(0.001, 570), (0.02, 756), (1.0, 974)])
def test_more_temperature_needs_more_sweeps_on_the_lake(lake, temperature, sweeps):
    assert abs(soft_value_iteration(lake, temperature).iterations - sweeps) <= 2


def test_the_walker_leaves_the_edge_without_ever_falling_over_it(cliff):
    above, edge = ([cliff.grid.state_at(row, column) for column in range(1, 11)] for row in (1, 2))
    down = cliff.grid.action_names.index("down")
    for temperature, hugs in ((0.5, True), (1.0, True), (2.0, False), (5.0, False)):
        policy = plan(cliff, temperature).policy
        visits = visitation(cliff, policy)
        assert (visits[edge[4]] > visits[above[4]]) == hugs  # half way; at both ends it has to come down
        assert (policy[edge, down] < math.exp(-100 / temperature)).all()
        assert entropy(policy[edge[4]]) < entropy(policy[above[4]]) - 0.2


def test_the_critical_temperature_of_the_cliff(cliff):
    free = cliff.replace(prior=None)
    assert np.isfinite(plan(free, 0.747).value).all()
    with pytest.raises(SoftValueDiverges):
        plan(free, 0.749)


def test_the_limit_shares_a_tie_by_the_ways_to_come(pools):
    policy = plan(pools, 0.0).policy[pools.grid.state_at(0, 1)]
    np.testing.assert_allclose(policy, [0, 220 / 715, 495 / 715, 0], atol=1e-9)
    assert math.comb(13, 4) == 715
    assert math.comb(12, 4) == 495


def test_argmax_bets_and_the_limit_hedges(pools):
    limit = plan(pools, 0.0)
    ties = limit.soft_q.round(6) == limit.soft_q.round(6).max(axis=1, keepdims=True)
    plans = [np.eye(4)[ties.argmax(axis=1)], np.eye(4)[3 - ties[:, ::-1].argmax(axis=1)], limit.policy]
    for slip, expected in ((0.0, [-13, -13, -13]), (0.1, [-34.9, -14.2, -19.5])):
        world = gridworlds.gridworld("pools", slip=slip, reward={"H": -50.0}, discount=1.0)
        earned = [world.initial @ evaluate(world, policy, 0.0).value for policy in plans]
        np.testing.assert_allclose(earned, expected, atol=0.06)
        warmer = world.initial @ evaluate(world, plan(pools, 0.5).policy, 0.0).value
        assert warmer < earned[2] - 2


def test_four_of_five_take_the_hall_at_every_temperature_in_the_entropy_form():
    start, hall, corridor, outside = range(4)
    step = np.zeros((4, 4, 4))
    step[start, 0, hall] = step[start, 1:, corridor] = step[[hall, corridor, outside], :, outside] = 1.0
    reward = np.full((4, 4), -1.0)
    reward[start, 2:] = reward[corridor, 1:] = -np.inf
    doors = MDP(step, reward, terminal=[outside], initial=[1, 0, 0, 0])
    even = doors.allowed / doors.allowed.sum(axis=1, keepdims=True)
    for temperature in (1.0, 0.01):
        np.testing.assert_allclose(plan(doors, temperature).policy[start, 0], 0.8, rtol=1e-9)
        np.testing.assert_allclose(plan(doors.replace(prior=even), temperature).policy[start, 0], 0.5, rtol=1e-9)


def test_five_policy_improvements_are_enough_for_eight_digits():
    world = gridworlds.gridworld("four_rooms", slip=0.2, reward={"G": 10.0}, discount=0.99)
    exact, policy, errors = plan(world, 0.3, tol=1e-13).value, np.full((world.n_states, 4), 1 / 4), []
    for _ in range(6):
        evaluated = evaluate(world, policy, 0.3)
        errors.append(np.abs(evaluated.value - exact).max())
        policy = boltzmann(evaluated.soft_q, 0.3)
    assert errors[4] > 1e-8 > errors[5]  # the first is that of the policy that one began with
    value = np.zeros(world.n_states)
    for _ in range(40):
        value = 0.3 * np.log(np.exp((world.reward + 0.99 * world.transition @ value) / 0.3).sum(axis=1))
        value[world.terminal] = 0.0
    assert np.abs(value - exact).max() > 1e-4
