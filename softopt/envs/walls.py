"""A point among walls: it stops where it meets one, and slides along it with what is left of its way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
# A point at rest beside a wall is so far off it, many times what rounding may move it by. So no point ever is on an
# edge, where two walls that touch, or a wall and the edge of the arena, would leave it a way between them.
GAP = 1e-9
OUTWARD = np.array([-GAP, GAP])  # of a lower and of an upper edge


class Rectangle(NamedTuple):
    """Left, right, bottom and top edge, in units of length; the order is that of an image's extent in matplotlib."""

    left: float
    right: float
    bottom: float
    top: float


def slide(position: Array, displacement: Array, walls: Sequence[Rectangle], arena: Rectangle) -> Array:
    """Move points (B, 2) by (B, 2) as far as walls let them, and return where they are.

    The way is followed exactly, not in small steps, so no speed is high enough to tunnel. Nor does the straight line
    from the old to the new place cut a wall: after a contact the point stays on a line beside the wall.

    Args:
        position: (B, 2) inside the arena and outside the walls. One on an edge is first moved off it, by 1e-9.
        displacement: (B, 2) units of length.
        walls: which no point may enter. Their edges belong to them, so a way along an edge meets the wall. Two walls
            touch, or are further apart than a displacement is long.
        arena: which no point may leave; its edges belong to it.

    Raises:
        ValueError: a position inside a wall.
    """
    edges = np.array(walls).reshape(-1, 2, 2)  # wall, axis, lower or upper edge
    low, high = np.array(arena).reshape(2, 2).T
    position = _off_the_edges(position.clip(low, high), edges)
    way = (position + displacement).clip(low, high) - position
    for _ in range(2):  # a second contact, in a corner, ends the way: there is no direction left
        share, axis, face = _first_contact(position, way, edges)
        moved = position + share[:, None] * way
        met = np.flatnonzero(share < 1)
        moved[met, axis[met]] = face[met]
        way = (1 - share[:, None]) * way
        way[met, axis[met]] = 0.0
        position = moved.clip(low, high)  # the sum may have been rounded over the arena's edge
        if not met.size:
            break
    return position


def _first_contact(position: Array, way: Array, edges: Array) -> tuple[Array, NDArray[Any], Array]:
    """Share of the way (B,) to the first wall, 1 if there is none; the axis (B,) across it; and where to rest there.

    A contact is half a gap before the wall, so that a point at rest, a whole gap before it, is not in contact.
    """
    rows = np.arange(len(position))
    with np.errstate(all="ignore"):  # a way along an axis divides by zero; the infinities compare as they should
        to_edges = (edges + OUTWARD / 2 - position[:, None, :, None]) / way[:, None, :, None]  # (B, W, 2, 2)
    enters, leaves = to_edges.min(axis=-1), to_edges.max(axis=-1)
    entered, left = enters.max(axis=-1), leaves.min(axis=-1)  # (B, W): the last axis to enter, the first to leave
    meets = (entered < left) & (entered >= 0) & (entered < 1)
    share = np.where(meets, entered, 1.0)
    wall = share.argmin(axis=1)
    axis = enters[rows, wall].argmax(axis=-1)
    upper = (way[rows, axis] < 0).astype(np.int64)  # who moves down meets the upper edge
    return share[rows, wall], axis, (edges + OUTWARD)[wall, axis, upper]


def _off_the_edges(position: Array, edges: Array) -> Array:
    """Points (B, 2), those that touch a wall moved off it by the gap; raises ValueError for those inside one."""
    if not _within(position, edges).any():
        return position
    rest = edges + OUTWARD
    for wall in (*rest, *rest):  # twice, because off one wall may be onto another
        depth = np.abs(position[:, :, None] - wall).reshape(-1, 4)
        nearest = depth.argmin(axis=1)
        touches = np.flatnonzero(_within(position, wall[None]) & (depth.min(axis=1) < 3 * GAP))
        position[touches, nearest[touches] // 2] = wall.reshape(4)[nearest[touches]]
    inside = _within(position, edges)
    if inside.any():
        raise ValueError(f"the position {position[inside][0]} is inside a wall; start outside, or on an edge.")
    return position


def _within(position: Array, edges: Array) -> NDArray[np.bool_]:
    """Which points (B, 2) are in contact with a wall or inside one."""
    low, high = np.moveaxis(edges + OUTWARD / 2, -1, 0)
    return ((position[:, None] > low) & (position[:, None] < high)).all(axis=2).any(axis=1)
