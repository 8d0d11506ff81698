"""Messages on a corridor: forwards, backwards, and where they meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import HeatMap, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import heat_maps, lines
from softopt.tabular import MDP, Posterior, infer


def explore_messages(mdp: MDP, temperature: float) -> Explorer:
    """Show both messages and their product over the states of a corridor, as time runs.

    Args:
        mdp: finite horizon; its states are drawn in their order.
        temperature: T, positive and finite.
    """
    posterior = infer(mdp, temperature)
    backward, both = success_ahead(posterior, temperature), posterior.marginals
    cell = np.arange(mdp.n_states, dtype=float)
    slider = Slider("time step", np.arange(len(both), dtype=float), labels=[str(t) for t in range(len(both))])
    curves = {
        "forward: where it could be by now": posterior.forward / posterior.forward.max(axis=1, keepdims=True),
        "backward: from where it can still succeed": backward,
        "both: where it is, given success": both / both.max(axis=1, keepdims=True),
    }
    place = both @ cell
    shown = [0, len(both) // 4, len(both) // 2, 3 * len(both) // 4]
    return Explorer(
        [slider],
        [[Lines("Messages, each scaled to a peak of 1", curves, x=cell, x_label="cell", limits=(0.0, 1.05))]],
        [f"At step {t} the agent is, given success, around cell {readable(x, 2)}." for t, x in enumerate(place)],
        name="Messages over time",
        picture=lambda: lines(
            cell,
            {f"step {t}": both[t] for t in shown},
            title="Given success, the agent moves from the start to the appointment",
            x_label="cell",
            y_label="probability, given success",
            alt="Four bumps, each further to the right and widest in the middle of the journey.",
        ),
    )


def explore_smoothing(mdp: MDP, temperatures: ArrayLike | None = None) -> Explorer:
    """Show the values, and the smoothed marginals from start to goal, over time and under a temperature slider.

    Args:
        mdp: finite horizon; its states are drawn in their order.
        temperatures: (F,) increasing and positive; None takes 61 from 0.1 to 100.
    """
    slider = Slider("temperature", np.logspace(-1, 2, 61) if temperatures is None else temperatures)
    every = [infer(mdp, float(t)) for t in slider.values]
    marginals = np.array([posterior.marginals.T for posterior in every])
    values = np.array([posterior.value.T for posterior in every])
    cell = np.arange(mdp.n_states)
    mean = np.einsum("fst,s->ft", marginals, cell)
    variance = np.einsum("fst,s->ft", marginals, cell**2) - mean**2
    width = np.sqrt(np.maximum(variance, 0.0)).max(axis=1)
    # In units of the start's, a map of the cold and one of the hot fit on one scale of colours.
    start = np.abs((values[:, :, 0] * mdp.initial).sum(axis=1, where=mdp.initial > 0))
    relative = np.where(np.isfinite(values), values, np.nan) / start[:, None, None]
    shown = [0, len(every) // 2, len(every) - 1]
    top = float(np.quantile(marginals, 0.995))
    return Explorer(
        [slider],
        [
            [
                HeatMap(
                    "Where it is, given success", marginals, x_label="time step", y_label="cell", limits=(0.0, top)
                ),
                HeatMap(
                    "Value T log β, the start's being −1",
                    relative,
                    x_label="time step",
                    y_label="cell",
                    colours="cividis",
                ),
            ],
            [Lines("Widest spread (cells)", {"spread": width})],
        ],
        [
            f"At temperature {label} the cloud of positions is at most {readable(w, 2)} cells wide, "
            "one standard deviation."
            for label, w in zip(slider.labels, width, strict=True)
        ],
        name="Smoothed marginals",
        picture=lambda: heat_maps(
            marginals[shown],
            [f"temperature {slider.labels[f]}" for f in shown],
            title="The cigar between start and appointment widens with temperature, and never closes",
            x_label="time step",
            y_label="cell",
            label="probability",
            alt="Three maps of cell against time: a thin diagonal cloud when cold, a wider one when hot.",
            limits=(0.0, top),
        ),
    )


def success_ahead(posterior: Posterior, temperature: float) -> np.ndarray:
    """Return the backward message of the states, exp(V / T), each time step scaled to a peak of 1; (H + 1, S)."""
    log_message = posterior.value / temperature
    return np.exp(log_message - log_message.max(axis=1, keepdims=True))
