"""Soft operators on the last axis of an array: the arithmetic that the whole course rests on.

Two forms, never mixed. With ``prior=None`` the *entropy form* (counting measure), which the lecture, soft
Q-learning and SAC write; with a prior p0 the *KL form*, which the graphical model and linearly solvable MDPs
write::

    entropy form   V = T log sum_a exp(Q / T)           pi(a) = exp((Q - V) / T)
    KL form        V = T log sum_a p0 exp(Q / T)        pi(a) = p0 exp((Q - V) / T)

Every function takes any temperature from 0 to inf and stays finite wherever the answer is finite. ``-inf``
marks a forbidden action. All arithmetic is float64.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array: TypeAlias = NDArray[np.float64]

__all__ = ["boltzmann", "check_temperature", "entropy", "kl", "mellowmax", "soft_maximum"]


def check_temperature(temperature: float, prior: object = None) -> float:
    """Return ``temperature`` as a float, or say in one sentence why it cannot be one.

    Raises:
        ValueError: it is negative, NaN, not a single number, or infinite in the entropy form, where the soft
            maximum grows without bound.
    """
    try:
        number = float(temperature)
    except (TypeError, ValueError):
        raise ValueError(f"temperature must be one number in [0, inf], got {temperature!r}.") from None
    if math.isnan(number) or number < 0:
        raise ValueError(f"temperature must be a number in [0, inf], got {number}.")
    if math.isinf(number) and prior is None:
        raise ValueError(
            "temperature inf has no limit in the entropy form (T log A grows for ever); "
            "give a prior to use the KL form, whose limit is the prior."
        )
    return number


def soft_maximum(q: ArrayLike, temperature: float, prior: ArrayLike | None = None, axis: int = -1) -> Array:
    """Soft maximum ``T log sum_a p0(a) exp(q(a) / T)`` along ``axis`` (p0 = 1 in the entropy form).

    The hard maximum over the prior's support at temperature 0; the prior's mean at inf. A row in which every
    entry is ``-inf`` has value ``-inf``.

    Args:
        q: values, any shape with a non-empty ``axis``; finite or ``-inf``.
        temperature: T in [0, inf], in the units of ``q``; inf only with a prior.
        prior: p0, broadcastable to ``q``, rows summing to one along ``axis``; None for the entropy form.
        axis: the axis of actions.

    Returns:
        ``q`` without ``axis``.

    Raises:
        ValueError: temperature outside its range, NaN or ``+inf`` in ``q``, a prior that is no distribution.

    Source: lecture, 3:07 (the normaliser of exp Q); Levine (2018), section 2.3; Haarnoja et al. (2017).
    """
    q, p0 = _at_the_door(q, temperature, prior, axis)
    # Max of the supported entries: subtracting it keeps every exponent at or below zero.
    supported = q if p0 is None else np.where(p0 > 0, q, -np.inf)
    top = supported.max(axis=-1, keepdims=True)
    if temperature == 0:
        return _readable(top[..., 0])
    if math.isinf(temperature):
        assert p0 is not None
        return _readable(np.where(p0 > 0, p0 * np.where(p0 > 0, q, 0.0), 0.0).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        shifted = np.where(np.isneginf(supported), -np.inf, (supported - top) / temperature)
        log_sum = np.log(np.exp(shifted).sum(axis=-1)) if p0 is None else _log_mean_exp(shifted, p0)
        value = top[..., 0] + temperature * log_sum
    return _readable(np.where(np.isneginf(top[..., 0]), -np.inf, value))


def boltzmann(q: ArrayLike, temperature: float, prior: ArrayLike | None = None, axis: int = -1) -> Array:
    """Boltzmann policy ``pi(a) ∝ p0(a) exp(q(a) / T)`` along ``axis`` (p0 = 1 in the entropy form).

    At temperature 0 the maximisers share the probability equally, or in proportion to the prior, as the limit
    T → 0 of this formula shares it. At inf the prior, renormalised over the allowed actions. A row in which
    every action is forbidden comes back as zeros.

    Args and errors as for :func:`soft_maximum`. Returns an array of the shape of ``q``.

    Source: lecture, 2:58; Haarnoja et al. (2017).
    """
    q, p0 = _at_the_door(q, temperature, prior, axis)
    allowed = ~np.isneginf(q) if p0 is None else ~np.isneginf(q) & (p0 > 0)
    weight = np.ones_like(q) if p0 is None else np.broadcast_to(p0, q.shape)
    if math.isinf(temperature):
        policy = np.where(allowed, weight, 0.0)
    else:
        top = np.where(allowed, q, -np.inf).max(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore"):
            gap = np.where(allowed, q - top, -np.inf)
        # With a prior the largest exponent may not carry the mass, so the prior joins the exponent.
        if temperature == 0:
            policy = np.where(gap == 0, weight, 0.0)
        else:
            with np.errstate(divide="ignore"):
                exponent = gap / temperature + np.log(np.where(allowed, weight, 1.0))
            exponent -= np.where(np.isneginf(top), 0.0, exponent.max(axis=-1, keepdims=True))
            policy = np.exp(exponent)
    total = policy.sum(axis=-1, keepdims=True)
    return np.moveaxis(np.divide(policy, total, out=np.zeros_like(policy), where=total > 0), -1, axis)


def mellowmax(q: ArrayLike, omega: float, axis: int = -1) -> Array:
    """Mellowmax ``log(mean_a exp(omega q(a))) / omega``: the KL form with a uniform prior, T = 1 / omega.

    Args:
        q: values, any shape; finite or ``-inf``.
        omega: inverse temperature in [0, inf]; 0 gives the mean, inf the maximum.
        axis: the axis of actions.

    Raises:
        ValueError: omega is negative or NaN, or ``q`` holds NaN or ``+inf``.

    Source: Asadi and Littman (2017), "An Alternative Softmax Operator for Reinforcement Learning".
    """
    if math.isnan(omega) or omega < 0:
        raise ValueError(f"omega must be a number in [0, inf], got {omega}.")
    q = np.asarray(q, dtype=np.float64)
    uniform = np.full(q.shape[axis], 1.0 / q.shape[axis])
    temperature = math.inf if omega == 0 else 1.0 / omega
    return soft_maximum(np.moveaxis(q, axis, -1), temperature, uniform)


def entropy(policy: ArrayLike, axis: int = -1) -> Array:
    """Entropy ``-sum_a pi(a) log pi(a)`` in nats along ``axis``, with 0 log 0 = 0.

    Args:
        policy: probabilities in [0, 1], any shape; a row of zeros (no action allowed) has entropy 0.

    Raises:
        ValueError: NaN or a negative probability.
    """
    policy = np.asarray(policy, dtype=np.float64)
    if not np.all(policy >= 0):
        raise ValueError("policy holds a negative probability or NaN; entropies need probabilities.")
    return _readable(-(policy * np.log(np.where(policy > 0, policy, 1.0))).sum(axis=axis) + 0.0)


def kl(policy: ArrayLike, prior: ArrayLike, axis: int = -1) -> Array:
    """KL divergence ``sum_a pi(a) log(pi(a) / p0(a))`` in nats along ``axis``, with 0 log 0 = 0.

    Infinite where the policy takes an action that the prior excludes.

    Raises:
        ValueError: NaN or a negative probability in either argument.
    """
    policy, prior = np.broadcast_arrays(np.asarray(policy, dtype=np.float64), np.asarray(prior, dtype=np.float64))
    if not (np.all(policy >= 0) and np.all(prior >= 0)):
        raise ValueError("policy or prior holds a negative probability or NaN; KL needs probabilities.")
    taken = policy > 0
    with np.errstate(divide="ignore"):
        log_ratio = np.log(np.where(taken, policy, 1.0)) - np.log(np.where(taken, prior, 1.0))
    return _readable((policy * log_ratio).sum(axis=axis, where=taken))


def _at_the_door(q: ArrayLike, temperature: float, prior: ArrayLike | None, axis: int) -> tuple[Array, Array | None]:
    """Check every argument; return q and the prior with the action axis last."""
    check_temperature(temperature, prior)
    q = np.asarray(q, dtype=np.float64)
    if q.ndim == 0 or q.shape[axis] == 0:
        raise ValueError(f"q needs at least one action along axis {axis}, got shape {q.shape}.")
    if np.isnan(q).any() or np.isposinf(q).any():
        raise ValueError("q holds NaN or +inf; values must be finite, or -inf for a forbidden action.")
    if prior is None:
        return np.moveaxis(q, axis, -1), None
    p0 = np.asarray(prior, dtype=np.float64)
    try:
        # A prior of one row serves every state; a full table must have the shape of q.
        p0 = p0 if p0.ndim <= 1 else np.moveaxis(np.broadcast_to(p0, q.shape), axis, -1)
        p0 = np.broadcast_to(p0, np.moveaxis(q, axis, -1).shape)
    except ValueError:
        raise ValueError(f"prior of shape {p0.shape} does not fit q of shape {q.shape}.") from None
    if not np.all(p0 >= 0) or not np.allclose(p0.sum(axis=-1), 1.0, rtol=0, atol=1e-8):
        raise ValueError("prior must hold probabilities that sum to one over the actions.")
    return np.moveaxis(q, axis, -1), p0


def _log_mean_exp(shifted: Array, p0: Array) -> Array:
    """``log sum_a p0 exp(x)`` for x <= 0 with max 0, accurate when x is tiny (T large) and when p0 is."""
    # sum p0 exp(x) = 1 + sum p0 (exp(x) - 1): the second form keeps the digits that 1 + tiny would lose.
    excess = (p0 * np.expm1(shifted)).sum(axis=-1)
    # Where almost no prior mass sits near the maximum, the mass joins the exponent instead.
    exponent = shifted + np.log(p0)
    peak = exponent.max(axis=-1, keepdims=True)
    log_sum = peak[..., 0] + np.log(np.exp(exponent - peak).sum(axis=-1))
    return np.asarray(np.where(excess > -0.5, np.log1p(np.maximum(excess, -0.5)), log_sum))


def _readable(value: Array) -> Array:
    """Return zero-dimensional results as float64 scalars, so that a cell prints a number."""
    result: Array = value[()]
    return result
