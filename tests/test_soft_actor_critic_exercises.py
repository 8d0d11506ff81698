"""The exercises on soft actor-critic: worked by hand, equal to what the learner computes, and readers understood."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from test_imports import run_without

from softopt.deep import SAC, Batch, SACConfig, SquashedGaussian
from softopt.deep.sac import critic_loss, policy_loss, temperature_loss
from softopt.exercises import soft_actor_critic as exercises
from softopt.tabular.learning import Transition

U = 0.5 * np.log(3)  # tanh(U) = 1/2, so the slope there is 3/4
GAUSSIAN = -0.9189385332046727  # log-density of a standard Gaussian at its mean: -(log 2 pi) / 2


# Worked by hand.


@pytest.mark.parametrize(
    ("before", "log_std", "expected"),
    [
        ([0.0], [0.0], GAUSSIAN),
        ([0.0, 0.0], [0.0, 0.0], 2 * GAUSSIAN),
        ([U], [0.0], GAUSSIAN - np.log(3 / 4)),
        ([U], [np.log(2)], GAUSSIAN - np.log(2) - np.log(3 / 4)),
        ([20.0], [0.0], GAUSSIAN - (np.log(4) - 40)),  # 1 - tanh(u)^2 is 4 exp(-2u) out there
        ([-30.0], [0.0], GAUSSIAN - (np.log(4) - 60)),
    ],
)
def test_log_probability_at_the_mean(before, log_std, expected):
    for scale in (0.4, 2.0):
        row = np.array([before])
        answer = exercises.log_probability.reference(row, row, np.array([log_std]), np.full(len(before), scale))
        assert_allclose(answer, [expected], atol=1e-12)


def test_the_density_of_the_action_integrates_to_one():
    action = np.linspace(-1, 1, 200_001)[1:-1, None]  # 1e-5 apart
    mean, log_std = np.full_like(action, 0.4), np.full_like(action, -0.7)
    log_prob = exercises.log_probability.reference(np.arctanh(action), mean, log_std, np.array([2.0]))
    assert_allclose(np.exp(log_prob).sum() * 1e-5, 1.0, atol=1e-6)


def test_soft_target_by_hand():
    reward, next_log_prob = np.array([1.0, 1.0, 1.0]), np.array([-1.0, -1.0, 0.5])
    next_q = np.array([[3.0, 3.0, 7.0], [5.0, 5.0, 6.0]])
    terminated, truncated = np.array([False, True, False]), np.array([False, False, True])
    # V = 3 + 2, nothing, 6 - 1
    answer = exercises.soft_target.reference(reward, terminated, truncated, next_q, next_log_prob, 2.0, 0.5)
    assert_allclose(answer, [3.5, 1.0, 3.5], atol=1e-15)


@pytest.mark.parametrize(
    ("terminated", "truncated", "expected"), [(False, False, -1.5), (True, False, 0.0), (False, True, -1.5)]
)
def test_critic_gradient_by_hand(terminated, truncated, expected):
    q = np.array([[1.0, 0.0], [4.0, 2.0]])
    step = Transition(0, 0, 1.0, 1, terminated, truncated)  # y = 1 + (2 + 2 / 2) / 2, or 1
    answer = exercises.critic_gradient.reference(q, step, 1, -0.5, 2.0, 0.5)
    assert_allclose(answer, [[expected, 0.0], [0.0, 0.0]], atol=1e-15)


@pytest.mark.parametrize(
    ("mean", "log_std", "noise", "expected"),
    [
        (U, 0.0, 0.0, [-1.0, -2.0]),  # 2 T a - slope (1 - a^2) = 2 - 3; the width alone: -T
        (U - 1, 0.0, 1.0, [-1.0, -3.0]),
        (U - 1, np.log(2), 0.5, [-1.0, -3.0]),
        (U + 1, np.log(2), -0.5, [-1.0, -1.0]),
    ],
)
def test_policy_gradient_by_hand(mean, log_std, noise, expected):
    arguments = (np.array([value]) for value in (mean, log_std, noise, 4.0))
    assert_allclose(exercises.policy_gradient.reference(*arguments, 2.0)[:, 0], expected, atol=1e-12)


@pytest.mark.parametrize(("log_alpha", "expected"), [(0.0, 0.5), (np.log(2), 1.0), (-np.log(2), 0.25)])
def test_temperature_gradient_by_hand(log_alpha, expected):
    # mean log pi = 1.5 lies below A = 2: enough entropy, so a descent lowers T.
    assert_allclose(exercises.temperature_gradient.reference(log_alpha, np.array([1.0, 2.0]), 2), expected, atol=1e-15)


# The learner computes the same, on networks and random transitions.


@pytest.fixture
def made():
    """A small SAC in float64 and a batch in which a third of the transitions terminated."""
    sac = SAC(3, 2, SACConfig(hidden=(8, 8), capacity=1, explicit=False, device="cpu", discount=0.9), seed=0)
    for module in (sac.policy, sac.critic, sac.target_critic):
        module.double()
    with torch.no_grad():  # the target lags behind, as it does in training
        for parameter in sac.target_critic.parameters():
            parameter += 0.1
    made = torch.Generator().manual_seed(1)
    observation, next_observation = torch.randn(2, 6, 3, dtype=torch.float64, generator=made)
    action = torch.tanh(torch.randn(6, 2, dtype=torch.float64, generator=made))
    terminated = torch.tensor([0, 1, 0, 0, 1, 0], dtype=torch.float64)
    reward = torch.randn(6, dtype=torch.float64, generator=made)
    return SimpleNamespace(sac=sac, batch=Batch(observation, action, reward, next_observation, terminated))


def drawn(sac, observation):
    """Distribution, noise, action and log-probability that the next loss will draw; the generator stays as it is."""
    state = sac.generator.get_state()
    policy = sac.policy(observation)
    action, log_prob = policy.rsample_with_log_prob(sac.generator)
    sac.generator.set_state(state)
    noise = torch.empty_like(action).normal_(generator=sac.generator)
    sac.generator.set_state(state)
    return policy, noise, action, log_prob


def test_log_probability_is_the_policys(made):
    policy, noise, action, log_prob = drawn(made.sac, made.batch.observation)
    mean, log_std = policy._mean.detach(), policy.log_std.detach()
    before = mean + log_std.exp() * noise
    rows = before.numpy(), mean.numpy(), log_std.numpy(), np.ones(2)
    answer = exercises.log_probability.reference(*rows)
    assert_allclose(answer, log_prob.detach(), atol=1e-12)
    assert_allclose(answer, SquashedGaussian(mean, log_std).log_prob(action).detach(), atol=1e-10)


def test_soft_target_is_the_one_in_the_critics_loss(made):
    sac, batch = made.sac, made.batch
    with torch.no_grad():
        _, _, action, log_prob = drawn(sac, batch.next_observation)
        next_q, q = sac.target_critic(batch.next_observation, action), sac.critic(batch.observation, batch.action)
    truncated = np.array([False, False, True, False, False, True])
    ended = batch.terminated.numpy() > 0
    target = exercises.soft_target.reference(
        batch.reward.numpy(), ended, truncated, next_q.numpy(), log_prob.numpy(), 0.3, 0.9
    )
    loss, logged = critic_loss(sac, batch, 0.3)
    assert_allclose(logged["target"], target.mean(), atol=1e-12)
    assert_allclose(loss.detach(), 0.5 * ((q.numpy() - target) ** 2).mean(axis=1).sum(), atol=1e-12)


def test_critic_gradient_is_that_of_the_critics_loss(made):
    """At each critic's last bias, where the slope of Q is 1: the mean over the batch of Q - y."""
    sac, batch = made.sac, made.batch
    with torch.no_grad():
        _, _, action, log_prob = drawn(sac, batch.next_observation)
        next_q = sac.target_critic(batch.next_observation, action).amin(0)
        q = sac.critic(batch.observation, batch.action)
    critic_loss(sac, batch, 0.3)[0].backward()
    for k in range(2):
        gradients = []
        for b in range(6):
            step = Transition(0, 0, float(batch.reward[b]), 1, bool(batch.terminated[b]), False)
            table = np.array([[float(q[k, b])], [float(next_q[b])]])
            gradients.append(exercises.critic_gradient.reference(table, step, 0, float(log_prob[b]), 0.3, 0.9))
        assert_allclose(sac.critic.mlp.biases[-1].grad[k].item(), np.mean(gradients, axis=0)[0, 0], atol=1e-12)
        assert not np.any([gradient[1] for gradient in gradients])
    assert all(parameter.grad is None for parameter in sac.policy.parameters())


