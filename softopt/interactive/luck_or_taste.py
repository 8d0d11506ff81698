"""Causal and non-causal readings of the same demonstrations, as the world gets more random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import GridMap, Lines, Panel
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure, lines
from softopt.tabular import MDP, maxent_irl, plan, sample_trajectories, visitation
from softopt.tabular.inverse import expected_value_difference

MODELS = ("causal", "non-causal")


@dataclass(frozen=True, eq=False)
class Readings:
    """Two readings, causal first, of F worlds from G numbers of demonstrations.

    Attributes:
        slips: (F,) of the worlds.
        counts: (G,) numbers of demonstrations.
        world: the first world, for its map.
        taste: (K,) true weights.
        weights: (F, G, 2, K) as read.
        lost: (F, G, 2) value lost by planning, as softly as the demonstrators, with the reward as read.
        visits: (F, G, 3, S) expected steps of the demonstrators and of those who plan with each reading.
    """

    slips: np.ndarray
    counts: np.ndarray
    world: MDP
    taste: np.ndarray
    weights: np.ndarray
    lost: np.ndarray
    visits: np.ndarray


def read_both(
    world: Callable[[float], tuple[MDP, np.ndarray]],
    taste: ArrayLike,
    slips: ArrayLike,
    counts: Sequence[int],
    *,
    l2: float = 1e-3,
    seed: int = 0,
) -> Readings:
    """Sample soft-optimal demonstrations at temperature 1 in each world and fit both models to the first n.

    Args:
        world: slip -> MDP with the true reward and a finite horizon, and its features (S, K).
        taste: (K,) the weights that the true reward is made of.
        slips: (F,) increasing.
        counts: G increasing numbers of demonstrations.
        l2: keeps the weights finite where something was never seen.
        seed: of the demonstrations.
    """
    slips, taste = np.asarray(slips, dtype=np.float64), np.asarray(taste, dtype=np.float64)
    worlds = [world(float(slip)) for slip in slips]
    shape = slips.size, len(counts)
    weights, lost = np.zeros((*shape, 2, taste.size)), np.zeros((*shape, 2))
    visits = np.zeros((*shape, 3, worlds[0][0].n_states))
    for f, (mdp, features) in enumerate(worlds):
        policy = plan(mdp, 1.0).policy
        draw = sample_trajectories(mdp, policy, max(counts), np.random.default_rng(seed))
        visits[f, :, 0] = _steps(mdp, policy)
        for g, count in enumerate(counts):
            for k, model in enumerate(MODELS):
                found = maxent_irl(mdp, features, draw[:count], model == "causal", l2=l2)
                weights[f, g, k] = found.theta
                lost[f, g, k] = expected_value_difference(mdp, found.reward, 1.0)
                visits[f, g, 1 + k] = _steps(mdp, plan(mdp.replace(reward=found.reward), 1.0).policy)
    return Readings(slips, np.asarray(counts), worlds[0][0], taste, weights, lost, visits)


def explore_readings(readings: Readings, names: Sequence[str]) -> Explorer:
    """Show where demonstrators walk, where those walk who learned from them, and the weights as read.

    Args:
        names: K texts, what the features are called.

    Raises:
        ValueError: the world has no grid.
    """
    grid, shape = readings.world.grid, readings.lost.shape[:2]
    if grid is None:
        raise ValueError("this explorer draws a map, and the MDP has no grid; build it with gridworlds.")
    slip = Slider("slip", readings.slips)
    number = Slider("demonstrations", readings.counts, labels=[str(n) for n in readings.counts], start=shape[1] - 1)
    limits = (0.0, float(np.quantile(readings.visits, 0.99)))
    walkers = ("Demonstrators", *(f"Learned, {model}" for model in MODELS))
    maps: list[Panel] = [
        GridMap(f"{who}: steps of a walk", grid, readings.visits[:, :, k], limits=limits, colours="cividis")
        for k, who in enumerate(walkers)
    ]
    curves: list[Panel] = [
        Lines(
            f"Weight of {name}",
            {
                "true": np.full(shape, readings.taste[i]),
                **{model: readings.weights[:, :, k, i] for k, model in enumerate(MODELS)},
            },
        )
        for i, name in enumerate(names)
    ]
    curves.append(Lines("Value lost", {model: readings.lost[:, :, k] for k, model in enumerate(MODELS)}))
    return Explorer(
        [slip, number],
        [maps, curves],
        [
            [
                f"With slip {slip.labels[f]} and {n} walks, "
                + "; ".join(
                    f"the {model} model reads {_pair(readings.weights[f, g, k], names)} and loses "
                    f"{readable(readings.lost[f, g, k], 2)}"
                    for k, model in enumerate(MODELS)
                )
                + "."
                for g, n in enumerate(readings.counts)
            ]
            for f in range(shape[0])
        ],
        name="Luck or taste",
        picture=lambda: weights_against_slip(readings, names),
    )


def weights_against_slip(readings: Readings, names: Sequence[str]) -> DescribedFigure:
    """Small multiple of the explorer: the weights as read from the most demonstrations, against the slip."""
    curves = {
        f"{name}: {model}": readings.weights[:, -1, k, i]
        for i, name in enumerate(names)
        for k, model in enumerate(MODELS)
    }
    return lines(
        readings.slips,
        curves,
        title="The non-causal model reads bad luck as weak taste; the causal one does not",
        x_label="slip (probability)",
        y_label=f"weight, from {readings.counts[-1]} walks (reward units)",
        alt="The causal weights stay at the true ones; the non-causal ones shrink towards zero as the slip grows.",
    )


def _steps(mdp: MDP, policy: np.ndarray) -> np.ndarray:
    return np.asarray(visitation(mdp, policy)[:-1].sum(axis=0))


def _pair(weights: np.ndarray, names: Sequence[str]) -> str:
    return " and ".join(f"{name} {readable(w, 2)}" for name, w in zip(names, weights, strict=True))
