"""What a Stein direction is put together from, so that a wrong one can be put together differently."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import numpy as np


class Parts(NamedTuple):
    """Of a direction, for M moved and N fixed particles.

    Attributes:
        climb: (M, A) mean of the slopes, weighted by the kernel.
        push: (M, A) mean of the kernel's slope.
        kernel: (M, N).
        apart: (M, N, A) from each fixed particle to each moved one.
        bandwidth: h.
    """

    climb: Any
    push: Any
    kernel: Any
    apart: Any
    bandwidth: Any


def median_over_log(median: float, n_fixed: int) -> Any:
    """The right bandwidth."""
    return median / np.log(n_fixed + 1)


def parts(fixed: Any, score: Any, moved: Any, bandwidth: Callable[[float, int], Any] = median_over_log) -> Parts:
    """Return the parts; the bandwidth is a function of the median squared distance and N."""
    apart = moved[:, None] - fixed
    squared = (apart**2).sum(axis=-1)
    h = bandwidth(np.median(squared), len(fixed))
    kernel = np.exp(-squared / h)
    push = 2 / h * (kernel[..., None] * apart).mean(axis=1)
    return Parts(kernel @ score / len(fixed), push, kernel, apart, h)


def direction(put_together: Callable[[Parts], Any]) -> Callable[..., Any]:
    """Return a direction, a function of fixed, score and moved, that puts the parts together in another way."""
    return lambda fixed, score, moved: put_together(parts(fixed, score, moved))


def with_bandwidth(bandwidth: Callable[[float, int], Any]) -> Callable[..., Any]:
    """Return a direction that is right but for its bandwidth."""

    def answer(fixed: Any, score: Any, moved: Any) -> Any:
        climb, push, *_ = parts(fixed, score, moved, bandwidth)
        return climb + push

    return answer


def raises_unless_as_many(wrong: Callable[..., Any]) -> Callable[..., Any]:
    """NaN in place of the error that a reader's function raises where M particles meet N scores."""

    @wraps(wrong)
    def answer(fixed: Any, score: Any, moved: Any) -> Any:
        return wrong(fixed, score, moved) if len(fixed) == len(moved) else np.full(moved.shape, np.nan)

    return answer