def test_policy_gradient_is_that_of_the_policys_loss(made):
    sac, batch = made.sac, made.batch
    policy, noise, action, _ = drawn(sac, batch.observation)
    action = action.detach().requires_grad_()
    sac.critic(batch.observation, action).amin(0).sum().backward()
    rows = zip(*(x.detach().numpy() for x in (policy._mean, policy.log_std, noise, action.grad)), strict=True)
    expected = np.array([exercises.policy_gradient.reference(*row, 0.3) for row in rows])  # (B, 2, A)

    policy_loss(sac, batch, 0.3)[0].backward()
    at_the_last_bias = sac.policy.mlp.biases[-1].grad[0, 0]  # means, then log standard deviations
    assert_allclose(at_the_last_bias, expected.mean(axis=0).ravel(), atol=1e-10)


def test_the_target_entropy_is_the_learners():
    sac = SAC(3, 4, SACConfig(hidden=(8,), capacity=1, temperature=None, explicit=False, device="cpu"), seed=0)
    log_prob = torch.tensor([5.0, 2.0, 3.5])
    with torch.no_grad():
        sac.log_alpha.fill_(-0.5)
    temperature_loss(sac.log_alpha, log_prob, sac.target_entropy).backward()
    answer = exercises.temperature_gradient.reference(-0.5, log_prob.numpy(), 4)
    assert_allclose(sac.log_alpha.grad, answer, atol=1e-6)


