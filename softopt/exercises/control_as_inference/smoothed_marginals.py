"""Forward meets backward: where the agent is at each time, given that all of it is optimal."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import softmax

from softopt.exercises.cases import one_decimal, tenths
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.tabular import MDP, infer


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Two to four steps in small worlds of chance, and two in which every step costs a thousand."""
    for n_states, n_actions, horizon in ((2, 2, 2), (2, 2, 3), (2, 3, 2), (3, 2, 2), (3, 2, 4), (3, 3, 3)):
        for temperature in (0.5, 2.0):
            yield _case(generator, n_states, n_actions, horizon, temperature, 0.0)
    for temperature in (0.5, 2.0):
        yield _case(generator, 2, 2, 2, temperature, -2000.0)


def _case(generator, n_states, n_actions, horizon, temperature, offset):
    transition = tenths(generator, (n_states, n_actions, n_states), least=1)
    reward = offset + one_decimal(generator.uniform(-3, 0, (n_states, n_actions)))
    prior = tenths(generator, (n_states, n_actions), least=1)
    initial = tenths(generator, (n_states,), least=1)
    mdp = MDP(transition, reward, horizon=horizon, prior=prior, initial=initial)
    arguments = {
        "transition": transition,
        "reward": reward,
        "prior": prior,
        "initial": initial,
        "log_beta": infer(mdp, temperature).value / temperature,
        "temperature": temperature,
    }
    return Case(n_states * n_actions * horizon, arguments)


def _mdp(transition, reward, prior, initial, log_beta):
    return MDP(transition, reward, horizon=len(log_beta) - 1, prior=prior, initial=initial)


def reference(transition, reward, prior, initial, log_beta, temperature):
    """alpha_t(s) beta_t(s), normalised over the states at each t."""
    return infer(_mdp(transition, reward, prior, initial, log_beta), temperature).marginals


def _forward(transition, reward, prior, initial, log_beta, temperature, *, normalise=True):
    """alpha_t(s), (H + 1, S): normalised, p(s_t | O_0:t-1), or the joint p(s_t, O_0:t-1)."""
    step = np.einsum("sa,sax->sx", prior * np.exp(reward / temperature), transition)
    alpha = [initial]
    for _ in log_beta[1:]:
        ahead = alpha[-1] @ step
        alpha.append(ahead / ahead.sum() if normalise else ahead)
    return np.array(alpha)


def _met(alpha, log_beta):
    """alpha times beta, normalised over the states."""
    with np.errstate(divide="ignore"):
        return softmax(np.log(alpha) + log_beta, axis=1)


def _safe(reward):
    """The same rewards up to a constant, which no normalised answer depends on."""
    return reward - reward.max()


@misconception("the forward message alone")
def forward_alone(transition, reward, prior, initial, log_beta, temperature):
    """These are the forward messages: where the agent is, given that the steps *before* t were optimal. At the
    start they are the prior start, as if nothing were known of the journey. The steps still to come tell
    something too, and `log_beta` holds it."""
    return _forward(transition, _safe(reward), prior, initial, log_beta, temperature)


@misconception("the backward message alone")
def backward_alone(transition, reward, prior, initial, log_beta, temperature):
    """These are the backward messages, made to sum to one: which state would promise most. The agent is not free
    to be there. How likely it is to have come so far is the forward message, and that has no effect here; nor
    has the start."""
    return softmax(log_beta, axis=1)


@misconception("the optimality of step t counted twice")
def optimality_twice(transition, reward, prior, initial, log_beta, temperature):
    """Your forward message already contains the optimality of step t, and so does the backward one. Together they
    count it twice, and states with a good reward of their own come out too likely. α_t(s) must stop before:
    p(s_t | O_0 … O_t−1). Multiply by the factor of a step on the way to the next state, not on arrival."""
    alpha = _forward(transition, _safe(reward), prior, initial, log_beta, temperature)
    own = (prior * np.exp(_safe(reward) / temperature)).sum(axis=1)
    alpha[:-1] *= own
    return _met(alpha, log_beta)


@misconception("the optimality of step t counted by neither")
def optimality_in_neither(transition, reward, prior, initial, log_beta, temperature):
    """Forward you have everything before t, backward everything after it, and the reward of step t itself is
    lost in between. One of the two messages has to include it; here that is the backward one, `log_beta[t]`,
    as it stands."""
    alpha = _forward(transition, _safe(reward), prior, initial, log_beta, temperature)
    ahead = np.log(np.einsum("sa,sax,tx->ts", prior, transition, np.exp(log_beta[1:] - log_beta[1:].max())))
    return np.concatenate([_met(alpha[:-1], ahead), alpha[-1:]])


@misconception("the message of the next step")
def one_step_late(transition, reward, prior, initial, log_beta, temperature):
    """The two messages are of different times: the forward one of t meets the backward one of t + 1. Both have
    H + 1 rows, row t of the one belongs to row t of the other. Look at your indices."""
    alpha = _forward(transition, _safe(reward), prior, initial, log_beta, temperature)
    return _met(alpha, np.concatenate([log_beta[1:], log_beta[-1:]]))


