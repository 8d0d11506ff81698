"""Walls with slits, and targets: Kappen's examples of a control that waits before it decides.

Both are mixtures of Gaussians seen through the heat kernel. With the posterior of where the path will pass, or
end, under passive dynamics conditioned on success::

    u*(x, t) = ( E[y | x] - x ) / s        J''(x, t) = (R / s) ( 1 - Var[y | x] / (nu s) )

s the time left until then. While the variance of y is less than noise will bring, J is convex between the goals
and the control steers in between; when it is more, J has a hill there: the symmetry breaks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import log_ndtr, logsumexp

from softopt.control.path_integral.diffusion import Diffusion, check_positive
from softopt.control.path_integral.linear_quadratic import LinearQuadratic
from softopt.operators import Array


@dataclass(frozen=True)
class Slits:
    """A wall with slits, passed at one time, and a quadratic end cost ``p x^2 / 2`` afterwards.

    Attributes:
        slits: pairs (low, high), in increasing order.
        slit_time: t_1.
        end_time: t_f > t_1.
        noise: nu > 0.
        control_weight: R > 0.
        end_weight: p >= 0.

    The defaults are Kappen's double slit.

    Raises:
        ValueError: slits that overlap or have no width, times out of order, a weight outside its range.

    Source: Kappen (2005), J. Stat. Mech. P11011, the double slit.
    """

    slits: tuple[tuple[float, float], ...] = ((-6.0, -4.0), (6.0, 8.0))
    slit_time: float = 1.0
    end_time: float = 2.0
    noise: float = 1.0
    control_weight: float = 0.1
    end_weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the geometry and the ranges."""
        check_positive(noise=self.noise, control_weight=self.control_weight)
        edges = np.asarray(self.slits, dtype=np.float64).ravel()
        if edges.size == 0 or edges.size % 2 or not (np.diff(edges) > 0).all():
            raise ValueError(f"slits are pairs (low, high) in increasing order, got {self.slits}.")
        if not self.slit_time < self.end_time or not self.end_weight >= 0:
            raise ValueError("need slit_time < end_time and end_weight >= 0.")

    @property
    def temperature(self) -> float:
        """``lambda = R nu``."""
        return self.noise * self.control_weight

    def cost_to_go(self, x: ArrayLike, t: float) -> Array:
        """J(x, t), the shape of ``x``. At the time of the slits it is inf on the wall."""
        x = np.asarray(x, dtype=np.float64)
        if t > self.slit_time:
            return self._after.cost_to_go(x, t)
        if t == self.slit_time:
            return np.where(self.passes(x), self._after.cost_to_go(x, t), np.inf)
        log_mass, _, _ = self._passage(x, t)
        return -self.temperature * log_mass

    def control(self, x: ArrayLike, t: float) -> Array:
        """u*(x, t), the shape of ``x``."""
        x = np.asarray(x, dtype=np.float64)
        if t >= self.slit_time:
            return self._after.control(x, t)
        _, mean, _ = self._passage(x, t)
        return np.asarray((mean - x) / (self.slit_time - t))

    def curvature(self, x: ArrayLike, t: float) -> Array:
        """J''(x, t) before the slits, the shape of ``x``; negative where the symmetry is broken."""
        left = self.slit_time - t
        _, _, variance = self._passage(np.asarray(x, dtype=np.float64), t)
        return self.control_weight / left * (1 - variance / (self.noise * left))

    def effective_share(self, x: ArrayLike, t: float) -> Array:
        """Return ``(E w)^2 / E w^2`` of passive paths with weights ``w = exp(-S / lambda)``, the shape of ``x``.

        The effective sample size of N passive paths, divided by N, tends to it; its inverse is the number of
        paths that it takes to have one that counts. t before the slits.
        """
        # S is the end cost of a path that passes, so E w^2 is psi of the problem with twice the end weight.
        twice = replace(self, end_weight=2 * self.end_weight)
        log_share = (twice.cost_to_go(x, t) - 2 * self.cost_to_go(x, t)) / self.temperature
        return np.asarray(np.exp(log_share))

    def passes(self, x: ArrayLike) -> NDArray[np.bool_]:
        """Whether positions lie in a slit, the shape of ``x``."""
        x = np.asarray(x, dtype=np.float64)[..., None]
        low, high = np.asarray(self.slits, dtype=np.float64).T
        return np.asarray(((x >= low) & (x <= high)).any(axis=-1))

    def problem(self) -> Diffusion:
        """The same problem for sampling."""
        return Diffusion(
            self.noise,
            self.control_weight,
            end_cost=lambda x: self.end_weight / 2 * x[:, 0] ** 2,
            state_cost=lambda x, t: np.where((t == self.slit_time) & ~self.passes(x[:, 0]), np.inf, 0.0),
            stops=(self.slit_time,),
        )

    @property
    def _after(self) -> LinearQuadratic:
        return LinearQuadratic(self.noise, self.control_weight, 0.0, self.end_weight, 0.0, self.end_time)

    def _passage(self, x: Array, t: float) -> tuple[Array, Array, Array]:
        """Log of psi(x, t), and mean and variance of the passage y given x and success."""
        stiffness, log_spread = self._after.riccati(self.slit_time)
        spread = self.noise * (self.slit_time - t)
        # Heat kernel times exp(-J(y, t_1) / lambda): a Gaussian in y of this variance around this centre.
        variance = 1 / (1 / spread + stiffness / self.temperature)
        scale, centre = np.sqrt(variance), variance * x / spread
        log_factor = (
            0.5 * np.log(variance / spread)
            - 0.5 * x**2 * stiffness / (self.temperature + stiffness * spread)
            - 0.5 * log_spread
        )
        low, high = ((np.asarray(edge) - centre[..., None]) / scale for edge in np.asarray(self.slits).T)
        log_mass = _log_mass(low, high)
        total = logsumexp(log_mass, axis=-1)
        share = np.exp(log_mass - total[..., None])
        # Moments of a standard normal cut to [low, high], its density over its mass in the log domain.
        density_low = np.exp(-0.5 * low**2 - 0.5 * np.log(2 * np.pi) - log_mass)
        density_high = np.exp(-0.5 * high**2 - 0.5 * np.log(2 * np.pi) - log_mass)
        first = density_low - density_high
        second = 1 + low * density_low - high * density_high
        mean = (share * first).sum(axis=-1)
        spread_of_y = (share * second).sum(axis=-1) - mean**2
        return log_factor + total, centre + scale * mean, variance * spread_of_y


