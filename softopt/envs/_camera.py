"""What looks at a running simulation from outside: on data of its own, and between the steps of the physics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softopt.envs.rollout import KINDS, Contact, Geom, Rollout

GROUPS = 3  # MuJoCo shows the geom groups 0, 1 and 2 unless it is told otherwise


class Camera:
    """Records poses of the visible geoms, the course of a torso, and the contacts of feet.

    Args:
        world: the unwrapped environment.
        torso: name of the body whose course is recorded, or None.
        feet: what a reader calls it -> name of a geom.

    Raises:
        ValueError: an unknown body or geom, or a shape that a rollout does not know.
    """

    def __init__(self, world: Any, torso: str | None, feet: Mapping[str, str]) -> None:
        import mujoco

        self._mujoco, self._world, model = mujoco, world, world.model
        self._scratch = mujoco.MjData(model)
        self._torso = None if torso is None else _index(model.nbody, model.body, torso, "body")
        self._feet = {name: _index(model.ngeom, model.geom, geom, "geom") for name, geom in feet.items()}
        self._shown = [k for k in range(model.ngeom) if _visible(model, k)]
        self._geoms = tuple(_geom(mujoco, model, k) for k in self._shown)
        self._on_ground = model.geom_bodyid == 0
        self._positions: list[NDArray[Any]] = []
        self._axes: list[NDArray[Any]] = []
        self._place: list[NDArray[Any]] = []
        self._torso_axes: list[NDArray[Any]] = []
        self._touching: list[list[bool]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the physics take its sub-steps one by one, and look for contacts after each.

        ``do_simulation(ctrl, n)`` is the n-fold repetition of ``do_simulation(ctrl, 1)``, so the course of the
        world is the same. The instance's attribute hides the method until the film is over.
        """
        simulate = self._world.do_simulation

        def step_by_step(ctrl: Any, n_frames: int) -> None:
            for _ in range(n_frames):
                simulate(ctrl, 1)
                self._touching.append(self._contacts())

        if self._feet:
            self._world.do_simulation = step_by_step
        try:
            yield
        finally:
            self._world.__dict__.pop("do_simulation", None)

    def begin(self) -> None:
        """Note where the torso starts: the speed of the first step is measured from there."""
        self._touching.clear()  # a reset may simulate too
        self._pose()
        if self._torso is not None:
            self._place.append(self._scratch.xpos[self._torso].copy())

    def look(self) -> None:
        """Record one frame."""
        self._pose()
        self._positions.append(self._scratch.geom_xpos[self._shown].astype(np.float32))
        self._axes.append(self._scratch.geom_xmat[self._shown].reshape(-1, 3, 3))
        if self._torso is not None:
            self._place.append(self._scratch.xpos[self._torso].copy())
            self._torso_axes.append(self._scratch.xmat[self._torso].reshape(3, 3).copy())

    def rollout(self, frames: int, series: dict[str, Any], *, title: str, subtitle: str) -> Rollout:
        """Put the recorded frames together."""
        world, substeps = self._world, int(self._world.frame_skip)
        if self._torso is not None:
            place, axes = np.array(self._place[: frames + 1]), np.array(self._torso_axes[:frames])
            series |= {"place": place[1:], "speed": np.diff(place[:, 0]) / world.dt, "pitch": _pitch(axes)}
        touching = np.array(self._touching[: frames * substeps], dtype=bool).reshape(frames * substeps, -1)
        return Rollout(
            geoms=self._geoms,
            position=np.array(self._positions[:frames]),
            orientation=_quaternions(np.array(self._axes[:frames])),
            dt=float(world.dt),
            series={name: np.array(values[:frames], dtype=np.float32) for name, values in series.items()},
            contacts=tuple(
                Contact(name, _name(world.model, geom), touching[:, k])
                for k, (name, geom) in enumerate(self._feet.items())
            ),
            substeps=substeps,
            ground=_ground(self._mujoco, world.model),
            title=title,
            subtitle=subtitle,
        )

    def _pose(self) -> None:
        """Find the pose at this very state. The environment's own data still show the last sub-step's beginning."""
        data, scratch = self._world.data, self._scratch
        scratch.qpos[:] = data.qpos
        scratch.mocap_pos[:], scratch.mocap_quat[:] = data.mocap_pos, data.mocap_quat
        self._mujoco.mj_kinematics(self._world.model, scratch)

    def _contacts(self) -> list[bool]:
        contact = self._world.data.contact
        pairs = contact.geom[contact.exclude == 0]  # what is excluded carries no force
        on_ground = self._on_ground[pairs]
        touched = set(pairs[:, 0][on_ground[:, 1]]) | set(pairs[:, 1][on_ground[:, 0]])
        return [geom in touched for geom in self._feet.values()]


def _pitch(axes: NDArray[Any]) -> NDArray[Any]:
    """Return how far the x axis points up; the z axis tells upright from upside down. Without jumps over time."""
    level = np.hypot(axes[:, 0, 0], axes[:, 1, 0]) * np.where(axes[:, 2, 2] < 0, -1.0, 1.0)
    return np.unwrap(np.arctan2(axes[:, 2, 0], level))


def _quaternions(axes: NDArray[Any]) -> NDArray[np.float32]:
    """Return (T, G, 4) unit quaternions of (T, G, 3, 3) rotations, each on the same side as the one before."""
    from scipy.spatial.transform import Rotation

    found = Rotation.from_matrix(axes.reshape(-1, 3, 3)).as_quat(scalar_first=True).reshape(*axes.shape[:2], 4)
    turned = np.einsum("tgk,tgk->tg", found[1:], found[:-1]) < 0
    found[1:] *= np.where(np.cumsum(turned, axis=0) % 2, -1.0, 1.0)[..., None]
    return found.astype(np.float32)


def _name(model: Any, k: int) -> str:
    return model.geom(k).name or f"geom {k}"


def _index(count: int, get: Callable[[int], Any], name: str, what: str) -> int:
    names = [get(k).name for k in range(count)]
    if name not in names:
        raise ValueError(f"the model has no {what} {name!r}; it has {', '.join(filter(None, names))}.")
    return names.index(name)


def _colour(model: Any, k: int) -> NDArray[Any]:
    """A geom's own colour comes before that of its material; MuJoCo's default, half grey, is no colour."""
    own, material = model.geom_rgba[k], model.geom_matid[k]
    return model.mat_rgba[material] if material >= 0 and (own == (0.5, 0.5, 0.5, 1.0)).all() else own


def _visible(model: Any, k: int) -> bool:
    is_plane = model.geom_type[k] == 0
    return not is_plane and model.geom_group[k] < GROUPS and _colour(model, k)[3] > 0


def _geom(mujoco: Any, model: Any, k: int) -> Geom:
    kind = mujoco.mjtGeom(model.geom_type[k]).name.removeprefix("mjGEOM_").lower()
    size = tuple(float(length) for length in model.geom_size[k][: KINDS.get(kind, 0)])
    rgba = tuple(float(part) for part in _colour(model, k))
    return Geom(_name(model, k), kind, size, rgba, model.body(model.geom_bodyid[k]).name)


def _ground(mujoco: Any, model: Any) -> float | None:
    planes = np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE)
    return float(model.geom_pos[planes[0], 2]) if planes.size else None
