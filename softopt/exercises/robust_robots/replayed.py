"""Torques that are replayed are no policy: what becomes of a push?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.control.feedback import pushed
from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """One push early, late, at the first step, two that differ; whole numbers and gains of a half or less."""
    for n, at in ((2, 0), (3, 1), (4, 0), (4, 2), (5, 1), (5, 4), (6, 3), (6, 0)):
        pushes = np.zeros(n)
        pushes[at] = float(generator.choice([-4, -2, 3, 8]))
        yield _case(generator, pushes)
    yield _case(generator, np.array([4.0, 0.0, -2.0, 0.0, 1.0]))
    yield _case(generator, generator.integers(-3, 4, size=6).astype(float))


def _case(generator: np.random.Generator, pushes):
    start, gain = float(generator.choice([-8, 4, 16])), float(generator.choice([0.5, 0.25, 0.1]))
    return Case(len(pushes), {"start": start, "gain": gain, "pushes": pushes})


def reference(start, gain, pushes):
    """The package's replay."""
    return pushed(start, gain, pushes, closed=False)


@misconception("a policy, not a replay")
def closed_loop(start, gain, pushes):
    """Here the action is worked out from where the robot *is*, push included. That is the policy itself, which sees the
    push and works against it (and it is what comes out if the actions are recorded while somebody pushes). A replay
    does again what was done in the run *without* pushes, and sees nothing."""
    return pushed(start, gain, pushes)


@misconception("no push at all")
def unpushed(start, gain, pushes):
    """This is the run in which nobody pushes. The actions are right; the pushes still have to be added to the places
    while they are replayed."""
    return pushed(start, gain, np.zeros(len(pushes)))


@misconception("one action late")
def late(start, gain, pushes):
    """The actions come one step late: at step t the action of step t − 1 is replayed, and none at the first. Which
    action was taken at the start?"""
    planned = start * (1 - gain) ** np.arange(len(pushes))
    actions = np.concatenate([[0.0], -gain * planned[:-1]])
    return np.concatenate([[start], start + np.cumsum(actions + pushes)])


@misconception("the first action, over and over")
def first_only(start, gain, pushes):
    """The action of the first step is repeated at every step. The recorded actions shrink from step to step, because in
    the run without pushes the robot comes closer."""
    return np.concatenate([[start], start + np.cumsum(-gain * start + pushes)])


@misconception("the push is felt as an action", lambda start, gain, pushes: reference(start, gain, gain * pushes))
def times_gain(start, gain, pushes):
    """The pushes were multiplied by the gain. The gain belongs to the policy: it says how strongly the robot pulls. A
    push moves the robot by itself."""
    return reference(start, gain, -gain * pushes)


@misconception("without the start")
def no_start(start, gain, pushes):
    """There are T + 1 places, and the first of them is the start. This begins after the first step."""
    return reference(start, gain, pushes)[1:]


@misconception("only the effect of the pushes")
def difference(start, gain, pushes):
    """This is how far the replay is off, place by place: the sum of the pushes so far. Where the robot *is* is that,
    and the way that it was going to go."""
    return reference(start, gain, pushes) - unpushed.answers[0](start, gain, pushes)


exercise = Exercise(
    name="replayed",
    title="a replay is no policy",
    statement="""
        A robot is one number. At each step it moves by its action, and by a push if there is one:

            x_{t+1} = x_t + a_t + d_t

        Its policy is `a = -gain * x`. Write `my_replayed(start, gain, pushes)`, with `pushes` of shape (T,): first run
        the policy from `start` *without* pushes and keep its T actions; then run again from `start`, with the pushes,
        and take these actions whatever happens. Return the places of the second run, shape (T + 1,), the start first.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Two loops, one after the other. The first never sees `pushes`, and keeps a list of actions.""",
        """Without pushes the place after t steps is `start * (1 - gain) ** t`, and the t-th action is `-gain` times
        that. What the second run adds up at each step is that action and the push.""",
    ),
    minutes=6,
    difficulty=1,
    points=1,
    misconceptions=(closed_loop, unpushed, late, first_only, times_gain, no_start, difference),
)
