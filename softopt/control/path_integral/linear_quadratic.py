"""The linear-quadratic case in closed form: one dimension, one Riccati equation, no sampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.control.path_integral.diffusion import Diffusion, check_positive
from softopt.operators import Array


@dataclass(frozen=True)
class LinearQuadratic:
    """``dx = a x dt + u dt + dxi``, state cost ``q x^2 / 2``, end cost ``p x^2 / 2``, control cost ``R u^2 / 2``.

    Attributes:
        noise: nu > 0.
        control_weight: R > 0.
        state_weight: q >= 0.
        end_weight: p >= 0.
        pull: a, of either sign.
        end_time: t_f.

    Raises:
        ValueError: a weight outside its range.

    With ``k = sqrt(a^2 + q / R)``, ``g = p / R - a``, ``s = t_f - t`` the Riccati equation has the solution::

        y(s) = cosh(k s) + g sinh(k s) / k       P = R (a + y' / y)
        J = P x^2 / 2 + lambda (log y + a s) / 2       u* = -P x / R
    """

    noise: float
    control_weight: float
    state_weight: float = 0.0
    end_weight: float = 1.0
    pull: float = 0.0
    end_time: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        check_positive(noise=self.noise, control_weight=self.control_weight)
        if not (self.state_weight >= 0 and self.end_weight >= 0):
            raise ValueError(
                f"weights of the state and the end must not be negative, got {self.state_weight}, {self.end_weight}."
            )

    @property
    def temperature(self) -> float:
        """``lambda = R nu``."""
        return self.noise * self.control_weight

    def riccati(self, t: ArrayLike) -> tuple[Array, Array]:
        """Return P(t) and ``log y + a s``, the shape of ``t``; times at most t_f."""
        s = self.end_time - np.asarray(t, dtype=np.float64)
        k = np.sqrt(self.pull**2 + self.state_weight / self.control_weight)
        g = self.end_weight / self.control_weight - self.pull
        # tanh and log cosh instead of cosh: nothing overflows for long times.
        slope = np.tanh(k * s) / k if k > 0 else s
        ratio = (k**2 * slope + g) / (1 + g * slope)
        log_cosh = k * s + np.log1p(np.exp(-2 * k * s)) - np.log(2)
        return self.control_weight * (self.pull + ratio), log_cosh + np.log1p(g * slope) + self.pull * s

    def cost_to_go(self, x: ArrayLike, t: float) -> Array:
        """J(x, t), the shape of ``x``."""
        stiffness, log_spread = self.riccati(t)
        return stiffness / 2 * np.asarray(x, dtype=np.float64) ** 2 + self.temperature / 2 * log_spread

    def control(self, x: ArrayLike, t: float) -> Array:
        """u*(x, t), the shape of ``x``. It does not depend on the noise: certainty equivalence."""
        return -self.riccati(t)[0] / self.control_weight * np.asarray(x, dtype=np.float64)

    def problem(self) -> Diffusion:
        """The same problem for sampling."""
        return Diffusion(
            self.noise,
            self.control_weight,
            end_cost=lambda x: self.end_weight / 2 * x[:, 0] ** 2,
            state_cost=lambda x, t: self.state_weight / 2 * x[:, 0] ** 2,
            drift=lambda x, t: self.pull * x,
        )
