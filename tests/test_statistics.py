"""Statistics over seeds: hand-worked middles, and intervals that contain what they should."""

from __future__ import annotations

import numpy as np
import pytest

from softopt.runs.statistics import early_area, interquartile_mean, interval, prediction_interval


@pytest.mark.parametrize(
    ("values", "middle"),
    [
        ([1, 2, 3, 4], 2.5),
        ([1, 2, 3, 4, 100], 3.0),  # of five, the outermost on either side go: a quarter of 5 is 1.25, cut down to 1
        ([-1000, 1, 2, 3, 4, 5, 6, 1000], 3.5),
        ([7.0], 7.0),
    ],
)
def test_interquartile_mean_by_hand(values: list[float], middle: float) -> None:
    assert interquartile_mean(values) == pytest.approx(middle, abs=1e-12)
    assert interquartile_mean(values[::-1]) == pytest.approx(middle, abs=1e-12)


def test_interquartile_mean_keeps_the_other_axes() -> None:
    runs = np.random.default_rng(0).normal(size=(8, 3))
    by_hand = np.sort(runs, axis=0)[2:6].mean(axis=0)
    np.testing.assert_allclose(interquartile_mean(runs, axis=0), by_hand, atol=1e-12)


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(1)
    runs = generator.normal(size=(20, 200))  # 200 experiments of 20 runs each; the true middle is 0
    low, high = interval(runs)
    covered = np.mean((low <= 0) & (high >= 0))
    assert 0.86 <= covered <= 0.99  # 95 %, less what a bootstrap of 20 runs is known to lose


def test_an_interval_of_equal_runs_has_no_width() -> None:
    low, high = interval(np.full((5, 2), 3.0))
    assert low.tolist() == high.tolist() == [3.0, 3.0]


def test_runs_are_drawn_anew_within_their_own_task() -> None:
    # One task is always 0 and one always 10, four runs each: no draw within tasks can move the middle from 5.
    low, high = interval(np.zeros(4), np.full(4, 10.0))
    assert float(low) == float(high) == pytest.approx(5.0)


def test_paired_runs_are_drawn_together() -> None:
    # What is lost in one task is won in the other: drawn together no draw moves the middle; drawn apart it moves.
    runs = np.arange(5.0)
    low, high = interval(runs, -runs, paired=True)
    wide = interval(runs, -runs)
    assert high - low < wide[1] - wide[0]
    np.testing.assert_allclose(interval(runs, runs, paired=True), interval(runs), atol=0.5)


def test_one_more_run_lies_where_it_is_expected_as_often_as_is_said() -> None:
    runs = np.random.default_rng(2).normal(size=(2_000, 6))  # 2000 experiments of five runs, and one more
    bounds = np.array([prediction_interval(five) for five in runs[:, :5]])
    inside = (bounds[:, 0] <= runs[:, 5]) & (runs[:, 5] <= bounds[:, 1])
    assert inside.mean() == pytest.approx(0.95, abs=0.015)
    # By hand: mean 2, deviation sqrt 2, and Student's t with one degree of freedom is 12.706.
    assert prediction_interval([1.0, 3.0]) == pytest.approx((2 - 12.706 * 3**0.5, 2 + 12.706 * 3**0.5), abs=1e-3)
    with pytest.raises(ValueError, match="takes two runs or more"):
        prediction_interval([1.0])


def test_one_run_has_no_interval() -> None:
    low, high = interval(np.ones((1, 3)))
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_the_same_seed_gives_the_same_interval() -> None:
    runs = np.random.default_rng(2).normal(size=(5, 4))
    np.testing.assert_array_equal(interval(runs, seed=3), interval(runs, seed=3))
    assert (interval(runs, seed=3)[0] != interval(runs, seed=4)[0]).any()


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0])
def test_a_confidence_outside_its_range_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        interval(np.ones(3), confidence=confidence)


@pytest.mark.parametrize(
    ("until", "mean"),
    [
        (3.0, 1.0),  # half of 2
        (2.0, 0.5),  # a triangle of height 1 over 1, in the middle of a line
        (7.0, (2 * 1.0 + 4 * 4.0) / 6),  # then a trapezoid from 2 to 6 over 4
        (5.0, (2 * 1.0 + 2 * 3.0) / 4),  # from 2 to 4 over 2
    ],
)
def test_the_early_area_by_hand(until, mean):
    steps, curve = [1.0, 3.0, 7.0], [0.0, 2.0, 6.0]
    np.testing.assert_allclose(early_area(steps, [curve, [5.0, 5.0, 5.0]], until), [mean, 5.0])
    np.testing.assert_allclose(early_area(steps, curve, until), mean)


@pytest.mark.parametrize(
    ("steps", "returns", "until", "sentence"),
    [
        ([1.0], [1.0], 1.0, "two or more increasing"),
        ([1.0, 1.0], [1.0, 2.0], 1.0, "two or more increasing"),
        ([0.0, 1.0], [1.0, 2.0, 3.0], 1.0, r"\(2,\) and \(3,\)"),
        ([0.0, 1.0], [1.0, 2.0], 1.5, "cannot end at 1.5"),
        ([2.0, 3.0], [1.0, 2.0], 2.0, "cannot end at 2"),
    ],
)
def test_an_early_area_that_is_none(steps, returns, until, sentence):
    with pytest.raises(ValueError, match=sentence):
        early_area(steps, returns, until)
