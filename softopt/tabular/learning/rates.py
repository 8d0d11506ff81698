"""Learning-rate schedules: functions of n, how often a state-action pair has been visited (1 at the first visit).

Stochastic approximation converges when the rates of a pair sum to infinity and their squares do not: true of
n ** -power for power in (1/2, 1], false of a constant, which keeps following the noise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Rate: TypeAlias = Callable[[int], float]


def constant(rate: float) -> Rate:
    """Return the same rate in (0, 1] at every visit; it forgets the start quickly and never settles.

    Raises:
        ValueError: the rate is outside (0, 1].
    """
    if not 0 < rate <= 1:
        raise ValueError(f"a learning rate lies in (0, 1], got {rate}.")
    return lambda visits: rate


def harmonic() -> Rate:
    """Return 1 / n: the plain average of all targets, the early and wrong ones included.

    With bootstrapped targets the start is forgotten only like n ** -(1 - discount), which at discount 0.99
    means hardly at all (Even-Dar and Mansour, 2003).
    """
    return lambda visits: 1.0 / visits


def polynomial(power: float) -> Rate:
    """Return n ** -power with power in (1/2, 1]; 0.8 is the choice of Fox et al. (2016).

    Raises:
        ValueError: the power is outside (1/2, 1], where convergence is not assured.
    """
    if not 0.5 < power <= 1:
        raise ValueError(f"power lies in (0.5, 1] for the estimates to converge, got {power}.")
    return lambda visits: float(visits**-power)


DEFAULT = polynomial(0.8)
