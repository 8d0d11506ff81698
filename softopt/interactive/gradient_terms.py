"""The gradient of soft Q-learning, term by term, on the way to the optimum."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, GridMap, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import lines
from softopt.tabular import MDP, plan
from softopt.tabular.learning import compare_gradients

TERMS = {
    "soft Q-learning": "soft_q_learning",
    "return": "return_term",
    "regulariser": "regulariser_term",
    "value fit": "value_term",
}


def explore_gradient_terms(mdp: MDP, temperatures: ArrayLike, *, state: int | None = None) -> Explorer:
    """Split the gradient at tables that are a share of the soft-optimal one, from nothing learned to all of it.

    Args:
        mdp: infinite horizon, with a grid drawing.
        temperatures: (G,) increasing and positive.
        state: whose terms are shown first; None takes the start.

    Raises:
        ValueError: the MDP has no grid drawing.
    """
    if mdp.grid is None:
        raise ValueError("this explorer draws a map, and the MDP has no grid; build it with gridworlds.")
    learned, temperature = Slider("share learned", np.linspace(0, 1, 21)), Slider("temperature", temperatures)
    best = [plan(mdp, float(t), tol=1e-12).soft_q for t in temperature.values]
    split = [
        [compare_gradients(mdp, part * q, float(t)) for t, q in zip(temperature.values, best, strict=True)]
        for part in learned.values
    ]

    def stacked(field: str) -> np.ndarray:
        return np.array([[getattr(terms, field) for terms in row] for row in split])

    terms = {name: stacked(field) for name, field in TERMS.items()}
    size = {name: np.linalg.norm(term, axis=(-2, -1)) for name, term in terms.items()}
    size["policy gradient"] = np.linalg.norm(stacked("policy_term"), axis=(-2, -1))
    by_state = np.linalg.norm(terms["soft Q-learning"], axis=-1)
    here = int(np.argmax(mdp.initial)) if state is None else state
    bound = max(float(np.abs(term[:, :, here]).max()) for term in terms.values())
    drawn = ("soft Q-learning", "policy gradient", "value fit", "return")
    return Explorer(
        [learned, temperature],
        [
            [
                GridMap(
                    "Size of the whole gradient",
                    mdp.grid,
                    by_state,
                    policy=stacked("policy"),
                    terminal=mdp.terminal,
                    limits=(0.0, 0.5),
                ),
                Lines("Size of the terms, all states", {name: size[name] for name in drawn}),
            ],
            [
                Bars(
                    "Terms in",
                    list(mdp.grid.action_names),
                    terms,
                    by_state=True,
                    limits=dict.fromkeys(terms, (-bound, bound)),
                )
            ],
        ],
        [
            [
                f"With {readable(100 * part, 2)} percent learned, at temperature {warmth}, the gradient of soft "
                f"Q-learning has size {in_words(size['soft Q-learning'][f, g])}: a policy gradient of size "
                f"{in_words(size['policy gradient'][f, g])} and a value fit of size "
                f"{in_words(size['value fit'][f, g])}. The return alone pulls with {in_words(size['return'][f, g])}."
                for g, warmth in enumerate(temperature.labels)
            ]
            for f, part in enumerate(learned.values)
        ],
        name="Two gradients, term by term",
        selected=here,
        picture=lambda: lines(
            learned.values,
            {name: size[name][:, len(best) // 2] for name in drawn},
            title="At the optimum the sum vanishes; the return's own gradient does not",
            x_label="share of the soft-optimal table that is learned",
            y_label="size of the term (reward units)",
            alt="The whole gradient, policy gradient and value fit fall to zero; the gradient of the return does not.",
        ),
    )


def in_words(size: float) -> str:
    """A size for a reader, to whom round-off is nothing."""
    return "0" if size < 1e-9 else readable(size, 2)
