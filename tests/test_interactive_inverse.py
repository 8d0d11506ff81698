"""Explorers and figures of inverse reinforcement learning: what they show is what the package finds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.optimize import minimize

from softopt.interactive.demonstrations import Recovery, explore_demonstrations, recover, recovered_maps
from softopt.interactive.feature_weights import explore_weights
from softopt.interactive.luck_or_taste import Readings, explore_readings, read_both, weights_against_slip
from softopt.plotting import walks
from softopt.tabular import maxent_irl, plan, sample_trajectories
from softopt.tabular.inverse import Dual, bus_engine, expected_value_difference, garden, objectworld
from softopt.tabular.inverse.garden import BERRIES, NETTLES, TASTE

NAMES = ["nettles", "berries"]


@pytest.fixture(scope="module")
def seen():
    world, features = garden(0.1)
    return world, features, sample_trajectories(world, plan(world, 1.0).policy, 500, np.random.default_rng(0))


def shown(explorer, row, column, *keys):
    """An array as the page gets it."""
    place = explorer.spec["rows"][row][column]
    for key in keys:
        place = place[key]
    numbers = np.frombuffer(explorer.frames, dtype="<f4")
    return numbers[place["offset"] : place["offset"] + np.prod(place["shape"])].reshape(place["shape"])


# The garden


def test_the_garden_pays_for_what_grows_there():
    world, features = garden(0.3)
    assert world.horizon == 16
    assert not world.terminal.any()
    np.testing.assert_array_equal(features.sum(axis=0), [4, 12])
    marks = np.array([world.grid.drawing[row][column] for row, column in world.grid.cells])
    np.testing.assert_array_equal(features[:, NETTLES] == 1, marks == "N")
    np.testing.assert_array_equal(features[:, BERRIES] == 1, marks == "B")
    np.testing.assert_array_equal(world.reward[:, 2], features @ TASTE)
    # From the middle start the berries are four steps away, and the path there lies between nettles.
    start = world.grid.state_at(2, 0)
    path = world.grid.state_at(2, 1)
    assert world.transition[start, 2, path] == pytest.approx(0.7)
    assert world.transition[path, 2, world.grid.state_at(1, 1)] == pytest.approx(0.15)
    with pytest.raises(ValueError, match="slip"):
        garden(1.5)


# Weights by hand


def test_the_bars_agree_where_the_objective_is_highest(seen):
    world, features, demonstrations = seen
    best = maxent_irl(world, features, demonstrations).theta
    grids = tuple(np.array([-1.0, -0.5, 0.0, 0.5, 1.0]) + weight for weight in best)
    explorer = explore_weights(world, features, demonstrations, NAMES, grids)
    bars = [shown(explorer, 0, 2, "groups", name) for name in NAMES]
    for pair in bars:
        np.testing.assert_allclose(pair[2, 2, 0], pair[2, 2, 1], atol=1e-4)
        assert np.abs(pair[0, 0, 0] - pair[0, 0, 1]) > 0.05
    objective = shown(explorer, 1, 0, "curves", "objective")
    assert np.unravel_index(objective.argmax(), objective.shape) == (2, 2)
    # A count can be read off the map as well.
    counted = shown(explorer, 0, 0, "value")[0, 0] @ features
    np.testing.assert_allclose(counted, Dual(world, features, demonstrations).demonstration_features, atol=1e-5)
    for k, pair in enumerate(bars):
        np.testing.assert_allclose(shown(explorer, 0, 1, "value") @ features[:, k], pair[..., 1], atol=1e-4)


def test_the_sentence_tells_both_counts(seen):
    world, features, demonstrations = seen
    explorer = explore_weights(world, features, demonstrations, NAMES, ([-3, -1.5, 0], [0, 1, 2]))
    point = Dual(world, features, demonstrations)([-1.5, 1.0])
    said = [float(number) for number in re.findall(r"([\d.]+\d) (?:steps|were)", explorer.sentence)]
    counted = Dual(world, features, demonstrations).demonstration_features
    expected = np.stack([point.feature_expectations, counted], axis=1).ravel()
    np.testing.assert_allclose(said, expected, rtol=0.06)
    assert explorer._picture().alt


def test_hungrier_walkers_need_dearer_nettles_to_keep_out_of_them(seen):
    dual = Dual(*seen)
    assert dual([-2.0, 2.0]).feature_expectations[NETTLES] > dual([-2.0, 1.0]).feature_expectations[NETTLES]
    assert dual([-2.5, 2.0]).gradient[NETTLES] < 0 < dual([-3.0, 2.0]).gradient[NETTLES]


def test_weights_by_hand_need_a_map_and_a_horizon(seen):
    world, features, demonstrations = seen
    for bare in (world.replace(grid=None), world.replace(horizon=None, discount=0.9)):
        with pytest.raises(ValueError, match="needs a grid and a horizon"):
            explore_weights(bare, features, demonstrations, NAMES, ([-1, 0], [0, 1]))


# Demonstrations


@pytest.fixture(scope="module")
def recovery() -> Recovery:
    world, features = objectworld(5, 4, seed=3)
    world = world.replace(horizon=6, discount=1.0)
    policy = plan(world, 0.3).policy
    draws = [sample_trajectories(world, policy, 400, np.random.default_rng(seed)) for seed in range(3)]
    descriptions = {"near": features, "cells": np.eye(25)}
    return recover(world, descriptions, draws, [1, 20, 400], temperature=0.3, l2=1.0)


def test_recovery_is_what_a_fit_from_scratch_finds(recovery):
    world = recovery.mdp
    draw = sample_trajectories(world, plan(world, 0.3).policy, 400, np.random.default_rng(0))
    for f, count in enumerate(recovery.counts):
        found = maxent_irl(world, np.eye(25), draw[:count], temperature=0.3, l2=1.0 / count, tol=1e-6)
        reward = found.reward[:, 0] - found.reward[:, 0].mean() + world.reward.mean()
        np.testing.assert_allclose(recovery.reward[f, 1], reward, atol=0.1)
        assert recovery.lost[0, f, 1] == pytest.approx(expected_value_difference(world, found.reward), abs=0.1)


def test_more_demonstrations_lose_less_and_cells_need_more_of_them(recovery):
    assert recovery.lost.shape == (3, 3, 2)
    assert (recovery.lost > -1e-9).all()
    mean = recovery.lost.mean(axis=0)
    assert recovery.nothing > mean[0, 0] > mean[-1, 0]
    assert mean[0, 1] > mean[-1, 1]
    assert mean[1, 1] > mean[1, 0], "of 20 demonstrations, thresholds on distances learn more than single cells do"


def test_the_explorer_and_its_still_show_the_recovery(recovery):
    explorer = explore_demonstrations(recovery)
    assert [len(slider["labels"]) for slider in explorer.spec["sliders"]] == [3, 2]
    np.testing.assert_allclose(shown(explorer, 0, 1, "value"), recovery.reward, atol=1e-5)
    np.testing.assert_allclose(shown(explorer, 0, 0, "value")[2, 1], recovery.mdp.reward[:, 0], atol=1e-6)
    curve = shown(explorer, 1, 0, "curves", "cells")
    np.testing.assert_allclose(curve[:, 0], recovery.lost.mean(axis=0)[:, 1], atol=1e-5)
    count, here, mean, draws = map(float, re.findall(r"\d[\d.]*\d|\d", explorer.sentence))
    assert (count, draws) == (20, 3)
    np.testing.assert_allclose([here, mean], [recovery.lost[0, 1, 0], recovery.lost[:, 1, 0].mean()], rtol=0.06)
    assert "from 400" in recovered_maps(recovery, description=1).alt


def test_recovery_asks_for_enough_demonstrations_and_a_map(recovery):
    world = recovery.mdp
    draw = sample_trajectories(world, np.full((25, 5), 0.2), 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="fewer demonstrations than the largest count, 4"):
        recover(world, {"cells": np.eye(25)}, [draw], [1, 4], temperature=0.3, l2=1.0)
    bare = recover(world.replace(grid=None), {"cells": np.eye(25)}, [draw], [1, 3], temperature=0.3, l2=1.0)
    with pytest.raises(ValueError, match="no grid"):
        explore_demonstrations(bare)


# Luck or taste


@pytest.fixture(scope="module")
def readings() -> Readings:
    return read_both(garden, TASTE, [0.0, 0.2, 0.4], [50, 600])


def test_the_non_causal_model_reads_luck_as_taste_and_data_do_not_cure_it(readings):
    causal, other = readings.weights[:, :, 0], readings.weights[:, :, 1]
    np.testing.assert_allclose(causal[0], other[0], atol=1e-3)
    np.testing.assert_allclose(causal[:, 1], np.tile(TASTE, (3, 1)), atol=0.3)
    assert (np.diff(np.abs(other[:, 1]), axis=0) < 0).all()
    assert (np.abs(other[1:]) < 0.6 * np.abs(TASTE)).all(), "few or many, the weights are too weak"
    assert (readings.lost[1:, 1, 1] > 1.0).all()
    assert (readings.lost[:, 1, 0] < 0.05).all()
    # With the reward as the non-causal model reads it, one wades more and picks less.
    _, features = garden(0.2)
    demonstrators, _, learned = readings.visits[1, 1] @ features
    assert learned[NETTLES] > 1.5 * demonstrators[NETTLES]
    assert learned[BERRIES] < 0.7 * demonstrators[BERRIES]
    np.testing.assert_allclose(readings.visits.sum(axis=-1), 16)


def test_readings_depend_on_the_seed_alone():
    once, again = (read_both(garden, TASTE, [0.2], [50]).weights for _ in range(2))
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - read_both(garden, TASTE, [0.2], [50], seed=1).weights).max() > 1e-3


def test_the_explorer_and_its_still_show_the_readings(readings):
    explorer = explore_readings(readings, NAMES)
    np.testing.assert_allclose(shown(explorer, 1, 1, "curves", "non-causal"), readings.weights[:, :, 1, 1], atol=1e-6)
    np.testing.assert_allclose(shown(explorer, 1, 2, "curves", "causal"), readings.lost[:, :, 0], atol=1e-6)
    assert explorer.sentence.startswith("With slip 0.20 and 600 walks")
    said = [float(x.replace("−", "-")) for x in re.findall(r"(?:nettles|berries) (−?[\d.]+\d)", explorer.sentence)]
    np.testing.assert_allclose(said, readings.weights[1, 1].ravel(), rtol=0.06)
    assert len(weights_against_slip(readings, NAMES).axes[0].lines) == 4
    bare = read_both(lambda slip: (garden(slip)[0].replace(grid=None), garden(slip)[1]), TASTE, [0.0, 0.2], [5, 9])
    with pytest.raises(ValueError, match="no grid"):
        explore_readings(bare, NAMES)


# The bus garage


def test_the_dual_of_a_small_garage_may_have_no_finite_answer_and_of_a_large_one_is_the_likelihood():
    truth = np.array([2.2930, 10.075])
    bus, costs = bus_engine(truth[1], truth[0], np.array([1682, 2555, 55]) / 4292)
    buses = sample_trajectories(bus, plan(bus, 1.0).policy, 592, np.random.default_rng(0), steps=117)

    def both(garage):
        months, choices = (
            np.concatenate(part) for part in zip(*((b.states[:-1], b.actions) for b in garage), strict=True)
        )

        def surprise(theta):
            return -np.log(plan(bus.replace(reward=costs @ theta), 1.0).policy[months, choices]).sum()

        found = maxent_irl(bus, costs, garage, theta=[1.0, 5.0])
        return found, minimize(surprise, [1.0, 5.0], method="L-BFGS-B").x

    dual, likeliest = both(buses[111:148])  # a garage of Rust's size in which the dual has no maximum
    assert np.abs(dual.theta).max() > 1e6
    assert np.abs(likeliest).max() < 30
    dual, likeliest = both(buses)
    rust = np.array([0.639, 1.582])  # his standard errors, from a sixteenth of the buses
    np.testing.assert_array_less(np.abs(dual.theta - truth), 3 / 4 * rust)
    np.testing.assert_array_less(np.abs(likeliest - truth), 3 / 4 * rust)
    np.testing.assert_allclose(dual.theta, likeliest, atol=0.1)


# Walks


def test_walks_stay_in_their_cells(seen):
    world, _, demonstrations = seen
    figure = walks(
        world.grid, [demonstrations[:6], demonstrations[6:8]], ["six", "two"], title="T", alt="A", marks=False
    )
    assert figure.alt == "A"
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["six", "two"]
    for axes, group in zip(figure.axes, (demonstrations[:6], demonstrations[6:8]), strict=True):
        drawn = [line for line in axes.lines if len(line.get_xdata()) > 1]
        assert len(drawn) == len(group)
        for line, walk in zip(drawn, group, strict=True):
            there = np.stack([line.get_ydata(), line.get_xdata()], axis=1)
            np.testing.assert_array_equal(there.round(), world.grid.cells[walk.states])
        assert not axes.texts
    marked = walks(world.grid, [demonstrations[:1]], ["one"], title="T", alt="A")
    assert sorted({text.get_text() for text in marked.axes[0].texts}) == ["B", "N", "S"]
    with pytest.raises(ValueError, match="zip"):
        walks(world.grid, [demonstrations[:1]], ["one", "two"], title="T", alt="A")
