"""The lecture map of the first notebook as data: which moment of the lecture is shown in which section."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

MAP = "00_start_here.ipynb"
HEADING = "The lecture map"
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
TIME = re.compile(r"(\d+):([0-5]\d)")


@dataclass(frozen=True)
class Moment:
    """A row of the map.

    Attributes:
        row: its number.
        seconds: since this part of the lecture began; None for what belongs to an earlier part.
        time: the same as a reader writes it, as in "2:58", or "earlier".
        claim: one line of Markdown, in the course's own words.
        sections: (text, notebook, anchor) of each section that shows the claim; none while it is still to come.
    """

    row: int
    seconds: int | None
    time: str
    claim: str
    sections: tuple[tuple[str, str, str], ...]


def moments(notebook: Path) -> list[Moment]:
    """Read the map out of the notebook that holds it.

    Raises:
        ValueError: a table that is not there, or a time that is neither "m:ss" nor "earlier".
    """
    cells = nbformat.read(notebook, as_version=4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    table = re.search(rf"^## {HEADING}$(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^\| *\d+ *\|.*\|$", table[1] if table else "", flags=re.MULTILINE)
    if not lines:
        raise ValueError(f"{notebook.name} has no table of numbered rows under the heading {HEADING!r}.")
    return [_moment(line) for line in lines]


def by_section(rows: list[Moment]) -> dict[tuple[str, str], list[Moment]]:
    """(notebook, anchor) -> the moments that the section shows, in the order of the lecture."""
    found: dict[tuple[str, str], list[Moment]] = {}
    for row in rows:
        for _, notebook, anchor in row.sections:
            if anchor:
                found.setdefault((notebook, anchor), []).append(row)
    return found


def anchor(heading: str) -> str:
    """The anchor of a heading as JupyterLab makes it, so that the notebooks' own links lead on in the site."""
    return heading.replace(" ", "-")


def _moment(line: str) -> Moment:
    row, time, claim, where = (part.strip() for part in re.split(r"(?<!\\)\|", line)[1:5])
    told = TIME.fullmatch(time)
    if told is None and time != "earlier":
        raise ValueError(f'row {row} of the lecture map has the time {time!r}; it is "m:ss" or "earlier".')
    seconds = None if told is None else 60 * int(told[1]) + int(told[2])
    sections = tuple((text, *_place(target)) for text, target in LINK.findall(where))
    return Moment(int(row), seconds, time, claim, sections)


def _place(target: str) -> tuple[str, str]:
    notebook, _, place = target.partition("#")
    return notebook or MAP, place
