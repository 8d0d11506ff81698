"""Soft Q-learning: soft value iteration, one sampled entry at a time."""

from __future__ import annotations

from numpy.typing import ArrayLike

from softopt.operators import boltzmann, check_temperature
from softopt.tabular.learning.loop import Experience, Learned, learn, soft_row
from softopt.tabular.learning.rates import DEFAULT, Rate
from softopt.tabular.mdp import MDP


def soft_q_learning(
    mdp: MDP,
    experience: Experience,
    temperature: float,
    *,
    rate: Rate = DEFAULT,
    start: ArrayLike | None = None,
    every: int | None = None,
) -> Learned:
    """Learn soft values: target ``r + discount * V(s')`` with V the soft maximum of the next row.

    The entropy form where ``mdp.prior`` is None, the KL form with that prior otherwise. Off-policy: any
    behaviour that visits every pair again and again will do.

    Args:
        mdp, experience, rate, start, every: as for :func:`softopt.tabular.learning.loop.learn`.
        temperature: T in [0, inf], in units of reward; inf in the KL form only.

    Raises:
        ValueError: temperature outside its range, and as for ``learn``.

    Source: Haarnoja et al. (2017), as a table; Fox et al. (2016) for the KL form.
    """
    temperature = check_temperature(temperature, mdp.prior)
    prior = None if mdp.prior is None else mdp.prior.tolist()
    return learn(
        mdp,
        experience,
        lambda row, state, step: soft_row(row, temperature, None if prior is None else prior[state]),
        lambda q, step: boltzmann(q, temperature, mdp.prior),
        rate=rate,
        start=start,
        every=every,
    )
