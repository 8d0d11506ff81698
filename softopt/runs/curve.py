"""A learning curve as a small text file: one row an evaluation, every digit kept."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = dict[str, Any]


def row(step: int, evaluation: Sequence[float], measured: dict[str, float]) -> Row:
    """One evaluation: the step, the return of each episode, their mean, and what else was logged and measured."""
    episodes = {f"episode_{k}": earned for k, earned in enumerate(evaluation)}
    return {"step": step, "return": float(np.mean(evaluation)), **measured, **episodes}


def to_csv(rows: Sequence[Row]) -> str:
    """Write rows; numbers are written so that reading gives the same float64."""
    names = list(dict.fromkeys(name for entry in rows for name in entry))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([repr(entry[name]) if name in entry else "" for name in names] for entry in rows)
    return text.getvalue()


def from_csv(text: str) -> dict[str, NDArray[np.float64]]:
    """Read columns, name -> (K,); an empty field, where nothing was logged yet, is NaN."""
    names, *lines = csv.reader(io.StringIO(text))
    rows = [[float(field) if field else np.nan for field in line] for line in lines]
    table = np.array(rows).reshape(len(lines), len(names))
    return dict(zip(names, table.T, strict=True))
