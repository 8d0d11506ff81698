"""Exact inference beside its variational mend: in a lottery, and on a slippery ledge."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, GridMap, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import grid_maps, lines
from softopt.tabular import MDP, elbo, evaluate, infer, variational, visitation
from softopt.tabular.worlds import BUY_TICKET, START, WIN, lottery


def explore_lottery(win_probability: float = 0.1, prize: float = 10.0, safe: float = 2.0) -> Explorer:
    """Show who buys a ticket, and what exact inference believes about winning, as the temperature moves.

    Args and errors as for :func:`softopt.tabular.worlds.lottery`.
    """
    world = lottery(win_probability, prize, safe)
    slider = Slider("temperature", np.logspace(-0.5, 2, 61), start=12)
    exact = [infer(world, float(t)) for t in slider.values]
    mended = [variational(world, float(t)) for t in slider.values]
    buys = np.array([posterior.policy[0, START, BUY_TICKET] for posterior in exact])
    buys_mended = np.array([plan.policy[0, START, BUY_TICKET] for plan in mended])
    believed = np.array([np.asarray(posterior.dynamics[0])[START, BUY_TICKET, WIN] for posterior in exact])
    gap = np.array([plan.gap for plan in mended])
    true = np.full_like(believed, win_probability)
    curves = {"buys a ticket: exact": buys, "buys a ticket: variational": buys_mended}
    chances = {"believed, given success": believed, "true": true}
    return Explorer(
        [slider],
        [
            [
                Lines("Probability of buying", curves, limits=(0.0, 1.0)),
                Lines("Probability that the ticket wins", chances, limits=(0.0, 1.0)),
                Lines("Gap to the evidence (nats)", {"gap": gap}),
            ]
        ],
        [
            f"At temperature {label} exact inference buys with probability {readable(e)} and believes that the "
            f"ticket wins with probability {readable(b)}; the variational policy buys with {readable(v)}."
            for label, e, b, v in zip(slider.labels, buys, believed, buys_mended, strict=True)
        ],
        name="Lottery",
        picture=lambda: lines(
            slider.values,
            {**curves, "wins, it believes": believed, "wins, in truth": true},
            title="Given success, a ticket is worth buying, because it is believed to win",
            x_label="temperature (reward units)",
            y_label="probability",
            log="x",
            alt="When cold, exact inference buys and believes in winning; the variational policy does not buy.",
        ),
    )


def explore_optimism(
    world: Callable[[float], MDP],
    slips: ArrayLike,
    temperatures: ArrayLike,
    *,
    state: int | None = None,
) -> Explorer:
    """Show the exact and the variational policy of the first step, their beliefs, and what they earn.

    Args:
        world: slip → finite-horizon gridworld.
        slips: (F,) increasing.
        temperatures: (G,) increasing and positive.
        state: the state whose beliefs are shown first; None takes the start.

    Raises:
        ValueError: the world has no grid.
    """
    slip, temperature = Slider("slip", slips), Slider("temperature", temperatures)
    worlds = [world(float(s)) for s in slip.values]
    grid = worlds[0].grid
    if grid is None:
        raise ValueError("this explorer draws a map, and the MDP has no grid; build it with gridworlds.")
    frames = [[_compare(w, float(t)) for t in temperature.values] for w in worlds]

    def stacked(field: str) -> np.ndarray:
        return np.array([[frame[field] for frame in row] for row in frames])

    returns = {"variational": stacked("return_mended"), "exact": stacked("return_exact")}
    bounds = {
        "T log evidence": stacked("log_evidence"),
        "T ELBO, variational": stacked("elbo"),
        "T ELBO, exact": stacked("elbo_exact"),
    }
    sentences = np.array(
        [
            [
                f"With slip {slip.labels[i]} and temperature {temperature.labels[j]}, in truth the variational "
                f"policy earns {readable(frame['return_mended'])} and the exact posterior's "
                f"{readable(frame['return_exact'])}; the gap is {readable(frame['gap'], 2)} nats."
                for j, frame in enumerate(row)
            ]
            for i, row in enumerate(frames)
        ],
        dtype=object,
    )
    kept = {"terminal": worlds[0].terminal, "colours": "cividis", "limits": (0.0, 2.0)}
    beliefs = {"true": stacked("lands"), "believed": stacked("believes")}
    return Explorer(
        [slip, temperature],
        [
            [
                GridMap(
                    "Exact posterior: visits it expects",
                    grid,
                    stacked("visits_exact"),
                    policy=stacked("policy_exact"),
                    **kept,
                ),
                GridMap(
                    "Variational: visits it gets",
                    grid,
                    stacked("visits_mended"),
                    policy=stacked("policy_mended"),
                    **kept,
                ),
            ],
            [
                Bars(
                    "Its likeliest first move lands, from",
                    ["where it aims", "elsewhere"],
                    beliefs,
                    by_state=True,
                    limits=dict.fromkeys(beliefs, (0.0, 1.0)),
                ),
                Lines("Return in the true world", returns, along=0),
                Lines("Evidence and bounds, times T", bounds, along=0),
            ],
        ],
        sentences,
        name="Optimism",
        picture=lambda: grid_maps(
            grid,
            np.array([frames[-1][temperature.start]["visits_exact"], frames[-1][temperature.start]["visits_mended"]]),
            ["exact posterior: what it expects", "variational: what it gets"],
            title="On slippery ground exact inference still expects the straight way",
            alt="Two maps of visits: the exact posterior expects to walk by the holes, the other does not.",
            policies=np.array([frames[-1][temperature.start][f"policy_{who}"] for who in ("exact", "mended")]),
            terminal=worlds[0].terminal,
            limits=(0.0, 2.0),
            colours="cividis",
            label="expected visits",
        ),
        selected=int(np.argmax(worlds[0].initial)) if state is None else state,
    )


def _compare(mdp: MDP, temperature: float) -> dict[str, np.ndarray | float]:
    """Solve one world exactly and variationally, and try both policies in the true world."""
    posterior, mended = infer(mdp, temperature), variational(mdp, temperature)
    aims = posterior.policy[0].argmax(axis=1)
    here = np.arange(mdp.n_states)
    intended = np.asarray(mdp.transition).argmax(axis=2)[here, aims]
    hits_true = np.asarray(mdp.transition)[here, aims, intended]
    hits_believed = np.asarray(posterior.dynamics[0])[here, aims, intended]

    def earned(policy: np.ndarray) -> float:
        return float(mdp.initial @ evaluate(mdp, policy, 0.0).value[0])

    return {
        "policy_exact": posterior.policy[0],
        "policy_mended": mended.policy[0],
        "visits_exact": posterior.marginals.sum(axis=0),
        "visits_mended": visitation(mdp, mended.policy).sum(axis=0),
        "lands": np.stack([hits_true, 1 - hits_true], axis=1),
        "believes": np.stack([hits_believed, 1 - hits_believed], axis=1),
        "return_exact": earned(posterior.policy),
        "return_mended": earned(mended.policy),
        # In reward units, so that all temperatures fit on one axis.
        "log_evidence": temperature * mended.log_evidence,
        "elbo": temperature * mended.elbo,
        "elbo_exact": temperature * elbo(mdp, posterior.policy, temperature),
        "gap": mended.gap,
    }
