"""Runs: trained from checkpoint to checkpoint, many seeds at a time, recorded, and loaded again.

Recordings can be read without torch; what trains is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from softopt.runs.recording import Recording, load

if TYPE_CHECKING:
    from softopt.runs.local import Outcome, run_seeds
    from softopt.runs.publishing import publish
    from softopt.runs.run import Run, carry_on, open_run, resume
    from softopt.runs.setup import Setup

__all__ = ["Outcome", "Recording", "Run", "Setup", "carry_on", "load", "open_run", "publish", "resume", "run_seeds"]

_MODULES = {
    "Outcome": "local",
    "Run": "run",
    "Setup": "setup",
    "carry_on": "run",
    "open_run": "run",
    "publish": "publishing",
    "resume": "run",
    "run_seeds": "local",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
