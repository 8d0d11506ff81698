"""Half a uniform density, half a kernel density before tanh: a mixture, any part of which may be replaced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import logsumexp

LOG_TWO, HALF_LOG_TWO_PI = np.log(2), 0.5 * np.log(2 * np.pi)


def gaussian(distance: Any, width: float) -> Any:
    """Log-density of a Gaussian, coordinate by coordinate."""
    return -0.5 * (distance / width) ** 2 - log_constant(width)


def log_constant(width: float, n_coordinates: int = 1) -> Any:
    """Logarithm of what a Gaussian is divided by."""
    return n_coordinates * (np.log(width) + HALF_LOG_TWO_PI)


def kernels(action: Any, particles: Any, width: float) -> Any:
    """Logarithm of each particle's kernel at u, (N,)."""
    return gaussian(np.arctanh(action) - particles, width).sum(axis=1)


def log_mean_exp(logarithms: Any) -> Any:
    """Logarithm of the mean over the particles, axis 0."""
    return logsumexp(logarithms, axis=0) - np.log(len(logarithms))


def log_slope(action: Any) -> Any:
    """Logarithm of the slope of tanh, summed over the coordinates."""
    return np.log(1 - action**2).sum()


def half_and_half(one: Any, other: Any) -> Any:
    """Logarithm of the mean of two densities, from their logarithms."""
    return np.logaddexp(one, other) - LOG_TWO


def mixture(
    kernels: Callable[..., Any] = kernels,
    mean: Callable[[Any], Any] = log_mean_exp,
    slope: Callable[[Any], Any] = log_slope,
    uniform: Callable[[int], float] = lambda n_actions: -n_actions * LOG_TWO,
    mixed: Callable[[Any, Any], Any] = half_and_half,
) -> Callable[..., Any]:
    """Return the log-density of a mixture, a function of action, particles and width."""

    def log_density(action: Any, particles: Any, width: float) -> Any:
        log_kernel = mean(kernels(action, particles, width)) - slope(action)
        return mixed(log_kernel, uniform(action.size))

    return log_density
