"""The two passes that every maximum-entropy IRL gradient is made of: values backward, visits forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from softopt.tabular.inverse.models import LookAhead
from softopt.tabular.mdp import MDP, Array
from softopt.tabular.planning.bellman import soft_greedy


@dataclass(frozen=True, eq=False)
class Backward:
    """Result of the backward pass.

    Attributes:
        value: (S,), or (H + 1, S) for a finite horizon.
        policy: (S, A), or (H, S, A); rows of terminal states are zero, so that nothing flows out of them.
        flow: one array over the stored transitions, or H of them.
    """

    value: Array
    policy: Array
    flow: Array | list[Array]


def backward(mdp: MDP, model: LookAhead, reward: Array, temperature: float) -> Backward:
    """Solve the soft Bellman equation of a model for ``reward`` (S, A).

    Raises:
        ValueError: the infinite horizon has no finite value.
    """
    choose = _Choice(mdp, temperature)
    if mdp.horizon is None:
        ahead, flow = model(model.fixed_point(reward))
        value, policy = choose(reward + ahead)
        return Backward(value, policy, flow)
    values = np.empty((mdp.horizon + 1, mdp.n_states))
    policies = np.empty((mdp.horizon, mdp.n_states, mdp.n_actions))
    flows = []
    values[-1] = np.where(mdp.terminal, 0.0, mdp.final_value)
    for time in reversed(range(mdp.horizon)):
        ahead, flow = model(values[time + 1])
        values[time], policies[time] = choose(reward + ahead)
        flows.append(flow)
    return Backward(values, policies, flows[::-1])


def occupancy(mdp: MDP, past: Backward, source: Array, rows: Any) -> Array:
    """Expected visits (S, A) that flow from a signed source, weighed as the model weighs its steps.

    Args:
        source: (S,), or (H + 1, S) for a finite horizon, where row t joins at time t.
        rows: the transition as a CSR matrix, row ``s * A + a``.
    """
    row_length = np.diff(rows.indptr)
    if mdp.horizon is None:
        # visits = source + kernel^T visits
        origin = np.repeat(np.repeat(np.arange(mdp.n_states), mdp.n_actions), row_length)
        moved = past.flow * np.repeat(past.policy.reshape(-1), row_length)
        kernel = sp.csc_array((moved, (rows.indices, origin)), shape=(mdp.n_states, mdp.n_states))
        state_visits = spsolve(sp.eye_array(mdp.n_states, format="csc") - kernel, source)
        return np.asarray(state_visits[:, None] * past.policy)
    visits = np.zeros((mdp.n_states, mdp.n_actions))
    here = np.zeros(mdp.n_states)
    for policy, flow, joining in zip(past.policy, past.flow, source[:-1], strict=True):
        now = (here + joining)[:, None] * policy
        visits += now
        moved = np.repeat(now.reshape(-1), row_length) * flow
        here = np.bincount(rows.indices, moved, mdp.n_states).astype(np.float64)
    return visits


class _Choice:
    """Soft value and policy of Q-values (S, A), with terminal states at zero and dead ends at ``-inf``.

    Inside, actions come first: NumPy then sums the few actions of many states several times faster.
    """

    def __init__(self, mdp: MDP, temperature: float) -> None:
        self.mdp, self.temperature = mdp, temperature
        self.usable = np.ascontiguousarray((mdp.allowed if mdp.prior is None else mdp.prior > 0).T)
        self.log_prior = None
        if mdp.prior is not None:
            stuck = ~self.usable.any(axis=0)
            with np.errstate(divide="ignore"):
                self.log_prior = np.ascontiguousarray(np.log(np.where(stuck, 1.0, mdp.prior.T)))

    def __call__(self, soft_q: Array) -> tuple[Array, Array]:
        q = np.where(self.usable, np.ascontiguousarray(soft_q.T), -np.inf)
        dead = np.isneginf(q.max(axis=0))
        q[:, dead] = 0.0
        value, policy = soft_greedy(q, self.log_prior, self.temperature)
        value[dead] = -np.inf
        value[self.mdp.terminal] = 0.0
        policy[:, dead | self.mdp.terminal] = 0.0
        return value, policy.T
