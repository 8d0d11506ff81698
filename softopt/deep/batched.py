"""What a lesson asks of a trained agent: actions in many states at once, and what they are worth."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float32]


class Batched:
    """For an agent with a ``critic``, a ``device``, a ``replay`` buffer and a method ``draw``."""

    def draw(self, observation: Tensor, noise: Tensor) -> Tensor:
        """The policy's actions (B, A) in B states (B, O), from standard normal noise (B, A) if it uses any."""
        raise NotImplementedError

    @torch.no_grad()
    def sample(self, observation: Array, generator: np.random.Generator) -> Array:
        """Draw an action (B, A) of the policy in each of B states (B, O); a deterministic one has but one."""
        noise = generator.standard_normal((len(observation), self.replay.sizes[1]), dtype=np.float32)
        return self.draw(*(torch.as_tensor(given, device=self.device) for given in (observation, noise))).cpu().numpy()

    @torch.no_grad()
    def q_values(self, observation: Array, action: Array) -> Array:
        """Q, (B,), of actions (B, A) in B states (B, O); the smaller one where there are two critics.

        Raises:
            ValueError: the agent comes from a recording without its critic.
        """
        if self.critic is None:
            raise ValueError(
                "this agent was recorded without its critic: it can act, and cannot say what actions are worth."
            )
        given = (torch.as_tensor(entry, device=self.device) for entry in (observation, action))
        return self.critic(*given).amin(0).cpu().numpy()
