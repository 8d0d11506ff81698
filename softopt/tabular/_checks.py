"""What an MDP checks at the door. Each function takes what was given and returns it clean, or says what is wrong."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order

if TYPE_CHECKING:
    from softopt.tabular.mdp import MDP, Array, Table

ROW_TOLERANCE = 1e-8  # how far from one a row of probabilities may sum


def transition_layout(transition: Table) -> tuple[Table, int, int]:
    """Return the transition in float64, dense or CSR, with S and A."""
    if sp.issparse(transition):
        clean: Any = sp.csr_array(transition, dtype=np.float64)
        if clean is transition:
            clean = clean.copy()
        clean.sum_duplicates()
        clean.eliminate_zeros()
        n_rows, n_states = clean.shape
        if n_states == 0 or n_rows == 0 or n_rows % n_states:
            raise ValueError(f"a sparse transition has shape (S*A, S), got {clean.shape}.")
        return clean, n_states, n_rows // n_states
    clean = np.array(transition, dtype=np.float64)
    if clean.ndim != 3 or clean.shape[0] != clean.shape[2] or 0 in clean.shape:
        raise ValueError(f"transition has shape (S, A, S), or is sparse of shape (S*A, S); got shape {clean.shape}.")
    return clean, clean.shape[0], clean.shape[1]


def transition_rows(transition: Table, terminal: Any, n_actions: int) -> Table:
    """Check every row to be a distribution and make terminal states keep to themselves."""
    entries = transition.data if sp.issparse(transition) else transition
    if np.isnan(entries).any():
        raise ValueError("transition holds NaN; every entry must be a probability.")
    if (entries < 0).any():
        raise ValueError(f"transition holds the negative probability {entries.min():g}.")
    ended = np.repeat(terminal, n_actions)
    sums = np.asarray(transition.sum(axis=-1)).reshape(-1)
    wrong = np.flatnonzero((np.abs(sums - 1) > ROW_TOLERANCE) & ~ended)
    if wrong.size:
        state, action = divmod(int(wrong[0]), n_actions)
        raise ValueError(
            f"transition row of state {state}, action {action} sums to {sums[wrong[0]]:.9g} instead of 1 "
            f"({wrong.size} such rows); if the missing mass ends the episode, send it to a terminal state."
        )
    if terminal.any():
        if sp.issparse(transition):
            stay = np.repeat(np.arange(terminal.size), n_actions)
            loops = sp.csr_array((ended.astype(float), (np.arange(ended.size), stay)), shape=transition.shape)
            transition = sp.csr_array(transition.multiply((~ended)[:, None])) + loops
            transition.eliminate_zeros()
        else:
            transition[terminal] = np.eye(terminal.size)[terminal][:, None, :]
    (transition.data if sp.issparse(transition) else transition).setflags(write=False)
    return transition


def reward(given: Table, transition: Table, terminal: Any, n_actions: int) -> tuple[Array, Table | None]:
    """Return expected rewards (S, A) and, if given, the rewards of the transition in the transition's layout."""
    n_states = terminal.size
    if not sp.issparse(given):
        given = np.array(given, dtype=np.float64)
        if given.shape == (n_states, n_actions):
            if np.isnan(given).any() or np.isposinf(given).any():
                raise ValueError("reward holds NaN or +inf; rewards are finite, or -inf to forbid an action.")
            given[terminal] = 0.0
            return given, None
    if given.shape not in {(n_states, n_actions, n_states), (n_states * n_actions, n_states)}:
        raise ValueError(
            f"reward has shape (S, A) = ({n_states}, {n_actions}), or (S, A, S) for rewards of the transition; "
            f"got shape {given.shape}."
        )
    paid: Any = sp.csr_array(given if sp.issparse(given) else given.reshape(-1, n_states), dtype=np.float64)
    if not np.isfinite(paid.data).all():
        raise ValueError("rewards of the transition must be finite; forbid an action in an (S, A) table.")
    rows = transition if sp.issparse(transition) else sp.csr_array(transition.reshape(-1, n_states))
    # Rewards of impossible transitions, and of those after the end, are never paid.
    running = np.repeat(~terminal, n_actions)[:, None]
    paid = sp.csr_array(rows.astype(bool).multiply(paid).multiply(running))
    mean = np.asarray(rows.multiply(paid).sum(axis=1)).reshape(n_states, n_actions)
    return mean, paid if sp.issparse(transition) else paid.toarray().reshape(transition.shape)


def allowed(reward: Array, terminal: Any) -> Any:
    """Return the mask of actions whose reward is finite."""
    mask = ~np.isneginf(reward)
    if not terminal.all() and not mask[~terminal].any():
        raise ValueError("every action is forbidden everywhere (all rewards are -inf); allow at least one.")
    return mask


