"""Transitions of an MDP: the one stream that every learner of this package reads.

A *terminated* transition ends the episode because the task is over: nothing follows, so nothing is
bootstrapped. A *truncated* one ends it because somebody stopped watching: the task goes on, so the value of the
next state still counts. Learners look at ``terminated`` only.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from softopt.tabular.mdp import MDP, Array

Behaviour: TypeAlias = "ArrayLike | Callable[[int], ArrayLike]"

BLOCK = 4096  # random numbers are drawn in blocks of this many steps: one call a step is slow


class Transition(NamedTuple):
    """One step: what was seen, what was done, what it paid, where it led, and whether the episode ended there."""

    state: int
    action: int
    reward: float
    next_state: int
    terminated: bool
    truncated: bool


def interact(
    mdp: MDP,
    behaviour: Behaviour,
    generator: np.random.Generator,
    steps: int,
    *,
    time_limit: int | None = None,
    survival: float = 1.0,
    reward_noise: float = 0.0,
) -> Iterator[Transition]:
    """Yield ``steps`` transitions, one episode after another, each begun at a draw from ``mdp.initial``.

    The reward is that of the transition taken where the MDP knows it, else the expected one. ``list(...)`` of
    the stream is a recording, which any learner can replay.

    Args:
        mdp: its horizon is not used; a time limit is a truncation, not an end.
        behaviour: (S, A) policy; or a function from a state to (A,) probabilities, asked at every step, so that
            a learner can act while it learns.
        generator: where all randomness comes from. Random numbers are drawn in blocks.
        steps: number of transitions, at least 0.
        time_limit: length at which an episode is cut off, or None.
        survival: chance in (0, 1] that an episode is not cut off after a step. With ``mdp.discount``, plain sums
            of rewards have the discounted return as their expectation.
        reward_noise: standard deviation of Gaussian noise added to every reward.

    Raises:
        ValueError: a behaviour of the wrong shape, not a distribution, or with mass on a forbidden action; a
            start from which every state is terminal.
    """
    if time_limit is not None and time_limit < 1:
        raise ValueError(f"time_limit is a whole number of steps, at least 1, or None; got {time_limit}.")
    if not 0 < survival <= 1:
        raise ValueError(f"survival is a chance in (0, 1], got {survival}.")
    if steps < 0 or reward_noise < 0:
        raise ValueError(f"steps and reward_noise are at least 0, got {steps} and {reward_noise}.")
    # An episode that starts where it ends has no transitions, so starts are drawn among the others.
    starts = np.where(mdp.terminal, 0.0, mdp.initial)
    if starts.sum() == 0:
        raise ValueError("mdp.initial starts every episode in a terminal state; there is nothing to simulate.")
    if not callable(behaviour):
        behaviour = [row.tolist() for row in np.cumsum(check_policy(mdp, behaviour), axis=1)]
    start = (starts / starts.sum()).cumsum().tolist()
    return _stream(mdp, behaviour, start, generator, steps, time_limit or math.inf, survival, reward_noise)


def epsilon_greedy(q: ArrayLike, epsilon: float) -> Array:
    """Return the greedy policy with probability ``1 - epsilon``, else a uniform allowed action; ties are shared.

    Args:
        q: values (..., A), ``-inf`` where an action is forbidden, at least one action allowed.
        epsilon: in [0, 1].

    Raises:
        ValueError: epsilon outside [0, 1].
    """
    if not 0 <= epsilon <= 1:
        raise ValueError(f"epsilon is a probability in [0, 1], got {epsilon}.")
    q = np.asarray(q, dtype=np.float64)
    allowed, best = q > -np.inf, q == q.max(axis=-1, keepdims=True)
    share = allowed / allowed.sum(axis=-1, keepdims=True)
    return np.asarray((1 - epsilon) * best / best.sum(axis=-1, keepdims=True) + epsilon * share)


def check_policy(mdp: MDP, policy: ArrayLike) -> Array:
    """Return a policy as an (S, A) array of float64.

    Raises:
        ValueError: the wrong shape, rows that are no distributions, or mass on a forbidden action.
    """
    table = np.asarray(policy, dtype=np.float64)
    if table.shape != mdp.reward.shape:
        raise ValueError(f"a policy has shape (S, A) = {mdp.reward.shape}, got {table.shape}.")
    running = ~mdp.terminal
    if not np.all(table >= 0) or np.abs(table[running].sum(axis=1) - 1).max(initial=0.0) > 1e-8:
        raise ValueError("each row of a policy holds non-negative probabilities that sum to one.")
    if (table[~mdp.allowed] > 0).any():
        raise ValueError("the policy takes an action that the MDP forbids (its reward is -inf).")
    return table


def _stream(
    mdp: MDP,
    behaviour: Callable[[int], ArrayLike] | list[list[float]],
    start: list[float],
    generator: np.random.Generator,
    steps: int,
    time_limit: float,
    survival: float,
    reward_noise: float,
) -> Iterator[Transition]:
    """Draw the transitions. Every choice inverts a cumulative distribution at a uniform number."""
    outcomes = _Outcomes(mdp)
    terminal = mdp.terminal.tolist()
    state, age = -1, 0
    for first in range(0, steps, BLOCK):
        count = min(BLOCK, steps - first)
        uniform = generator.random((count, 4)).tolist()
        noise = (reward_noise * generator.standard_normal(count)).tolist() if reward_noise else [0.0] * count
        for (u_start, u_action, u_next, u_survival), extra in zip(uniform, noise, strict=True):
            if state < 0:
                state, age = _invert(start, u_start), 0
            if callable(behaviour):
                cumulative = np.cumsum(behaviour(state)).tolist()
                if len(cumulative) != mdp.n_actions or abs(cumulative[-1] - 1) > 1e-8:
                    raise ValueError(
                        f"behaviour({state}) must be {mdp.n_actions} probabilities that sum to one, "
                        f"got {len(cumulative)} with sum {cumulative[-1]:.9g}."
                    )
            else:
                cumulative = behaviour[state]
            action = _invert(cumulative, u_action)
            if not mdp.allowed[state, action]:
                raise ValueError(f"behaviour took action {action} in state {state}, which the MDP forbids.")
            chances, targets, rewards = outcomes.of(state, action)
            outcome = _invert(chances, u_next)
            next_state, age = targets[outcome], age + 1
            terminated = terminal[next_state]
            truncated = not terminated and (age >= time_limit or u_survival >= survival)
            yield Transition(state, action, rewards[outcome] + extra, next_state, terminated, truncated)
            state = -1 if terminated or truncated else next_state


def _invert(cumulative: list[float], uniform: float) -> int:
    """First index whose cumulative probability exceeds ``uniform``; never one of probability zero."""
    return bisect_right(cumulative, uniform * cumulative[-1])


class _Outcomes:
    """Where a state-action pair can lead and what it pays there, looked up once a pair."""

    def __init__(self, mdp: MDP) -> None:
        self._rows, self._mdp = mdp.rows(), mdp
        self._known: dict[int, tuple[list[float], list[int], list[float]]] = {}

    def of(self, state: int, action: int) -> tuple[list[float], list[int], list[float]]:
        """Cumulative probabilities, next states and rewards of one pair."""
        row = state * self._mdp.n_actions + action
        if row not in self._known:
            here = slice(self._rows.indptr[row], self._rows.indptr[row + 1])
            targets, chances = self._rows.indices[here], self._rows.data[here]
            paid = np.full(targets.size, self._mdp.reward[state, action])
            by_transition = self._mdp.transition_reward
            if by_transition is not None and by_transition.ndim == 3:
                paid = by_transition[state, action, targets]
            elif by_transition is not None:
                paid = by_transition[[row], :].toarray()[0, targets]
            self._known[row] = (np.cumsum(chances).tolist(), targets.tolist(), paid.tolist())
        return self._known[row]
