"""Statistics over seeds: a middle that one lucky or broken run cannot move, and an honest interval around it.

Agarwal et al. (2021), arXiv 2108.13264: the mean of the middle half of the runs, and a bootstrap interval in which
each task keeps its own number of runs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import bootstrap, trim_mean

Array = NDArray[np.float64]
RESAMPLES = 2_000


def interquartile_mean(values: ArrayLike, axis: int = -1) -> Array:
    """Mean of the middle half of the values; with five runs, of the middle three.

    Args:
        values: any shape.
        axis: over the runs.
    """
    return np.asarray(trim_mean(np.asarray(values, dtype=np.float64), 0.25, axis=axis))


def interval(*tasks: ArrayLike, confidence: float = 0.95, seed: int = 0) -> tuple[Array, Array]:
    """Bootstrap interval of the interquartile mean over all runs of all tasks, runs drawn anew within each task.

    Args:
        tasks: (N, ...) each: N runs of a task first, then whatever is to be bounded point by point, such as steps.
        confidence: between 0 and 1.
        seed: of the resampling.

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
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return found.low, found.high
