"""Soft policy iteration, which is Newton's method on the soft Bellman equation ``V = TV``.

The derivative of T at V is ``discount * P`` of the Boltzmann policy at V. So the Newton step

    V <- V + (I - discount * P)^-1 (TV - V)

lands on the soft value of that policy: evaluate, improve, evaluate, ... T is convex and monotone; after the first
step the values can only rise, from any start, and near the solution the correct digits double at every step.
"""

from __future__ import annotations

import warnings

import numpy as np

from softopt.tabular.planning.bellman import Solution, backup, largest, q_values, round_off
from softopt.tabular.planning.certificate import discounted_bound, undiscounted_bound
from softopt.tabular.planning.chains import Array
from softopt.tabular.planning.divergence import check_growth, diverged, undecided, wanderable
from softopt.tabular.planning.live import Live, can_end
from softopt.tabular.planning.progress import Progress
from softopt.tabular.planning.sweeps import sweep

MOST_STEPS = 200  # about ten are needed
INNER = 0.01  # tolerance of the linear solve; with 0.1 the steps may diverge
SWEEP_FROM = 2_000  # states from which a few backups between the steps save more time than they take
FALLBACK_STEPS = 50
FEWEST_DIGITS = 1e-3  # relative bound at discount 1 above which a value is not told from an infinite one


def solve(live: Live, temperature: float, tol: float, start: Array | None = None) -> Solution:
    """Iterate on the live states until the bound meets ``tol``, or round-off is reached.

    Args:
        start: (n,) a value to start from, zero if None. At discount 1 it is not used: there the value of the prior
            policy is a start from which every policy on the way ends.

    Raises:
        SoftValueDiverges: discount 1 and an infinite value.
    """
    undiscounted = live.discount == 1
    keeps = wanderable(live) if undiscounted and np.isfinite(temperature) else None
    if keeps is not None and temperature > 0:
        check_growth(live, np.zeros(live.states.size), temperature, keeps, strict=False)
    sweeping = live.states.size >= SWEEP_FROM and not undiscounted and np.isfinite(temperature)
    taken = prior_policy(live)
    if undiscounted:
        value = prior_value(live, temperature)
    else:
        value = np.zeros(live.states.size) if start is None else start
        value = sweep(live, value, temperature, first=True) if sweeping else value
    history: list[tuple[float, float]] = []
    after, policy = backup(live, value, temperature)
    with Progress("plan", "steps") as progress:
        while True:
            residual = largest(after - value)
            scale = max(1.0, largest(after))
            bound = discounted_bound(residual, live.discount)
            if undiscounted and residual < 1e-3 * scale:
                ending = taken if temperature == 0 else policy
                bound = undiscounted_bound(live, after, ending, temperature, residual)
            best = min((r for r, _ in history), default=np.inf)
            history.append((residual, bound))
            progress.step(f"bound {bound:.1e}")
            stalled = residual <= round_off(after) or (residual <= 1e-8 * scale and residual > best / 2)
            if bound <= tol * scale or stalled or len(history) == MOST_STEPS:
                if undiscounted and not bound <= max(tol, FEWEST_DIGITS) * scale:
                    raise undecided(temperature)
                if len(history) == MOST_STEPS:
                    warnings.warn(f"plan stopped after {MOST_STEPS} steps with bound {bound:.1e}.", stacklevel=4)
                return Solution(value, after, policy, np.array(history))
            if temperature == 0:
                policy = taken = _switch_where_better(live, value, taken)
                if undiscounted and not (ends := can_end(live, policy)).all():
                    raise diverged(live.states[~ends], temperature)
            elif keeps is not None:
                check_growth(live, value, temperature, keeps)
            value = value + _step(live, policy, after - value, temperature)
            if sweeping and residual > 1e-4 * best:  # not yet in the quadratic tail
                value = sweep(live, value, temperature)
            after, policy = backup(live, value, temperature)


def _step(live: Live, policy: Array, rise: Array, temperature: float) -> Array:
    """The Newton step, (n,), for ``rise = TV - V``; where the linear solve fails, modified policy iteration's.

    T is convex, so a step solved to 1 % leaves ``TV >= V`` but for 1 % of the rise, and the values go on rising. The
    solve is therefore checked. Modified policy iteration sums the first terms of
    ``(I - discount * P)^-1 = sum_k (discount * P)^k`` and always converges.
    """

    def ahead(x: Array) -> Array:
        return np.asarray(live.discount * (policy * live.expect(x)).sum(axis=0))

    try:
        step = live.chains.system(policy).solve(rise, INNER)
    except RuntimeError:  # singular: a policy that cannot end, to round-off
        raise undecided(temperature) from None
    if largest(rise + ahead(step) - step) <= 2 * INNER * largest(rise):
        return step
    step = rise
    for _ in range(FALLBACK_STEPS):
        step = rise + ahead(step)
    return step


def prior_policy(live: Live) -> Array:
    """The prior over the usable actions, (A, n); uniform in the entropy form."""
    usable = live.reward > -np.inf
    weights = usable.astype(np.float64) if live.log_prior is None else np.exp(live.log_prior)
    return np.asarray(weights / weights.sum(axis=0))


def prior_value(live: Live, temperature: float) -> Array:
    """Soft value of the prior policy, (n,). It tries every action, so it ends wherever any policy can."""
    policy = prior_policy(live)
    used = policy > 0
    reward = (policy * np.where(used, live.reward, 0.0)).sum(axis=0)
    if 0 < temperature < np.inf:
        log_ratio = np.log(np.where(used, policy, 1.0))
        if live.log_prior is not None:
            log_ratio -= np.where(used, live.log_prior, 0.0)
        reward -= temperature * (policy * log_ratio).sum(axis=0)
    return live.chains.system(policy).solve(reward)


def _switch_where_better(live: Live, value: Array, taken: Array) -> Array:
    """Hard greedy policy that changes a state's action only for a strictly better one: so it goes on ending.

    Along a cycle that never ends the gains over ``taken`` would have to sum to its reward, which is not positive
    unless the value is infinite.
    """
    q = q_values(live, value)
    now = (taken * np.where(taken > 0, q, 0.0)).sum(axis=0)
    margin = 1e-12 * max(1.0, largest(value)) if live.discount == 1 else 4 * round_off(value)
    better = np.flatnonzero(q.max(axis=0) > now + margin)
    policy = taken.copy()
    policy[:, better] = 0.0
    policy[q[:, better].argmax(axis=0), better] = 1.0
    return policy
