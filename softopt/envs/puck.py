"""A puck that is paid for speed, in any direction: does a policy know one way or all (3:51 to 4:35)?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from softopt.envs.batched_env import Array, BatchedEnv, deviation, limited
from softopt.envs.directions import spread_of
from softopt.envs.rolling import Explorer, explore
from softopt.envs.symmetries import TURN, cyclic

DT = 0.1  # seconds a step
DRAG = 2.0  # share of the velocity lost, per second: 0.8 of it is left after a step
THRUST = 2.0  # acceleration of a full push, units of length per second squared
TOP_SPEED = THRUST / DRAG  # units of length per second
ACTION_COST = 0.05


class Puck(BatchedEnv):
    """A puck on an endless plane, ``softopt/Puck-v0``: the small sister of the legged body that may run anywhere.

    | what        | numbers  | range   | meaning                                                                  |
    |-------------|----------|---------|--------------------------------------------------------------------------|
    | observation | v_x, v_y | -1 to 1 | velocity, units of length a second                                       |
    | action      | a_x, a_y | -1 to 1 | push; cut off at the ends of the range, and its length at 1, see below   |

    The position is not observed. Nothing depends on it, neither reward nor dynamics, so the velocity alone is Markov;
    and a policy that saw where it is could tell by it which way it had set out.

    Dynamics, with steps of 0.1 s: ``v <- 0.8 v + 0.2 f``, then the position moves by 0.1 times the new v. The push f is
    the action, shortened to length 1 where it is longer. So a full push is as strong in every direction, the top speed
    is 1, and no direction earns more than another; a square of pushes would pay for its corners. Only the entropy
    still knows the square: it has a few more actions towards its corners.

    Start: at (0, 0), at rest, or with a normal velocity of standard deviation ``start_noise`` on both axes, its length
    cut off at the top speed.

    Reward: ``|v| - 0.05 |a|^2``, with the *new* velocity and the action before it is shortened: what lies beyond length
    1 costs and moves nothing. Where a ``direction`` is given, the speed along it is paid alone, in place of ``|v|``.

    Termination: never. Truncation: after 30 steps (3 s).

    The state is (x, y, v_x, v_y).

    Args:
        direction: in which speed is paid, degrees counterclockwise from the x axis; None for any.
        start_noise: standard deviation of the starting velocity, units of length a second; 0 starts exactly at rest.

    Attributes:
        symmetries: what quarter turns do to observations and actions; None where a direction is given.

    Raises:
        ValueError: a direction that is not finite, or a standard deviation that is negative or not finite.
    """

    time_limit = 30

    def __init__(self, *, direction: float | None = None, start_noise: float = 0.0) -> None:
        super().__init__()
        if direction is not None and not np.isfinite(direction):
            raise ValueError(f"direction is a finite number of degrees, or None for any; got {direction!r}.")
        self.symmetries = cyclic(TURN, TURN) if direction is None else None
        turn = None if direction is None else np.deg2rad(float(direction))
        self._along = None if turn is None else np.array([np.cos(turn), np.sin(turn)])
        self.start_noise = deviation("start_noise", start_noise)
        self.observation_space = Box(-TOP_SPEED, TOP_SPEED, (2,), np.float32)

    def begin(self, n: int, generator: np.random.Generator) -> Array:
        """Draw n starting states (n, 4)."""
        velocity = TOP_SPEED * shortened(self.start_noise * generator.standard_normal((n, 2)) / TOP_SPEED)
        return np.concatenate([np.zeros((n, 2)), velocity], axis=1)

    def observe(self, state: Array) -> NDArray[np.float32]:
        """Velocities, (B, 2)."""
        return state[:, 2:].astype(np.float32)

    def advance(
        self, state: Array, action: NDArray[Any], generator: np.random.Generator | None = None
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """One step of B episodes; see :class:`softopt.envs.batched_env.BatchedEnv`. The generator is not used."""
        action = limited(action, state)
        velocity = (1 - DRAG * DT) * state[:, 2:] + DT * THRUST * shortened(action)
        position = state[:, :2] + DT * velocity
        speed = np.hypot(*velocity.T) if self._along is None else velocity @ self._along
        reward = speed - ACTION_COST * (action**2).sum(axis=1)
        return np.concatenate([position, velocity], axis=1), reward, np.zeros(len(state), dtype=np.bool_)

    def probe(self, agent: Explorer, seed: Sequence[int]) -> dict[str, float]:
        """What an evaluation reports besides the return, from 64 exploring rollouts that start at rest.

        Returns:
            as :func:`softopt.envs.directions.spread_of`; the displacement in units of length, at most 2.6. Where a
            direction is given also ``along``: the mean way along it.
        """
        paths = explore(self, agent, seed, start=np.zeros(4))
        ways = paths.last[:, :2] - paths.states[:, 0, :2]
        return spread_of(ways) | ({} if self._along is None else {"along": float((ways @ self._along).mean())})


def shortened(vector: Array) -> Array:
    """Vectors (B, 2), those longer than 1 shortened to it."""
    return vector / np.maximum(np.hypot(*vector.T), 1.0)[:, None]
