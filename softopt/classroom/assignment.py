"""``python -m softopt assignment 02 03 --to FOLDER``: a course folder that nbgrader hands out and marks."""

from __future__ import annotations

import importlib.util
import os
import re
import sysconfig
import tempfile
from pathlib import Path

import nbformat

from softopt.classroom.graded_copy import graded_copy
from softopt.classroom.lesson import COURSE, Lesson, find
from softopt.classroom.sheet import sheet

CONFIG = '''\
"""nbgrader's settings for this course folder. Written once by `python -m softopt assignment`; now they are yours."""

c = get_config()

c.CourseDirectory.course_id = "{name}"

# A marking cell that a student took out is put back.
c.OverwriteCells.add_missing_cells = True

# Seconds that a cell may take. Then it is interrupted, and the notebook goes on with the next.
c.Execute.timeout = 120
c.Execute.interrupt_on_timeout = True

# What one student's notebook may use.
limits = "memory_gigabytes=4, processor_minutes=20"
c.Execute.extra_arguments = [f"--IPKernelApp.exec_lines=from softopt.classroom.limits import limit; limit({{limits}})"]
'''


def write(numbers: tuple[str, ...], to: Path, name: str = "softopt", course: Path = COURSE) -> Path:
    """Write the course folder and let nbgrader make the students' copies; return the folder.

    Raises:
        ValueError: something is wrong with what was asked for; nothing has been written then.
    """
    if not numbers:
        raise ValueError("Which notebooks? Give their numbers, for example: assignment 02 03 --to FOLDER")
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"A notebook is named twice: {' '.join(numbers)}.")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError(f"{name!r} cannot name an assignment; use letters, digits, - and _ alone.")
    if importlib.util.find_spec("nbgrader") is None:
        raise ValueError("`assignment` needs nbgrader: pip install -c constraints.txt -e '.[class]'")
    folder = to.expanduser().resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} holds something already, and nothing is overwritten. Name a new folder.")
    lessons = [find(number, course) for number in numbers]

    # Made beside the folder and then put in its place: it is there whole or not at all.
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".softopt-", dir=folder.parent) as beside:
        made = Path(beside) / "made"
        _fill(made, name, lessons)
        if folder.exists():
            folder.rmdir()
        made.rename(folder)
    return folder


def _fill(folder: Path, name: str, lessons: list[Lesson]) -> None:
    source = folder / "source" / name
    source.mkdir(parents=True)
    files = [lesson.path.name for lesson in lessons]
    for lesson in lessons:
        nbformat.write(graded_copy(lesson, files), source / lesson.path.name)
    (folder / "instructor.md").write_text(sheet(name, lessons), encoding="utf-8")
    (folder / "nbgrader_config.py").write_text(CONFIG.format(name=name), encoding="utf-8")
    _release(folder, name)


def _release(folder: Path, name: str) -> None:
    """Let nbgrader make the students' copies and enter the points into its gradebook."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    # nbgrader calls alembic by its bare name, which only an activated environment finds.
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    done = NbGraderAPI(config=config).generate_assignment(name)
    if not done["success"]:
        raise ValueError(f"nbgrader could not make the students' copies:\n{done.get('log')}")
