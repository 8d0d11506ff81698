"""Which functions of the package an answer calls that it was asked to do the work of.

An answer runs in the reader's own notebook, where the whole package is a call away. So what may be called is
decided by one rule, and not by a list of forbidden names that a new function would slip past:

- the reference of an exercise, and what the exercise *closes*, may not run at all, however they were reached;
- ``softopt.operators``, an MDP, and the methods of whatever the answer was given are tools: open;
- of the rest, an answer may call what the exercise's own statement or hints name (``visitation``, say).

Python reports every call to :meth:`PackageCalls._see` while the answer runs, so it does not matter by which name,
import or detour the function was reached. This stops shortcuts, taken knowingly or not. It is no lock: someone who
sets out to patch Python or copies the source of the package can, and a person who reads the answer will see it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from softopt import operators, tabular

if TYPE_CHECKING:
    from softopt.exercises.exercise import Exercise

TOOLS = ("softopt.operators", "softopt.tabular.mdp")


class PackageCalls:
    """A reader's function that notes, while it runs, what it calls and may not call.

    Attributes:
        closed: names of the functions called, in the order of the first call; empty for an honest answer.
    """

    def __init__(self, exercise: Exercise, function: Callable[..., Any]) -> None:
        self.closed: list[str] = []
        self._function = function
        self._never = {code for answer in (exercise.reference, *exercise.closed) for code in _codes(answer)}
        self._named = {code for function in named_functions(exercise) for code in _codes(function)} - self._never

    def __call__(self, *arguments: Any) -> Any:
        """Call the function and give back what it gives."""
        before = sys.getprofile()
        sys.setprofile(self._see)
        try:
            return self._function(*arguments)
        finally:
            sys.setprofile(before)

    def _see(self, frame: FrameType, event: str, argument: Any) -> None:
        if event != "call" or not _in_package(frame):
            return
        code = frame.f_code
        by_the_reader = frame.f_back is None or not _in_package(frame.f_back) or frame.f_back.f_code is _OWN_CODE
        if code in self._never or (by_the_reader and code not in self._named and _is_work(frame)):
            name = code.co_qualname.removesuffix(".__init__")
            if name not in self.closed:
                self.closed.append(name)


_OWN_CODE = PackageCalls.__call__.__code__


def named_functions(exercise: Exercise) -> list[Callable[..., Any]]:
    """Return the public functions of the package that the statement or a hint names in backticks."""
    quoted = " ".join(re.findall("`([^`]*)`", " ".join((exercise.statement, *exercise.hints))))
    public = {name: getattr(home, name) for home in (operators, tabular) for name in dir(home)}
    words = dict.fromkeys(re.findall(r"\w+", quoted))
    return [public[word] for word in words if hasattr(public.get(word), "__code__")]


def _in_package(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).split(".")[0] == "softopt"


def _is_work(frame: FrameType) -> bool:
    """Return whether a call from outside does work: no tool, and no method of something that is there already."""
    if frame.f_globals["__name__"] in TOOLS:
        return False
    *owner, name = frame.f_code.co_qualname.split(".")
    return not owner or owner[-1] == "<locals>" or name in ("__init__", "__new__", "__call__")


def _codes(function: Any) -> Iterator[CodeType]:
    """Yield the code of a function, and of what it wraps."""
    while function is not None:
        if hasattr(function, "__code__"):
            yield function.__code__
        inner = function.func if isinstance(function, partial) else getattr(function, "__wrapped__", None)
        function = inner
