"""Checkpoints: one file, written beside the old one and then put in its place, read without running anything in it.

A file holds tensors (the safetensors format, which can carry no code) and a dictionary as JSON. At every moment, a
power cut included, the folder holds a whole checkpoint: the new one or the one before.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor


def write_checkpoint(path: Path, tensors: dict[str, Tensor], notes: dict[str, Any]) -> None:
    """Write a checkpoint; the one that is there stays until the new one is whole.

    Args:
        path: of the file, in a folder that exists.
        tensors: name -> tensor.
        notes: anything that JSON can hold.

    Raises:
        OSError: the disk is full or the folder cannot be written; the file that was there is untouched.
    """
    beside = path.with_name(f"{path.name}.part")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(tensors, beside, metadata={"notes": json.dumps(notes)})
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(beside, path)
    except (OSError, SafetensorError) as fault:
        beside.unlink(missing_ok=True)
        kept = f"The last good one is kept: {path}" if path.exists() else "There is none before it"
        raise OSError(f"the checkpoint could not be written ({fault}). {kept}. Make room and run it again.") from fault


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Return the tensors and the notes of a checkpoint.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is cut short or is something else.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no checkpoint {path}.")
    try:
        with safe_open(path, framework="pt") as file:
            notes = json.loads(file.metadata()["notes"])
            # Copies, since a tensor of the file keeps it mapped, and Windows replaces no file that is.
            return {name: file.get_tensor(name).clone() for name in file.keys()}, notes  # noqa: SIM118 - no dictionary
    except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as fault:
        raise ValueError(
            f"{path} is not a whole checkpoint of this course ({fault}). Delete it, and the run begins anew."
        ) from fault
