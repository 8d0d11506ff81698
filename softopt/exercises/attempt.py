"""One call of a reader's function: whatever it does, this returns what happened."""

from __future__ import annotations

import copy
import io
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Attempt:
    """What one call gave.

    Attributes:
        answer: the numbers that came back, in float64; None where there were none.
        problem: a sentence that says why there are none.
        kind: "raised" or "no answer" where there are none, "not attempted" for a stub, else "".
        line: where it raised, "line 3: code" in the reader's own file or cell; "" where nobody can tell.
        printed: what the function printed.
        changed: the arguments that it changed, such as "q" or "mdp.reward".
    """

    answer: NDArray[np.float64] | None = None
    problem: str = ""
    kind: str = ""
    line: str = ""
    printed: str = ""
    changed: tuple[str, ...] = ()


def attempt(function: Callable[..., Any], arguments: dict[str, Any]) -> Attempt:
    """Call ``function`` on copies of the arguments, by position, and report. Only Ctrl-C passes through."""
    copies = copy.deepcopy(arguments)
    printed = io.StringIO()
    try:
        # Overflow is reported by the verdict, once, and not by a warning for every case.
        with redirect_stdout(printed), np.errstate(all="ignore"):
            result = function(*copies.values())
    except KeyboardInterrupt:
        raise
    except NotImplementedError:
        return Attempt(problem="It raised NotImplementedError.", kind="not attempted")
    except BaseException as error:  # SystemExit included: no answer may take the notebook down
        problem, line = _what_it_raised(error, arguments)
        return Attempt(problem=problem, kind="raised", line=line, printed=printed.getvalue())
    changed = tuple(path for name, before in arguments.items() for path in _changes(name, before, copies[name]))
    answer, problem = _as_numbers(result, printed.getvalue())
    kind = "no answer" if answer is None else ""
    return Attempt(answer, problem, kind, printed=printed.getvalue(), changed=changed)


def _what_it_raised(error: BaseException, arguments: dict[str, Any]) -> tuple[str, str]:
    """Return the message, and the deepest line that lies in the file of the reader's function."""
    try:
        message = " ".join(str(error).split())[:300]
    except Exception:
        message = ""
    problem = f"`{type(error).__name__}: {message}`" if message else f"`{type(error).__name__}`"
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is ours
    if not frames:
        if isinstance(error, TypeError):
            problem += f". It is called as `f({', '.join(arguments)})`."
        return problem, ""
    own = [frame for frame in frames if frame.filename == frames[0].filename][-1]
    return problem, f"line {own.lineno}: {own.line}" if own.line else f"line {own.lineno}"


def _as_numbers(result: Any, printed: str) -> tuple[NDArray[np.float64] | None, str]:
    """Return a result as float64, or None and a sentence about what it is instead."""
    if result is None:
        if printed.strip():
            return None, "It printed something and returned nothing (`None`). End with `return`, not `print`."
        return None, "It returned nothing (`None`). Does every way through the function end in a `return`?"
    if callable(result):
        return None, "It returned a function. Are the parentheses of a call missing after its name?"
    kind = type(result).__name__
    try:
        numbers = np.asarray(result)
        if numbers.dtype.kind in "biuf":
            return np.array(numbers, dtype=np.float64), ""
    except Exception:
        numbers = None
    if isinstance(result, (tuple, list)):
        return None, f"It returned a {kind} of {len(result)} things that do not make one array of numbers."
    if numbers is not None and numbers.ndim:
        return None, f"It returned an array of type `{numbers.dtype}`; real numbers are expected."
    return None, f"It returned a value of type `{kind}`; numbers, or an array of them, are expected."


def _changes(name: str, before: Any, after: Any) -> list[str]:
    """Return the paths at which an argument is no longer what it was."""
    if type(before) is not type(after):
        return [name]
    if isinstance(before, np.ndarray):
        unchanged = before.shape == after.shape and before.dtype == after.dtype
        return [] if unchanged and before.tobytes() == after.tobytes() else [name]
    if hasattr(before, "__dict__"):
        public = [key for key in vars(before) if not key.startswith("_")]
        return [path for key in public for path in _changes(f"{name}.{key}", vars(before)[key], vars(after).get(key))]
    return [] if before == after else [name]
