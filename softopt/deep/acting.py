"""A small policy at a single observation, in NumPy: there the bookkeeping of torch costs many times the arithmetic."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from softopt.deep.networks import LOG_STD, GaussianPolicy
from softopt.deep.running_normaliser import TINY, RunningNormaliser

Array = NDArray[np.float32]


class PolicyAtPoint:
    """A Gaussian policy behind a normaliser, for one observation at a time.

    It reads the numbers where the modules keep them, so it knows of every update and of every checkpoint loaded.

    Args:
        policy, normaliser: on the CPU.
    """

    def __init__(self, policy: GaussianPolicy, normaliser: RunningNormaliser) -> None:
        mlp = policy.mlp
        pairs = zip(mlp.weights, mlp.biases, strict=True)
        self._layers = [(weight.detach().numpy()[0], bias.detach().numpy()[0, 0]) for weight, bias in pairs]
        self._mean, self._variance = normaliser.mean.numpy(), normaliser.variance.numpy()
        self._limit = normaliser.limit

    def __call__(self, observation: Array) -> tuple[Array, Array]:
        """Mean and log standard deviation, (A,) each, before tanh; what ``policy(normaliser(observation))`` holds."""
        x = (observation - self._mean) / np.sqrt(self._variance + TINY)
        x = x.clip(-self._limit, self._limit).astype(np.float32)
        for layer, (weight, bias) in enumerate(self._layers):
            x = (x if layer == 0 else np.maximum(x, 0)) @ weight + bias
        half = len(x) // 2
        return x[:half], x[half:].clip(*LOG_STD)
