"""The soft value of continuous actions, V = T log of the integral of exp(Q / T), from samples.

An integral over actions is a mean of exp(Q / T) / q over actions drawn from a density q, any that is nowhere zero:
importance sampling (Haarnoja et al. 2017, eq. 10). The estimate of Z = exp(V / T) is unbiased; that of V is too low,
because the logarithm of a mean of few is on average below the logarithm of the mean of all. Actions lie in [-1, 1]^A.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from softopt.deep.squashed_gaussian import log_slope


def soft_value(q: Tensor, log_proposal: Tensor, temperature: float) -> Tensor:
    """V = T log mean_j exp(Q_j / T) / q_j, with no overflow at any temperature (2017, eq. 10).

    Args:
        q: (..., M) Q of the drawn actions, in reward units.
        log_proposal: (..., M) logarithm of the density from which each was drawn.
        temperature: T, above zero.

    Returns:
        (...), in reward units.
    """
    log_weight = q / temperature - log_proposal
    return temperature * (torch.logsumexp(log_weight, -1) - math.log(q.shape[-1]))


def uniform_proposal(size: tuple[int, ...], generator: torch.Generator, like: Tensor) -> tuple[Tensor, Tensor]:
    """Draw actions uniformly.

    Args:
        size: (..., M, A).
        generator: where they come from.
        like: a tensor of the device and type wanted.

    Returns:
        actions (..., M, A) and their log-density (..., M), which is minus the log-volume, -A log 2.
    """
    action = like.new_empty(size).uniform_(-1, 1, generator=generator)
    return action, like.new_full(size[:-1], -size[-1] * math.log(2))


def mixture_proposal(
    particles: Tensor, n_draws: int, bandwidth: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw half of the actions uniformly, half close to given particles, each with its density under the whole.

    The second half is a kernel density estimate: a Gaussian around each particle, before tanh. Because the first half
    reaches everywhere, no weight 1 / q is above 2^(A + 1); because the second half is where Q is high, few are wasted.

    Args:
        particles: (..., N, A) real numbers u, of which the actions are tanh(u).
        n_draws: M, an even number; as many from one half as from the other.
        bandwidth: standard deviation of the Gaussians, in units of u.
        generator: where the draws come from.

    Returns:
        actions (..., M, A) and their log-density (..., M) under the mixture.
    """
    *rows, n_particles, n_actions = particles.shape
    half = n_draws // 2
    uniform = particles.new_empty(*rows, n_draws - half, n_actions).uniform_(-1, 1, generator=generator)
    chosen = torch.randint(n_particles, (*rows, half, 1), generator=generator, device=particles.device)
    noise = particles.new_empty(*rows, half, n_actions).normal_(generator=generator)
    near = particles.gather(-2, chosen.expand(*rows, half, n_actions)) + bandwidth * noise
    before = torch.cat([torch.atanh(uniform.clamp(-1 + 1e-6, 1 - 1e-6)), near], -2)  # (..., M, A)
    return torch.tanh(before), mixture_log_density(before, particles, bandwidth)


def mixture_log_density(before: Tensor, particles: Tensor, bandwidth: float) -> Tensor:
    """Log-density of the actions tanh(u) under the mixture: half uniform, half a kernel density around the particles.

    Args:
        before: (..., M, A) real numbers u.
        particles: (..., N, A) and bandwidth: as for :func:`mixture_proposal`.

    Returns:
        (..., M), in nats for a volume of actions, not of u; never below -(A + 1) log 2.
    """
    n_particles, n_actions = particles.shape[-2:]
    log_uniform = -n_actions * math.log(2)
    away = (before.unsqueeze(-2) - particles.unsqueeze(-3)) / bandwidth  # (..., M, N, A)
    log_gaussian = -0.5 * away.square().sum(-1) - n_actions * math.log(bandwidth * math.sqrt(2 * math.pi))
    log_kernel = torch.logsumexp(log_gaussian, -1) - math.log(n_particles) - log_slope(before).sum(-1)
    return torch.logaddexp(log_kernel, torch.full_like(log_kernel, log_uniform)) - math.log(2)
