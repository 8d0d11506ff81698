"""A rollout as a file: safetensors, with poses rounded to 16 bits, and a checksum. Nothing in it is executed.

A centre is kept as a float32 mean over the geoms of its frame and an int16 offset from it, so a body that has
run for a kilometre is as exact as one that stands: the error is at most half a step, the largest offset / 65534
(15 micrometres for a body within half a metre of its middle). A part of a quaternion is off by at most 1 / 65534,
an orientation by less than 0.01 degrees.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softopt.envs.rollout import Contact, Geom, Rollout

LEVELS = 32767  # of an int16, on each side of zero
FORMAT = 1
Arrays = Mapping[str, NDArray[Any]]


def pack(rollout: Rollout) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return a rollout as a description that JSON can hold and a few small arrays.

    Returns:
        The description; and the arrays ``middle`` float32 (T, 3), ``offset`` int16 (T, G, 3) in units of the
        description's ``step``, ``orientation`` int16 (T, G, 4) in units of 1 / 32767, ``contacts`` uint8
        (N, T * substeps), and ``series/NAME`` float32.
    """
    middle = rollout.position.mean(axis=1, dtype=np.float64).astype(np.float32)
    offset = rollout.position.astype(np.float64) - middle[:, None]
    step = max(float(np.abs(offset).max()), 1e-9) / LEVELS
    unit = rollout.orientation / np.linalg.norm(rollout.orientation, axis=-1, keepdims=True)
    touching = [contact.touching for contact in rollout.contacts]
    description = {
        "format": FORMAT,
        "title": rollout.title,
        "subtitle": rollout.subtitle,
        "dt": rollout.dt,
        "substeps": rollout.substeps,
        "ground": rollout.ground,
        "step": step,
        "geoms": [asdict(geom) for geom in rollout.geoms],
        "contacts": [{"name": contact.name, "geom": contact.geom} for contact in rollout.contacts],
    }
    arrays = {
        "middle": middle,
        "offset": np.round(offset / step).astype(np.int16),
        "orientation": np.round(unit * LEVELS).astype(np.int16),
        "contacts": np.array(touching, dtype=np.uint8).reshape(len(touching), len(rollout) * rollout.substeps),
        **{f"series/{name}": values for name, values in rollout.series.items()},
    }
    return description, arrays


def unpack(description: Mapping[str, Any], arrays: Arrays) -> Rollout:
    """Return the rollout that :func:`pack` took apart, within the errors that the module states."""
    orientation = arrays["orientation"].astype(np.float32)
    rows = zip(description["contacts"], arrays["contacts"], strict=True)
    return Rollout(
        geoms=tuple(
            Geom(**{**geom, "size": tuple(geom["size"]), "rgba": tuple(geom["rgba"])}) for geom in description["geoms"]
        ),
        position=arrays["middle"][:, None] + arrays["offset"].astype(np.float64) * description["step"],
        orientation=orientation / np.maximum(np.linalg.norm(orientation, axis=-1, keepdims=True), 1.0),
        dt=description["dt"],
        series={name[len("series/") :]: values for name, values in arrays.items() if name.startswith("series/")},
        contacts=tuple(Contact(row["name"], row["geom"], touching != 0) for row, touching in rows),
        substeps=description["substeps"],
        ground=description["ground"],
        title=description["title"],
        subtitle=description["subtitle"],
    )


def save(rollout: Rollout, path: Path) -> Path:
    """Write a rollout and return the path."""
    from safetensors.numpy import save as serialize

    description, arrays = pack(rollout)
    text = json.dumps(description, ensure_ascii=False)
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    # One entry, because safetensors writes several in any order: the same rollout makes the same file.
    path.write_bytes(serialize(arrays, metadata={"rollout": f"{_checksum(text, arrays)} {text}"}))
    return path


def load(path: Path) -> Rollout:
    """Read a rollout.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is cut short, changed, or holds something else.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise FileNotFoundError(f"there is no rollout at {path}.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
    except (SafetensorError, OSError) as fault:
        raise ValueError(f"{path} is cut short or no rollout ({fault}); fetch it or film it again.") from None
    checksum, _, text = metadata.get("rollout", "").partition(" ")
    if not text:
        raise ValueError(f"{path} holds no rollout; Rollout.load reads only what Rollout.save wrote.")
    if checksum != _checksum(text, arrays):
        raise ValueError(f"{path} was changed after it was written: its checksum differs; fetch it or film it again.")
    description = json.loads(text)
    if description["format"] != FORMAT:
        raise ValueError(
            f"{path} has format {description['format']}, this version reads format {FORMAT}; update softopt."
        )
    return unpack(description, arrays)


def _checksum(text: str, arrays: Arrays) -> str:
    """SHA-256 of everything in the file that means something."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
