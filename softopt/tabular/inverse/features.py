"""Features of a state or of a state and an action: rewards from weights, feature sums from visits."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from softopt.tabular.mdp import MDP, Array


class Features:
    """Feature table of an MDP, paid when an action is taken; terminal states have none.

    Args:
        table: (S, K) features of the state that is acted in, or (S, A, K) features of state and action.

    Attributes:
        table: (S, 1, K) or (S, A, K), zero in terminal states.

    Raises:
        ValueError: another shape, or entries that are not finite.
    """

    def __init__(self, mdp: MDP, table: ArrayLike) -> None:
        given = np.array(table, dtype=np.float64)
        self.shape = mdp.n_states, mdp.n_actions
        if given.ndim == 2:
            given = given[:, None, :]
        if given.ndim != 3 or given.shape[0] != self.shape[0] or given.shape[1] not in (1, self.shape[1]):
            raise ValueError(
                f"features have shape (S, K) or (S, A, K) with S = {self.shape[0]} and A = {self.shape[1]}; "
                f"got shape {np.shape(table)}."
            )
        if not np.isfinite(given).all():
            raise ValueError("features hold NaN or an infinity; every feature must be finite.")
        given[mdp.terminal] = 0.0
        self.table = given
        self.n_features = given.shape[-1]

    def reward(self, theta: Array) -> Array:
        """Reward ``features @ theta``, shape (S, A)."""
        return np.broadcast_to(self.table @ theta, self.shape)

    def total(self, visits: Array) -> Array:
        """Feature sum (K,) over visits (S, A)."""
        seen = visits.sum(axis=1, keepdims=True) if self.table.shape[1] == 1 else visits
        return np.asarray(seen.reshape(-1) @ self.table.reshape(-1, self.n_features))
