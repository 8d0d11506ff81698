"""The policy's distribution: a Gaussian pushed through tanh, so that every action lies in [-1, 1].

::

    u ~ N(mean, std^2)        a = tanh(u)
    log pi(a) = sum_i [ log N(u_i) - log(1 - tanh(u_i)^2) ]

The second term is the change of volume (Haarnoja et al. 2018a, appendix C). Written as it stands it is log 0 as soon
as tanh rounds to 1; ``2 (log 2 - u - softplus(-2u))`` is the same number at every u.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.distributions import Distribution, constraints
from torch.nn.functional import softplus


class SquashedGaussian(Distribution):
    """Independent Gaussians for A coordinates, squashed by tanh; actions and densities are those of [-1, 1]^A.

    The environment's own scale is applied outside, so a log-probability means the same whatever the ``Box``.

    Args:
        mean: (..., A) of the Gaussian before tanh.
        log_std: (..., A) logarithm of its standard deviation.

    Source:
        Haarnoja et al. (2018a), arXiv 1801.01290, appendix C.
    """

    arg_constraints = {"log_std": constraints.independent(constraints.real, 1)}  # noqa: RUF012
    support = constraints.independent(constraints.interval(-1.0, 1.0), 1)
    has_rsample = True

    def __init__(self, mean: Tensor, log_std: Tensor, validate_args: bool | None = False) -> None:
        self._mean, self.log_std = mean, log_std
        super().__init__(mean.shape[:-1], mean.shape[-1:], validate_args=validate_args)

    @property
    def mode(self) -> Tensor:
        """(..., A) tanh of the Gaussian's mean: what the policy does when it is evaluated."""
        return torch.tanh(self._mean)

    def rsample_with_log_prob(self, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Draw an action and its log-probability without inverting tanh, both differentiable.

        Args:
            generator: where the noise comes from.

        Returns:
            action (..., A) and log_prob (...), in nats.
        """
        noise = torch.empty_like(self._mean).normal_(generator=generator)
        before = self._mean + self.log_std.exp() * noise
        log_gaussian = -0.5 * noise.square() - self.log_std - 0.5 * math.log(2 * math.pi)
        return torch.tanh(before), (log_gaussian - log_slope(before)).sum(-1)

    def at(self, noise: Tensor) -> Tensor:
        """The actions to which standard normal noise leads, (..., A) both, differentiable."""
        return torch.tanh(self._mean + self.log_std.exp() * noise)

    def rsample(self, sample_shape: torch.Size = torch.Size(), generator: torch.Generator | None = None) -> Tensor:  # noqa: B008
        """Draw actions, ``(*sample_shape, ..., A)``, differentiable."""
        shape = self._extended_shape(sample_shape)
        noise = torch.empty(shape, dtype=self._mean.dtype, device=self._mean.device).normal_(generator=generator)
        return self.at(noise)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log-density of actions in [-1, 1]^A, in nats.

        An action of exactly 1 came from no finite ``u``; the last ``u`` that the number format can tell is used.

        Args:
            value: (..., A).

        Returns:
            (...), summed over the coordinates.
        """
        inside = 1 - torch.finfo(value.dtype).eps  # u = 8.3 in float32
        before = torch.atanh(value.clamp(-inside, inside))
        noise = (before - self._mean) * (-self.log_std).exp()
        log_gaussian = -0.5 * noise.square() - self.log_std - 0.5 * math.log(2 * math.pi)
        return (log_gaussian - log_slope(before)).sum(-1)


def log_slope(before: Tensor) -> Tensor:
    """log(1 - tanh(u)^2), finite at every finite u."""
    return 2 * (math.log(2) - before - softplus(-2 * before))
