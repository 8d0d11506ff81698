"""One update of soft Q-learning, where an end and a time limit are two things."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import numpy as np

from softopt.exercises.exercise import Case, Exercise, Misconception, misconception
from softopt.exercises.learning_soft_values._steps import moved, tables_and_steps
from softopt.operators import boltzmann, soft_maximum


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Steps that go on, end, or run into the time limit."""
    for number, (q, step, discount) in enumerate(tables_and_steps(generator)):
        temperature, rate = (0.8, 2.0)[number % 2], (0.5, 0.2)[number // 2 % 2]
        yield Case(q.size, {"q": q, "step": step, "discount": discount, "temperature": temperature, "rate": rate})


def _towards(future):
    """Return an update whose target is ``r + discount * future(q, step, temperature)``."""

    def update(q, step, discount, temperature, rate):
        target = step.reward + discount * future(q, step, temperature)
        return moved(q, step, target - q[step.state, step.action], rate)

    return update


def _soft(q, step, temperature):
    return float(soft_maximum(q[step.next_state], temperature))


def _until_the_end(future):
    """Return the future with nothing after a termination."""
    return lambda q, step, temperature: 0.0 if step.terminated else future(q, step, temperature)


reference = _towards(_until_the_end(_soft))


def _until_done(future):
    """Return the future with nothing after a termination or a truncation: one flag ``done`` for both."""
    return lambda q, step, temperature: 0.0 if step.terminated or step.truncated else future(q, step, temperature)


def wrong_future(name, *also):
    """Make a wrong value of the next state a misconception, whatever it makes of the ways to end."""
    return lambda wrong: Misconception(
        name,
        inspect.getdoc(wrong),
        tuple(
            _towards(way(future))
            for future in (wrong, *also)
            for way in (_until_the_end, _until_done, lambda unchanged: unchanged)
        ),
    )


def _flags_swapped(q, step, temperature):
    return 0.0 if step.truncated else _soft(q, step, temperature)


@misconception("a time limit taken for an end", _towards(_flags_swapped))
def truncation_as_end(q, step, discount, temperature, rate):
    """A step that ran into the time limit is treated as if the task were over, so what was still to come counts
    nothing. But only the watching stopped: from the next state the task goes on, and its value is as large as
    ever. Learn like this and every state near the limit looks bad, although nothing bad happens there."""
    return _towards(_until_done(_soft))(q, step, discount, temperature, rate)


@misconception("entropy paid after the end")
def bootstrapped_after_the_end(q, step, discount, temperature, rate):
    """Where the episode terminated, a value is added all the same. The row of a terminal state is all zeros, and
    the soft maximum of A zeros is not 0 but T log A: a reward for choosing where nobody is left to choose. With
    a hard maximum nobody would have noticed."""
    return _towards(_soft)(q, step, discount, temperature, rate)


@wrong_future("a hard maximum in the target")
def hard_maximum(q, step, temperature):
    """The target takes the best next action, so this is ordinary Q-learning: the temperature has no effect on
    what is learned. A softmax over such a table is a policy for exploring, not the soft-optimal one: it does not
    know that it will go on being random. Which summary of the next row pays for that?"""
    return q[step.next_state].max()


@wrong_future("the Boltzmann policy's mean, without its entropy")
def boltzmann_mean(q, step, temperature):
    """The next row is averaged under its own Boltzmann policy. That is the expected Q of the next action, and
    leaves out what the soft value pays on top, T times the entropy of the choice. As a backup it is no
    contraction either: learning with it may settle on several answers, or on none."""
    row = q[step.next_state]
    return float(boltzmann(row, temperature) @ row)


@wrong_future("the value of the action taken now")
def looks_at_its_own_row(q, step, temperature):
    """The future is read from the row of `step.state`, the state that was left. What is still to come depends on
    where the step led: `step.next_state`."""
    return float(soft_maximum(q[step.state], temperature))


@wrong_future("a mean over the actions in place of the sum")
def mean_for_sum(q, step, temperature):
    """The next value is T log A too low: the KL form with a uniform prior, where the entropy form is asked for.
    Both are sound, but they are two problems. Here a free choice is worth up to T log A."""
    return _soft(q, step, temperature) - temperature * np.log(q.shape[1])


@wrong_future("the temperature is missing", lambda q, step, temperature: _soft(q, step, temperature) / temperature)
def temperature_missing(q, step, temperature):
    """The soft maximum is taken at temperature 1, or lacks the T in front of its logarithm, so nats are added to
    rewards. T stands in two places: under Q, and before the logarithm."""
    return _soft(q, step, 1.0)


@misconception("the discount is missing")
def discount_missing(q, step, discount, temperature, rate):
    """What comes after the step counts in full. Without the discount the table has nothing that pulls it
    together, and in a world without an end its entries grow without limit."""
    return reference(q, step, 1.0, temperature, rate)


@misconception("the entry is replaced, not moved")
def replaced(q, step, discount, temperature, rate):
    """The entry jumps to the target. One step is one sample: its reward and its next state are a draw, and the
    next visit will give another target. The rate says how much of the way to go, so that over many visits the
    entry settles on the mean."""
    return reference(q, step, discount, temperature, 1.0)


@misconception("the old value is kept in full")
def old_value_kept(q, step, discount, temperature, rate):
    """The target is added to the old entry, rather than the difference between the two. When the entry is right
    already, an update should leave it alone; this one lets it grow at every visit."""
    return moved(reference(q, step, discount, temperature, rate), step, q[step.state, step.action], rate)


exercise = Exercise(
    name="soft_q_update",
    title="one update of soft Q-learning",
    statement="""
        Write `my_soft_q_update(q, step, discount, temperature, rate)`. It takes a table `q` of shape (S, A) and one
        transition, and returns the table after one update of soft Q-learning, in the entropy form, as a new array:

            Q(s, a) ← Q(s, a) + rate · ( r + discount · V(s') − Q(s, a) )
            with  V(s') = T log Σ_a' exp(Q(s', a') / T)

        The transition has the fields `step.state`, `step.action`, `step.reward`, `step.next_state`,
        `step.terminated` and `step.truncated`. Terminated means that the task is over and nothing follows.
        Truncated means that a time limit stopped the episode, and the task would have gone on.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Three lines: a copy of the table, the target, one entry moved. Think of the target first: in which of the
        three ways that a step can end is there no future? For the soft maximum there is
        `softopt.operators.soft_maximum`, or your own from the last notebook.""",
        """Only `step.terminated` decides whether V(s') is added. The row of a terminal state is all zeros, but the
        soft maximum of zeros is T log A, so the zero has to be put in by hand. `step.truncated` plays no part here
        at all; it is for whoever starts the next episode.""",
    ),
    minutes=8,
    difficulty=1,
    points=2,
    misconceptions=(
        truncation_as_end,
        bootstrapped_after_the_end,
        hard_maximum,
        boltzmann_mean,
        looks_at_its_own_row,
        mean_for_sum,
        temperature_missing,
        discount_missing,
        replaced,
        old_value_kept,
    ),
)
