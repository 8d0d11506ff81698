"""Mean and variance of everything seen so far, and the same numbers brought to mean 0 and variance 1."""

from __future__ import annotations

import torch
from torch import Tensor, nn

TINY = 1e-8  # what never changed has no deviation to divide by


class RunningNormaliser(nn.Module):
    """Normalises vectors by the mean and the standard deviation of all that it was shown.

    A module without parameters, so that its numbers travel with the networks into a checkpoint. Shown nothing yet, it
    changes nothing.

    Args:
        size: length O of a vector.
        limit: normalised entries are cut off at so many standard deviations.

    Attributes:
        mean, variance: (O,) float64; the variance is that of the population, divided by the count.
        count: how many vectors have been shown.
    """

    def __init__(self, size: int, limit: float = 10.0) -> None:
        super().__init__()
        self.limit = limit
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("variance", torch.ones(size, dtype=torch.float64))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))

    @torch.no_grad()
    def show(self, batch: Tensor) -> None:
        """Take in (B, O) vectors; in one batch or in many, the result is the same up to round-off.

        Source:
            Chan, Golub and LeVeque (1979): sums of squares of two samples, joined about their common mean.
        """
        batch = batch.double()
        shown, total = len(batch), self.count + len(batch)
        apart = batch.mean(0) - self.mean
        squares = self.variance * self.count + batch.var(0, correction=0) * shown
        self.variance.copy_((squares + apart.square() * self.count * shown / total) / total)
        self.mean += apart * (shown / total)
        self.count.copy_(total)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (..., O) float32."""
        return ((x - self.mean) / (self.variance + TINY).sqrt()).float().clamp(-self.limit, self.limit)


class RewardScale(nn.Module):
    """The standard deviation of the discounted return, by which rewards are divided so that a value is near 1.

    Nothing is subtracted: that would pay, or fine, for staying alive.

    Source:
        Engstrom et al. (2020), arXiv 2005.12729, section 3.
    """

    def __init__(self) -> None:
        super().__init__()
        self.returns = RunningNormaliser(1)
        self.register_buffer("running", torch.zeros((), dtype=torch.float64))

    @torch.no_grad()
    def show(self, reward: Tensor, over: Tensor, discount: float) -> float:
        """Take in the (T,) rewards of a rollout, and return the scale.

        Args:
            reward: in the order in which they came.
            over: not zero where an episode ended with this step, for whatever reason.
            discount: gamma.
        """
        running, seen = float(self.running), []
        for r, ends in zip(reward.tolist(), over.tolist(), strict=True):
            running = discount * running + r  # of the rewards so far, the latest counting in full
            seen.append(running)
            running = 0.0 if ends else running
        self.running.fill_(running)
        self.returns.show(torch.tensor(seen)[:, None])
        return float((self.returns.variance + TINY).sqrt())
