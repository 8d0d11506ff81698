"""A tower of blocks to be taken out one by one, without a fall; the lecture's robot is very bad at it (9:15)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, deviation
from softopt.envs.simulated import Simulated

FILE = Path(__file__).with_name("jenga.xml")
FRAME_SKIP = 50  # sub-steps of 0.004 s: 5 steps a second
LAYERS, ACROSS = 6, 3
LONG, WIDE, HIGH = 0.075, 0.025, 0.015  # metres, of a block
N_BLOCKS = LAYERS * ACROSS
TOP = slice(N_BLOCKS - ACROSS, None)  # the blocks of the highest layer
N_FINGER = 3
N_POSITION = N_FINGER + 7 * N_BLOCKS
TAKEN = 0.05  # metres along the floor that a block which is out has left the tower behind
SUNK = 0.01  # metres that a block of the top layer has come down when the tower has fallen
FALL_COST = 1.0
NEAR = 0.1  # metres, the unit in which the finger's place is observed


def places() -> Array:
    """Where the blocks stand, (18, 3) metres, from the lowest layer to the highest, three in each."""
    layer, column = np.divmod(np.arange(N_BLOCKS), ACROSS)
    aside = (column - 1) * WIDE
    along_x = layer % 2 == 0  # of these layers the blocks lie along x, and side by side along y
    return np.stack([np.where(along_x, 0.0, aside), np.where(along_x, aside, 0.0), (layer + 0.5) * HIGH], axis=1)


class Jenga(Simulated):
    """A tower of 18 blocks in six layers and a finger, ``softopt/Jenga-v0``: push blocks out, let the tower stand.

    | observed                                     | numbers | unit                         |
    |----------------------------------------------|---------|------------------------------|
    | place of the finger's tip                    | 3       | 0.1 m                        |
    | its velocity                                 | 3       | 0.1 m/s                      |
    | each block, from where it stood at the start | 18 x 3  | its width, 25 mm; at most 4  |

    Action: how fast the tip is to go ahead (along x), aside and up, -1 to 1 for -0.2 to 0.2 m/s, with at most 2 N. The
    finger comes from one side: it can push out the blocks of every other layer, nine in all, along their length.

    Reward: the growth, in this step, of the number of blocks taken plus the share of its way out that the farthest of
    the others has gone. A block is taken when it is 5 cm, along the floor, from where it stood in the tower; where the
    tower is, its top layer says. When the tower falls, -1 instead.

    Termination: the tower has fallen, which is when a block of its top layer has come down by 1 cm, or was taken.
    Truncation: after 150 steps (30 s).

    A state holds 351 numbers of :class:`softopt.envs.simulated.Simulated`: the finger's three slides first, then place
    and quaternion of each block.

    Args:
        start_noise: standard deviation of the finger's first place, metres; the tower always stands alike.
        render_mode: as in gymnasium.

    Raises:
        ValueError: a standard deviation that is negative or not finite.
    """

    metadata = Simulated.metadata | {"render_fps": 5}
    time_limit = 150

    def __init__(self, *, start_noise: float = 0.005, render_mode: str | None = None) -> None:
        self.start_noise = deviation("start_noise", start_noise)
        super().__init__(
            FILE,
            observation_size=2 * N_FINGER + 3 * N_BLOCKS,
            frame_skip=FRAME_SKIP,
            standing=_blocks(),
            render_mode=render_mode,
        )
        self._home = self.model.body("finger").pos.copy()

    @property
    def level(self) -> Array:
        """The start without noise, (351,)."""
        state = np.zeros(self.simulated)
        state[:N_POSITION] = self.model.qpos0
        return state

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, 351)."""
        state = np.tile(self.level, (n, 1))
        state[:, :N_FINGER] += self.start_noise * generator.standard_normal((n, N_FINGER))
        return state

    def observe(self, state: Array) -> NDArray[np.float32]:
        """What is seen of states (B, 351): (B, 60)."""
        moved = ((blocks(state) - places()) / WIDE).clip(-4, 4)
        parts = [
            (state[:, :N_FINGER] + self._home) / NEAR,
            state[:, N_POSITION : N_POSITION + N_FINGER] / NEAR,
            moved.reshape(len(state), -1),
        ]
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")

    def remember(self, before: Array, simulated: Array, action: Array) -> Array:
        """Nothing, (B, 0)."""
        return np.empty((len(simulated), 0))

    def pay(self, before: Array, state: Array, action: Array) -> tuple[Array, NDArray[np.bool_]]:
        """By how much more blocks are out than before this step, or a fall."""
        over = fallen(state)
        return np.where(over, -FALL_COST, _progress(state) - _progress(before)), over


def blocks(state: Array) -> Array:
    """Middles of the blocks, (B, 18, 3) metres, of states (B, 351)."""
    return state[:, N_FINGER:N_POSITION].reshape(len(state), N_BLOCKS, 7)[..., :3]


def blocks_taken(state: Array) -> NDArray[np.int64]:
    """How many blocks are out of the tower, (B,); also of one that has fallen since."""
    return (_out(state) >= 1).sum(axis=1)


def fallen(state: Array) -> NDArray[np.bool_]:
    """Whether the tower has fallen, (B,)."""
    sunk = places()[TOP, 2] - blocks(state)[:, TOP, 2] > SUNK
    return (sunk | (_out(state)[:, TOP] >= 1)).any(axis=1)


def _out(state: Array) -> Array:
    """Share of its way out that each block has gone, (B, 18), from 0 to 1."""
    moved = (blocks(state) - places())[..., :2]
    behind = moved - np.median(moved[:, TOP], axis=1, keepdims=True)
    return (np.linalg.norm(behind, axis=2) / TAKEN).clip(0, 1)


def _progress(state: Array) -> Array:
    """Blocks taken, and the share of the one that is farthest on its way, (B,)."""
    out = _out(state)
    return (out >= 1).sum(axis=1) + np.where(out < 1, out, 0).max(axis=1)


def _blocks() -> str:
    """The tower as MJCF."""
    shades = ("0.82 0.62 0.38 1", "0.78 0.57 0.33 1", "0.86 0.67 0.43 1")
    return "".join(
        f'<body name="block_{k}" pos="{x:.9g} {y:.9g} {z:.9g}" euler="0 0 {k // ACROSS % 2 * np.pi / 2:.9g}">'
        f'<freejoint/><geom class="block" name="block_{k}" rgba="{shades[(2 * k + k // 4) % 3]}"/></body>'
        for k, (x, y, z) in enumerate(places())
    )
