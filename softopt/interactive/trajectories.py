"""Every trajectory of a small world, before and after conditioning on success, under a temperature slider."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, Lines
from softopt.interactive.slider import Slider, readable
from softopt.interactive.temperature import ARROWS
from softopt.plotting import lines
from softopt.tabular import MDP, enumerate_trajectories


def explore_trajectories(mdp: MDP, temperatures: ArrayLike | None = None, *, most: int = 8) -> Explorer:
    """Show the posterior probability of the best trajectories, and how many ways are really in use.

    Args:
        mdp: small, finite horizon, with a grid that names its actions.
        temperatures: (F,) increasing and positive; None takes 61 from 0.03 to 30.
        most: trajectories with bars of their own, best reward first; the others share one bar.

    Raises:
        ValueError: as for :func:`softopt.tabular.enumerate_trajectories`, or no grid.
    """
    if mdp.grid is None:
        raise ValueError("trajectories are written with arrows, and the MDP has no grid that names its actions.")
    slider = Slider("temperature", np.logspace(-1.5, 1.5, 61) if temperatures is None else temperatures)
    every = [enumerate_trajectories(mdp, float(t)) for t in slider.values]
    order = np.argsort(-every[0].total_reward, kind="stable")
    arrows = [ARROWS.get(name, "·") for name in mdp.grid.action_names]
    ways = ["".join(arrows[a] for a in actions if a >= 0) for actions in every[0].actions[order]]
    rewards = every[0].total_reward[order]
    posterior = np.array([frame.posterior[order] for frame in every])
    prior = every[0].prior[order]
    with np.errstate(divide="ignore"):
        in_use = np.exp(-(posterior * np.log(np.where(posterior > 0, posterior, 1.0))).sum(axis=1))
    names = [f"{way}   reward {readable(r, 2)}" for way, r in zip(ways[:most], rewards[:most], strict=True)]
    names += [f"the other {len(ways) - most}"] if len(ways) > most else []

    def share(weights: np.ndarray) -> np.ndarray:
        rest = weights[..., most:].sum(axis=-1, keepdims=True)
        return np.concatenate([weights[..., :most], rest], axis=-1)[..., : len(names)]

    best = posterior[:, rewards == rewards[0]].sum(axis=1)
    groups = {"prior": np.tile(share(prior), (len(every), 1)), "posterior": share(posterior)}
    return Explorer(
        [slider],
        [
            [
                Bars("Trajectories", names, groups, limits={"prior": (0.0, 1.0), "posterior": (0.0, 1.0)}),
                Lines("Ways in use, exp of the entropy", {"ways": in_use}, logarithmic=True),
            ]
        ],
        [
            f"At temperature {label} the best ways have {readable(100 * b, 2)} percent of the probability "
            f"and about {readable(n, 2)} ways are in use."
            for label, b, n in zip(slider.labels, best, in_use, strict=True)
        ],
        name="Trajectories",
        picture=lambda: lines(
            slider.values,
            {"best ways together": best, "all others": 1 - best},
            title="Conditioning on success keeps the best ways alone only when it is cold",
            x_label="temperature (reward units)",
            y_label="posterior probability",
            log="x",
            alt="The probability of the best ways falls from one to their share in the prior as temperature rises.",
        ),
    )
