"""Statistics over seeds: a middle that one lucky or broken run cannot move, and an honest interval around it.

Agarwal et al. (2021), arXiv 2108.13264: the mean of the middle half of the runs, and a bootstrap interval in which
each task keeps its own number of runs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import bootstrap, t, trim_mean

Array = NDArray[np.float64]
RESAMPLES = 2_000


def interquartile_mean(values: ArrayLike, axis: int = -1) -> Array:
    """Mean of the middle half of the values; with five runs, of the middle three.

    Args:
        values: any shape.
        axis: over the runs.
    """
    return np.asarray(trim_mean(np.asarray(values, dtype=np.float64), 0.25, axis=axis))


def interval(*tasks: ArrayLike, confidence: float = 0.95, seed: int = 0, paired: bool = False) -> tuple[Array, Array]:
    """Bootstrap interval of the interquartile mean over all runs of all tasks, runs drawn anew within each task.

    Args:
        tasks: (N, ...) each: N runs of a task first, then whatever is to be bounded point by point, such as steps.
        confidence: between 0 and 1.
        seed: of the resampling.
        paired: whether run k of one task is drawn with run k of every other, as where both began with one network.

    Returns:
        lower and upper end, (...). With a single run there is nothing to resample: both are NaN.

    Raises:
        ValueError: no task, or a confidence outside (0, 1).
    """
    if not tasks or not 0 < confidence < 1:
        raise ValueError(f"an interval needs a task and a confidence between 0 and 1; got {len(tasks)}, {confidence}.")
    runs = [np.asarray(task, dtype=np.float64) for task in tasks]
    if any(len(task) < 2 for task in runs):
        nothing = np.full(runs[0].shape[1:], np.nan)
        return nothing, nothing

    def middle(*samples: Array, axis: int) -> Array:
        return interquartile_mean(np.concatenate(samples, axis=axis), axis=axis)

    found = bootstrap(
        runs,
        middle,
        axis=0,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        vectorized=True,
        paired=paired,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return found.low, found.high


def prediction_interval(runs: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Where one more run of the same kind is expected: mean plus or minus a multiple of the deviation (Student's t).

    The range of five runs would hold a sixth two times out of three.

    Args:
        runs: (N,) at least two.
        confidence: between 0 and 1.

    Raises:
        ValueError: fewer than two runs, which say nothing of how far apart they lie.
    """
    values = np.asarray(runs, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"where one more run is expected takes two runs or more in a row; got {values.shape}.")
    reach = t.ppf((1 + confidence) / 2, len(values) - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / len(values))
    return float(values.mean() - reach), float(values.mean() + reach)


def early_area(steps: ArrayLike, returns: ArrayLike, until: float) -> Array:
    """Mean height of learning curves over their first part: the area below them, divided by its length.

    Between two evaluations a curve is taken as a straight line, so they need not be equally far apart, and ``until``
    may lie between two of them.

    Args:
        steps: (K,) environment steps, increasing.
        returns: (..., K), a curve each.
        until: where the first part ends, at a step within the range.

    Returns:
        (...), in the unit of the returns.

    Raises:
        ValueError: fewer than two steps, steps that do not increase, or an end outside their range.
    """
    x, y = np.asarray(steps, dtype=np.float64), np.asarray(returns, dtype=np.float64)
    if x.ndim != 1 or len(x) < 2 or not (np.diff(x) > 0).all() or y.shape[-1:] != x.shape:
        raise ValueError(f"steps are two or more increasing numbers, one a return; got {x.shape} and {y.shape}.")
    if not x[0] < until <= x[-1]:
        raise ValueError(f"the first part of a curve from {x[0]:g} to {x[-1]:g} cannot end at {until:g}.")
    k = int(np.searchsorted(x, until))  # x[k - 1] < until <= x[k]
    share = (until - x[k - 1]) / (x[k] - x[k - 1])
    end = y[..., k - 1] + share * (y[..., k] - y[..., k - 1])
    heights = np.concatenate([y[..., :k], end[..., None]], axis=-1)
    return np.trapezoid(heights, np.append(x[:k], until), axis=-1) / (until - x[0])
