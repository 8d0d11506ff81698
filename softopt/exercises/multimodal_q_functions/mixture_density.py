"""The density of a proposal that is half uniform and half a kernel density, on the side of the action."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy.special import logsumexp

from softopt.deep.soft_value import mixture_log_density
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.exercises.multimodal_q_functions._mixture import (
    HALF_LOG_TWO_PI,
    LOG_TWO,
    gaussian,
    half_and_half,
    kernels,
    log_constant,
    log_mean_exp,
    log_slope,
    mixture,
)


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """One to three coordinates, one to four particles; the action lies among them, so that the kernels matter."""
    for n_particles, n_actions in ((1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2), (2, 3), (4, 2)):
        for width in (0.3, 0.6):
            action = one_decimal(generator.uniform(0.2, 0.9, n_actions) * generator.choice([-1, 1], n_actions))
            away = generator.uniform(0.3, 1.2, (n_particles, n_actions))
            away *= width * generator.choice([-1, 1], away.shape)
            yield _case(action, one_decimal(np.arctanh(action) + away), width)
    yield _case(np.array([0.999]), np.array([[3.0], [0.5]]), 0.5)


def _case(action, particles, width):
    return Case(particles.size, {"action": action, "particles": particles, "width": width})


def reference(action, particles, width):
    """The package's density, of one action in float64."""
    before = torch.atanh(torch.as_tensor(action))
    return float(mixture_log_density(before[None], torch.as_tensor(particles), width)[0])


def _no_slope(action):
    return 0.0


@misconception(
    "the volume of the uniform half", mixture(uniform=lambda A: -LOG_TWO), mixture(uniform=lambda A: A * LOG_TWO)
)
def volume(action, particles, width):
    """The uniform half does not integrate to one over the box. Each coordinate runs from −1 to 1, and there are A of
    them: how large is the box, and how large a density fills it evenly? With a wrong one all draws far from the
    particles weigh too much or too little."""
    return mixture(uniform=lambda A: 0.0)(action, particles, width)


@misconception("the tanh term is missing")
def tanh_term_missing(action, particles, width):
    """The kernels' density is that of u, a number of the whole line, the uniform one is that of the action. Two
    densities can only be added if both count the same thing. Near the edge a short stretch of actions holds a long
    one of u: by how much must a density rise?"""
    return mixture(slope=_no_slope)(action, particles, width)


@misconception("the sign of the tanh term")
def tanh_term_wrong_sign(action, particles, width):
    """The slope of tanh is there, upside down: it should divide the kernels' density. Near the edge tanh is flat,
    many u are pressed into few actions, and the density of actions is *higher* there."""
    return mixture(slope=lambda action: -log_slope(action))(action, particles, width)


def _around_u(action, particles, width):
    return gaussian(action - particles, width).sum(axis=1)


def _around_the_action(action, particles, width):
    return gaussian(action - np.tanh(particles), width).sum(axis=1)


@misconception(
    "the Gaussian at the action",
    mixture(_around_u),
    mixture(_around_the_action, slope=_no_slope),
    mixture(_around_the_action),
)
def gaussian_at_the_action(action, particles, width):
    """A distance was taken from the action itself. But particles and `width` live on the other side of tanh: what was
    drawn from the Gaussian is u, and the action is tanh(u). Find u first."""
    return mixture(_around_u, slope=_no_slope)(action, particles, width)


@misconception("a sum over the particles")
def summed(action, particles, width):
    """The kernels are summed. Each of them alone integrates to one, so together they make N. The particle was picked at
    random, each with the same chance: what has to stand before each kernel?"""
    return mixture(mean=logsumexp)(action, particles, width)


def _taller(log_factor):
    """Return a mixture whose kernels are too high by a factor, a function of width and A."""
    return mixture(lambda action, particles, width: kernels(action, particles, width) + log_factor(width, action.size))


@misconception(
    "the Gaussian does not integrate to one",
    _taller(lambda width, A: A * np.log(width)),
    _taller(lambda width, A: A * HALF_LOG_TWO_PI),
    _taller(lambda width, A: log_constant(width, A - 1)),
    _taller(lambda width, A: -log_constant(width, A)),
)
def constant_wrong(action, particles, width):
    """The kernel has the right shape and the wrong height. Alone, it would still say which draws are likelier. But
    next to a uniform half its height says how many of the draws are expected near the particles. What makes a
    Gaussian of *one* coordinate integrate to one, and then one of A coordinates?"""
    return _taller(log_constant)(action, particles, width)


@misconception("the halves are added in full")
def not_halved(action, particles, width):
    """Two densities were added, so the whole integrates to two. Each draw comes from one half or from the other. With
    this density every weight is half of what it should be, and V too low by T log 2 in every state."""
    return mixture(mixed=np.logaddexp)(action, particles, width)


