"""One solution for each temperature of a slider: the arrays that an explorer draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from softopt.operators import check_temperature, entropy
from softopt.tabular.mdp import MDP
from softopt.tabular.planning.bellman import Array
from softopt.tabular.planning.evaluation import visitation
from softopt.tabular.planning.finite_horizon import one_step_back
from softopt.tabular.planning.policy_iteration import plan


@dataclass(frozen=True, eq=False)
class TemperaturePath:
    """F solutions, one a temperature. Where the solver failed a frame is NaN and its message says why.

    With a finite horizon the frames show the first step; the lines below them are of the whole horizon.

    Attributes:
        temperatures: (F,), as given.
        value, soft_q, policy: (F, S), (F, S, A), (F, S, A).
        visitation: (F, S), expected discounted number of visits (all steps of a finite horizon together).
        start_value: (F,), value at the start distribution.
        entropy: (F,), mean entropy of the policy per step, in nats, over the visits that are not terminal.
        expected_return: (F,), expected discounted sum of rewards alone.
        messages: F strings, empty where the solver succeeded.
    """

    temperatures: Array
    value: Array
    soft_q: Array
    policy: Array
    visitation: Array
    start_value: Array
    entropy: Array
    expected_return: Array
    messages: tuple[str, ...]


def temperature_path(mdp: MDP, temperatures: ArrayLike, solver: Callable[[MDP, float], Any] = plan) -> TemperaturePath:
    """Solve an MDP at every temperature, by any solver, and go on where it fails.

    Args:
        temperatures: (F,) numbers in [0, inf].
        solver: a function (mdp, temperature) that returns a Plan, or anything with ``value`` and ``policy``
            of the shapes of a Plan. One that raises, or returns NaN or wrong shapes, leaves NaN and a message.

    Raises:
        ValueError: a temperature is negative or NaN, or there is none.
    """
    grid = np.atleast_1d(np.asarray(temperatures, dtype=np.float64))
    if grid.ndim != 1 or not grid.size:
        raise ValueError(f"temperatures must be a list of numbers, got shape {grid.shape}.")
    for temperature in grid:
        check_temperature(temperature, prior="any")
    n_frames, n_states, n_actions = grid.size, mdp.n_states, mdp.n_actions
    blank = [np.full(shape, np.nan) for shape in [(n_frames, n_states)] * 2 + [(n_frames, n_states, n_actions)] * 2]
    value, visits, soft_q, policy = blank
    start_value, mean_entropy, expected_return = np.full((3, n_frames), np.nan)
    messages = []
    for frame, temperature in enumerate(tqdm(grid, desc="temperatures", delay=0.2, leave=False)):
        try:
            found = _checked(mdp, solver(mdp, float(temperature)))
            value_f, q_f, policy_f = found
            frame_visits = visitation(mdp, policy_f)
            summary = _summary(mdp, frame_visits, value_f, policy_f)
        except Exception as error:  # a student's function may raise anything
            messages.append(f"{type(error).__name__}: {error}")
            continue
        messages.append("")
        first = mdp.horizon is not None
        value[frame] = value_f[0] if first else value_f
        soft_q[frame] = q_f[0] if first else q_f
        policy[frame] = policy_f[0] if first else policy_f
        visits[frame] = frame_visits.sum(axis=0) if first else frame_visits
        start_value[frame], mean_entropy[frame], expected_return[frame] = summary
    return TemperaturePath(
        grid, value, soft_q, policy, visits, start_value, mean_entropy, expected_return, tuple(messages)
    )


def _checked(mdp: MDP, found: Any) -> tuple[Array, Array, Array]:
    """Return value, Q-values and policy of what a solver returned, or say what is wrong with it."""
    if not hasattr(found, "value") or not hasattr(found, "policy"):
        raise TypeError(f"a solver returns a Plan, or an object with .value and .policy; got {type(found).__name__}.")
    shape: tuple[int, ...] = (mdp.n_states,) if mdp.horizon is None else (mdp.horizon + 1, mdp.n_states)
    value = np.asarray(found.value, dtype=np.float64)
    policy = np.asarray(found.policy, dtype=np.float64)
    if value.shape != shape:
        raise ValueError(f"the solver's value has shape {value.shape}, expected {shape}.")
    if np.isnan(value).any() or np.isnan(policy).any():
        raise ValueError("the solver returned NaN.")
    table = (mdp.n_states, mdp.n_actions) if mdp.horizon is None else (mdp.horizon, mdp.n_states, mdp.n_actions)
    if policy.shape != table:
        raise ValueError(f"the solver's policy has shape {policy.shape}, expected {table}.")
    soft_q = getattr(found, "soft_q", None)
    if soft_q is None:
        if mdp.horizon is None:
            soft_q = one_step_back(mdp, value)
        else:
            soft_q = np.stack([one_step_back(mdp, later) for later in value[1:]])
    soft_q = np.asarray(soft_q, dtype=np.float64)
    if soft_q.shape != table:
        raise ValueError(f"the solver's soft_q has shape {soft_q.shape}, expected {table}.")
    if np.isnan(soft_q).any():
        raise ValueError("the solver returned NaN.")
    return value, soft_q, policy


def _summary(mdp: MDP, visits: Array, value: Array, policy: Array) -> tuple[float, float, float]:
    """Value at the start, mean entropy a step, expected return."""
    first = value if mdp.horizon is None else value[0]
    spent = visits if mdp.horizon is None else visits[:-1]
    spent = np.where(mdp.terminal, 0.0, spent)
    nats = float((spent * entropy(policy)).sum() / spent.sum()) if spent.sum() > 0 else 0.0
    taken = (spent[..., None] * policy) > 0
    gained = float((spent[..., None] * policy * np.where(taken, mdp.reward, 0.0)).sum())
    if mdp.horizon is not None:
        gained += float((visits[-1] * np.where((visits[-1] > 0) & ~mdp.terminal, mdp.final_value, 0.0)).sum())
    start = float((mdp.initial * np.where(mdp.initial > 0, first, 0.0)).sum())
    return start, nats, gained
