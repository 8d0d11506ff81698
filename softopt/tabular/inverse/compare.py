"""Compare a recovered reward with the true one, up to what behaviour can tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from softopt.tabular.mdp import MDP, Array
from softopt.tabular.planning import evaluate, plan


def shaped(mdp: MDP, potential: ArrayLike) -> MDP:
    """Return the MDP with potential shaping added: ``r + discount E potential(s') - potential(s)``.

    Policies keep their order, and the soft-optimal policy of every temperature stays what it is: only V moves,
    to ``V - potential``. So demonstrations can never tell such rewards apart.

    Args:
        potential: (S,), zero in terminal states.

    Raises:
        ValueError: another shape, not finite, not zero in a terminal state; a finite horizon, whose potential
            would have to change with time.

    Source: Ng, Harada, Russell (1999).
    """
    phi = np.asarray(potential, dtype=np.float64)
    if phi.shape != (mdp.n_states,) or not np.isfinite(phi).all():
        raise ValueError(f"potential holds {mdp.n_states} finite numbers, got shape {phi.shape}.")
    if (phi[mdp.terminal] != 0).any():
        raise ValueError("potential must be zero in terminal states, or ending would be paid for.")
    if mdp.horizon is not None:
        raise ValueError("shaping needs an infinite horizon: with a finite one the last step pays it out.")
    return mdp.replace(reward=mdp.reward + mdp.discount * mdp.expect(phi) - phi[:, None])


def expected_value_difference(mdp: MDP, recovered: Array, temperature: float = 0.0) -> float:
    """What planning with a recovered reward loses under the true one, from the start, in units of reward.

    ``E_start[ V*(s) - V^pi(s) ]`` with pi optimal for the recovered reward and both values under ``mdp``. It is
    at least zero, and zero for the true reward and all its potential shapings.

    Args:
        mdp: the MDP with the true reward.
        recovered: (S, A) reward.
        temperature: 0 compares hard-optimal behaviour, as Levine et al. do.

    Source: Levine, Popovic, Koltun (2011), "expected value difference".
    """
    best = plan(mdp, temperature).value
    imitation = plan(mdp.replace(reward=np.where(mdp.allowed, recovered, -np.inf)), temperature).policy
    reached = evaluate(mdp, imitation, temperature).value
    if mdp.horizon is not None:
        best, reached = best[0], reached[0]
    return float(mdp.initial @ (best - reached))
