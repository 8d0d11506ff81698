"""The finite Markov decision process that every tabular method of the course takes."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from softopt.tabular import _checks
from softopt.tabular.grid import Grid

Array: TypeAlias = NDArray[np.float64]
Table: TypeAlias = Any  # (S, A, S) ndarray, or (S*A, S) csr_array; SciPy's sparse arrays carry no useful types


class MDP:
    """A finite Markov decision process, checked once at the door and read-only afterwards.

    Args:
        transition: p(s' | s, a). An (S, A, S) array, or a SciPy sparse (S*A, S) matrix whose row ``s * A + a``
            belongs to state s and action a. Rows sum to one. Kept in the layout it came in.
        reward: (S, A) expected rewards; or rewards of the transition, (S, A, S) or sparse (S*A, S), which are
            averaged for planning and kept for exact inference. ``-inf`` in an (S, A) table forbids an action.
        discount: in [0, 1]. 1 needs a horizon, or a terminal state that every state can reach.
        horizon: number of steps, or None for an infinite horizon.
        initial: (S,) start distribution; None is uniform over the states that are not terminal.
        prior: action prior p0, (A,) or (S, A). None selects the entropy form, a prior the KL form. Mass on
            forbidden actions is moved to the allowed ones in proportion, with a warning.
        terminal: states where the episode has ended, as a mask (S,) or a list of indices. They earn nothing,
            pay no entropy, and keep to themselves, whatever their rows said.
        final_value: (S,) value on arrival at the end of a finite horizon; zero unless given.
        grid: the drawing that the states sit on, for pictures only.

    Attributes:
        n_states, n_actions: S and A.
        reward: (S, A), expected.
        transition_reward: rewards r(s, a, s') in the layout of ``transition``, or None if (S, A) was given.
        allowed: (S, A) booleans, False where the reward is ``-inf``.

    Raises:
        ValueError: any of the above does not hold; the sentence says which state and how to mend it.
    """

    def __init__(
        self,
        transition: Table,
        reward: Table,
        *,
        discount: float = 1.0,
        horizon: int | None = None,
        initial: ArrayLike | None = None,
        prior: ArrayLike | None = None,
        terminal: ArrayLike | None = None,
        final_value: ArrayLike | None = None,
        grid: Grid | None = None,
    ) -> None:
        self._given = {key: value for key, value in locals().items() if key != "self"}
        transition, n_states, n_actions = _checks.transition_layout(transition)
        self.n_states, self.n_actions = n_states, n_actions
        self.discount = _checks.discount(discount)
        self.horizon = _checks.horizon(horizon)
        self.terminal = _checks.terminal(terminal, n_states)
        self.transition = _checks.transition_rows(transition, self.terminal, n_actions)
        self.reward, self.transition_reward = _checks.reward(reward, self.transition, self.terminal, n_actions)
        self.allowed = _checks.allowed(self.reward, self.terminal)
        self.initial = _checks.initial(initial, self.terminal)
        self.prior = _checks.prior(prior, self.allowed)
        self.final_value = _checks.final_value(final_value, self.horizon, n_states)
        self.grid = grid
        if self.discount == 1 and self.horizon is None:
            _checks.reachable_end(self)
        for name in ("reward", "allowed", "initial", "terminal", "prior", "final_value"):
            array = getattr(self, name)
            if array is not None:
                array.setflags(write=False)

    @classmethod
    def from_gymnasium(cls, env: Any, *, discount: float = 0.99, **options: Any) -> MDP:
        """Read the transition table ``P`` of a gymnasium environment: FrozenLake, CliffWalking, Taxi, your own.

        A state that is only ever entered by ending the episode becomes terminal. Where a table also passes
        through such a state without ending (Taxi does, from states that no episode starts in), the ends lead
        to one more state, the last, so that every row keeps its meaning. Time limits are truncations, not
        ends, and are left out.

        Args:
            env: an environment with a ``P`` table, wrapped or not, or the id of one.
            discount: in [0, 1].
            **options: passed to :class:`MDP` (horizon, prior, ...).

        Raises:
            ValueError: the environment has no table ``P``.
        """
        from softopt.tabular._gymnasium import read_table

        return cls(**{**read_table(env), "discount": discount, **options})

    def replace(self, **changes: Any) -> MDP:
        """Return the same MDP with some constructor arguments changed, checked anew."""
        return MDP(**{**self._given, **changes})

    def expect(self, value: Array) -> Array:
        """Expected next value ``E[value(s') | s, a]``, shape (S, A), with 0 * -inf = 0.

        Args:
            value: (S,), finite or ``-inf``.
        """
        impossible = np.isneginf(value)
        if not impossible.any():
            return self._mean(value)
        expected = self._mean(np.where(impossible, 0.0, value))
        return np.where(self._mean(impossible.astype(np.float64)) > 0, -np.inf, expected)

    def under(self, policy: Array) -> Any:
        """State-to-state transition matrix of a policy, ``P[s, s'] = sum_a pi(a|s) p(s'|s,a)``, sparse (S, S).

        Args:
            policy: (S, A).
        """
        rows = np.repeat(np.arange(self.n_states), self.n_actions)
        columns = np.arange(self.n_states * self.n_actions)
        average = sp.csr_array((policy.ravel(), (rows, columns)), shape=(self.n_states, self.n_states * self.n_actions))
        return (average @ self.rows()).tocsr()

    def rows(self) -> Any:
        """The transition as a sparse (S*A, S) matrix, row ``s * A + a``."""
        if sp.issparse(self.transition):
            return self.transition
        return sp.csr_array(self.transition.reshape(-1, self.n_states))

    def _mean(self, value: Array) -> Array:
        return np.asarray((self.transition @ value).reshape(self.n_states, self.n_actions))

    def __repr__(self) -> str:
        form = "entropy form" if self.prior is None else "KL form"
        end = f"horizon {self.horizon}" if self.horizon else f"discount {self.discount:g}"
        ends = int(self.terminal.sum())
        return f"MDP({self.n_states} states, {self.n_actions} actions, {end}, {ends} terminal, {form})"
