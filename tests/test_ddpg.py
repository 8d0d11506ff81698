"""DDPG: its target by hand, the three repairs of TD3 one at a time, and that it learns."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

torch = pytest.importorskip("torch")

from deep_cases import TINY, assert_same_state, batch_of, parameters_of, training_of  # noqa: E402

from softopt.deep import DDPG, Batch, DDPGConfig, ReplayBuffer, evaluate, train  # noqa: E402
from softopt.deep.ddpg import critic_loss, policy_loss  # noqa: E402
from softopt.deep.episodes import make  # noqa: E402


def linear(**changes):
    """Networks one can work by hand: mu = tanh(s / 2), Q_k = k + s + 2 a; targets: tanh(s), and 10 times that Q."""
    agent = DDPG(1, 1, DDPGConfig(**{**TINY, "hidden": (), "discount": 0.5, **changes}), seed=0)
    with torch.no_grad():
        for policy, slope in ((agent.policy, 0.5), (agent.target_policy, 1.0)):
            policy.mlp.weights[0].fill_(slope)
            policy.mlp.biases[0].zero_()
        for critic, scale in ((agent.critic, 1.0), (agent.target_critic, 10.0)):
            critic.mlp.weights[0].copy_(scale * torch.tensor([[[1.0], [2.0]]] * critic.mlp.copies))
            critic.mlp.biases[0].copy_(scale * torch.arange(critic.mlp.copies)[:, None, None])
    return agent


def one(reward, terminated, truncated):
    """From s = 1 with a = .25 to s' = .5."""
    buffer = ReplayBuffer(1, 1, 1)
    buffer.add([1.0], [0.25], reward, [0.5], terminated, truncated)
    return buffer.sample(1, torch.Generator())


FUTURE = 0.5 * 10 * (0.5 + 2 * np.tanh(0.5))


class TestTarget:
    @pytest.mark.parametrize(
        ("terminated", "truncated", "y"),
        [
            (False, False, 3 + FUTURE),  # target policy and target critic, not those that learn
            (True, False, 3.0),
            (False, True, 3 + FUTURE),  # a time limit is no end
            (True, True, 3.0),
        ],
    )
    def test_by_hand(self, terminated, truncated, y):
        loss, logged = critic_loss(linear(), one(3.0, terminated, truncated))
        assert logged["target"].item() == pytest.approx(y, rel=1e-6)
        assert logged["q"].item() == pytest.approx(1.5)
        assert loss.item() == pytest.approx(0.5 * (1.5 - y) ** 2, rel=1e-6)

    def test_twin_takes_the_smaller_for_both(self):
        agent = linear(twin=True)
        assert agent.critic.mlp.copies == 2
        y = 3 + FUTURE  # the second twin says 5 more
        loss, logged = critic_loss(agent, one(3.0, False, False))
        assert logged["target"].item() == pytest.approx(y, rel=1e-6)
        assert loss.item() == pytest.approx(0.5 * (1.5 - y) ** 2 + 0.5 * (2.5 - y) ** 2, rel=1e-6)
        assert DDPG(1, 1, DDPGConfig(**TINY), 0).critic.mlp.copies == 1

    def test_target_noise_is_cut_off_and_stays_in_the_box(self):
        agent = linear(target_noise=0.2)
        targets = np.array([critic_loss(agent, one(0.0, False, False))[1]["target"].item() for _ in range(800)])
        noise = (targets / 5 - 0.5) / 2 - np.tanh(0.5)  # y = 5 (s' + 2 a')
        assert noise.max() == pytest.approx(0.5, abs=1e-5)  # 2.5 deviations
        assert noise.min() == pytest.approx(-0.5, abs=1e-5)
        inside = noise[np.abs(noise) < 0.499]
        assert 0.97 < len(inside) / len(noise) < 0.998  # 98.8 % of a Gaussian
        assert abs(noise.mean()) < 4 * 0.2 / np.sqrt(800)
        assert abs(np.std(noise) - 0.2) < 0.02
        with torch.no_grad():
            agent.target_policy.mlp.biases[0].fill_(20.0)  # its action is 1: noise can only lower it
        targets = np.array([critic_loss(agent, one(0.0, False, False))[1]["target"].item() for _ in range(200)])
        assert targets.max() == pytest.approx(5 * 2.5, rel=1e-6)
        assert 0.3 < np.mean(targets > 5 * 2.5 - 1e-4) < 0.7

    def test_no_noise_draws_nothing(self):
        agent = linear()
        before = agent.generator.get_state()
        critic_loss(agent, one(0.0, False, False))
        assert torch.equal(agent.generator.get_state(), before)


