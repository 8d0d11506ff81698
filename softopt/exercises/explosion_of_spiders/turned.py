"""Quarter turns as data: from one transition of the puck, three more that nobody had to run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.envs import Puck
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception

OBSERVED, ACTED, EARNED, THEN = slice(0, 2), slice(2, 4), 4, slice(5, 7)


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """One row and one turn; every number of turns; rows with turns of their own."""
    for turns in ([1], [2], [3], [0], [1, 3], [3, 2], [2, 1, 0], [1, 3, 1], [0, 1, 2, 3], [3, 3, 1, 2, 0]):
        rows = one_decimal(generator.choice([-1, 1], (len(turns), 7)) * generator.uniform(0.1, 1, (len(turns), 7)))
        yield Case(len(turns), {"rows": rows, "turns": np.array(turns)})


def reference(rows, turns):
    """The puck's own matrices."""
    return _with(*(matrices[turns] for matrices in Puck().symmetries))(rows, turns)


def _with(seen, done, then=None):
    """Return a function that turns the rows by one matrix a row for each of the three arrows."""

    def turn(rows, turns):
        there = rows.copy()
        for part, matrix in ((OBSERVED, seen), (ACTED, done), (THEN, seen if then is None else then)):
            there[:, part] = np.einsum("bij,bj->bi", np.broadcast_to(matrix, (len(rows), 2, 2)), rows[:, part])
        return there

    return turn


def _rotation(angle):
    """Counterclockwise by angles (B,), radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.moveaxis(np.array([[cosine, -sine], [sine, cosine]]), -1, 0)


def _quarter(turns):
    return _rotation(np.asarray(turns) * np.pi / 2)


@misconception("the action is not turned")
def action_left(rows, turns):
    """The velocities were turned and the push was not. Then the row says that a push to the east makes the puck fly
    north. An agent that believes it learns a world that does not exist. What turns when the world turns?"""
    return _with(_quarter(turns), np.eye(2))(rows, turns)


@misconception("the next observation is not turned")
def next_left(rows, turns):
    """The first velocity and the push were turned, the velocity after the step was not. The row tells of a puck that
    jumps from one direction into another. All that happens in one world is turned together."""
    return _with(_quarter(turns), _quarter(turns), np.eye(2))(rows, turns)


@misconception("clockwise")
def clockwise(rows, turns):
    """These are turns to the right. For a set of all four it would not matter, but counterclockwise was asked for:
    after one turn (1, 0) should be (0, 1). A matrix that multiplies from the wrong side does this too."""
    back = _quarter(-np.asarray(turns))
    return _with(back, back)(rows, turns)


@misconception("the number of turns taken as an angle", lambda rows, turns: _turn_all(_rotation(turns * 1.0), rows))
def as_radians(rows, turns):
    """`turns` went into cosine and sine as it is, so the world was turned by 1, 2 or 3 radians. A quarter turn is half
    of π."""
    return _turn_all(_rotation(np.asarray(turns, dtype=float)), rows)


@misconception("half turns")
def half_turns(rows, turns):
    """One turn here makes (−x, −y) of (x, y), which is half of a full one. There are four quarters in a circle, and
    2π in it."""
    return _turn_all(_rotation(np.asarray(turns) * np.pi), rows)


@misconception("the same turn for all rows")
def first_turn_for_all(rows, turns):
    """Every row was turned as the first one is. Each has a number of its own in `turns`: the rows need a matrix
    each."""
    return _turn_all(_quarter(np.full(len(rows), turns[0])), rows)


def _mirror(swapped):
    """Return a function that puts ``swapped`` (x, y) for an odd number of turns, and (-x, -y) for two."""

    def mirror(rows, turns):
        there = rows.copy()
        for part in (OBSERVED, ACTED, THEN):
            for row, n in enumerate(turns):
                x, y = rows[row, part]
                there[row, part] = ((x, y), swapped(x, y), (-x, -y), swapped(x, y))[n]
        return there

    return mirror


@misconception("a mirror in place of a turn", _mirror(lambda x, y: (-x, y)))
def mirrored(rows, turns):
    """This is a reflection: left and right have changed places, and no turn does that. The puck would stand it, since
    it is alike in a mirror too. A spider whose legs are numbered counterclockwise would not. After one turn (x, y) is
    (−y, x): look at the sign."""
    return _mirror(lambda x, y: (y, x))(rows, turns)


@misconception("the reward is changed")
def reward_changed(rows, turns):
    """The reward is not what it was. It is a number and no arrow, and in a turned world the same thing earns the same:
    that is what makes the turn a symmetry."""
    there = reference(rows, turns)
    there[:, EARNED] = rows[:, EARNED] * np.cos(np.asarray(turns) * np.pi / 2)
    return there


@misconception("turned once, whatever the number")
def once(rows, turns):
    """Rows with two or three turns were turned once. k turns are the matrix of one, k times over."""
    return _turn_all(_quarter(np.minimum(turns, 1)), rows)


def _turn_all(matrices, rows):
    return _with(matrices, matrices)(rows, None)


exercise = Exercise(
    name="turned",
    title="three transitions for nothing",
    statement="""
        Write `my_turned(rows, turns)`. `rows`, shape (B, 7), are transitions of the puck as a replay keeps them:
        velocity (v_x, v_y), push (a_x, a_y), reward r, and the velocity after the step (v′_x, v′_y). `turns`, shape
        (B,), are whole numbers from 0 to 3. Return the rows, shape (B, 7), of the same steps in a world that is turned
        counterclockwise by that many quarter turns, each row by its own:

            one quarter turn:  (x, y) → (−y, x)
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Three pairs of numbers in a row are arrows, and all three turn. One number is no arrow.""",
        """A matrix for each row: with `angle = turns * np.pi / 2`, its entries are cosines and sines of shape (B,).
        Or turn all rows once, four times over, and pick for each row what its number says.""",
    ),
    minutes=8,
    difficulty=2,
    points=2,
    misconceptions=(
        action_left,
        next_left,
        clockwise,
        as_radians,
        half_turns,
        first_turn_for_all,
        mirrored,
        reward_changed,
        once,
    ),
)
