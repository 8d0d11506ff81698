"""What can be learned from how many demonstrations, in the terms of which features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import GridMap, Lines, Panel
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure, grid_maps
from softopt.tabular import MDP, Trajectory, maxent_irl
from softopt.tabular.inverse import expected_value_difference


@dataclass(frozen=True, eq=False)
class Recovery:
    """Rewards recovered from growing numbers of demonstrations, by F counts and G descriptions.

    Attributes:
        mdp: with the true reward.
        counts: (F,) numbers of demonstrations.
        descriptions: G names of feature tables.
        reward: (F, G, S) recovered from the first draw, moved to the true reward's mean.
        policy: (F, G, S, A) of the first step, from the first draw.
        lost: (D, F, G) value lost by planning with the recovered reward, for each of D draws.
        nothing: value lost by planning with no reward at all.
    """

    mdp: MDP
    counts: np.ndarray
    descriptions: tuple[str, ...]
    reward: np.ndarray
    policy: np.ndarray
    lost: np.ndarray
    nothing: float


def recover(
    mdp: MDP,
    descriptions: Mapping[str, ArrayLike],
    draws: Sequence[Sequence[Trajectory]],
    counts: ArrayLike,
    *,
    temperature: float,
    l2: float,
) -> Recovery:
    """Fit a reward to the first n demonstrations of every draw, for every n and every description.

    Args:
        mdp: finite horizon, with the true reward, one a state.
        descriptions: name -> (S, K) features.
        draws: D lists of demonstrations, each as long as the largest count.
        counts: (F,) increasing.
        temperature: of the demonstrators.
        l2: of a single demonstration; n of them outvote it n times, as they would a Gaussian belief.
    """
    counts = np.asarray(counts)
    if counts[-1] > min(len(draw) for draw in draws):
        raise ValueError(f"a draw has fewer demonstrations than the largest count, {counts[-1]}.")
    lost = np.zeros((len(draws), counts.size, len(descriptions)))
    rewards = np.zeros((counts.size, len(descriptions), mdp.n_states))
    policies = np.zeros((*rewards.shape, mdp.n_actions))
    for d, draw in reversed(list(enumerate(draws))):  # the first draw is the last to be written
        for g, features in enumerate(descriptions.values()):
            theta = None
            for f, count in enumerate(counts):
                options = {"temperature": temperature, "l2": l2 / count, "theta": theta}
                found = maxent_irl(mdp, features, draw[:count], tol=1e-4, **options)
                theta = found.theta  # a good start for the next count
                lost[d, f, g] = expected_value_difference(mdp, found.reward)
                rewards[f, g], policies[f, g] = found.reward[:, 0], found.policy[0]
    # Every walk has the same length, so a constant added to the reward cannot be seen.
    rewards += mdp.reward[:, 0].mean() - rewards.mean(axis=-1, keepdims=True)
    nothing = expected_value_difference(mdp, np.zeros_like(mdp.reward))
    return Recovery(mdp, counts, tuple(descriptions), rewards, policies, lost, nothing)


def explore_demonstrations(recovery: Recovery) -> Explorer:
    """Show the recovered reward beside the true one, and the value lost, as demonstrations come in.

    Raises:
        ValueError: the MDP has no grid.
    """
    grid, shape = recovery.mdp.grid, recovery.reward.shape
    if grid is None:
        raise ValueError("this explorer draws a map, and the MDP has no grid.")
    number = Slider("demonstrations", recovery.counts, labels=[str(n) for n in recovery.counts])
    words = Slider("description", np.arange(shape[1]), labels=recovery.descriptions, start=0)
    truth = recovery.mdp.reward[:, 0]
    bound = 1.25 * float(np.abs(truth).max())
    limits = (-bound, bound)
    mean = recovery.lost.mean(axis=0)
    # Each curve is the same whichever description is shown: the marker runs along all of them.
    curves = {name: np.repeat(mean[:, [g]], shape[1], axis=1) for g, name in enumerate(recovery.descriptions)}
    maps: list[Panel] = [
        GridMap("True reward", grid, np.broadcast_to(truth, shape), limits=limits),
        GridMap("Recovered reward, and what it would do", grid, recovery.reward, policy=recovery.policy, limits=limits),
    ]
    loss = Lines("Value lost, mean over draws", curves, along=0, logarithmic=True)
    n_draws = len(recovery.lost)
    return Explorer(
        [number, words],
        [maps, [loss]],
        [
            [
                f"From {n} demonstrations described by “{name}”, planning loses {readable(recovery.lost[0, f, g], 2)} "
                f"in the draw on the map and {readable(mean[f, g], 2)} on average over {n_draws} draws."
                for g, name in enumerate(recovery.descriptions)
            ]
            for f, n in enumerate(recovery.counts)
        ],
        name="Demonstrations",
        picture=lambda: recovered_maps(recovery),
    )


def recovered_maps(recovery: Recovery, description: int = 0) -> DescribedFigure:
    """Small multiples: the true reward, and the one recovered from few, some and all demonstrations."""
    shown = np.array([0, recovery.counts.size // 2, recovery.counts.size - 1])
    truth = recovery.mdp.reward[:, 0]
    bound = 1.25 * float(np.abs(truth).max())
    lost = recovery.lost[0, shown, description]
    captions = [f"from {recovery.counts[f]}: loses {readable(x, 2)}" for f, x in zip(shown, lost, strict=True)]
    return grid_maps(
        recovery.mdp.grid,
        np.array([truth, *recovery.reward[shown, description]]),
        ["true reward", *captions],
        title=f"Demonstrations turn a scribble into a map (description: “{recovery.descriptions[description]}”)",
        alt=f"Four maps of reward: the true one, then three recovered ones. {'; '.join(captions)}.",
        limits=(-bound, bound),
        label="reward (mean as the true one's)",
    )
