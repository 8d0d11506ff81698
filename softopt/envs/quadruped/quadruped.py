"""A small quadruped that learns to walk on the flat (7:53), and meets slopes, blocks and stairs afterwards (8:47)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, deviation
from softopt.envs.quadruped.frame import forward_speed
from softopt.envs.quadruped.terrain import Terrain
from softopt.envs.simulated import Simulated, rotation

FILE = Path(__file__).with_name("quadruped.xml")
FRAME_SKIP = 5  # sub-steps of 0.004 s: 50 steps a second
N_JOINTS = 8
N_POSITION, N_VELOCITY = 7 + N_JOINTS, 6 + N_JOINTS
SIMULATED = N_POSITION + 2 * N_VELOCITY
PAST = 5  # steps that are remembered, and observed
SENSED = N_JOINTS + 6
ROW = SENSED + N_JOINTS  # what is sensed, and the action before it
START_HEIGHT = 0.24  # metres, of the trunk's middle
KEEP = 0.9  # share of the smoothed speed that is kept at each step: an average over the last 0.2 s
CAP = 1.0  # m/s; faster is paid less, or it lunges, and runs away down a slope
JERK_COST, LEAN_COST, TILT_COST, YAW_COST = 0.05, 1.0, 3.0, 1.0
LEAN = 0.5  # share of its range from which on a swung leg costs: it would fold all legs back and hop on them
FALL_COST = 5.0  # once; what is still to come is worth more, to an agent that walks
FALLEN = 0.5  # cosine of the tilt, 60 degrees
LOWEST = 0.1  # metres of the trunk above the ground


class Quadruped(Simulated):
    """A quadruped, ``softopt/Quadruped-v0``: walk straight ahead.

    | sensed                            | numbers | unit                                      |
    |-----------------------------------|---------|-------------------------------------------|
    | swing and extension of four legs  | 8       | 0.6 rad and 0.05 m                        |
    | roll, pitch                       | 2       | rad                                       |
    | their rates                       | 2       | 10 rad/s                                  |
    | sine and cosine of the heading    | 2       |                                           |

    Observation: what is sensed, and the action before it, at this and the four steps before, the latest first: 110
    numbers. Neither place nor speed is among them, as on the robot; speed shows in the motions.

    Action: where each swing hinge (-0.6 to 0.6 rad) and each extension (-5 to 5 cm) is to be, -1 to 1; legs in the
    order front left, front right, back left, back right.

    Reward: ``1 - |u - 1| - 0.05 |a - a'|^2 - lean - 3 (1 - cos tilt) - (1 - cos heading)``, less 5 when it falls.
    Here u is the smoothed speed of the trunk along its own heading, m/s; a' is the action before; and lean is the sum
    over the legs of the square of what their swing, as a share of 0.6 rad, has beyond a half. Nothing is paid for being
    alive: for that it would learn to stand still.

    Termination: it has fallen, which is a tilt beyond 60 degrees, or a trunk lower than 10 cm above the ground.
    Truncation: after 500 steps (10 s).

    A state holds 154 numbers: 43 of :class:`softopt.envs.simulated.Simulated`, u, and the 110 observed.

    Args:
        terrain: ``flat``, ``slope_up``, ``slope_down``, ``blocks``, ``stairs_up`` or ``stairs_down``, one metre ahead.
        steepness: degrees of a slope, height in metres of a step or of the highest block.
        depth: of a step, metres.
        terrain_seed: of the blocks.
        start_noise: standard deviation of the joints' first positions, in their own units.
        render_mode: as in gymnasium.

    Raises:
        ValueError: a terrain that there is not, or numbers out of range.
    """

    metadata = Simulated.metadata | {"render_fps": 50}
    time_limit = 500

    def __init__(
        self,
        *,
        terrain: str = "flat",
        steepness: float = 0.0,
        depth: float = 0.3,
        terrain_seed: int = 0,
        start_noise: float = 0.05,
        render_mode: str | None = None,
    ) -> None:
        self.terrain = Terrain(terrain, steepness, depth, int(terrain_seed))
        self.start_noise = deviation("start_noise", start_noise)
        super().__init__(
            FILE,
            observation_size=PAST * ROW,
            frame_skip=FRAME_SKIP,
            standing=self.terrain.mjcf(),
            render_mode=render_mode,
        )

    @property
    def level(self) -> Array:
        """The start without noise, (154,): standing at (0, 0), looking along x."""
        return self._remembering(self._standing(1))[0]

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, 154)."""
        state = self._standing(n)
        scale = np.tile([0.6, 0.05], 4)
        state[:, 7:N_POSITION] += self.start_noise * scale * generator.standard_normal((n, N_JOINTS))
        return self._remembering(state)

    def observe(self, state: Array) -> NDArray[np.float32]:
        """What is seen of states (B, 154): (B, 110)."""
        return state[:, SIMULATED + 1 :].astype(np.float32)

    def remember(self, before: Array, simulated: Array, action: Array) -> Array:
        """The smoothed speed, and the last five rows of what was sensed and done, (B, 111)."""
        speed = forward_speed(simulated[:, :2] - before[:, :2], heading(simulated), self.dt)
        smoothed = KEEP * before[:, SIMULATED] + (1 - KEEP) * speed
        row = np.concatenate([sensed(simulated), action], axis=1)
        return np.concatenate([smoothed[:, None], row, before[:, SIMULATED + 1 : -ROW]], axis=1)

    def pay(self, before: Array, state: Array, action: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Speed along the heading, less haste, jerk, lean, tilt, a turned heading, and a fall."""
        upright = rotation(state[:, 3:7])[:, 2, 2]
        lean = ((np.abs(state[:, 7:N_POSITION:2]) / 0.6 - LEAN).clip(0) ** 2).sum(axis=1)
        jerk = ((action - before[:, SIMULATED + 1 + SENSED : SIMULATED + 1 + ROW]) ** 2).sum(axis=1)
        reward = (
            CAP
            - np.abs(state[:, SIMULATED] - CAP)
            - JERK_COST * jerk
            - LEAN_COST * lean
            - TILT_COST * (1 - upright)
            - YAW_COST * (1 - np.cos(heading(state)))
        )
        low = state[:, 2] - self.terrain.height(state[:, 0]) < LOWEST
        fallen = (upright < FALLEN) | low
        return reward - FALL_COST * fallen, fallen

    def _standing(self, n: int) -> Array:
        state = np.zeros((n, SIMULATED))
        state[:, 2], state[:, 3] = START_HEIGHT, 1.0
        return state

    def _remembering(self, simulated: Array) -> Array:
        """States as if they had stood like this for long."""
        row = np.concatenate([sensed(simulated), np.zeros((len(simulated), N_JOINTS))], axis=1)
        return np.concatenate([simulated, np.zeros((len(simulated), 1)), np.tile(row, (1, PAST))], axis=1)


def heading(state: Array) -> Array:
    """Which way the trunk looks, radians counterclockwise from the x axis, (B,)."""
    axes = rotation(state[:, 3:7])
    return np.arctan2(axes[:, 1, 0], axes[:, 0, 0])


def sensed(state: Array) -> Array:
    """What the robot's own sensors say, (B, 14)."""
    axes = rotation(state[:, 3:7])
    roll, pitch = np.arctan2(axes[:, 2, 1], axes[:, 2, 2]), -np.arcsin(axes[:, 2, 0].clip(-1, 1))
    rates = 0.1 * state[:, N_POSITION + 3 : N_POSITION + 5]  # about the body's own x and y axes
    course = heading(state)
    joints = state[:, 7:N_POSITION] / np.tile([0.6, 0.05], 4)
    return np.column_stack([joints, roll, pitch, rates, np.sin(course), np.cos(course)])