class TestPolicyUpdate:
    def test_gradient_by_hand(self):
        agent = linear(twin=True)
        batch = Batch(torch.tensor([[1.0], [-2.0]]), None, None, None, None)
        loss = policy_loss(agent, batch)
        action = np.tanh([0.5, -1.0])
        assert loss.item() == pytest.approx(-np.mean([1.0, -2.0] + 2 * action), rel=1e-6)  # the first critic alone
        loss.backward()
        # d/dw of -mean 2 tanh(w s) = -mean 2 s (1 - a^2)
        assert agent.policy.mlp.weights[0].grad.item() == pytest.approx(
            -np.mean(2 * np.array([1.0, -2.0]) * (1 - action**2)), rel=1e-5
        )
        assert all(parameter.grad is None for parameter in agent.critic.parameters())

    @pytest.mark.parametrize("delay", [1, 2, 3])
    def test_delay_holds_back_policy_and_targets(self, delay):
        agent = DDPG(3, 2, DDPGConfig(**TINY, policy_delay=delay), seed=0)
        slow = ("policy", "target_policy", "target_critic")
        for update in range(1, 7):
            before = {name: parameters_of(getattr(agent, name)) for name in (*slow, "critic")}
            logged = agent.update(batch_of(32, seed=update))
            moved = {name: not torch.equal(parameters_of(getattr(agent, name)), old) for name, old in before.items()}
            assert moved["critic"]
            assert [moved[name] for name in slow] == [update % delay == 0] * 3
            assert logged.keys() == DDPG.logged.keys()

    def test_targets_follow_by_a_share(self):
        agent = DDPG(3, 2, DDPGConfig(**{**TINY, "tau": 0.3}), seed=0)
        before = parameters_of(agent.target_critic)
        assert torch.equal(before, parameters_of(agent.critic))
        agent.update(batch_of(32))
        expected = 0.7 * before + 0.3 * parameters_of(agent.critic)
        assert_allclose(parameters_of(agent.target_critic), expected, atol=1e-7)


class TestActing:
    def test_explores_by_noise_around_its_policy(self):
        agent = linear(exploration_noise=0.1, warm_up=0)
        actions = np.array([agent.act(np.ones(1, np.float32)).item() for _ in range(2_000)])
        assert abs(actions.mean() - np.tanh(0.5)) < 4 * 0.1 / np.sqrt(2_000)
        assert abs(actions.std() - 0.1) < 0.01
        assert agent.best_action(np.ones(1, np.float32)).item() == pytest.approx(np.tanh(0.5))
        agent = linear(exploration_noise=5.0, warm_up=0)
        actions = np.array([agent.act(np.ones(1, np.float32)).item() for _ in range(100)])
        assert np.abs(actions).max() == 1  # never outside

    def test_uniform_first(self):
        agent = linear(warm_up=100)
        actions = np.array([agent.act(np.ones(1, np.float32)).item() for _ in range(2_000)])
        assert np.histogram(actions, bins=8, range=(-1, 1))[0].min() > 180


LEARNING = {**TINY, "hidden": (32, 32), "batch": 64, "learning_rate": 3e-3, "discount": 0.9, "tau": 0.02}


@pytest.mark.parametrize(
    ("seeds", "changes"),
    [((0, 1, 2), {}), ((0, 1, 2), {"twin": True, "target_noise": 0.2, "policy_delay": 2})],
    ids=["ddpg", "td3"],
)
def test_learns_a_small_task(seeds, changes):
    earned = []
    for seed in seeds:
        training = training_of(DDPG, DDPGConfig(**LEARNING, **changes), "Aim-v0", seed)
        agent, judge = training.agent, make("Aim-v0")
        before = [parameters_of(module) for module in (agent.policy, agent.critic)]
        first = np.mean(evaluate(agent, judge, [7], 5))
        for _ in train(training, 400, evaluate_every=0):
            pass
        after = [parameters_of(module) for module in (agent.policy, agent.critic)]
        assert all((new != old).float().mean() > 0.25 for new, old in zip(after, before, strict=True))
        earned.append((first, np.mean(evaluate(agent, judge, [7], 5))))
    # Doing nothing earns -3.4, the best there is 0.
    assert all(first < -2 and last > -0.5 for first, last in earned), earned


def test_same_seed_same_run():
    def state(seed):
        training = training_of(DDPG, DDPGConfig(**TINY, target_noise=0.2), seed=seed)
        for _ in train(training, 130, evaluate_every=0):
            pass
        return training.state()

    first = state(0)
    assert_same_state(state(0), first)
    assert not torch.equal(state(1)["policy.mlp.weights.0"], first["policy.mlp.weights.0"])
