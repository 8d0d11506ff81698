"""The judgement of ``check`` as an error, which is what an autograder counts."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from typing import TYPE_CHECKING, Any

from softopt.exercises.attempt import attempt
from softopt.exercises.check import check
from softopt.exercises.display import finding_as_text, in_points
from softopt.exercises.package_calls import PackageCalls

if TYPE_CHECKING:
    from softopt.exercises.exercise import Exercise


class NoPointsError(AssertionError):
    """An answer that earns no points yet; a notebook shows its sentences without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def grade(exercise: Exercise, function: Any) -> None:
    """Return if an answer is right and the reader's own; print what it earns.

    Raises:
        NoPointsError: it is not; the message names the mistake, as ``check`` does.
    """
    try:
        # nbgrader gives no points to a cell that writes to stderr, not even for a warning of a right answer.
        with redirect_stderr(io.StringIO()):
            borrowed = _borrowed(exercise, function) if callable(function) else []
            verdict = check(exercise, function)
    except KeyboardInterrupt:
        raise NoPointsError(
            f"0 of {in_points(exercise)} · {exercise.title}\n\nThe function was still running when it was stopped. "
            "Does every loop in it come to an end?"
        ) from None
    if not verdict.correct:
        raise NoPointsError(f"0 of {in_points(exercise)}\n\n{finding_as_text(verdict)}")
    if borrowed:
        names = " and ".join(f"`{name}`" for name in borrowed[:3])
        raise NoPointsError(
            f"0 of {in_points(exercise)} · {exercise.title}\n\nThe numbers are right, and they are the package's: the "
            f"function calls {names} of softopt, which does the work that was asked for. Write the steps yourself; "
            "`softopt.operators`, the methods of the arguments, and what the exercise names may be used."
        )
    print(f"✓ {exercise.points} of {in_points(exercise)} · {exercise.title}")


def _borrowed(exercise: Exercise, function: Any) -> list[str]:
    """Return the names of the package's functions that an answer calls and may not call."""
    watched = PackageCalls(exercise, function)
    for case in exercise.draw():
        if attempt(watched, case.arguments).answer is None:
            break  # nothing came out, so it is not right, whatever it calls
    return watched.closed
