"""A lesson as nbgrader's source: answers to write, and a locked cell after each that marks it."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection

import nbformat

from softopt.classroom.lesson import CHECK, STUB, Lesson, is_stub

LINK = re.compile(r"\[([^\]]+)\]\((\d\d_\w+\.ipynb)[^)]*\)")
# nbgrader puts its own stub between these two lines; the signature above them stays.
REGION = ("### BEGIN SOLUTION", "### END SOLUTION")


def graded_copy(lesson: Lesson, handed_out: Collection[str]) -> nbformat.NotebookNode:
    """Return the notebook that nbgrader makes the students' copies from. The whole lesson stays.

    Args:
        lesson: the lesson.
        handed_out: file names of all the notebooks of the assignment; a link to another one would lead nowhere,
            and becomes its text.
    """
    notebook = copy.deepcopy(lesson.notebook)
    cells = [notebook.cells[0], _how_to_hand_in(lesson)]
    for cell in notebook.cells[1:]:
        cells.append(cell)
        if is_stub(cell):
            name = CHECK.search(cell.source)[1]
            cell.source = _with_region(cell.source)
            cell.metadata["nbgrader"] = _marks(name, solution=True)
            cells.append(_test(lesson, name))
    for cell in cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda link: link[0] if link[2] in handed_out else link[1], cell.source)
    notebook.cells = cells
    return notebook


def _how_to_hand_in(lesson: Lesson) -> nbformat.NotebookNode:
    text = (
        f"**To hand in.** {len(lesson.exercises)} exercises, {lesson.points} points. Write your answers where it says "
        "`YOUR CODE HERE`; below each the course's own check tells you what it found. The cell after it marks the "
        "answer: it cannot be edited, and it says 0 points until the answer is right and your own. Other cells are "
        "yours to play with."
    )
    return nbformat.v4.new_markdown_cell(text, id="to-hand-in")


def _with_region(source: str) -> str:
    """Return a stub with nbgrader's marks in place of its one line."""
    indented = re.compile(rf"^( +){STUB}$", flags=re.MULTILINE)
    return indented.sub(lambda line: "\n".join(line[1] + mark for mark in REGION), source)


def _test(lesson: Lesson, name: str) -> nbformat.NotebookNode:
    """Return the cell that marks an answer."""
    points = lesson.exercises[name].points
    # It imports the exercise afresh: whatever the reader's names mean by now, this one means the course's.
    source = (
        f"# Marks the answer above: {points} point{'s' if points > 1 else ''}.\n"
        f"from softopt.exercises.{lesson.folder} import {name} as marked\n\n"
        f"marked.grade(my_{name})"
    )
    cell = nbformat.v4.new_code_cell(source, id=f"{name.replace('_', '-')}-marked")
    # With the tag, *Run all cells* goes on after an answer that is not right yet.
    cell.metadata.update(tags=["raises-exception"], nbgrader=_marks(f"{name}_marked", points=points))
    return cell


def _marks(grade_id: str, *, solution: bool = False, points: int | None = None) -> dict[str, object]:
    """Return nbgrader's metadata, version 3, of an answer or of a test worth points."""
    graded = {} if points is None else {"points": points}
    return {
        "schema_version": 3,
        "grade_id": grade_id,
        "cell_type": "code",
        "solution": solution,
        "grade": points is not None,
        "locked": points is not None,
        "task": False,
        **graded,
    }
