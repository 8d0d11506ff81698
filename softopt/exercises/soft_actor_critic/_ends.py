"""What a program may make of the two flags with which an episode ends; right is the first alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from softopt.exercises.exercise import Misconception


def until_the_end(terminated: Any, truncated: Any) -> Any:
    """1 where the task goes on."""
    return 1.0 - terminated


def until_done(terminated: Any, truncated: Any) -> Any:
    """0 after a time limit as well: one flag ``done`` for both."""
    return 1.0 - (terminated | truncated)


def until_the_limit(terminated: Any, truncated: Any) -> Any:
    """The flags mixed up."""
    return 1.0 - truncated


def for_ever(terminated: Any, truncated: Any) -> Any:
    """1 always: both flags ignored."""
    return 1.0


def wrong_value(build: Callable[[Any, Any], Any], name: str, *also: Any) -> Callable[[Any], Misconception]:
    """Make a wrong value of the next state a misconception, whatever it makes of the ways to end.

    Args:
        build: makes an answer from a value and one of the functions above.
        name: a few words.
        also: other ways to write the same mistake.
    """
    return lambda wrong: Misconception(
        name,
        inspect.getdoc(wrong) or "",
        tuple(build(value, end) for value in (wrong, *also) for end in (until_the_end, until_done, for_ever)),
    )
