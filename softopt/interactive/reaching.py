"""Reaching through via-points: where a movement varies, as motor noise and temperature change."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from softopt.control.motor import moments, reaching, soft_linear_quadratic
from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import lines

MILLI, SQUARE_MILLI = 1e3, 1e-6  # metres to millimetres; square millimetres to the square metres of the costs


def explore_reaching(noises: ArrayLike | None = None, temperatures: ArrayLike | None = None) -> Explorer:
    """Show the hand's path sideways and its spread over time, for :func:`softopt.control.motor.reaching`.

    Spread is the root mean square distance of the hand from its mean path.

    Args:
        noises: (F,) increasing, of the motor noise relative to the command; None takes eleven from 0 to 1.
        temperatures: (G,) increasing, of the policy, in square millimetres; None takes nine from 0 to 4.
    """
    noise = Slider("motor noise", np.linspace(0, 1, 11) if noises is None else noises)
    temperature = Slider("temperature (mm²)", np.linspace(0, 4, 9) if temperatures is None else temperatures, start=0)
    task = reaching()
    means, covariances = [], []
    for relative in noise.values:
        problem = reaching(signal_noise=float(relative)).problem
        warm = soft_linear_quadratic(problem, SQUARE_MILLI)
        mean, one = moments(problem, warm, task.start)
        none = moments(problem, replace(warm, covariance=0 * warm.covariance), task.start)[1]
        # The gain does not depend on T, and the policy's covariance is proportional to it.
        means.append(mean)
        covariances.append([none + t * (one - none) for t in temperature.values])
    hand = np.array(covariances)[..., :2, :2]
    spread = MILLI * np.sqrt(np.trace(hand, axis1=-2, axis2=-1))
    aside = 100 * np.array(means)[:, None, :, 1] + np.zeros((1, temperature.values.size, 1))
    width = 200 * np.sqrt(hand[..., 1, 1])
    stops = [0, *task.via_steps]
    at = spread[..., task.via_steps].mean(axis=-1)
    between = np.mean([spread[..., a:b].max(axis=-1) for a, b in pairwise(stops)], axis=0)
    along = {"x": task.times, "x_label": "time (s); via-points at 0.4 and 0.7, target at 1"}
    sentences = [
        [
            f"With motor noise {noise.labels[i]} and temperature {temperature.labels[j]} mm² "
            + (
                f"the spread is {readable(at[i, j], 2)} mm on average where the task looks, and "
                f"{readable(between[i, j], 2)} mm at its widest between: {readable(between[i, j] / at[i, j], 2)} times."
                if at[i, j] > 0
                else "every movement is the same."
            )
            for j in range(temperature.values.size)
        ]
        for i in range(noise.values.size)
    ]
    return Explorer(
        [noise, temperature],
        [
            [
                Lines(
                    "Sideways position of the hand (cm)",
                    {"mean": aside, "mean + 2 sd": aside + width, "mean − 2 sd": aside - width},
                    limits=(-9.0, 9.0),
                    **along,
                ),
                Lines("Spread of the hand (mm)", {"spread": spread}, limits=(0.0, 15.0), **along),
            ],
            [
                Lines("Spread against motor noise (mm)", {"widest between": between, "where the task looks": at}),
                Lines(
                    "Spread against temperature (mm)",
                    {"widest between": between, "where the task looks": at},
                    along=1,
                ),
            ],
        ],
        np.array(sentences),
        name="Reaching",
        picture=lambda: lines(
            task.times,
            {f"motor noise {noise.labels[i]}": spread[i, 0] for i in range(0, noise.values.size, 3) if i},
            title="More noise is let through between the via-points than at them",
            x_label="time (s)",
            y_label="spread of the hand (mm)",
            alt="Curves with one hump between each two via-points and narrow places at the via-points.",
        ),
    )
