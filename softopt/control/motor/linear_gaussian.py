"""Soft optimality on linear dynamics with quadratic costs: every soft maximum is a Gaussian integral."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import Array, check_temperature


class LinearGaussian:
    """A linear system with quadratic costs over H steps, checked once at the door.

    ``x' = A x + B u + sum_i e_i C_i u + w``, with e_i standard normal and w of covariance W, and the cost
    ``sum_t (x' Q_t x + u' R u) + x_H' Q_H x_H``: without halves, as in Todorov and Jordan. A task with targets
    carries a constant 1 as one of its states.

    Args:
        dynamics: A, (n, n).
        input: B, (n, m).
        state_cost: Q, (H + 1, n, n), symmetric and positive semi-definite; the last is the end.
        control_cost: R, (m, m), symmetric and positive definite; semi-definite will do where a prior is given.
        noise: W, (n, n), symmetric and positive semi-definite; None is no plain noise.
        signal_noise: C, (k, n, m): noise that grows with the control; None is none.
        prior_covariance: (m, m), of a prior on controls N(0, that). None selects the entropy form, a prior the
            KL form.

    Raises:
        ValueError: shapes that do not fit, or a matrix that is not symmetric and as definite as it must be.
    """

    def __init__(
        self,
        dynamics: ArrayLike,
        input: ArrayLike,
        state_cost: ArrayLike,
        control_cost: ArrayLike,
        *,
        noise: ArrayLike | None = None,
        signal_noise: ArrayLike | None = None,
        prior_covariance: ArrayLike | None = None,
    ) -> None:
        self.dynamics, self.input = np.array(dynamics, dtype=float), np.array(input, dtype=float)
        if self.dynamics.ndim != 2 or self.input.ndim != 2:
            raise ValueError("dynamics has shape (n, n) and input (n, m).")
        n, m = self.input.shape
        _check("dynamics", self.dynamics, (n, n))
        self.state_cost = np.array(state_cost, dtype=float)
        if self.state_cost.ndim != 3 or len(self.state_cost) < 2:
            raise ValueError(f"state_cost has shape (H + 1, n, n) with H >= 1, got {self.state_cost.shape}.")
        self.horizon = len(self.state_cost) - 1
        _check("state_cost", self.state_cost, (self.horizon + 1, n, n), definite=0)
        self.control_cost = np.array(control_cost, dtype=float)
        _check("control_cost", self.control_cost, (m, m), definite=1 if prior_covariance is None else 0)
        self.noise = np.zeros((n, n)) if noise is None else np.array(noise, dtype=float)
        _check("noise", self.noise, (n, n), definite=0)
        self.signal_noise = np.zeros((0, n, m)) if signal_noise is None else np.array(signal_noise, dtype=float)
        _check("signal_noise", self.signal_noise, (len(self.signal_noise), n, m))
        self.prior_covariance = None if prior_covariance is None else np.array(prior_covariance, dtype=float)
        if self.prior_covariance is not None:
            _check("prior_covariance", self.prior_covariance, (m, m), definite=1)


@dataclass(frozen=True, eq=False)
class GaussianPolicy:
    """The policy ``u ~ N(-L_t x, covariance_t)`` and its cost-to-go ``x' S_t x + s_t``.

    Attributes:
        gain: L, (H, m, n).
        covariance: (H, m, m); zero at temperature 0.
        cost_matrix: S, (H + 1, n, n).
        cost_constant: s, (H + 1,): noise still to come, less T times the entropy (or plus T times the KL).
    """

    gain: Array
    covariance: Array
    cost_matrix: Array
    cost_constant: Array

    def cost_to_go(self, x: ArrayLike, t: int = 0) -> Array:
        """``x' S_t x + s_t`` for states (..., n); minus the soft value."""
        x = np.asarray(x, dtype=np.float64)
        return np.asarray(np.einsum("...i,ij,...j->...", x, self.cost_matrix[t], x) + self.cost_constant[t])


def soft_linear_quadratic(problem: LinearGaussian, temperature: float) -> GaussianPolicy:
    """Solve by backward recursion; at temperature 0 the linear-quadratic regulator.

    With the next cost-to-go ``x' S' x + s'``::

        H = R + B' S' B + sum_i C_i' S' C_i (+ T prior^-1 / 2)       curvature of the cost in u
        L = H^-1 B' S' A       pi(u|x) = N(-L x, T H^-1 / 2)
        S = Q + A' S' (A - B L)
        s = s' + tr(S' W) + (T / 2) log det( H / (pi T) )            entropy form: a Gaussian integral
        s = s' + tr(S' W) + (T / 2) log det( 2 prior H / T )         KL form

    The policy is noisy where the cost is flat: exploration at temperature T has covariance T H^-1 / 2.
    Signal-dependent noise makes control more expensive, and the controller more timid.

    Args:
        problem: dynamics and costs.
        temperature: T in [0, inf).

    Raises:
        ValueError: temperature outside its range.

    Source: Todorov and Jordan (2002), supplementary notes; Todorov (2005), Neural Computation 17, at T = 0
    with the state observed.
    """
    temperature = check_temperature(temperature)
    a, b, horizon = problem.dynamics, problem.input, problem.horizon
    n, m = b.shape
    gain, covariance = np.empty((horizon, m, n)), np.empty((horizon, m, m))
    matrix, constant = np.empty((horizon + 1, n, n)), np.zeros(horizon + 1)
    matrix[-1] = problem.state_cost[-1]
    prior = problem.prior_covariance
    for t in reversed(range(horizon)):
        ahead = matrix[t + 1]
        curvature = problem.control_cost + b.T @ ahead @ b
        curvature = curvature + np.einsum("kni,nl,klj->ij", problem.signal_noise, ahead, problem.signal_noise)
        if prior is not None:
            curvature = curvature + temperature / 2 * np.linalg.inv(prior)
        gain[t] = np.linalg.solve(curvature, b.T @ ahead @ a)
        covariance[t] = temperature / 2 * np.linalg.inv(curvature)
        step = problem.state_cost[t] + a.T @ ahead @ (a - b @ gain[t])
        matrix[t] = (step + step.T) / 2
        constant[t] = constant[t + 1] + np.trace(ahead @ problem.noise)
        if temperature > 0:
            reference = np.eye(m) / (math.pi * temperature) if prior is None else 2 * prior / temperature
            constant[t] += temperature / 2 * (np.linalg.slogdet(curvature)[1] + np.linalg.slogdet(reference)[1])
    return GaussianPolicy(gain, covariance, matrix, constant)


