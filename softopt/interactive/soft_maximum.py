"""The soft maximum of a handful of numbers, in both forms, under one slider."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, Lines
from softopt.interactive.slider import Slider, readable
from softopt.operators import boltzmann, soft_maximum
from softopt.plotting import lines


def explore_soft_maximum(q: ArrayLike, *, names: Sequence[str] | None = None) -> Explorer:
    """Show the soft maximum and the Boltzmann policy of ``q`` as the temperature moves.

    Args:
        q: (A,) finite values of at least two actions.
        names: A texts; None writes the values.

    Raises:
        ValueError: fewer than two values, or values that are not finite.
    """
    q = np.asarray(q, dtype=np.float64)
    if q.ndim != 1 or q.size < 2 or not np.isfinite(q).all():
        raise ValueError(f"this explorer shows the soft maximum of at least two finite numbers, got {q!r}.")
    uniform = np.full(q.size, 1 / q.size)
    spread = max(float(np.ptp(q)), 1e-3)
    temperatures = np.concatenate([[0.0], np.geomspace(spread / 100, spread * 30, 61)])
    slider = Slider("temperature", temperatures)
    entropy_form = np.array([soft_maximum(q, t) for t in temperatures])
    kl_form = np.array([soft_maximum(q, t, uniform) for t in temperatures])
    policy = np.array([boltzmann(q, t) for t in temperatures])
    curves = {
        "entropy form": entropy_form,
        "maximum": np.full_like(kl_form, q.max()),
        "KL form, uniform prior": kl_form,
        "mean": np.full_like(kl_form, q.mean()),
    }
    return Explorer(
        [slider],
        [
            [
                Bars(
                    "Policy",
                    names or [f"q = {readable(v)}" for v in q],
                    {"probability": policy},
                    limits={"probability": (0, 1)},
                ),
                Lines("Soft maximum", curves, limits=(float(q.min()), float(q.max() + 1.5 * spread))),
            ]
        ],
        [
            f"At temperature {label} the soft maximum is {readable(above)} in the entropy form "
            f"and {readable(below)} in the KL form; the maximum is {readable(q.max())}."
            for label, above, below in zip(slider.labels, entropy_form, kl_form, strict=True)
        ],
        name="Soft maximum",
        picture=lambda: lines(
            temperatures[1:],
            {name: curve[1:] for name, curve in curves.items()},
            title="The entropy form lies above the maximum, the KL form below it",
            x_label="temperature",
            y_label="soft maximum",
            log="x",
            alt="Both forms meet the maximum when cold; hot, one rises without bound and the other falls to the mean.",
        ),
    )
