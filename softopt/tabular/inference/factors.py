"""The graphical model behind an MDP, as factors in the log domain: one number for each possible transition.

The trajectory and the optimality of all its steps have the joint weight

    p(s_0) prod_t  p0(a_t | s_t)  exp(r(s_t, a_t, s_t+1) / T)  p(s_t+1 | s_t, a_t)

with p0 = 1 in the entropy form (counting measure). Only transitions of positive probability are stored, so
every pass costs one operation per non-zero entry, and no S x S table is ever made.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from softopt.operators import Array, check_temperature, soft_maximum
from softopt.tabular.mdp import MDP, Table
from softopt.tabular.planning.finite_horizon import full_prior


class Factors:
    """Log factors of an MDP at one temperature, and the two messages that one step sends.

    Args:
        mdp: with discount below 1 the episode ends with probability 1 - discount after each step.
        temperature: T, positive and finite.

    Attributes:
        row, next_state: (nnz,) integers, the row ``s * A + a`` and the next state of each possible transition.
        log_weight: (nnz,) ``log p(s'|s,a) + r(s,a,s') / T``.
        log_prior: (S, A) ``log p0(a|s)``, or 0 in the entropy form. A terminal state has no decision left to
            count, so there the weights of the actions sum to one in both forms.
        log_survival, log_end: (S,) log probabilities to go on, or to end, on arrival in a state.

    Raises:
        ValueError: temperature 0, negative, infinite or not a number.
    """

    def __init__(self, mdp: MDP, temperature: float) -> None:
        self.mdp = mdp
        self.temperature = finite_temperature(temperature)
        rows = mdp.rows()
        self.next_state: NDArray[np.int64] = rows.indices
        self.starts: NDArray[np.int64] = rows.indptr[:-1]
        self.row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        with np.errstate(divide="ignore"):
            self.log_chance = np.log(rows.data)
            self.log_survival = np.where(mdp.terminal, 0.0, np.log(mdp.discount))
            self.log_end = np.where(mdp.terminal, -np.inf, np.log1p(-mdp.discount))
            self.log_prior = np.zeros(mdp.reward.shape) if mdp.prior is None else np.log(mdp.prior)
        if mdp.prior is None:
            self.log_prior[mdp.terminal] = -math.log(mdp.n_actions)
        # One action after the other in memory: NumPy then adds up the few actions of many states at once.
        prior = full_prior(mdp)
        self.prior = None if prior is None else np.asfortranarray(prior)
        self.log_weight = self.log_chance + self._reward() / self.temperature
        # For messages that run forwards: the same entries, grouped by the state that they lead to.
        self.by_next_state = np.argsort(self.next_state, kind="stable")
        self.entered, self.entered_starts, self.entered_group = np.unique(
            self.next_state[self.by_next_state], return_index=True, return_inverse=True
        )

    def backward(self, log_value: Array) -> Array:
        """Send the message of states one step back: ``log E[exp(r/T) beta(s')]``, shape (S, A).

        Args:
            log_value: (S,) log state message of the next step, ``V / T``.
        """
        entries = self.log_weight + self.arrival(log_value)[self.next_state]
        return log_sum_exp(entries, self.starts, self.row).reshape(self.mdp.reward.shape)

    def state_message(self, log_beta: Array) -> Array:
        """Sum the actions out of a message: ``log sum_a p0(a|s) beta(s, a)``, shape (S,)."""
        value = soft_maximum(np.asfortranarray(log_beta), 1.0, self.prior)
        return np.where(self.mdp.terminal, 0.0, value)

    def policy(self, log_beta: Array, log_value: Array) -> Array:
        """Posterior policy ``p0(a|s) beta(s, a) / sum of the same``; zeros where no action has any weight.

        Args:
            log_beta: (..., S, A).
            log_value: (..., S), its state message.
        """
        log_value = np.where(np.isneginf(log_value), 0.0, log_value)
        weight = np.exp(log_beta + self.log_prior - log_value[..., None])
        total = (weight @ np.ones(self.mdp.n_actions))[..., None]  # one, up to the rounding of large messages
        return np.divide(weight, total, out=weight, where=total > 0)

    def forward(self, log_alpha: Array) -> tuple[Array, float]:
        """Send the message of states one step ahead, not normalised.

        Args:
            log_alpha: (S,) log weight of being in each state.

        Returns:
            (S,) log weight of each next state, and the log weight of having ended on the way.
        """
        state_action = (log_alpha[:, None] + self.log_prior).ravel()
        entries = (state_action[self.row] + self.log_weight)[self.by_next_state]
        arrived = np.full(self.mdp.n_states, -np.inf)
        arrived[self.entered] = log_sum_exp(entries, self.entered_starts, self.entered_group)
        return arrived + self.log_survival, log_total(arrived + self.log_end)

    def dynamics(self, log_value: Array) -> Table:
        """Posterior ``p(s'|s,a,O)`` in the layout of the transition; rows of evidence zero are zero."""
        # The reward of (s, a) cancels; leaving out what is -inf keeps the row of a forbidden action readable.
        paid = np.where(np.isneginf(self.log_weight), self.log_chance, self.log_weight)
        entries = paid + self.arrival(log_value)[self.next_state]
        total = log_sum_exp(entries, self.starts, self.row)[self.row]
        chance = np.exp(entries - np.where(np.isneginf(total), 0.0, total))
        shape = (self.mdp.reward.size, self.mdp.n_states)
        table: Any = sp.csr_array((chance, self.next_state, np.append(self.starts, chance.size)), shape=shape)
        return table if sp.issparse(self.mdp.transition) else table.toarray().reshape(self.mdp.transition.shape)

    def arrival(self, log_value: Array) -> Array:
        """Log message on arrival, before it is known whether the episode goes on, shape (S,).

        ``log(discount exp(V/T) + 1 - discount)``: an episode that has ended has the factor 1.
        """
        return np.asarray(np.logaddexp(self.log_survival + log_value, self.log_end))

    def _reward(self) -> Array:
        """Reward of each possible transition, (nnz,)."""
        paid = self.mdp.transition_reward
        if paid is None:
            return np.asarray(self.mdp.reward.ravel()[self.row])
        table: Any = paid if sp.issparse(paid) else paid.reshape(-1, self.mdp.n_states)
        return np.asarray(table[self.row, self.next_state])


def finite_temperature(temperature: float) -> float:
    """Return the temperature of an inference, which must be positive and finite.

    Raises:
        ValueError: it is not; the sentence names the function that covers the limit.
    """
    number = check_temperature(temperature, prior=True)
    if number == 0:
        raise ValueError(
            "temperature 0 leaves no distribution to infer: exp(r / T) has no limit. "
            "Use plan(mdp, 0) for the hard optimum, or a small temperature such as 1e-6."
        )
    if math.isinf(number):
        raise ValueError(
            "temperature inf makes every factor exp(r / T) equal to 1, so that the posterior is the prior; "
            "give a finite temperature, such as 1e6."
        )
    return number


def log_sum_exp(entries: Array, starts: NDArray[np.int64], group: NDArray[np.int64]) -> Array:
    """``log sum exp`` of consecutive groups of entries; a group that is all -inf gives -inf.

    Args:
        entries: (n,), one group after the other.
        starts: where each group begins.
        group: (n,), the number of each entry's group.
    """
    top = np.maximum.reduceat(entries, starts)
    top = np.where(np.isneginf(top), 0.0, top)
    with np.errstate(divide="ignore"):
        return np.asarray(top + np.log(np.add.reduceat(np.exp(entries - top[group]), starts)))


def log_total(entries: Array) -> float:
    """``log sum exp`` of all entries."""
    top = entries.max()
    return float(top) if np.isneginf(top) else float(top + np.log(np.exp(entries - top).sum()))
