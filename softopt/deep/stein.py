"""Stein variational gradient descent: particles that move to a density known up to its normaliser, and keep apart.

Each particle follows the slope of the log-density, averaged over its neighbours, and is pushed away from them. Without
the push all would end on the nearest peak; with it they spread over the density (Liu and Wang 2016, arXiv 1608.04471).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def stein_direction(fixed: Tensor, score: Tensor, moved: Tensor) -> tuple[Tensor, Tensor]:
    """The direction in which a particle's density approaches exp(log p) fastest (Liu and Wang 2016, eq. 8).

    For the particle x, over the N fixed ones y:  mean [ k(y, x) score(y) + grad_y k(y, x) ], where
    k(y, x) = exp(-|y - x|^2 / h). In Haarnoja et al. 2017 it is eq. 13, divided by the temperature.

    Args:
        fixed: (..., N, A) particles y over which the mean is taken.
        score: (..., N, A) slope of log p at each of them.
        moved: (..., M, A) particles x; they may be the fixed ones.

    Returns:
        The direction (..., M, A), and its repulsive part, the one from the kernel's slope, (..., M, A).
    """
    apart = moved.unsqueeze(-2) - fixed.unsqueeze(-3)  # (..., M, N, A)
    squared = apart.square().sum(-1)
    bandwidth = median_bandwidth(squared)[..., None, None]
    kernel = torch.exp(-squared / bandwidth)
    n_fixed = fixed.shape[-2]
    attraction = kernel @ score / n_fixed
    # grad_y exp(-|x - y|^2 / h) = 2 (x - y) / h * k: it points from y to x
    repulsion = (kernel.unsqueeze(-1) * apart).sum(-2) * (2 / (n_fixed * bandwidth))
    return attraction + repulsion, repulsion


def median_bandwidth(squared: Tensor) -> Tensor:
    """The bandwidth h with which the N fixed particles together weigh about as much as the one at hand.

    h = median of the squared distances / log(N + 1): that of Liu and Wang (2016, section 5), who divide by log N, which
    is 0 for a single particle.

    Args:
        squared: (..., M, N) squared distances.

    Returns:
        (...), above zero even where all particles coincide.
    """
    middle = squared.flatten(-2).median(-1).values
    return (middle / math.log(squared.shape[-1] + 1)).clamp_min(1e-6)
