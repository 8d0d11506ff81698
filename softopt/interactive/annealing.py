"""Posterior policy iteration round by round, beside a prior that is kept."""

from __future__ import annotations

import numpy as np

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, GridMap, Lines, extremes
from softopt.interactive.slider import Slider, readable
from softopt.interactive.temperature import ARROWS
from softopt.operators import entropy
from softopt.plotting.small_multiples import grid_maps
from softopt.tabular import MDP, evaluate, plan, visitation
from softopt.tabular.learning import PosteriorPolicies

NEXT, KEPT = "prior renewed", "prior kept"


def explore_annealing(mdp: MDP, path: PosteriorPolicies, temperature: float) -> Explorer:
    """Show what conditioning again and again does, with the posterior as the next prior and with the first one kept.

    Colours are plain values, reward alone. With the prior kept each round gives what the first one gave.

    Args:
        mdp: with a grid drawing, the one that ``path`` is of.
        path: what :func:`softopt.tabular.learning.posterior_policy_iteration` found in N >= 1 rounds.
        temperature: of each round, in (0, inf).

    Raises:
        ValueError: the MDP has no grid drawing, or there is no round to show.
    """
    if mdp.grid is None:
        raise ValueError("this explorer draws a map, and the MDP has no grid; build it with gridworlds or pass grid=.")
    rounds = np.arange(len(path.policy))
    slider = Slider("rounds", rounds, labels=[str(n) for n in rounds])
    kept = path.policy[np.minimum(rounds, 1)]
    plain = mdp.replace(prior=None)
    value = np.array([evaluate(plain, policy, 0.0).value for policy in path.policy])
    shown = np.where(mdp.terminal, np.nan, value)
    returned = {
        NEXT: path.expected_return,
        KEPT: path.expected_return[np.minimum(rounds, 1)],
        "best possible": np.full(rounds.size, float(mdp.initial @ plan(plain, 0.0).value)),
    }
    left = np.array([_entropy(plain, policy) for policy in path.policy])
    limits = extremes(shown)
    return Explorer(
        [slider],
        [
            [
                GridMap(
                    "Prior renewed by the posterior",
                    mdp.grid,
                    shown,
                    policy=path.policy,
                    terminal=mdp.terminal,
                    limits=limits,
                ),
                GridMap(
                    "Prior kept",
                    mdp.grid,
                    shown[np.minimum(rounds, 1)],
                    policy=kept,
                    terminal=mdp.terminal,
                    limits=limits,
                ),
                Bars(
                    "Actions in",
                    [f"{ARROWS.get(action, '')} {action}".strip() for action in mdp.grid.action_names],
                    {NEXT: path.policy, KEPT: kept},
                    by_state=True,
                    limits={NEXT: (0.0, 1.0), KEPT: (0.0, 1.0)},
                ),
            ],
            [
                Lines("Expected return", returned),
                Lines("Entropy (nats a step)", {NEXT: left, KEPT: left[np.minimum(rounds, 1)]}),
            ],
        ],
        [_finding(n, temperature, returned) for n in rounds],
        name="Posterior policy iteration",
        selected=int(np.argmax(mdp.initial)),
        picture=lambda: _still(mdp, path, shown, temperature, returned, limits),
    )


def _entropy(mdp: MDP, policy: np.ndarray) -> float:
    """Mean entropy of the policy over the steps that it takes, discounted as its return is."""
    visits = np.where(mdp.terminal, 0.0, visitation(mdp, policy))
    return float(visits @ entropy(policy) / visits.sum())


def _finding(n: int, temperature: float, returned: dict[str, np.ndarray]) -> str:
    """One sentence that is true of one frame."""
    now, kept, best = (readable(returned[name][n]) for name in (NEXT, KEPT, "best possible"))
    if n == 0:
        return f"Before the first round the policy is the prior; it returns {now}, and the best policy {best}."
    return (
        f"After {n} round{'s' if n > 1 else ''} at temperature {temperature:g} the policy is that of temperature "
        f"{temperature / n:.3g} and returns {now}; with the prior kept it returns {kept}, and the best policy {best}."
    )


def _still(
    mdp: MDP,
    path: PosteriorPolicies,
    shown: np.ndarray,
    temperature: float,
    returned: dict[str, np.ndarray],
    limits: tuple[float, float],
) -> object:
    """The map before the first round, after it, and twice more; the second is also where a kept prior stays."""
    last = len(path.policy) - 1
    chosen = np.unique([0, 1, max(1, round(last / 4)), last])
    return grid_maps(
        mdp.grid,
        shown[chosen],
        ["prior" if n == 0 else f"round {n}: T = {temperature / n:.3g}" for n in chosen],
        title="Each round hardens the policy; with the prior kept it would stay as in round 1",
        alt=" ".join(_finding(int(n), temperature, returned) for n in chosen),
        policies=path.policy[chosen],
        terminal=mdp.terminal,
        limits=limits,
        label="value, reward alone",
    )
