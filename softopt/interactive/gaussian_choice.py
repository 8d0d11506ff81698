"""Why a Gaussian must choose: fits to a density with two peaks, by the divergence of SAC and by the other one.

The action is one real number a, before any squashing, and the aim is p = exp(Q / T) / Z. What SAC lowers is
KL(π || p), in which the policy is fined for being where p is not: it sits on one peak, and its start says on which.
KL(p || π) fines it for not being where p is: it covers both, and the valley with them. Its minimum has p's mean and p's
variance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure, lines

Array = NDArray[np.float64]
Q = Callable[[Array, Array], Array]
LINE = np.linspace(-3.0, 3.0, 2401)  # of the integrals over p
MIDDLE = LINE.size // 2  # where a = 0, between the peaks
VALLEY = slice(1000, 1401)  # from -0.5 to 0.5
DRAWN = slice(300, 2101, 6)  # part of the line that is drawn
TALLEST, MOST = 4.0, 4.0  # of a density and of a divergence that are drawn; what is higher is cut off at the edge
FITS = ("started left", "started right", "moment matched")
LEFT, RIGHT, MATCHED = range(3)
AIM = "p = exp(Q / T) / Z"
SAME = 1e-4  # of mean and log width, below which two fits are one
Z, WEIGHT = np.polynomial.hermite_e.hermegauss(101)
WEIGHT = WEIGHT / WEIGHT.sum()
LOG_2_PI = float(np.log(2 * np.pi))


def double_well(action: Array, lead: Array) -> Array:
    """Q = -(a² - 1)² + lead a / 2: two peaks near -1 and 1, the right one higher by ``lead``, a valley of depth 1."""
    return -((action**2 - 1) ** 2) + lead * action / 2


@dataclass(frozen=True, eq=False)
class GaussianChoice:
    """Gaussians fitted to p at F leads of the right peak and G temperatures; fits in the order of ``FITS``.

    Attributes:
        leads, temperatures: (F,) and (G,).
        mean, width: (3, F, G) of the Gaussians.
        reverse: (3, F, G) KL(π || p), which SAC lowers, in nats.
        forward: (3, F, G) KL(p || π) in nats.
        aim: (F, G, X) the density p on ``LINE``.
        right: (F, G) probability of p on the right of 0.
    """

    leads: Array
    temperatures: Array
    mean: Array
    width: Array
    reverse: Array
    forward: Array
    aim: Array
    right: Array

    @property
    def density(self) -> Array:
        """(3, F, G, X) of the Gaussians on ``LINE``."""
        z = (LINE - self.mean[..., None]) / self.width[..., None]
        return np.exp(-(z**2 + LOG_2_PI) / 2) / self.width[..., None]

    @property
    def one(self) -> NDArray[np.bool_]:
        """(F, G): both starts end at the same Gaussian."""
        apart = np.abs(np.diff([self.mean[:2], np.log(self.width[:2])], axis=1)).max(axis=(0, 1))
        return apart < SAME


def fit_gaussians(leads: ArrayLike, temperatures: ArrayLike, q: Q = double_well) -> GaussianChoice:
    """Fit a Gaussian to exp(Q / T) / Z by both divergences, by quadrature.

    Args:
        leads: (F,) increasing: how much higher the right peak is, in reward units.
        temperatures: (G,) increasing and positive.
        q: (actions, lead) -> Q, on the whole line, with a peak on each side of 0 and negligible exp(Q / T) beyond
            -3 and 3.
    """
    leads, T = np.asarray(leads, dtype=float), np.asarray(temperatures, dtype=float)
    lead, t = leads[:, None, None], T[:, None]
    log_p = q(LINE, lead) / t
    top = log_p.max(axis=-1, keepdims=True)
    log_z = top[..., 0] + np.log(np.trapezoid(np.exp(log_p - top), LINE))
    log_p = log_p - log_z[..., None]
    p = np.exp(log_p)
    centre = np.trapezoid(p * LINE, LINE)
    variance = np.trapezoid(p * LINE**2, LINE) - centre**2
    sides = np.broadcast_to(np.array([-1.0, 1.0])[:, None, None], (2, *centre.shape))
    found = descend(lambda a: q(a, lead) / t, (sides, np.full(sides.shape, np.log(0.2))))
    centre = np.where(np.abs(centre) < 1e-12, 0.0, centre)  # round-off is no place
    mean, log_width = (
        np.concatenate([fit, [matched]]) for fit, matched in zip(found, (centre, np.log(variance) / 2), strict=True)
    )
    spread = np.exp(log_width)
    expected = q(mean[..., None] + spread[..., None] * Z, lead) @ WEIGHT / T
    reverse = log_z - expected - log_width - (LOG_2_PI + 1) / 2
    moment = (variance + (centre - mean) ** 2) / spread**2
    forward = np.trapezoid(p * log_p, LINE) + log_width + (LOG_2_PI + moment) / 2
    right = np.trapezoid(p[..., MIDDLE:], LINE[MIDDLE:])
    return GaussianChoice(leads, T, mean, spread, reverse, forward, p, right)


def explore_gaussian_choice(choice: GaussianChoice) -> Explorer:
    """Show the three fits beside p, both divergences of each, and how they change with lead and temperature.

    Args:
        choice: from :func:`fit_gaussians`.
    """
    lead, temperature = Slider("lead of the right peak", choice.leads), Slider("temperature", choice.temperatures)
    F, T = choice.leads, choice.temperatures
    return Explorer(
        [lead, temperature],
        [
            [
                Lines(
                    "Densities over the action",
                    {**_named(choice.density[..., DRAWN]), AIM: choice.aim[..., DRAWN]},
                    x=LINE[DRAWN],
                    x_label="action a, before any squashing",
                    limits=(0.0, TALLEST),
                ),
                Bars(
                    "Divergences (nats)",
                    FITS,
                    {"KL(π ‖ p)": np.moveaxis(choice.reverse, 0, -1), "KL(p ‖ π)": np.moveaxis(choice.forward, 0, -1)},
                    limits={"KL(π ‖ p)": (0.0, MOST), "KL(p ‖ π)": (0.0, 5 * MOST)},
                ),
            ],
            [
                Lines("KL(π ‖ p), which SAC lowers (nats)", _named(choice.reverse), limits=(0.0, MOST)),
                Lines("Mean of the fit", _named(choice.mean), along=1),
            ],
        ],
        [[_finding(choice, f, g, lead, temperature) for g in range(T.size)] for f in range(F.size)],
        name="A Gaussian must choose",
        picture=lambda: choice_figure(choice, lead, temperature),
    )


def choice_figure(choice: GaussianChoice, lead: Slider, temperature: Slider) -> DescribedFigure:
    """Still version: p and the three fits where the sliders stand at first."""
    f, g = lead.start, temperature.start
    return lines(
        LINE[DRAWN],
        {**_named(choice.density[:, f, g, DRAWN]), AIM: choice.aim[f, g, DRAWN]},
        title="Two starts end alike" if choice.one[f, g] else "Two starts end apart; matched moments fill the valley",
        x_label="action a, before any squashing",
        y_label="density",
        alt=_finding(choice, f, g, lead, temperature),
    )


def _finding(choice: GaussianChoice, f: int, g: int, lead: Slider, temperature: Slider) -> str:
    """Where the two starts end, which end is nearer to p, and what covering both puts into the valley."""
    left, right = choice.reverse[:2, f, g]
    places, gap = [_two_places(mean) for mean in choice.mean[:, f, g]], readable(abs(left - right), 2)
    if choice.one[f, g]:
        ends = f"both starts end at {places[LEFT]}, {readable(left, 2)} nats from p"
    else:
        worse, better = (LEFT, RIGHT) if right < left + 1e-9 else (RIGHT, LEFT)
        near = f"{gap} nats nearer to p" if abs(left - right) > 5e-4 else "equally near to p"
        ends = f"the fit {FITS[worse]} ends at {places[worse]}, the one {FITS[better]} at {places[better]}, {near}"
    own, aim = (np.trapezoid(d[VALLEY], LINE[VALLEY]) for d in (choice.density[MATCHED, f, g], choice.aim[f, g]))
    return (
        f"At lead {_two_places(lead.values[f])} and temperature {temperature.labels[g]} {ends}. Matched moments put "
        f"{round(100 * own)} percent between −0.5 and 0.5, where p has {round(100 * aim)}."
    )


def _named(numbers: Array) -> dict[str, Array]:
    """The three fits as three curves."""
    return dict(zip(FITS, numbers, strict=True))


def _two_places(number: float) -> str:
    return f"{round(float(number), 2) + 0.0:.2f}".replace("-", "−")


def descend(log_p: Callable[[Array], Array], start: tuple[Array, Array]) -> tuple[Array, Array]:
    """Lower KL(π || p) from a start to the local minimum whose valley it is in, many problems at once.

    Newton's method with short steps. The derivatives of E[log p(m + s z)] need no slope of log p: they are
    expectations of log p times Hermite polynomials in z.

    Args:
        log_p: actions (..., Z) -> log p up to a constant.
        start: mean and log width, both (...).

    Returns:
        Mean and log width of the minima.
    """
    mean, log_width = (np.array(part, dtype=float) for part in start)
    for _ in range(300):
        s = np.exp(log_width)
        values = log_p(mean[..., None] + s[..., None] * Z)
        first, second, third, fourth = (
            values @ (WEIGHT * polynomial) for polynomial in (Z, Z**2 - 1, Z**3 - 3 * Z, Z**4 - 4 * Z**2 + 1)
        )
        slope = -np.stack([first / s, second + 1], axis=-1)
        curvature = -np.stack([second / s**2, third / s, third / s, fourth], axis=-1).reshape(*s.shape, 2, 2)
        size, axes = np.linalg.eigh(curvature)
        # Downhill along both axes, whatever the sign of the curvature there, and never further than 0.05.
        along = np.einsum("...ik,...i->...k", axes, slope) / np.maximum(np.abs(size), 1e-9)
        move = -np.einsum("...ik,...k->...i", axes, along)
        move /= np.maximum(1, np.linalg.norm(move, axis=-1, keepdims=True) / 0.05)
        mean, log_width = mean + move[..., 0], log_width + move[..., 1]
        if np.abs(move).max() < 1e-12:
            break
    return mean, log_width
