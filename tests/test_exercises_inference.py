"""The exercises on inference in a reader's words: right answers that must pass, mistakes that come in twos."""

import numpy as np
import pytest
from scipy.special import logsumexp

from softopt.exercises.control_as_inference import backward_message, posterior_policy, smoothed_marginals
from softopt.exercises.optimism_and_the_variational_fix import evidence_gap, optimism, posterior_dynamics
from softopt.tabular import MDP, enumerate_trajectories, infer


def message_in_loops(transition, reward, prior, log_next, temperature):
    n_states, n_actions = reward.shape
    shift = max(log_next)
    message = np.zeros(n_states)
    for s in range(n_states):
        total = 0.0
        for a in range(n_actions):
            onwards = sum(transition[s, a, x] * np.exp(log_next[x] - shift) for x in range(n_states))
            total += prior[s, a] * np.exp(reward[s, a] / temperature) * onwards
        message[s] = shift + np.log(total)
    return message


def policy_by_logsumexp(log_beta, prior):
    joint = log_beta + np.log(prior)
    return np.exp(joint - logsumexp(joint, axis=1, keepdims=True))


def marginals_by_the_hints(transition, reward, prior, initial, log_beta, temperature):
    step = np.einsum("sa,sax->sx", prior * np.exp((reward - reward.max()) / temperature), transition)
    rows, alpha = [], initial
    for message in log_beta:
        joint = alpha * np.exp(message - message.max())
        rows.append(joint / joint.sum())
        alpha = alpha @ step / (alpha @ step).sum()
    return rows


def optimism_with_a_shift(transition, value, temperature):
    top = value.max()
    hope = top + temperature * np.log((transition * np.exp((value - top) / temperature)).sum(-1))
    return hope - (transition * value).sum(-1)


def dynamics_in_a_loop(transition, value, temperature):
    believed = np.zeros_like(transition)
    for s, a in np.ndindex(*transition.shape[:2]):
        weights = transition[s, a] * np.exp((value - value.max()) / temperature)
        believed[s, a] = weights / weights.sum()
    return believed


def gap_by_counting(mdp, policy, temperature):
    ways = enumerate_trajectories(mdp, temperature)
    gap = 0.0
    for states, actions, posterior in zip(ways.states, ways.actions, ways.posterior, strict=True):
        q = mdp.initial[states[0]]
        for t, a in enumerate(actions):
            q *= policy[t, states[t], a] * mdp.transition[states[t], a, states[t + 1]]
        if q > 0:
            gap += q * np.log(q / posterior)
    return gap


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        (backward_message, message_in_loops),
        (posterior_policy, policy_by_logsumexp),
        (smoothed_marginals, marginals_by_the_hints),
        (optimism, optimism_with_a_shift),
        (posterior_dynamics, dynamics_in_a_loop),
        (evidence_gap, gap_by_counting),
    ],
    ids=lambda thing: getattr(thing, "name", ""),
)
def test_right_in_a_readers_words(exercise, answer):
    verdict = exercise.check(answer)
    assert verdict.correct, verdict


def test_backward_messages_step_by_step_are_infers():
    transition, reward, prior, _, temperature = backward_message.draw()[-1].arguments.values()
    message = np.zeros(len(reward))
    for _ in range(5):
        message = backward_message.reference(transition, reward, prior, message, temperature)
    posterior = infer(MDP(transition, reward, prior=prior, horizon=5), temperature)
    np.testing.assert_allclose(temperature * message, posterior.value[0], rtol=0, atol=1e-12)


def test_the_temperature_is_forgotten_and_it_overflows_as_well():
    def first_try(transition, reward, prior, log_next, temperature):
        return np.log((prior * np.exp(reward) * (transition @ np.exp(log_next))).sum(axis=1))

    verdict = backward_message.check(first_try)
    assert verdict.misconception == "the temperature is missing"
    assert "infinite" in verdict.explanation


def test_a_value_is_no_message_and_a_message_no_value():
    def value(transition, reward, prior, log_next, temperature):
        beta = (prior * np.exp(reward / temperature) * (transition @ np.exp(log_next))).sum(axis=1)
        return temperature * np.log(beta)

    def divided(transition, reward, prior, initial, log_beta, temperature):
        step = np.einsum("sa,sax->sx", prior * np.exp(reward / temperature), transition)
        alpha = [initial]
        for _ in log_beta[1:]:
            alpha.append(alpha[-1] @ step)
        joint = np.array(alpha) * np.exp(log_beta / temperature)
        return joint / joint.sum(axis=1, keepdims=True)

    assert backward_message.check(value).misconception == "a value in place of a log message"
    assert smoothed_marginals.check(divided).misconception == "divided by T again"


def test_a_row_of_the_dynamics_lies_along_the_last_axis():
    def over_the_actions(transition, value, temperature):
        weight = transition * np.exp(value / temperature)
        return weight / weight.sum(axis=1, keepdims=True)

    assert posterior_dynamics.check(over_the_actions).misconception == "normalised over the wrong axis"


def test_the_case_shows_all_that_the_gap_depends_on():
    verdict = evidence_gap.check(lambda mdp, policy, temperature: 0.0)
    shown = {label for label, _ in verdict.evidence}
    assert {"mdp.prior", "mdp.initial", "mdp.horizon", "mdp.transition", "mdp.reward", "policy"} <= shown
