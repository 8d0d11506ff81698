"""What a planner returns, and the soft Bellman backup that every planner repeats.

The backup of lecture rows 6 and 8, with T the temperature::

    Q(s, a) = r(s, a) + discount * E[V(s')]        V(s) = T log sum_a p0(a|s) exp(Q(s, a) / T)

and p0 = 1 in the entropy form. ``TV`` below is the whole step from one value to the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from softopt.tabular.mdp import MDP
from softopt.tabular.planning.chains import Array
from softopt.tabular.planning.live import Live

EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Plan:
    """A value, its Q-values and its policy, and how far the value may be from the truth.

    Attributes:
        value: (S,), reward units; ``-inf`` where every way leads to a forbidden action. Finite horizon:
            (H + 1, S), first row the first step, last row the value on arrival.
        soft_q: (S, A), ``r + discount * E[V]``; finite horizon (H, S, A).
        policy: (S, A), rows sum to one; zeros where nothing is allowed; finite horizon (H, S, A).
        iterations: sweeps of value iteration, Newton steps, or steps of the horizon.
        residual: ``max |TV - V|`` at the last step.
        bound: certified: no entry of ``value`` is further than this from the exact one (round-off of one
            backup apart).
        history: (iterations, 2), the residual and the bound after each iteration.
    """

    value: Array
    soft_q: Array
    policy: Array
    iterations: int
    residual: float
    bound: float
    history: Array = field(default_factory=lambda: np.empty((0, 2)), repr=False)


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found on the n live states: V, TV with its policy (A, n), and the history of a Plan."""

    before: Array
    after: Array
    policy: Array
    history: Array


def q_values(live: Live, value: Array) -> Array:
    """``r + discount * E[V]`` on the live states, (A, n)."""
    q = live.expect(value)
    q *= live.discount
    q += live.reward
    return q


def soft_greedy(q: Array, log_prior: Array | None, temperature: float) -> tuple[Array, Array]:
    """Soft maximum (n,) and Boltzmann policy (A, n) at once: they share their exponentials.

    Agrees with :mod:`softopt.operators` but checks nothing, and takes a prior whose columns need not sum to one.

    Args:
        q: (A, n), at least one finite entry a column.
        log_prior: (A, n) log p0, ``-inf`` only where q is; None for the entropy form.
        temperature: T in [0, inf].
    """
    if math.isinf(temperature):
        assert log_prior is not None
        policy = np.exp(log_prior)
        return (policy * np.where(policy > 0, q, 0.0)).sum(axis=0), policy
    top = q.max(axis=0)
    gap = q - top
    if temperature == 0:
        policy = np.where(gap == 0, 1.0 if log_prior is None else np.exp(log_prior), 0.0)
        return top, policy / policy.sum(axis=0)
    gap /= temperature
    if log_prior is None:
        policy = np.exp(gap)
        total = policy.sum(axis=0)
        log_sum = np.log(total)
    else:
        exponent = gap + log_prior
        peak = exponent.max(axis=0)  # the best action may carry next to no prior mass
        policy = np.exp(exponent - peak)
        total = policy.sum(axis=0)
        log_sum = peak + np.log(total)
        if temperature > 1:
            # log(sum p0 exp(x)) of tiny x keeps its digits as log1p(sum p0 expm1(x)); T multiplies what is lost.
            p0 = np.exp(log_prior)
            excluded = 1.0 - p0.sum(axis=0)  # prior mass on actions that cannot be used
            excess = (p0 * np.expm1(gap)).sum(axis=0) - np.where(excluded > 1e-12, excluded, 0.0)
            log_sum = np.where(excess > -0.5, np.log1p(np.maximum(excess, -0.5)), log_sum)
    policy /= total
    return top + temperature * log_sum, policy


def backup(live: Live, value: Array, temperature: float) -> tuple[Array, Array]:
    """One soft Bellman backup: ``TV`` (n,) and the Boltzmann policy (A, n)."""
    return soft_greedy(q_values(live, value), live.log_prior, temperature)


def largest(value: Array) -> float:
    """``max |V|``, 0 for no states at all."""
    return float(np.abs(value).max(initial=0.0))


def round_off(value: Array) -> float:
    """Size of the rounding errors of one backup: below this a residual says nothing."""
    return 4 * EPSILON * max(1.0, largest(value))


def on_all_states(mdp: MDP, live: Live, solution: Solution) -> Plan:
    """Put ended and dead states back, and make the Plan of the whole MDP."""
    soft_q = one_step_back(mdp, live.spread(solution.before))
    policy = np.zeros(mdp.reward.shape)
    policy[live.states] = solution.policy.T
    policy[mdp.terminal] = 1.0 / mdp.n_actions if mdp.prior is None else mdp.prior[mdp.terminal]
    residual, bound = map(float, solution.history[-1])
    value = live.spread(solution.after)
    return Plan(value, soft_q, policy, len(solution.history), residual, bound, solution.history)


def one_step_back(mdp: MDP, value: Array) -> Array:
    """``r + discount * E[V]`` on all states, (S, A), with 0 * -inf = 0; zero in terminal states."""
    q = mdp.reward + mdp.discount * mdp.expect(value) if mdp.discount > 0 else mdp.reward.copy()
    q[mdp.terminal] = 0.0
    return np.asarray(q)
