"""How far a particle's kernel reaches: a median of squared distances over a logarithm."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from softopt.deep import stein
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception

SMALLEST = 1e-6


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Two sets of an odd number each, so that a median is one of the distances; a set with itself; a single heap."""
    for n_fixed, n_moved, n_actions in ((3, 1, 1), (3, 1, 2), (1, 3, 2), (3, 3, 1), (3, 3, 2), (5, 3, 1), (3, 5, 2)):
        fixed, moved = (one_decimal(generator.uniform(-2, 2, (n, n_actions))) for n in (n_fixed, n_moved))
        yield _case(fixed, moved)
    for size, n_actions in ((3, 1), (3, 2), (5, 1), (5, 2)):
        particles = one_decimal(generator.permuted(np.linspace(-2, 2, size * n_actions)).reshape(size, n_actions))
        yield _case(particles, particles)
    heap = np.full((3, 1), 0.4)
    yield _case(heap, heap)


def _case(fixed, moved):
    return Case(fixed.size + moved.size, {"fixed": fixed, "moved": moved.copy()})


def reference(fixed, moved):
    """The package's bandwidth of the squared distances."""
    return float(stein.median_bandwidth(torch.as_tensor(_squared(fixed, moved))))


def _squared(fixed, moved):
    return ((moved[:, None] - fixed) ** 2).sum(axis=-1)


def _at_least(bandwidth):
    return max(float(bandwidth), SMALLEST)


def _from(summary):
    """Return a bandwidth whose summary of the squared distances (M, N) is another one."""
    return lambda fixed, moved: _at_least(summary(_squared(fixed, moved)) / np.log(len(fixed) + 1))


def _over(divisor):
    """Return a bandwidth whose median is divided by something else, a function of N and M."""
    return lambda fixed, moved: _at_least(np.median(_squared(fixed, moved)) / divisor(len(fixed), len(moved)))


@misconception("distances that are not squared")
def not_squared(fixed, moved):
    """This is the median of the distances. The exponent of the kernel is a *squared* distance over h, and an exponent
    is a pure number. A test of units: measure the particles in centimetres. Squared distances become 10 000 times as
    large, so h has to, and yours becomes 100 times as large."""
    return _from(lambda squared: np.median(np.sqrt(squared)))(fixed, moved)


@misconception("the mean in place of the median")
def mean(fixed, moved):
    """This is the mean. One particle that has gone astray makes it as large as you like, the kernel reaches everywhere,
    and all particles follow the same average slope. What statistic does not mind a few that are far off?"""
    return _from(np.mean)(fixed, moved)


@misconception(
    "the logarithm is missing", _over(lambda n_fixed, n_moved: n_fixed + 1), _over(lambda n_fixed, n_moved: n_fixed)
)
def logarithm_missing(fixed, moved):
    """The median is not divided by the logarithm of a number of particles. What that logarithm does: at the median
    distance the kernel becomes 1 / (N + 1), so that N neighbours together weigh about as much as a particle itself.
    What does your kernel become there?"""
    return _over(lambda n_fixed, n_moved: 1.0)(fixed, moved)


@misconception("multiplied by the logarithm")
def times_logarithm(fixed, moved):
    """The more particles, the *farther* your kernel reaches. But where there are more, each has neighbours close by,
    and a kernel that reaches over many washes out what their slopes tell. Which way round is the quotient?"""
    return _over(lambda n_fixed, n_moved: 1 / np.log(n_fixed + 1))(fixed, moved)


@misconception("log N")
def log_n(fixed, moved):
    """This is the logarithm of N, as the paper of Liu and Wang has it. With a single fixed particle it is 0, and
    nothing can be divided by it. Their program counts one more, and so does this course: look at what is under the
    logarithm."""
    return _over(lambda n_fixed, n_moved: np.log(n_fixed))(fixed, moved)


@misconception("the wrong particles counted", _over(lambda n_fixed, n_moved: np.log(n_fixed * n_moved + 1)))
def wrong_count(fixed, moved):
    """The number under the logarithm is that of the moved particles, or of the pairs. It is there for the sake of the
    sum in which the kernels are used: how many neighbours does a moved particle have?"""
    return _over(lambda n_fixed, n_moved: np.log(n_moved + 1))(fixed, moved)


def _above_zero(squared):
    return np.median(squared[squared > 0]) if squared.any() else 0.0


@misconception("distances of zero left out")
def zeros_left_out(fixed, moved):
    """Where the moved particles are the fixed ones, each of them has a distance of zero to itself, and you left those
    out. There is something to be said for it, and with many particles it hardly matters. Here all M · N pairs count,
    whatever their distance."""
    return _from(_above_zero)(fixed, moved)


@misconception("each coordinate by itself")
def coordinates_apart(fixed, moved):
    """With one coordinate you are right, with two not: the squares were not summed over the coordinates before the
    median was taken. A pair of particles has one distance. Over which axis is there a sum?"""
    squares = (moved[:, None] - fixed) ** 2
    return _at_least(np.median(squares) / np.log(len(fixed) + 1))


def _root(fixed, moved):
    return np.sqrt(reference(fixed, moved))


def _root_of_half(fixed, moved):
    return np.sqrt(reference(fixed, moved) / 2)


@misconception("the bandwidth of another kernel", _root, _root_of_half)
def another_kernel(fixed, moved):
    """There is a factor of two in it, or a root, that belongs to the kernel exp(−|y − x|² / (2 h²)), where h is a
    standard deviation. Both are in use. The kernel here is exp(−|y − x|² / h): is h a distance or the square of
    one?"""
    return reference(fixed, moved) / 2


@misconception("a bandwidth of zero")
def zero(fixed, moved):
    """Where all particles lie on one heap, h is 0, and the exponent of the kernel is 0 / 0. It happens: early in
    training the draws of a sampler can be as good as equal. The formula does not let h become smaller than a certain
    number."""
    return np.median(_squared(fixed, moved)) / np.log(len(fixed) + 1)


exercise = Exercise(
    name="median_bandwidth",
    title="how far a kernel reaches",
    statement="""
        Write `my_median_bandwidth(fixed, moved)`. `fixed`, shape (N, A), and `moved`, shape (M, A), are two sets of
        particles; they may be one and the same. Return the bandwidth h of the kernel exp(−|y − x|² / h), one number:

            h = max( median( |y − x|² ) / log(N + 1), 1e-6 )

        The median is that of all M · N squared distances: every pair of a moved particle x and a fixed one y counts,
        also where x is y. M · N is odd in every case, so that one of them is in the middle.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """First an array of all differences, shape (M, N, A). NumPy makes it if one of the two sets is given an axis
        more. Then, axis by axis: what is summed, and over what is the median taken?""",
        """`squared = ((moved[:, None] - fixed) ** 2).sum(axis=-1)` has shape (M, N), and `np.median(squared)` looks
        at all of it. N is `len(fixed)`.""",
    ),
    minutes=5,
    difficulty=1,
    points=1,
    misconceptions=(
        not_squared,
        mean,
        logarithm_missing,
        times_logarithm,
        log_n,
        wrong_count,
        zeros_left_out,
        coordinates_apart,
        another_kernel,
        zero,
    ),
)
