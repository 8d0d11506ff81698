"""Small rollouts made by hand: a block on two feet that glides along x, for tests that need no physics."""

from __future__ import annotations

from typing import Any

import numpy as np

from softopt.envs import Contact, Geom, Rollout

GEOMS = (
    Geom("trunk", "capsule", (0.08, 0.4), (0.8, 0.6, 0.4, 1.0), "torso"),
    Geom("back", "capsule", (0.05, 0.2), (0.9, 0.6, 0.6, 1.0), "back"),
    Geom("front", "box", (0.05, 0.05, 0.25), (0.9, 0.6, 0.6, 1.0), "front"),
)
LYING = (np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0)  # the z axis of the geom along the world's x


def glider(frames: int = 40, speed: float = 1.0, dt: float = 0.05, heading: float = 0.0, **changes: Any) -> Rollout:
    """A body that glides at ``speed`` m/s while its feet take turns on the ground."""
    time = dt * np.arange(1, frames + 1)
    way = speed * time[:, None] * np.array([np.cos(heading), np.sin(heading), 0.0])
    position = way[:, None] + np.array([[0.0, 0.0, 0.6], [-0.35, 0.0, 0.25], [0.35, 0.0, 0.25]])
    orientation = np.tile([LYING, (1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)], (frames, 1, 1))
    steps = np.arange(frames * 5)
    whole = {
        "geoms": GEOMS,
        "position": position,
        "orientation": orientation,
        "dt": dt,
        "series": {
            "reward": np.full(frames, 0.5),
            "speed": np.full(frames, speed),
            "pitch": np.radians(12 * np.sin(3 * time)),
        },
        "contacts": (
            Contact("back foot", "back", steps % 40 < 20),
            Contact("front foot", "front", steps % 40 >= 20),
        ),
        "substeps": 5,
        "title": "Glider",
        "subtitle": f"{speed:g} m/s",
    }
    return Rollout(**{**whole, **changes})
