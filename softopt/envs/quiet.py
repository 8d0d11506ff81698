"""MuJoCo's notices of deprecation, kept from the reader: they concern files that come with gymnasium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_deprecations() -> Iterator[None]:
    """Within this block MuJoCo says nothing of deprecated attributes; every other warning is printed as before.

    Unhandled, such a notice is printed in red by C code that no notebook can catch, and leaves a ``MUJOCO_LOG.TXT``.
    """
    try:
        import mujoco
    except ModuleNotFoundError:  # an environment without MuJoCo is made in the same way
        yield
        return
    before = mujoco.get_mju_user_warning()

    def say(message: str) -> None:
        if "deprecated" not in message:
            print(f"MuJoCo warns: {message}")

    mujoco.set_mju_user_warning(say)
    try:
        yield
    finally:
        mujoco.set_mju_user_warning(before)
