"""What each learner logs, as a table for its page: the formulas are those that its module holds."""

from __future__ import annotations

from softopt.runs.setup import ALGORITHMS


def logged(name: str) -> str:
    """A table of the logged quantities of an algorithm, in Markdown.

    Args:
        name: as on the command line, a key of :data:`softopt.runs.setup.ALGORITHMS`.
    """
    rows = (f"| `{quantity}` | {_cell(formula)} |" for quantity, formula in ALGORITHMS[name][0].logged.items())
    return "\n".join(["| logged as | what it is |", "|---|---|", *rows])


def _cell(text: str) -> str:
    """A bar within a formula must not end the cell."""
    return text.replace("|", "\\|")
