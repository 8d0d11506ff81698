"""The two models of a demonstrator. They differ in one thing: how they look ahead.

    causal       Q = r + discount E V                                      flow = discount p(s'|s, a)
    non-causal   Q = r + T log( discount E exp(V / T) + 1 - discount )     flow = the posterior dynamics

with ``V = T log sum_a p0 exp(Q / T)`` in both. The flow is the derivative of the look-ahead by V(s'), so the
same numbers that carry visits forward in time make the gradient exact.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from softopt.tabular.inference import infer
from softopt.tabular.mdp import MDP, Array
from softopt.tabular.planning import plan


class LookAhead(Protocol):
    """What the backward and the forward pass ask of a model.

    Attributes:
        step_weight: of a step of a demonstration against the step before it.
        watched: whether a demonstration that stops in mid-course was only watched for a while (else it ended).
    """

    step_weight: float
    watched: bool

    def __call__(self, value: Array) -> tuple[Array, Array]:
        """Return the value of what follows, (S, A), and its flow, one number for each stored transition."""
        ...

    def fixed_point(self, reward: Array) -> Array:
        """Return the value (S,) of an infinite horizon for ``reward`` (S, A)."""
        ...


class Causal:
    """The demonstrator knows the dynamics and cannot choose their outcome.

    Source: Ziebart, Bagnell, Dey (2010), "Modeling Interaction via the Principle of Maximum Causal Entropy";
    discounted by Bloem, Bambos (2014).
    """

    watched = True

    def __init__(self, mdp: MDP, temperature: float) -> None:
        self.mdp, self.temperature = mdp, temperature
        self.step_weight = mdp.discount
        self.flow = mdp.discount * mdp.rows().data

    def __call__(self, value: Array) -> tuple[Array, Array]:
        """``discount E V`` and ``discount p``."""
        return self.mdp.discount * self.mdp.expect(value), self.flow

    def fixed_point(self, reward: Array) -> Array:
        """Soft value iteration's limit, by Newton's method."""
        return plan(_paying(self.mdp, reward), self.temperature, tol=1e-12).value


class NonCausal:
    """Trajectories weigh ``p(trajectory) exp(return / T)``: lucky outcomes count as if they had been chosen.

    A discount below one is a chance ``1 - discount`` to end after each step. So all steps that were seen weigh
    the same, and a demonstration that stops has ended; without a discount it may have been cut.

    Source: Ziebart, Maas, Bagnell, Dey (2008), with the dynamics kept under the sum. Their Algorithm 1
    carries visits forward under the model's own dynamics; that is the gradient of log Z only where the
    dynamics are deterministic. Here they flow under the posterior dynamics, which makes it exact.
    """

    step_weight = 1.0

    def __init__(self, mdp: MDP, temperature: float) -> None:
        self.mdp, self.temperature = mdp, temperature
        self.watched = mdp.discount == 1
        rows = mdp.rows()
        self.next_state, self.first = rows.indices, rows.indptr[:-1]
        self.row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        self.survival = mdp.discount * rows.data

    def __call__(self, value: Array) -> tuple[Array, Array]:
        """``T log(discount E exp(V / T) + 1 - discount)`` and the posterior dynamics."""
        temperature, ending = self.temperature, 1.0 - self.mdp.discount
        top, weight = self._weights(value)
        total = np.bincount(self.row, weight, top.size).astype(np.float64)
        if ending > 0:
            total = total + ending * np.exp(-top / temperature)
        with np.errstate(divide="ignore"):
            ahead = top + temperature * np.log(total)
        weight /= np.where(total > 0, total, 1.0)[self.row]
        return ahead.reshape(self.mdp.n_states, self.mdp.n_actions), weight

    def fixed_point(self, reward: Array) -> Array:
        """T times the log partition function of the trajectories from each state."""
        return infer(_paying(self.mdp, reward), self.temperature).value

    def _weights(self, value: Array) -> tuple[Array, Array]:
        """Return a pivot for each row and ``discount p exp((V - pivot) / T)``, which neither over- nor underflows."""
        high, low = max(value.max(), 0.0), min(value.min(), 0.0)
        if high - low < 500 * self.temperature:  # one pivot serves all, which is much the faster
            arrival = np.exp((value - high) / self.temperature)
            return np.full(self.first.size, high), self.survival * arrival[self.next_state]
        top = np.maximum.reduceat(value[self.next_state], self.first)
        if self.mdp.discount < 1:
            top = np.maximum(top, 0.0)
        top = np.where(np.isneginf(top), 0.0, top)  # nothing but hopeless successors: all weights are zero
        return top, self.survival * np.exp((value[self.next_state] - top[self.row]) / self.temperature)


def _paying(mdp: MDP, reward: Array) -> MDP:
    return mdp.replace(reward=reward, prior=mdp.prior)
