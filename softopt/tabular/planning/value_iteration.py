"""Soft value iteration: the algorithm of the lecture, with the error it can still have after each sweep."""

from __future__ import annotations

import math
import warnings

import numpy as np

from softopt.operators import check_temperature
from softopt.tabular.mdp import MDP
from softopt.tabular.planning.bellman import Plan, Solution, backup, largest, on_all_states, round_off
from softopt.tabular.planning.certificate import discounted_bound, undiscounted_bound
from softopt.tabular.planning.divergence import check_growth, wanderable
from softopt.tabular.planning.finite_horizon import backward_recursion
from softopt.tabular.planning.live import Live, live_problem
from softopt.tabular.planning.newton import prior_value
from softopt.tabular.planning.progress import Progress
from softopt.tabular.planning.ties import share_ties


def soft_value_iteration(mdp: MDP, temperature: float, tol: float = 1e-8, max_iterations: int = 1_000_000) -> Plan:
    """Repeat the soft Bellman backup until the certified error is small.

    Starts from zero; at discount 1 from the value of the prior policy. Interrupted (Ctrl-C), it warns and returns
    the value it has, with the bound it reached.

    Args:
        mdp: its prior selects the entropy or the KL form; a finite horizon is solved by backward recursion.
        temperature: T in [0, inf], reward units; 0 and inf as in :func:`plan`.
        tol: wanted bound on the error of the value, relative to ``max(1, |V|)``.
        max_iterations: sweeps after which to stop, with a warning; at least 1.

    Returns:
        A Plan; its ``history`` holds the residual ``max |TV - V|`` and the certified bound of every sweep,
        ``discount / (1 - discount)`` times the residual. At discount 1 the bound is computed now and then, and
        is inf in between.

    Raises:
        ValueError: temperature out of range, or discount 1 and a state that cannot end.
        SoftValueDiverges: discount 1 and a temperature (or rewards) at which the value is infinite.

    Source: lecture rows 6 and 8; Ziebart (2010); Haarnoja et al. (2017).
    """
    temperature = check_temperature(temperature, mdp.prior)
    if max_iterations < 1:
        raise ValueError(f"max_iterations must be at least 1, got {max_iterations}.")
    if mdp.horizon is not None:
        return backward_recursion(mdp, temperature)
    live = live_problem(mdp, temperature)
    solution = _sweep(live, temperature, tol, max_iterations)
    if temperature == 0:
        solution = share_ties(live, solution, tol)
        if live.discount == 1:  # greedy rows may wait for ever where waiting is free; the shared ones end
            residual = solution.history[-1, 0]
            solution.history[-1, 1] = undiscounted_bound(live, solution.after, solution.policy, 0.0, residual)
    return on_all_states(mdp, live, solution)


def _sweep(live: Live, temperature: float, tol: float, max_iterations: int) -> Solution:
    undiscounted = live.discount == 1
    after = prior_value(live, temperature) if undiscounted else np.zeros(live.states.size)
    keeps = wanderable(live) if undiscounted and np.isfinite(temperature) else None
    if keeps is not None and temperature > 0:
        check_growth(live, np.zeros(live.states.size), temperature, keeps, strict=False)
    checked = math.inf  # the residual when the bound at discount 1 was last computed
    best, since_best = math.inf, 0
    history: list[tuple[float, float]] = []
    with Progress("soft value iteration", "sweeps") as progress:
        try:
            for sweep in range(1, max_iterations + 1):
                value = after
                after, policy = backup(live, value, temperature)
                residual, scale = largest(after - value), max(1.0, largest(after))
                since_best = 0 if residual < best else since_best + 1
                best = min(best, residual)
                bound = discounted_bound(residual, live.discount)
                stalled = residual <= round_off(after) or (since_best >= 100 and residual <= 1e-8 * scale)
                if undiscounted and (residual < checked / 2 or stalled):
                    bound, checked = undiscounted_bound(live, after, policy, temperature, residual), residual
                if keeps is not None and sweep & (sweep - 1) == 0:
                    check_growth(live, value, temperature, keeps)
                whole = value, after, policy  # kept together, whenever the interrupt comes
                history.append((residual, bound))
                progress.step(f"bound {bound:.1e}")
                if bound <= tol * scale or stalled:
                    break
            else:
                warnings.warn(
                    f"soft value iteration stopped after {max_iterations} sweeps; no entry is further than "
                    f"{bound:.1e} from the exact value. plan() needs fewer steps.",
                    stacklevel=3,
                )
        except KeyboardInterrupt:
            if not history:
                raise
            warnings.warn(
                f"soft value iteration interrupted after {len(history)} sweeps; no entry is further than "
                f"{history[-1][1]:.1e} from the exact value.",
                stacklevel=3,
            )
    return Solution(*whole, np.array(history))
