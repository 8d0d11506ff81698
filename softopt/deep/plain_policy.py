"""A policy with one width for all observations, and a fast way to ask a small policy about one of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from softopt.deep.networks import LOG_STD, GaussianPolicy, Mlp
from softopt.deep.running_normaliser import TINY, RunningNormaliser
from softopt.deep.squashed_gaussian import SquashedGaussian

Array = NDArray[np.float32]
FIRST = (
    0.01  # the last layer's first weights are shrunk to this share: nowhere a taste yet, everywhere the same chances
)


class PlainPolicy(nn.Module):
    """A squashed Gaussian whose middle depends on the observation and whose width does not.

    A width for each state lets a policy gradient become sure, for good, wherever luck was first; a common one keeps
    some noise everywhere until all states can do with less.

    Args:
        observation_size, action_size: O and A.
        hidden: sizes of the hidden layers.
        generator: of the first weights.

    Attributes:
        log_std: (A,) logarithm of the standard deviation before tanh.

    Source:
        Andrychowicz et al. (2021), arXiv 2006.05990, section 3.2: small last layer, common width.
    """

    def __init__(
        self, observation_size: int, action_size: int, hidden: Sequence[int], generator: torch.Generator
    ) -> None:
        super().__init__()
        self.mlp = Mlp([observation_size, *hidden, action_size], 1, generator)
        with torch.no_grad():
            self.mlp.weights[-1] *= FIRST
            self.mlp.biases[-1] *= FIRST
        self.log_std = nn.Parameter(torch.zeros(action_size))

    def forward(self, observation: Tensor) -> SquashedGaussian:
        """Map (B, O) to the policy there, a distribution over (B, A)."""
        mean = self.mlp(observation)[0]
        return SquashedGaussian(mean, self.log_std.clamp(*LOG_STD).expand_as(mean))


class PolicyAtPoint:
    """A policy behind a normaliser at one observation, in NumPy: there torch's bookkeeping costs many times the sums.

    It reads the numbers where the modules keep them, so it knows of every update and of every checkpoint loaded.

    Args:
        policy, normaliser: on the CPU.
    """

    def __init__(self, policy: PlainPolicy | GaussianPolicy, normaliser: RunningNormaliser) -> None:
        pairs = zip(policy.mlp.weights, policy.mlp.biases, strict=True)
        self._layers = [(weight.detach().numpy()[0], bias.detach().numpy()[0, 0]) for weight, bias in pairs]
        self._log_std = policy.log_std.detach().numpy() if isinstance(policy, PlainPolicy) else None
        self._mean, self._variance = normaliser.mean.numpy(), normaliser.variance.numpy()
        self._limit = normaliser.limit

    def __call__(self, observation: Array) -> tuple[Array, Array]:
        """Mean and log standard deviation, (A,) each, before tanh; what ``policy(normaliser(observation))`` holds."""
        x = (observation - self._mean) / np.sqrt(self._variance + TINY)
        x = x.clip(-self._limit, self._limit).astype(np.float32)
        for layer, (weight, bias) in enumerate(self._layers):
            x = (x if layer == 0 else np.maximum(x, 0)) @ weight + bias
        mean, log_std = np.split(x, 2) if self._log_std is None else (x, self._log_std)
        return mean, log_std.clip(*LOG_STD)
