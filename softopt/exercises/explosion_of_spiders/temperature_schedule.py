"""From warm to cold by equal factors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Before, at and after the end; down, and once up; steps that divide evenly."""
    for start, end, steps in ((0.8, 0.2, 4), (1.0, 0.01, 10), (0.3, 0.1, 100), (0.1, 0.4, 8)):
        for update in (0, steps // 4, steps // 2, steps, 2 * steps):
            yield _case(update, start, end, steps)
    for _ in range(4):
        steps = int(generator.integers(5, 50))
        yield _case(int(generator.integers(1, steps)), 0.5, 0.05, steps)


def _case(update, start, end, anneal_steps):
    return Case(update + anneal_steps, {"update": update, "start": start, "end": end, "anneal_steps": anneal_steps})


def reference(update, start, end, anneal_steps):
    """What soft Q-learning's own temperature is after so many updates."""
    from softopt.deep import SoftQLearning, SoftQLearningConfig

    config = SoftQLearningConfig(temperature=start, final_temperature=end, anneal_steps=anneal_steps)
    return SoftQLearning.temperature.fget(_At(config, update))


class _At:
    """An agent of which only the clock is looked at."""

    def __init__(self, config, updates):
        self.config, self.updates = config, updates


def _share(update, anneal_steps):
    return min(update / anneal_steps, 1.0)


@misconception("equal steps, not equal factors")
def linear(update, start, end, anneal_steps):
    """It falls along a straight line. Half-way from 1 to 0.01 it is then 0.505, still half of the start, and the last
    tenth of the way has to do nine tenths of the cooling. What counts is the factor: Q / T is in the exponent."""
    share = _share(update, anneal_steps)
    return (1 - share) * start + share * end


@misconception("it goes on after the end")
def goes_on(update, start, end, anneal_steps):
    """After `anneal_steps` updates it should stay at `end`. Yours goes on by the same factor, and a temperature that
    falls for ever ends in a division by nearly nothing. What is the largest share of the way that can be behind?"""
    return start * (end / start) ** (update / anneal_steps)


@misconception("start and end exchanged")
def exchanged(update, start, end, anneal_steps):
    """At the first update it is at `end`, and it arrives at `start`. Put in update = 0 and see what is left of the
    formula."""
    return reference(update, end, start, anneal_steps)


@misconception("it starts over after the end")
def starts_over(update, start, end, anneal_steps):
    """It is a remainder that was taken, not a minimum: at the end of the way the temperature jumps back to where it
    began. Afterwards it should stay where it has arrived."""
    return start * (end / start) ** (update % anneal_steps / anneal_steps)


@misconception("equal steps of 1 / T")
def inverse(update, start, end, anneal_steps):
    """Here 1 / T grows by equal steps. It is a schedule that people use, and it cools fastest at the beginning. Asked
    for is the one in between: the same *factor* at each update."""
    share = _share(update, anneal_steps)
    return 1 / ((1 - share) / start + share / end)


@misconception("a decay that never arrives")
def exponential(update, start, end, anneal_steps):
    """It decays towards `end` by a rate that has nothing to do with `end`: after `anneal_steps` updates a third of the
    difference, 1 / e, is still there. By equal factors from start to end, the factor for all of the way is
    end / start."""
    return end + (start - end) * np.exp(-update / anneal_steps)


@misconception("one factor too many")
def off_by_one(update, start, end, anneal_steps):
    """It is one update ahead or behind: at update 0 it should be exactly `start`, at update `anneal_steps` exactly
    `end`."""
    return start * (end / start) ** min((update + 1) / anneal_steps, 1.0)


@misconception("it jumps at the end", lambda update, start, end, steps: end if update >= steps else start)
def jump(update, start, end, anneal_steps):
    """It stays at `start` and then is at `end`. In between it should come down, by the same factor each time."""
    return start if update < anneal_steps else end


exercise = Exercise(
    name="temperature_schedule",
    title="from warm to cold",
    statement="""
        Write `my_temperature_schedule(update, start, end, anneal_steps)`. It returns the temperature, one number, after
        `update` updates: `start` at update 0, `end` at update `anneal_steps`, and `end` from then on. In between it
        changes by the same factor at every update.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """What share of the way is behind after `update` updates? It is at most 1. What is the factor for the whole
        way, and what for a share s of it?""",
        """A factor f for the whole way is f ** s for a share s of it. The factor here is `end / start`.""",
    ),
    minutes=4,
    difficulty=1,
    points=1,
    misconceptions=(linear, goes_on, exchanged, starts_over, inverse, exponential, off_by_one, jump),
)