@misconception("a forward message that knows of no optimality")
def forward_of_the_prior(transition, reward, prior, initial, log_beta, temperature):
    """Your forward message is where the prior alone would take the agent. But the steps before t were optimal as
    well, and that makes costly detours on the way to s less likely. Each step forward carries its factor
    exp(r / T) along."""
    return _met(_forward(transition, 0 * reward, prior, initial, log_beta, temperature), log_beta)


@misconception("the posterior policy in the true world")
def posterior_policy_in_the_true_world(transition, reward, prior, initial, log_beta, temperature):
    """This is where the posterior *policy* takes the agent when the world keeps its own dynamics. A sensible thing
    to ask, and a different one: given optimality the dynamics change as well, lucky transitions become likelier,
    and the start shifts. A later notebook is about exactly this difference."""
    policy = infer(_mdp(transition, reward, prior, initial, log_beta), temperature).policy
    here = [initial]
    for table in policy:
        here.append(np.einsum("s,sa,sax->x", here[-1], table, transition))
    return np.array(here)


@misconception("divided by T again")
def divided_again(transition, reward, prior, initial, log_beta, temperature):
    """The messages that came in were divided by the temperature. They are log probabilities already, in nats:
    log β = V / T. A value V would have to be divided; here the temperature has one thing left to do, in the
    factor exp(r / T) of the forward message."""
    alpha = _forward(transition, _safe(reward), prior, initial, log_beta, temperature)
    return _met(alpha, log_beta / temperature)


@misconception("normalised over time")
def normalised_over_time(transition, reward, prior, initial, log_beta, temperature):
    """Each column sums to one: for every state the times at which the agent is there. But at each *time* it is
    somewhere, so every row has to sum to one. Look at the axis."""
    alpha = _forward(transition, _safe(reward), prior, initial, log_beta, temperature)
    with np.errstate(divide="ignore"):
        return softmax(np.log(alpha) + log_beta, axis=0)


def _sums_to_the_evidence(transition, reward, prior, initial, log_beta, temperature):
    alpha = _forward(transition, reward, prior, initial, log_beta, temperature, normalise=False)
    return alpha * np.exp(log_beta)


@misconception("not normalised", _sums_to_the_evidence)
def not_normalised(transition, reward, prior, initial, log_beta, temperature):
    """α times β, and there it ends: the rows do not sum to one. What they do sum to is worth knowing, though. It is
    the probability of the optimality still to come given that of the past, and if you never normalised α, every
    row sums to the same number: the evidence."""
    alpha = _forward(transition, _safe(reward), prior, initial, log_beta, temperature)
    return alpha * np.exp(log_beta)


def _underflow(normalise):
    def answer(transition, reward, prior, initial, log_beta, temperature):
        alpha = _forward(transition, reward, prior, initial, log_beta, temperature, normalise=normalise)
        joint = alpha * np.exp(log_beta)
        return joint / joint.sum(axis=1, keepdims=True)

    return answer


def _underflow_of_the_factors(transition, reward, prior, initial, log_beta, temperature):
    return _met(_forward(transition, reward, prior, initial, log_beta, temperature), log_beta)


@misconception("underflow", _underflow(False), _underflow_of_the_factors)
def underflow(transition, reward, prior, initial, log_beta, temperature):
    """On ordinary rewards your marginals are right. Where every step costs a thousand, exp(r / T) is 0 for a
    computer, all the weights vanish together, and 0 / 0 is NaN. A constant taken off all rewards changes no
    normalised row, and a constant taken off a row of `log_beta` changes nothing either. Use both freedoms."""
    return _underflow(True)(transition, reward, prior, initial, log_beta, temperature)


exercise = Exercise(
    name="smoothed_marginals",
    title="forward meets backward",
    statement="""
        Write `my_smoothed_marginals(transition, reward, prior, initial, log_beta, temperature)`. It takes a small MDP
        in arrays, `transition` (S, A, S), `reward` and `prior` (S, A), `initial` (S,), and the log messages of the
        states, `log_beta` (H + 1, S), where row t is log p(O_t … O_H−1 | s_t) and the last row is zero. It returns the
        smoothed marginals p(s_t | O), of shape (H + 1, S):

            α_0(s) = p(s_0 = s)
            α_t+1(s') ∝ Σ_s,a α_t(s) · p0(a|s) · exp(r(s, a) / T) · p(s'|s, a)

            p(s_t | O) ∝ α_t(s_t) · exp(log_beta[t, s_t])

        Every row sums to one. Rewards as low as −2000 must not break it.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Two parts: a loop that pushes α one step ahead H times, then one line in which α meets β. For the loop,
        make one matrix of shape (S, S) first: the weight of going from s to s' in one step, summed over the
        actions. Which part of α_t+1 is the optimality of step t?""",
        """The matrix is `np.einsum("sa,sax->sx", prior * np.exp((reward - reward.max()) / temperature), transition)`,
        and α_t+1 = α_t @ matrix, divided by its sum. For the meeting, take the largest entry of each row of
        `log_beta` off that row before the exponential. Normalise rows last.""",
    ),
    minutes=15,
    difficulty=3,
    points=3,
    misconceptions=(
        forward_alone,
        backward_alone,
        optimality_twice,
        optimality_in_neither,
        one_step_late,
        forward_of_the_prior,
        posterior_policy_in_the_true_world,
        divided_again,
        normalised_over_time,
        not_normalised,
        underflow,
    ),
)
