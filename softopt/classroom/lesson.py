"""A notebook of the course as a teacher sees it: a lesson with exercises in it."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from softopt.exercises import Exercise

COURSE = Path(__file__).parents[2] / "notebooks"
STUB = "raise NotImplementedError"
CHECK = re.compile(r"^exercises\.(\w+)\.check\(my_\1\)$", flags=re.MULTILINE)


@dataclass(frozen=True)
class Lesson:
    """One notebook and its exercises.

    Attributes:
        path: of the notebook.
        title: its first heading.
        notebook: what it holds.
        exercises: by name, in the order of the notebook.
    """

    path: Path
    title: str
    notebook: nbformat.NotebookNode
    exercises: dict[str, Exercise]

    @property
    def folder(self) -> str:
        """Name of its folder in ``softopt.exercises``."""
        return self.path.stem.partition("_")[2]

    @property
    def points(self) -> int:
        """What all its exercises earn together."""
        return sum(exercise.points for exercise in self.exercises.values())


def find(number: str, course: Path = COURSE) -> Lesson:
    """Read the lesson with a number such as ``02``.

    Raises:
        ValueError: there is none with that number, it has no exercise, or it needs a package that is not installed.
    """
    found = sorted(course.glob(f"{number}_*.ipynb")) if re.fullmatch(r"\d\d", number) else []
    if not found:
        numbers = ", ".join(path.name[:2] for path in sorted(course.glob("[0-9][0-9]_*.ipynb")))
        raise ValueError(
            f"There is no notebook {number!r} to hand out; there are {numbers}."
            if numbers
            else f"There are no notebooks in {course}. `assignment` needs the whole repository, not the package alone."
        )
    notebook = nbformat.read(found[0], as_version=4)
    names = [match[1] for cell in notebook.cells if is_stub(cell) for match in CHECK.finditer(cell.source)]
    if not names:
        raise ValueError(f"Notebook {number} ({found[0].name}) has no exercise to hand out. Leave it out.")
    folder = found[0].stem.partition("_")[2]
    try:
        home = importlib.import_module(f"softopt.exercises.{folder}")
    except ModuleNotFoundError as missing:
        raise ValueError(
            f"The exercises of notebook {number} need {missing.name}: pip install -c constraints.txt -e '.[deep,class]'"
        ) from None
    title = re.search(r"^# (.+)$", notebook.cells[0].source, flags=re.MULTILINE)
    exercises = {name: getattr(home, name) for name in names}
    return Lesson(found[0], title[1] if title else found[0].stem, notebook, exercises)


def is_stub(cell: nbformat.NotebookNode) -> bool:
    """Return whether a cell holds an exercise that waits for its answer."""
    return cell.cell_type == "code" and STUB in cell.source and bool(CHECK.search(cell.source))
