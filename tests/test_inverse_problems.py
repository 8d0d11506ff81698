"""Published problems of inverse reinforcement learning, from their papers' own definitions."""

import numpy as np
import pytest

from softopt.operators import boltzmann
from softopt.tabular import MDP, Trajectory, maxent_irl, plan, sample_trajectories, soft_value_iteration
from softopt.tabular.inverse import Dual, bus_engine, expected_value_difference, objectworld, shaped


def test_three_paths_of_ziebart_2008():
    # Figure 2: from A to B lead three paths of equal reward; two of them share their first step. Choosing
    # actions locally gives the paths 1/4, 1/4, 1/2 ("label bias"); maximum entropy gives 1/3 to each.
    a, fork, end = 0, 1, 2
    transition = np.zeros((3, 2, 3))
    transition[a, 0, fork] = transition[a, 1, end] = 1.0
    transition[fork, :, end] = transition[end, :, end] = 1.0
    features = np.zeros((3, 2, 1))
    features[a, 0], features[a, 1], features[fork] = -1.0, -2.0, -1.0
    mdp = MDP(transition, features[..., 0], terminal=[end], initial=[1, 0, 0])
    local = boltzmann(plan(mdp, 0.0).soft_q, 1.0)
    assert [local[a, 0] * local[fork, 0], local[a, 0] * local[fork, 1], local[a, 1]] == [0.25, 0.25, 0.5]
    for causal in (True, False):
        pi = Dual(mdp, features, [Trajectory([a, end], [1])], causal=causal)([1.0]).policy
        paths = [pi[a, 0] * pi[fork, 0], pi[a, 0] * pi[fork, 1], pi[a, 1]]
        np.testing.assert_allclose(paths, 1 / 3, atol=1e-12)


# Expected values EV(x, keep) of the bus with RC = 10, theta = 2 and these increments, as the public package
# ruspy computes them (its own test of the fixed point; its iteration stops about 1e-8 away).
BUS_INCREMENTS = [0.2, 0.3, 0.15, 0.35]
BUS_VALUES = {0: -1722.820390492623, 1: -1722.9237215747484, 45: -1726.288520383924, 89: -1727.3978952621255}


def test_rusts_bus_has_the_published_values():
    mdp, _ = bus_engine(10.0, 2.0, BUS_INCREMENTS)
    value = plan(mdp, 1.0).value
    ahead = mdp.expect(value)
    for mileage, expected in BUS_VALUES.items():
        assert ahead[mileage, 0] == pytest.approx(expected, abs=1e-7)
    np.testing.assert_allclose(ahead[:, 1], ahead[0, 0])  # a new engine runs its first month from bin 0


def test_rusts_bus_has_the_published_demand_for_engines():
    # Rust's Figure 7 at his Table IX, group 4 (theta = 2.2930): engines a bus needs in a year, by their price.
    # The numbers at both ends of the curve are those of the public package ruspy.
    for price, demand in ((2.0, 1.533931365), (13.0, 0.1049278067)):
        mdp, _ = bus_engine(price, 2.2930930, np.array([1682, 2555, 55]) / 4292)
        policy = plan(mdp, 1.0).policy
        chain = mdp.under(policy).toarray()
        stationary = np.linalg.solve((np.eye(90) - chain + 1 / 90).T, np.full(90, 1 / 90))
        assert 12 * stationary @ policy[:, 1] == pytest.approx(demand, abs=2e-5)


def test_rusts_costs_come_back_from_simulated_buses():
    truth = np.array([2.2930, 10.075])  # Table IX, group 4: (theta_11, RC)
    mdp, features = bus_engine(truth[1], truth[0], [0.3919, 0.5953, 0.0128])
    policy = plan(mdp, 1.0).policy
    buses = sample_trajectories(mdp, policy, 600, np.random.default_rng(0), steps=117)
    found = maxent_irl(mdp, features, buses, theta=[1.0, 5.0])
    assert found.converged
    # Rust's standard errors from 37 buses are 0.639 and 1.582; from sixteen times the buses, a quarter of that.
    assert (np.abs(found.theta - truth) < 3 / 4 * np.array([0.639, 1.582])).all()
    few = maxent_irl(mdp, features, buses[:10], theta=[1.0, 5.0])
    assert np.abs(few.theta - truth).sum() > np.abs(found.theta - truth).sum()


