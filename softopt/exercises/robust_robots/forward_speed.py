"""How fast does it walk? In the frame of the body, not in that of the room."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.envs.quadruped.frame import forward_speed
from softopt.exercises.exercise import Case, Exercise, misconception

QUARTER = np.pi / 2


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Straight ahead, sideways, backwards, on a circle; headings that can be looked up on a clock."""
    for n in (1, 1, 2, 2, 3, 3, 4, 5, 5):
        places = np.concatenate([np.zeros((1, 2)), np.cumsum(generator.integers(-2, 4, size=(n, 2)), axis=0)]) / 10
        courses = generator.integers(-3, 7, size=n + 1) * np.pi / 6
        yield Case(n, {"places": places, "courses": courses, "dt": float(generator.choice([0.1, 0.5, 0.02]))})
    circle = np.arange(5) * QUARTER  # looks along the circle that it walks on
    around = np.stack([np.sin(circle), 1 - np.cos(circle)], axis=1)
    yield Case(6, {"places": around, "courses": circle, "dt": 0.5})


def reference(places, courses, dt):
    """The package's forward speed, averaged."""
    return float(forward_speed(np.diff(places, axis=0), courses[1:], dt).mean())


@misconception("along the x axis of the room")
def along_x(places, courses, dt):
    """This is the speed along the x axis of the room. A robot that has turned to the left and walks well is paid
    nothing by it, and one that slides sideways is paid. Which way does *it* look at each step?"""
    return float(np.diff(places[:, 0]).mean() / dt)


@misconception("any direction counts")
def unsigned(places, courses, dt):
    """This is how fast it moves, whichever way: backwards and sideways are paid like forwards. Only the part of each
    step that lies along its heading counts, and it may be negative."""
    return float(np.linalg.norm(np.diff(places, axis=0), axis=1).mean() / dt)


@misconception("from start to end, along the last heading")
def as_the_crow_flies(places, courses, dt):
    """The whole way was taken at once, along the heading at the end. On a circle that gives next to nothing, though it
    walked all the time. Take each step along the heading at that step, and average."""
    way = places[-1] - places[0]
    return float((way * [np.cos(courses[-1]), np.sin(courses[-1])]).sum() / dt / (len(places) - 1))


@misconception("sine and cosine exchanged")
def exchanged(places, courses, dt):
    """Here a heading of 0 looks along y. Counterclockwise from the x axis, a heading of 0 is (1, 0), and one of 90
    degrees is (0, 1)."""
    return float(forward_speed(np.diff(places, axis=0)[:, ::-1], courses[1:], dt).mean())


@misconception("turned the wrong way")
def other_way(places, courses, dt):
    """The sine has the wrong sign: the steps were turned by the heading, and should be turned *back* by it. Try a robot
    that looks along y and walks along y."""
    return float(forward_speed(np.diff(places, axis=0), -courses[1:], dt).mean())


@misconception("the heading before the step")
def before(places, courses, dt):
    """Each step was taken along the heading *before* it. Asked for is the heading where the step ends,
    `courses[t + 1]`, as the environment does it. On a straight way it is the same, on a curve it is not."""
    return float(forward_speed(np.diff(places, axis=0), courses[:-1], dt).mean())


@misconception("metres a step, not a second")
def per_step(places, courses, dt):
    """These are metres a step. Divide by `dt`, the seconds that a step takes, and they are metres a second."""
    return reference(places, courses, dt) * dt


@misconception("a sum over the steps")
def summed(places, courses, dt):
    """The speeds of all steps were added up. A mean does not grow with the length of the walk."""
    return reference(places, courses, dt) * (len(places) - 1)


@misconception("sideways")
def sideways(places, courses, dt):
    """This is how fast it drifts to its left. The part along the heading is that with `cos` for x and `sin` for y, both
    with a plus."""
    return float(forward_speed(np.diff(places, axis=0), courses[1:] + QUARTER, dt).mean())


exercise = Exercise(
    name="forward_speed",
    title="in whose frame?",
    statement="""
        Write `my_forward_speed(places, courses, dt)`. `places`, shape (T + 1, 2), are where a robot was, metres;
        `courses`, shape (T + 1,), which way it looked then, radians counterclockwise from the x axis; `dt` is how many
        seconds a step takes. Return its mean speed *ahead*, m/s: of each step the part along the heading at the end of
        the step, averaged over the T steps. Backwards is negative.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """A heading is an arrow of length 1. How long is the part of a step that lies along an arrow?""",
        """`np.diff(places, axis=0)` are the steps, and `np.cos(courses[1:])` and `np.sin(courses[1:])` the arrows that
        belong to them. Multiply, add the two coordinates, divide by `dt`, average.""",
    ),
    minutes=6,
    difficulty=2,
    points=2,
    misconceptions=(
        along_x,
        unsigned,
        as_the_crow_flies,
        exchanged,
        other_way,
        before,
        per_step,
        summed,
        sideways,
    ),
)
