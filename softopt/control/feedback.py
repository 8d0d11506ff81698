"""The smallest robot that is pushed: one number, a policy that pulls it to zero, and torques that are replayed (7:26).

    x_{t+1} = x_t + a_t + d_t        a_t = -gain x_t   (a policy)   or   a_t as in a run without pushes   (a replay)

By the policy a push is forgotten at a rate of ``1 - gain`` a step; by the replay it stays for ever.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def pushed(start: float, gain: float, pushes: ArrayLike, closed: bool = True) -> Array:
    """Places of a robot that is pushed.

    Args:
        start: where it begins.
        gain: of the policy, which pulls by ``gain`` times the place.
        pushes: (T,) what is added at each step.
        closed: whether the policy acts on where it is; otherwise it does again what it did without pushes.

    Returns:
        (T + 1,) places, the start first.

    Raises:
        ValueError: pushes of another shape, or numbers that are not finite.
    """
    given = np.asarray(pushes, dtype=np.float64)
    if given.ndim != 1 or not np.isfinite([start, gain, *given.ravel()]).all():
        raise ValueError(f"pushes are finite numbers, shape (T,); got shape {given.shape}, start {start}, gain {gain}.")
    place = planned = float(start)
    places = [place]
    for push in given:
        action = -gain * (place if closed else planned)
        place += action + push
        planned *= 1 - gain  # where it would be without pushes
        places.append(place)
    return np.array(places)
