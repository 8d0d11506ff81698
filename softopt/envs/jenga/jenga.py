"""Jenga: a finger that pushes blocks out of a tower as long as it stands (9:15 in the lecture)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, deviation
from softopt.envs.jenga.tower import AXIS, IN_LAYER, LAYERS, LENGTH, N_BLOCKS, TOP, mjcf, places, turns
from softopt.envs.rolling import AGENT, WORLD, Explorer, roll
from softopt.envs.simulated import Simulated

FILE = Path(__file__).with_name("jenga.xml")
FRAME_SKIP = 16  # sub-steps of 1/160 s: 10 steps a second
TIME_LIMIT = 300  # steps, 30 s
N_POSITION, N_VELOCITY = 3 + 7 * N_BLOCKS, 3 + 6 * N_BLOCKS
START = np.array([-0.06, 0.0, 0.05])  # metres, of the finger's tip: 2 cm in front of the tower
LOWEST, HIGHEST = np.array([-0.07, -0.045, 0.006]), np.array([0.05, 0.045, 0.1])  # metres, reach of the tip
FASTEST = np.array([0.1, 0.05, 0.05])  # m/s
DROP = 0.01  # metres, two thirds of a block's height: a block that is this much lower has lost its place
FALL_COST = 1.0
ON_ITS_WAY = 0.25  # of the score of a block, at most, before it is taken; with 0.5 many are pushed and none is taken
SEEN = 0.02  # metres, unit in which the ways of the blocks are seen
PROBED = 2  # rollouts of a probe


class Jenga(Simulated):
    """A tower of blocks and a finger, ``softopt/Jenga-v0``: push out as many blocks as you can before it falls.

    | what        | numbers | meaning                                                                             |
    |-------------|---------|-------------------------------------------------------------------------------------|
    | observation | 3       | place of the finger's tip, its reach being -1 to 1                                  |
    |             | 3       | its velocity, in units of the fastest                                               |
    |             | 54      | way of each block's middle from where it was built, 2 cm, cut off at -2 and 2       |
    | action      | 3       | velocity of the finger along x, y and z, -1 to 1 for 0.1, 0.05 and 0.05 m/s         |

    The tower has six layers of three blocks of 75 x 24.6 x 15 mm and 17 g, with a friction of 0.4, and stands around
    the z axis. The finger, a rod with a diameter of 8 mm, comes from -x and points along x. So it can push out the nine
    blocks that lie along x, in the first, third and fifth layer from the table; a layer can stand on its middle block,
    or on the two at its sides. The finger pushes with at most 2 N along x and 1 N along y and z; its weight is carried.
    It reaches from -7 to 5 cm, -4.5 to 4.5 cm, and 0.6 to 10 cm along x, y, z.

    Taken is a block below the top layer whose middle is further than its length (75 mm) from the z axis, or more than
    10 mm lower than it was built. The tower has fallen when a block of the top layer is more than 10 mm lower, or more
    than half its length (37.5 mm) further to a side, than it was built.

    Start: the tower as built, the tip 2 cm in front of it, normal in y and z, at rest.

    Reward: what the score has gained; the score is 1 for each block taken, and for the others below the top layer
    ``min(d / 150 mm, 0.25)``. Here d is how far a block has been pushed along its own axis, less the way of that block
    of its layer which moved least, so that nothing is paid for pushing a whole layer. A step in which the tower falls
    pays -1, and no gain.

    Termination: the tower has fallen. Truncation: after 300 steps (30 s).

    A state holds the 351 numbers of :class:`softopt.envs.simulated.Simulated`: the tip's place, then place and unit
    quaternion of each block, 129; their velocities, 111; the warm start, 111. Nothing else is remembered.

    Args:
        start_noise: standard deviation of the tip's first y and z, metres.
        render_mode: as in gymnasium.

    Raises:
        ValueError: a deviation that is negative or not finite.
    """

    metadata = Simulated.metadata | {"render_fps": 10}
    time_limit = TIME_LIMIT

    def __init__(self, *, start_noise: float = 0.02, render_mode: str | None = None) -> None:
        self.start_noise = deviation("start_noise", start_noise)
        seen = 6 + 3 * N_BLOCKS
        super().__init__(FILE, observation_size=seen, frame_skip=FRAME_SKIP, standing=mjcf(), render_mode=render_mode)

    @property
    def level(self) -> Array:
        """The start without noise, (351,): the tower as built."""
        state = np.zeros(self.simulated)
        state[:3] = START
        state[3:N_POSITION] = np.concatenate([places(), turns()], axis=1).ravel()
        return state

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, 351)."""
        state = np.tile(self.level, (n, 1))
        state[:, 1:3] += self.start_noise * generator.standard_normal((n, 2))
        state[:, :3] = state[:, :3].clip(LOWEST, HIGHEST)
        return state

    def observe(self, state: Array) -> NDArray[np.float32]:
        """What is seen of states (B, 351): (B, 60)."""
        tip = (2 * state[:, :3] - LOWEST - HIGHEST) / (HIGHEST - LOWEST)
        speed = state[:, N_POSITION : N_POSITION + 3] / FASTEST
        way = (ways(state) / SEEN).clip(-2, 2).reshape(len(state), -1)
        return np.concatenate([tip, speed, way], axis=1, dtype=np.float32, casting="same_kind")

    def remember(self, before: Array, simulated: Array, action: Array) -> Array:
        """Nothing, (B, 0)."""
        return np.empty((len(simulated), 0))

    def pay(self, before: Array, state: Array, action: Array) -> tuple[Array, NDArray[np.bool_]]:
        """What the score has gained, or the cost of the fall, with which it ends."""
        down = fallen(state)
        return np.where(down, -FALL_COST, score(state) - score(before)), down

    def probe(self, agent: Explorer, seed: Sequence[int]) -> dict[str, float]:
        """What an evaluation reports besides the return, from exploring rollouts from starts of their own.

        Two rollouts, not the 64 of other worlds: a rollout is 300 steps of some milliseconds.

        Returns:
            ``taken``: mean number of blocks taken before the fall; ``fell``: share of towers that fell.
        """
        draws = np.random.default_rng([AGENT, *seed])
        paths = roll(self, lambda seen: agent.sample(seen, draws), PROBED, [WORLD, *seed])
        stood = paths.states[np.arange(PROBED), paths.length - paths.terminated]
        return {"taken": float(blocks_taken(stood).mean()), "fell": float(paths.terminated.mean())}


