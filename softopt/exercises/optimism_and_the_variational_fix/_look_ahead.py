"""The cases of the two exercises that look one step ahead: dynamics, values of the next states, a temperature."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.cases import one_decimal, tenths
from softopt.exercises.exercise import Case


def look_ahead_cases(generator: np.random.Generator, spread: float) -> Iterator[Case]:
    """Chance with some impossible outcomes, values within ``spread`` of one another, or all far from zero."""
    for n_states, n_actions in ((2, 1), (2, 2), (2, 2), (3, 2), (3, 2), (3, 3), (4, 2)):
        for temperature in (0.5, 2.0):
            yield _case(generator, n_states, n_actions, temperature, spread, 0.0)
    for offset in (-1000.0, 1000.0):
        yield _case(generator, 2, 2, 0.5, spread, offset)


def _case(
    generator: np.random.Generator, n_states: int, n_actions: int, temperature: float, spread: float, offset: float
) -> Case:
    arguments = {
        "transition": tenths(generator, (n_states, n_actions, n_states)),
        "value": offset + one_decimal(generator.uniform(-spread / 2, spread / 2, n_states)),
        "temperature": temperature,
    }
    return Case(n_states * n_actions, arguments)
