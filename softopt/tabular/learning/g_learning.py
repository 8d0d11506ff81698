"""G-learning: soft Q-learning whose backup hardens as evidence gathers."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from softopt.operators import boltzmann
from softopt.tabular.learning.loop import Experience, Learned, learn, soft_row
from softopt.tabular.learning.rates import DEFAULT, Rate
from softopt.tabular.mdp import MDP


def g_learning(
    mdp: MDP,
    experience: Experience,
    growth: float,
    *,
    rate: Rate = DEFAULT,
    start: ArrayLike | None = None,
    every: int | None = None,
) -> Learned:
    """Learn with a backup that hardens as evidence gathers: soft Q-learning at temperature ``1 / (growth * t)``.

    Early on the table is noise, and a maximum over noise is biased upwards; the prior's mean is not. So the
    inverse temperature grows with the step t, from the prior's mean to the maximum.

    Fox et al. write *costs*: with c = -r their table is G = -Q, and their update ::

        G(s, a) += rate * (c - discount / beta * log sum_a' p0(a'|s') exp(-beta * G(s', a')) - G(s, a))

    is the one made here, entry for entry, with beta = growth * t. An argmax over G would pick the worst action.

    Args:
        mdp, experience, rate, start, every: as for :func:`softopt.tabular.learning.loop.learn`. The MDP needs a
            prior: G-learning is a KL form.
        growth: k in beta = k t, per unit of reward and step, at least 0. 0 evaluates the prior; large growth
            is Q-learning.

    Returns:
        The learned table, with value and policy at the last temperature.

    Raises:
        ValueError: no prior, a negative growth, and as for ``learn``.

    Source: Fox, Pakman and Tishby (2016), "Taming the Noise in Reinforcement Learning via Soft Updates".
    """
    if mdp.prior is None:
        raise ValueError(
            "G-learning is a KL form and needs a prior; mdp.replace(prior=np.full(A, 1 / A)) is the usual one."
        )
    if not growth >= 0:
        raise ValueError(f"growth of the inverse temperature is at least 0, got {growth}.")
    prior = mdp.prior.tolist()
    return learn(
        mdp,
        experience,
        lambda row, state, step: soft_row(row, _temperature(growth, step), prior[state]),
        lambda q, step: boltzmann(q, _temperature(growth, step), mdp.prior),
        rate=rate,
        start=start,
        every=every,
    )


def _temperature(growth: float, step: int) -> float:
    """Temperature ``1 / (growth * step)``; infinite where that is 1 / 0, and where it overflows."""
    beta = growth * step
    return 1.0 / beta if beta > 1e-300 else math.inf
