"""Small worlds in which one thing can be seen: a lottery for optimism, a corridor for messages."""

from __future__ import annotations

import numpy as np

from softopt.tabular.grid import Grid
from softopt.tabular.mdp import MDP

START, SAFE, WIN, LOSE = range(4)  # states of the lottery
BUY_SAFE, BUY_TICKET = range(2)  # its actions


def lottery(win_probability: float = 0.1, prize: float = 10.0, safe: float = 2.0) -> MDP:
    """One decision: take ``safe`` for certain, or a ticket that wins ``prize`` with a small probability.

    States START, SAFE, WIN, LOSE; actions BUY_SAFE, BUY_TICKET; horizon 1; uniform prior. The reward is that of
    the transition: a ticket that loses pays nothing. With the default numbers the ticket is worth 1 on average.

    Args:
        win_probability: in [0, 1].
        prize, safe: reward units.

    Raises:
        ValueError: win_probability outside [0, 1].
    """
    if not 0 <= win_probability <= 1:
        raise ValueError(f"win_probability must lie in [0, 1], got {win_probability}.")
    transition = np.zeros((4, 2, 4))
    transition[START, BUY_SAFE, SAFE] = 1.0
    transition[START, BUY_TICKET, [WIN, LOSE]] = win_probability, 1.0 - win_probability
    reward = np.zeros((4, 2, 4))
    reward[START, BUY_SAFE, SAFE] = safe
    reward[START, BUY_TICKET, WIN] = prize
    return MDP(
        transition,
        reward,
        horizon=1,
        initial=np.eye(4)[START],
        prior=[0.5, 0.5],
        terminal=[SAFE, WIN, LOSE],
    )


def corridor(
    length: int = 21,
    horizon: int = 40,
    *,
    start: int = 0,
    goal: int | None = None,
    slip: float = 0.0,
    effort: float = 0.0,
    miss: float = np.inf,
) -> MDP:
    """A row of cells, and an appointment: be in the cell ``goal`` when the horizon ends.

    Actions left, stay, right, with a uniform prior; the ends of the corridor are walls.

    Args:
        length: number of cells, at least 2.
        horizon: number of steps.
        start, goal: cells in 0 to length - 1; the goal is the last cell unless given.
        slip: probability in [0, 1] that the floor chooses instead: left, stay or right, a third each.
        effort: cost of a step to the left or to the right, reward units.
        miss: cost for each cell between the last position and the goal; inf admits the goal alone.

    Raises:
        ValueError: fewer than 2 cells, a start or goal outside, or slip outside [0, 1].
    """
    goal = length - 1 if goal is None else goal
    if length < 2 or not (0 <= start < length and 0 <= goal < length):
        raise ValueError(
            f"a corridor has at least 2 cells, with start and goal among them; got length {length}, "
            f"start {start}, goal {goal}."
        )
    if not 0 <= slip <= 1:
        raise ValueError(f"slip is a probability in [0, 1], got {slip}.")
    cell = np.arange(length)
    landing = np.clip(cell[:, None] + [-1, 0, 1], 0, length - 1)
    intended = np.eye(length)[landing]
    transition = (1.0 - slip) * intended + slip * intended.mean(axis=1, keepdims=True)
    distance = np.abs(cell - goal)
    cells = np.stack([np.zeros_like(cell), cell], axis=1)
    drawing = "".join("G" if x == goal else "S" if x == start else "." for x in cell)
    return MDP(
        transition,
        np.tile([-effort, 0.0, -effort], (length, 1)),
        horizon=horizon,
        initial=np.eye(length)[start],
        prior=np.full(3, 1 / 3),
        final_value=np.where(distance == 0, 0.0, -miss * np.maximum(distance, 1)),
        grid=Grid((drawing,), cells, np.array([(0, -1), (0, 0), (0, 1)]), ("left", "stay", "right")),
    )
