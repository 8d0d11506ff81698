"""Judging an attempt: right, a known mistake, or the smallest case that shows what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from softopt.exercises.attempt import Attempt, attempt
from softopt.exercises.display import in_print
from softopt.exercises.findings import describe, is_sound, name_changes
from softopt.exercises.verdict import Verdict

if TYPE_CHECKING:
    from softopt.exercises.exercise import Case, Exercise, Misconception

Array = NDArray[np.float64]


def check(exercise: Exercise, function: Any) -> Verdict:
    """Return the verdict on a reader's function, whatever that function does."""
    if not callable(function):
        sentence = (
            f"`check` got a value of type `{type(function).__name__}`. Hand over the function itself: "
            "its name, without parentheses after it."
        )
        return Verdict(exercise, "no answer", sentence)
    cases = exercise.draw()
    attempts = [attempt(function, cases[0].arguments)]
    if attempts[0].kind == "not attempted":
        return Verdict(exercise, "not attempted", "The function still raises `NotImplementedError`.")
    attempts += [attempt(function, case.arguments) for case in cases[1:]]
    truths = [course_answer(exercise.reference, case) for case in cases]
    right = [agree(made.answer, truth, exercise.tolerance) for made, truth in zip(attempts, truths, strict=True)]
    changes = next((made.changed for made in attempts if made.changed), ())
    if all(right):
        if changes:
            return Verdict(exercise, "changes its input", f"The numbers are right. {name_changes(changes)}")
        agreement = f"Your function agrees with the package's on all {len(cases)} cases."
        return Verdict(exercise, "correct", agreement, function)

    misconception, explained = _recognise(exercise, cases, attempts, truths)
    if misconception:
        kind, sentences = "misconception", [misconception.sentence]
        shown = next(i for i in explained if not right[i])
        beyond = next((i for i in range(len(cases)) if i not in explained), None)
        if beyond is not None:
            sentences.append(f"And a second thing, on another case. {describe(attempts[beyond], truths[beyond])[1]}")
    else:
        shown = right.index(False)
        kind, sentence = describe(attempts[shown], truths[shown])
        sentences = [sentence]
    if changes:
        sentences.append(name_changes(changes))
    return Verdict(
        exercise,
        kind,
        "\n\n".join(sentences),
        misconception=misconception.name if misconception else None,
        arguments=cases[shown].arguments,
        evidence=_evidence(cases[shown], attempts[shown], truths[shown]),
    )


def agree(left: Array | None, right: Array | None, tolerance: float) -> bool:
    """Return whether two answers are the same: equal numbers and infinities, or NaN in both.

    Args:
        left: an answer, or None for no answer, which agrees with nothing.
        right: the answer it is held against.
        tolerance: relative to max(1, \\|right\\|).
    """
    if left is None or right is None or left.shape != right.shape:
        return False
    if np.isnan(left).any() or np.isnan(right).any():
        return bool(np.isnan(left).any() and np.isnan(right).any())
    with np.errstate(invalid="ignore"):
        close = np.abs(left - right) <= tolerance * np.maximum(1.0, np.abs(right))
    return bool(np.where(np.isfinite(left) & np.isfinite(right), close, left == right).all())


def course_answer(function: Any, case: Case) -> Array:
    """Return what one of the course's own functions, right or wrong, answers to a case."""
    with np.errstate(all="ignore"):
        return np.asarray(function(*case.arguments.values()), dtype=np.float64)


def _recognise(
    exercise: Exercise, cases: Sequence[Case], attempts: Sequence[Attempt], truths: Sequence[Array]
) -> tuple[Misconception | None, list[int]]:
    """Return the misconception that explains an attempt, and the cases that it explains.

    First the one that agrees on every case. Else one that agrees wherever sound numbers came out: a wrong
    formula and an overflow often come together, and the formula is the first thing to look at.
    """
    everywhere = list(range(len(cases)))
    sound = [i for i in everywhere if is_sound(attempts[i].answer, truths[i])]
    for where in (everywhere, sound):
        if 2 * len(where) < len(cases):
            continue  # too little to go by
        if all(agree(attempts[i].answer, truths[i], exercise.tolerance) for i in where):
            continue  # nothing to explain there
        for misconception in exercise.misconceptions:
            for wrong in misconception.answers:
                tolerance = exercise.tolerance
                if all(agree(attempts[i].answer, course_answer(wrong, cases[i]), tolerance) for i in where):
                    return misconception, where
    return None, []


def _evidence(case: Case, made: Attempt, truth: Array) -> tuple[tuple[str, str], ...]:
    """Return the lines of a counter-example: arguments, what came out, what was expected."""
    lines = [line for name, value in case.arguments.items() for line in in_print(name, value)]
    if made.answer is not None:
        lines += in_print("yours", made.answer)
    lines += in_print("expected", truth)
    if made.printed.strip():
        lines.append(("printed", made.printed.strip()[:300]))
    return tuple(lines)
