"""Two policy gradients on one map, with and without the entropy, as they train."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import GridMap, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure, grid_maps
from softopt.tabular import MDP, evaluate, visitation
from softopt.tabular.learning import Ascent

Array = NDArray[np.float64]
WITHOUT, WITH = "without entropy", "with entropy"
USUAL = (0.0, 0.3)  # share of the time that has the first and the last colour


def explore_ascents(mdp: MDP, ascents: Mapping[float, Ascent]) -> Explorer:
    """Show where the plain gradient and a soft one go, how sure they are, and what they earn, over training.

    Args:
        mdp: with a grid drawing.
        ascents: temperature -> the path of :func:`softopt.tabular.learning.ascend` there, all of one length; 0 and
            at least two more temperatures.

    Raises:
        ValueError: no grid, no ascent at temperature 0, or fewer than two at others.
    """
    if mdp.grid is None:
        raise ValueError("this explorer draws a map, and the MDP has no grid; build it with gridworlds.")
    warm = sorted(t for t in ascents if t > 0)
    if 0.0 not in ascents or len(warm) < 2:
        raise ValueError(f"ascents at temperature 0 and at least two others are compared, got {sorted(ascents)}.")
    # Most happens early: steps spaced by ratios, the start set apart.
    last = len(ascents[0.0].objective) - 1
    numbers = np.unique([0, *np.geomspace(1, last, 50).round().astype(int)])
    step = Slider("training step", numbers, labels=[str(n) for n in numbers])
    temperature = Slider("temperature", warm, start=0)

    def frames(of_policy: Callable[[Ascent], Array]) -> dict[str, Array]:
        """Arrays (F, G, ...): training steps, then temperatures. The plain ascent is the same under each of them."""
        plain = np.asarray(of_policy(ascents[0.0]))
        return {
            WITHOUT: np.repeat(plain[:, None], len(warm), axis=1),
            WITH: np.stack([of_policy(ascents[t]) for t in warm], axis=1),
        }

    policy = frames(lambda path: path.policy[numbers])
    entropy = frames(lambda path: path.entropy[numbers])
    visits = frames(lambda path: np.array([share(mdp, p) for p in path.policy[numbers]]))
    returns = frames(lambda path: np.array([earned(mdp, p) for p in path.policy[numbers]]))
    maps = [
        GridMap(
            f"Share of the time, {name}",
            mdp.grid,
            visits[name],
            policy=policy[name],
            terminal=mdp.terminal,
            limits=USUAL,
            colours="cividis",
        )
        for name in (WITHOUT, WITH)
    ]
    return Explorer(
        [step, temperature],
        [
            list(maps),
            [Lines("Entropy (nats a step)", entropy, limits=(0.0, 1.5)), Lines("Expected return", returns)],
        ],
        [
            [
                f"After {step.labels[f]} steps the plain policy keeps {readable(entropy[WITHOUT][f, g], 2)} nats of "
                f"choice a step and earns {readable(returns[WITHOUT][f, g])}; at temperature {temperature.labels[g]} "
                f"it keeps {readable(entropy[WITH][f, g], 2)} and earns {readable(returns[WITH][f, g])}."
                for g in range(len(warm))
            ]
            for f in range(numbers.size)
        ],
        name="Policy gradients in training",
        picture=lambda: ascent_maps(mdp, {0.0: ascents[0.0], warm[0]: ascents[warm[0]]}),
    )


def ascent_maps(mdp: MDP, ascents: Mapping[float, Ascent]) -> DescribedFigure:
    """Small multiples: where each ascent spends its time after a twentieth of its training, and at the end."""
    last = len(next(iter(ascents.values())).objective) - 1
    shown = [(t, n) for t in ascents for n in (last // 20, last)]
    found = [f"T = {t:g}, step {n}: earns {readable(earned(mdp, ascents[t].policy[n]))}" for t, n in shown]
    return grid_maps(
        mdp.grid,
        np.array([share(mdp, ascents[t].policy[n]) for t, n in shown]),
        found,
        title="The plain gradient settles at the exit it met first",
        alt=f"Maps of where two policies spend their time. {'; '.join(found)}.",
        policies=np.array([ascents[t].policy[n] for t, n in shown]),
        terminal=mdp.terminal,
        limits=USUAL,
        colours="cividis",
        label="share of the time",
    )


def earned(mdp: MDP, policy: Array) -> float:
    """Expected return of the start, without any entropy."""
    return float(mdp.initial @ evaluate(mdp, policy, 0.0).value)


def share(mdp: MDP, policy: Array) -> Array:
    """Share of the discounted time in each state that is not an end, (S,)."""
    visits = np.where(mdp.terminal, 0.0, visitation(mdp, policy))
    return np.asarray(visits / visits.sum())
