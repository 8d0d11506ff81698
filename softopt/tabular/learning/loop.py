"""The loop that all value learners share: read a transition, form a target, move one entry towards it.

::

    target = r + discount * V(s')        V(s') = backup of row s', and 0 if the transition *terminated*
    Q(s, a) += rate * (target - Q(s, a))

Algorithms differ in the backup alone: hard maximum (Q-learning), soft maximum (soft Q-learning, G-learning),
mellowmax, Boltzmann average. Nothing here is random, so a recorded stream gives the same table every time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.tabular.learning.rates import Rate
from softopt.tabular.learning.transitions import Transition
from softopt.tabular.mdp import MDP, Array

# A stream; or, to act while learning, a function that is given the learner's live (S, A) table and returns one.
Experience: TypeAlias = Iterable[Transition] | Callable[[Array], Iterable[Transition]]
Backup: TypeAlias = Callable[[list[float], int, int], float]  # (row of Q, its state, step) -> value of the state


@dataclass(frozen=True, eq=False)
class Learned:
    """What a value learner holds after reading a stream.

    Attributes:
        q: (S, A) learned table; rows of terminal states are 0, forbidden actions ``-inf``.
        value: (S,) backup of each row; 0 in terminal states.
        policy: (S, A) policy that belongs to the table.
        visits: (S, A) how often each pair was updated.
        steps: (K,) step numbers of the recorded tables.
        history: (K, S, A) the table after that many steps.
    """

    q: Array
    value: Array
    policy: Array
    visits: NDArray[np.int64]
    steps: NDArray[np.int64]
    history: Array


def learn(
    mdp: MDP,
    experience: Experience,
    backup: Backup,
    policy: Callable[[Array, int], Array],
    *,
    rate: Rate,
    start: ArrayLike | None,
    every: int | None,
    relative: bool = False,
) -> Learned:
    """Run the shared update over a stream.

    Args:
        mdp: only its discount, terminal states and allowed actions are read; the model is not.
        experience: transitions, or a function from the live table to transitions.
        backup: value of a state from its row, ``(row, state, step) -> float``.
        policy: from the final (S, A) table and step to the policy that belongs to it.
        rate: learning rate from the number of visits of the pair.
        start: (S, A) first table; zeros unless given.
        every: record the table each so many steps, the start included; None records nothing.
        relative: measure the target against V(s) in place of Q(s, a); what psi-learning does.

    Raises:
        ValueError: a finite horizon, a start of the wrong shape, or ``every`` below 1.
    """
    if mdp.horizon is not None:
        raise ValueError("the learners keep one table for all times; use mdp.replace(horizon=None).")
    if every is not None and every < 1:
        raise ValueError(f"every is a number of steps, at least 1, or None; got {every}.")
    q = np.zeros(mdp.reward.shape) if start is None else np.array(start, dtype=np.float64)
    if q.shape != mdp.reward.shape:
        raise ValueError(f"start has shape (S, A) = {mdp.reward.shape}, got {q.shape}.")
    q[~mdp.allowed] = -np.inf
    q[mdp.terminal] = 0.0
    visits = np.zeros(q.shape, dtype=np.int64)
    steps, history = ([0], [q.copy()]) if every else ([], [])
    live = q.view()
    live.setflags(write=False)
    step = 0
    for step, transition in enumerate(experience(live) if callable(experience) else experience, start=1):
        state, action, reward, next_state, terminated, _ = transition
        # Truncation is not looked at: whoever stopped watching did not stop the task.
        future = 0.0 if terminated else mdp.discount * backup(q[next_state].tolist(), next_state, step)
        visits[state, action] += 1
        compared = backup(q[state].tolist(), state, step) if relative else q[state, action]
        q[state, action] += rate(int(visits[state, action])) * (reward + future - compared)
        if every and step % every == 0:
            steps.append(step)
            history.append(q.copy())
    value = np.array([backup(row, state, step) for state, row in enumerate(q.tolist())])
    value[mdp.terminal] = 0.0
    recorded = np.array(history) if history else np.empty((0, *q.shape))
    return Learned(q, value, policy(q, step), visits, np.array(steps, dtype=np.int64), recorded)


def soft_row(row: list[float], temperature: float, prior: list[float] | None) -> float:
    """Soft maximum of one row, equal to :func:`softopt.operators.soft_maximum` without its checks.

    A learner asks for it at every step, where those checks would cost more than the learning.
    """
    if prior is None:
        top = max(row)
        if temperature == 0 or top == -math.inf:
            return top
        return top + temperature * math.log(sum(math.exp((x - top) / temperature) for x in row))
    pairs = [(x, p) for x, p in zip(row, prior, strict=True) if p > 0]
    if math.isinf(temperature):
        return sum(p * x for x, p in pairs)
    top = max(x for x, _ in pairs)
    if temperature == 0 or top == -math.inf:
        return top
    # expm1 and log1p keep the digits that 1 + tiny would lose at a large temperature.
    excess = sum(p * math.expm1((x - top) / temperature) for x, p in pairs)
    if excess > -0.5:
        return top + temperature * math.log1p(excess)
    return top + temperature * math.log(sum(p * math.exp((x - top) / temperature) for x, p in pairs))
