"""Path consistency: along every path, soft-optimal values and log-probabilities add up.

For a stretch of d steps from s_t, the residual is ::

    C = -V(s_t) + sum_{j<d} discount^j [ r_{t+j} - T log(pi / p0) ] + discount^d V(s_{t+d})

and V is 0 after the end. Under deterministic dynamics, C = 0 on every path if and only if V and pi are soft
optimal, whoever chose the actions. Under stochastic dynamics only its mean over next states can be zero: the
squared residual keeps a floor, and its minimum is no longer at the soft optimum.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.tabular.learning.loop import Experience, soft_row
from softopt.tabular.learning.policy_gradient import log_prior_of, log_probabilities, policy_of, positive_temperature
from softopt.tabular.learning.transitions import Transition
from softopt.tabular.mdp import MDP, Array


@dataclass(frozen=True, eq=False)
class PathConsistency:
    """What path consistency learning holds after reading a stream.

    Attributes:
        value: (S,) learned V, 0 in terminal states.
        policy, logits: (S, A).
        residual: (N,) the residual C of each stretch when it was learned from, in the order of learning.
    """

    value: Array
    policy: Array
    logits: Array
    residual: Array


def stretches(transitions: Iterable[Transition], length: int) -> Iterator[list[Transition]]:
    """Yield the stretch of at most ``length`` steps that begins at each transition, never across episodes.

    Near the end of an episode stretches are shorter; whether the end was a termination is in the last step.

    Raises:
        ValueError: length below 1.
    """
    if length < 1:
        raise ValueError(f"a stretch has at least 1 step, got {length}.")
    window: deque[Transition] = deque()
    for transition in transitions:
        window.append(transition)
        ended = transition.terminated or transition.truncated
        while window and (ended or len(window) == length):
            yield list(window)
            window.popleft()
    while window:
        yield list(window)
        window.popleft()


def path_residuals(
    mdp: MDP,
    transitions: Iterable[Transition],
    value: ArrayLike,
    policy: ArrayLike,
    temperature: float,
    length: int,
) -> Array:
    """Return the residual C of every stretch of a recorded stream, in units of reward.

    Args:
        mdp: its discount and prior are read.
        transitions: a recording; any behaviour.
        value: (S,).
        policy: (S, A), rows sum to one, positive on the actions that were taken.
        temperature: T in [0, inf).
        length: d, at least 1.

    Raises:
        ValueError: shapes that do not fit, length below 1, an action that the policy or the prior excludes.

    Source: Nachum et al. (2017).
    """
    v = np.asarray(value, dtype=np.float64)
    table = np.asarray(policy, dtype=np.float64)
    if v.shape != (mdp.n_states,) or table.shape != mdp.reward.shape:
        raise ValueError(
            f"value has shape (S,) and policy (S, A) = {mdp.reward.shape}; got {v.shape} and {table.shape}."
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = np.log(table) - log_prior_of(mdp)
    residuals = [residual(steps, v, log_ratio, temperature, mdp.discount) for steps in stretches(transitions, length)]
    if not np.isfinite(residuals).all():
        raise ValueError("a stretch takes an action that the policy or the prior excludes: log(pi / p0) is infinite.")
    return np.array(residuals)


def residual(steps: list[Transition], value: Array, log_ratio: Array, temperature: float, discount: float) -> float:
    """Return C of one stretch: bootstrapped at its far end unless the episode terminated there."""
    total = 0.0 if steps[-1].terminated else float(value[steps[-1].next_state])
    for step in reversed(steps):
        total = step.reward - temperature * float(log_ratio[step.state, step.action]) + discount * total
    return total - float(value[steps[0].state])


def residual_variance(mdp: MDP, value: ArrayLike) -> Array:
    """Return the variance of the one-step residual over next states, (S, A): the floor that no learning removes.

    It is zero everywhere exactly if ``r + discount * V(s')`` does not depend on which s' comes.

    Args:
        value: (S,), finite.
    """
    v = np.asarray(value, dtype=np.float64)
    rows = mdp.rows().tocoo()
    outcome = mdp.discount * v[rows.col]
    if mdp.transition_reward is not None:
        paid = mdp.transition_reward
        outcome += (paid.reshape(-1, mdp.n_states) if paid.ndim == 3 else paid)[rows.row, rows.col]
    n_rows = mdp.reward.size
    mean = np.bincount(rows.row, rows.data * outcome, minlength=n_rows)
    variance = np.bincount(rows.row, rows.data * (outcome - mean[rows.row]) ** 2, minlength=n_rows)
    return np.asarray(variance.reshape(mdp.reward.shape), dtype=np.float64)


def path_consistency(
    mdp: MDP,
    experience: Experience,
    temperature: float,
    *,
    length: int = 1,
    value_rate: float = 0.1,
    policy_rate: float = 0.1,
    logits: ArrayLike | None = None,
) -> PathConsistency:
    """Learn V and pi together by descending the squared residual ``C^2 / 2`` of each stretch::

        V(s_t)      += value_rate * C
        V(s_{t+d})  -= value_rate * discount^d * C          (unless the episode terminated)
        logits      += policy_rate * C * sum_j discount^j grad log pi(a_{t+j} | s_{t+j})

    Off-policy: actions may come from anyone. The factor T of the last gradient is left to ``policy_rate``, as
    in the paper.

    Args:
        mdp: its discount, prior, terminal states and allowed actions are read; the model is not.
        experience: transitions, or a function from the live (S, A) logits to transitions.
        temperature: T in (0, inf), in units of reward.
        length: d, at least 1.
        value_rate, policy_rate: above 0, of V and of the logits.
        logits: (S, A) start; log p0 unless given, zeros where the MDP has no prior.

    Raises:
        ValueError: temperature is 0 or infinite, a rate that is not positive, length below 1, a finite horizon, or
            learning that diverges.

    Source: Nachum, Norouzi, Xu and Schuurmans (2017), without the replay buffer of their algorithm.
    """
    temperature = positive_temperature(temperature)
    if not (value_rate > 0 and policy_rate > 0):
        raise ValueError(f"both rates must be above 0, got {value_rate} and {policy_rate}.")
    log_prior = log_prior_of(mdp)
    theta = log_probabilities(mdp, np.where(log_prior > -np.inf, log_prior, 0.0) if logits is None else logits)[0]
    value = np.zeros(mdp.n_states)
    live = theta.view()
    live.setflags(write=False)
    residuals: list[float] = []
    for steps in stretches(experience(live) if callable(experience) else experience, length):
        end = steps[-1]
        c = 0.0 if end.terminated else mdp.discount ** len(steps) * value[end.next_state]
        c -= value[steps[0].state]
        slopes = []
        for j, (s, a, reward, *_) in enumerate(steps):
            if np.isneginf(log_prior[s, a]):
                raise ValueError(f"the stream takes action {a} in state {s}, which the MDP or its prior excludes.")
            log_row = theta[s] - soft_row(theta[s].tolist(), 1.0, None)
            c += mdp.discount**j * (reward - temperature * (log_row[a] - log_prior[s, a]))
            slopes.append(log_row)
        if not np.isfinite(c):
            raise ValueError(f"the residual has grown to {c}: the rates are too large for these rewards.")
        for j, (s, a, *_) in enumerate(steps):
            # grad log pi(a|s) = one-hot(a) - pi(.|s)
            move = policy_rate * c * mdp.discount**j
            theta[s] -= move * np.exp(slopes[j])
            theta[s, a] += move
        value[steps[0].state] += value_rate * c
        if not end.terminated:
            value[end.next_state] -= value_rate * mdp.discount ** len(steps) * c
        residuals.append(float(c))
    return PathConsistency(value, policy_of(mdp, theta), theta, np.array(residuals))
