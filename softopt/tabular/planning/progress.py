"""A progress bar for work that turns out to take longer than a blink."""

from __future__ import annotations

import time
from typing import Any

from tqdm.auto import tqdm

PATIENCE = 0.2  # seconds of work before anything is shown; making a bar takes longer than a small plan


class Progress:
    """Count steps, and show them once they take longer than ``PATIENCE``; use in a ``with`` statement."""

    def __init__(self, name: str, unit: str, total: int | None = None) -> None:
        self._given = {"desc": name, "unit": f" {unit}", "total": total, "leave": False}
        self._start = time.perf_counter()
        self._count = 0
        self._bar: Any = None

    def step(self, news: str = "") -> None:
        """Count one step, with a few words on where it got to."""
        self._count += 1
        if self._bar is not None:
            self._bar.set_postfix_str(news, refresh=False)
            self._bar.update()
        elif time.perf_counter() - self._start > PATIENCE:
            self._bar = tqdm(initial=self._count, **self._given)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bar is not None:
            self._bar.close()
