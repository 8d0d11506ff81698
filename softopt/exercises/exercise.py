"""What an exercise is: a question, the right answer, and the wrong answers that people really give."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from softopt.exercises.check import check
from softopt.exercises.display import exercise_as_html, exercise_as_text
from softopt.exercises.grade import grade
from softopt.exercises.verdict import Verdict


@dataclass(frozen=True)
class Case:
    """The arguments of one call.

    Attributes:
        size: how much there is to look at; the smallest case that goes wrong is the one a reader is shown.
        arguments: by name, in the order of the signature. Round numbers, so that they can be worked by hand.
    """

    size: int
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Misconception:
    """A mistake that people really make, as a function that makes it.

    Attributes:
        name: a few words, the headline of the verdict.
        sentence: what came out, what it means, where to look; never the solution. Backticks mark code.
        answers: the wrong functions; several where one mistake is written in several ways.
    """

    name: str
    sentence: str
    answers: tuple[Callable[..., Any], ...]


def misconception(name: str, *also: Callable[..., Any]) -> Callable[[Callable[..., Any]], Misconception]:
    """Make a wrong function a :class:`Misconception`; its docstring is the sentence that a reader sees.

    Args:
        name: a few words.
        also: other ways to write the same mistake.
    """
    return lambda wrong: Misconception(name, inspect.getdoc(wrong) or "", (wrong, *also))


@dataclass(frozen=True, repr=False)
class Exercise:
    """One exercise; the last expression of a notebook cell shows its statement.

    Attributes:
        name: of the exercise; the reader writes ``my_NAME``.
        title: a few words.
        statement: what to write; shapes included. Blank lines part paragraphs, an indented one is a formula.
        reference: the right answer, the package's own function.
        cases: draws the cases from a generator, in any order.
        misconceptions: at least three, no two with the same answers.
        hints: a nudge, then a push.
        minutes: that a reader needs.
        difficulty: 1 to 3.
        points: that it earns.
        tolerance: relative to max(1, \\|expected\\|).
        seed: of the cases, so that the same answer gets the same verdict every time.
        closed: functions of ``softopt.operators`` that would be the answer, and earn nothing when it is graded.
    """

    name: str
    title: str
    statement: str
    reference: Callable[..., Any]
    cases: Callable[[np.random.Generator], Iterable[Case]]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, str]
    minutes: int
    difficulty: int
    points: int
    tolerance: float = 1e-8
    seed: int = 0
    closed: tuple[Callable[..., Any], ...] = ()

    def draw(self) -> list[Case]:
        """Return the cases, small ones first; the same ones every time."""
        return sorted(self.cases(np.random.default_rng(self.seed)), key=lambda case: case.size)

    def check(self, function: Any) -> Verdict:
        """Compare a reader's function with the reference and say what the answer means. Never raises.

        Args:
            function: what the reader wrote, the function itself. It gets copies of every argument.
        """
        return check(self, function)

    def grade(self, function: Any) -> None:
        """Do nothing but print the points if a reader's function is right and their own; for autograders.

        Args:
            function: what the reader wrote, the function itself.

        Raises:
            AssertionError: it is wrong, with the sentence that :meth:`check` gives, or it calls a function of the
                package that does the work (see :mod:`softopt.exercises.package_calls`).
        """
        grade(self, function)

    def _repr_html_(self) -> str:
        return exercise_as_html(self)

    def __repr__(self) -> str:
        return exercise_as_text(self)
