"""Sampled path-integral control: J and u* as averages over passive, or guided, paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.control.path_integral.diffusion import Diffusion, Drift, roll_out
from softopt.operators import Array


@dataclass(frozen=True, eq=False)
class Estimate:
    """A Monte Carlo estimate at one state and time.

    Attributes:
        cost_to_go: ``-lambda log`` of the mean weight. The mean weight is unbiased; its logarithm makes this
            estimate too high on average. inf where no path came through.
        cost_error: standard error of ``cost_to_go`` (first order; believe it only where the sample is effective).
        control: (m,) estimate of u*; NaN where no path came through.
        control_error: (m,) its standard error.
        effective_sample_size: ``(sum w)^2 / sum w^2``, between 1 and N: how many equal paths would do as well.
        weights: (N,) normalised weights ``exp(-S / lambda)`` of the paths.
        states: (N, K + 1, n) the paths.
    """

    cost_to_go: float
    cost_error: float
    control: Array
    control_error: Array
    effective_sample_size: float
    weights: Array
    states: Array


def estimate(
    problem: Diffusion,
    x: ArrayLike,
    times: ArrayLike,
    *,
    paths: int,
    generator: np.random.Generator,
    guide: Drift | None = None,
) -> Estimate:
    """Estimate J and u* at (x, times[0]) from sampled paths and their weights.

    A guide u(x, t) steers the paths to where they count; the weights repay it (Girsanov), so that any guide
    gives the same answer with another variance, and the optimal control gives every path the same weight.
    u* is the guide plus the weighted mean of the noise of the first step, divided by its length: a short
    first step is sharp in time and noisy, a long one the reverse.

    Args:
        problem: dynamics and costs.
        x: state, (n,) or one number.
        times: (K + 1,) increasing, from now to the end, as for :func:`roll_out`.
        paths: N, at least 1.
        generator: draws the noise.
        guide: u(x, t) of states (N, n), returning (N, m); None samples the passive dynamics.

    Source: Kappen (2005), J. Stat. Mech. P11011; with a guide, Thijssen and Kappen (2015).
    """
    sample = roll_out(problem, x, times, paths=paths, generator=generator, control=guide)
    # S = phi + int V dt + int R |u|^2 / 2 dt + int R u' dxi: the last two terms repay the guide.
    repaid = problem.control_weight * (sample.controls * sample.noise).sum(axis=(1, 2))
    log_weight = -(sample.path_cost + sample.control_cost + repaid) / problem.temperature
    top = log_weight.max()
    driven = sample.noise.shape[2]
    if np.isneginf(top):
        nothing = np.full(driven, np.nan)
        return Estimate(np.inf, np.inf, nothing, nothing, 0.0, np.zeros(paths), sample.states)
    weight = np.exp(log_weight - top)
    mean = weight.mean()
    cost = -problem.temperature * (top + np.log(mean))
    cost_error = problem.temperature * weight.std() / mean / np.sqrt(paths)
    normal = weight / weight.sum()
    push = sample.controls[:, 0] + sample.noise[:, 0] / (sample.times[1] - sample.times[0])
    control = normal @ push
    control_error = np.sqrt(normal**2 @ (push - control) ** 2)
    return Estimate(
        float(cost), float(cost_error), control, control_error, float(1 / (normal**2).sum()), normal, sample.states
    )
