"""Temperature 0: which of several equally good actions a soft policy prefers as the temperature vanishes.

For a small temperature ``V = V* + T W``. W is itself a soft value: that of the MDP at temperature 1, without
reward, in which only the hard-optimal actions are allowed. So an action that keeps more ways open is taken more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from softopt.tabular.planning.bellman import Solution, q_values
from softopt.tabular.planning.divergence import SoftValueDiverges
from softopt.tabular.planning.live import Live
from softopt.tabular.planning.newton import solve

TIE_TOLERANCE = 1e-9  # Q-values this near the best, relative to max(1, |V|), count as equal


def share_ties(live: Live, solution: Solution, tol: float) -> Solution:
    """Replace the policy of a hard solution by the limit T -> 0 of the soft policies.

    At discount 1 ties may make a cycle that costs nothing. The entropy to come then diverges (as the soft value
    does at every positive temperature), and the ties are weighted by the KL form with a uniform prior instead.
    """
    q = q_values(live, solution.before)
    scale = max(1.0, float(np.abs(solution.after).max(initial=0.0)))
    # Value iteration leaves an error in the Q-values, which must not break a tie.
    slack = min(max(TIE_TOLERANCE * scale, 4 * solution.history[-1, 1]), 1e-6 * scale)
    optimal = q >= q.max(axis=0) - slack
    if (optimal.sum(axis=0) == 1).all():
        return replace(solution, policy=optimal.astype(np.float64))
    log_prior = None if live.log_prior is None else np.where(optimal, live.log_prior, -np.inf)
    ties = replace(live, reward=np.where(optimal, 0.0, -np.inf), log_prior=log_prior)
    try:
        return replace(solution, policy=solve(ties, 1.0, tol).policy)
    except SoftValueDiverges:
        uniform = np.where(optimal, -np.log(optimal.sum(axis=0)), -np.inf)
        return replace(solution, policy=solve(replace(ties, log_prior=uniform), 1.0, tol).policy)
