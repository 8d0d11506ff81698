"""The exercises on learning: their references are the package's learners, and readers' own words are understood."""

import numpy as np
from numpy.testing import assert_allclose
from scipy.special import logsumexp, softmax
from test_learning import PRIOR, random_mdp, record

from softopt.exercises import learning_soft_values, policy_gradients_and_q_learning
from softopt.tabular import evaluate, visitation
from softopt.tabular.learning import (
    compare_gradients,
    constant,
    g_learning,
    path_residuals,
    psi_learning,
    soft_q_learning,
)


def test_updates_over_a_stream_are_the_learners():
    mdp = random_mdp(prior=PRIOR)
    steps = record(mdp, 150, time_limit=5)
    prior, entropy_form = np.tile(PRIOR, (5, 1)), mdp.replace(prior=None)
    q, psi, g = np.zeros((5, 3)), 0.7 * np.log(prior), np.zeros((5, 3))
    psi[-1] = 0.0
    for t, step in enumerate(steps, start=1):
        q = learning_soft_values.soft_q_update.reference(q, step, 0.8, 0.7, 0.1)
        psi = learning_soft_values.psi_update.reference(psi, step, 0.8, 0.7, prior, 0.1)
        g = learning_soft_values.g_update.reference(g, step, 0.8, 0.02 * t, prior, 0.1)
    assert_allclose(q, soft_q_learning(entropy_form, steps, 0.7, rate=constant(0.1)).q, atol=1e-12)
    assert_allclose(psi, psi_learning(mdp, steps, 0.7, rate=constant(0.1)).q, atol=1e-12)
    assert_allclose(-g, g_learning(mdp, steps, 0.02, rate=constant(0.1)).q, atol=1e-12)


def test_the_path_residual_is_the_packages():
    exercise = policy_gradients_and_q_learning.path_residual
    mdp = random_mdp(n_states=4, n_actions=2)
    for case in exercise.draw():
        steps, value, policy, temperature, discount = case.arguments.values()
        mine = path_residuals(
            mdp.replace(discount=discount),
            steps,
            np.append(value, 0.0),
            np.vstack([policy, [0.5, 0.5]]),
            temperature,
            len(steps),
        )
        assert_allclose(mine[0], exercise.reference(steps, value, policy, temperature, discount), atol=1e-12)


def test_the_value_term_is_a_row_of_the_equivalence():
    mdp = random_mdp()
    q = np.random.default_rng(0).normal(size=(5, 3))
    terms = compare_gradients(mdp, q, 0.7)
    visits = visitation(mdp, terms.policy)
    value = np.where(mdp.terminal, 0.0, 0.7 * logsumexp(q / 0.7, axis=1))
    target = mdp.reward + mdp.discount * mdp.expect(value)
    for s in range(4):
        row = policy_gradients_and_q_learning.value_term.reference(q[s], target[s], 0.7)
        assert_allclose(visits[s] * row, terms.value_term[s], atol=1e-13)


# What readers really write.


def test_one_flag_for_both_ends():
    def done(q, step, discount, temperature, rate):
        new, ended = q.copy(), step.terminated or step.truncated
        future = 0 if ended else temperature * np.log(np.exp(q[step.next_state] / temperature).sum())
        new[step.state, step.action] += rate * (step.reward + discount * future - q[step.state, step.action])
        return new

    verdict = learning_soft_values.soft_q_update.check(done)
    assert verdict.misconception == "a time limit taken for an end"


def test_g_learning_through_soft_q_learning():
    def turned_round(g, step, discount, beta, prior, rate):
        q, temperature = -g, 1 / beta
        row, weights = q[step.next_state], prior[step.next_state]
        future = 0 if step.terminated else temperature * np.log(weights @ np.exp(row / temperature))
        q[step.state, step.action] += rate * (step.reward + discount * future - q[step.state, step.action])
        return -q

    assert learning_soft_values.g_update.check(turned_round).correct


def test_a_gradient_in_a_readers_words():
    exercise = policy_gradients_and_q_learning.soft_gradient

    def everywhere(mdp, logits, temperature):
        policy = softmax(logits, axis=1)
        plan = evaluate(mdp, policy, temperature)
        advantage = plan.soft_q - temperature * np.log(policy) - plan.value[:, None]
        return visitation(mdp, policy)[:, None] * policy * advantage

    def to_the_end(mdp, logits, temperature):
        return everywhere(mdp, logits, temperature) * ~mdp.terminal[:, None]

    assert exercise.check(everywhere).misconception == "a gradient where the episode has ended"
    assert exercise.check(to_the_end).correct
