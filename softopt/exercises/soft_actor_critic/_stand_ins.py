"""What stands in for the networks of a SAC, so that the package's own losses answer a case, in float64."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from softopt.deep import Batch, SquashedGaussian


class Critic(nn.Module):
    """Critics given by any function of observation (B, O) and action (B, A) that returns (K, B)."""

    def __init__(self, answer: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.forward = answer


class TableCritic(nn.Module):
    """One critic, a table (S, A); observations and actions are indices (B,)."""

    def __init__(self, table: ArrayLike) -> None:
        super().__init__()
        self.table = nn.Parameter(numbers(table))

    def forward(self, state: Tensor, action: Tensor) -> Tensor:
        """Map states (B,) and actions (B,) to (1, B)."""
        return self.table[state, action][None]


class Drawn:
    """A policy that draws what the case says, action and log-probability."""

    def __init__(self, action: Tensor, log_prob: Tensor) -> None:
        self.drawn = action, log_prob

    def __call__(self, observation: Tensor) -> Drawn:
        """Return the distribution at any observation."""
        return self

    def rsample_with_log_prob(self, generator: Any) -> tuple[Tensor, Tensor]:
        """Return the action and the log-probability of the case."""
        return self.drawn


class WithNoise(SquashedGaussian):
    """The package's squashed Gaussian, its noise given by the case."""

    def __init__(self, mean: Tensor, log_std: Tensor, noise: Tensor) -> None:
        super().__init__(mean, log_std)
        self.noise = noise

    def __call__(self, observation: Tensor) -> WithNoise:
        """Return the distribution at any observation."""
        return self

    def rsample_with_log_prob(self, generator: Any) -> tuple[Tensor, Tensor]:
        """Return the action that the noise makes, and its log-probability, both differentiable."""
        action = torch.tanh(self._mean + self.log_std.exp() * self.noise)
        return action, self.log_prob(action)


def learner(policy: Any, critic: nn.Module, target_critic: nn.Module | None = None, discount: float = 1.0) -> Any:
    """Put together what ``critic_loss`` and ``policy_loss`` read of a SAC."""
    config = SimpleNamespace(discount=discount)
    return SimpleNamespace(policy=policy, critic=critic, target_critic=target_critic, config=config, generator=None)


def batch(
    reward: ArrayLike = 0.0,
    terminated: ArrayLike = False,
    observation: ArrayLike = 0.0,
    action: ArrayLike = 0.0,
    next_observation: ArrayLike = 0.0,
) -> Batch:
    """Make a batch of one transition; indices stay integers, all else becomes float64."""
    one = [torch.as_tensor([value]) for value in (observation, action, next_observation)]
    return Batch(one[0], one[1], numbers([reward]), one[2], numbers([terminated]))


def numbers(values: ArrayLike) -> Tensor:
    """Return a float64 tensor, a copy."""
    return torch.tensor(values, dtype=torch.float64)
