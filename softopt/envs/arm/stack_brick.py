"""An arm that puts a brick on a stud, and may be pushed while it does (7:26 in the lecture)."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, deviation
from softopt.envs.rolling import Explorer, explore
from softopt.envs.simulated import Simulated

FILE = Path(__file__).with_name("arm.xml")
FRAME_SKIP = 10  # sub-steps of 0.005 s: 20 steps a second
TIME_LIMIT = 120  # steps, 6 s
N_JOINTS = 7
SIMULATED = 3 * N_JOINTS
MIDDLE = np.array([0.0, 0.45, 0.0, 1.5, 0.0, np.pi - 1.95, 0.0])  # rad: the brick above the stud, upside down
SEAT = np.array([0.4, 0.0, 0.04])  # metres: where the middle of the brick's underside is to be
HOVER, FUNNEL = 0.06, 0.02  # metres: how high above the seat to come, and over how much to the side to come down
FREE = 0.006  # metres to the side, from which straight down is right
SEATED, UPRIGHT = 0.006, 0.95  # metres, and cosine of the tilt: closer and steeper than this it is seated
PUSHED = 0.4  # seconds that a push lasts
STRONGEST = 1_000.0  # newtons
ACTION_COST = 0.02


class StackBrick(Simulated):
    """An arm with a brick, ``softopt/StackBrick-v0``: put it on the stud.

    | what        | numbers | meaning                                                                             |
    |-------------|---------|-------------------------------------------------------------------------------------|
    | observation | 7, 7    | angles of the joints, rad / 2; their rates, 5 rad/s                                 |
    |             | 3, 3    | way from the underside of the brick to its seat, 0.25 m, and 0.02 m cut off at 1     |
    |             | 3       | which way the brick looks, a unit vector; (0, 0, -1) is right                       |
    | action      | 7       | torques of the joints, -1 to 1 for their full strength of 30, 40, 20, 25, 10, 10, 4 N m |

    The arm carries its own weight: gravity is compensated. The hollow of the brick is 6 cm wide, the stud is round with
    a diameter of 5.2 cm, so there are 4 mm to each side. The brick may be turned about its axis as it likes.

    Start: joints normal around a pose in which the brick is some 15 cm above the stud, at rest.

    Reward: ``-4 d^2 - 0.1 log(d^2 + 1e-5) - (1 - cos tilt) - 0.02 |a|^2``, d being the distance between the underside
    of the brick and a goal, metres. The goal is the seat; or, for a brick that is r > 0.006 off to the side, a place
    ``0.06 min(1, (r - 0.006) / 0.02)`` above it. Without that a brick may come down beside the stud, 7 cm from the
    seat, and stay there. The logarithm pays for the last millimetres.

    Termination: never. Truncation: after 120 steps (6 s).

    A state holds 28 numbers: 21 of :class:`softopt.envs.simulated.Simulated`, the steps since the start, and place
    and axis of the brick.

    Args:
        start_noise: standard deviation of the joints' first angles, rad.
        push: newtons that push the brick sideways for 0.4 s; 0 for none.
        push_direction: of the push, degrees counterclockwise from the x axis, which leads from the arm to the stud.
        push_at: when it begins, seconds after the start.
        render_mode: as in gymnasium.

    Raises:
        ValueError: a push below 0 or beyond 1000 N, or one that begins outside the episode; a number not finite.
    """

    metadata = Simulated.metadata | {"render_fps": 20}
    time_limit = TIME_LIMIT

    def __init__(
        self,
        *,
        start_noise: float = 0.15,
        push: float = 0.0,
        push_direction: float = 90.0,
        push_at: float = 1.0,
        render_mode: str | None = None,
    ) -> None:
        self.start_noise = deviation("start_noise", start_noise)
        if not isinstance(push, Real) or not 0 <= push <= STRONGEST:
            raise ValueError(f"push is a force from 0 to {STRONGEST:g} newtons; got {push!r}.")
        if not np.isfinite(push_direction):
            raise ValueError(f"push_direction is a finite number of degrees; got {push_direction!r}.")
        lasts = TIME_LIMIT / 20
        if not 0 <= push_at < lasts:
            raise ValueError(f"push_at lies within the episode, from 0 to {lasts:g} seconds; got {push_at!r}.")
        turn = np.deg2rad(push_direction)
        self._force = push * np.array([np.cos(turn), np.sin(turn), 0.0])
        self._pushed = (round(push_at * 20), round((push_at + PUSHED) * 20))
        super().__init__(FILE, observation_size=23, frame_skip=FRAME_SKIP, render_mode=render_mode)
        self._brick = self.model.body("brick").id

    @property
    def level(self) -> Array:
        """The start without noise, (28,)."""
        return self._complete(self._posed(MIDDLE[None]), np.zeros((1, 1)))[0]

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, 28)."""
        angles = MIDDLE + self.start_noise * generator.standard_normal((n, N_JOINTS))
        return self._complete(self._posed(angles), np.zeros((n, 1)))

    def observe(self, state: Array) -> NDArray[np.float32]:
        """What is seen of states (B, 28): (B, 23)."""
        way = SEAT - state[:, -6:-3]
        parts = [
            0.5 * state[:, :N_JOINTS],
            0.2 * state[:, N_JOINTS : 2 * N_JOINTS],
            4 * way,
            (50 * way).clip(-1, 1),
            state[:, -3:],
        ]
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

    def remember(self, before: Array, simulated: Array, action: Array) -> Array:
        """Steps since the start, and place and axis of the brick, (B, 7)."""
        return self._complete(simulated, before[:, SIMULATED : SIMULATED + 1] + 1)[:, SIMULATED:]

    def pay(self, before: Array, state: Array, action: Array) -> tuple[Array, NDArray[np.bool_]]:
        """Nearness to the goal and uprightness less effort; it never ends."""
        way = state[:, -6:-3] - SEAT
        aside = np.hypot(way[:, 0], way[:, 1])
        hover = HOVER * ((aside - FREE) / FUNNEL).clip(0, 1)
        squared = aside**2 + (way[:, 2] - hover) ** 2
        tilt = 1 + state[:, -1]
        reward = -4 * squared - 0.1 * np.log(squared + 1e-5) - tilt - ACTION_COST * (action**2).sum(axis=1)
        return reward, np.zeros(len(state), dtype=np.bool_)

    def disturb(self, data: mujoco.MjData, state: Array) -> None:
        """Push the brick, if it is time."""
        first, last = self._pushed
        data.xfrc_applied[self._brick, :3] = self._force if first <= state[SIMULATED] < last else 0.0

    def probe(self, agent: Explorer, seed: Sequence[int]) -> dict[str, float]:
        """What an evaluation reports besides the return, from 64 exploring rollouts from starts of their own.

        Returns:
            ``seated``: share that ends within 6 mm and upright; ``distance``: median at the end, metres.
        """
        paths = explore(self, agent, seed)
        return {"seated": float(seated(paths.last).mean()), "distance": float(np.median(distance(paths.last)))}

    def _posed(self, angles: Array) -> Array:
        """The simulated part of states at rest, (n, 21), from joint angles (n, 7)."""
        return np.concatenate([angles, np.zeros((len(angles), 2 * N_JOINTS))], axis=1)

    def _complete(self, simulated: Array, steps: Array) -> Array:
        """States (B, 28), with the brick's place and axis found from the angles of the joints."""
        found, data = np.empty((len(simulated), 6)), self._batch
        for row, into in zip(simulated, found, strict=True):
            data.qpos[:] = row[:N_JOINTS]
            mujoco.mj_kinematics(self.model, data)
            into[:3], into[3:] = data.xpos[self._brick], data.xmat[self._brick].reshape(3, 3)[:, 2]
        return np.concatenate([simulated, steps, found], axis=1)


def distance(state: Array) -> Array:
    """Of the brick's underside from its seat, metres, (B,)."""
    return np.linalg.norm(state[:, -6:-3] - SEAT, axis=1)


def seated(state: Array) -> NDArray[np.bool_]:
    """Whether the brick is within 6 mm of its seat and upright, (B,)."""
    return (distance(state) < SEATED) & (-state[:, -1] > UPRIGHT)
