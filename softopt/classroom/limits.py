"""What one student's kernel may use while it is marked, so that the others are marked too."""

from __future__ import annotations

import os
import sys


def limit(memory_gigabytes: float, processor_minutes: float) -> None:
    """Limit this process and whatever it starts; what it has already stays.

    More memory than that is a ``MemoryError``, which a marked exercise reports. A kernel that has used its processor
    time, and cannot be interrupted, is ended by the operating system. Windows has neither limit, macOS the second
    only; there nbgrader's time limit for a cell stands alone.

    Args:
        memory_gigabytes: above zero; a lesson with torch in it needs about one.
        processor_minutes: above zero, summed over all cores.
    """
    if not (memory_gigabytes > 0 and processor_minutes > 0):
        raise ValueError(f"Limits are above zero; {memory_gigabytes} GB and {processor_minutes} minutes were given.")
    os.environ["SOFTOPT_FAST"] = "1"  # what a lesson trains beside its exercises is trained for a shorter time
    try:
        import resource
    except ImportError:
        return  # Windows
    seconds = max(1, round(60 * processor_minutes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if sys.platform == "linux":
        # Written memory, not address space: torch and its friends reserve far more than they use.
        size = round(memory_gigabytes * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))
