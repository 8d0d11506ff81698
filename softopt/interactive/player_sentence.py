"""What a player says of its rollouts at a time: how far they came, how fast they are, what they have earned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from softopt.envs.rollout import Rollout
from softopt.interactive.slider import readable


def player_sentence(time: float, rollouts: Sequence[Rollout]) -> str:
    """What is true of all rollouts at one time, in a sentence.

    Args:
        time: seconds since their beginning.
        rollouts: one or more; of one or two their own numbers are told.
    """
    if len(rollouts) > 2:
        away = [_away(rollout, _frame(rollout, time)) for rollout in rollouts]
        ends = dict.fromkeys(readable(end, 2) for end in (min(away), max(away)))
        return f"At {time:.2f} s the {len(rollouts)} bodies are {' to '.join(ends)} m from where they began."
    return f"At {time:.2f} s: {'; '.join(_news(rollout, time) for rollout in rollouts)}."


def _news(rollout: Rollout, time: float) -> str:
    """The numbers of one rollout at a time, for a sentence."""
    frame = _frame(rollout, time)
    ended = f" (ended at {rollout.duration:.2f} s)" if time > rollout.duration + 1e-6 else ""
    said = [f"{_away(rollout, frame):.1f} m from the start"]
    if "speed" in rollout.series:
        said.append(f"{_minus(rollout.series['speed'][frame], 2)} m/s")
    if "reward" in rollout.series:
        said.append(f"return so far {_minus(rollout.series['reward'][: frame + 1].sum(dtype=float), 1)}")
    return f"{rollout.title}{ended} {', '.join(said)}"


def _minus(value: float, digits: int) -> str:
    """Write a number with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")


def _frame(rollout: Rollout, time: float) -> int:
    """The frame that is reached at a time."""
    return int(np.clip(np.floor(time / rollout.dt + 1e-6) - 1, 0, len(rollout) - 1))


def _away(rollout: Rollout, frame: int) -> float:
    """Horizontal distance of the body's middle from where it was at the first frame, metres."""
    middle: NDArray[Any] = rollout.middle
    return float(np.hypot(*(middle[frame] - middle[0])[:2]))
