"""The instructor's sheet: what each exercise is for, what it costs, and what to say to each known mistake."""

from __future__ import annotations

import importlib
import textwrap
from collections.abc import Sequence

from softopt.classroom.lesson import Lesson
from softopt.exercises import Exercise

HEAD = """\
# {name}: instructor's sheet

Not for students. Every exercise checks itself and names these mistakes; what stands beside a name is what the
student reads. It ends in a question more often than in an answer: ask it again before you explain.

| notebook | exercises | minutes for them | points |
|---|---|---|---|
{rows}

## Marking

In this folder:

    nbgrader autograde {name}
    nbgrader generate_feedback {name}
    nbgrader export

Students get the folder `release/{name}`. What they hand in goes to `submitted/THEIR_NAME/{name}/`. The points are
those of the exercises; an exercise earns all of them or none. An answer that calls the package for its work earns
none and is told so. Someone who copies the package's source, or sets out to deceive the grader, is found by reading.

`nbgrader_config.py` holds the limits: seconds for a cell, memory and processor time for a notebook. A cell that takes
too long is interrupted, its exercise earns nothing, and everything else is marked. A notebook that cannot be stopped
that way is ended with its kernel: nbgrader names its student at the end, and marks the others.
"""


def sheet(name: str, lessons: Sequence[Lesson]) -> str:
    """Return the sheet of an assignment, in Markdown."""
    rows = "\n".join(
        f"| {lesson.title} | {len(lesson.exercises)} | {sum(e.minutes for e in lesson.exercises.values())} "
        f"| {lesson.points} |"
        for lesson in lessons
    )
    return "\n".join([HEAD.format(name=name, rows=rows), *map(_of_lesson, lessons)])


def _of_lesson(lesson: Lesson) -> str:
    return "\n".join([f"## {lesson.title}\n", *(_of_exercise(lesson.folder, e) for e in lesson.exercises.values())])


def _of_exercise(folder: str, exercise: Exercise) -> str:
    module = importlib.import_module(f"softopt.exercises.{folder}.{exercise.name}")
    point = " ".join((module.__doc__ or "").split("\n\n")[0].split())
    points = f"{exercise.points} point{'s' if exercise.points > 1 else ''}"
    mistakes = "\n".join(f"- **{wrong.name}.** {_in_one_line(wrong.sentence)}" for wrong in exercise.misconceptions)
    nudge, push = map(_in_one_line, exercise.hints)
    return (
        f"### `my_{exercise.name}`: {exercise.title}\n\n"
        f"*The point.* {point}\n\n"
        f"*{exercise.minutes} minutes, difficulty {exercise.difficulty} of 3, {points}.*\n\n"
        f"*Hints they may unfold.* {nudge} — {push}\n\n"
        f"*Known mistakes, and what to say.*\n\n{mistakes}\n"
    )


def _in_one_line(text: str) -> str:
    return " ".join(textwrap.dedent(text).split())