# What readers really write.


def test_log_probability_as_large_programs_have_it():
    def gaussian(u, mean, log_std):
        return -0.5 * ((u - mean) / np.exp(log_std)) ** 2 - log_std - 0.5 * np.log(2 * np.pi)

    def with_the_scale(before, mean, log_std, scale):
        slope = np.log(scale * (1 - np.tanh(before) ** 2) + 1e-6)
        return (gaussian(before, mean, log_std) - slope).sum(1)

    def by_hyperbolic_cosine(before, mean, log_std, scale):
        return gaussian(before, mean, log_std).sum(1) + 2 * np.log(np.cosh(before)).sum(1)

    def sign_and_overflow(before, mean, log_std, scale):
        return (gaussian(before, mean, log_std) + np.log(1 - np.tanh(before) ** 2)).sum(1)

    check = exercises.log_probability.check
    assert check(with_the_scale).misconception == "the density of the scaled action"
    assert check(by_hyperbolic_cosine).correct
    verdict = check(sign_and_overflow)
    assert verdict.misconception == "the sign of the tanh term"
    assert "infinite" in verdict.explanation


def test_a_target_with_one_flag_and_with_a_loop():
    def done(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
        going_on = ~np.logical_or(terminated, truncated)
        return reward + going_on * discount * (np.minimum(*next_q) - temperature * next_log_prob)

    def loop(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
        y = list(reward)
        for b, over in enumerate(terminated):
            if not over:
                y[b] += discount * (min(next_q[0][b], next_q[1][b]) - temperature * next_log_prob[b])
        return y

    assert exercises.soft_target.check(done).misconception == "a time limit taken for an end"
    assert exercises.soft_target.check(loop).correct


def test_a_critic_trained_by_autograd():
    def by_autograd(q, step, next_action, next_log_prob, temperature, discount, detach=False):
        table = torch.tensor(q, requires_grad=True)
        future = table[step.next_state, next_action] - temperature * next_log_prob
        y = step.reward + discount * (not step.terminated) * future
        error = table[step.state, step.action] - (y.detach() if detach else y)
        (0.5 * error**2).backward()
        return table.grad.numpy()

    check = exercises.critic_gradient.check
    assert check(by_autograd).misconception == "the gradient runs through the target"
    assert check(lambda *arguments: by_autograd(*arguments, detach=True)).correct


def test_a_policy_gradient_by_finite_differences_is_right():
    def loss(mean, log_std, noise, q_slope, temperature):
        u = mean + np.exp(log_std) * noise
        log_prob = (-0.5 * noise**2 - log_std + 2 * np.log(np.cosh(u))).sum()
        return temperature * log_prob - q_slope @ np.tanh(u)

    def differences(mean, log_std, noise, q_slope, temperature, h=1e-5):
        def slope(which):
            moves = h * np.eye(len(mean))
            there = [loss(mean + m * (not which), log_std + m * which, noise, q_slope, temperature) for m in moves]
            back = [loss(mean - m * (not which), log_std - m * which, noise, q_slope, temperature) for m in moves]
            return np.subtract(there, back) / (2 * h)

        return [slope(0), slope(1)]

    for case in exercises.policy_gradient.draw():
        arguments = case.arguments.values()
        assert_allclose(differences(*arguments), exercises.policy_gradient.reference(*arguments), atol=1e-7)


# What the verdicts say is so.


def test_a_held_action_leaves_the_entropy_without_a_push():
    noise, weight = np.polynomial.hermite_e.hermegauss(40)
    held = next(m for m in exercises.policy_gradient.misconceptions if m.name == "the action is held fixed in log π")
    one = np.ones(1)
    pushes = [held.answers[0](0.7 * one, -0.3 * one, n * one, 0 * one, 2.0) for n in noise]
    assert_allclose(np.tensordot(weight / weight.sum(), pushes, 1), 0.0, atol=1e-12)


def test_target_entropies_are_those_of_the_widths_named():
    """A narrow policy in the middle, where tanh is nearly straight: -1 nat is 0.09, -1/2 nat is 0.15."""
    for nats, std in ((-1.0, 0.09), (-0.5, 0.15)):
        width = torch.tensor([[np.log(std)]]).double()
        policy = SquashedGaussian(torch.zeros_like(width), width)
        noise = torch.linspace(-5, 5, 2001).double()[:, None]
        weight = torch.exp(-0.5 * noise**2)[:, 0]
        log_prob = policy.log_prob(torch.tanh(std * noise))
        assert_allclose(-(weight * log_prob).sum() / weight.sum(), nats, atol=0.05)


def test_the_other_folders_do_without_torch():
    printed = run_without(
        {"torch"}, "from softopt.exercises import policy_gradients_and_q_learning as e; print(len(e.__all__))"
    )
    assert printed.split() == ["4"]
