"""Tables and single transitions for the exercises on learning: every way in which a step can end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from softopt.exercises.cases import one_decimal
from softopt.tabular.learning import Transition

ENDS = ((False, False), (True, False), (False, True))  # (terminated, truncated)


def tables_and_steps(
    generator: np.random.Generator,
) -> Iterator[tuple[NDArray[np.float64], Transition, float]]:
    """Yield a table (S, A) whose last state is terminal, a step in it, and a discount."""
    for n_states, n_actions in ((2, 2), (2, 3), (3, 2), (3, 3), (4, 2), (4, 3)):
        for terminated, truncated in ENDS:
            table = one_decimal(generator.uniform(-1.5, 1.5, size=(n_states, n_actions)))
            table[-1] = 0.0
            next_state = n_states - 1 if terminated else int(generator.integers(n_states - 1))
            step = Transition(
                state=int(generator.integers(n_states - 1)),
                action=int(generator.integers(n_actions)),
                reward=float(one_decimal(generator.uniform(0.5, 4)) * generator.choice([-1, 1])),
                next_state=next_state,
                terminated=terminated,
                truncated=truncated,
            )
            yield table, step, float(generator.choice([0.5, 0.8]))


def moved(table: NDArray[np.float64], step: Transition, error: float, rate: float) -> NDArray[np.float64]:
    """Return a copy of the table with one entry moved along an error."""
    new = table.copy()
    new[step.state, step.action] += rate * error
    return new
