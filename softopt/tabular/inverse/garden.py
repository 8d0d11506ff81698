"""A garden to learn tastes from: nettles, berries, and ground that may slip."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from softopt.tabular.gridworlds import gridworld
from softopt.tabular.mdp import MDP, Array

NETTLES, BERRIES = range(2)  # features of the garden
TASTE = (-2.0, 1.0)  # what a step in nettles, and one among berries, is worth to its walkers
DRAWING = (
    "....BBB",
    "SNN.BBB",
    "S...BBB",
    "SNN.BBB",
    ".......",
)


def garden(slip: float = 0.1, *, taste: ArrayLike = TASTE, horizon: int = 16) -> tuple[MDP, Array]:
    """Build the garden: walks start on the left; a narrow path leads between two beds of nettles to the berries.

    Nothing ends a walk before the horizon. The ways above and below the beds are two steps longer.

    Args:
        slip: probability in [0, 1] of stepping to one of the two sides instead, half for each.
        taste: (2,) reward of acting in a cell of nettles and in one of berries; other ground pays nothing.
        horizon: steps of a walk.

    Returns:
        The MDP and its features (S, 2): in nettles, among berries.

    Raises:
        ValueError: slip outside [0, 1].
    """
    mdp = gridworld(DRAWING, slip=slip, step_reward=0.0, terminal="", horizon=horizon)
    ground = np.array(list("".join(DRAWING)))
    features = np.stack([ground == "N", ground == "B"], axis=1).astype(np.float64)
    reward = features @ np.asarray(taste, dtype=np.float64)
    return mdp.replace(reward=np.repeat(reward[:, None], mdp.n_actions, axis=1)), features