def prior(given: Any, allowed: Any) -> Array | None:
    """Return p0 as an (S, A) table over the allowed actions, or None."""
    if given is None:
        return None
    try:
        table = np.array(np.broadcast_to(np.asarray(given, dtype=np.float64), allowed.shape))
    except ValueError:
        raise ValueError(f"prior has shape (A,) or (S, A) = {allowed.shape}, got {np.shape(given)}.") from None
    if not np.all(table >= 0) or np.abs(table.sum(axis=1) - 1).max() > ROW_TOLERANCE:
        raise ValueError("prior must hold non-negative probabilities that sum to one over the actions.")
    kept = np.where(allowed, table, 0.0)
    mass = kept.sum(axis=1)
    stranded = np.flatnonzero((mass == 0) & allowed.any(axis=1))
    if stranded.size:
        raise ValueError(f"prior puts no mass on any allowed action of state {stranded[0]}.")
    if (kept != table).any():
        n_moved = int(((kept != table).any(axis=1) & allowed.any(axis=1)).sum())
        if n_moved:  # a state where nothing is allowed has no row to renormalise
            warnings.warn(f"prior renormalised over the allowed actions in {n_moved} states.", stacklevel=4)
    spread: Array = np.divide(kept, mass[:, None], out=np.zeros_like(kept), where=mass[:, None] > 0)
    return spread


def discount(given: float) -> float:
    """Return the discount as a float in [0, 1]."""
    if not 0 <= given <= 1:
        raise ValueError(f"discount must lie in [0, 1], got {given}.")
    return float(given)


def horizon(given: int | None) -> int | None:
    """Return the horizon as a positive int, or None."""
    if given is None:
        return None
    if given != int(given) or given < 1:
        raise ValueError(f"horizon must be a whole number of steps, at least 1, or None; got {given}.")
    return int(given)


def terminal(given: Any, n_states: int) -> Any:
    """Return the mask of terminal states."""
    mask = np.zeros(n_states, dtype=bool)
    if given is None:
        return mask
    states = np.asarray(given)
    if states.dtype == bool and states.shape != (n_states,):
        raise ValueError(f"terminal as a mask has shape ({n_states},), got {states.shape}.")
    try:
        mask[states if states.size else []] = True
    except IndexError:
        raise ValueError(f"terminal names states outside 0 to {n_states - 1}: {given!r}.") from None
    return mask


def initial(given: Any, terminal: Any) -> Array:
    """Return the start distribution."""
    if given is None:
        start = (~terminal).astype(np.float64) if not terminal.all() else np.ones(terminal.size)
        return np.asarray(start / start.sum())
    start = np.array(given, dtype=np.float64)
    if start.shape != terminal.shape or not np.all(start >= 0) or abs(start.sum() - 1) > ROW_TOLERANCE:
        raise ValueError(
            f"initial must be {terminal.size} non-negative probabilities that sum to one, "
            f"got shape {start.shape} with sum {start.sum():.9g}."
        )
    return np.asarray(start / start.sum())


def final_value(given: Any, horizon: int | None, n_states: int) -> Array:
    """Return the value on arrival at the end of the horizon, zero unless given."""
    if given is None:
        return np.zeros(n_states)
    if horizon is None:
        raise ValueError("final_value belongs to a finite horizon; give a horizon, or leave it out.")
    value = np.array(given, dtype=np.float64)
    if value.shape != (n_states,) or np.isnan(value).any() or np.isposinf(value).any():
        raise ValueError(f"final_value must be {n_states} numbers, finite or -inf; got shape {value.shape}.")
    return value


def reachable_end(mdp: MDP) -> None:
    """Raise unless every state can reach a terminal state by allowed actions (needed at discount 1)."""
    n_states = mdp.n_states
    if not mdp.terminal.any():
        raise ValueError(
            "discount 1 on an infinite horizon needs an end: mark terminal states, give a horizon, "
            "or use a discount below 1."
        )
    edges = mdp.under(mdp.allowed.astype(np.float64)).tocoo()
    # One extra node points at every terminal state; walk the arrows backwards from it.
    ends = np.flatnonzero(mdp.terminal)
    sources = np.concatenate([edges.col, np.full(ends.size, n_states)])
    targets = np.concatenate([edges.row, ends])
    graph = sp.csr_array((np.ones(sources.size), (sources, targets)), shape=(n_states + 1, n_states + 1))
    reached = breadth_first_order(graph, n_states, return_predecessors=False)
    if reached.size < n_states + 1:
        lost = np.setdiff1d(np.arange(n_states), reached)
        raise ValueError(
            f"discount 1 needs an end in reach, but {lost.size} states cannot reach a terminal state "
            f"(the first is {lost[0]}); use a discount below 1, a horizon, or mark the end as terminal."
        )
