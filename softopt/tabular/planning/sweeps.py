"""A few soft backups between the Newton steps of a large MDP.

Far from the solution a Newton step moves a decision by one state at a time: the neighbour of a place to go learns of
it, then the neighbour's neighbour. Backups carry such news at a fraction of the cost of a linear solve.
"""

from __future__ import annotations

import numpy as np

from softopt.tabular import _compiled
from softopt.tabular.planning.bellman import backup
from softopt.tabular.planning.chains import Array
from softopt.tabular.planning.live import Live

FIRST, BETWEEN = 20, 10  # backups of all states at once, before the first step and between two
COMPILED_FROM = 30_000  # states from which the compiled loop pays
FIRST_IN_PLACE, BETWEEN_IN_PLACE = 20, 2  # in place and in alternating order, news crosses the whole MDP in one sweep


def sweep(live: Live, value: Array, temperature: float, first: bool = False) -> Array:
    """Return ``value`` after a few backups; T in [0, inf)."""
    if not _compiled.available or live.states.size < COMPILED_FROM:
        for _ in range(FIRST if first else BETWEEN):
            value, _ = backup(live, value, temperature)
        return value
    rows = live.chains.transition
    log_prior = np.zeros(live.reward.shape) if live.log_prior is None else live.log_prior
    value = value.copy()
    for count in range(FIRST_IN_PLACE if first else BETWEEN_IN_PLACE):
        _compiled.soft_sweep(
            rows.indptr,
            rows.indices,
            rows.data,
            live.reward,
            log_prior,
            live.discount,
            temperature,
            value,
            bool(count % 2),
        )
    return value
