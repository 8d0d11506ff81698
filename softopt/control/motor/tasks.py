"""Two tasks that show minimal intervention: two effectors with one goal, and reaching through via-points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.control.motor.linear_gaussian import LinearGaussian
from softopt.operators import Array


def redundant_pair(
    target: float = 0.0,
    *,
    steps: int = 1,
    effort: float = 0.01,
    noise: float = 0.0,
    signal_noise: float = 0.0,
    decay: float = 1.0,
) -> LinearGaussian:
    """Two effectors whose sum must meet a target at the end: nothing is asked of their difference.

    ``x_i' = decay x_i + u_i (1 + signal_noise e_i) + noise w_i``, cost ``(x_1 + x_2 - target)^2`` at the end and
    ``effort u_i^2`` a step. For one step the optimal control is
    ``u_1 = u_2 = (target - decay (x_1 + x_2)) / (2 + effort + signal_noise^2)``: it sees the sum alone.

    Args:
        target: of the sum.
        steps: H, at least 1.
        effort: r > 0.
        noise: standard deviation of the plain noise a step.
        signal_noise: standard deviation of the noise relative to the control.
        decay: a.

    Returns:
        A problem with states (x_1, x_2, 1).

    Source: Todorov and Jordan (2002), Nature Neuroscience 5, 1226, the example of their first figure.
    """
    end = np.outer([1.0, 1.0, -target], [1.0, 1.0, -target])
    gain = np.eye(3)[:, :2]
    return LinearGaussian(
        np.diag([decay, decay, 1.0]),
        gain,
        np.concatenate([np.zeros((steps, 3, 3)), end[None]]),
        effort * np.eye(2),
        noise=noise**2 * np.diag([1.0, 1.0, 0.0]),
        signal_noise=signal_noise * np.einsum("ni,ki,ij->knj", gain, np.eye(2), np.eye(2)),
    )


@dataclass(frozen=True, eq=False)
class Reaching:
    """A reaching task.

    Attributes:
        problem: with states (position, velocity, force, excitation in x and y each, and 1): n = 9, m = 2.
        start: (9,).
        times: (H + 1,) seconds.
        via_steps: the step at which each via-point, and last the target, is to be met.
        points: (K, 2) via-points and target, metres.
    """

    problem: LinearGaussian
    start: Array
    times: Array
    via_steps: tuple[int, ...]
    points: Array


def reaching(
    points: ArrayLike = ((0.1, 0.05), (0.2, -0.05), (0.3, 0.0)),
    times: ArrayLike = (0.4, 0.7, 1.0),
    *,
    start: ArrayLike = (0.0, 0.0),
    step: float = 0.01,
    effort: float = 1e-5,
    stop_weight: float = 0.2,
    force_weight: float = 0.02,
    signal_noise: float = 0.5,
    noise: float = 0.0,
) -> Reaching:
    """Move a hand of 1 kg through via-points at given times, and come to rest on the last point.

    Each axis is a mass driven by a force, which follows the motor command through two filters of 40 ms, as a
    muscle does. The cost is the squared distance at each given time, at the end also
    ``|stop_weight velocity|^2 + |force_weight force|^2``, plus ``effort / H |u|^2`` a step.

    Args:
        points: (K, 2) via-points and, last, the target, in metres.
        times: (K,) when each is to be met, in seconds, increasing; the last is the end.
        start: where the hand rests at first.
        step: length of a time step in seconds.
        effort: r > 0.
        stop_weight: seconds, weight of the last velocity.
        force_weight: of the last force.
        signal_noise: standard deviation of the motor noise relative to the command, the same in all directions.
        noise: standard deviation of a plain force noise, newtons a step.

    Raises:
        ValueError: as many times as points are needed, increasing and positive.

    Source: Todorov (2005), Neural Computation 17, from which the filters, step and weights; via-points
    as in Todorov and Jordan (2002). The papers give the points of their figures in pictures; these are our own.
    """
    places, at = np.asarray(points, dtype=np.float64), np.asarray(times, dtype=np.float64)
    if places.shape != (at.size, 2) or at.size == 0 or not (np.diff(at, prepend=0.0) > 0).all():
        raise ValueError("reaching needs one increasing, positive time for each point (x, y).")
    steps = tuple(int(k) for k in np.rint(at / step))
    horizon, plane = steps[-1], np.eye(2)
    lag = step / 0.04
    # position, velocity, force, excitation: each feeds the one before it
    chain = np.eye(4) + np.diag([step, step, lag], k=1) - np.diag([0.0, 0.0, lag, lag])
    dynamics = np.eye(9)
    dynamics[:8, :8] = np.kron(chain, plane)
    gain = np.zeros((9, 2))
    gain[6:8] = lag * plane
    cost = np.zeros((horizon + 1, 9, 9))
    for k, point in zip(steps, places, strict=True):
        miss = np.zeros((2, 9))
        miss[:, :2], miss[:, 8] = plane, -point
        cost[k] += miss.T @ miss
    cost[-1, 2:4, 2:4] += stop_weight**2 * plane
    cost[-1, 4:6, 4:6] += force_weight**2 * plane
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    problem = LinearGaussian(
        dynamics,
        gain,
        cost,
        effort / horizon * plane,
        noise=noise**2 * np.diag([0, 0, 0, 0, 1.0, 1.0, 0, 0, 0]),
        # Along the command and across it alike.
        signal_noise=signal_noise * np.array([gain @ plane, gain @ turn]),
    )
    rest = np.zeros(9)
    rest[:2], rest[8] = start, 1.0
    return Reaching(problem, rest, np.asarray(np.arange(horizon + 1) * step, dtype=np.float64), steps, places)
