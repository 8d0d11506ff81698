"""Exact inference on an infinite horizon: the fixed point of the backward message.

In w = exp(V / T) the message is linear, w = A w + b with A and b non-negative: b is the weight of ending now, A
that of going on. Its smallest solution is the evidence, and it is finite exactly when long lives lose weight
faster than they multiply. In v = log w nothing underflows, and Newton's method climbs to the solution from
below, because the logarithm of a sum of exponentials is convex.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.linalg import splu

from softopt.operators import Array
from softopt.tabular.inference.factors import Factors

MAX_STEPS = 200  # Newton needs about ten


def fixed_point(factors: Factors) -> tuple[Array, float]:
    """Return the log state message (S,) and a certified bound on its error, in nats.

    The bound holds since the answer lies between v, from which the message still rises, and v + u, from which
    it falls: w = A w + b with A, b >= 0 has its smallest solution below every w with A w + b <= w.

    Raises:
        ValueError: the evidence is infinite.
    """
    log_value = _support(factors)
    alive = np.flatnonzero(np.isfinite(log_value) & ~factors.mdp.terminal)
    if not alive.size:
        return log_value, 0.0
    previous = np.inf
    for _ in range(MAX_STEPS):
        log_beta = factors.backward(log_value)
        new = factors.state_message(log_beta)
        residual = (new - log_value)[alive]
        rounding = 16 * np.finfo(float).eps * max(1.0, np.abs(log_value[alive]).max())
        lu = _life(factors, log_value, factors.policy(log_beta, new), alive)
        size = np.abs(residual).max()
        if size <= rounding or (size >= previous and size <= 1e3 * rounding):
            return log_value, _certificate(factors, log_value, alive, lu, max(size, rounding))
        previous = size
        log_value = log_value.copy()
        log_value[alive] += _solved(lu, residual, factors)
    raise ValueError(_infinite_sentence(factors))


def expected_visits(factors: Factors, log_value: Array, policy: Array, initial: Array) -> Array:
    """Expected number of visits given optimality, (S,); in a terminal state the probability to end there.

    Args:
        log_value: (S,) fixed point.
        policy: (S, A) posterior policy.
        initial: (S,) posterior start.
    """
    alive = np.flatnonzero(np.isfinite(log_value) & ~factors.mdp.terminal)
    visits = initial.copy()
    if alive.size:
        going_on = _going_on(factors, log_value, policy)
        lu = _life(factors, log_value, policy, alive)
        visits[alive] = lu.solve(initial[alive], trans="T")
        ended = np.flatnonzero(factors.mdp.terminal)
        visits[ended] += going_on[alive][:, ended].T @ visits[alive]
    return visits


def _support(factors: Factors) -> Array:
    """Iterate from exp(V / T) = 0 until every state that can have a finite message has one."""
    log_value = np.where(factors.mdp.terminal, 0.0, -np.inf)
    while True:
        new = factors.state_message(factors.backward(log_value))
        if (np.isfinite(new) == np.isfinite(log_value)).all():
            return new
        log_value = new


def _going_on(factors: Factors, log_value: Array, policy: Array) -> Any:
    """Posterior probability to go on into each next state, sparse (S, S): rows sum to at most one."""
    shape = (factors.mdp.reward.size, factors.mdp.n_states)
    dynamics = sp.csr_array(factors.dynamics(log_value).reshape(shape))
    arrival = factors.arrival(log_value)
    survival = np.exp(factors.log_survival + log_value - np.where(np.isneginf(arrival), 0.0, arrival))
    states = np.repeat(np.arange(factors.mdp.n_states), factors.mdp.n_actions)
    average = sp.csr_array((policy.ravel(), (states, np.arange(policy.size))), shape=shape[::-1])
    return sp.csr_array((average @ dynamics).multiply(survival[None, :]))


def _life(factors: Factors, log_value: Array, policy: Array, alive: NDArray[np.int64]) -> Any:
    """Factorise I - J, where J, the derivative of the message, is the posterior chance to go on."""
    going_on = _going_on(factors, log_value, policy)[alive][:, alive]
    try:
        return splu(sp.eye_array(alive.size, format="csc") - going_on.tocsc(), permc_spec="MMD_AT_PLUS_A")
    except RuntimeError:  # singular: in the posterior the episode never ends
        raise ValueError(_infinite_sentence(factors)) from None


def _solved(lu: Any, right: Array, factors: Factors) -> Array:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        step = np.asarray(lu.solve(right))
    if not np.isfinite(step).all():
        raise ValueError(_infinite_sentence(factors))
    return step


def _certificate(factors: Factors, log_value: Array, alive: NDArray[np.int64], lu: Any, size: float) -> float:
    """Return the largest entry of a rise u such that the message from v + u falls, so that v <= answer <= v + u."""
    # To first order the message from v + c * life rises by residual - c, which is negative for c > residual.
    life = _solved(lu, np.ones(alive.size), factors)
    above = log_value.copy()
    above[alive] += 4 * size * life
    falls = factors.state_message(factors.backward(above))[alive] <= above[alive]
    if not falls.all():
        raise ValueError(_infinite_sentence(factors))
    return float(4 * size * life.max())


def _infinite_sentence(factors: Factors) -> str:
    sentence = (
        "the evidence is infinite: an episode gains weight by exp(r / T) faster than it can end. Lower the "
        "rewards (exp(r / T) is a probability only for r <= 0) or the discount, or give a horizon"
    )
    if factors.mdp.prior is not None:
        return sentence + "."
    return sentence + "; in the entropy form every step also multiplies by the number of actions: give a prior."
