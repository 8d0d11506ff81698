"""What there is to say about an attempt that no misconception explains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from softopt.exercises.attempt import Attempt

Array = NDArray[np.float64]

CLOSE = 1e-3  # relative difference below which lost digits are likelier than a wrong formula


def describe(made: Attempt, truth: Array) -> tuple[str, str]:
    """Return the kind of a verdict and its explanation, for an attempt that went wrong on a case."""
    answer = made.answer
    if answer is None:
        kind = "no answer" if made.kind == "no answer" else "raised"
        return kind, f"{made.problem}\n\n    {made.line}" if made.line else made.problem
    if answer.shape != truth.shape:
        return "no answer", _about_shape(answer, truth)
    if np.isnan(answer).any():
        return "no answer", (
            f"Your answer holds NaN{_place(np.isnan(answer))}. NaN comes from 0 · log 0, 0 / 0, inf / inf or "
            "inf − inf: which of these can happen on the way?"
        )
    if not is_sound(answer, truth):
        return "no answer", (
            f"Your answer is infinite{_place(np.isinf(answer))}. Which exponential overflows there (above 709), "
            "or which logarithm is taken of 0?"
        )
    difference = np.abs(answer - truth) / np.maximum(1.0, np.abs(truth))
    if difference.max() < CLOSE:
        return "wrong", (
            f"Very near: the largest relative difference is {difference.max():.1e}. A wrong formula seldom comes "
            "so close. Was a loop stopped early, a number rounded, or a small difference taken of large numbers?"
        )
    return "wrong", (
        "None of the usual mistakes gives these numbers. Work the case below by hand, and see which line of your "
        "function is the first to differ."
    )


def is_sound(answer: Array | None, truth: Array) -> bool:
    """Return whether an answer has the right shape and is finite where it should be."""
    if answer is None or answer.shape != truth.shape:
        return False
    return bool(np.array_equal(np.isfinite(answer), np.isfinite(truth)))


def name_changes(changes: Sequence[str]) -> str:
    """Return the sentence on a function that changes what it was given."""
    names = " and ".join(f"`{name}`" for name in changes)
    return (
        f"Your function changes {names} in place. Whoever calls it still needs the old numbers: "
        "work on a copy, or write `x = x - y` instead of `x -= y`."
    )


def _about_shape(answer: Array, truth: Array) -> str:
    sentence = f"It returned {_shape(answer)}, where {_shape(truth)} is expected."
    if answer.squeeze().shape == truth.squeeze().shape:
        return f"{sentence} An axis of length one is left over or lost; `keepdims` decides about it."
    if answer.shape == truth.shape[::-1]:
        return f"{sentence} Rows and columns are swapped: a row is a state, a column an action."
    if answer.ndim > truth.ndim:
        return f"{sentence} One axis too many: over which one was there to be a sum or a maximum?"
    if answer.ndim < truth.ndim:
        return f"{sentence} An axis is missing: did a sum or a maximum run over all the numbers at once?"
    return sentence


def _shape(array: Array) -> str:
    return f"an array of shape {array.shape}" if array.ndim else "a single number"


def _place(where: NDArray[np.bool_]) -> str:
    """Return " at index (1, 0)", the first place marked, or nothing for a single number."""
    if not where.ndim:
        return ""
    index = tuple(int(i) for i in np.argwhere(where)[0])
    return f" at index {index[0] if len(index) == 1 else index}"
