"""The soft value of one state from a few actions that were drawn from a known density."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy.special import logsumexp, softmax

from softopt.deep import soft_value as package
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """One to five draws, some of them from a uniform proposal, and draws on which a bare exponential breaks."""
    for n_draws in (1, 2, 2, 3, 3, 4, 5):
        for temperature in (0.5, 2.0):
            log_proposal = one_decimal(generator.uniform(0.2, 1.5, n_draws) * generator.choice([-1, 1], n_draws))
            yield _case(one_decimal(generator.uniform(-2, 3, n_draws)), log_proposal, temperature)
    yield _case(np.array([0.5, 2.0]), np.array([-1.4, -1.4]), 0.5)
    for n_draws, lowest, temperature in ((2, 1000.0, 0.5), (2, -1000.0, 0.5), (3, 1.0, 0.001), (4, 1000.0, 1.5)):
        q = lowest + generator.permutation(n_draws) / 2
        yield _case(q, one_decimal(generator.uniform(0.2, 1.5, n_draws)), temperature)


def _case(q, log_proposal, temperature):
    return Case(q.size, {"q": q, "log_proposal": log_proposal, "temperature": temperature})


def reference(q, log_proposal, temperature):
    """The package's estimate, for a single state in float64."""
    return float(package.soft_value(torch.as_tensor(q), torch.as_tensor(log_proposal), temperature))


def _log_mean_exp(exponents):
    return logsumexp(exponents) - np.log(exponents.size)


@misconception("the proposal's density is forgotten")
def weights_forgotten(q, log_proposal, temperature):
    """The draws count alike, though they were not equally likely to be drawn. Where the proposal puts many draws, its
    own peak passes for one of Q. Even with a uniform proposal something is missing: its density is one over the
    volume of all actions, so V would lack T times the logarithm of that volume. What makes a mean over draws an
    integral?"""
    return temperature * _log_mean_exp(q / temperature)


@misconception("multiplied by the proposal's density")
def multiplied(q, log_proposal, temperature):
    """An action that is often drawn counts for more here, and it counts for more already because it is often drawn.
    Importance weights do the opposite: one draw in a place that is seldom visited stands for all that were not made
    there. Look at the sign of `log_proposal`."""
    return temperature * _log_mean_exp(q / temperature + log_proposal)


@misconception("a sum over the draws")
def sum_for_mean(q, log_proposal, temperature):
    """The weights are summed, so V rises by T log 2 whenever you draw twice as many. But the state is worth what it is
    worth, whether it is looked at with 16 draws or with 32. An estimate of an integral is an average."""
    return temperature * logsumexp(q / temperature - log_proposal)


def _number_of_draws_in_nats(q, log_proposal, temperature):
    return temperature * logsumexp(q / temperature - log_proposal) - np.log(q.size)


def _in_nats_after_the_shift(q, log_proposal, temperature):
    return q.max() + _log_mean_exp((q - q.max()) / temperature - log_proposal)


def _density_in_nats(q, log_proposal, temperature):
    return temperature * _log_mean_exp((q - log_proposal) / temperature)


@misconception("nats taken for rewards", _number_of_draws_in_nats, _in_nats_after_the_shift, _density_in_nats)
def nats_for_rewards(q, log_proposal, temperature):
    """A logarithm met a reward as it is. Logarithms are pure numbers, in nats: log q(a), log M, and the logarithm of
    the mean. Q and V are rewards. Either divide a reward by T or multiply nats by T before the two are added. A test:
    double Q and T. V has to double."""
    return _log_mean_exp(q / temperature - log_proposal)


def _temperature_one(q, log_proposal, temperature):
    return _log_mean_exp(q - log_proposal)


@misconception("no temperature in the exponent", _temperature_one)
def none_in_the_exponent(q, log_proposal, temperature):
    """The exponential is that of Q, not of Q / T. How much better one action has to be than another to count for e
    times as much is what the temperature says; in yours it is always 1. The formula has T in two places."""
    return temperature * _log_mean_exp(q - log_proposal)


