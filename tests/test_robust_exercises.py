"""The exercises on robust robots: worked by hand, equal to what the package computes, readers understood."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.control.feedback import pushed
from softopt.envs.quadruped.frame import break_even_bonus
from softopt.exercises import robust_robots as exercises

EVERY = [getattr(exercises, name) for name in exercises.__all__]


# Worked by hand.


def test_a_replay_keeps_a_push_for_ever_and_a_policy_forgets_it():
    pushes = np.array([0.0, 4.0, 0.0, 0.0])
    assert_allclose(exercises.replayed.reference(8.0, 0.5, pushes), [8, 4, 6, 5, 4.5])  # without: 8 4 2 1 .5
    assert_allclose(pushed(8.0, 0.5, pushes), [8, 4, 6, 3, 1.5])


def test_a_robot_that_walks_on_a_circle_is_as_fast_as_on_a_line():
    """It looks along each step, each of them 1 m long and half a second."""
    quarter = np.pi / 2
    places = np.array([[0.0, 0.0], [0.0, 1.0], [-1.0, 1.0], [-1.0, 0.0]])
    answer = exercises.forward_speed.reference(places, np.array([0.0, quarter, 2 * quarter, 3 * quarter]), 0.5)
    assert answer == pytest.approx(2.0)
    assert exercises.forward_speed.reference(places[:2], np.array([0.0, 0.0]), 0.5) == pytest.approx(0.0)
    assert exercises.forward_speed.reference(places[:2], np.array([0.0, -quarter]), 0.5) == pytest.approx(-2.0)


def test_the_best_action_is_the_squashed_mean():
    assert_allclose(
        exercises.best_action.reference(np.array([0.0, 1.0]), np.array([0.0, -1.0]), np.ones(2)), [0, np.tanh(1.0)]
    )


@pytest.mark.parametrize(
    ("speed", "falls_after", "horizon", "discount", "bonus"),
    [(1.0, 1, 2, 1.0, 1.0), (1.0, 1, 2, 0.5, 2.0), (3.0, 2, 4, 1.0, 3.0), (1.0, 2, 3, 0.5, 6.0)],
)
def test_at_the_break_even_bonus_walking_and_standing_are_worth_the_same(speed, falls_after, horizon, discount, bonus):
    assert break_even_bonus(speed, falls_after, horizon, discount) == pytest.approx(bonus)
    walking = sum((speed + bonus) * discount**t for t in range(falls_after))
    assert walking == pytest.approx(sum(bonus * discount**t for t in range(horizon)))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: break_even_bonus(1.0, 5, 5, 0.9), "before the 5 steps"),
        (lambda: break_even_bonus(1.0, 1, 5, 0.0), "discount is above 0"),
        (lambda: pushed(0.0, 0.5, [[1.0]]), "shape"),
        (lambda: pushed(np.nan, 0.5, [1.0]), "finite"),
    ],
)
def test_bad_input_is_told_what_is_wrong(call, said):
    with pytest.raises(ValueError, match=said):
        call()


# Readers are understood.


def _replayed(start, gain, pushes):
    actions, place = [], start
    for _ in pushes:
        actions.append(-gain * place)
        place += actions[-1]
    places = [start]
    for action, push in zip(actions, pushes, strict=True):
        places.append(places[-1] + action + push)
    return np.array(places)


ANSWERS = {
    "replayed": (
        _replayed,
        lambda start, gain, pushes: (
            start * (1 - gain) ** np.arange(len(pushes) + 1) + np.concatenate([[0], np.cumsum(pushes)])
        ),
    ),
    "forward_speed": (
        lambda places, courses, dt: np.mean(
            [
                (dx * np.cos(c) + dy * np.sin(c)) / dt
                for (dx, dy), c in zip(np.diff(places, axis=0), courses[1:], strict=True)
            ]
        ),
        lambda places, courses, dt: (
            (np.diff(places[:, 0] + 1j * places[:, 1]) * np.exp(-1j * courses[1:])).real.mean() / dt
        ),
    ),
    "best_action": (
        lambda mean, log_std, noise: np.tanh(mean),
        lambda mean, log_std, noise: 2 / (1 + np.exp(-2 * mean)) - 1,
    ),
    "alive_bonus": (
        lambda v, f, h, g: v * sum(g**k for k in range(f)) / sum(g**k for k in range(f, h)),
        lambda v, f, h, g: v * f / (h - f) if g == 1 else v * (1 - g**f) / (g**f - g**h),
    ),
}


@pytest.mark.parametrize(
    ("exercise", "answer"), [(exercise, answer) for exercise in EVERY for answer in ANSWERS[exercise.name]]
)
def test_right_answers_are_accepted(exercise, answer):
    verdict = exercise.check(answer)
    assert verdict.correct, str(verdict)
