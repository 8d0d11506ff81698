"""The gradient of the policy's loss, through the action and through its log-probability."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.deep.sac import policy_loss
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.exercises.soft_actor_critic._stand_ins import Critic, WithNoise, batch, learner, numbers


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """One to three coordinates, at two temperatures; no u is far enough out for tanh to be flat."""
    for size in (1, 1, 2, 2, 3, 3):
        for temperature in (0.5, 2.0):
            arguments = {
                "mean": one_decimal(generator.uniform(0.2, 1, size) * generator.choice([-1, 1], size)),
                "log_std": one_decimal(generator.uniform(0.2, 1, size) * generator.choice([-1, 1], size)),
                "noise": one_decimal(generator.uniform(0.2, 0.9, size) * generator.choice([-1, 1], size)),
                "q_slope": one_decimal(generator.uniform(0.5, 3, size) * generator.choice([-1, 1], size)),
                "temperature": temperature,
            }
            yield Case(size, arguments)


def reference(mean, log_std, noise, q_slope, temperature):
    """Gradient of ``policy_loss`` of a critic with this slope."""
    mean, log_std = numbers(mean).requires_grad_(), numbers(log_std).requires_grad_()
    critic = Critic(lambda observation, action: (numbers(q_slope) * action).sum(-1)[None])
    sac = learner(WithNoise(mean[None], log_std[None], numbers(noise)), critic)
    policy_loss(sac, batch(), temperature)[0].backward()
    return np.array([mean.grad.numpy(), log_std.grad.numpy()])


def _both(at_u, log_std, noise, normaliser):
    """Return (2, A): the slope at u, and what of it reaches log_std, with the slope of -log std added."""
    return np.array([at_u, at_u * np.exp(log_std) * noise - normaliser])


def _action(mean, log_std, noise):
    return np.tanh(mean + np.exp(log_std) * noise)


@misconception("the tanh between u and Q is missing")
def tanh_slope_missing(mean, log_std, noise, q_slope, temperature):
    """The slope of Q reaches u in full. It is a slope along the action, and between the action and u lies the tanh,
    which passes on only as much as its own slope there: all of it in the middle, almost nothing at the edge. What
    does the chain rule say?"""
    a = _action(mean, log_std, noise)
    return _both(2 * temperature * a - q_slope, log_std, noise, temperature)


@misconception("the tanh term is missing")
def tanh_term_missing(mean, log_std, noise, q_slope, temperature):
    """log π is taken to be that of the Gaussian, whose density at its own draw does not depend on the mean. So the
    entropy has no say in where the mean goes, and nothing holds it back from the edge. The action went through
    tanh, and its density knows it."""
    a = _action(mean, log_std, noise)
    return _both(-q_slope * (1 - a**2), log_std, noise, temperature)


@misconception("the sign of the tanh term")
def tanh_term_wrong_sign(mean, log_std, noise, q_slope, temperature):
    """The entropy pushes u outwards. At the edge actions crowd together, so log π is large there; a policy that is paid
    for randomness is pushed back to the middle. Which sign does −log(1 − tanh(u)²) have when u is large, and in
    which direction does it grow?"""
    a = _action(mean, log_std, noise)
    return _both(-2 * temperature * a - q_slope * (1 - a**2), log_std, noise, temperature)


@misconception("uphill in place of the gradient")
def uphill(mean, log_std, noise, q_slope, temperature):
    """Every number has the wrong sign: this is the gradient of Q − T log π, which one climbs. The loss is what one
    descends. Either will do in a program of your own, but an optimiser that is handed this one would unlearn."""
    return -reference(mean, log_std, noise, q_slope, temperature)


@misconception("the sign of Q")
def sign_of_q(mean, log_std, noise, q_slope, temperature):
    """The entropy is right and Q is not: the loss rises with Q. A policy that descends it looks for the worst action,
    at random. Q stands in the loss with a minus."""
    return reference(mean, log_std, noise, -q_slope, temperature)


def _one_before_the_width(mean, log_std, noise, q_slope, temperature):
    return _both(_at_u(mean, log_std, noise, q_slope, temperature), log_std, noise, 1.0)


def _at_u(mean, log_std, noise, q_slope, temperature):
    a = _action(mean, log_std, noise)
    return 2 * temperature * a - q_slope * (1 - a**2)


def _one_in_the_tanh_term(mean, log_std, noise, q_slope, temperature):
    return _both(_at_u(mean, log_std, noise, q_slope, 1.0), log_std, noise, temperature)


@misconception("the temperature is missing", _one_before_the_width, _one_in_the_tanh_term)
def temperature_missing(mean, log_std, noise, q_slope, temperature):
    """The temperature is 1 somewhere, whatever was asked for. log π depends on mean and log_std in two ways, by the
    width of the Gaussian and by the tanh; T stands before all of it."""
    return reference(mean, log_std, noise, q_slope, 1.0)


@misconception("the entropy is dropped")
def entropy_dropped(mean, log_std, noise, q_slope, temperature):
    """Only Q is differentiated. This is the deterministic policy gradient with noise in it, as in DDPG: where Q has a
    peak, the standard deviation shrinks to nothing, since no noise is better than some."""
    return reference(mean, log_std, noise, q_slope, 0.0)


@misconception("the action is held fixed in log π")
def action_held_fixed(mean, log_std, noise, q_slope, temperature):
    """log π was differentiated as if the action were a given number. But it is a function of mean and log_std, with the
    noise as what is given. What you have is the score, and its mean over the noise is zero: on average your
    entropy does nothing at all."""
    a, std = _action(mean, log_std, noise), np.exp(log_std)
    q_part = -q_slope * (1 - a**2)
    return np.array([temperature * noise / std + q_part, temperature * (noise**2 - 1) + q_part * std * noise])


def _normaliser_added(mean, log_std, noise, q_slope, temperature):
    return _both(_at_u(mean, log_std, noise, q_slope, temperature), log_std, noise, -temperature)


@misconception("the width of the Gaussian is forgotten", _normaliser_added)
def width_forgotten(mean, log_std, noise, q_slope, temperature):
    """The row of the mean is right. In that of log_std the entropy does not push the Gaussian to be wider. A wide
    density is a low one: how does log N at its own draw, mean + std · noise, depend on log_std?"""
    return _both(_at_u(mean, log_std, noise, q_slope, temperature), log_std, noise, 0.0)


@misconception("the derivative by std")
def by_std(mean, log_std, noise, q_slope, temperature):
    """The row of the mean is right, the second is the derivative with respect to the standard deviation. The network
    gives its logarithm. How much does std = exp(log_std) rise when log_std does?"""
    both = reference(mean, log_std, noise, q_slope, temperature)
    return np.array([both[0], both[1] / np.exp(log_std)])


@misconception("the slopes at the mean action")
def at_the_mean(mean, log_std, noise, q_slope, temperature):
    """The tanh is taken at the mean and not at the u that was drawn. Two draws from one Gaussian lie at different
    places of the tanh, with different slopes; the gradient of a sample belongs to the sample."""
    return _both(_at_u(mean, log_std, 0.0, q_slope, temperature), log_std, noise, temperature)


exercise = Exercise(
    name="policy_gradient",
    title="the gradient of the policy's loss",
    statement="""
        Write `my_policy_gradient(mean, log_std, noise, q_slope, temperature)`, for one observation. The network gave
        `mean` and `log_std`, the noise was drawn, and the critic, asked about the action, says by how much Q rises
        along each coordinate of it: `q_slope` = ∂Q/∂a. All four have shape (A,). Return the gradient of the loss with
        respect to mean (first row) and log_std (second row), shape (2, A), with the noise held fixed:

            u = mean + std · noise        a = tanh(u)        L = T log π(a) − Q(a)

        log π is the log-density of a, the squashed Gaussian.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Put u into log π first. What is left of log N(u) once (u − mean) / std is the noise? And what of
        −log(1 − tanh(u)²), whose derivative is simpler than it looks? Then find ∂L/∂u, and only then ask how u
        depends on mean and log_std.""",
        """log N is −½ noise² − log_std − a constant. The derivative of −log(1 − tanh(u)²) by u is 2 tanh(u), and Q
        reaches u through the slope of the tanh: that makes ∂L/∂u. The mean moves u by as much as itself, log_std by
        std · noise, and log_std stands in log N once more, by itself.""",
    ),
    minutes=12,
    difficulty=3,
    points=3,
    misconceptions=(
        tanh_slope_missing,
        tanh_term_missing,
        tanh_term_wrong_sign,
        uphill,
        sign_of_q,
        temperature_missing,
        entropy_dropped,
        action_held_fixed,
        width_forgotten,
        by_std,
        at_the_mean,
    ),
)
