"""The Stein direction: what makes particles climb to a density, and keeps them apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from softopt.deep import stein
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.exercises.multimodal_q_functions._parts import direction, parts, raises_unless_as_many, with_bandwidth


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Two sets of an odd number each, most often as many of one as of the other; a set with itself."""
    sizes = ((3, 1, 1), (3, 3, 1), (3, 3, 1), (3, 3, 2), (3, 3, 2), (5, 3, 1), (3, 5, 2), (5, 5, 1), (5, 5, 2))
    for n_fixed, n_moved, n_actions in sizes:
        fixed, moved = (one_decimal(generator.uniform(-1.5, 1.5, (n, n_actions))) for n in (n_fixed, n_moved))
        yield _case(generator, fixed, moved)
    for size, n_actions in ((3, 1), (3, 2), (5, 1)):
        particles = one_decimal(generator.permuted(np.linspace(-1.5, 1.5, size * n_actions)).reshape(size, n_actions))
        yield _case(generator, particles, particles.copy())


def _case(generator, fixed, moved):
    score = one_decimal(generator.uniform(0.3, 2, fixed.shape) * generator.choice([-1, 1], fixed.shape))
    return Case(fixed.size + moved.size, {"fixed": fixed, "score": score, "moved": moved})


def reference(fixed, score, moved):
    """The package's direction, without the part that it returns beside it."""
    return stein.stein_direction(*map(torch.as_tensor, (fixed, score, moved)))[0].numpy()


@misconception("the particles attract each other")
def attract(fixed, score, moved):
    """The push has the wrong sign: every particle is drawn to its neighbours, and soon all are on one heap. The slope
    is that of k(y, x) by y, the fixed particle; by x it has the other sign. Which way must y go to make the kernel
    larger: towards x, or away from it?"""
    return direction(lambda p: p.climb - p.push)(fixed, score, moved)


@misconception("the push is missing")
def push_missing(fixed, score, moved):
    """The particles climb and nothing keeps them apart. Each ends on the top of a peak: that is what a hard agent does,
    from several starts. The second part of the formula, the slope of the kernel, is what makes draws of them."""
    return direction(lambda p: p.climb)(fixed, score, moved)


@misconception("the climb is missing")
def climb_missing(fixed, score, moved):
    """The particles flee from each other and know nothing of Q: `score` has no say. They would spread for ever,
    evenly in all directions. What tells them where the density is?"""
    return direction(lambda p: p.push)(fixed, score, moved)


@raises_unless_as_many
def _own_score_alone(fixed, score, moved):
    return score + parts(fixed, score, moved).push


@misconception("each particle follows its own slope", _own_score_alone)
@raises_unless_as_many
def own_score(fixed, score, moved):
    """Row i of `score` was used for row i of `moved`. But it is the slope at the *fixed* particle y, and there need
    not even be as many of both. A moved particle asks all its neighbours for their slopes and takes the mean, near
    ones weighing more. Over which index is the sum, and which particle's slope stands in it?"""
    _, push, kernel, *_ = parts(fixed, score, moved)
    return kernel.mean(axis=1, keepdims=True) * score + push


@misconception("rows and columns of the kernel exchanged")
@raises_unless_as_many
def transposed(fixed, score, moved):
    """The kernel met the slopes with its two axes exchanged: the weight of y for x was used as that of x for y. Nothing
    shows as long as the two sets are one, since then the kernel is symmetric. Which of its axes are the moved
    particles, and which is summed over?"""
    _, push, kernel, *_ = parts(fixed, score, moved)
    return kernel.T @ score / len(fixed) + push


@misconception(
    "a sum in place of the mean",
    direction(lambda p: p.climb + p.push * p.kernel.shape[1]),
    direction(lambda p: p.climb * p.kernel.shape[1] + p.push),
    direction(lambda p: (p.climb + p.push) * p.kernel.shape[1] / p.kernel.shape[0]),
)
def summed(fixed, score, moved):
    """The direction, or one of its parts, is not divided by N, the number of fixed particles. A mean keeps the length
    of a step what it was when there are more particles, and both parts need it, else the push outweighs the climb or
    the other way round: like a temperature that depends on N. Look for a parenthesis too."""
    return direction(lambda p: (p.climb + p.push) * p.kernel.shape[1])(fixed, score, moved)


