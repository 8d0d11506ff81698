"""What does it do when it counts? The action that a Gaussian policy is evaluated with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """One joint and several; means near zero, where tanh does nothing, and far from it."""
    for n in (1, 1, 1, 2, 2, 3, 3, 4, 5, 7):
        yield Case(
            n,
            {
                "mean": generator.integers(-20, 21, size=n) / 10,
                "log_std": generator.integers(-20, 3, size=n) / 10,
                "noise": generator.integers(-15, 16, size=n) / 10 + 0.05,
            },
        )


def reference(mean, log_std, noise):
    """The package's mode of the squashed Gaussian."""
    import torch

    from softopt.deep import SquashedGaussian

    mean, log_std = torch.as_tensor(mean), torch.as_tensor(log_std)
    return SquashedGaussian(mean, log_std.exp()).mode.numpy()


@misconception("with the training noise on")
def noisy(mean, log_std, noise):
    """This draws an action, as in training. The noise is there to explore, and an evaluation with it measures how well
    the robot does *while it explores*: a brick that must come down within 4 mm will not. Leave the noise out."""
    return np.tanh(mean + np.exp(log_std) * noise)


@misconception("noise added after the squashing")
def added_after(mean, log_std, noise):
    """There is noise on top of the squashed mean: that is how DDPG explores. Here nothing is to be explored."""
    return np.tanh(mean) + np.exp(log_std) * noise


@misconception("not squashed")
def unsquashed(mean, log_std, noise):
    """This is the mean of the Gaussian *before* it is squashed. A mean of 2 would be an action of 2, and actions end at
    1. Which function does the policy send its draws through?"""
    return np.array(mean)


@misconception("cut off instead of squashed")
def clipped(mean, log_std, noise):
    """The mean was cut off at −1 and 1. The policy bends it there smoothly, and in between too: a mean of 1 is an
    action of 0.76, as it was all through training."""
    return np.clip(mean, -1, 1)


@misconception("the average of many draws")
def averaged(mean, log_std, noise):
    """This is the mean of the squashed draws, which is nearer to zero than the squashed mean: where the policy is
    unsure, every action is made smaller. (It is a sensible idea; it is not what is done, and not what was asked.)"""
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    draws = np.tanh(mean[:, None] + np.exp(log_std)[:, None] * points)
    return draws @ weights / weights.sum()


@misconception("the logarithm taken for the deviation")
def log_as_std(mean, log_std, noise):
    """There is noise in it, and its size is the *logarithm* of the deviation. No noise belongs here at all."""
    return np.tanh(mean + log_std * noise)


@misconception("a corner", lambda mean, log_std, noise: np.where(mean >= 0, 1.0, -1.0))
def corners(mean, log_std, noise):
    """Only the sign of the mean is left: full strength one way or the other. The mean says how much, too."""
    return np.sign(mean)


exercise = Exercise(
    name="best_action",
    title="the action that counts",
    statement="""
        In training, a policy of soft actor-critic draws a number for each of A joints from a Gaussian with `mean` and
        standard deviation `exp(log_std)`, and sends it through tanh, so that the action lies between −1 and 1. `noise`
        are the standard normal numbers that it would use, all of shape (A,).

        Write `my_best_action(mean, log_std, noise)`: the action, shape (A,), with which the course *evaluates* that
        policy. Not every argument is needed.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """What is the noise for, while the policy learns? Does that remain when nothing is learned any more?""",
        """Follow what happens to a draw on its way from the Gaussian to an action, and then set its noise to zero.""",
    ),
    minutes=3,
    difficulty=1,
    points=1,
    misconceptions=(noisy, added_after, unsquashed, clipped, averaged, log_as_std, corners),
)
