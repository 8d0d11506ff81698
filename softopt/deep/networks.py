"""The networks: one multilayer perceptron, several copies of it side by side, and what is built from them.

Copies are stacked along a first axis, so that two critics cost one call in place of two. ``O`` is the length of an
observation, ``A`` of an action, ``B`` the batch, ``K`` the number of copies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from softopt.deep.squashed_gaussian import SquashedGaussian

LOG_STD = (-20.0, 2.0)  # bounds of the policy's log standard deviation (code of Haarnoja et al. 2018)


class Mlp(nn.Module):
    """K perceptrons of one shape, ReLU between their layers.

    Args:
        sizes: of the layers, input first and output last.
        copies: K.
        generator: of the first weights, uniform within 1 / sqrt(inputs) as in torch's own layers.

    Attributes:
        weights: for each layer (K, inputs, outputs).
        biases: for each layer (K, 1, outputs).
    """

    def __init__(self, sizes: Sequence[int], copies: int, generator: torch.Generator) -> None:
        super().__init__()
        self.sizes, self.copies = tuple(sizes), copies
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for inputs, outputs in pairwise(sizes):
            bound = 1 / math.sqrt(inputs)
            for parameters, rows in ((self.weights, inputs), (self.biases, 1)):
                fresh = torch.empty(copies, rows, outputs).uniform_(-bound, bound, generator=generator)
                parameters.append(nn.Parameter(fresh))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs) to (K, B, outputs)."""
        x = x.expand(self.copies, *x.shape)
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, x if layer == 0 else torch.relu(x), weight)
        return x


class GaussianPolicy(nn.Module):
    """A network that returns a distribution over actions.

    Args:
        observation_size, action_size: O and A.
        hidden: sizes of the hidden layers.
        generator: of the first weights.
    """

    def __init__(
        self, observation_size: int, action_size: int, hidden: Sequence[int], generator: torch.Generator
    ) -> None:
        super().__init__()
        self.mlp = Mlp([observation_size, *hidden, 2 * action_size], 1, generator)

    def forward(self, observation: Tensor) -> SquashedGaussian:
        """Map (B, O) to the policy there, a distribution over (B, A)."""
        mean, log_std = self.mlp(observation)[0].chunk(2, dim=-1)
        return SquashedGaussian(mean, log_std.clamp(*LOG_STD))


class DeterministicPolicy(nn.Module):
    """A network that returns one action, in [-1, 1]; arguments as for :class:`GaussianPolicy`."""

    def __init__(
        self, observation_size: int, action_size: int, hidden: Sequence[int], generator: torch.Generator
    ) -> None:
        super().__init__()
        self.mlp = Mlp([observation_size, *hidden, action_size], 1, generator)

    def forward(self, observation: Tensor) -> Tensor:
        """Map (B, O) to (B, A)."""
        return torch.tanh(self.mlp(observation)[0])


class TwinQ(nn.Module):
    """Q-functions of observation and action: two, or as many as ``copies`` says.

    The smaller of two is taken as an estimate that does not flatter itself (Fujimoto et al. 2018, eq. 10).
    """

    def __init__(
        self,
        observation_size: int,
        action_size: int,
        hidden: Sequence[int],
        generator: torch.Generator,
        copies: int = 2,
    ) -> None:
        super().__init__()
        self.mlp = Mlp([observation_size + action_size, *hidden, 1], copies, generator)

    def forward(self, observation: Tensor, action: Tensor) -> Tensor:
        """Map (B, O) and (B, A) to (K, B)."""
        return self.mlp(torch.cat([observation, action], dim=-1)).squeeze(-1)


class SamplingNetwork(nn.Module):
    """A network that turns noise into actions: a policy without a density, of any shape (Haarnoja et al. 2017, 4.2).

    It returns u, of which the action is tanh(u). The noise itself is added to what the network says of it: so the first
    draws are spread over all actions, and no peak is out of their reach. Arguments as for :class:`GaussianPolicy`.
    """

    def __init__(
        self, observation_size: int, action_size: int, hidden: Sequence[int], generator: torch.Generator
    ) -> None:
        super().__init__()
        self.mlp = Mlp([observation_size + action_size, *hidden, action_size], 1, generator)

    def forward(self, observation: Tensor, noise: Tensor) -> Tensor:
        """Map (B, O) and standard normal noise (B, N, A) to (B, N, A): N draws in each state."""
        there = observation.unsqueeze(1).expand(-1, noise.shape[1], -1)
        return noise + self.mlp(torch.cat([there, noise], -1).flatten(0, 1))[0].view(noise.shape)


@torch.no_grad()
def polyak(target: nn.Module, source: nn.Module, tau: float) -> None:
    """Move the target network a share ``tau`` of the way to its source."""
    torch._foreach_lerp_(list(target.parameters()), list(source.parameters()), tau)


class frozen:
    """Within this block the parameters get no gradient, though gradients pass through the network."""

    def __init__(self, module: nn.Module) -> None:
        self.parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]

    def __enter__(self) -> None:
        for parameter in self.parameters:
            parameter.requires_grad_(False)

    def __exit__(self, *exception: object) -> None:
        for parameter in self.parameters:
            parameter.requires_grad_(True)
