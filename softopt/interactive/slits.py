"""Kappen's two examples under sliders: a choice between two targets, and a wall with two slits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from softopt.control.path_integral import Slits, Targets
from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import HeatMap, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import heat_maps, lines

END = 2.0  # when one of the two targets must be met


def explore_delayed_choice(noises: ArrayLike | None = None, times: ArrayLike | None = None) -> Explorer:
    """Show J, u* and where the controlled paths are, between targets at -1 and 1, as time and noise change.

    Args:
        noises: (F,) increasing and positive; None takes nine from 1/4 to 4.
        times: (G,) increasing, between 0 and 2, both excluded; None takes 37.
    """
    noise = Slider("noise", np.geomspace(0.25, 4, 9) if noises is None else noises)
    time = Slider("time", np.round(np.linspace(0.1, 1.9, 37), 2) if times is None else times)
    x = np.linspace(-2.0, 2.0, 81)
    problems = [Targets(noise=float(nu), end_time=END) for nu in noise.values]

    def frames(function: Callable[[Targets, float], np.ndarray | float]) -> np.ndarray:
        return np.array([[function(problem, float(t)) for t in time.values] for problem in problems])

    cost = frames(lambda problem, t: problem.cost_to_go(x, t))
    control = frames(lambda problem, t: problem.control(x, t))
    cloud = frames(lambda problem, t: _cloud(problem, x, t))
    settled = frames(lambda problem, t: float(decided(problem.noise, t)))
    left = noise.values[:, None] * (END - time.values)
    slope = {"limits": (-4.0, 4.0), "x": x, "x_label": "x"}
    still = Targets(end_time=END)
    return Explorer(
        [noise, time],
        [
            [
                Lines(
                    "Cost-to-go J, from its lowest point",
                    {"J": cost - cost.min(axis=-1, keepdims=True)},
                    x=x,
                    x_label="x",
                    limits=(0.0, 1.0),
                ),
                Lines("Optimal control u*", {"u*": control}, **slope),
            ],
            [
                Lines("Where the controlled paths are", {"density": cloud}, x=x, x_label="x", limits=(0.0, 1.25)),
                Lines("Share of paths already on their final side", {"decided": settled}, along=1, limits=(0.5, 1.0)),
            ],
        ],
        np.array(
            [
                [
                    f"With noise {noise.labels[i]} at time {time.labels[j]}, noise × time left is "
                    f"{readable(left[i, j])}: {_middle(left[i, j])} {readable(100 * settled[i, j], 2)} percent of "
                    "the paths are on the side where they will end."
                    for j in range(time.values.size)
                ]
                for i in range(noise.values.size)
            ]
        ),
        name="Delayed choice",
        picture=lambda: lines(
            x,
            {f"time {t}": still.cost_to_go(x, t) - still.cost_to_go(x, t).min() for t in (0.2, 0.6, 1.0, 1.4)},
            title="With noise 1, one valley until time 1, then a hill between two valleys",
            x_label="x",
            y_label="cost-to-go, from its lowest point",
            alt="Four curves over x: one bowl at time 0.2 and 0.6, flat at time 1, two bowls and a hill at time 1.4.",
        ),
    )


def explore_slits(noises: ArrayLike | None = None) -> Explorer:
    """Show J(x, t) and u*(x, t) before Kappen's double slit, and how many passive paths it takes to see it.

    Args:
        noises: (F,) increasing and positive; None takes 17 from 1/4 to 64.
    """
    values = np.geomspace(0.25, 64, 17) if noises is None else np.asarray(noises, dtype=np.float64)
    slider = Slider("noise", values, start=int(np.abs(values - 1).argmin()))  # 1 is Kappen's
    problems = [Slits(noise=float(nu)) for nu in slider.values]
    x, t = np.linspace(10.0, -10.0, 31), np.arange(50) / 50
    cost = np.array([[problem.cost_to_go(x, s) for s in t] for problem in problems]).swapaxes(1, 2)
    control = np.array([[problem.control(x, s) for s in t] for problem in problems]).swapaxes(1, 2)
    needed = np.array([1 / float(problem.effective_share(0.0, 0.0)) for problem in problems])
    middle = np.array([float(problem.cost_to_go(0.0, 0.0)) for problem in problems])
    cost -= cost.min(axis=1, keepdims=True)  # at each moment by itself
    places = [readable(place, 2) for place in x]
    axes = {"x_label": "time (fiftieths; the wall is at 50)", "y_label": "x", "row_names": places}
    chosen = [0, len(problems) // 2, len(problems) - 1]
    return Explorer(
        [slider],
        [
            [
                HeatMap("Cost-to-go J(x, t) above its lowest at t", cost, limits=(0.0, 6.0), **axes),
                HeatMap("Control u*(x, t): red is up", control, limits=(-10.0, 10.0), colours="RdBu_r", **axes),
            ],
            [
                Lines("J at x = 0, t = 0", {"J": middle}),
                Lines("Uncontrolled paths for one that counts", {"paths": needed}, logarithmic=True),
            ],
        ],
        [
            f"With noise {label} the temperature R ν is {readable(problem.temperature, 2)}. From x = 0 the cost-to-go "
            f"is {readable(j)}, and it takes about {readable(n, 2)} uncontrolled paths to have one that counts."
            for label, problem, j, n in zip(slider.labels, problems, middle, needed, strict=True)
        ],
        name="Two slits",
        picture=lambda: heat_maps(
            cost[chosen],
            [f"noise {slider.labels[f]}" for f in chosen],
            title="Far from the wall, noise fills in the hill between the slits",
            x_label="time (fiftieths)",
            y_label="x, from 10 down to −10",
            label="J above its lowest",
            alt="Maps of the cost over position and time: two valleys lead to the slits, and noise flattens them.",
            limits=(0.0, 6.0),
        ),
    )


def decided(noise: ArrayLike, time: ArrayLike) -> np.ndarray:
    """Return the share of controlled paths from 0 that at ``time`` are on the side of the target they will meet.

    Optimally controlled paths are passive ones, conditioned on their end: two bundles of Brownian bridges.
    """
    time = np.asarray(time, dtype=np.float64)
    return np.asarray(norm.cdf((time / END) / np.sqrt(noise * time * (END - time) / END)))


def _cloud(problem: Targets, x: np.ndarray, t: float) -> np.ndarray:
    """Density of the controlled paths from 0, over x."""
    spread = np.sqrt(problem.noise * t * (END - t) / END)
    return np.mean([norm.pdf(x, point * t / END, spread) for point in problem.points], axis=0)


def _middle(left: float) -> str:
    """What the control does at x = 0."""
    if abs(left - 1) < 1e-9:
        return "the middle is neither valley nor hill."
    if left > 1:
        return "the middle is a valley, the control waits."
    return "the middle is a hill, the control takes sides."
