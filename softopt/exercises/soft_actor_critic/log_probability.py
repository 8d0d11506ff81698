"""The log-probability of an action that went through tanh."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch.distributions import Normal

from softopt.deep.squashed_gaussian import log_slope
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.exercises.soft_actor_critic._stand_ins import numbers

HALF_LOG_TWO_PI = 0.5 * np.log(2 * np.pi)


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Ordinary draws, and a few so far out that tanh rounds to 1."""
    for n_rows, n_coordinates in ((1, 1), (1, 2), (1, 2), (2, 2), (2, 3), (3, 2)):
        for log_std in (-0.5, 0.2):
            shape = n_rows, n_coordinates
            mean = one_decimal(generator.uniform(-1.5, 1.5, shape))
            before = one_decimal(mean + generator.uniform(0.2, 1.5, shape) * generator.choice([-1, 1], shape))
            stretch = one_decimal(generator.choice([-0.3, 0.1], shape))
            yield _case(before, mean, log_std + stretch, generator)
    for before in ([[20.0, 0.4]], [[-0.6, -30.0]]):
        yield _case(np.array(before), np.array(before) - 0.5, np.full((1, 2), 0.1), generator)


def _case(before, mean, log_std, generator):
    scale = generator.choice([0.4, 2.0], before.shape[1])
    return Case(before.size, {"before": before, "mean": mean, "log_std": one_decimal(log_std), "scale": scale})


def reference(before, mean, log_std, scale):
    """Sum of log N(u) - log(1 - tanh(u)^2), with the slope as the package computes it."""
    u, mean, log_std = map(numbers, (before, mean, log_std))
    return (Normal(mean, log_std.exp()).log_prob(u) - log_slope(u)).sum(-1).numpy()


def _gaussian(u, mean, log_std):
    return -0.5 * ((u - mean) / np.exp(log_std)) ** 2 - log_std - HALF_LOG_TWO_PI


def _stable(u):
    return 2 * (np.log(2) - u - np.logaddexp(0, -2 * u))


def _small_number(u):
    return np.log(1 - np.tanh(u) ** 2 + 1e-6)


def slip(name, *also):
    """Make a wrong formula a misconception, whether or not a small number stands inside its logarithm too."""

    def decorate(wrong):
        def with_a_small_number(*arguments):
            return wrong(*arguments, slope=_small_number)

        return misconception(name, with_a_small_number, *also)(wrong)

    return decorate


@misconception("the tanh term is missing")
def tanh_term_missing(before, mean, log_std, scale):
    """This is the density of u, the number before tanh. The action is another number: near ±1 tanh presses many u
    together, so the density of actions is higher there. Without that the policy can move its mean far out, all
    its actions lie at the edge, and it still passes for a random one."""
    return _gaussian(before, mean, log_std).sum(-1)


@slip("the sign of the tanh term")
def tanh_term_wrong_sign(before, mean, log_std, scale, slope=_stable):
    """The tanh term is there, with the wrong sign: actions near the edge come out less likely than they are. Where
    tanh is flat, a wide stretch of u is pressed into a narrow stretch of a. Must the density rise there or fall?"""
    return (_gaussian(before, mean, log_std) + slope(before)).sum(-1)


def _bare(u):
    return np.log(1 - np.tanh(u) ** 2)


def _not_summed_bare(before, mean, log_std, scale):
    return _gaussian(before, mean, log_std) - _bare(before)


@slip("the sum over the coordinates is missing", _not_summed_bare)
def not_summed(before, mean, log_std, scale, slope=_stable):
    """A number came out for each coordinate, where one for each action is asked for. The coordinates are drawn
    independently: what happens to their probabilities, and so to the logarithms? Left like this, a target of
    shape (B,) meets an array of shape (B, A), and where the shapes happen to fit nothing complains."""
    return _gaussian(before, mean, log_std) - slope(before)


@slip("a mean over the coordinates")
def averaged(before, mean, log_std, scale, slope=_stable):
    """The coordinates are averaged. Then the entropy of a body with six joints looks like that of one with a single
    joint, and a target of −A nats means something else for every body. The density of independent coordinates
    is a product."""
    return (_gaussian(before, mean, log_std) - slope(before)).mean(-1)


def _slope_of_scaled_with_a_small_number(before, mean, log_std, scale):
    return (_gaussian(before, mean, log_std) - np.log(1 - (scale * np.tanh(before)) ** 2 + 1e-6)).sum(-1)


@misconception("the tanh term of the scaled action", _slope_of_scaled_with_a_small_number)
def slope_of_scaled(before, mean, log_std, scale):
    """The action was scaled first and then put into 1 − a². That expression is the slope of tanh only when a lies in
    [−1, 1]; with a scale of 2 its logarithm may be that of a negative number. Which a does the tanh know?"""
    return (_gaussian(before, mean, log_std) - np.log(1 - (scale * np.tanh(before)) ** 2)).sum(-1)


def _scaled_with_a_small_number(before, mean, log_std, scale):
    return (_gaussian(before, mean, log_std) - np.log(scale * (1 - np.tanh(before) ** 2) + 1e-6)).sum(-1)


