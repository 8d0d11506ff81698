"""Turns of a world after which everything happens as before: what they do to observations and actions, as matrices."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from softopt.envs.batched_env import Array

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])  # a quarter turn of the plane, counterclockwise


class Symmetries(NamedTuple):
    """Changes under which dynamics and rewards stay as they are.

    Attributes:
        observation: (G, O, O); the observation o becomes ``observation[k] @ o``. The first changes nothing.
        action: (G, A, A), likewise.
    """

    observation: Array
    action: Array


def cyclic(observation: Array, action: Array, order: int = 4) -> Symmetries:
    """What doing one change 0, 1, ... ``order`` - 1 times makes, from its two matrices (O, O) and (A, A)."""
    powers = [[np.linalg.matrix_power(once, k) for k in range(order)] for once in (observation, action)]
    return Symmetries(np.array(powers[0]), np.array(powers[1]))
