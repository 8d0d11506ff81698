"""The gradient that moves a learned temperature."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.deep.sac import temperature_loss
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.exercises.soft_actor_critic._stand_ins import numbers


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Batches of one to four, for bodies of one to six coordinates; policies too wide and too narrow."""
    for size in (1, 2, 2, 3, 3, 4):
        for action_size in generator.choice([1, 2, 3, 6], 2, replace=False):
            excess = generator.uniform(0.3, 1.5) * generator.choice([-1, 1])
            arguments = {
                "log_alpha": float(one_decimal(generator.uniform(0.3, 2) * generator.choice([-1, 1]))),
                "log_prob": one_decimal(action_size + excess + generator.uniform(-1, 1, size)),
                "action_size": int(action_size),
            }
            yield Case(size, arguments)


def reference(log_alpha, log_prob, action_size):
    """Gradient of ``temperature_loss`` with the default target of the learner, minus the number of coordinates."""
    leaf = numbers(log_alpha).requires_grad_()
    temperature_loss(leaf, numbers(log_prob), -float(action_size)).backward()
    return float(leaf.grad)


@misconception("the sign of the loss")
def wrong_sign(log_alpha, log_prob, action_size):
    """Every number has the wrong sign. Descend this, and the temperature rises where the policy is random enough and
    falls where it is too sure: the error feeds itself, until T is 0 or has run away. Test one case by hand: mean
    log π above A means too little entropy, so T must rise. Which sign has the gradient when a descent raises T?"""
    return -reference(log_alpha, log_prob, action_size)


@misconception("the gradient by alpha, not by its logarithm")
def by_alpha(log_alpha, log_prob, action_size):
    """A factor α is missing. This is the derivative with respect to α itself; it is also that of a loss in which log α
    stands in place of α, as some programs have it. The sign is right, so T still settles where the entropy meets
    its target; it only gets there at another speed. Asked for is the derivative of this loss by log α. How much
    does α move when its logarithm does?"""
    return -np.mean(log_prob - action_size)


@misconception("log alpha taken for alpha")
def log_alpha_for_alpha(log_alpha, log_prob, action_size):
    """The number in front is log α. It is negative as soon as T is below 1, and then it turns the sign of everything
    round. What does α itself depend on, and what is the derivative of that?"""
    return -log_alpha * np.mean(log_prob - action_size)


@misconception("the sign of the target entropy")
def target_wrong_sign(log_alpha, log_prob, action_size):
    """The entropy is held to +A nats, be it that the target has the wrong sign or that it was taken off log π and not
    added. No policy on [−1, 1] can have that much: a uniform one, the most random of all, has log 2 = 0.69 nats a
    coordinate. So T would rise for ever."""
    return -np.exp(log_alpha) * np.mean(log_prob + action_size)


@misconception("half the target entropy")
def half_the_target(log_alpha, log_prob, action_size):
    """The entropy is held to −A / 2 nats. Such a target exists in programs too, and the number is no law of nature, but
    it is another one: at −1 nat a coordinate a policy in the middle has a standard deviation of about 0.09, at
    −½ of about 0.15. Which target does the statement give?"""
    return -np.exp(log_alpha) * np.mean(log_prob - action_size / 2)


@misconception("the target of a single coordinate")
def target_of_one(log_alpha, log_prob, action_size):
    """The target is −1 nat, whatever the body. log π is that of the whole action, the sum over its coordinates, so the
    target has to grow with their number."""
    return -np.exp(log_alpha) * np.mean(log_prob - 1)


@misconception("no target at all")
def no_target(log_alpha, log_prob, action_size):
    """The entropy is compared with 0 nats. The batch says how random the policy is; how random it should be must come
    from somewhere, and here the size of the action says it."""
    return -np.exp(log_alpha) * np.mean(log_prob)


@misconception("the log-probability taken for the entropy")
def log_prob_for_entropy(log_alpha, log_prob, action_size):
    """log π has changed its sign, and the target has not. The entropy is −log π on average, and it is the entropy whose
    difference from the target counts: H − H̄, that is −log π − H̄. In yours the two are added."""
    return -np.exp(log_alpha) * np.mean(-log_prob - action_size)


@misconception("a sum over the batch")
def sum_for_mean(log_alpha, log_prob, action_size):
    """The batch is summed, not averaged. The direction is right, and the length grows with the size of the batch, for
    which there is no reason: two draws tell of the same policy as one."""
    return -np.exp(log_alpha) * np.sum(log_prob - action_size)


@misconception("a number for each draw")
def not_averaged(log_alpha, log_prob, action_size):
    """A gradient for each draw came out. There is one temperature, so there is one gradient: the loss is a mean over
    the batch."""
    return -np.exp(log_alpha) * (log_prob - action_size)


exercise = Exercise(
    name="temperature_gradient",
    title="the gradient of a learned temperature",
    statement="""
        Write `my_temperature_gradient(log_alpha, log_prob, action_size)`. The temperature is learned through its
        logarithm, so that it cannot become negative: α = exp(log_alpha), a number. `log_prob`, shape (B,), holds log π
        of B actions of the policy, and `action_size` is A, the number of coordinates of an action. Return the
        derivative of the loss with respect to log_alpha, one number:

            L = −α · mean_b ( log π(a_b) + H̄ )        H̄ = −A  (the target entropy, in nats)

        `log_prob` is data: it does not depend on log_alpha.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Only α depends on log_alpha, and the mean is a number. Write α as an exponential and take the derivative;
        what comes out may look familiar. Then say in words what a descent along it does when the policy is too
        sure.""",
        """The derivative of exp(x) is exp(x), so the derivative of this loss by log α is the loss itself. Mind that H̄
        is negative and is added: mean(log π) − A inside the parentheses.""",
    ),
    minutes=8,
    difficulty=1,
    points=1,
    misconceptions=(
        wrong_sign,
        by_alpha,
        log_alpha_for_alpha,
        target_wrong_sign,
        half_the_target,
        target_of_one,
        no_target,
        log_prob_for_entropy,
        sum_for_mean,
        not_averaged,
    ),
)
