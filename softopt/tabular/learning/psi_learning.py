"""Posterior policy iteration and psi-learning: yesterday's posterior is today's prior.

Conditioning once on optimality gives the soft policy. Conditioning again, with that policy as the prior, gives a
harder one, and n rounds at temperature T give exactly the soft policy of temperature T / n: the log-ratio of
posterior and prior is ``(r + discount * E V - V) / T``, the reward once more and a potential that no policy minds.
So the sequence anneals to the hard optimum, while a prior that is kept gives the same soft policy every time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import boltzmann
from softopt.tabular.learning.loop import Experience, Learned, learn, soft_row
from softopt.tabular.learning.policy_gradient import positive_temperature
from softopt.tabular.learning.rates import DEFAULT, Rate
from softopt.tabular.mdp import MDP, Array
from softopt.tabular.planning import evaluate, plan


@dataclass(frozen=True, eq=False)
class PosteriorPolicies:
    """The policies of posterior policy iteration, the first prior included.

    Attributes:
        policy: (N + 1, S, A).
        expected_return: (N + 1,) plain return of each policy from the start distribution, without regulariser.
    """

    policy: Array
    expected_return: Array


def posterior_policy_iteration(mdp: MDP, temperature: float, iterations: int) -> PosteriorPolicies:
    """Plan with the posterior policy of the last round as the prior of the next.

    Args:
        mdp: its prior is the first one; uniform over the allowed actions where it has none.
        temperature: T in (0, inf), in units of reward: how hard one round pulls.
        iterations: number of rounds N, at least 0.

    Raises:
        ValueError: temperature is 0, infinite or no number; a finite horizon.

    Source: Rawlik, Toussaint and Vijayakumar (2012); with the variational backup of this course.
    """
    positive_temperature(temperature)
    if mdp.horizon is not None:
        raise ValueError("posterior_policy_iteration keeps one policy for all times; use horizon=None.")
    policies = [_first_prior(mdp)]
    for _ in range(iterations):
        policies.append(plan(mdp.replace(prior=policies[-1]), temperature).policy)
    returns = [float(mdp.initial @ evaluate(mdp.replace(prior=None), policy, 0.0).value) for policy in policies]
    return PosteriorPolicies(np.array(policies), np.array(returns))


def psi_learning(
    mdp: MDP,
    experience: Experience,
    temperature: float,
    *,
    rate: Rate = DEFAULT,
    start: ArrayLike | None = None,
    every: int | None = None,
) -> Learned:
    """Learn action preferences Psi whose posterior serves as the next prior, one transition at a time::

        Psi(s, a) += rate * (r + discount * V(s') - V(s))        V(s) = T log sum_a exp(Psi(s, a) / T)

    The prior is inside Psi (it starts at ``T log p0``), so V sums without a prior: weighting by p0 once more
    would fold it in twice. V converges to the *hard* optimal value, and the preference of every action that is
    not optimal falls without end; that of soft Q-learning stays put.

    Psi here is in units of reward, T times that of the paper.

    Args:
        mdp, experience, rate, every: as for :func:`softopt.tabular.learning.loop.learn`.
        temperature: T in (0, inf): the smaller, the harder each round pulls.
        start: (S, A) first preferences; ``T log p0`` unless given, zeros where the MDP has no prior.

    Returns:
        ``q`` holds Psi, ``policy`` the posterior ``exp((Psi - V) / T)``.

    Raises:
        ValueError: temperature is 0, infinite or no number, and as for ``learn``.

    Source: Rawlik, Toussaint and Vijayakumar (2012); compare Azar, Gómez and Kappen (2012).
    """
    temperature = positive_temperature(temperature)
    if start is None and mdp.prior is not None:
        with np.errstate(divide="ignore"):
            start = temperature * np.log(mdp.prior)
    return learn(
        mdp,
        experience,
        lambda row, state, step: soft_row(row, temperature, None),
        lambda psi, step: np.where(mdp.terminal[:, None], _first_prior(mdp), boltzmann(psi, temperature)),
        rate=rate,
        start=start,
        every=every,
        relative=True,
    )


def _first_prior(mdp: MDP) -> Array:
    """The MDP's prior, or the uniform one over the allowed actions."""
    if mdp.prior is not None:
        return mdp.prior
    return boltzmann(np.where(mdp.allowed, 0.0, -np.inf), 1.0)
