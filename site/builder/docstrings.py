"""Docstrings as reStructuredText: their Markdown tables, and what would be taken for markup and is a symbol."""

from __future__ import annotations

import re
from itertools import groupby

LITERAL_OR_BAR = re.compile(r"``.*?``|\|")
SEVERAL = re.compile(r"^:(?:ivar|param) [^:]+:")
LONE_LETTER = re.compile(r"(?<=: )([A-Z])\.$")


def convert(lines: list[str]) -> None:
    """Change the lines of a docstring in place."""
    made: list[str] = []
    for is_table, group in groupby(lines, key=lambda line: line.lstrip().startswith("|")):
        block = list(group)
        made += _list_table(block) if is_table else [_escaped(line) for line in block]
    lines[:] = made


def _list_table(rows: list[str]) -> list[str]:
    """A table of Markdown, whose second row is a rule, as a ``list-table``."""
    indent = rows[0][: len(rows[0]) - len(rows[0].lstrip())]
    made = [f"{indent}.. list-table::", f"{indent}   :header-rows: 1", ""]
    for row in [rows[0], *rows[2:]]:
        for k, cell in enumerate(row.strip().strip("|").split("|")):
            made.append(f"{indent}   {'*' if k == 0 else ' '} - {cell.strip()}")
    return [*made, ""]


def _escaped(line: str) -> str:
    """Bars outside of literals would name substitutions; of two names one would be a type; "S." would begin a list."""
    line = LITERAL_OR_BAR.sub(lambda found: "\\|" if found[0] == "|" else found[0], line)
    line = SEVERAL.sub(lambda found: found[0].replace(", ", ","), line)
    return LONE_LETTER.sub(r"\\\1.", line)
