"""Q-learning and its generalisation to any operator that summarises a row of values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import boltzmann
from softopt.tabular.learning.loop import Experience, Learned, learn
from softopt.tabular.learning.rates import DEFAULT, Rate
from softopt.tabular.mdp import MDP


def q_learning(
    mdp: MDP,
    experience: Experience,
    *,
    rate: Rate = DEFAULT,
    start: ArrayLike | None = None,
    every: int | None = None,
) -> Learned:
    """Learn the optimal values of the unregularised problem: target ``r + discount * max_a Q(s', a)``.

    The policy is greedy, ties shared equally, or by the prior where the MDP has one.

    Args and errors as for :func:`softopt.tabular.learning.loop.learn`.

    Source: Watkins and Dayan (1992).
    """
    return learn(
        mdp,
        experience,
        lambda row, state, step: max(row),
        lambda q, step: boltzmann(q, 0.0, mdp.prior),
        rate=rate,
        start=start,
        every=every,
    )


def generalised_q_learning(
    mdp: MDP,
    experience: Experience,
    operator: Callable[[list[float]], float],
    *,
    rate: Rate = DEFAULT,
    start: ArrayLike | None = None,
    every: int | None = None,
) -> Learned:
    """Learn with any operator in place of the maximum: target ``r + discount * operator(Q(s', .))``.

    It converges where the operator is a non-expansion (maximum, mean, mellowmax). The Boltzmann average is not
    one, and may have several fixed points or settle nowhere. The policy returned is greedy.

    Args:
        mdp, experience, rate, start, every: as for :func:`softopt.tabular.learning.loop.learn`.
        operator: from a row of A values to one, for example ``lambda q: mellowmax(q, 5.0)``.

    Source: Littman and Szepesvári (1996); Asadi and Littman (2017).
    """
    return learn(
        mdp,
        experience,
        lambda row, state, step: float(np.asarray(operator(row))),
        lambda q, step: boltzmann(q, 0.0, mdp.prior),
        rate=rate,
        start=start,
        every=every,
    )
