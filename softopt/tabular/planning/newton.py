"""Soft policy iteration, which is Newton's method on the soft Bellman equation ``V = TV``.

The derivative of T at V is ``discount * P`` of the Boltzmann policy at V. So the Newton step

    V <- V + (I - discount * P)^-1 (TV - V)

lands on the soft value of that policy: evaluate, improve, evaluate, ... T is convex and monotone; after the first
step the values can only rise, from any start, and near the solution the correct digits double at every step.
"""

from __future__ import annotations

import warnings

import numpy as np
from tqdm import tqdm

from softopt.tabular.planning.bellman import Array, Solution, backup, q_values, round_off
from softopt.tabular.planning.certificate import discounted_bound, undiscounted_bound
from softopt.tabular.planning.divergence import check_growth, diverged, undecided, wanderable
from softopt.tabular.planning.linear import PolicySystem
from softopt.tabular.planning.live import Live, can_end

MOST_STEPS = 200  # about ten are needed


def solve(live: Live, temperature: float, tol: float) -> Solution:
    """Iterate on the live states until the bound meets ``tol``, or round-off is reached.

    Raises:
        SoftValueDiverges: discount 1 and an infinite value.
    """
    undiscounted = live.discount == 1
    keeps = wanderable(live) if undiscounted else None
    if keeps is not None and temperature > 0:
        check_growth(live, np.zeros(len(live.states)), temperature, keeps, strict=False)
    taken = prior_policy(live)
    value = prior_value(live, temperature)
    history: list[tuple[float, float]] = []
    with tqdm(desc="plan", unit=" steps", delay=0.2, leave=False) as bar:
        while True:
            after, policy = backup(live, value, temperature)
            residual = float(np.abs(after - value).max(initial=0.0))
            scale = max(1.0, float(np.abs(after).max(initial=0.0)))
            bound = discounted_bound(residual, live.discount)
            if undiscounted and residual < 1e-3 * scale:
                ending = taken if temperature == 0 else policy
                bound = undiscounted_bound(live, after, ending, temperature, residual)
            best = min((r for r, _ in history), default=np.inf)
            history.append((residual, bound))
            bar.update()
            bar.set_postfix_str(f"bound {bound:.1e}", refresh=False)
            stalled = residual <= round_off(after) or (residual <= 1e-8 * scale and residual > best / 2)
            if bound <= tol * scale or stalled or len(history) == MOST_STEPS:
                if not np.isfinite(bound):
                    raise undecided(temperature)
                if len(history) == MOST_STEPS:
                    warnings.warn(f"plan stopped after {MOST_STEPS} steps with bound {bound:.1e}.", stacklevel=3)
                return Solution(value, after, policy, np.array(history))
            if temperature == 0:
                policy = taken = _switch_where_better(live, value, taken)
                if undiscounted and not (ends := can_end(live, policy)).all():
                    raise diverged(live.states[~ends], temperature)
            elif keeps is not None:
                check_growth(live, value, temperature, keeps)
            try:
                value = value + PolicySystem(live.average(policy), live.discount).solve(after - value)
            except RuntimeError:  # singular: a policy that cannot end, to round-off
                raise undecided(temperature) from None


def prior_policy(live: Live) -> Array:
    """The prior over the usable actions, (n, A); uniform in the entropy form."""
    usable = live.reward > -np.inf
    weights = usable.astype(np.float64) if live.log_prior is None else np.exp(live.log_prior)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def prior_value(live: Live, temperature: float) -> Array:
    """Soft value of the prior policy, (n,). It tries every action, so it ends wherever any policy can."""
    policy = prior_policy(live)
    used = policy > 0
    reward = (policy * np.where(used, live.reward, 0.0)).sum(axis=1)
    if 0 < temperature < np.inf:
        log_ratio = np.log(np.where(used, policy, 1.0))
        if live.log_prior is not None:
            log_ratio -= np.where(used, live.log_prior, 0.0)
        reward -= temperature * (policy * log_ratio).sum(axis=1)
    return PolicySystem(live.average(policy), live.discount).solve(reward)


def _switch_where_better(live: Live, value: Array, taken: Array) -> Array:
    """Hard greedy policy that changes a row only for a strictly better action: so it goes on ending.

    Along a cycle that never ends the gains over ``taken`` would have to sum to its reward, which is not positive
    unless the value is infinite.
    """
    q = q_values(live, value)
    now = (taken * np.where(taken > 0, q, 0.0)).sum(axis=1)
    margin = 1e-12 * max(1.0, float(np.abs(value).max())) if live.discount == 1 else 4 * round_off(value)
    better = np.flatnonzero(q.max(axis=1) > now + margin)
    policy = taken.copy()
    policy[better] = 0.0
    policy[better, q[better].argmax(axis=1)] = 1.0
    return policy
