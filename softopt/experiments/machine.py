"""The machine that a bench runs on: how busy it is, and how much memory this process has taken."""

from __future__ import annotations

import sys

import psutil


def load_average() -> float:
    """Processes that wanted to run, on average over the last minute."""
    return psutil.getloadavg()[0]


def peak_mb() -> float:
    """The most memory that this process has held, in MB."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource  # Windows has none

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
