"""Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438).

How much better than usual was an action? One step of reward and a value say it with little scatter and as much error
as the value has; the whole return says it without that error and with all the scatter there is. ``trace`` goes from
the one, at 0, to the other, at 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def advantages(
    reward: ArrayLike,
    value: ArrayLike,
    next_value: ArrayLike,
    terminated: ArrayLike,
    truncated: ArrayLike,
    *,
    discount: float,
    trace: float,
) -> Array:
    """Estimate the advantage of each step of a rollout that may run through several episodes.

    A termination ends the task: nothing comes after it. A truncation ends the watching: the value of where the
    episode was cut off counts, but the step that follows in the rollout belongs to another episode.

    Args:
        reward: (T,) of each step.
        value: (T,) V(s) where the step began.
        next_value: (T,) V(s') where it ended, before any reset.
        terminated, truncated: (T,) booleans.
        discount: gamma in [0, 1].
        trace: lambda in [0, 1].

    Returns:
        (T,) in units of reward. Plus ``value``, it is the target to which the value is fitted.

    Raises:
        ValueError: arrays of different lengths, or a discount or trace outside [0, 1].

    Source:
        Schulman et al. (2016), eq. 16, summed from the end.
    """
    given = [np.asarray(array, dtype=np.float64) for array in (reward, value, next_value, terminated, truncated)]
    if given[0].ndim != 1 or len({array.shape for array in given}) > 1:
        raise ValueError(f"all arrays must have one shape (T,), one entry a step; got {[a.shape for a in given]}.")
    if not (0 <= discount <= 1 and 0 <= trace <= 1):
        raise ValueError(f"discount and trace lie in [0, 1], got {discount} and {trace}.")
    reward, value, next_value, terminated, truncated = given
    error = reward + discount * (1 - terminated) * next_value - value  # eq. 10: the one-step error of the value
    decay = discount * trace * (1 - np.maximum(terminated, truncated))
    estimate, following = np.empty_like(error), 0.0
    for t in reversed(range(len(error))):
        following = estimate[t] = error[t] + decay[t] * following
    return estimate
