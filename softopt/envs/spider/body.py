"""The spider's body: a sphere on four legs, the same after every quarter turn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, deviation
from softopt.envs.simulated import Simulated, rotation

FILE = Path(__file__).with_name("spider.xml")
FRAME_SKIP = 16  # sub-steps of 0.005 s: 12.5 steps a second
KEEP = 0.95  # share of the smoothed velocity that is kept at each step: an average over the last 1.6 s
ACTION_COST = 0.01
N_JOINTS = 8  # hip and knee of four legs
N_POSITION, N_VELOCITY = 7 + N_JOINTS, 6 + N_JOINTS
SIMULATED = N_POSITION + 2 * N_VELOCITY  # what follows in a state is the smoothed velocity
START_HEIGHT = 0.21  # metres, of the torso's middle


class SpiderBody(Simulated):
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

    An action is the angle that each hip and each knee is asked for, -1 to 1 for -0.5 to 0.5 rad: with larger angles and
    shorter legs it leaps, and rolls about on its back. The smoothed velocity is an exponential average,
    ``u <- 0.95 u + 0.05 v`` with v the way in a step by its time: what is paid is paid by this, since the velocity of a
    single step pays for shaking, and that of half a second for running in a circle.

    A state holds K = 45 numbers: 43 of :class:`softopt.envs.simulated.Simulated`, and u.

    Args:
        walls: what stands in the world, MJCF.
        sees_place: whether the place is observed.
        start_noise: standard deviation of the joints' first angles, rad; 0 starts always alike.
        render_mode: as in gymnasium.
    """

    metadata = Simulated.metadata | {"render_fps": 12}
    time_limit = 100

    def __init__(
        self,
        *,
        walls: str = "",
        sees_place: bool = False,
        start_noise: float = 0.0,
        render_mode: str | None = None,
    ) -> None:
        self.sees_place, self.start_noise = sees_place, deviation("start_noise", start_noise)
        super().__init__(
            FILE,
            observation_size=34 + 2 * sees_place,
            frame_skip=FRAME_SKIP,
            standing=walls,
            render_mode=render_mode,
        )

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

    def remember(self, before: Array, simulated: Array, action: Array) -> Array:
        """The smoothed velocity, (B, 2)."""
        velocity = (simulated[:, :2] - before[:, :2]) / self.dt
        return KEEP * before[:, SIMULATED:] + (1 - KEEP) * velocity
