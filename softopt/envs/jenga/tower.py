"""The tower: six layers of three blocks, where each block is built, and the blocks as MJCF."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

LAYERS, IN_LAYER = 6, 3
N_BLOCKS = LAYERS * IN_LAYER
LENGTH, WIDTH, HEIGHT = 0.075, 0.0246, 0.015  # metres, of a block
PITCH = 0.025  # metres from block to block of a layer: 0.4 mm of air between them
LAYER = np.arange(N_BLOCKS) // IN_LAYER  # of each block, from the table up
TOP = LAYER == LAYERS - 1
AXIS = LAYER % 2  # of each block: 0 where it lies along x, as the finger points, 1 along y
PRESSED = 5e-6  # metres that layers are built into each other: then all contacts hold from the first step, and it rests
ROUND = 0.002  # metres, radius of a block's edges
WOOD = ("0.87 0.72 0.50 1", "0.80 0.62 0.40 1", "0.91 0.78 0.58 1", "0.75 0.57 0.36 1")


def places() -> NDArray[np.float64]:
    """Middles of the blocks as built, (18, 3), metres; the tower stands around the z axis."""
    across = PITCH * (np.arange(N_BLOCKS) % IN_LAYER - 1)
    found = np.zeros((N_BLOCKS, 3))
    found[np.arange(N_BLOCKS), 1 - AXIS] = across
    found[:, 2] = HEIGHT * (LAYER + 0.5) - PRESSED * (LAYER + 1)
    return found


def turns() -> NDArray[np.float64]:
    """Unit quaternions of the blocks as built, (18, 4), w first: a quarter of a turn where they lie along y."""
    angle = np.pi / 4 * AXIS
    return np.stack([np.cos(angle), 0 * angle, 0 * angle, np.sin(angle)], axis=1)


def mjcf() -> str:
    """The blocks as MJCF, each a free body named ``block_0`` to ``block_17``."""
    return "".join(
        f'<body name="block_{k}" pos="{_numbers(place)}" quat="{_numbers(turn)}"><freejoint/>'
        f'<geom name="block_{k}" class="block" size="{LENGTH / 2} {WIDTH / 2} {HEIGHT / 2}" '
        f'rgba="{WOOD[(7 * k + k // 5) % len(WOOD)]}"/>{_edges()}</body>'
        for k, (place, turn) in enumerate(zip(places(), turns(), strict=True))
    )


def _edges() -> str:
    """Balls along the four long edges of a block, at their ends and in their middle, flush with its faces."""
    far = np.array([LENGTH, WIDTH, HEIGHT]) / 2 - ROUND
    signs = product((-1, 0, 1), (-1, 1), (-1, 1))
    return "".join(f'<geom class="edge" pos="{_numbers(far * sign)}" size="{ROUND}"/>' for sign in signs)


def _numbers(values: NDArray[np.float64]) -> str:
    return " ".join(f"{value:.9g}" for value in values)
