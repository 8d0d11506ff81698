"""A MuJoCo world whose dynamics are functions of many states at once, as those of the points of the plane are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from gymnasium.envs.mujoco import MujocoEnv
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, limited

STANDING = "<!-- what stands here -->"  # where a world puts its walls, steps and marks


class Simulated(MujocoEnv):
    """What the bodies of this course share: ``begin``, ``observe`` and ``advance``, and the batch of one as an episode.

    A state (K,) holds MuJoCo's positions (x and y first), its velocities and its warm start, without which a step would
    not be the same to the last digit, and then what the world remembers of earlier steps. A subclass writes

    - ``level``: the state to start from, without noise;
    - ``begin(n, generator)``: draws n starting states (n, K);
    - ``observe(state)``: what an agent sees of B states (B, K), as float32 (B, O);
    - ``remember(before, simulated, action)``: what is remembered after a step, (B, M), from the states before it, the
      simulated part after it, and the actions;
    - ``pay(before, state, action)``: rewards (B,) of a step, and whether the episodes end with it, (B,).

    Actions are in [-1, 1], one number an actuator.

    Args:
        file: the body, MJCF.
        observation_size: O.
        frame_skip: sub-steps of the physics in a step.
        standing: what stands in the world, MJCF.
        render_mode: as in gymnasium.

    Attributes:
        simulated: how many numbers of a state belong to MuJoCo; the others are remembered.
    """

    metadata = {"render_modes": ["human", "rgb_array", "depth_array"]}  # noqa: RUF012
    time_limit: int

    def __init__(
        self, file: Path, *, observation_size: int, frame_skip: int, standing: str = "", render_mode: str | None = None
    ) -> None:
        self._xml = file.read_text(encoding="utf-8").replace(STANDING, standing)
        self._state: Array | None = None
        seen = Box(-np.inf, np.inf, (observation_size,), np.float32)
        super().__init__(str(file), frame_skip, seen, render_mode)
        self.simulated = self.model.nq + 2 * self.model.nv
        self._batch = mujoco.MjData(self.model)

    @property
    def state(self) -> Array:
        """The state of the episode that is going on, (K,).

        Raises:
            gymnasium.error.ResetNeeded: none has begun.
        """
        if self._state is None:
            raise ResetNeeded("an episode begins with reset(); before it there is no state.")
        return self._state[0].copy()

    @property
    def level(self) -> Array:
        """The start without noise, (K,)."""
        raise NotImplementedError

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, K)."""
        raise NotImplementedError

    def observe(self, state: Array) -> NDArray[np.float32]:
        """What an agent sees of states (B, K): (B, O)."""
        raise NotImplementedError

    def remember(self, before: Array, simulated: Array, action: Array) -> Array:
        """What is remembered after a step, (B, M)."""
        raise NotImplementedError

    def pay(self, before: Array, state: Array, action: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Rewards (B,) of a step from states ``before`` to ``state``, both (B, K), and whether the episodes end."""
        raise NotImplementedError

    def disturb(self, data: mujoco.MjData, state: Array) -> None:
        """What else acts on a simulation during the step from a state (K,); nothing, unless a subclass says so."""

    def advance(
        self, state: Array, action: NDArray[Any], generator: np.random.Generator | None = None
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """One step of B episodes; see :class:`softopt.envs.batched_env.BatchedEnv`. The generator is not used.

        Raises:
            FloatingPointError: the simulation has diverged.
        """
        action = limited(action, state, self.model.nu)
        simulated = np.empty((len(state), self.simulated))
        for row, control, into in zip(state, action, simulated, strict=True):
            self._put(self._batch, row)
            self._batch.ctrl[:] = control
            self.disturb(self._batch, row)
            mujoco.mj_step(self.model, self._batch, self.frame_skip)
            into[:] = read(self._batch)
        return self._arrive(state, simulated, action)

    def reset_model(self) -> NDArray[np.float32]:
        """Begin an episode."""
        self._state = self.begin(1, self.np_random)
        self._put(self.data, self._state[0])
        mujoco.mj_forward(self.model, self.data)
        self._put(self.data, self._state[0])
        return self.observe(self._state)[0]

    def step(self, action: NDArray[Any]) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Take one step; never truncated here, because ``gymnasium.make`` counts the steps."""
        if self._state is None:
            raise ResetNeeded("an episode begins with reset(); call it before step().")
        control = limited(np.asarray(action)[None], self._state, self.model.nu)
        self.disturb(self.data, self._state[0])
        self.do_simulation(control[0], self.frame_skip)
        self._state, reward, over = self._arrive(self._state, read(self.data)[None], control)
        if self.render_mode == "human":
            self.render()
        return self.observe(self._state)[0], float(reward[0]), bool(over[0]), False, self._get_reset_info()

    def _arrive(self, before: Array, simulated: Array, action: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        if not np.isfinite(simulated).all():
            raise FloatingPointError(
                f"the simulation of {type(self).__name__} has diverged: after this step the body is nowhere. Begin "
                "again with reset(); if it happens often, the forces are too large for its time step."
            )
        state = np.concatenate([simulated, self.remember(before, simulated, action)], axis=1)
        return state, *self.pay(before, state, action)

    def _put(self, data: mujoco.MjData, state: Array) -> None:
        nq, nv = self.model.nq, self.model.nv
        data.qpos[:], data.qvel[:] = state[:nq], state[nq : nq + nv]
        data.qacc_warmstart[:] = state[nq + nv : self.simulated]

    def _get_reset_info(self) -> dict[str, Any]:
        return {"position": self._state[0, :2].copy()}

    def _initialize_simulation(self) -> tuple[mujoco.MjModel, mujoco.MjData]:
        model = mujoco.MjModel.from_xml_string(self._xml)
        model.vis.global_.offwidth, model.vis.global_.offheight = self.width, self.height
        return model, mujoco.MjData(model)


def read(data: mujoco.MjData) -> Array:
    """The simulated part of a state."""
    return np.concatenate([data.qpos, data.qvel, data.qacc_warmstart])


def rotation(quaternion: Array) -> Array:
    """Rotation matrices (B, 3, 3), body to world, of unit quaternions (B, 4), w first."""
    w, x, y, z = quaternion.T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.moveaxis(np.array(rows), -1, 0)
