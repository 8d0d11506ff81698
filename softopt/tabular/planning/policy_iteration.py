"""``plan``: the fastest way to a soft-optimal policy."""

from __future__ import annotations

import numpy as np

from softopt.operators import check_temperature
from softopt.tabular.mdp import MDP
from softopt.tabular.planning.bellman import Plan, on_all_states
from softopt.tabular.planning.chains import Array
from softopt.tabular.planning.finite_horizon import backward_recursion
from softopt.tabular.planning.live import live_problem
from softopt.tabular.planning.newton import solve
from softopt.tabular.planning.ties import share_ties


def plan(mdp: MDP, temperature: float, tol: float = 1e-8, start: Array | None = None) -> Plan:
    """Find the soft-optimal value and policy, by the fastest method that meets the tolerance.

    Soft policy iteration, that is Newton's method on the soft Bellman equation, with a sparse linear solve
    inside; a finite horizon by backward recursion, exactly. Temperature 0 is the limit T -> 0: the hard-optimal
    value, and among optimal actions (ties within 1e-9, relative) the weights that the entropy still to come
    gives them. Temperature inf (KL form only) is the prior and its value.

    Args:
        mdp: its prior selects the entropy or the KL form.
        temperature: T in [0, inf], reward units.
        tol: wanted bound on the error of the value, relative to ``max(1, |V|)``. Where round-off forbids it,
            the bound that was reached is returned.
        start: (S,) a value to start from, for example that of a temperature near by; it saves steps and changes
            nothing else. Not used at discount 1 or with a finite horizon.

    Raises:
        ValueError: temperature out of range, a start of another shape, or discount 1 and a state that cannot end.
        SoftValueDiverges: discount 1 and a temperature (or rewards) at which the value is infinite.

    Source: lecture rows 6 and 8; Puterman and Brumelle (1979) for policy iteration as Newton's method.
    """
    temperature = check_temperature(temperature, mdp.prior)
    if mdp.horizon is not None:
        return backward_recursion(mdp, temperature)
    live = live_problem(mdp, temperature)
    near = None
    if start is not None:
        if np.shape(start) != (mdp.n_states,):
            raise ValueError(f"start has shape (S,) = ({mdp.n_states},), got {np.shape(start)}.")
        near = np.nan_to_num(np.asarray(start, dtype=np.float64)[live.states], neginf=0.0)
    solution = solve(live, temperature, tol, near)
    if temperature == 0:
        solution = share_ties(live, solution, tol)
    return on_all_states(mdp, live, solution)
