"""What a model may use of demonstrations: visits, where they start, and where they break off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from softopt.tabular.inverse.models import LookAhead
from softopt.tabular.mdp import MDP, Array
from softopt.tabular.rollouts import Trajectory


@dataclass(frozen=True, eq=False)
class Statistics:
    """Averages over demonstrations, each of which weighs the same.

    Attributes:
        visits: (S, A) visits, the one at step t weighing ``step_weight ** t``.
        source: (S,), or (H + 1, S) for a finite horizon: +1 where a demonstration starts, and
            ``-step_weight ** L`` where it stops after L steps, unless stopping there means that it has ended.
    """

    visits: Array
    source: Array


def statistics(mdp: MDP, demonstrations: Sequence[Trajectory], model: LookAhead) -> Statistics:
    """Check demonstrations against the MDP and average them.

    A demonstration that stops in a terminal state or at the horizon has ended. Where any other was only watched
    for a while, the value of the state it stops in stands for the rest. No case is needed for that: a value is
    counted wherever a demonstration stops, and it is zero where there is nothing left to come.

    Raises:
        ValueError: no demonstrations, ids outside the model, or a step that is impossible under it.
    """
    check(mdp, demonstrations)
    share = 1.0 / len(demonstrations)
    visits = np.zeros((mdp.n_states, mdp.n_actions))
    source = np.zeros((1 if mdp.horizon is None else mdp.horizon + 1, mdp.n_states))
    for trajectory in demonstrations:
        length = len(trajectory)
        weights = share * model.step_weight ** np.arange(length + 1)
        np.add.at(visits, (trajectory.states[:-1], trajectory.actions), weights[:-1])
        source[0, trajectory.states[0]] += share
        if model.watched or length == mdp.horizon:
            source[0 if mdp.horizon is None else length, trajectory.states[-1]] -= weights[-1]
    return Statistics(visits, source[0] if mdp.horizon is None else source)


def check(mdp: MDP, demonstrations: Sequence[Trajectory]) -> None:
    """Raise a ValueError that names the demonstration and the step which the model cannot produce."""
    if not len(demonstrations):
        raise ValueError("no demonstrations given; a reward needs at least one trajectory to explain.")
    rows = mdp.rows().tocoo()
    steps = np.sort(rows.row.astype(np.int64) * mdp.n_states + rows.col)  # every possible step as one number
    for number, trajectory in enumerate(demonstrations):
        if not isinstance(trajectory, Trajectory):
            raise ValueError(
                f"demonstration {number} is a {type(trajectory).__name__}; give Trajectory(states, actions)."
            )
        flaw = _flaw(mdp, steps, trajectory)
        if flaw:
            raise ValueError(f"demonstration {number} {flaw}.")


def _flaw(mdp: MDP, steps: NDArray[np.int64], trajectory: Trajectory) -> str:
    """Say what is wrong with a trajectory under the model; an empty string where nothing is.

    Args:
        steps: sorted, ``(s * A + a) * S + s'`` of every possible step.
    """
    states, actions = trajectory.states, trajectory.actions
    for ids, count, name in ((states, mdp.n_states, "state"), (actions, mdp.n_actions, "action")):
        outside = np.flatnonzero((ids < 0) | (ids >= count))
        if outside.size:
            step = outside[0]
            return f"has {name} {ids[step]} at step {step}; the model has {name}s 0 to {count - 1}"
    if mdp.horizon is not None and len(trajectory) > mdp.horizon:
        return f"takes {len(trajectory)} steps; the horizon is {mdp.horizon}"
    if mdp.initial[states[0]] == 0:
        return f"starts in state {states[0]} at step 0, where the model never starts; widen mdp.initial"
    here, there = states[:-1], states[1:]
    possible = mdp.allowed if mdp.prior is None else mdp.prior > 0
    ended, forbidden = mdp.terminal[here], ~possible[here, actions]
    taken = (here * mdp.n_actions + actions) * mdp.n_states + there
    unreachable = steps[np.minimum(np.searchsorted(steps, taken), steps.size - 1)] != taken
    broken = np.flatnonzero(ended | forbidden | unreachable)
    if not broken.size:
        return ""
    step = broken[0]
    state, action = states[step], actions[step]
    if ended[step]:
        return f"acts at step {step} in state {state}, which is terminal; end it there"
    if forbidden[step]:
        return f"takes action {action} in state {state} at step {step}, which the model forbids"
    return (
        f"goes from state {state} to {states[step + 1]} by action {action} at step {step}, "
        f"which has probability 0 under the model"
    )
