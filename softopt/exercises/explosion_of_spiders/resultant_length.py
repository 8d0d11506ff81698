"""One way or all ways: how long is the mean of the directions?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.envs import directions
from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Whole multiples of 15 degrees: few that can be drawn by hand, one alone, all alike, opposite ones, and many."""
    for n in (2, 3, 3, 4, 5, 7, 12):
        yield _case(generator.integers(-11, 13, size=n) * np.pi / 12)
    yield _case(np.array([np.pi / 3]))
    yield _case(np.full(3, -np.pi / 4))
    yield _case(np.array([0.0, np.pi / 2, np.pi, -np.pi / 2]))
    yield _case(np.array([np.pi * 11 / 12, -np.pi * 11 / 12, np.pi]))


def _case(angles):
    return Case(len(angles), {"angles": angles})


def reference(angles):
    """The package's resultant length."""
    return directions.resultant_length(angles)


@misconception("the mean of the angles", lambda angles: abs(np.mean(angles)), lambda angles: np.std(angles))
def mean_angle(angles):
    """This averages the angles as if they were numbers on a line. They are not: 179 and −179 degrees point nearly the
    same way, and their mean is 0, the opposite way. What can be averaged is an arrow, coordinate by coordinate."""
    return np.mean(angles)


@misconception("degrees")
def degrees(angles):
    """The cosine and sine are those of other angles: `angles` are radians, and NumPy's functions take radians. Nothing
    has to be converted."""
    return directions.resultant_length(np.deg2rad(angles))


@misconception("the spread, not the length")
def spread(angles):
    """This is 1 − R, the circular variance: 1 if the directions cancel. What is asked for is R itself, the length of
    the mean arrow. What should it be if all point the same way?"""
    return 1 - reference(angles)


@misconception("not divided by their number")
def a_sum(angles):
    """This is the length of the *sum* of the arrows, and it grows with their number. All alike, they should give 1,
    however many there are."""
    return len(angles) * reference(angles)


@misconception(
    "one coordinate alone",
    lambda angles: np.cos(angles).mean(),
    lambda angles: np.sin(angles).mean(),
    lambda angles: abs(np.sin(angles).mean()),
)
def one_coordinate(angles):
    """This is one coordinate of the mean arrow. If all of them point along the other axis it is 0, though they agree
    completely. A length has both coordinates in it."""
    return abs(np.cos(angles).mean())


@misconception("the squared length")
def squared(angles):
    """This is the square of the length: cos² and sin² are added, and no root is taken. Where all agree it does not
    show, since 1² = 1. Take two arrows at a right angle: how long is their mean?"""
    return reference(angles) ** 2


@misconception("the mean of the lengths")
def mean_of_lengths(angles):
    """This is the mean of the arrows' lengths, and each of them is 1 long. Average the arrows first, then measure: the
    length of a mean is not the mean of lengths. It is the triangle inequality that makes it a measure."""
    return float(np.hypot(np.cos(angles), np.sin(angles)).mean())


@misconception("opposite directions counted as one")
def axial(angles):
    """Here two opposite directions agree: the angles were doubled, as is right for axes, such as the grain of wood. A
    spider that runs east and one that runs west do not agree."""
    return directions.resultant_length(2 * np.asarray(angles))


@misconception("the sum of the coordinates")
def added(angles):
    """The two coordinates of the mean arrow were added up. That is its length along the diagonal alone; and it can be
    negative, which no length is."""
    return np.cos(angles).mean() + np.sin(angles).mean()


exercise = Exercise(
    name="resultant_length",
    title="one way or all ways",
    statement="""
        Write `my_resultant_length(angles)`. `angles`, shape (n,), are the directions in which n runs went, in radians.
        Draw each as an arrow of length 1. Return the length of the mean arrow, one number from 0 to 1:

            R = | 1/n · Σ_k ( cos θ_k , sin θ_k ) |
        """,
    reference=reference,
    cases=cases,
    hints=(
        """The mean arrow has two coordinates. Work out each of them first; they are means of n numbers.""",
        """`np.cos(angles).mean()` is the first, and the second is made alike. `np.hypot` turns two coordinates into a
        length.""",
    ),
    minutes=4,
    difficulty=1,
    points=1,
    misconceptions=(
        mean_angle,
        degrees,
        spread,
        a_sum,
        one_coordinate,
        squared,
        mean_of_lengths,
        axial,
        added,
    ),
)
