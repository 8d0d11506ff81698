"""Z-learning: the desirability from sampled transitions alone (Todorov 2006)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from softopt.operators import Array
from softopt.tabular.linearly_solvable.bellman import check_positive
from softopt.tabular.linearly_solvable.lmdp import LMDP


@dataclass(frozen=True, eq=False)
class ZLearning:
    """What Z-learning learned, and on the way.

    Attributes:
        cost_to_go: (S,) estimate of v after the last step.
        visits: (S,) updates of each state.
        recorded: (K,) steps after which the estimate was kept.
        history: (K, S) the estimates kept.
    """

    cost_to_go: Array
    visits: Array
    recorded: Array
    history: Array


def harmonic(visits: int, half: float = 100.0) -> float:
    """Learning rate ``half / (half + visits)``, for the number of earlier visits to the state."""
    return half / (half + visits)


def z_learning(
    lmdp: LMDP,
    temperature: float = 1.0,
    *,
    steps: int,
    generator: np.random.Generator,
    greedy: float = 0.0,
    rate: Callable[[int], float] = harmonic,
    records: int = 50,
) -> ZLearning:
    """Learn a first-exit problem from transitions: ``z(s) += rate (exp(-q(s) / T) z(s') p / b - z(s))``.

    The next state s' is drawn from ``b = greedy u + (1 - greedy) p``, u the control that is optimal for the
    present estimate. greedy 0 is Todorov's passive Z-learning: it watches the passive dynamics, needs no model
    and no actions, and learns the optimal values off-policy. Any more of u needs p, for the importance weight
    p / b; at greedy 1 every target is the full backup of its state, whatever s' was drawn. Episodes
    start uniformly among the running states. Estimates are kept as log z, so that nothing underflows.

    Args:
        lmdp: with discount 1 and terminal states in reach, as for :func:`first_exit`.
        temperature: T, finite and positive.
        steps: number of transitions, at least 1.
        generator: draws the starts and the transitions.
        greedy: in [0, 1].
        rate: learning rate in (0, 1] from the number of earlier visits to the state.
        records: how many estimates to keep on the way, evenly spread.

    Raises:
        ValueError: an argument outside its range, or no end in reach.
    """
    temperature = check_positive(temperature)
    if steps < 1 or records < 1 or not 0 <= greedy <= 1:
        raise ValueError(f"need steps >= 1, records >= 1, greedy in [0, 1]; got {steps}, {records}, {greedy}.")
    if lmdp.discount != 1 or lmdp.lost().size:
        raise ValueError("z_learning needs discount 1 and a terminal state in reach of every state.")
    passive = lmdp.rows()
    edges = [slice(a, b) for a, b in zip(passive.indptr[:-1], passive.indptr[1:], strict=True)]
    log_passive, log_cost = np.log(passive.data), -lmdp.state_cost / temperature
    starts = np.flatnonzero(~lmdp.terminal)
    log_z = np.where(lmdp.terminal, -lmdp.terminal_cost / temperature, 0.0)
    visits = np.zeros(lmdp.n_states)
    recorded = np.unique(np.linspace(0, steps, records + 1).astype(int)[1:])
    history = np.empty((recorded.size, lmdp.n_states))
    kept, state = 0, -1
    for step in range(1, steps + 1):
        if state < 0:
            state = int(generator.choice(starts))
        here = edges[state]
        following, chances = passive.indices[here], passive.data[here]
        log_weight = np.zeros(chances.size)
        if greedy:
            tilt = log_passive[here] + log_z[following]
            tilt = np.exp(tilt - tilt.max())
            behaviour = greedy * tilt / tilt.sum() + (1 - greedy) * chances
            with np.errstate(divide="ignore"):  # a successor that underflows is never drawn
                log_weight = log_passive[here] - np.log(behaviour)
            chances = behaviour
        drawn = int(np.searchsorted(np.cumsum(chances), generator.random() * chances.sum(), side="right"))
        successor = int(following[drawn])
        target = log_cost[state] + log_z[successor] + log_weight[drawn]
        alpha = rate(int(visits[state]))
        log_keep = np.log1p(-alpha) if alpha < 1 else -np.inf
        log_z[state] = np.logaddexp(log_keep + log_z[state], np.log(alpha) + target)
        visits[state] += 1
        state = -1 if lmdp.terminal[successor] else successor
        if step == recorded[kept]:
            history[kept] = -temperature * log_z
            kept += 1
    return ZLearning(-temperature * log_z, visits, recorded, history)