def moments(
    problem: LinearGaussian, policy: GaussianPolicy, mean: ArrayLike, covariance: ArrayLike | None = None
) -> tuple[Array, Array]:
    """Propagate mean and covariance of the state in closed form.

    With signal-dependent noise the state is not Gaussian, but its first two moments still obey a recursion.

    Args:
        problem: dynamics and noise.
        policy: any Gaussian policy over the same horizon.
        mean: (n,) of the start.
        covariance: (n, n) of the start; None is a start that is known.

    Returns:
        Means (H + 1, n) and covariances (H + 1, n, n).
    """
    mean = np.asarray(mean, dtype=np.float64)
    means, covariances = [mean], [np.zeros((mean.size, mean.size)) if covariance is None else np.array(covariance)]
    b = problem.input
    for gain, spread in zip(policy.gain, policy.covariance, strict=True):
        closed = problem.dynamics - b @ gain
        mean, covariance = means[-1], covariances[-1]
        # E u u', what signal-dependent noise feeds on.
        power = gain @ (covariance + np.outer(mean, mean)) @ gain.T + spread
        signal = np.einsum("kni,ij,klj->nl", problem.signal_noise, power, problem.signal_noise)
        means.append(closed @ mean)
        covariances.append(closed @ covariance @ closed.T + b @ spread @ b.T + signal + problem.noise)
    return np.array(means), np.array(covariances)


def expected_cost(
    problem: LinearGaussian, policy: GaussianPolicy, mean: ArrayLike, covariance: ArrayLike | None = None
) -> float:
    """Return the expected cost of any Gaussian policy, without entropy or KL. Args as for :func:`moments`."""
    means, covariances = moments(problem, policy, mean, covariance)
    second = covariances + np.einsum("ti,tj->tij", means, means)
    power = policy.gain @ second[:-1] @ policy.gain.transpose(0, 2, 1) + policy.covariance
    states = np.einsum("tij,tij->", problem.state_cost, second)
    return float(states + np.einsum("ij,tij->", problem.control_cost, power))


def simulate(
    problem: LinearGaussian,
    policy: GaussianPolicy,
    start: ArrayLike,
    *,
    trials: int,
    generator: np.random.Generator,
) -> tuple[Array, Array]:
    """Simulate an ensemble of movements.

    Args:
        problem: dynamics and noise.
        policy: any Gaussian policy over the same horizon.
        start: (n,), or (N, n) with one start a trial.
        trials: N, at least 1.
        generator: draws the policy's choices and the noise.

    Returns:
        States (N, H + 1, n) and controls (N, H, m).

    Raises:
        ValueError: trials below 1.
    """
    if trials < 1:
        raise ValueError(f"trials must be at least 1, got {trials}.")
    n, m = problem.input.shape
    states, controls = np.empty((trials, problem.horizon + 1, n)), np.empty((trials, problem.horizon, m))
    states[:, 0] = start
    plain = _root(problem.noise)
    for t in range(problem.horizon):
        x = states[:, t]
        u = -x @ policy.gain[t].T + generator.normal(size=(trials, m)) @ _root(policy.covariance[t]).T
        shaken = np.einsum(
            "qk,knm,qm->qn", generator.normal(size=(trials, len(problem.signal_noise))), problem.signal_noise, u
        )
        controls[:, t] = u
        states[:, t + 1] = x @ problem.dynamics.T + u @ problem.input.T + shaken
        states[:, t + 1] += generator.normal(size=(trials, n)) @ plain.T
    return states, controls


def _root(covariance: Array) -> Array:
    """A square root of a semi-definite matrix, zeros included."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _check(name: str, matrix: Array, shape: tuple[int, ...], definite: int | None = None) -> None:
    """Raise unless the matrix has its shape, is finite, and is as definite as it must be (1 strictly, 0 semi)."""
    if matrix.shape != shape:
        raise ValueError(f"{name} has shape {shape} to fit the others, got {matrix.shape}.")
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} holds NaN or inf.")
    if definite is None:
        return
    scale = max(1e-300, np.abs(matrix).max())
    if np.abs(matrix - np.swapaxes(matrix, -1, -2)).max() > 1e-10 * scale:
        raise ValueError(f"{name} must be symmetric.")
    least = np.linalg.eigvalsh(matrix).min()
    if least < -1e-10 * scale or (definite and least <= 0):
        kind = "definite" if definite else "semi-definite"
        raise ValueError(f"{name} must be positive {kind}; its least eigenvalue is {least:.3g}.")
