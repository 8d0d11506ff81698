"""Random MDPs that fit on a screen: what the cases of several exercises have in common."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from softopt.tabular import MDP


def small_mdp(generator: np.random.Generator, n_states: int, n_actions: int) -> MDP:
    """Draw an MDP whose last state is terminal and never far: every step ends there with chance .1 or more.

    Probabilities are tenths, rewards and discount have one decimal, so that a backup can be worked by hand.
    """
    # Nine tenths fall at random on all states, the tenth one always on the end.
    tenths = generator.multinomial(9, np.full(n_states, 1 / n_states), size=(n_states, n_actions))
    tenths[..., -1] += 1
    return MDP(
        tenths / 10,
        one_decimal(generator.uniform(-2, 2, size=(n_states, n_actions))),
        discount=float(generator.choice([0.5, 0.8, 0.9])),
        terminal=[n_states - 1],
    )


def one_decimal(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to one decimal, without negative zeros."""
    return np.round(numbers, 1) + 0.0


def tenths(generator: np.random.Generator, shape: tuple[int, ...], least: int = 0) -> NDArray[np.float64]:
    """Draw distributions over the last axis in whole tenths, at least ``least`` tenths for each entry."""
    n_entries = shape[-1]
    free = generator.multinomial(10 - least * n_entries, np.full(n_entries, 1 / n_entries), size=shape[:-1])
    return (least + free) / 10
