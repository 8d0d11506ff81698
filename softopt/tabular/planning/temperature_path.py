"""One solution for each temperature of a slider: the arrays that an explorer draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import check_temperature, entropy
from softopt.tabular.mdp import MDP
from softopt.tabular.planning.bellman import one_step_back
from softopt.tabular.planning.chains import Array
from softopt.tabular.planning.evaluation import visitation
from softopt.tabular.planning.policy_iteration import plan
from softopt.tabular.planning.progress import Progress


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
    table = (mdp.n_states, mdp.n_actions)
    shapes: dict[str, tuple[int, ...]] = {
        "value": (mdp.n_states,),
        "soft_q": table,
        "policy": table,
        "visitation": (mdp.n_states,),
        "start_value": (),
        "entropy": (),
        "expected_return": (),
    }
    frames = {name: np.full((grid.size, *shape), np.nan) for name, shape in shapes.items()}
    messages = []
    near = None
    with Progress("temperatures", "frames", grid.size) as progress:
        for index, temperature in enumerate(grid):
            try:
                if solver is plan:  # the neighbour's value saves about half of the steps
                    found = plan(mdp, float(temperature), start=near)
                    near = found.value
                else:
                    found = solver(mdp, float(temperature))
                for name, entry in _frame(mdp, *_checked(mdp, found)).items():
                    frames[name][index] = entry
                messages.append("")
            except Exception as error:  # a student's function may raise anything
                messages.append(f"{type(error).__name__}: {error}")
            progress.step(f"temperature {temperature:g}")
    return TemperaturePath(grid, **frames, messages=tuple(messages))


def _frame(mdp: MDP, value: Array, soft_q: Array, policy: Array) -> dict[str, Any]:
    """What one temperature adds to the path: its arrays (first step of a finite horizon) and three numbers."""
    visits = visitation(mdp, policy)
    finite = mdp.horizon is not None
    spent = np.where(mdp.terminal, 0.0, visits[:-1] if finite else visits)
    nats = (spent * entropy(policy)).sum() / spent.sum() if spent.any() else 0.0
    # The expected return, from where the time is spent; 0 * -inf = 0 for what is never done.
    done = spent[..., None] * policy
    gained = (done * np.where(done > 0, mdp.reward, 0.0)).sum()
    if finite:
        arrived = np.where(mdp.terminal, 0.0, visits[-1])
        gained += (arrived * np.where(arrived > 0, mdp.final_value, 0.0)).sum()
        value, soft_q, policy, visits = value[0], soft_q[0], policy[0], visits.sum(axis=0)
    return {
        "value": value,
        "soft_q": soft_q,
        "policy": policy,
        "visitation": visits,
        "start_value": (mdp.initial * np.where(mdp.initial > 0, value, 0.0)).sum(),
        "entropy": nats,
        "expected_return": gained,
    }


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
