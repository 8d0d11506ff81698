"""The spider's body: a sphere on four legs, the same after every quarter turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from gymnasium.envs.mujoco import MujocoEnv
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, deviation, limited

FILE = Path(__file__).with_name("spider.xml")
WALLS = "<!-- walls -->"  # where a world puts what stands in it
FRAME_SKIP = 16  # sub-steps of 0.005 s: 12.5 steps a second
KEEP = 0.95  # share of the smoothed velocity that is kept at each step: an average over the last 1.6 s
ACTION_COST = 0.01
N_JOINTS = 8  # hip and knee of four legs
N_POSITION, N_VELOCITY = 7 + N_JOINTS, 6 + N_JOINTS
SIMULATED = N_POSITION + 2 * N_VELOCITY  # with MuJoCo's warm start, without which a step is not the same
START_HEIGHT = 0.26  # metres, of the torso's middle


class SpiderBody(MujocoEnv):
    """What the worlds of the spider share: body, actions, observations, and the smoothed velocity.

    | observed                  | numbers | unit             | turns with the world as                    |
    |---------------------------|---------|------------------|--------------------------------------------|
    | height of the torso       | 1       | m                | a number                                   |
    | orientation of the torso  | 9       | rotation matrix  | a matrix, from both sides                  |
    | velocity, in the world    | 3       | m/s              | a vector                                   |
    | turning rate, in the body | 3       | rad/s            | a vector                                   |
    | angles of hip, knee, x 4  | 8       | rad              | legs change places                         |
    | their rates               | 8       | 10 rad/s         | legs change places                         |
    | smoothed velocity (x, y)  | 2       | m/s              | a vector                                   |
    | place (x, y), some worlds | 2       | 5 m              |                                            |

    An action is the angle that each hip and each knee is asked for, -1 to 1 for -0.8 to 0.8 rad. The smoothed velocity
    is an exponential average, ``u <- 0.95 u + 0.05 v`` with v the way in a step by its time: what is paid is paid by
    this, since the velocity of a single step pays for shaking, and that of half a second for running in a circle.

    A state holds K = 45 numbers: MuJoCo's positions (x and y first), velocities and warm start, then u. As with
    :class:`softopt.envs.batched_env.BatchedEnv`, ``begin``, ``observe`` and ``advance`` are functions of many states,
    and ``step`` is the batch of one.

    Args:
        walls: what stands in the world, MJCF.
        sees_place: whether the place is observed.
        start_noise: standard deviation of the joints' first angles, rad; 0 starts always alike.
        render_mode: as in gymnasium.
    """

    metadata = {"render_modes": ["human", "rgb_array", "depth_array"], "render_fps": 12}  # noqa: RUF012
    time_limit = 100

    def __init__(
        self,
        *,
        walls: str = "",
        sees_place: bool = False,
        start_noise: float = 0.0,
        render_mode: str | None = None,
    ) -> None:
        self._xml = FILE.read_text(encoding="utf-8").replace(WALLS, walls)
        self.sees_place, self.start_noise = sees_place, deviation("start_noise", start_noise)
        self._state: Array | None = None
        seen = Box(-np.inf, np.inf, (34 + 2 * sees_place,), np.float32)
        super().__init__(str(FILE), FRAME_SKIP, seen, render_mode)
        self._batch = mujoco.MjData(self.model)

    def pay(self, state: Array, action: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Rewards (B,) of having come to states (B, K) by actions (B, 8), and whether the episodes end there (B,)."""
        raise NotImplementedError

    @property
    def level(self) -> Array:
        """The start without noise, (45,): at (0, 0), upright, all legs alike."""
        state = np.zeros(SIMULATED + 2)
        state[2], state[3] = START_HEIGHT, 1.0
        return state

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, 45)."""
        state = np.tile(self.level, (n, 1))
        state[:, 7:N_POSITION] += self.start_noise * generator.standard_normal((n, N_JOINTS))
        return state

    def observe(self, state: Array) -> NDArray[np.float32]:
        """What is seen of states (B, 45): (B, 34), or (B, 36) with the place."""
        position, velocity, smoothed = state[:, :N_POSITION], state[:, N_POSITION:SIMULATED], state[:, SIMULATED:]
        parts = [
            position[:, 2:3],
            rotation(position[:, 3:7]).reshape(-1, 9),
            velocity[:, :6],
            position[:, 7:],
            0.1 * velocity[:, 6:N_VELOCITY],
            smoothed,
        ]
        if self.sees_place:
            parts.append(0.2 * position[:, :2])
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

    def advance(
        self, state: Array, action: NDArray[Any], generator: np.random.Generator | None = None
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """One step of B episodes; see :class:`softopt.envs.batched_env.BatchedEnv`. The generator is not used."""
        action = limited(action, state, N_JOINTS)
        data, simulated = self._batch, np.empty((len(state), SIMULATED))
        for row, control, into in zip(state, action, simulated, strict=True):
            put(data, row)
            data.ctrl[:] = control
            mujoco.mj_step(self.model, data, FRAME_SKIP)
            into[:] = read(data)
        return self._arrive(state, simulated, action)

    def reset_model(self) -> NDArray[np.float32]:
        """Begin an episode."""
        self._state = self.begin(1, self.np_random)
        put(self.data, self._state[0])
        mujoco.mj_forward(self.model, self.data)
        self.data.qacc_warmstart[:] = 0
        return self.observe(self._state)[0]

    def step(self, action: NDArray[Any]) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Take one step of 0.08 s; never truncated here, because ``gymnasium.make`` counts the steps."""
        if self._state is None:
            raise ResetNeeded("an episode begins with reset(); call it before step().")
        control = limited(np.asarray(action)[None], self._state, N_JOINTS)
        self.do_simulation(control[0], self.frame_skip)
        self._state, reward, over = self._arrive(self._state, read(self.data)[None], control)
        if self.render_mode == "human":
            self.render()
        return self.observe(self._state)[0], float(reward[0]), bool(over[0]), False, self._get_reset_info()

    def _arrive(self, before: Array, simulated: Array, action: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
        """The next states, with the smoothed velocity, and what they pay."""
        velocity = (simulated[:, :2] - before[:, :2]) / self.dt
        smoothed = KEEP * before[:, SIMULATED:] + (1 - KEEP) * velocity
        state = np.concatenate([simulated, smoothed], axis=1)
        return state, *self.pay(state, action)

    def _get_reset_info(self) -> dict[str, Any]:
        return {"position": self._state[0, :2].copy()}

    def _initialize_simulation(self) -> tuple[mujoco.MjModel, mujoco.MjData]:
        model = mujoco.MjModel.from_xml_string(self._xml)
        model.vis.global_.offwidth, model.vis.global_.offheight = self.width, self.height
        return model, mujoco.MjData(model)


def put(data: mujoco.MjData, state: Array) -> None:
    """Bring a simulation to a state (K,)."""
    data.qpos[:], data.qvel[:] = state[:N_POSITION], state[N_POSITION : N_POSITION + N_VELOCITY]
    data.qacc_warmstart[:] = state[N_POSITION + N_VELOCITY : SIMULATED]


def read(data: mujoco.MjData) -> Array:
    """The simulated part of the state, (43,)."""
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
