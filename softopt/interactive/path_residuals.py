"""Path consistency as the dynamics become random: what is left on the paths, and what is learned from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import GridMap, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure, lines
from softopt.tabular import MDP, path_consistency, plan
from softopt.tabular.learning import interact, path_residuals

OPTIMUM, LEARNED = "at the soft optimum", "as learned"
BINS = np.linspace(-4.1, 4.1, 42)  # of the residual, reward units, one of them about 0; the ends count what is beyond


@dataclass(frozen=True, eq=False)
class PathStudy:
    """What path consistency finds in F worlds, and what it leaves there, the soft optimum first.

    Attributes:
        slips: (F,).
        mdp: the first world, for its map.
        residuals: (F, 2, N) one-step residuals of one recording, at the soft optimum and at what was learned.
        long: (F,) mean squared residual of longer stretches at the soft optimum.
        length: of those.
        value: (F, 2, S).
        policy: (F, 2, S, A).
    """

    slips: np.ndarray
    mdp: MDP
    residuals: np.ndarray
    long: np.ndarray
    length: int
    value: np.ndarray
    policy: np.ndarray


def study_paths(
    world: Callable[[float], MDP],
    slips: ArrayLike,
    temperature: float,
    *,
    steps: int = 20_000,
    length: int = 5,
    rate: float = 0.15,
    seed: int = 0,
) -> PathStudy:
    """Record random walks in each world, learn from them by path consistency, and compare with the soft optimum.

    Args:
        world: slip -> MDP.
        slips: (F,) increasing.
        temperature: T in (0, inf).
        steps: transitions of a recording, by the uniform policy, in episodes of at most 20.
        length: of the longer stretches.
        rate: of values and logits.
        seed: of the recordings.
    """
    slips = np.asarray(slips, dtype=np.float64)
    residuals, long, value, policy = [], [], [], []
    for slip in slips:
        mdp = world(float(slip))
        uniform = mdp.allowed / mdp.allowed.sum(axis=1, keepdims=True)
        walk = list(interact(mdp, uniform, np.random.default_rng(seed), steps, time_limit=20))
        best = plan(mdp, temperature, tol=1e-12)
        learned = path_consistency(mdp, walk, temperature, value_rate=rate, policy_rate=rate)
        value.append([best.value, learned.value])
        policy.append([best.policy, learned.policy])
        both = zip(value[-1], policy[-1], strict=True)
        residuals.append([path_residuals(mdp, walk, v, pi, temperature, 1) for v, pi in both])
        long.append(np.mean(path_residuals(mdp, walk, best.value, best.policy, temperature, length) ** 2))
    return PathStudy(
        slips, world(float(slips[0])), np.array(residuals), np.array(long), length, np.array(value), np.array(policy)
    )


def explore_path_residuals(study: PathStudy) -> Explorer:
    """Show the histogram of residuals, the error of what was learned, and the mean square, as slip grows.

    Raises:
        ValueError: the worlds of the study have no grid drawing.
    """
    mdp, slip = study.mdp, Slider("slip", study.slips)
    if mdp.grid is None:
        raise ValueError("this explorer draws a map, and the MDP has no grid; build it with gridworlds.")
    shares = histograms(study.residuals)
    square = np.mean(study.residuals**2, axis=-1)
    error = study.value[:, 1] - study.value[:, 0]
    bound = float(np.abs(error).max())
    running = ~mdp.terminal
    curves = {f"{OPTIMUM}, {study.length} steps": study.long, OPTIMUM: square[:, 0], LEARNED: square[:, 1]}
    return Explorer(
        [slip],
        [
            [
                Lines(
                    "Share of the steps with this residual",
                    {OPTIMUM: shares[:, 0], LEARNED: shares[:, 1]},
                    x=(BINS[:-1] + BINS[1:]) / 2,
                    x_label="residual C (reward units)",
                    limits=(0.0, 0.5),
                ),
                GridMap(
                    "Learned value less the optimal one",
                    mdp.grid,
                    error,
                    policy=study.policy[:, 1],
                    terminal=mdp.terminal,
                    limits=(-bound, bound),
                    colours="RdBu",
                ),
                Lines("Mean squared residual", curves),
            ]
        ],
        [
            f"With slip {label} the mean squared residual is {readable(floor, 2)} at the soft optimum and "
            f"{readable(left, 2)} as learned; the learned values are off by {readable(low, 2)} to {readable(high, 2)}."
            for label, (floor, left), low, high in zip(
                slip.labels, square, error[:, running].min(axis=1), error[:, running].max(axis=1), strict=True
            )
        ],
        name="Path consistency",
        picture=lambda: residual_figure(study),
    )


def residual_figure(study: PathStudy) -> DescribedFigure:
    """Histograms at the soft optimum, in the first world and in the middle one, and what was learned there."""
    shares, middle = histograms(study.residuals), study.slips.size // 2
    wet = f"slip {readable(study.slips[middle], 2)}"
    return lines(
        (BINS[:-1] + BINS[1:]) / 2,
        {
            f"slip {readable(study.slips[0], 2)}, {OPTIMUM}": shares[0, 0],
            f"{wet}, {OPTIMUM}": shares[middle, 0],
            f"{wet}, {LEARNED}": shares[middle, 1],
        },
        title="Without slip every residual is zero; with slip even the optimum leaves some",
        x_label="residual C of one step (reward units)",
        y_label="share of the steps",
        alt="One curve is a single spike at zero, the other two are wide, at the optimum wider than as learned.",
    )


def histograms(residuals: np.ndarray) -> np.ndarray:
    """Share of the residuals in each bin, (..., N) -> (..., bins)."""
    inside = np.clip(residuals, BINS[0], BINS[-1])
    counts = np.apply_along_axis(lambda row: np.histogram(row, BINS)[0], -1, inside)
    return np.asarray(counts / residuals.shape[-1])
