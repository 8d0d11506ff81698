"""How an exercise and a verdict read, in a notebook and in a terminal.

Text keeps the colour of the reader's theme; the coloured edge only repeats what the sign and the words say.
"""

from __future__ import annotations

import re
import textwrap
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from softopt.tabular import MDP

if TYPE_CHECKING:
    from softopt.exercises.exercise import Exercise
    from softopt.exercises.verdict import Verdict

# Sign, heading and edge of each kind. The colours (Okabe and Ito) keep a contrast of 3:1 on white and on black.
HEADINGS = {
    "correct": ("✓", "Correct", "#009e73"),
    "not attempted": ("○", "Not attempted yet", "#767676"),
    "misconception": ("✗", "Not yet: a known mistake", "#d55e00"),
    "wrong": ("✗", "Not yet: other numbers came out", "#d55e00"),
    "no answer": ("✗", "Not yet: not the kind of answer that was asked for", "#d55e00"),
    "raised": ("✗", "Not yet: it raised an error", "#d55e00"),
    "changes its input": ("✗", "Nearly: it changes its input", "#d55e00"),
}
SHOWN = "The smallest case that goes wrong:"
GOES_ON = "Until then the notebook goes on with the package's version."


def verdict_as_html(verdict: Verdict) -> str:
    """Return a verdict as a fragment of HTML."""
    sign, heading, colour = HEADINGS[verdict.kind]
    evidence = _prose(SHOWN) + _block(_aligned(verdict.evidence)) if verdict.evidence else ""
    return (
        f'<div role="status" style="border-left: .3em solid {colour}; padding: .1em 0 .1em 1em; max-width: 50em">'
        f"<p><strong>{sign} {escape(_headline(verdict, heading))}</strong> · {escape(verdict.exercise.title)}</p>"
        f"{_prose(verdict.explanation)}{evidence}{'' if verdict.correct else _prose(GOES_ON)}</div>"
    )


def verdict_as_text(verdict: Verdict) -> str:
    """Return a verdict for a terminal."""
    finding = finding_as_text(verdict)
    return finding if verdict.correct else f"{finding}\n\n{GOES_ON}"


def finding_as_text(verdict: Verdict) -> str:
    """Return what a verdict found, without how the notebook goes on."""
    sign, heading, _ = HEADINGS[verdict.kind]
    parts = [f"{sign} {_headline(verdict, heading)} · {verdict.exercise.title}", _filled(verdict.explanation)]
    if verdict.evidence:
        parts += [SHOWN, textwrap.indent(_aligned(verdict.evidence), "    ")]
    return "\n\n".join(parts)


def exercise_as_html(exercise: Exercise) -> str:
    """Return an exercise as a fragment of HTML, its hints folded; the keyboard opens them."""
    hints = "".join(
        f'<details style="margin: .4em 0"><summary style="cursor: pointer">{label}</summary>{_prose(hint)}</details>'
        for label, hint in zip(("Hint 1: a nudge", "Hint 2: a push"), exercise.hints, strict=True)
    )
    return (
        '<div style="border-left: .3em solid #0072b2; padding: .1em 0 .1em 1em; max-width: 50em">'
        f"<p><strong>Exercise: {escape(exercise.title)}</strong> · {_cost(exercise)}</p>"
        f"{_prose(exercise.statement)}{hints}</div>"
    )


def exercise_as_text(exercise: Exercise) -> str:
    """Return an exercise for a terminal, where nothing can be folded: its hints stay out."""
    return f"Exercise: {exercise.title} · {_cost(exercise)}\n\n{_filled(exercise.statement)}"


def in_print(name: str, value: Any) -> list[tuple[str, str]]:
    """Return an argument or an answer as (label, text), short enough to work with by hand; an MDP by its parts."""
    if isinstance(value, MDP):
        parts: dict[str, Any] = {"transition": value.transition, "reward": value.reward, "discount": value.discount}
        if value.horizon is not None:
            parts.update(horizon=value.horizon, initial=value.initial)
        if value.prior is not None:
            parts["prior"] = value.prior
        if value.terminal.any() or value.horizon is None:
            parts["terminal"] = np.flatnonzero(value.terminal)
        return [line for part, content in parts.items() for line in in_print(f"{name}.{part}", content)]
    if isinstance(value, np.ndarray) and value.ndim:
        text = np.array2string(
            value, separator=", ", threshold=60, max_line_width=60, formatter={"float_kind": _number}
        )
        return [(name, text.replace("\n\n", "\n"))]
    return [(name, _number(float(value)) if isinstance(value, (float, np.ndarray)) else repr(value))]


def _number(value: float) -> str:
    return f"{value:.6g}"


def _headline(verdict: Verdict, heading: str) -> str:
    return f"Not yet: {verdict.misconception}" if verdict.misconception else heading


def in_points(exercise: Exercise) -> str:
    """Return what an exercise can earn, "1 point" or "2 points"."""
    return _count(exercise.points, "point")


def _cost(exercise: Exercise) -> str:
    return f"{_count(exercise.minutes, 'minute')} · difficulty {exercise.difficulty} of 3 · {in_points(exercise)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _aligned(evidence: tuple[tuple[str, str], ...]) -> str:
    """Return ``label = value`` lines with the equals signs in one column."""
    width = max(len(label) for label, _ in evidence)
    lines = []
    for label, text in evidence:
        head = f"{label:<{width}} = "
        lines.append(head + textwrap.indent(text, " " * len(head)).lstrip())
    return "\n".join(lines)


def _prose(text: str) -> str:
    """Return paragraphs as HTML: an indented one is a block of code, backticks mark code, stars stress a word."""
    html = []
    for paragraph in _paragraphs(text):
        if paragraph.startswith("    "):
            html.append(_block(textwrap.dedent(paragraph)))
        else:
            marked = re.sub("`([^`]*)`", r"<code>\1</code>", escape(paragraph, quote=False))
            marked = re.sub(r"(?<![\w*])\*([^\W\d_]+)\*(?![\w*])", r"<em>\1</em>", marked)
            html.append(f"<p>{marked}</p>")
    return "".join(html)


def _block(code: str) -> str:
    """Return code as it stands; a line too long for the page wraps, since a scroll bar is easily overlooked."""
    style = "margin: .8em 0 .8em 1.5em; white-space: pre-wrap; overflow-wrap: anywhere"
    return f'<pre style="{style}">{escape(code)}</pre>'


def _filled(text: str) -> str:
    return "\n\n".join(
        paragraph if paragraph.startswith("    ") else textwrap.fill(paragraph, 90) for paragraph in _paragraphs(text)
    )


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, indented ones as they stand, others in one line."""
    parts = (part.strip("\n") for part in textwrap.dedent(text).split("\n\n"))
    return [part if part.startswith("    ") else " ".join(part.split()) for part in parts if part.strip()]
