"""When discount 1 gives no finite soft value, and how that is told from a large one.

Without discount a long walk pays its entropy at every step. If a set of states can be kept for ever, and
wandering in it earns more (reward plus temperature times entropy) than it costs, the value has no bound. Above
a critical temperature that happens in the entropy form to every MDP in which one can wander at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from softopt.tabular.planning.bellman import q_values, round_off, soft_greedy
from softopt.tabular.planning.chains import Array, Mask
from softopt.tabular.planning.live import Live


class SoftValueDiverges(ValueError):
    """The soft value is infinite at this temperature, or cannot be told from an infinite one."""


def wanderable(live: Live) -> Mask:
    """Mask (A, n) of the actions that keep to a set of states in which one can stay for ever."""
    stays = live.expect(np.ones(live.states.size)) >= 1 - 1e-8
    return _closed(live, (live.reward > -np.inf) & stays)


def check_growth(live: Live, value: Array, temperature: float, keeps: Mask, strict: bool = True) -> None:
    """Raise if ``value`` proves that the soft value is infinite; return if it proves nothing.

    Let D be closed under its actions ``keeps``, and T_D the backup over those actions only. If
    ``T_D V >= V + c`` on D for some c > 0, then k backups give at least ``V + k c``, since discount 1 passes a
    constant on whole: waiting longer in D always pays more. At a positive temperature ``T_D V >= V`` is
    enough: V* would exceed its own average over a chain that stays in D, strictly where D can be left,
    and on a recurrent chain no function does. There it is the entropy of *when to leave* that has no bound.

    Args:
        strict: ask for a growth above round-off; False only where ``T_D V`` is known exactly.

    Raises:
        SoftValueDiverges: with the temperature and the first state whose value is infinite.
    """
    q = q_values(live, value)
    margin = 8 * round_off(value) if strict else 0.0
    while keeps.any():
        inside = np.flatnonzero(keeps.any(axis=0))
        kept = keeps[:, inside]
        log_prior = None if live.log_prior is None else np.where(kept, live.log_prior[:, inside], -np.inf)
        after, _ = soft_greedy(np.where(kept, q[:, inside], -np.inf), log_prior, temperature)
        fades = inside[after < value[inside] + margin]
        if not fades.size:
            raise diverged(live.states[inside], temperature)
        keeps = keeps.copy()
        keeps[:, fades] = False
        keeps = _closed(live, keeps)


def diverged(states: NDArray[np.int64], temperature: float) -> SoftValueDiverges:
    """Return the error that names the temperature and the states where the value is infinite."""
    return SoftValueDiverges(
        f"the soft value diverges at temperature {temperature:g} with discount 1: in {states.size} states (the "
        f"first is {states[0]}) wandering for ever pays at least what it costs. Use a lower temperature, a "
        "discount below 1, a horizon, or the KL form (give a prior)."
    )


def undecided(temperature: float) -> SoftValueDiverges:
    """Return the error for a temperature within round-off of the critical one."""
    return SoftValueDiverges(
        f"the soft value at temperature {temperature:g} with discount 1 is infinite, or too near the critical "
        "temperature to tell. Use a lower temperature, a discount below 1, a horizon, or the KL form (give a "
        "prior)."
    )


def _closed(live: Live, keeps: Mask) -> Mask:
    """Largest part of ``keeps`` whose actions never leave the states that still have one."""
    while True:
        leaves = live.expect(np.where(keeps.any(axis=0), 0.0, 1.0)) > 0
        if not (keeps & leaves).any():
            return keeps
        keeps = keeps & ~leaves