@misconception("the nearest particle alone", mixture(mean=np.max))
def nearest(action, particles, width):
    """Only one kernel counts, that of the nearest particle. It may be the largest by far, and often is. But where two
    particles are close together, a draw between them could have come from either, and its density counts both."""
    return mixture(mean=lambda kernels: kernels.max() - np.log(kernels.size))(action, particles, width)


def _mean_of_halves(one, other):
    return (one + other) / 2


@misconception("a mean of logarithms", mixture(mixed=_mean_of_halves), mixture(mean=np.mean, mixed=_mean_of_halves))
def mean_of_logs(action, particles, width):
    """Logarithms were averaged, of the kernels or of the halves. That is the logarithm of a root of a *product*, and a
    single particle that is far away makes it as small as you like. A draw comes from one kernel *or* another: it is
    probabilities that add up. Take the mean of densities, and then its logarithm."""
    return mixture(mean=np.mean)(action, particles, width)


def _kernel(exponent):
    """Return a mixture whose kernels have another exponent, a function of the distance and the width."""

    def kernels(action, particles, width):
        return exponent(np.arctanh(action) - particles, width).sum(axis=1) - log_constant(width, action.size)

    return mixture(kernels)


def _width_as_a_variance(action, particles, width):
    return kernels(action, particles, np.sqrt(width))


@misconception(
    "the width in the exponent",
    mixture(_width_as_a_variance),
    _kernel(lambda distance, width: -((distance / width) ** 2)),
)
def width_in_the_exponent(action, particles, width):
    """The exponent of the Gaussian is another one. `width` is a standard deviation: at that distance from a particle
    the kernel has fallen to exp(−½). Look at which power of the width divides the squared distance, and at what else
    does."""
    return _kernel(lambda distance, width: -0.5 * distance**2 / width)(action, particles, width)


@misconception("the uniform half is missing", mixture(mixed=lambda one, other: one - LOG_TWO))
def uniform_half_missing(action, particles, width):
    """Only the kernels count. Far from every particle their density is next to nothing, and a weight is one over it: a
    single draw out there decides about V. With the uniform half no weight is above 2 to the power of A + 1."""
    return mixture(mixed=lambda one, other: one)(action, particles, width)


def _coordinates(action, particles, width):
    return gaussian(np.arctanh(action) - particles, width)


def _mixture_of_each(action, particles, width):
    log_kernel = log_mean_exp(_coordinates(action, particles, width)) - np.log(1 - action**2)
    return half_and_half(log_kernel, -LOG_TWO).sum()


@misconception("each coordinate by itself", _mixture_of_each)
def coordinates_apart(action, particles, width):
    """With one coordinate you are right, with several not: each was given its own mean over the particles or its own
    half, and the results were multiplied. But a draw is near *one* particle in all its coordinates, or uniform in
    all. With particles at (1, 1) and (−1, −1) yours has peaks at (1, −1) and (−1, 1) too."""
    return mixture(_coordinates, lambda kernels: log_mean_exp(kernels).sum())(action, particles, width)


exercise = Exercise(
    name="mixture_density",
    title="the density of a mixed proposal",
    statement="""
        Write `my_mixture_density(action, particles, width)`. A proposal tosses a coin. Heads: the action is drawn
        uniformly from [−1, 1]^A. Tails: one of N particles is picked at random, Gaussian noise of standard deviation
        `width` is added to each of its A coordinates, and the sum u is squashed: a = tanh(u). `particles`, shape (N,
        A), are numbers before the tanh. `action`, shape (A,), lies inside the box, and nobody knows which way the
        coin fell. Return the logarithm of its density, one number in nats:

            q(a) = ½ · uniform(a) + ½ · 1/N Σ_n N(u; particle_n, width²) / Π_i (1 − a_i²)        u_i = artanh(a_i)
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Start with one coordinate and one particle. Does each half integrate to one over −1 < a < 1? Check it on a
        fine grid of actions. Then several particles, then several coordinates: where is a sum, and where a
        product?""",
        """`away = (np.arctanh(action) - particles) / width` has shape (N, A). Squares are summed over the last axis,
        and each coordinate brings its own factor 1 / (width √2π). The mean over the particles comes after the
        exponential, the slope of tanh after that mean. The uniform half is 2^−A.""",
    ),
    minutes=12,
    difficulty=3,
    points=3,
    misconceptions=(
        volume,
        tanh_term_missing,
        tanh_term_wrong_sign,
        gaussian_at_the_action,
        summed,
        constant_wrong,
        not_halved,
        nearest,
        mean_of_logs,
        width_in_the_exponent,
        uniform_half_missing,
        coordinates_apart,
    ),
)
