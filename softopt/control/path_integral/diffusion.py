"""A controlled diffusion and its costs, simulated with the Euler-Maruyama scheme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import Array

Drift = Callable[[Array, float], Array]
Cost = Callable[[Array, float], Array]


def _no_drift(x: Array, t: float) -> Array:
    return np.zeros_like(x)


def _no_cost(x: Array, t: float) -> Array:
    return np.zeros(x.shape[0])


@dataclass(frozen=True, eq=False)
class Diffusion:
    """A problem of path-integral control: ``dx = f dt + G (u dt + dxi)``, n dimensions, m of them driven.

    Attributes:
        noise: nu > 0, variance of dxi per unit of time.
        control_weight: R > 0; a control u costs ``R |u|^2 / 2`` per unit of time.
        end_cost: phi(x) of states (N, n), returning (N,); inf forbids an end.
        state_cost: V(x, t) of states (N, n), returning (N,), per unit of time; inf is a wall.
        drift: f(x, t) of states (N, n), returning (N, n).
        gain: G, (n, m); None is the identity.
        stops: times that a simulation passing them must hold, such as that of a wall.

    Raises:
        ValueError: noise or control weight that is not positive and finite.
    """

    noise: float
    control_weight: float
    end_cost: Callable[[Array], Array]
    state_cost: Cost = _no_cost
    drift: Drift = _no_drift
    gain: Array | None = None
    stops: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the two numbers that make the temperature."""
        check_positive(noise=self.noise, control_weight=self.control_weight)

    @property
    def temperature(self) -> float:
        """``lambda = R nu``: one knob, not two."""
        return self.noise * self.control_weight

    def push(self, control: Array) -> Array:
        """Return G u, (N, n), for controls (N, m)."""
        return control if self.gain is None else control @ np.asarray(self.gain).T


@dataclass(frozen=True, eq=False)
class Rollout:
    """An ensemble of N controlled paths.

    Attributes:
        times: (K + 1,).
        states: (N, K + 1, n).
        controls: (N, K, m), the control given; the noise comes on top.
        noise: (N, K, m), the increments dxi.
        path_cost: (N,) end cost and state costs, without the cost of control.
        control_cost: (N,) the integral of ``R |u|^2 / 2``.
    """

    times: Array
    states: Array
    controls: Array
    noise: Array
    path_cost: Array
    control_cost: Array


def roll_out(
    problem: Diffusion,
    start: ArrayLike,
    times: ArrayLike,
    *,
    paths: int,
    generator: np.random.Generator,
    control: Drift | None = None,
) -> Rollout:
    """Simulate an ensemble from one start; state costs are counted at the beginning of each time step.

    Args:
        problem: dynamics and costs.
        start: x, (n,) or one number.
        times: (K + 1,) increasing, the first the start time, the last the end time. Steps may differ: between
            walls, without drift and state cost, one step of any length is exact.
        paths: N, at least 1.
        generator: draws the noise.
        control: u(x, t) of states (N, n), returning (N, m); None leaves the passive dynamics alone.

    Raises:
        ValueError: times that do not increase or jump over a stop of the problem, or no paths.
    """
    times = np.asarray(times, dtype=np.float64)
    start = np.atleast_1d(np.asarray(start, dtype=np.float64))
    if times.ndim != 1 or times.size < 2 or not (np.diff(times) > 0).all():
        raise ValueError("times must increase and hold a start and an end at least.")
    missed = [stop for stop in problem.stops if times[0] < stop < times[-1] and stop not in times]
    if missed:
        raise ValueError(f"times jump over {missed[0]}, where this problem has a wall; add it to them.")
    if paths < 1:
        raise ValueError(f"paths must be at least 1, got {paths}.")
    steps = times.size - 1
    driven = start.size if problem.gain is None else np.asarray(problem.gain).shape[1]
    states = np.empty((paths, steps + 1, start.size))
    states[:, 0] = start
    controls = np.zeros((paths, steps, driven))
    noise = generator.normal(size=(paths, steps, driven)) * np.sqrt(problem.noise * np.diff(times))[:, None]
    path_cost, control_cost = np.zeros(paths), np.zeros(paths)
    for k, (t, dt) in enumerate(zip(times[:-1], np.diff(times), strict=True)):
        x = states[:, k]
        if control is not None:
            controls[:, k] = control(x, float(t))
        path_cost += problem.state_cost(x, float(t)) * dt
        control_cost += problem.control_weight / 2 * (controls[:, k] ** 2).sum(axis=1) * dt
        states[:, k + 1] = x + problem.drift(x, float(t)) * dt + problem.push(controls[:, k] * dt + noise[:, k])
    path_cost += problem.end_cost(states[:, -1])
    return Rollout(times, states, controls, noise, path_cost, control_cost)


def check_positive(**numbers: float) -> None:
    """Raise unless every number is positive and finite."""
    for name, number in numbers.items():
        if not 0 < number < np.inf:
            raise ValueError(f"{name} must be positive and finite, got {number}.")