def test_objectworld_is_as_described():
    mdp, features = objectworld(8, 6, seed=1)
    assert features.shape == (64, 16)
    assert set(np.unique(mdp.reward)) == {-1.0, 0.0, 1.0}
    np.testing.assert_allclose(mdp.transition.sum(axis=-1), 1.0)
    inner = mdp.grid.state_at(4, 4)
    assert mdp.transition[inner, 4, inner] == pytest.approx(0.7)  # staying succeeds
    assert mdp.transition[inner, 0, mdp.grid.state_at(4, 3)] == pytest.approx(0.7)
    assert mdp.transition[inner, 0, mdp.grid.state_at(3, 4)] == pytest.approx(0.075)
    # Each feature is a threshold on a distance, so it can only grow with the threshold.
    assert (np.diff(features.reshape(64, 2, 8), axis=-1) >= 0).all()
    marks = np.array([list(row) for row in mdp.grid.drawing]).reshape(-1)
    assert (marks == "a").sum() == (marks == "b").sum() == 3
    np.testing.assert_array_equal(features[:, 0] == 1, marks == "a")


def test_objectworld_is_learned_from_enough_demonstrations_and_the_right_features():
    mdp, features = objectworld(8, 6, seed=1)
    mdp = mdp.replace(horizon=8)
    policy = soft_value_iteration(mdp, 0.3).policy
    both = np.concatenate([features, (mdp.reward[:, :1] == 1)], axis=1)  # the conjunction that a line lacks
    loss = {}
    for episodes, table in ((4, features), (256, features), (256, both)):
        demonstrations = sample_trajectories(mdp, policy, episodes, np.random.default_rng(0))
        found = maxent_irl(mdp, table, demonstrations, temperature=0.3, l2=0.01, tol=1e-4)
        assert found.converged
        loss[episodes, table.shape[1]] = expected_value_difference(mdp, found.reward)
    assert loss[4, 16] > loss[256, 16] > loss[256, 17] >= 0
    nothing = expected_value_difference(mdp, np.zeros((64, 5)))
    assert loss[256, 17] < 0.1 * nothing


@pytest.mark.parametrize("temperature", [0.0, 0.5])
def test_shaping_cannot_be_seen_in_behaviour(temperature):
    mdp, _ = objectworld(5, 4, seed=3)
    potential = np.random.default_rng(0).normal(size=25)
    twin = shaped(mdp, potential)
    assert np.abs(twin.reward - mdp.reward).max() > 1
    np.testing.assert_allclose(plan(twin, temperature).policy, plan(mdp, temperature).policy, atol=1e-6)
    np.testing.assert_allclose(plan(twin, temperature).value, plan(mdp, temperature).value - potential, atol=1e-6)
    assert expected_value_difference(mdp, twin.reward, temperature) == pytest.approx(0.0, abs=1e-6)
    assert expected_value_difference(mdp, -mdp.reward, temperature) > 0.5


@pytest.mark.parametrize(
    ("options", "potential", "sentence"),
    [
        ({}, np.zeros(3), "25 finite numbers"),
        ({}, np.full(25, np.nan), "25 finite numbers"),
        ({"terminal": [0]}, np.ones(25), "zero in terminal states"),
        ({"horizon": 4}, np.zeros(25), "infinite horizon"),
    ],
)
def test_shaping_refuses_what_would_change_behaviour(options, potential, sentence):
    mdp, _ = objectworld(5, 4, seed=3)
    with pytest.raises(ValueError, match=sentence):
        shaped(mdp.replace(**options), potential)
