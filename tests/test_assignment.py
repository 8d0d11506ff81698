"""An assignment as it is handed out: ready for nbgrader, no answer in it, nothing of anyone's overwritten."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from pathlib import Path

import nbformat
import pytest
from classroom_cases import PLACE, small_course

from softopt.__main__ import main
from softopt.classroom import assignment
from softopt.classroom.graded_copy import graded_copy
from softopt.classroom.lesson import COURSE, find
from softopt.classroom.limits import limit
from softopt.classroom.sheet import sheet

needs_nbgrader = pytest.mark.skipif(
    importlib.util.find_spec("nbgrader") is None, reason="nbgrader is not installed: pip install -e '.[class]'"
)


def lessons():
    for path in sorted(COURSE.glob("[0-9]*.ipynb")):
        if any("raise NotImplementedError" in c.source for c in nbformat.read(path, as_version=4).cells):
            yield pytest.param(path.name[:2], id=path.stem)


every_lesson = pytest.mark.parametrize("number", list(lessons()))


def copied(number):
    lesson = find(number)
    return lesson, graded_copy(lesson, [lesson.path.name])


def code(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


# What the students' copies hold.


@every_lesson
def test_a_copy_is_the_whole_lesson_with_an_answer_and_a_mark_for_each_exercise(number):
    lesson, notebook = copied(number)
    nbformat.validate(notebook)
    kept = {cell.id for cell in notebook.cells}
    assert kept >= {cell.id for cell in lesson.notebook.cells}
    assert len(kept) == len(notebook.cells) == len(lesson.notebook.cells) + 1 + len(lesson.exercises)
    marks = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    for (name, exercise), answer, test in zip(lesson.exercises.items(), marks[::2], marks[1::2], strict=True):
        assert (answer.grade_id, answer.solution, answer.grade, answer.locked) == (name, True, False, False)
        assert (test.grade_id, test.solution, test.grade, test.locked) == (f"{name}_marked", False, True, True)
        assert test.points == exercise.points > 0
        assert answer.schema_version == test.schema_version == 3
    ids = [mark.grade_id for mark in marks]
    assert len(set(ids)) == len(ids)


@every_lesson
def test_a_link_out_of_the_assignment_is_its_text(number):
    lesson, notebook = copied(number)
    links = {target for cell in notebook.cells for target in re.findall(r"\]\((\d\d_\w+\.ipynb)", cell.source)}
    assert links <= {lesson.path.name}


def test_links_between_notebooks_that_are_handed_out_together_stay():
    lesson = find("03")
    both = graded_copy(lesson, [lesson.path.name, "02_soft_value_iteration.ipynb"])
    assert any("](02_soft_value_iteration.ipynb)" in cell.source for cell in both.cells)


@every_lesson
def test_a_copy_holds_no_line_and_no_name_of_an_answer(number):
    lesson, notebook = copied(number)
    told = "\n".join(code(notebook))
    for banned in (".reference", ".misconceptions", "getsource", "BEGIN HIDDEN TESTS"):
        assert banned not in told
    for name, exercise in lesson.exercises.items():
        lines = set(lines_of(exercise.reference))
        for wrong in exercise.misconceptions:
            lines -= {line for answer in wrong.answers for line in lines_of(answer)}
        for line in lines:
            assert line not in told, f"{name}: {line!r} is in the copy"


def lines_of(function):
    """The lines of a function that do something, as they would be typed: no docstring, no comment, nothing short."""
    function = inspect.unwrap(getattr(function, "func", function))
    if not inspect.isfunction(function):
        return  # NumPy's own
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef):
            line = ast.unparse(node).split("\n")[0]
            if len(line) > 20 and not line.startswith(("'", '"')):
                yield line


@every_lesson
def test_no_function_in_a_copy_answers_an_exercise(number):
    lesson, notebook = copied(number)
    sources = code(notebook)
    functions = [
        node
        for source in sources
        if "def " in source and not source.lstrip().startswith("%")
        for node in ast.parse(source.replace("    ### BEGIN SOLUTION", "    raise NotImplementedError")).body
        if isinstance(node, ast.FunctionDef)
    ]
    space: dict[str, object] = {}
    exec(next(source for source in sources if "from softopt.exercises import" in source), space)
    for function in functions:
        exec(ast.unparse(function), space)
    assert len(functions) >= len(lesson.exercises)
    for function in functions:
        for name, exercise in lesson.exercises.items():
            assert not exercise.check(space[function.name]).correct, f"{function.name} answers {name}"


# The instructor's sheet.


@every_lesson
def test_the_sheet_tells_all_that_the_exercises_know(number):
    lesson = find(number)
    told = " ".join(sheet("softopt", [lesson]).split())
    for name, exercise in lesson.exercises.items():
        assert f"### `my_{name}`: {exercise.title}" in told
        assert f"*{exercise.minutes} minutes, difficulty {exercise.difficulty} of 3" in told
        for wrong in exercise.misconceptions:
            assert f"- **{wrong.name}.** {' '.join(wrong.sentence.split())}" in told
    assert "*The point.* *" not in told


# The command.


@needs_nbgrader
def test_the_command_writes_a_course_folder(tmp_path, capsys):
    course = assignment.write(("02",), tmp_path / "new" / "course", "week_3", small_course(tmp_path / "notebooks"))
    assert {path.name for path in course.iterdir()} == {
        *("source", "release", "instructor.md", "nbgrader_config.py", "gradebook.db"),
    }
    (student,) = (course / "release" / "week_3").iterdir()
    notebook = nbformat.read(student, as_version=4)
    told = "\n".join(code(notebook))
    assert told.count(PLACE) == 2
    assert "SOLUTION" not in told
    assert not list(course.parent.glob(".softopt-*"))
    tests = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    assert all("checksum" in cell.metadata.nbgrader and not cell.metadata.editable for cell in tests)
    assert "# week_3: instructor's sheet" in (course / "instructor.md").read_text(encoding="utf-8")


REFUSED = {
    "no notebook": ([], "Which notebooks?"),
    "an unknown number": (["02", "77"], "no notebook '77' to hand out; there are 00, 01, 02"),
    "a name for a number": (["soft"], "no notebook 'soft'"),
    "one without exercises": (["00"], r"00_start_here\.ipynb\) has no exercise"),
    "one named twice": (["02", "02"], "named twice: 02 02"),
    "a name that is a path": (["02", "--name", "../x"], "cannot name an assignment"),
}


@needs_nbgrader
@pytest.mark.parametrize(("arguments", "sentence"), REFUSED.values(), ids=REFUSED)
def test_it_refuses_in_a_sentence_and_writes_nothing(arguments, sentence, tmp_path, capsys):
    assert main(["assignment", *arguments, "--to", str(tmp_path / "course")]) == 2
    assert re.search(sentence, capsys.readouterr().err)
    assert not list(tmp_path.iterdir())


@needs_nbgrader
def test_it_never_touches_a_folder_that_holds_something(tmp_path, capsys):
    work = tmp_path / "submitted.txt"
    work.write_text("a student's work")
    for taken in (tmp_path, work):
        assert main(["assignment", "02", "--to", str(taken)]) == 2
        assert "holds something already, and nothing is overwritten" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["submitted.txt"]
    assert work.read_text() == "a student's work"


def test_it_says_what_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(assignment.importlib.util, "find_spec", lambda name: None)
    assert main(["assignment", "02", "--to", str(tmp_path / "course")]) == 2
    assert "`assignment` needs nbgrader: pip install" in capsys.readouterr().err
    with pytest.raises(ValueError, match="needs the whole repository"):
        find("02", Path(tmp_path))


@pytest.mark.parametrize("limits", [(0, 1), (1, 0), (-1, 1), (float("nan"), 1)])
def test_limits_are_above_zero(limits):
    with pytest.raises(ValueError, match="Limits are above zero"):
        limit(*limits)
