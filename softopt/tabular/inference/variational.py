"""The variational mend: keep the true dynamics, choose only the policy, and come as close as that allows.

Among all trajectory distributions ``q(tau) = p(s_0) prod pi(a_t|s_t) p(s_t+1|s_t,a_t)`` the one nearest to the
posterior in KL(q || p(tau | O)) maximises the evidence lower bound

    ELBO = E_q[ sum_t r / T - log(pi / p0) ] = log p(O) - KL(q || p(tau | O))

which is the objective of soft planning divided by T. So the backup is Q = r + discount * E[V]: the log of the
mean of exp, which hoped for luck, has become a plain mean.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import Array
from softopt.tabular.inference.factors import finite_temperature
from softopt.tabular.inference.messages import infer
from softopt.tabular.mdp import MDP
from softopt.tabular.planning import Plan, evaluate, plan


@dataclass(frozen=True, eq=False, kw_only=True)
class VariationalPlan(Plan):
    """A soft plan, seen as an approximation to the exact posterior.

    Attributes:
        elbo: evidence lower bound of the plan's policy, ``E[V(s_0)] / T``, nats.
        log_evidence: of the exact posterior, nats.
        gap: ``log_evidence - elbo`` = KL(q || p(tau | O)) >= 0, nats, where q is the plan's policy run in the
            true MDP. Zero exactly when the exact V is constant over each set of possible successors and over the
            support of the start: then there is no luck to hope for. (With discount below 1 the end of the
            episode, of value 0, is one of the successors.)
    """

    elbo: float
    log_evidence: float
    gap: float


def variational(mdp: MDP, temperature: float, tol: float = 1e-8) -> VariationalPlan:
    """Find the best policy under the true dynamics and the true start, and how far it is from the posterior.

    Args:
        mdp: finite or infinite horizon; its prior selects the form.
        temperature: T, positive and finite, in the units of the reward.
        tol: error allowed in the values, as for :func:`softopt.tabular.plan`.

    Raises:
        ValueError: as for :func:`infer` and :func:`softopt.tabular.plan`.

    Source: lecture (earlier parts); Levine (2018), section 3.
    """
    temperature = finite_temperature(temperature)
    solution = plan(mdp, temperature, tol)
    log_evidence = infer(mdp, temperature).log_evidence
    lower_bound = _at_start(mdp, solution.value) / temperature
    return VariationalPlan(
        **{field.name: getattr(solution, field.name) for field in fields(solution)},
        elbo=lower_bound,
        log_evidence=log_evidence,
        gap=max(log_evidence - lower_bound, 0.0),  # below zero by round-off only
    )


def elbo(mdp: MDP, policy: ArrayLike, temperature: float) -> float:
    """Evidence lower bound of any policy run in the true MDP, ``E[V(s_0)] / T`` in nats.

    Args:
        policy: (S, A), or (H, S, A) for a finite horizon.
        temperature: T, positive and finite.

    Raises:
        ValueError: the temperature is not positive and finite, or the policy is no policy of this MDP.
    """
    temperature = finite_temperature(temperature)
    return _at_start(mdp, evaluate(mdp, policy, temperature).value) / temperature


def _at_start(mdp: MDP, value: Array) -> float:
    """Expected value of the start; ``-inf`` counts only where an episode can start."""
    first = value if mdp.horizon is None else value[0]
    return float((mdp.initial * np.where(mdp.initial > 0, first, 0.0)).sum())
