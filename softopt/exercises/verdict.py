"""What an exercise answers: one finding, what it means and where to look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from softopt.exercises import display

if TYPE_CHECKING:
    from softopt.exercises.exercise import Exercise


@dataclass(frozen=True, repr=False)
class Verdict:
    """The answer to an attempt; the last expression of a notebook cell shows it.

    Attributes:
        exercise: the one that was attempted.
        kind: "correct", "not attempted", "misconception" (wrong, and equal to a known mistake), "wrong",
            "no answer" (nothing, or nothing that could be compared), "raised", or "changes its input".
        explanation: what came out, what it means, where to look.
        function: the reader's, if it is right.
        misconception: the name of the known mistake.
        arguments: of the smallest case that went wrong; try it again with ``f(*verdict.arguments.values())``.
        evidence: the same case in print, as (label, text): arguments, what came out, what was expected.
    """

    exercise: Exercise
    kind: str
    explanation: str
    function: Callable[..., Any] | None = None
    misconception: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    evidence: tuple[tuple[str, str], ...] = ()

    @property
    def correct(self) -> bool:
        """Whether the attempt is right."""
        return self.kind == "correct"

    @property
    def answer(self) -> Callable[..., Any]:
        """The function to go on with: the reader's if it is right, else the package's."""
        return self.function or self.exercise.reference

    def _repr_html_(self) -> str:
        return display.verdict_as_html(self)

    def __repr__(self) -> str:
        return display.verdict_as_text(self)
