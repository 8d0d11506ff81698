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
    """Resolve "auto": CUDA where there is one, else the CPU.

    Raises:
        ValueError: CUDA is asked for, and is not here; or as :func:`check_device`.
    """
    check_device(name)
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise ValueError(f'device is "{name}", and torch finds no such device here; "auto" takes what there is.')
    return name


def check_device(name: str) -> None:
    """Raise ValueError unless the name is "auto" or of a kind of device that torch knows, here or not."""
    if name == "auto":
        return
    try:
        torch.device(name)
    except (RuntimeError, TypeError) as fault:
        raise ValueError(f'device is "auto", "cpu", "cuda" or another that torch knows; got {name!r}.') from fault
