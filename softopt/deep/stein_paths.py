"""Paths of Stein particles over an energy with several peaks, the repulsion weighted from nothing to all of it.

Scaling the repulsive part of the direction by a weight w is the same, up to the pace, as following the slope of
Q / (w T): the weight is a temperature. At 1 the particles spread as exp(Q / T) does; at 0 they climb to the peaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from softopt.deep.stein import stein_direction

Array = NDArray[np.float64]
NEAR = 2.5  # widths of a peak within which a particle counts as its own


@dataclass(frozen=True, eq=False)
class Peaks:
    """An energy over two actions: Q / T = log of the sum of weight exp(-|a - centre|² / 2 width²), K peaks.

    It has no walls, its exact draws are easy, and its normaliser is known, which the particles are not told.

    Attributes:
        centres: (K, 2).
        weights: (K,) probability on each peak, summing to one.
        width: standard deviation of each peak.
    """

    centres: Array
    weights: Array
    width: float

    def log_density(self, actions: Array) -> Array:
        """Q / T at (..., 2) actions, without its normaliser."""
        away = np.square(np.asarray(actions)[..., None, :] - self.centres).sum(-1)
        return np.logaddexp.reduce(np.log(self.weights) - away / (2 * self.width**2), axis=-1)

    def score(self, actions: torch.Tensor) -> torch.Tensor:
        """Slope of Q / T at (..., 2) actions."""
        away = actions.unsqueeze(-2) - torch.as_tensor(self.centres)
        log_part = torch.as_tensor(np.log(self.weights)) - away.square().sum(-1) / (2 * self.width**2)
        return -(torch.softmax(log_part, -1).unsqueeze(-1) * away).sum(-2) / self.width**2

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """(count, 2) exact draws."""
        chosen = rng.choice(len(self.weights), count, p=self.weights)
        return self.centres[chosen] + self.width * rng.normal(size=(count, 2))

    def nearest(self, actions: Array) -> tuple[NDArray[np.int64], Array]:
        """Index of the nearest peak of (..., 2) actions, and the distance from its centre."""
        apart = np.linalg.norm(np.asarray(actions)[..., None, :] - self.centres, axis=-1)
        return apart.argmin(-1), apart.min(-1)


FOUR_PEAKS = Peaks(np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]), np.array([0.4, 0.3, 0.2, 0.1]), 0.3)


@dataclass(frozen=True, eq=False)
class SteinPaths:
    """Paths of N particles at G weights of the repulsion, all from the same start.

    Attributes:
        peaks: the energy.
        steps: (F,) numbers of steps, 0 first.
        weights: (G,) of the repulsion.
        particles: (F, G, N, 2).
    """

    peaks: Peaks
    steps: NDArray[np.int64]
    weights: Array
    particles: Array

    @cached_property
    def held(self) -> Array:
        """(F, G, K) share of the particles that are near each peak."""
        which, apart = self.peaks.nearest(self.particles)
        near = apart < NEAR * self.peaks.width
        return np.stack([np.mean(near & (which == k), axis=-1) for k in range(len(self.peaks.weights))], axis=-1)

    @cached_property
    def apart(self) -> Array:
        """(F, G) mean distance to the nearest other particle."""
        return nearest_neighbour(self.particles)

    @cached_property
    def exact_apart(self) -> Array:
        """(F, G) the same of as many exact draws, on average: one number, repeated."""
        rng, count = np.random.default_rng(0), self.particles.shape[-2]
        exact = np.mean([nearest_neighbour(self.peaks.draw(count, rng)) for _ in range(200)])
        return np.full(self.particles.shape[:2], exact)

    @cached_property
    def spread(self) -> Array:
        """(F, G) root mean square distance from the nearest peak, over that of exact draws."""
        exact = self.peaks.nearest(self.peaks.draw(20_000, np.random.default_rng(0)))[1]
        return np.sqrt(np.square(self.peaks.nearest(self.particles)[1]).mean(-1) / np.square(exact).mean())


def stein_paths(
    peaks: Peaks = FOUR_PEAKS,
    steps: ArrayLike | None = None,
    weights: ArrayLike = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
    *,
    n_particles: int = 60,
    rate: float = 0.15,
    start: tuple[float, float] = (0.0, 0.0),
    spread: float = 0.6,
    seed: int = 0,
) -> SteinPaths:
    """Move particles along the Stein direction, its repulsive part weighted.

    Args:
        peaks: the energy, whose slope is all that is used of it.
        steps: (F,) increasing numbers of steps to keep; None takes 0 and some up to 400.
        weights: (G,) of the repulsion, increasing; 1 is the Stein direction itself.
        n_particles: N.
        rate: length of a step along the direction.
        start, spread: centre and standard deviation of the Gaussian from which the particles start.
        seed: of the start.
    """
    kept = np.unique([0, *np.geomspace(1, 400, 32).round()] if steps is None else steps).astype(int)
    weight = torch.tensor(np.asarray(weights, dtype=float))[:, None, None]
    begin = start + spread * np.random.default_rng(seed).normal(size=(n_particles, 2))
    particles = torch.as_tensor(begin).expand(len(weight), n_particles, 2).clone()
    frames = []
    for step in range(int(kept[-1]) + 1):
        if step in kept:
            frames.append(particles.numpy().copy())
        direction, repulsion = stein_direction(particles, peaks.score(particles), particles)
        particles = particles + rate * (direction - (1 - weight) * repulsion)
    return SteinPaths(peaks, kept, weight.flatten().numpy(), np.array(frames))


def nearest_neighbour(points: Array) -> Array:
    """Mean distance of (..., N, 2) points to the nearest other one, (...)."""
    apart = np.linalg.norm(points[..., None, :] - points[..., None, :, :], axis=-1)
    return (apart + np.diag(np.full(points.shape[-2], np.inf))).min(-1).mean(-1)
