"""How far a value can still be from the exact one: the number on which the solvers stop."""

from __future__ import annotations

import math

import numpy as np

from softopt.tabular.planning.bellman import backup, round_off
from softopt.tabular.planning.chains import Array
from softopt.tabular.planning.live import Live


def discounted_bound(residual: float, discount: float) -> float:
    """``max |TV - V*| <= discount / (1 - discount) * max |TV - V|``: T is a discount-contraction."""
    return residual * discount / (1 - discount) if discount < 1 else math.inf


def undiscounted_bound(live: Live, value: Array, policy: Array, temperature: float, residual: float) -> float:
    """Certified ``max |V - V*|`` at discount 1, where T need not be a contraction; inf if none is found.

    With w > 0 the expected steps to the end under the policy, look for a d such that ``T(V + d w) <= V + d w``
    and ``T(V - d w) >= V - d w``. T is monotone, so its fixed point then lies between the two. At temperature 0
    T may have other fixed points, and the bound is that on the value of the policy.
    """
    try:
        steps = live.chains.system(policy).solve(np.ones(live.states.size))
    except RuntimeError:  # the policy never ends, to round-off
        return math.inf
    width = max(2 * residual, 8 * round_off(value))
    sound = bool((steps > 0).all())
    if temperature > 0:
        upper, lower = value + width * steps, value - width * steps
        sound = sound and bool((backup(live, upper, temperature)[0] <= upper).all())
        sound = sound and bool((backup(live, lower, temperature)[0] >= lower).all())
    return width * float(steps.max(initial=0.0)) if sound else math.inf