@misconception("a bandwidth of 1")
def bandwidth_one(fixed, score, moved):
    """The kernel reaches equally far whatever the particles do. If they are far apart, none has a neighbour, and each
    climbs alone; if they are close, all feel the same. The median makes the reach follow them. Where is h
    computed?"""
    return with_bandwidth(lambda median, n_fixed: 1.0)(fixed, score, moved)


@misconception(
    "the logarithm is missing from the bandwidth", with_bandwidth(lambda median, n_fixed: median / (n_fixed + 1))
)
def no_logarithm(fixed, score, moved):
    """The reach of the kernel is the bare median, or the median over a number of particles. The formula divides by a
    logarithm, so that N neighbours together weigh about as much as a particle itself."""
    return with_bandwidth(lambda median, n_fixed: median)(fixed, score, moved)


@misconception("the 2 of the kernel's slope")
def two_missing(fixed, score, moved):
    """The push is half as strong as it should be. The exponent is a square over h; differentiate the square. It is no
    small thing: the weight of the push is the temperature, so these particles come from exp(2 Q / T)."""
    return direction(lambda p: p.climb + p.push / 2)(fixed, score, moved)


@misconception("the bandwidth missing from the kernel's slope")
def bandwidth_missing(fixed, score, moved):
    """The push lacks the 1 / h that the chain rule brings out of the exponent. A test of units: the direction is a
    slope of a logarithm, one over a length. x − y is a length, and h the square of one."""
    return direction(lambda p: p.climb + p.push * p.bandwidth)(fixed, score, moved)


def _kernel_of_a_width(fixed, score, moved):
    *_, apart, h = parts(fixed, score, moved)
    kernel = np.exp(-(apart**2).sum(axis=-1) / (2 * h**2))
    return (kernel @ score + (kernel[..., None] * apart).sum(axis=1) / h**2) / len(fixed)


def _two_in_the_exponent_alone(fixed, score, moved):
    *_, apart, h = parts(fixed, score, moved)
    kernel = np.exp(-(apart**2).sum(axis=-1) / (2 * h))
    return (kernel @ score + 2 / h * (kernel[..., None] * apart).sum(axis=1)) / len(fixed)


@misconception("another kernel", _kernel_of_a_width, _two_in_the_exponent_alone)
def another_kernel(fixed, score, moved):
    """There is a 2 in the exponent, or a square of h, as in exp(−|y − x|² / (2 h²)), where h is a standard deviation.
    That is a good kernel with another bandwidth. The one here has neither: its h is itself the square of a length."""
    return with_bandwidth(lambda median, n_fixed: 2 * median / np.log(n_fixed + 1))(fixed, score, moved)


@misconception("the push without the kernel")
def push_without_kernel(fixed, score, moved):
    """Those that are farthest away push hardest. The derivative of an exponential has the exponential still in it: the
    push is strongest at a middling distance and fades beyond. Which factor is lost?"""
    climb, _, _, apart, h = parts(fixed, score, moved)
    return climb + 2 / h * apart.mean(axis=1)


exercise = Exercise(
    name="stein_direction",
    title="the direction of a Stein particle",
    statement="""
        Write `my_stein_direction(fixed, score, moved)`. `fixed`, shape (N, A), are N particles y; `score`, the same
        shape, is the slope of log p at each of them. `moved`, shape (M, A), are the M particles x that are to move;
        they may be the fixed ones. Return the direction of each, shape (M, A):

            φ(x) = 1/N Σ_y [ k(y, x) · score(y) + ∂k(y, x)/∂y ]        k(y, x) = exp(−|y − x|² / h)

        h is the median of the M · N squared distances, divided by log(N + 1), and counts as a constant in the
        derivative. M · N is odd in every case.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Work out ∂k/∂y on paper first. Does it point from y to x, or from x to y? Then take one x and write a loop
        over the y; two particles on a line show whether they part.""",
        """`apart = moved[:, None] - fixed` has shape (M, N, A), from y to x. With the kernel, shape (M, N), the climb
        is `kernel @ score`, and the push is the sum over y of 2 / h · kernel · apart. Both are divided by N.""",
    ),
    minutes=12,
    difficulty=3,
    points=3,
    misconceptions=(
        attract,
        push_missing,
        climb_missing,
        own_score,
        transposed,
        summed,
        bandwidth_one,
        no_logarithm,
        two_missing,
        bandwidth_missing,
        another_kernel,
        push_without_kernel,
    ),
)
