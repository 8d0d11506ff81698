"""What stands in the spider's worlds, as MJCF."""

from __future__ import annotations

import numpy as np

SEEN, FELT = 0.25, 3.0  # metres: half of the height of a wall that is drawn, and of the one that stops a leap


def wall(name: str, middle: tuple[float, float], half: tuple[float, float], angle: float = 0.0) -> str:
    """A wall that stands on the ground, low to the eye and too high to be leapt over.

    Args:
        name: of the geom.
        middle: (x, y) of its middle, metres, before the turn.
        half: half of its length along x and along y, metres, before the turn.
        angle: by which all is turned about (0, 0), degrees.
    """
    turn = np.deg2rad(angle)
    x = middle[0] * np.cos(turn) - middle[1] * np.sin(turn)
    y = middle[0] * np.sin(turn) + middle[1] * np.cos(turn)
    here, half_lengths = f"{x:.9g} {y:.9g}", f"{half[0]:.9g} {half[1]:.9g}"
    return (
        f'<geom name="{name}" class="wall" pos="{here} {SEEN}" size="{half_lengths} {SEEN}" euler="0 0 {turn:.9g}"/>'
        f'<geom class="felt" pos="{here} {FELT}" size="{half_lengths} {FELT}" euler="0 0 {turn:.9g}"/>'
    )


def square(name: str, middle: tuple[float, float], half: float) -> str:
    """A blue square on the ground, to be reached; nothing bumps into it."""
    x, y = middle
    return f'<geom name="{name}" class="mark" pos="{x:.9g} {y:.9g} 0.005" size="{half:.9g} {half:.9g} 0.005"/>'
