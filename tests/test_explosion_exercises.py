"""The exercises on the explosion of spiders: worked by hand, equal to what the package computes, readers understood."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from softopt.envs import Puck
from softopt.exercises import explosion_of_spiders as exercises

EVERY = [getattr(exercises, name) for name in exercises.__all__]


# Worked by hand.


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [([30], 1.0), ([90, 90], 1.0), ([0, 90], np.sqrt(0.5)), ([0, 180], 0.0), ([0, 120, 240], 0.0), ([0, 60], 0.866025)],
)
def test_resultant_length_by_hand(degrees, expected):
    assert_allclose(exercises.resultant_length.reference(np.deg2rad(degrees)), expected, atol=1e-6)


def test_turned_by_hand():
    row = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    answer = exercises.turned.reference(np.array([row] * 4), np.arange(4))
    expected = [row, [-2, 1, -4, 3, 5, -7, 6], [-1, -2, -3, -4, 5, -6, -7], [2, -1, 4, -3, 5, 7, -6]]
    assert_allclose(answer, expected)


def test_a_turned_step_is_a_step_of_the_puck():
    world, draws = Puck(), np.random.default_rng(0)
    state, action = draws.uniform(-0.6, 0.6, (8, 4)), draws.uniform(-1, 1, (8, 2))
    after, reward, _ = world.advance(state, action)
    rows = np.hstack([state[:, 2:], action, reward[:, None], after[:, 2:]])
    there = exercises.turned.reference(rows, draws.integers(4, size=8))
    again, same, _ = world.advance(np.hstack([np.zeros((8, 2)), there[:, :2]]), there[:, 2:4])
    assert_allclose(again[:, 2:], there[:, 5:], atol=1e-12)
    assert_allclose(same, there[:, 4], atol=1e-12)


@pytest.mark.parametrize(("update", "expected"), [(0, 0.8), (2, 0.4), (4, 0.2), (1, 0.8 / np.sqrt(2)), (9, 0.2)])
def test_temperature_schedule_by_hand(update, expected):
    assert_allclose(exercises.temperature_schedule.reference(update, 0.8, 0.2, 4), expected)


def test_early_area_by_hand():
    steps, returns = np.array([1.0, 3.0, 7.0]), np.array([0.0, 2.0, 6.0])
    assert exercises.early_area.reference(steps, returns, 5.0) == pytest.approx(2.0)  # (2 * 1 + 2 * 3) / 4


# Readers are understood.


ANSWERS = {
    "resultant_length": (
        lambda angles: np.hypot(np.cos(angles).mean(), np.sin(angles).mean()),
        lambda angles: abs(sum(np.exp(1j * a) for a in angles)) / len(angles),
    ),
    "turned": (
        lambda rows, turns: np.array(
            [
                [*(m @ row[:2]), *(m @ row[2:4]), row[4], *(m @ row[5:])]
                for row, m in ((row, np.linalg.matrix_power([[0, -1], [1, 0]], k)) for row, k in zip(rows, turns))  # noqa: B905
            ]
        ),
        lambda rows, turns: np.concatenate(
            [
                np.stack([z.real, z.imag], axis=1) if z.dtype == complex else z[:, None]
                for z in (
                    (rows[:, 0] + 1j * rows[:, 1]) * 1j**turns,
                    (rows[:, 2] + 1j * rows[:, 3]) * 1j**turns,
                    rows[:, 4],
                    (rows[:, 5] + 1j * rows[:, 6]) * 1j**turns,
                )
            ],
            axis=1,
        ),
    ),
    "temperature_schedule": (
        lambda update, start, end, n: start * (end / start) ** min(update / n, 1),
        lambda update, start, end, n: np.exp(np.interp(update, [0, n], np.log([start, end]))),
    ),
    "early_area": (
        lambda steps, returns, until: (
            np.trapezoid(
                np.append(returns[steps < until], np.interp(until, steps, returns)),
                np.append(steps[steps < until], until),
            )
            / (until - steps[0])
        ),
        lambda steps, returns, until: (
            sum(
                (min(b, until) - a) * (f + np.interp(min(b, until), steps, returns)) / 2
                for a, b, f in zip(steps[:-1], steps[1:], returns[:-1])  # noqa: B905
                if a < until
            )
            / (until - steps[0])
        ),
    ),
}


@pytest.mark.parametrize(
    ("exercise", "answer"), [(exercise, answer) for exercise in EVERY for answer in ANSWERS[exercise.name]]
)
def test_right_answers_are_accepted(exercise, answer):
    verdict = exercise.check(answer)
    assert verdict.correct, str(verdict)
