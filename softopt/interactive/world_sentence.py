"""What a page says of a place in a world. ``js/world_sentence.js`` says the same, letter by letter."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.interactive.slider import readable

STILL = 0.05  # an action that is shorter points nowhere
WINDS = ("east", "north", "west", "south")


def world_sentence(position: ArrayLike, q: NDArray[Any], draws: NDArray[Any], inside: int | None, share: float) -> str:
    """Return the range of Q and where the draws point, in a sentence.

    Args:
        position: (2,) of the agent.
        q: values over the square of actions.
        draws: (n, 2) of the policy; n = 1 for a policy that has but one action.
        inside: how many of them lie inside the line that holds ``share`` of exp(Q / T); None where there is no T.
        share: from 0 to 1.
    """
    x, y = (fixed(value, 1) for value in np.asarray(position, dtype=float))
    parts = [f"At ({x}, {y}) Q runs from {readable(float(q.min()))} to {readable(float(q.max()))}"]
    counts, length = winds(draws), np.hypot(*draws.T)
    line = f"the bold line, which holds {100 * share:.0f} % of exp(Q / T)"
    if len(draws) == 1:
        where = f"points {WINDS[int(np.argmax(counts))]}" if sum(counts) else "hardly moves"
        parts.append(f"the policy's one action {where}, {fixed(length[0], 2)} long")
        if inside is not None:
            parts.append(f"it lies {'inside' if inside else 'outside'} {line}")
    else:
        said = [f"{count} {wind}" for count, wind in zip(counts, WINDS, strict=True)]
        said[0] = f"{_how_many(counts[0], 'point')} {WINDS[0]}"
        if sum(counts) < len(draws):
            said.append(_how_many(len(draws) - sum(counts), "hardly move"))
        parts.append(f"of {len(draws)} draws {', '.join(said)}")
        if inside is not None:
            parts.append(f"{_how_many(inside, 'lie')} inside {line}")
    return f"{'; '.join(parts)}."


def winds(draws: NDArray[Any]) -> list[int]:
    """How many of the actions (n, 2) point east, north, west and south; the nearest of the four."""
    x, y = draws.T
    across, moves = np.abs(x) >= np.abs(y), np.hypot(x, y) >= STILL
    pointing = (across & (x > 0), ~across & (y > 0), across & (x <= 0), ~across & (y <= 0))
    return [int((these & moves).sum()) for these in pointing]


def fixed(value: float, digits: int) -> str:
    """A fixed number of decimals and a true minus, and no minus before zero."""
    return f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "−")


def _how_many(count: int, verb: str) -> str:
    return f"{count} {verb}{'s' if count == 1 else ''}"