@slip("the density of the scaled action", _scaled_with_a_small_number)
def density_of_scaled(before, mean, log_std, scale, slope=_stable):
    """This is a true density, that of the action as the environment sees it. Every log-probability is shifted by the
    logarithms of the scale, so the entropy changes when torques are written in other units, and with it the
    meaning of a target entropy of −A. Asked for is the action in [−1, 1]."""
    return (_gaussian(before, mean, log_std) - slope(before) - np.log(scale)).sum(-1)


@slip("the Gaussian at the action")
def gaussian_at_the_action(before, mean, log_std, scale, slope=_stable):
    """The Gaussian was asked about tanh(u). But u is what it drew: mean and standard deviation live before the tanh.
    The action enters through the slope alone."""
    return (_gaussian(np.tanh(before), mean, log_std) - slope(before)).sum(-1)


def _one_minus_u_squared(before, mean, log_std, scale):
    return (_gaussian(before, mean, log_std) - np.log(1 - before**2)).sum(-1)


@misconception("the slope at another point", _one_minus_u_squared)
def slope_elsewhere(before, mean, log_std, scale):
    """The slope of tanh is taken at the wrong number. As a function of u it is 1 − tanh(u)², as a function of the
    action 1 − a². One of the two was mixed with the other: count how often tanh is applied."""
    return (_gaussian(before, mean, log_std) - _stable(np.tanh(before))).sum(-1)


def _log_std_under_a_logarithm(before, mean, log_std, scale):
    gaussian = -0.5 * ((before - mean) / log_std) ** 2 - np.log(log_std) - HALF_LOG_TWO_PI
    return (gaussian - _stable(before)).sum(-1)


@misconception("log_std taken for std", _log_std_under_a_logarithm)
def log_std_for_std(before, mean, log_std, scale):
    """The noise was divided by `log_std` itself. A network may give any number for it, negative ones too; the
    standard deviation is what stands inside that logarithm."""
    gaussian = -0.5 * ((before - mean) / log_std) ** 2 - log_std - HALF_LOG_TWO_PI
    return (gaussian - _stable(before)).sum(-1)


@slip("the constant of the Gaussian is missing")
def constant_missing(before, mean, log_std, scale, slope=_stable):
    """Each coordinate is ½ log 2π too high. A constant has no gradient, so the policy would not notice; the targets of
    the critic and the comparison with a target entropy do. How far is every coordinate from a density that
    integrates to 1?"""
    return (_gaussian(before, mean, log_std) + HALF_LOG_TWO_PI - slope(before)).sum(-1)


def _a_smaller_number(before, mean, log_std, scale):
    return (_gaussian(before, mean, log_std) - np.log(1 - np.tanh(before) ** 2 + 1e-8)).sum(-1)


def _clipped(before, mean, log_std, scale):
    return (_gaussian(before, mean, log_std) - np.log(np.maximum(1 - np.tanh(before) ** 2, 1e-6))).sum(-1)


@misconception("a small number inside the logarithm", _a_smaller_number, _clipped)
def small_number(before, mean, log_std, scale):
    """Nothing breaks, and far out the numbers are wrong. At u = 8 the slope is 4.5e-7, already less than
    a "small" 1e-6, and from there on the density no longer rises, though the actions are ever more crowded. Much code
    does this. The logarithm of the slope can be had without forming the slope: tanh is a ratio of
    exponentials, and so is 1 − tanh²."""
    return (_gaussian(before, mean, log_std) - _small_number(before)).sum(-1)


@misconception("the logarithm of a slope that rounds to 0")
def slope_rounds_to_zero(before, mean, log_std, scale):
    """On ordinary numbers you are right, and at u = 20 it breaks: tanh(u) rounds to 1, the slope to 0, and its
    logarithm is −inf. The true number is a modest −38.6. Write 1 − tanh(u)² with exponentials, take the logarithm
    by hand, and look for what can be done by `np.logaddexp`."""
    return (_gaussian(before, mean, log_std) - _bare(before)).sum(-1)


exercise = Exercise(
    name="log_probability",
    title="the log-probability of a squashed action",
    statement="""
        Write `my_log_probability(before, mean, log_std, scale)`. For each of B observations the policy drew A
        independent Gaussian numbers u, which are in `before`, and squashed each by tanh. The environment was given
        scale · a. `before`, `mean` and `log_std` have shape (B, A), `scale` (A,). Return the log-density of the
        action a, which lies in [−1, 1], in nats, shape (B,):

            u ~ N(mean, std²)        a = tanh(u)        log π(a) = log N(u) − log | det ∂a/∂u |

        A u as far from zero as −30 and 30 must not break it.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Take one coordinate first. What is the derivative of tanh? Then A of them: each a depends on its own u alone,
        so the matrix ∂a/∂u is diagonal, and the logarithm of its determinant is simple. Is there a place in the
        formula for `scale`?""",
        """1 − tanh(u)² is 4 / (eᵘ + e⁻ᵘ)². Take the logarithm of that, not of the number: `np.logaddexp(u, -u)` is
        log(eᵘ + e⁻ᵘ) and survives any u. Then sum over the last axis.""",
    ),
    minutes=10,
    difficulty=2,
    points=2,
    misconceptions=(
        tanh_term_missing,
        tanh_term_wrong_sign,
        not_summed,
        averaged,
        slope_of_scaled,
        density_of_scaled,
        gaussian_at_the_action,
        slope_elsewhere,
        log_std_for_std,
        constant_missing,
        small_number,
        slope_rounds_to_zero,
    ),
)
