"""Be the optimiser: turn the weights of a reward by hand until the model counts what was counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, GridMap, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure, lines
from softopt.tabular import MDP, Trajectory, visitation
from softopt.tabular.inverse import Dual


def explore_weights(
    mdp: MDP,
    features: ArrayLike,
    demonstrations: Sequence[Trajectory],
    names: Sequence[str],
    weights: tuple[ArrayLike, ArrayLike],
) -> Explorer:
    """Show what the causal model expects at every pair of weights, beside what the demonstrations show.

    Args:
        mdp: finite horizon, with a grid.
        features: (S, 2).
        demonstrations: walks in the MDP.
        names: what the two features are called, as in "nettles".
        weights: two increasing grids, one a feature.

    Raises:
        ValueError: no grid or no horizon; or as :class:`softopt.tabular.inverse.Dual`.
    """
    if mdp.grid is None or mdp.horizon is None:
        raise ValueError("this explorer draws a map of walks of fixed length; the MDP needs a grid and a horizon.")
    first, second = (Slider(f"weight of {name}", grid) for name, grid in zip(names, weights, strict=True))
    dual = Dual(mdp, features, demonstrations)
    points = [[dual([a, b]) for b in second.values] for a in first.values]

    def stacked(field: str) -> np.ndarray:
        return np.array([[getattr(point, field) for point in row] for row in points])

    objective, expected = stacked("objective"), stacked("feature_expectations")
    counted = dual.demonstration_features
    # The dual asks what the model does from where the walkers happened to start.
    starts = np.bincount([walk.states[0] for walk in demonstrations], minlength=mdp.n_states)
    begun = mdp.replace(initial=starts / starts.sum())
    visits = np.array([[visitation(begun, point.policy)[:-1].sum(axis=0) for point in row] for row in points])
    seen = np.broadcast_to(dual.observed.visits.sum(axis=1), visits.shape)
    limits = (0.0, float(max(seen.max(), np.quantile(visits, 0.99))))
    sentences = np.array(
        [
            [
                "The model expects "
                + " and ".join(
                    f"{readable(e, 2)} steps of {name} where {readable(c, 2)} were counted"
                    for name, e, c in zip(names, expected[i, j], counted, strict=True)
                )
                + f"; the objective is {readable(objective[i, j])}."
                for j in range(second.values.size)
            ]
            for i in range(first.values.size)
        ],
        dtype=object,
    )
    top = {"limits": (float(np.quantile(objective, 0.2)), float(objective.max()))}
    return Explorer(
        [first, second],
        [
            [
                GridMap("Counted: steps of the walkers", mdp.grid, seen, limits=limits, colours="cividis"),
                GridMap("Expected: steps of the model", mdp.grid, visits, limits=limits, colours="cividis"),
                Bars(
                    "Steps of a walk",
                    ["counted", "expected"],
                    {
                        name: np.stack(np.broadcast_arrays(counted[k], expected[..., k]), axis=-1)
                        for k, name in enumerate(names)
                    },
                ),
            ],
            [
                Lines(f"Objective along the weight of {name}", {"objective": objective}, along=axis, **top)
                for axis, name in enumerate(names)
            ],
        ],
        sentences,
        name="Weights by hand",
        picture=lambda: _still(first, second, names, expected, counted),
    )


def _still(
    first: Slider, second: Slider, names: Sequence[str], expected: np.ndarray, counted: np.ndarray
) -> DescribedFigure:
    """Steps on the first feature against its weight, at three weights of the second, and what was counted."""
    middle = np.linspace(0, second.values.size - 1, 3).round().astype(int)
    curves = {f"expected, weight of {names[1]} {second.labels[j]}": expected[:, j, 0] for j in middle}
    return lines(
        first.values,
        {**curves, "counted": np.full(first.values.size, counted[0])},
        title="What the model expects moves with the weights, and can be made to match",
        x_label=f"weight of {names[0]} (reward units)",
        y_label=f"steps in {names[0]} a walk",
        alt=f"The expected steps in {names[0]} rise with their weight and cross the counted number.",
    )
