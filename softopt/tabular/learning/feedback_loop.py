"""The feedback loop of a peak: what is taller is pulled more, and what is pulled more grows (2:38 in the lecture).

The smallest example that has it. Two arms stand for two passages. Each pull of an arm gets a little further along its
passage; after ``m`` of progress the arm looks worth ``f(m)``, the same function for both as far as anybody can see.
The agent draws an arm in proportion to ``exp(value / T)``, and at T = 0 takes the larger value.

What is exact, where every pull makes a progress of 1 and both arms have the same f with values from f(0) to f(inf)::

    conserved     G(n) = sum of exp(-f(i) / T) over i < n;  G(n0) - G(n1) is a martingale: no drift at any T
    head start    one pull ahead at the start becomes, on average, exp((f(inf) - f(0)) / T) pulls ahead, and no more
    monopoly      from some pull on only one arm is drawn, with probability 1, if the sum of exp(-f(i) / T) over all i
                  is finite; if it is infinite, with probability 0 (Rubin's theorem, in Davis 1990)

So a lead grows at every temperature, from the first pull on. Where values end at some height, a soft agent's lead
ends too, and both arms are drawn for ever; where they grow without end, by a constant a pull, a soft agent commits
like a hard one. With f(n) = c log(1 + n) the border is T = c, which is Pólya's urn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from softopt.operators import Array, check_temperature

Worth: TypeAlias = Callable[[Array], Array]  # progress -> value, elementwise and never falling


def passage(end: float = 1.0, scale: float = 20.0) -> Worth:
    """Value of an arm, ``1 - exp(-progress / scale)``, until it stops at ``end``: below 1 it is a dead end.

    Args:
        end: height at which the value stops, in (0, 1], in reward units.
        scale: progress after which 63 percent of the way up is done, in pulls.

    Raises:
        ValueError: an end outside (0, 1], or a scale that is not positive.
    """
    if not (0 < end <= 1 and scale > 0):
        raise ValueError(f"a passage ends in (0, 1] and has a positive scale; got end {end}, scale {scale}.")
    return lambda progress: np.minimum(-np.expm1(-np.asarray(progress, dtype=np.float64) / scale), end)


def first_arm_chance(value: Array, temperature: ArrayLike) -> Array:
    """Probability of the first of two arms: :func:`softopt.operators.boltzmann`, at many temperatures at once.

    Args:
        value: (..., 2) finite values.
        temperature: T >= 0, broadcastable to (...); at 0 the larger value is taken, and a tie is a toss of a coin.
    """
    gap = value[..., 0] - value[..., 1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        odds = np.where(gap == 0, 0.0, gap / np.asarray(temperature, dtype=np.float64))
    chance: Array = expit(odds)
    return chance


@dataclass(frozen=True, eq=False)
class Pulls:
    """N runs of P pulls at F temperatures, with the same luck at each temperature.

    Attributes:
        first: (F, N, P) booleans: the first arm was pulled.
        progress: (F, N, P + 1, 2) along both passages, from the start on, in pulls.
        value: (F, N, P + 1, 2) what both arms look worth, in reward units.
    """

    first: NDArray[np.bool_]
    progress: Array
    value: Array

    @property
    def lead(self) -> Array:
        """(F, N, P + 1) how much further the first arm is, in pulls."""
        ahead: Array = self.progress[..., 0] - self.progress[..., 1]
        return ahead


def pull(
    arms: tuple[Worth, Worth],
    temperatures: ArrayLike,
    n_pulls: int,
    *,
    runs: int = 200,
    start: int = 1,
    noise: float = 0.5,
    epsilon: float = 0.0,
    seed: int = 0,
) -> Pulls:
    """Pull two arms, ``n_pulls`` times in each of N runs.

    Args:
        arms: value of each from the progress along it.
        temperatures: (F,) T >= 0, 0 for the hard agent.
        n_pulls: P.
        runs: N.
        start: how often each arm is pulled before the agent chooses; with noise, this makes one of them the taller.
        noise: standard deviation of the progress of one pull, whose mean is 1 (gamma distributed).
        epsilon: share of the pulls that are drawn uniformly, whatever the values.
        seed: of the luck.

    Raises:
        ValueError: a temperature, a number of pulls or runs, a noise or an epsilon out of range.
    """
    T = np.array([check_temperature(t) for t in np.atleast_1d(temperatures)])[:, None]
    if n_pulls < 1 or runs < 1 or start < 0:
        raise ValueError(f"there is at least one pull and one run, and no negative start: {n_pulls}, {runs}, {start}.")
    if noise < 0 or not 0 <= epsilon <= 1:
        raise ValueError(f"noise is at least 0 and epsilon lies in [0, 1]; got {noise} and {epsilon}.")
    rng = np.random.default_rng(seed)

    def steps(*shape: int) -> Array:
        """Progress of pulls: positive, 1 on average."""
        return rng.gamma(noise**-2, noise**2, shape) if noise > 0 else np.ones(shape)

    begin = steps(runs, 2, start).sum(axis=-1)
    # The k-th pull of an arm makes the same progress at every temperature, so that runs differ by choices alone.
    forward, luck = steps(runs, 2, n_pulls), rng.random((runs, n_pulls))
    along = np.concatenate([begin[..., None], begin[..., None] + forward.cumsum(axis=-1)], axis=-1)
    every, count = np.arange(runs), np.zeros((2, T.size, runs), dtype=np.int64)
    progress = np.empty((T.size, runs, n_pulls + 1, 2))
    value = np.empty_like(progress)
    first = np.empty((T.size, runs, n_pulls), dtype=np.bool_)
    for t in range(n_pulls + 1):
        for k in range(2):
            progress[:, :, t, k] = along[every, k, count[k]]
            value[:, :, t, k] = arms[k](progress[:, :, t, k])
        if t < n_pulls:
            chance = (1 - epsilon) * first_arm_chance(value[:, :, t], T) + epsilon / 2
            first[:, :, t] = luck[:, t] < chance
            count += first[:, :, t], ~first[:, :, t]
    return Pulls(first, progress, value)


def law_of_pulls(
    arms: tuple[Worth, Worth], temperature: float, n_pulls: int, *, start: tuple[int, int] = (0, 0)
) -> Array:
    """Exact law of the pulls without noise: row t, column k is the chance that k of t pulls were of the first arm.

    Args:
        start: how often each arm was pulled before.

    Returns:
        (P + 1, P + 1), rows summing to one.
    """
    T = check_temperature(temperature)
    law = np.zeros((n_pulls + 1, n_pulls + 1))
    law[0, 0] = 1.0
    for t in range(n_pulls):
        k = np.arange(t + 1.0)
        chance = first_arm_chance(np.stack([arms[0](start[0] + k), arms[1](start[1] + t - k)], axis=-1), T)
        law[t + 1, 1 : t + 2] = law[t, : t + 1] * chance
        law[t + 1, : t + 1] += law[t, : t + 1] * (1 - chance)
    return law


def growth(worth: Worth, temperature: float, time: ArrayLike, *, start: float = 0.0) -> Array:
    """Factor by which a small lead has grown after ``time`` pulls of two arms alike, ``exp((f(half) - f(0)) / T)``.

    From d' = tanh((f(n0) - f(n1)) / 2T), the drift of the lead d, linearised at d = 0: d' = d f'(time / 2) / 2T. Its
    rate is positive at every temperature, and its sum over all time is ``(f(inf) - f(0)) / T``: finite where f is.

    Args:
        temperature: T > 0.
        time: pulls of both arms together since the start, any shape.
        start: progress of both arms at time 0.

    Raises:
        ValueError: temperature 0, at which the smallest lead takes every pull.
    """
    if check_temperature(temperature) == 0:
        raise ValueError("at temperature 0 the smallest lead takes every pull: there is no factor.")
    with np.errstate(over="ignore"):
        factor: Array = np.exp((worth(start + np.asarray(time) / 2) - worth(np.asarray(start))) / temperature)
    return factor


def typical_lead(worth: Worth, temperature: float, n_pulls: int, *, start: int = 1, noise: float = 0.5) -> Array:
    """Root mean square lead between two arms alike after 0 to P pulls, by the linearised equation with its luck.

    Each pull adds a variance of 1 + noise² to the lead, and what was there grows by :func:`growth`. Good while the
    lead is small beside the number of pulls; cold, it leaves that range after a few. Arguments as for :func:`growth`
    and :func:`pull`.

    Returns:
        (P + 1,) in pulls; infinite where it leaves the range of numbers.
    """
    fine = 4  # steps of the integral for each pull
    factor = growth(worth, temperature, np.arange(n_pulls * fine + 1) / fine, start=start)
    shrunk = factor**-2.0
    inside = np.concatenate([[0.0], np.cumsum((shrunk[1:] + shrunk[:-1]) / 2 / fine)])
    lead: Array = factor * np.sqrt(2 * start * noise**2 + (1 + noise**2) * inside)
    return lead[::fine]
