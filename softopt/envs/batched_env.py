"""A gymnasium environment whose dynamics are functions of many states at once.

An episode of gymnasium is then the batch of one, and :func:`softopt.envs.roll` runs a whole batch by the same lines.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box
from numpy.typing import NDArray

Array = NDArray[np.float64]
ACTION_SIZE = 2  # a push or a velocity in the plane


class BatchedEnv(gymnasium.Env):
    """What the points of the plane share: ``reset`` and ``step``, made of three functions that remember nothing.

    A state holds K numbers in float64, the position (x, y) first. A subclass sets ``observation_space`` and writes

    - ``begin(n, generator)``: draws n starting states (n, K);
    - ``observe(state)``: what an agent sees of B states (B, K), as float32 (B, O);
    - ``advance(state, action, generator)``: from states (B, K) and actions (B, 2) the next states (B, K), the rewards
      (B,), and whether the episodes are terminated there (B,). Without a generator the dynamics have no noise.

    ``info["position"]`` is the position (2,) in float64.

    Attributes:
        time_limit: steps after which ``gymnasium.make`` has an episode truncated.
    """

    time_limit: int
    observation_space: Box

    def __init__(self) -> None:
        self.action_space = Box(-1.0, 1.0, (ACTION_SIZE,), np.float32)
        self._state: Array | None = None

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, K)."""
        raise NotImplementedError

    def observe(self, state: Array) -> NDArray[np.float32]:
        """What an agent sees of states (B, K): (B, O)."""
        raise NotImplementedError

    def advance(
        self, state: Array, action: NDArray[Any], generator: np.random.Generator | None = None
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """From states (B, K) and actions (B, 2): the next states (B, K), rewards (B,), and terminated (B,)."""
        raise NotImplementedError

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; ``options`` are not used."""
        super().reset(seed=seed)
        self._state = self.begin(1, self.np_random)
        return self.observe(self._state)[0], self._info()

    def step(self, action: NDArray[Any]) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """Take one step; never truncated here, because ``gymnasium.make`` counts the steps."""
        if self._state is None:
            raise ResetNeeded("an episode begins with reset(); call it before step().")
        self._state, reward, terminated = self.advance(self._state, np.asarray(action)[None], self.np_random)
        return self.observe(self._state)[0], float(reward[0]), bool(terminated[0]), False, self._info()

    def _info(self) -> dict[str, Any]:
        return {"position": self._state[0, :2].copy()}


def limited(action: NDArray[Any], state: Array, size: int = ACTION_SIZE) -> Array:
    """Actions (B, size) for states (B, K), in float64 and cut off at -1 and 1.

    Raises:
        ValueError: another shape, or numbers that are not finite.
    """
    given = np.asarray(action, dtype=np.float64)
    if given.shape != (len(state), size) or not np.isfinite(given).all():
        raise ValueError(
            f"an action here is {size} finite numbers in [-1, 1]; "
            f"for {len(state)} at once that is the shape ({len(state)}, {size}), got {action!r}."
        )
    return given.clip(-1.0, 1.0)


def deviation(name: str, value: float) -> float:
    """A standard deviation that an option gives.

    Raises:
        ValueError: anything but a finite number of at least 0.
    """
    if not isinstance(value, Real) or not 0 <= value < np.inf:
        raise ValueError(f"{name} is a standard deviation, a finite number of at least 0; got {value!r}.")
    return float(value)
