"""The grounds that the quadruped is sent over: flat, slopes, blocks and stairs, as MJCF and as a height."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
KINDS = {
    "flat": "not used",
    "slope_up": "degrees",
    "slope_down": "degrees",
    "blocks": "largest height, m",
    "stairs_up": "height of a step, m",
    "stairs_down": "height of a step, m",
}
BEGINS = 1.0  # metres ahead of the start; up to there it is flat
LONG, WIDE = 20.0, 3.0  # metres, of the field of blocks; slopes and stairs end nowhere before
BROAD = 20.0  # metres from side to side of slopes and stairs: nobody walks off their edge
STEEPEST = {"slope_up": 45.0, "slope_down": 45.0}
HIGHEST = 0.5  # metres, of a block or a step
N_BLOCKS = 100
DEEP = 0.5  # metres, half of the thickness of what stands


@dataclass(frozen=True)
class Terrain:
    """A ground.

    Attributes:
        kind: a key of :data:`KINDS`.
        steepness: degrees of a slope, height in metres of a step or of the highest block.
        depth: of a step, metres.
        seed: of the blocks.

    Raises:
        ValueError: a kind that there is not, or a number out of range.
    """

    kind: str = "flat"
    steepness: float = 0.0
    depth: float = 0.3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"terrain is one of {', '.join(KINDS)}; got {self.kind!r}.")
        most = STEEPEST.get(self.kind, HIGHEST)
        if not isinstance(self.steepness, Real) or not 0 <= self.steepness <= most:
            unit = KINDS[self.kind]
            raise ValueError(f"steepness of {self.kind} ({unit}) is from 0 to {most:g}; got {self.steepness!r}.")
        if not 0.05 <= self.depth <= 2:
            raise ValueError(f"depth of a step is from 0.05 to 2 metres; got {self.depth!r}.")

    @property
    def _rise(self) -> float:
        """Metres up, for a metre ahead, of a slope."""
        return float(np.tan(np.deg2rad(self.steepness))) * (1 if self.kind == "slope_up" else -1)

    def height(self, x: ArrayLike) -> Array:
        """Height of the ground, metres, at x metres ahead of the start, without blocks; any shape."""
        ahead = np.clip(np.asarray(x, dtype=np.float64) - BEGINS, 0.0, LONG - BEGINS)
        if self.kind.startswith("slope"):
            return self._rise * ahead
        if self.kind.startswith("stairs"):
            sign = 1 if self.kind == "stairs_up" else -1
            return sign * self.steepness * np.ceil(ahead / self.depth)
        return np.zeros_like(ahead)

    def blocks(self) -> Array:
        """Middle (x, y), half lengths along x and y, and height of each block, (N, 5), metres; none elsewhere."""
        if self.kind != "blocks":
            return np.empty((0, 5))
        draws = np.random.default_rng(self.seed)
        low, high = (BEGINS, -WIDE / 2, 0.06, 0.06, 0.2), (LONG, WIDE / 2, 0.2, 0.2, 1.0)
        found = draws.uniform(low, high, (N_BLOCKS, 5))
        found[:, 4] *= self.steepness
        return found

    def mjcf(self) -> str:
        """The ground as MJCF."""
        lowest = float(min(self.height([0.0, LONG]))) - (0.0 if self.kind in ("flat", "blocks") else 0.01)
        parts = [
            f'<geom name="floor" type="plane" pos="0 0 {lowest:.9g}" size="40 40 1" contype="0" conaffinity="1" '
            'rgba="0.93 0.93 0.9 1"/>'
        ]
        if self.kind.startswith(("slope", "stairs")):
            parts.append(_box("pad", -5 + BEGINS, 0, -DEEP, 5, BROAD / 2, DEEP))
        if self.kind.startswith("slope"):
            turn = np.arctan(self._rise)
            # The top of the box goes through (BEGINS, 0): its middle is half its thickness below the surface's middle.
            half = (LONG - BEGINS) / 2 / np.cos(turn)
            x = (BEGINS + LONG) / 2 + DEEP * np.sin(turn)
            z = self._rise * (LONG - BEGINS) / 2 - DEEP * np.cos(turn)
            parts.append(_box("slope", x, 0, z, half, BROAD / 2, DEEP, -turn))
        elif self.kind.startswith("stairs"):
            edges = np.arange(BEGINS, LONG, self.depth)
            for k, edge in enumerate(edges):
                middle = edge + self.depth / 2
                top = float(self.height(middle))
                parts.append(_box(f"step_{k}", middle, 0, top - DEEP, self.depth / 2, BROAD / 2, DEEP))
        for k, (x, y, long, wide, high) in enumerate(self.blocks()):
            parts.append(_box(f"block_{k}", x, y, high / 2, long, wide, high / 2))
        return "".join(parts)


def _box(name: str, x: float, y: float, z: float, long: float, wide: float, high: float, pitch: float = 0.0) -> str:
    """A box with its middle at (x, y, z) and these half lengths; pitch turns it about the y axis, radians."""
    return (
        f'<geom name="{name}" class="ground" pos="{x:.9g} {y:.9g} {z:.9g}" '
        f'size="{long:.9g} {wide:.9g} {max(high, 1e-4):.9g}" euler="0 {pitch:.9g} 0"/>'
    )
