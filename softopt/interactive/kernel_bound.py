"""Keep what a slider starts in the kernel out of the cell that is running.

The explorers of this course ask nothing of the kernel. A widget of your own may have to: ``slider.observe(draw)``.
Since ipykernel 7 such a call comes on a thread of its own, in the middle of whatever cell is running, and two
drawings at once spoil each other. Guard the function and that cannot happen::

    slider.observe(between_cells(draw), "value")
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from IPython import get_ipython


def between_cells(function: Callable[..., object]) -> Callable[..., None]:
    """Return a function that runs ``function`` on the main thread, and only while no cell runs.

    Calls that come while a cell runs wait for its end, an asynchronous cell's too. Of those that wait only the
    latest is kept: a slider that has moved on has no use for the frames in between. An error is shown like that
    of a cell. Where there is no kernel, or one that has no second thread to call from, nothing waits.
    """
    latest: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    door = threading.Lock()

    async def take_turn(kernel: Any) -> None:
        # Every cell holds this lock from its first line to its last, also while it awaits.
        async with kernel._main_asyncio_lock:
            with door:
                arguments, options = latest.pop()
            kernel.pre_handler_hook()  # from here on an interrupt stops the function, not the kernel
            try:
                function(*arguments, **options)
            except (Exception, KeyboardInterrupt):
                kernel.shell.showtraceback()
            finally:
                kernel.post_handler_hook()

    @functools.wraps(function)
    def guarded(*arguments: Any, **options: Any) -> None:
        kernel = getattr(get_ipython(), "kernel", None)
        if not getattr(kernel, "_supports_kernel_subshells", False):
            function(*arguments, **options)
            return
        with door:
            waiting = bool(latest)
            latest[:] = [(arguments, options)]
        if not waiting:
            loop = kernel.io_loop.asyncio_loop
            # In this call's own context, so that what the function prints goes where the call came from.
            loop.call_soon_threadsafe(_start, take_turn(kernel), context=copy_context())

    return guarded


_turns: set[asyncio.Task[None]] = set()  # asyncio itself holds its tasks only weakly


def _start(turn: Any) -> None:
    task = asyncio.ensure_future(turn)
    _turns.add(task)
    task.add_done_callback(_turns.discard)
