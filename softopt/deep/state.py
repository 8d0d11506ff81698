"""From parts to plain tensors and back: what a checkpoint holds of an agent.

Networks, optimisers, generators and buffers each know their own state in their own form. Here it becomes one flat
``name -> tensor``, which a safe file format can hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

ADAM = {"step", "exp_avg", "exp_avg_sq"}  # what the optimiser of every learner here keeps for a parameter


def pack(parts: Mapping[str, Any]) -> dict[str, Tensor]:
    """Flatten parts to ``part.entry -> tensor``.

    Args:
        parts: name -> module, optimiser, generator, tensor, or anything with ``state()`` and ``load_state()``.
    """
    return {f"{name}.{entry}": value for name, part in parts.items() for entry, value in _read(part).items()}


def unpack(parts: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Put a packed state back into parts of the same kinds and sizes.

    Raises:
        ValueError: an entry is missing or has another shape, with its name.
    """
    for name, part in parts.items():
        prefix = f"{name}."
        state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
        try:
            _write(part, state)
        except (KeyError, RuntimeError) as fault:
            raise ValueError(
                f"the checkpoint does not fit at {name!r} ({fault}); resume with the settings it was made with."
            ) from fault


def _read(part: Any) -> dict[str, Tensor]:
    if isinstance(part, nn.Module):
        return dict(part.state_dict())
    if isinstance(part, torch.optim.Optimizer):
        states = part.state_dict()["state"]
        return {f"{index}.{key}": value for index, entries in states.items() for key, value in entries.items()}
    if isinstance(part, torch.Generator):
        return {"state": part.get_state()}
    if isinstance(part, Tensor):
        return {"value": part.detach()}
    return part.state()


def _write(part: Any, state: dict[str, Tensor]) -> None:
    if isinstance(part, nn.Module):
        part.load_state_dict(state)
    elif isinstance(part, torch.optim.Optimizer):
        entries: dict[int, dict[str, Tensor]] = {}
        for key, value in state.items():
            index, entry = key.split(".")
            entries.setdefault(int(index), {})[entry] = value
        parameters = [parameter for group in part.param_groups for parameter in group["params"]]
        if entries and entries.keys() != set(range(len(parameters))):  # before its first step it holds nothing
            raise KeyError(f"{len(entries)} of {len(parameters)} parameters")
        for index, values in entries.items():
            if values.keys() != ADAM:
                raise KeyError(f"{index}: {', '.join(sorted(ADAM - values.keys()))}")
            for entry, value in values.items():
                if value.dim() and value.shape != parameters[index].shape:
                    raise RuntimeError(f"{index}.{entry} has the shape {tuple(value.shape)}")
        part.load_state_dict({"state": entries, "param_groups": part.state_dict()["param_groups"]})
    elif isinstance(part, torch.Generator):
        part.set_state(state["state"].cpu())
    elif isinstance(part, Tensor):
        with torch.no_grad():
            part.copy_(state["value"])
    else:
        part.load_state(state)
