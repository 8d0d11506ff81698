"""One at a time: two processes that train in one folder would write one checkpoint at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


class Busy(ValueError):
    """Another process trains in the folder."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Within this block no other may train in the folder. The lock goes with the process, however that ends.

    Raises:
        Busy: another has it.
    """
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as fault:
        raise Busy(f"another process trains in {folder}; wait for it, or choose another folder.") from fault
    try:
        yield
    finally:
        lock.release()
