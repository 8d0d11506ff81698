"""What every learner does with a loss, and where."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def adam(parameters: nn.Module | list, learning_rate: float) -> torch.optim.Adam:
    """Adam, each of its steps one pass over the memory."""
    if isinstance(parameters, nn.Module):
        parameters = list(parameters.parameters())
    return torch.optim.Adam(parameters, lr=learning_rate, fused=True)


def step(optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step of gradient descent."""
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def pick_device(name: str) -> str:
    """Resolve "auto": CUDA where there is one, else the CPU."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name
