"""How fast does it learn? The first part of a learning curve, in one number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.runs import statistics


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Evaluations at equal and at unequal distances; an end at one of them, between two, at the last."""
    for steps, until in (
        ([1, 3], 2),
        ([1, 3], 3),
        ([2, 3, 5], 4),
        ([0, 1, 3, 4], 2),
        ([2, 4, 8], 5),
        ([2, 4, 8], 4),
        ([1, 2, 4, 8], 7),
        ([1, 2, 4, 8], 2.5),
        ([500, 1000, 1500, 2500], 1250),
        ([500, 1000, 2000], 2000),
    ):
        returns = generator.permutation(np.arange(-3, 7))[: len(steps)].astype(float)
        yield Case(len(steps), {"steps": np.array(steps, dtype=float), "returns": returns, "until": float(until)})


def reference(steps, returns, until):
    """The package's early area of one curve."""
    return float(statistics.early_area(steps, returns, until))


def _clipped(steps, returns, until):
    """The curve up to ``until``, a point there included."""
    kept = steps < until
    return np.append(steps[kept], until), np.append(returns[kept], np.interp(until, steps, returns))


@misconception("the mean of the evaluations")
def plain_mean(steps, returns, until):
    """This averages the evaluations up to `until`, each with the same weight. Where they lie close together that part
    of the curve counts for more, though it is not longer. Weigh each stretch by its length in steps."""
    return returns[steps <= until].mean()


@misconception("the area itself")
def not_divided(steps, returns, until):
    """This is the area, in returns times steps. Divide by the length of the stretch, and it is a mean return, which
    can be compared with a return."""
    return reference(steps, returns, until) * (until - steps[0])


@misconception("divided by the end, not by the length")
def by_the_end(steps, returns, until):
    """The area was divided by `until`. But the curve begins at `steps[0]`, and before that there is none. How long is
    the stretch that was summed?"""
    return reference(steps, returns, until) * (until - steps[0]) / until


def _up_to_the_last(steps, returns, until):
    kept = steps <= until
    length = steps[kept][-1] - steps[0]
    return np.trapezoid(returns[kept], steps[kept]) / length if length else returns[0]


@misconception(
    "it stops at the evaluation before",
    lambda steps, returns, until: np.trapezoid(returns[steps <= until], steps[steps <= until]) / (until - steps[0]),
)
def stops_before(steps, returns, until):
    """Where `until` lies between two evaluations, what lies between the earlier one and `until` was left out. Where is
    the straight line when it passes `until`?"""
    return _up_to_the_last(steps, returns, until)


@misconception("it goes on to the evaluation after")
def goes_on(steps, returns, until):
    """Where `until` lies between two evaluations, all of the stretch to the later one was taken in. Only what lies
    before `until` counts."""
    last = int(np.searchsorted(steps, until))
    return np.trapezoid(returns[: last + 1], steps[: last + 1]) / (steps[last] - steps[0])


@misconception("stairs that look back")
def left_stairs(steps, returns, until):
    """Each stretch has the height of its *first* evaluation. For a curve that rises, that is always too low. Between
    two evaluations the curve is a straight line here: which height does a stretch have on average?"""
    x, y = _clipped(steps, returns, until)
    return float((np.diff(x) * y[:-1]).sum() / (until - steps[0]))


@misconception("stairs that look ahead")
def right_stairs(steps, returns, until):
    """Each stretch has the height of its *last* point. For a curve that rises, that is always too high. Between two
    evaluations the curve is a straight line here: which height does a stretch have on average?"""
    x, y = _clipped(steps, returns, until)
    return float((np.diff(x) * y[1:]).sum() / (until - steps[0]))


@misconception("the whole curve")
def whole(steps, returns, until):
    """This takes in all evaluations, whatever `until` says. The question is how fast it learns, and in the end they
    all may have learned."""
    return np.trapezoid(returns, steps) / (steps[-1] - steps[0])


@misconception("the height at the end")
def height(steps, returns, until):
    """This is how high the curve is *at* `until`. Two agents may be equally good then, and one of them may have been so
    for a long time. What is asked for is the mean height on the way."""
    return float(np.interp(until, steps, returns))


exercise = Exercise(
    name="early_area",
    title="how fast it learns",
    statement="""
        Write `my_early_area(steps, returns, until)`. `steps`, shape (K,), are the environment steps of K evaluations,
        increasing and not equally far apart; `returns`, shape (K,), are what was earned there. Between two evaluations
        the learning curve is a straight line. Return its mean height from `steps[0]` to `until`, one number: the area
        below it, divided by the length of the stretch. `until` may lie between two evaluations.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Cut the curve at `until`: what points has the part that is left, and where is the last of them? Then the area
        below it is a sum of trapezoids.""",
        """`np.interp(until, steps, returns)` is the height where you cut, and `steps < until` says which evaluations
        are left. `np.trapezoid(y, x)` is an area.""",
    ),
    minutes=7,
    difficulty=2,
    points=2,
    misconceptions=(
        plain_mean,
        not_divided,
        by_the_end,
        stops_before,
        goes_on,
        left_stairs,
        right_stairs,
        whole,
        height,
    ),
)
