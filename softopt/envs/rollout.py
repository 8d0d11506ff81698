"""A rollout: one recorded run of a body, small enough to be kept in a file and replayed in a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
KINDS = {"sphere": 1, "capsule": 2, "cylinder": 2, "ellipsoid": 3, "box": 3}  # kind -> how many lengths it has


@dataclass(frozen=True)
class Geom:
    """One shape of a body.

    Attributes:
        name: as in the model.
        kind: sphere, capsule, cylinder, ellipsoid or box.
        size: as in MuJoCo, metres: (radius,); (radius, half of the length between the ends); or three half axes.
        rgba: the colour that the model gives it, each part from 0 to 1.
        body: the body that carries it; ``world`` for what never moves.

    Raises:
        ValueError: a kind that is not known, or a size of another length or sign.
    """

    name: str
    kind: str
    size: tuple[float, ...]
    rgba: tuple[float, float, float, float]
    body: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"geom {self.name!r} is a {self.kind}; a rollout knows {', '.join(KINDS)}.")
        if len(self.size) != KINDS[self.kind] or not all(0 < length < np.inf for length in self.size):
            raise ValueError(
                f"geom {self.name!r}, a {self.kind}, needs {KINDS[self.kind]} positive lengths; got {self.size}."
            )


@dataclass(frozen=True, eq=False)
class Contact:
    """When one geom touched the ground.

    Attributes:
        name: what a reader calls it, as in "front foot".
        geom: the name of the geom.
        touching: (T * substeps,) booleans, one a sub-step of the physics.
    """

    name: str
    geom: str
    touching: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rollout:
    """One recorded run: T frames, frame t being the world after step t + 1, at the time ``(t + 1) * dt``.

    Everything about a step stands at the frame to which it led, so ``reward[:t + 1].sum()`` is the return that
    has been collected when frame t is reached.

    Attributes:
        geoms: G shapes.
        position: (T, G, 3) centres of the geoms, metres; z points up.
        orientation: (T, G, 4) unit quaternions (w, x, y, z).
        dt: seconds between frames.
        series: name -> (T,) or (T, K) numbers. The player and the film strip know ``reward`` (reward units),
            ``speed`` (m/s along x) and ``pitch`` (radians, nose up positive), each (T,).
        contacts: one entry for each geom that was watched.
        substeps: steps of the physics in a frame.
        ground: height of the ground, metres; None where there is none.
        title: who moves, as in "Random actions".
        subtitle: more about it, or nothing.

    Raises:
        ValueError: arrays whose shapes do not fit together, or poses that are not finite or no rotations.
    """

    geoms: tuple[Geom, ...]
    position: Array
    orientation: Array
    dt: float
    series: Mapping[str, Array] = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    substeps: int = 1
    ground: float | None = 0.0
    title: str = "Rollout"
    subtitle: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.dt < np.inf or self.substeps < 1:
            raise ValueError(f"dt and substeps must be positive, got {self.dt} s and {self.substeps}.")
        for name, parts in (("position", 3), ("orientation", 4)):
            given = np.asarray(getattr(self, name), dtype=np.float32)
            if given.ndim != 3 or given.shape[1:] != (len(self.geoms), parts) or given.size == 0:
                raise ValueError(f"{name} must have shape (T, {len(self.geoms)}, {parts}), got {given.shape}.")
            if not np.isfinite(given).all():
                frame = int(np.argmin(np.isfinite(given).all(axis=(1, 2))))
                raise ValueError(f"{name} is not finite at frame {frame}: the simulation broke down there.")
            object.__setattr__(self, name, given)
        if len(self.position) != len(self.orientation):
            raise ValueError(f"{len(self.position)} frames of positions and {len(self.orientation)} of orientations.")
        if not np.allclose(np.linalg.norm(self.orientation, axis=-1), 1.0, atol=1e-3):
            raise ValueError("orientation must hold unit quaternions (w, x, y, z).")
        object.__setattr__(self, "geoms", tuple(self.geoms))
        object.__setattr__(self, "series", {name: self._series(name, values) for name, values in self.series.items()})
        object.__setattr__(self, "contacts", tuple(self._contact(contact) for contact in self.contacts))

    def _series(self, name: str, values: Any) -> Array:
        given = np.asarray(values, dtype=np.float32)
        if given.ndim not in (1, 2) or len(given) != len(self):
            raise ValueError(f"series {name!r} must have {len(self)} rows, one a frame; got shape {given.shape}.")
        if name in ("reward", "speed", "pitch") and given.ndim != 1:
            raise ValueError(f"series {name!r} is one number a frame, shape ({len(self)},); got {given.shape}.")
        return given

    def _contact(self, contact: Contact) -> Contact:
        touching = np.asarray(contact.touching, dtype=np.bool_)
        if touching.shape != (len(self) * self.substeps,):
            raise ValueError(
                f"contact {contact.name!r} must have {len(self)} x {self.substeps} entries, one a sub-step; "
                f"got shape {touching.shape}."
            )
        if contact.geom not in {geom.name for geom in self.geoms}:
            raise ValueError(f"contact {contact.name!r} is of geom {contact.geom!r}, which is not in the rollout.")
        return Contact(contact.name, contact.geom, touching)

    def __len__(self) -> int:
        """Number of frames, T."""
        return len(self.position)

    @property
    def duration(self) -> float:
        """Time of the last frame, seconds."""
        return len(self) * self.dt

    @property
    def middle(self) -> Array:
        """(T, 3) mean position of the geoms that move, metres."""
        moving = [geom.body != "world" for geom in self.geoms]
        return self.position[:, moving if any(moving) else slice(None)].mean(axis=1)

    def save(self, path: str | Path) -> Path:
        """Write the rollout to one small file; see :mod:`softopt.envs.rollout_file` for what is rounded."""
        from softopt.envs.rollout_file import save

        return save(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> Rollout:
        """Read a rollout that :meth:`save` wrote.

        Raises:
            ValueError: the file is cut short, changed, or holds something else.
        """
        from softopt.envs.rollout_file import load

        return load(Path(path))