@misconception("a mean of logarithms")
def mean_of_logs(q, log_proposal, temperature):
    """The logarithm was taken draw by draw and then averaged: mean of Q − T log q. That is a soft value too, but that
    of the *proposal* as a policy, what it earns and T times its entropy. It never lies above V, and reaches it only
    when the proposal is the best policy. First the mean, then the logarithm."""
    return (q - temperature * log_proposal).mean()


def _largest_weight(q, log_proposal, temperature):
    return (q - temperature * log_proposal).max()


def _largest_weight_of_all(q, log_proposal, temperature):
    return (q - temperature * log_proposal).max() - temperature * np.log(q.size)


@misconception("the best of the draws", _largest_weight, _largest_weight_of_all)
def hard_maximum(q, log_proposal, temperature):
    """A single draw decides, the others have no say. A maximum over draws is a poor guess of the hard value, since the
    best action was hardly among them, and it is not the soft one, which is an area: a broad peak is worth more than a
    narrow one of the same height."""
    return q.max()


def _mean_q_of_the_draws(q, log_proposal, temperature):
    return softmax(q / temperature) @ q


@misconception("the mean of Q under the policy", _mean_q_of_the_draws)
def mean_q(q, log_proposal, temperature):
    """This is what the policy earns on average, E[Q], from weighted draws. V is more than that by T times the entropy
    of the policy (or less: over a continuum an entropy may be negative). The formula has a logarithm of a mean in it,
    and no mean of Q."""
    return softmax(q / temperature - log_proposal) @ q


@misconception("the weights made to sum to one")
def self_normalised(q, log_proposal, temperature):
    """The weights 1 / q were divided by their sum. That is a fine estimate of a *mean* over all actions, exp(Q / T)
    under the uniform policy: the KL form. The integral asked for also counts how much room there is, and the mean of
    1 / q is the estimate of just that. What are the weights divided by in the formula?"""
    return temperature * (logsumexp(q / temperature - log_proposal) - logsumexp(-log_proposal))


def _divided_by_the_logarithm(q, log_proposal, temperature):
    return temperature * np.log(np.mean(np.exp(q / temperature) / log_proposal))


@misconception("a density taken for its logarithm", _divided_by_the_logarithm)
def density_for_logarithm(q, log_proposal, temperature):
    """A density and its logarithm were mixed up. `log_proposal` is log q, which may be negative; nothing can be
    divided by it. And an exponential turns it into q: that is what divides, or, if you stay with logarithms, log q is
    what is subtracted. Say for each line which of the two you have in hand."""
    return temperature * _log_mean_exp(q / temperature - np.exp(log_proposal))


@misconception("overflow")
def overflow(q, log_proposal, temperature):
    """On ordinary numbers you are right, and on large ones it breaks: exp(Q / T) is infinite above 709 and 0 below
    −746. In training Q is in the hundreds and T below one. Take the largest exponent off all of them before you take
    exponentials, and give it back at the end, in the right unit."""
    return temperature * np.log(np.mean(np.exp(q / temperature) / np.exp(log_proposal)))


exercise = Exercise(
    name="soft_value",
    title="the soft value from a few draws",
    statement="""
        Write `my_soft_value(q, log_proposal, temperature)`. In one state M actions were drawn from a proposal, whose
        density is q(a). The argument `q`, shape (M,), is the other one: Q(a) of each action. `log_proposal`, shape
        (M,), is log q(a), the logarithm of the density with which it was drawn. Return the estimate of the soft
        value, one number:

            V = T log ( 1/M · Σ_j exp(Q(a_j) / T) / q(a_j) )

        Q / T may be a few thousand, of either sign.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Bring each summand into the form exp(something), with `log_proposal` inside. Then you have a soft maximum,
        with a mean in place of the sum, and you know how to keep that from overflowing.""",
        """`x = q / temperature - log_proposal` is the logarithm of a summand. The logarithm of their mean is
        `x.max()` plus the logarithm of the mean of exp(x − x.max()). T stands in front of all of it.""",
    ),
    minutes=8,
    difficulty=1,
    points=2,
    misconceptions=(
        weights_forgotten,
        multiplied,
        sum_for_mean,
        nats_for_rewards,
        none_in_the_exponent,
        mean_of_logs,
        hard_maximum,
        mean_q,
        self_normalised,
        density_for_logarithm,
        overflow,
    ),
)