def ways(state: Array) -> Array:
    """How far the middle of each block is from where it was built, (B, 18, 3), metres."""
    blocks = state[:, 3:N_POSITION].reshape(-1, N_BLOCKS, 7)
    return blocks[:, :, :3] - places()


def taken(state: Array) -> NDArray[np.bool_]:
    """Which blocks have been taken, (B, 18); only to be asked while the tower stands."""
    way = ways(state)
    middle = way + places()
    away = np.hypot(middle[:, :, 0], middle[:, :, 1]) > LENGTH
    return (away | (way[:, :, 2] < -DROP)) & ~TOP


def blocks_taken(state: Array) -> NDArray[np.int64]:
    """How many blocks have been taken, (B,); only to be asked while the tower stands."""
    return taken(state).sum(axis=1)


def fallen(state: Array) -> NDArray[np.bool_]:
    """Whether a block of the top layer is more than 10 mm lower, or 37.5 mm aside, than it was built, (B,)."""
    way = ways(state)[:, TOP]
    return ((way[:, :, 2] < -DROP) | (np.hypot(way[:, :, 0], way[:, :, 1]) > LENGTH / 2)).any(axis=1)


def score(state: Array) -> Array:
    """Blocks taken, and the shares of those on their way, (B,); see :class:`Jenga`."""
    along = np.take_along_axis(ways(state), AXIS[None, :, None], axis=2).reshape(-1, LAYERS, IN_LAYER)
    least = np.take_along_axis(along, np.abs(along).argmin(axis=2)[:, :, None], axis=2)
    share = (np.abs(along - least).reshape(-1, N_BLOCKS) / (2 * LENGTH)).clip(0, ON_ITS_WAY)
    return np.where(taken(state), 1.0, share * ~TOP).sum(axis=1)
