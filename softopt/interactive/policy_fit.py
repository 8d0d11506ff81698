"""A squashed Gaussian fitted to exp(Q / T) over one action: the policy's step of soft actor-critic, exactly.

The package's policy step is the same loss with draws in place of an integral. Over a single action the integral can
be done, so what is left on the way, and at its end, is no noise: it is what a Gaussian cannot be.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from softopt.deep.squashed_gaussian import log_slope
from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure, lines

Array = NDArray[np.float64]
Q = Callable[[Array], Array]
ACTIONS = np.linspace(-0.9995, 0.9995, 801)
FIT, AIM = "policy π", "exp(Q / T) / Z"
TALLEST = 4.0  # of a density that is drawn; what is higher is cut off at the edge
LEAST = 1e-4  # nats; less than the quadrature can tell


@dataclass(frozen=True, eq=False)
class PolicyFit:
    """A fit at G temperatures, step by step.

    Attributes:
        temperatures: (G,).
        steps: (F,) numbers of gradient steps, 0 first.
        mean, log_std: (F, G) of the Gaussian before tanh.
        kl: (F, G) KL(π || exp(Q / T) / Z), in nats.
        aim: (G, X) the density exp(Q / T) / Z at ``ACTIONS``.
    """

    temperatures: Array
    steps: NDArray[np.int64]
    mean: Array
    log_std: Array
    kl: Array
    aim: Array

    @property
    def density(self) -> Array:
        """(F, G, X) of the policy at ``ACTIONS``."""
        before = np.arctanh(ACTIONS)
        noise = (before - self.mean[..., None]) / np.exp(self.log_std[..., None])
        log_gaussian = -0.5 * noise**2 - self.log_std[..., None] - 0.5 * math.log(2 * math.pi)
        return np.exp(log_gaussian) / (1 - ACTIONS**2)


def fit_policy(
    q: Q, temperatures: ArrayLike, steps: ArrayLike, *, start: tuple[float, float] = (0.0, 0.0)
) -> PolicyFit:
    """Lower E[T log π(a) - Q(a)] by gradient steps (Adam, 0.03), the expectation by quadrature.

    Args:
        q: actions in [-1, 1] -> Q, in reward units; called with NumPy arrays, once.
        temperatures: (G,) increasing and positive.
        steps: (F,) increasing numbers of steps to keep.
        start: mean and log standard deviation before the first step.
    """
    temperatures, steps = np.asarray(temperatures, dtype=float), np.asarray(steps, dtype=int)
    fine = np.linspace(-1, 1, 20_001)
    table = torch.as_tensor(np.asarray(q(fine), dtype=float))
    T = torch.as_tensor(temperatures)[:, None]
    z, weight = (torch.as_tensor(part) for part in np.polynomial.hermite_e.hermegauss(101))
    weight = weight / weight.sum()
    parameters = torch.tensor(start, dtype=torch.float64).repeat(len(temperatures), 1).requires_grad_()
    optimiser = torch.optim.Adam([parameters], lr=0.03)
    exact = np.exp((table.numpy() - table.numpy().max()) / temperatures[:, None])
    mass = np.trapezoid(exact, fine)
    log_z = np.log(mass) + table.numpy().max() / temperatures
    kept: list[tuple[Array, Array]] = []
    for number in range(int(steps[-1]) + 1):
        mean, log_std = parameters[:, :1], parameters[:, 1:]
        before = mean + log_std.exp() * z
        log_prob = -0.5 * z**2 - log_std - 0.5 * math.log(2 * math.pi) - log_slope(before)
        loss = (weight * (T * log_prob - _between(table, torch.tanh(before)))).sum(1)  # 2018b, eq. 7
        if number in steps:
            kept.append((parameters.detach().numpy().copy(), loss.detach().numpy() / temperatures + log_z))
        optimiser.zero_grad()
        loss.sum().backward()
        optimiser.step()
    found = np.array([numbers for numbers, _ in kept])
    aim = np.array([np.interp(ACTIONS, fine, row) for row in exact / mass[:, None]])
    return PolicyFit(temperatures, steps, found[..., 0], found[..., 1], np.array([kl for _, kl in kept]), aim)


def explore_policy_fit(fit: PolicyFit, start: int | None = None) -> Explorer:
    """Show the policy and its aim over the action, and the KL divergence between them, step by step.

    Args:
        fit: from :func:`fit_policy`.
        start: index of the temperature that is shown first; the middle one unless given.
    """
    step = Slider("update step", fit.steps, labels=[str(number) for number in fit.steps], start=0)
    temperature = Slider("temperature", fit.temperatures, start=start)
    density, frames = fit.density, fit.kl.shape
    mean, width = np.tanh(fit.mean), np.exp(fit.log_std)
    return Explorer(
        [step, temperature],
        [
            [
                Lines(
                    "Density over the action",
                    {FIT: density, AIM: np.broadcast_to(fit.aim, (*frames, ACTIONS.size))},
                    x=ACTIONS,
                    x_label="action a",
                    limits=(0.0, min(TALLEST, float(density.max()))),
                ),
                Lines("KL(π ‖ exp(Q / T) / Z), nats", {"KL": np.maximum(fit.kl, LEAST)}, along=0, logarithmic=True),
            ]
        ],
        [
            [
                f"After {step.labels[f]} steps at temperature {temperature.labels[g]} the policy is "
                f"{readable(max(fit.kl[f, g], 0), 2)} nats away from exp(Q / T) / Z; its mean action is "
                f"{_two_places(mean[f, g])}, its width before tanh {_two_places(width[f, g])}."
                for g in range(frames[1])
            ]
            for f in range(frames[0])
        ],
        name="Fitting a policy to exp(Q / T)",
        picture=lambda: fit_figure(fit, temperature.start),
    )


def fit_figure(fit: PolicyFit, temperature: int) -> DescribedFigure:
    """The policy at the start, half way and at the end, beside its aim, at one temperature."""
    shown = [0, len(fit.steps) // 2, len(fit.steps) - 1]
    curves = {
        f"π after {fit.steps[f]} steps, KL {readable(max(fit.kl[f, temperature], 0), 2)}": density
        for f, density in zip(shown, fit.density[shown, temperature], strict=True)
    }
    first, last = fit.kl[0, temperature], fit.kl[-1, temperature]
    return lines(
        ACTIONS,
        {**curves, AIM: fit.aim[temperature]},
        title="Each step brings the policy nearer to exp(Q / T) / Z",
        x_label="action a",
        y_label="density",
        alt=f"Densities over one action: the policy closes in on exp(Q / T) / Z, from {first:.2f} to {last:.2f} nats.",
    )


def _two_places(number: float) -> str:
    return f"{round(float(number), 2) + 0.0:.2f}".replace("-", "−")


def _between(table: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
    """Read a table over [-1, 1] between its entries, differentiably."""
    place = (action + 1) / 2 * (len(table) - 1)
    low = place.detach().floor().clamp(0, len(table) - 2).long()
    share = place - low
    return table[low] * (1 - share) + table[low + 1] * share
