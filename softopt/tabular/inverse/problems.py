"""Two problems on which inverse reinforcement learning has been measured: bus engines and the objectworld."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from softopt.tabular.grid import Grid
from softopt.tabular.gridworlds import ACTION_NAMES, MOVES, moves_on
from softopt.tabular.mdp import MDP, Array


def bus_engine(
    replacement_cost: float,
    maintenance_cost: float,
    increments: ArrayLike,
    *,
    bins: int = 90,
    discount: float = 0.9999,
) -> tuple[MDP, Array]:
    """Build Rust's bus: each month keep the engine or replace it, as a logit choice.

    Rust's decision maker sees shocks that we do not, extreme-value distributed with mean zero, one for each
    choice. Then V before the shocks are seen is ``log sum_a exp Q``: the entropy form at temperature 1.
    (Shocks with the standard Gumbel mean 0.5772 would add 0.5772 / (1 - discount) to every V and change no
    choice.) Keeping costs ``0.001 * maintenance_cost * x`` at mileage bin x. Replacing costs
    ``replacement_cost``, and the bus then runs the month from bin 0.

    Args:
        increments: probabilities that the mileage grows by 0, 1, 2, ... bins in a month. Beyond the last bin
            it stays in the last.
        bins: of mileage, 5 000 miles each.

    Returns:
        The MDP (actions: keep, replace; starts in bin 0) and its features (S, 2, 2), whose weights are
        ``(maintenance_cost, replacement_cost)``.

    Source: Rust (1987), "Optimal Replacement of GMC Bus Engines"; Table IX has his weights.
    """
    growth = np.asarray(increments, dtype=np.float64)
    landing = np.minimum(np.arange(bins)[:, None] + np.arange(growth.size), bins - 1)
    keep = np.zeros((bins, bins))
    np.add.at(keep, (np.arange(bins)[:, None], landing), growth)
    features = np.zeros((bins, 2, 2))
    features[:, 0, 0] = -0.001 * np.arange(bins)
    features[:, 1, 1] = -1.0
    reward = features @ np.array([maintenance_cost, replacement_cost], dtype=np.float64)
    transition = np.stack([keep, np.broadcast_to(keep[0], keep.shape)], axis=1)
    return MDP(transition, reward, discount=discount, initial=np.eye(bins)[0]), features


def objectworld(
    side: int, objects: int, *, slip: float = 0.3, discount: float = 0.9, seed: int = 0
) -> tuple[MDP, Array]:
    """Build an objectworld: coloured things on a grid, a reward that no linear function of the features is.

    Five actions (left, down, right, up, stay). Things of outer colour 0 or 1 lie on random cells. The reward is
    +1 within 3 cells of colour 0 and within 2 of colour 1, -1 within 3 of colour 0 only, and 0 elsewhere. The
    features ask, for each colour and each d from 1 to ``side``, whether such a thing is nearer than d.

    The paper leaves some things open. Here distance is Euclidean, a slip goes to one of the four *other*
    actions with equal chance, a bump stays in place, and inner colours, which only add distracting features,
    are left out.

    Returns:
        The MDP and its features (S, 2 * side).

    Source: Levine, Popovic, Koltun (2011), "Nonlinear Inverse Reinforcement Learning with Gaussian
    Processes".
    """
    generator = np.random.default_rng(seed)
    free = np.ones((side, side), dtype=bool)
    n_states = side * side
    moves = moves_on(free, 0.0).toarray().reshape(n_states, 4, n_states)
    chosen = np.concatenate([moves, np.eye(n_states)[:, None]], axis=1)
    transition = (1 - slip) * chosen + slip / 4 * (chosen.sum(axis=1, keepdims=True) - chosen)
    cells = np.argwhere(free)
    colour = np.arange(objects) % 2
    place = cells[generator.choice(n_states, size=objects, replace=False)]
    apart = np.linalg.norm(cells[:, None] - place, axis=-1)
    near = [apart[:, colour == shade].min(axis=1) for shade in (0, 1)]
    reward = np.where(near[0] <= 3, np.where(near[1] <= 2, 1.0, -1.0), 0.0)
    features = np.concatenate([distance[:, None] < np.arange(1, side + 1) for distance in near], axis=1)
    marks = np.full((side, side), ".")
    marks[tuple(place.T)] = np.where(colour == 0, "a", "b")
    grid = Grid(tuple("".join(row) for row in marks), cells, np.vstack([MOVES, [0, 0]]), (*ACTION_NAMES, "stay"))
    mdp = MDP(transition, np.repeat(reward[:, None], 5, axis=1), discount=discount, grid=grid)
    return mdp, features.astype(np.float64)