@dataclass(frozen=True)
class Targets:
    """Points that must be met exactly at the end time; everything before is free: the delayed choice.

    Attributes:
        points: where the path may end.
        end_time: t_f.
        noise: nu > 0.
        control_weight: R > 0.

    With points -1 and 1 the control is ``(tanh(x / (nu s)) - x) / s``, s the time left: as long as ``nu s > 1``
    it steers between the two, and decides only when s falls below ``1 / nu``.

    Source: Kappen (2005), Phys. Rev. Lett. 95, 200201, "Linear theory for control of nonlinear stochastic
    systems", the example of the delayed choice. J is fixed up to a constant, chosen here so that every point
    has weight one: ``psi = sum_i N(point_i; x, nu s)``.
    """

    points: tuple[float, ...] = (-1.0, 1.0)
    end_time: float = 2.0
    noise: float = 1.0
    control_weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_positive(noise=self.noise, control_weight=self.control_weight)
        if not self.points:
            raise ValueError("at least one target is needed.")

    @property
    def temperature(self) -> float:
        """``lambda = R nu``."""
        return self.noise * self.control_weight

    def cost_to_go(self, x: ArrayLike, t: float) -> Array:
        """J(x, t) before the end, the shape of ``x``."""
        return -self.temperature * self._arrival(x, t)[0]

    def control(self, x: ArrayLike, t: float) -> Array:
        """u*(x, t) before the end, the shape of ``x``."""
        return (self._arrival(x, t)[1] - np.asarray(x, dtype=np.float64)) / (self.end_time - t)

    def curvature(self, x: ArrayLike, t: float) -> Array:
        """J''(x, t), the shape of ``x``; negative where the symmetry is broken."""
        left = self.end_time - t
        return self.control_weight / left * (1 - self._arrival(x, t)[2] / (self.noise * left))

    def _arrival(self, x: ArrayLike, t: float) -> tuple[Array, Array, Array]:
        """Log of psi(x, t), and mean and variance of the target met given x."""
        points, spread = np.asarray(self.points), self.noise * (self.end_time - t)
        distance = np.asarray(x, dtype=np.float64)[..., None] - points
        log_weight = -0.5 * distance**2 / spread - 0.5 * np.log(2 * np.pi * spread)
        total = logsumexp(log_weight, axis=-1)
        share = np.exp(log_weight - total[..., None])
        mean = share @ points
        return total, mean, (share * (points - mean[..., None]) ** 2).sum(axis=-1)


def symmetry_break(problem: Slits | Targets, x: float, earliest: float = 0.0) -> float | None:
    """Return the time after ``earliest`` at which J'' at ``x`` turns negative, or None if it does not change sign.

    Args:
        problem: slits or targets.
        x: where to watch, for instance half-way between two slits.
        earliest: first time to consider, before the slits or the end.
    """
    last = problem.slit_time if isinstance(problem, Slits) else problem.end_time
    late = last - 1e-9 * max(1.0, abs(last - earliest))
    if problem.curvature(x, earliest) <= 0 or problem.curvature(x, late) >= 0:
        return None
    return float(brentq(lambda t: float(problem.curvature(x, t)), earliest, late, xtol=1e-12))


def _log_mass(low: Array, high: Array) -> Array:
    """Log of the standard normal mass between ``low`` and ``high``, also far out in a tail."""
    # By symmetry work in the lower tail, where log_ndtr keeps its digits.
    flip = low + high > 0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    below, above = log_ndtr(low), log_ndtr(high)
    return np.asarray(above + np.log1p(-np.exp(below - above)))
