"""What nbgrader's own autograder makes of answers: none, right, wrong, borrowed, endless, hungry."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest
from classroom_cases import ANSWERS, hand_in, small_course

pytest.importorskip("nbgrader", reason="nbgrader is not installed: pip install -e '.[class]'")

from softopt.classroom.assignment import write

ENDLESS = "    while True:\n        pass"
HUNGRY = "    kept = []\n    while True:\n        kept.append(np.zeros(20_000_000))"
STUBBORN = (
    "    while True:\n        try:\n            while True:\n                pass\n"
    "        except BaseException:\n            pass"
)


def nbgrader(course: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run nbgrader as an instructor does: in the course folder, in the activated environment."""
    scripts = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": scripts, "OMP_NUM_THREADS": "1", "IPYTHONDIR": str(course.parent / "ipython")}
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=course,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )


def scores(course: Path) -> dict[str, tuple[float | None, ...]]:
    """Points of each exercise by student; None where nothing could be marked."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {
            handed.student.id: tuple(grade.auto_score for book in handed.notebooks for grade in book.grades)
            for handed in gradebook.assignment_submissions("softopt")
        }


def told(course: Path, student: str) -> str:
    """What the marking cells of a student's copy show."""
    (path,) = (course / "autograded" / student / "softopt").glob("*.ipynb")
    outputs = [
        output
        for cell in nbformat.read(str(path), as_version=4).cells
        if cell.id.endswith("-marked")
        for output in cell.outputs
    ]
    return " ".join(" ".join([output.get("text", ""), *output.get("traceback", [])]) for output in outputs)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    return write(("02",), tmp_path / "course", course=small_course(tmp_path / "notebooks"))


def test_empty_right_wrong_and_borrowed_copies(course: Path) -> None:
    hand_in(course, "empty", {})
    hand_in(course, "right", ANSWERS)
    hand_in(
        course,
        "wrong",
        {
            "my_soft_maximum": "    return np.log(np.exp(q / temperature).sum())",
            "my_policy": "    return np.eye(soft_q.shape[1])[soft_q.argmax(axis=1)]",
        },
    )
    hand_in(course, "borrowed", {**ANSWERS, "my_policy": "    return exercises.policy.reference(soft_q, temperature)"})
    cheat = course / "submitted" / "cheat" / "softopt"
    hand_in(course, "cheat", {})
    for path in cheat.iterdir():  # marking cells emptied, one of them deleted
        notebook = nbformat.read(str(path), as_version=4)
        notebook.cells = [cell for cell in notebook.cells if cell.id != "policy-marked"]
        for cell in notebook.cells:
            if cell.id.endswith("-marked"):
                cell.source = "pass"
        nbformat.write(notebook, str(path))

    done = nbgrader(course, "autograde", "softopt")
    assert done.returncode == 0, done.stderr
    assert scores(course) == {
        "empty": (0, 0),
        "right": (1, 1),
        "wrong": (0, 0),
        "borrowed": (1, 0),
        "cheat": (0, 0),
    }
    assert "Not attempted yet" in told(course, "empty")
    assert "no temperature in front of the logarithm" in told(course, "wrong")
    assert "the greedy policy" in told(course, "wrong")
    assert "the function calls `boltzmann` of softopt" in " ".join(told(course, "borrowed").split())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process")
def test_what_never_ends_or_eats_memory_is_stopped_and_the_others_are_marked(course: Path) -> None:
    settings = course / "nbgrader_config.py"
    strict = settings.read_text(encoding="utf-8").replace("timeout = 120", "timeout = 6")
    settings.write_text(strict.replace("memory_gigabytes=4", "memory_gigabytes=1"), encoding="utf-8")
    hand_in(course, "endless", {**ANSWERS, "my_soft_maximum": ENDLESS})
    hand_in(course, "hungry", {**ANSWERS, "my_soft_maximum": HUNGRY})
    hand_in(course, "stubborn", {**ANSWERS, "my_soft_maximum": STUBBORN})
    hand_in(course, "z_the_last", ANSWERS)

    done = nbgrader(course, "autograde", "softopt")
    assert "error processing assignment 'softopt' for student 'stubborn'" in done.stderr
    assert done.stderr.count("error processing assignment 'softopt' for student") == 1
    assert scores(course) == {
        "endless": (0, 1),
        "hungry": (0, 1),
        "stubborn": (None, None),
        "z_the_last": (1, 1),
    }
    assert "still running when it was stopped" in told(course, "endless")
    assert "MemoryError" in told(course, "hungry")


@pytest.mark.slow
def test_a_whole_lesson_is_marked_and_its_feedback_written(tmp_path: Path) -> None:
    course = write(("02",), tmp_path / "course")
    whole = {
        **ANSWERS,
        "my_soft_backup": (
            "    soft_q = mdp.reward + mdp.discount * mdp.expect(value)\n"
            "    return np.where(mdp.terminal, 0.0, soft_maximum(soft_q, temperature))"
        ),
        "my_soft_policy_value": "    return mdp.reward.max(axis=1)",
    }
    hand_in(course, "student", whole)
    done = nbgrader(course, "autograde", "softopt")
    assert done.returncode == 0, done.stderr
    assert scores(course) == {"student": (1, 1, 2, 0)}
    done = nbgrader(course, "generate_feedback", "softopt")
    assert done.returncode == 0, done.stderr
    (page,) = (course / "feedback" / "student" / "softopt").glob("*.html")
    assert "0 of 3 points" in page.read_text(encoding="utf-8")
