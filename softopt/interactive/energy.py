"""A Q-function over one action and the policy exp(A / T) that belongs to it, as the temperature moves (2:58)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import find_peaks

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Lines, extremes
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure, lines

Array = NDArray[np.float64]
Q = Callable[[Array], Array]
ACTIONS = np.linspace(-1, 1, 601)  # what is drawn
PANELS, NODES = 2000, 8  # of the Gauss-Legendre rule: it sees peaks down to a width of about 2e-4
TALLEST = 5.0  # of a density that is drawn; what is higher is cut off at the edge
SHALLOW = 1e-6  # share of the range of Q below which a dent is round-off


@dataclass(frozen=True, eq=False)
class EnergyPath:
    """The policy exp((Q - V) / T) over one action in [-1, 1], at F temperatures.

    Attributes:
        temperatures: (F,) in reward units.
        q: (X,) Q at ``ACTIONS``.
        value: (F,) V = T log of the integral of exp(Q / T), in reward units.
        mean_q: (F,) E[Q] under the policy.
        entropy: (F,) differential entropy of the policy in nats; at most log 2, and without a lower bound.
        peaks: (K,) where Q is highest from one valley to the next, from left to right.
        valleys: (K - 1,) the lowest points between them.
        share: (F, K) probability on each peak, that is, between the valleys beside it; rows sum to one.
    """

    temperatures: Array
    q: Array
    value: Array
    mean_q: Array
    entropy: Array
    peaks: Array
    valleys: Array
    share: Array

    @property
    def advantage(self) -> Array:
        """(F, X) of A = Q - V at ``ACTIONS``."""
        return self.q - self.value[:, None]

    @property
    def density(self) -> Array:
        """(F, X) of the policy, exp(A / T), at ``ACTIONS``; it is not normalised again, V has done that."""
        return np.exp(self.advantage / self.temperatures[:, None])


def energy_path(q: Q, temperatures: ArrayLike) -> EnergyPath:
    """Integrate exp(Q / T) over [-1, 1] by quadrature, at each temperature.

    Args:
        q: actions (N,) -> Q (N,), finite and smooth, in reward units; called with NumPy arrays.
        temperatures: (F,) increasing and positive.

    Raises:
        ValueError: a temperature that is not positive and finite, or a Q that is not finite or of another shape.
    """
    T = np.asarray(temperatures, dtype=np.float64)
    if T.ndim != 1 or not (np.isfinite(T) & (T > 0)).all():
        raise ValueError(f"temperatures are positive, finite numbers in one row; got {temperatures!r}.")
    search = np.linspace(-1, 1, 20_001)
    height = _evaluate(q, search)
    places, _ = find_peaks([-np.inf, *height, -np.inf], prominence=SHALLOW * max(float(np.ptp(height)), 1e-300))
    places -= 1
    lowest = np.array([a + height[a:b].argmin() for a, b in pairwise(places)], dtype=int)
    # No panel of the rule reaches over a valley, so that the shares are as exact as the rest.
    ends = np.array([-1, *search[lowest], 1])
    cuts = np.unique(np.concatenate([np.linspace(-1, 1, PANELS + 1), ends]))
    node, weight = np.polynomial.legendre.leggauss(NODES)
    half = np.diff(cuts) / 2
    action = ((cuts[1:] + cuts[:-1]) / 2)[:, None] + half[:, None] * node
    basin = np.searchsorted(search[lowest], action.ravel())
    log_weight = np.log(half[:, None] * weight).ravel()
    values = _evaluate(q, action.ravel())

    top = values.max()
    found: list[tuple[float, float, float]] = []
    share = np.empty((T.size, places.size))
    for f, t in enumerate(T):
        # No exponent is above zero, so nothing overflows however cold it is.
        mass = np.exp((values - top) / t + log_weight)
        total = mass.sum()
        mass /= total
        mean_q = float(mass @ values)
        value = top + t * np.log(total)
        # The mean of log π through Q - top: hot, V is far away and a difference from it would lose digits.
        found.append((value, mean_q, np.log(total) - float(mass @ (values - top)) / t))
        share[f] = np.bincount(basin, mass, places.size)
    value, mean_q, entropy = np.array(found).T
    return EnergyPath(T, _evaluate(q, ACTIONS), value, mean_q, entropy, search[places], search[lowest], share)


def explore_energy(q: Q, temperatures: ArrayLike | None = None, *, start: int | None = None) -> Explorer:
    """Show Q with V as a line, the policy exp((Q - V) / T), each peak's share, and what V is made of.

    Args:
        q: as for :func:`energy_path`.
        temperatures: (F,); None takes 61 from a fiftieth of the range of Q to twice that range.
        start: index of the temperature that is shown first; the middle one unless given.
    """
    if temperatures is None:
        spread = max(float(np.ptp(_evaluate(q, ACTIONS))), 1e-3)
        temperatures = np.geomspace(spread / 50, 2 * spread, 61)
    path = energy_path(q, temperatures)
    slider = Slider("temperature", path.temperatures, start=start)
    frames = slider.values.size
    low, high = extremes(path.q)
    over = {"x": ACTIONS, "x_label": "action a"}
    return Explorer(
        [slider],
        [
            [
                Lines(
                    "Q(a), and V (reward units)",
                    {"Q": np.tile(path.q, (frames, 1)), "V": np.repeat(path.value[:, None], ACTIONS.size, axis=1)},
                    limits=(min(low, max(path.value.min(), low - (high - low))), high + 0.5 * (high - low)),
                    **over,
                ),
                Lines(
                    "π(a) = exp((Q(a) − V) / T)",
                    {"π": path.density},
                    limits=(0.0, min(TALLEST, float(path.density.max()))),
                    **over,
                ),
            ],
            [
                Lines(
                    "Probability on each peak",
                    {f"at a = {_two_places(a)}": path.share[:, k] for k, a in enumerate(path.peaks)},
                    limits=(0.0, 1.0),
                ),
                Lines(
                    "V = E[Q] + T H (reward units)",
                    {"V": path.value, "E[Q]": path.mean_q, "T H": path.temperatures * path.entropy},
                ),
            ],
        ],
        [_finding(path, f, label) for f, label in enumerate(slider.labels)],
        name="A policy in proportion to exp(Q / T)",
        picture=lambda: energy_figure(path),
    )


def energy_figure(path: EnergyPath) -> DescribedFigure:
    """Still version: the policy at a cold, a middle and a hot temperature."""
    last = path.temperatures.size - 1
    shown = sorted({last // 4, last // 2, last})
    labels = [readable(path.temperatures[f], 2) for f in shown]
    return lines(
        ACTIONS,
        {f"temperature {label}": path.density[f] for f, label in zip(shown, labels, strict=True)},
        title="Cold, the policy is on the highest peak; hot, it is wherever there is room",
        x_label="action a",
        y_label="density π(a)",
        alt=" ".join(_finding(path, f, label) for f, label in zip(shown, labels, strict=True)),
    )


def _evaluate(q: Q, actions: Array) -> Array:
    """Q at actions, checked."""
    values = np.asarray(q(actions), dtype=np.float64)
    if values.shape != actions.shape or not np.isfinite(values).all():
        raise ValueError(f"q must return one finite number for each of {actions.size} actions; got {values.shape}.")
    return values


def _finding(path: EnergyPath, frame: int, label: str) -> str:
    """One sentence that is true of one frame."""
    peaks = [
        f"{'≈ 0' if share < 5e-4 else readable(100 * share, 3)} percent at a = {_two_places(a)}"
        for a, share in zip(path.peaks, path.share[frame], strict=True)
    ]
    listed = peaks[0] if len(peaks) == 1 else f"{', '.join(peaks[:-1])} and {peaks[-1]}"
    return (
        f"At temperature {label} the policy has {listed}; V is {readable(path.value[frame])} and the entropy "
        f"{_two_places(path.entropy[frame])} nats."
    )


def _two_places(number: float) -> str:
    return f"{round(float(number), 2) + 0.0:.2f}".replace("-", "−")
