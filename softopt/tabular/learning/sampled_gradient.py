"""The soft policy gradient from samples: REINFORCE with the regulariser inside the reward to go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.tabular.learning.policy_gradient import finite_temperature, log_probabilities
from softopt.tabular.learning.transitions import Transition, interact
from softopt.tabular.mdp import MDP, Array

ENDLESS = 2**62  # steps; the episodes asked for end the reading, not this


@dataclass(frozen=True, eq=False)
class SampledGradient:
    """An unbiased estimate of the soft policy gradient.

    Attributes:
        gradient: (S, A) mean over the episodes.
        standard_error: (S, A) of that mean.
        objective: mean return of the episodes, regulariser included.
        episodes: how many.
    """

    gradient: Array
    standard_error: Array
    objective: float
    episodes: int


def sampled_policy_gradient(
    mdp: MDP,
    logits: ArrayLike,
    temperature: float,
    generator: np.random.Generator,
    episodes: int,
    *,
    baseline: ArrayLike | None = None,
) -> SampledGradient:
    """Estimate ``E sum_t discount^t grad log pi(a_t|s_t) (G_t - baseline(s_t))`` from episodes.

    ``G_t`` sums the discounted ``r - T log(pi / p0)`` of the present step and of all that follow. Where the
    discount is below 1, an episode survives each step with that chance and its rewards count whole: the same
    expectation, without a tail that somebody has to cut off.

    Args:
        mdp: infinite horizon; with discount 1 the policy must reach an end.
        logits: (S, A).
        temperature: T in [0, inf).
        generator: where all randomness comes from.
        episodes: at least 2, so that there is a standard error.
        baseline: (S,) any function of the state; the exact V takes most of the variance away.

    Raises:
        ValueError: fewer than 2 episodes, a baseline of the wrong shape, and as for ``soft_policy_gradient``.

    Source: Williams (1992); the survival view of the discount as in Levine (2018).
    """
    if episodes < 2:
        raise ValueError(f"a standard error needs at least 2 episodes, got {episodes}.")
    base = np.zeros(mdp.n_states) if baseline is None else np.asarray(baseline, dtype=np.float64)
    if base.shape != (mdp.n_states,):
        raise ValueError(f"baseline has shape (S,) = ({mdp.n_states},), got {base.shape}.")
    log_policy, log_ratio = log_probabilities(mdp, logits)
    temperature = finite_temperature(temperature)
    policy = np.exp(log_policy)
    stream = interact(mdp, policy, generator, ENDLESS, survival=mdp.discount)
    total, squares, returns = np.zeros(policy.shape), np.zeros(policy.shape), 0.0
    for _ in range(episodes):
        gradient, to_go = np.zeros(policy.shape), 0.0
        for step in reversed(_episode(stream)):
            s, a = step.state, step.action
            # The reward to go starts with this step's own regulariser.
            to_go += step.reward - temperature * log_ratio[s, a]
            # grad log pi(a|s) = one-hot(a) - pi(.|s)
            gradient[s] -= (to_go - base[s]) * policy[s]
            gradient[s, a] += to_go - base[s]
        total += gradient
        squares += gradient**2
        returns += to_go
    mean = total / episodes
    variance = np.maximum(squares / episodes - mean**2, 0.0) * episodes / (episodes - 1)
    return SampledGradient(mean, np.sqrt(variance / episodes), returns / episodes, episodes)


def _episode(stream: Iterator[Transition]) -> list[Transition]:
    """The next episode of a stream, to its end or to where it did not survive."""
    steps = [next(stream)]
    while not (steps[-1].terminated or steps[-1].truncated):
        steps.append(next(stream))
    return steps
