"""The temperature explorer: what one solver finds at 61 temperatures, under one slider."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, GridMap, Limits, Lines, Panel, extremes
from softopt.interactive.slider import Slider, readable
from softopt.plotting.small_multiples import grid_maps
from softopt.tabular import MDP, TemperaturePath, plan, temperature_path

Array = NDArray[np.float64]
ARROWS = {"left": "←", "down": "↓", "right": "→", "up": "↑"}


def explore_temperature(
    mdp: MDP,
    solver: Callable[[MDP, float], Any] = plan,
    temperatures: ArrayLike | None = None,
    *,
    state: int | None = None,
    name: str = "Temperature explorer",
) -> Explorer:
    """Show what ``solver`` finds at every temperature: values, policy and visits on the map, and three curves.

    The solver is called once for each temperature, before the explorer appears. Where it raises, or returns
    what is no plan, the explorer shows its message in place of the picture; the other temperatures are whole.

    Args:
        mdp: with a grid drawing (``mdp.grid``).
        solver: any function (mdp, temperature) -> Plan; your own, for instance.
        temperatures: (F,) increasing; None takes :func:`temperature_grid`.
        state: the state whose Q-values and action probabilities are shown first; None takes the start.
        name: what a screen reader calls the explorer.

    Raises:
        ValueError: the MDP has no grid drawing.
    """
    if mdp.grid is None:
        raise ValueError("this explorer draws a map, and the MDP has no grid; build it with gridworlds or pass grid=.")
    grid = temperature_grid(mdp) if temperatures is None else np.asarray(temperatures, dtype=np.float64)
    path = temperature_path(mdp, grid, solver=solver)
    slider = Slider("temperature", grid)
    shown = np.where(mdp.terminal, np.nan, path.value)
    limits = readable_limits(shown)
    visits = np.where(mdp.terminal, 0.0, path.visitation)
    total = visits.sum(axis=-1, keepdims=True)
    share = np.divide(visits, total, out=np.full_like(visits, np.nan), where=total > 0)
    maps: list[Panel] = [
        GridMap("Value and policy", mdp.grid, shown, policy=path.policy, terminal=mdp.terminal, limits=limits),
        GridMap(
            "Share of the time",
            mdp.grid,
            share,
            terminal=mdp.terminal,
            limits=(0.0, readable_limits(share)[1]),
            colours="cividis",
        ),
        Bars(
            "Actions in",
            [f"{ARROWS.get(action, '')} {action}".strip() for action in mdp.grid.action_names],
            {"Q-value": path.soft_q, "probability": path.policy},
            by_state=True,
            limits={"Q-value": readable_limits(path.soft_q[:, ~mdp.terminal]), "probability": (0.0, 1.0)},
        ),
    ]
    margin = float(np.ptp(limits))
    curves: list[Panel] = [
        Lines("Value of the start", {"value": path.start_value}, limits=readable_limits(path.start_value, margin)),
        Lines("Entropy (nats a step)", {"entropy": path.entropy}),
        Lines(
            "Expected return", {"return": path.expected_return}, limits=readable_limits(path.expected_return, margin)
        ),
    ]
    return Explorer(
        [slider],
        [maps, curves],
        [_finding(*row) for row in zip(slider.labels, path.start_value, path.entropy, strict=True)],
        messages=path.messages,
        name=name,
        selected=int(np.argmax(mdp.initial)) if state is None else state,
        picture=lambda: _still(mdp, path, slider.labels, limits),
    )


def temperature_grid(mdp: MDP) -> Array:
    """Return 61 temperatures over three decades, with 0 at the left end and, in the KL form, inf at the right.

    The hottest is the spread of the optimal values, rounded to a power of ten: there every difference between
    actions is small beside the temperature. The coldest is a thousand times colder.
    """
    value = np.asarray(plan(mdp, 0.0).value)
    spread = np.ptp(value[..., ~mdp.terminal])
    top = round(math.log10(spread)) if spread > 0 else 0
    inner = np.logspace(top - 3, top, 61)
    return np.concatenate([[0.0], inner, [] if mdp.prior is None else [np.inf]])


def readable_limits(values: Array, margin: float | None = None) -> Limits:
    """Return limits fixed for all temperatures: the coldest frame, widened by ``margin`` where others go on.

    In the entropy form values grow with the temperature without bound. Limits wide enough for the hottest
    frame would paint all the others in one colour.

    Args:
        values: (F,) or (F, ...), coldest first; what is not finite is left out.
        margin: in the units of ``values``; None takes half the width of the coldest frame.
    """
    low, high = extremes(values)
    whole = np.isfinite(values.reshape(len(values), -1)).any(axis=1)
    cold = values[np.argmax(whole)]
    cold_low, cold_high = extremes(cold)
    if np.ndim(cold) == 0 and whole.any():
        cold_low = cold_high = float(cold)
    margin = (cold_high - cold_low) / 2 if margin is None else margin
    return extremes([max(low, cold_low - margin), min(high, cold_high + margin)])


def _finding(label: str, value: float, entropy: float) -> str:
    """One sentence that is true of one frame."""
    keeps = f"keeps {readable(entropy, 2)} nats of choice per step" if entropy > 5e-4 else "leaves nothing to chance"
    label = f"{label}, where the policy is the prior," if label == "∞" else label
    return f"At temperature {label} the start is worth {readable(value)} and the policy {keeps}."


def _still(mdp: MDP, path: TemperaturePath, labels: tuple[str, ...], limits: Limits) -> Any:
    """The value map at four of the temperatures that have one."""
    whole = np.flatnonzero(np.isfinite(path.start_value))
    if not whole.size:
        return None
    chosen = np.unique(whole[np.linspace(0, whole.size - 1, 4).round().astype(int)])
    cold, hot = chosen[0], chosen[-1]
    title = (
        f"From temperature {labels[cold]} to {labels[hot]} the policy's entropy goes from "
        f"{readable(path.entropy[cold], 2)} to {readable(path.entropy[hot], 2)} nats a step"
    )
    found = " ".join(_finding(labels[k], path.start_value[k], path.entropy[k]) for k in chosen)
    return grid_maps(
        mdp.grid,
        path.value[chosen],
        [f"temperature {labels[k]}" for k in chosen],
        title=title,
        alt=f"The value map and policy at {chosen.size} temperatures. {found}",
        policies=path.policy[chosen],
        terminal=mdp.terminal,
        limits=limits,
    )
