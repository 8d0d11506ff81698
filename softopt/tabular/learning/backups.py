"""Mellowmax and Boltzmann backups side by side, and every fixed point where the problem has one unknown.

With a single state that goes on, each action pays r(a) and stays with chance p(a), so all of a backup is one
curve, ``f(x) = operator(r + discount * p * x)``, and its fixed points are where it crosses the diagonal.
Mellowmax rises by less than ``discount``, so it crosses once. The Boltzmann average can rise faster than the
diagonal, and then it crosses three times.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from softopt.operators import boltzmann, mellowmax
from softopt.tabular.mdp import MDP, Array


def boltzmann_average(q: ArrayLike, beta: float, axis: int = -1) -> Array:
    """Average of ``q`` under its own Boltzmann policy, ``sum_a q(a) exp(beta q(a)) / sum_a exp(beta q(a))``.

    A soft maximum that looks harmless and is no non-expansion: two rows can move apart.

    Args:
        q: values, any shape; finite or ``-inf``.
        beta: inverse temperature in [0, inf]; 0 gives the mean, inf the maximum.
        axis: the axis of actions.

    Raises:
        ValueError: beta is negative or NaN.

    Source: Asadi and Littman (2017), who write it boltz_beta.
    """
    if not beta >= 0:
        raise ValueError(f"beta must be a number in [0, inf], got {beta}.")
    q = np.asarray(q, dtype=np.float64)
    # At beta 0 every allowed action weighs the same: the limit, written as flat values at temperature 1.
    flat = np.where(np.isneginf(q), -np.inf, 0.0)
    policy = boltzmann(flat, 1.0, axis=axis) if beta == 0 else boltzmann(q, 1.0 / beta, axis=axis)
    average: Array = np.where(policy > 0, policy * np.where(policy > 0, q, 0.0), 0.0).sum(axis=axis)[()]
    return average


def backup_curve(mdp: MDP, operator: Callable[[Array], Array], values: ArrayLike) -> Array:
    """Return ``f(x) = operator(q(x))`` at each x, for an MDP with one state that goes on.

    Args:
        mdp: exactly one state is not terminal.
        operator: from rows (N, A) to (N,), for example ``lambda q: boltzmann_average(q, 16.9)``.
        values: (N,) values x of that state.

    Raises:
        ValueError: the MDP has another number of unknowns.
    """
    reward, continuation = _one_unknown(mdp)
    x = np.asarray(values, dtype=np.float64)
    return np.asarray(operator(reward + continuation * x[..., None]))


def mellowmax_fixed_point(mdp: MDP, omega: float) -> float:
    """Return the one x with ``x = mellowmax(q(x), omega)``.

    Args and errors as for :func:`boltzmann_fixed_points`, with omega in [0, inf].
    """
    reward, continuation = _one_unknown(mdp)
    low, high = _bracket(reward, continuation)

    def gap(x: float) -> float:
        return float(mellowmax(reward + continuation * x, omega)) - x

    return float(brentq(gap, low, high, xtol=1e-14 * max(1.0, high - low), rtol=1e-15))


def boltzmann_fixed_points(mdp: MDP, beta: float) -> Array:
    """Return *all* x with ``x = boltzmann_average(q(x), beta)``, in increasing order.

    Intervals are halved until each is settled by a bound and not by sampling: either the curve is too far from
    the diagonal to reach it, or their difference is monotone there and its signs tell. Under the policy pi,
    with c(a) = discount * p(a), ::

        f' = E[c] + beta Cov(c, q)        f'' = 2 beta Var(c) + beta^2 E[(c - E c)^2 (q - E q)]

    Args:
        mdp: exactly one state is not terminal; no action stays there for ever undiscounted.
        beta: inverse temperature, finite and at least 0.

    Raises:
        ValueError: another number of unknowns, a value that need not be finite, or beta out of range.

    Source: Asadi and Littman (2017), who show that there may be more than one.
    """
    if not 0 <= beta < np.inf:
        raise ValueError(f"beta must be a number in [0, inf), got {beta}.")
    reward, c = _one_unknown(mdp)
    low, high = _bracket(reward, c)

    def gap(x: Array) -> Array:
        return boltzmann_average(reward + c * x[..., None], beta) - x

    found: list[float] = []
    left, right = np.array([low]), np.array([high])
    finest = 1e-13 * max(1.0, abs(low), abs(high))
    while left.size:
        middle, half = (left + right) / 2, (right - left) / 2
        q = reward + c * middle[:, None]
        policy = boltzmann(q, 1.0 / beta) if beta > 0 else np.full(q.shape, 1.0 / c.size)
        mean_q, mean_c = (policy * q).sum(axis=1), policy @ c
        covariance = (policy * (c - mean_c[:, None]) * (q - mean_q[:, None])).sum(axis=1)
        slope = mean_c + beta * covariance - 1
        steepest, bend = _slope_bounds(reward, c, beta, left, right, q.argmax(axis=1))
        far = np.abs(mean_q - middle) > (1 + steepest) * half
        monotone = ~far & (np.abs(slope) > bend * half)
        crossed = monotone.copy()
        crossed[monotone] = gap(left[monotone]) * gap(right[monotone]) <= 0
        for a, b in zip(left[crossed], right[crossed], strict=True):
            found.append(float(brentq(lambda x: float(gap(np.asarray(x))), a, b, xtol=finest, rtol=1e-15)))
        tiny = ~far & ~monotone & (half < finest)  # the curve touches the diagonal to round-off
        found.extend(middle[tiny].tolist())
        rest = ~far & ~monotone & ~tiny
        left, right = np.r_[left[rest], middle[rest]], np.r_[middle[rest], right[rest]]
    found.sort()
    return np.array([x for i, x in enumerate(found) if i == 0 or x - found[i - 1] > 100 * finest])


def asadi_littman(*, pay_last_step: bool = True) -> MDP:
    """The two-state MDP on which the Boltzmann average misbehaves (Asadi and Littman, 2017).

    From state 0, action 0 pays 0.122 and ends with chance 0.34; action 1 pays 0.033 and ends with chance 0.01.
    Discount 0.98. The paper's drawing does not say whether the step that ends is paid. If it is, the Boltzmann backup
    has three fixed points for beta between 16.874 and 17.046; if not, between 14.807 and 14.958. At 16.55, the
    beta of the paper's SARSA run, it has one either way.

    Args:
        pay_last_step: whether the step into the terminal state 1 pays the action's reward, or nothing.
    """
    ends = np.array([0.34, 0.01])
    paid = np.array([0.122, 0.033])
    transition = np.zeros((2, 2, 2))
    transition[0] = np.column_stack([1 - ends, ends])
    transition[1, :, 1] = 1.0
    reward = np.zeros((2, 2, 2))
    reward[0, :, 0] = paid
    reward[0, :, 1] = paid if pay_last_step else 0.0
    return MDP(transition, reward, discount=0.98, terminal=[1], initial=[1.0, 0.0])


def _one_unknown(mdp: MDP) -> tuple[Array, Array]:
    """Return r(a) and discount * p(stay | a) of the one state that goes on, allowed actions only."""
    going_on = np.flatnonzero(~mdp.terminal)
    if going_on.size != 1:
        raise ValueError(f"fixed points are listed for one state that goes on; this MDP has {going_on.size}.")
    state = int(going_on[0])
    stay = np.zeros(mdp.n_states)
    stay[state] = mdp.discount
    allowed = mdp.allowed[state]
    return mdp.reward[state, allowed], mdp.expect(stay)[state, allowed]


def _slope_bounds(
    reward: Array, c: Array, beta: float, left: Array, right: Array, best: NDArray[np.int64]
) -> tuple[Array, Array]:
    """Bounds (N,) of ``|f'|`` and ``|f''|`` on the intervals from ``left`` to ``right``.

    By the ranges of c and q alone; or, where one action keeps nearly all the probability, by what is left for
    the others. Both use that q is affine in x, so that its extremes lie at the ends of an interval.
    """
    ends = np.stack([reward + c * left[:, None], reward + c * right[:, None]])
    behind = np.take_along_axis(ends, np.broadcast_to(best[:, None], (2, left.size, 1)), axis=-1) - ends
    # Largest probability that each of the others can have anywhere in the interval.
    with np.errstate(over="ignore"):
        chance = 1.0 / (1.0 + np.exp(beta * behind.min(axis=0)))
    np.put_along_axis(chance, best[:, None], 0.0, axis=1)
    others, lag = chance.sum(axis=1), (chance * np.abs(behind).max(axis=0)).sum(axis=1)
    range_c, range_q = np.ptp(c), np.ptp(ends, axis=-1).max(axis=0)
    covariance = range_c * np.minimum(range_q / 4, 2 * lag)
    variance = range_c**2 * np.minimum(0.25, others)
    skew = range_c**2 * np.minimum(range_q / 4, 6 * lag)
    return c.max() + beta * covariance, 2 * beta * variance + beta**2 * skew


def _bracket(reward: Array, continuation: Array) -> tuple[float, float]:
    """Every fixed point of an average lies between the worst and the best value of a single action."""
    if continuation.max() >= 1:
        raise ValueError("an action stays for ever undiscounted, so values need not be finite; discount it.")
    alone = reward / (1 - continuation)
    slack = 1e-9 * max(1.0, float(np.abs(alone).max()))
    return float(alone.min()) - slack, float(alone.max()) + slack
