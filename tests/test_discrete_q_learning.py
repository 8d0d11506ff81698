"""Deep Q-learning with n actions: targets by hand, the table it must find, how it explores, and that it learns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

torch = pytest.importorskip("torch")

from deep_cases import (  # noqa: E402
    TINY,
    assert_same_state,
    every_junction,
    junctions,
    parameters_of,
    training_of,
)

from softopt import operators  # noqa: E402
from softopt.deep import Batch, DiscreteQConfig, DiscreteQLearning, ReplayBuffer, evaluate, train  # noqa: E402
from softopt.deep.discrete_q_learning import boltzmann, critic_loss, entropy, soft_maximum  # noqa: E402
from softopt.tabular import plan  # noqa: E402

T, LOG3 = 2.0, np.log(3)


def linear(**changes):
    """Networks one can work by hand: Q(s) = (s, 2 + s) T log 3 / 2; the target's Q(s) = (0, 2 s) T log 3."""
    given = {**TINY, "hidden": (), "discount": 0.5, "temperature": T, "warm_up": 0, **changes}
    agent = DiscreteQLearning(1, 2, DiscreteQConfig(**given), seed=0)
    with torch.no_grad():
        agent.critic.weights[0].copy_(T * LOG3 / 2 * torch.tensor([[[1.0, 1.0]]]))
        agent.critic.biases[0].copy_(T * LOG3 / 2 * torch.tensor([[[0.0, 2.0]]]))
        agent.target_critic.weights[0].copy_(T * LOG3 * torch.tensor([[[0.0, 2.0]]]))
        agent.target_critic.biases[0].zero_()
    return agent


def one(reward, terminated, truncated, action=1):
    """From s = 1 to s' = .5, where the target's Q is (0, T log 3)."""
    buffer = ReplayBuffer(1, 1, 1)
    buffer.add([1.0], [action], reward, [0.5], terminated, truncated)
    return buffer.sample(1, torch.Generator())


class TestTarget:
    # exp(0) + exp(log 3) = 4, so V is T log 4 where the maximum is T log 3; both are halved by the discount.
    @pytest.mark.parametrize(("temperature", "future"), [(T, 0.5 * T * np.log(4)), (0.0, 0.5 * T * LOG3)])
    @pytest.mark.parametrize(
        ("terminated", "truncated", "counts"),
        [(False, False, 1), (True, False, 0), (False, True, 1), (True, True, 0)],  # a time limit is no end
    )
    @pytest.mark.parametrize(("action", "q"), [(0, T * LOG3 / 2), (1, 3 * T * LOG3 / 2)])
    def test_by_hand(self, temperature, future, terminated, truncated, counts, action, q):
        loss, logged = critic_loss(linear(temperature=temperature), one(3.0, terminated, truncated, action))
        y = 3 + counts * future
        assert logged["target"].item() == pytest.approx(y, rel=1e-6)
        assert logged["q"].item() == pytest.approx(q, rel=1e-6)
        assert loss.item() == pytest.approx(0.5 * (q - y) ** 2, rel=1e-5)
        assert logged["temperature"] == temperature

    def test_only_the_action_that_was_taken_learns(self):
        agent = linear()
        loss, logged = critic_loss(agent, one(3.0, False, False, action=1))
        loss.backward()
        error = (logged["q"] - logged["target"]).item()
        assert_allclose(agent.critic.biases[0].grad.ravel(), [0, error], rtol=1e-6)
        assert all(parameter.grad is None for parameter in agent.target_critic.parameters())

    @pytest.mark.parametrize(
        # Q differs by T log 3 at s = 1: a policy of (1/4, 3/4).
        ("temperature", "nats"), [(T, np.log(4) - 0.75 * LOG3), (0.0, 0.0), (1e6, np.log(2))]
    )  # fmt: skip
    def test_entropy_by_hand(self, temperature, nats):
        _, logged = critic_loss(linear(temperature=temperature), one(3.0, False, False))
        assert logged["entropy"].item() == pytest.approx(nats, abs=1e-6)

    def test_the_target_network_follows_by_a_share(self):
        agent = DiscreteQLearning(5, 3, DiscreteQConfig(**{**TINY, "tau": 0.3}), seed=0)
        before = parameters_of(agent.target_critic)
        assert torch.equal(before, parameters_of(agent.critic))
        logged = agent.update(every_junction())
        assert not torch.equal(before, parameters_of(agent.critic))
        assert_allclose(parameters_of(agent.target_critic), 0.7 * before + 0.3 * parameters_of(agent.critic), atol=1e-7)
        assert logged.keys() == DiscreteQLearning.logged.keys()


ROWS = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6)


class TestMaximum:
    @given(row=ROWS, temperature=st.floats(1e-6, 1e6) | st.just(0.0))
    @settings(max_examples=100, deadline=None)
    def test_is_that_of_the_tables(self, row, temperature):
        q = torch.tensor([row], dtype=torch.float64)
        scale = max(1.0, np.abs(row).max(), temperature)
        expected = operators.soft_maximum(np.array([row]), temperature)
        assert_allclose(soft_maximum(q, temperature), expected, atol=1e-12 * scale)
        if temperature:
            policy = operators.boltzmann(np.array([row]), temperature)
            assert_allclose(boltzmann(q, temperature), policy, atol=1e-9)
            assert_allclose(entropy(q, temperature), operators.entropy(policy), atol=1e-8)

    def test_the_limit_is_the_hard_maximum(self):
        q = torch.tensor([[1.0, 2.5, 2.0], [4.0, 4.0, 4.0]])
        gaps = [(soft_maximum(q, t) - soft_maximum(q, 0.0)).numpy() for t in (1.0, 1e-1, 1e-2, 1e-3, 1e-6)]
        assert (np.diff(gaps, axis=0) <= 0).all()
        assert_allclose(np.array(gaps)[:, 1], np.log(3) * np.array([1.0, 1e-1, 1e-2, 1e-3, 1e-6]), atol=1e-6)
        assert (gaps[-1] <= 1.2e-6).all()
        targets = [critic_loss(linear(temperature=t), one(3.0, False, False))[1]["target"].item() for t in (1e-4, 0.0)]
        assert targets[0] == pytest.approx(targets[1], abs=1e-6)

    @pytest.mark.parametrize("temperature", [0.0, 1e-6, 1.0, 1e6])
    @pytest.mark.parametrize("size", [1e4, 1e30])
    def test_nothing_overflows(self, size, temperature):
        agent = linear(temperature=temperature)
        with torch.no_grad():
            for network in (agent.critic, agent.target_critic):
                network.biases[0].copy_(size * torch.tensor([[[1.0, -1.0]]]))
        _, logged = critic_loss(agent, one(3.0, False, False))
        assert logged["target"].item() == pytest.approx(0.5 * max(size, temperature * np.log(2)), rel=1e-2)
        assert torch.isfinite(logged["entropy"])
        assert agent.act(np.ones(1, np.float32)) in (0, 1)


@pytest.mark.parametrize("temperature", [0.0, 0.05, 0.5, 2.0])
def test_finds_the_values_of_the_table(temperature):
    """One linear layer on rows of the unit matrix is a table; sweeps over all transitions leave no sampling error."""
    changes = {"hidden": (), "learning_rate": 0.05, "tau": 0.1, "discount": 0.9, "temperature": temperature}
    agent, sweep = DiscreteQLearning(5, 3, DiscreteQConfig(**{**TINY, **changes}), seed=0), every_junction()
    optimum = plan(junctions(), temperature).soft_q[:4]  # the fifth state is the end; nothing is learned there

    def error():
        with torch.no_grad():
            return np.abs(agent.critic(torch.eye(5))[0, :4].numpy() - optimum).max()

    assert error() > 3
    for _ in range(1_500):
        agent.update(sweep)
    assert error() < 2e-4  # of values up to 12, in float32; .0019 after a thousand sweeps
    if temperature == 2.0:  # and it would have told the two optima apart
        assert np.abs(plan(junctions(), 0.0).soft_q[:4] - optimum).max() > 2


def test_finds_them_from_its_own_experience():
    """The same table, from what the soft policy itself meets; what is left is the noise of the last batches."""
    changes = {"hidden": (), "learning_rate": 0.02, "tau": 0.05, "discount": 0.5, "temperature": 1.0}
    training = training_of(DiscreteQLearning, DiscreteQConfig(**{**TINY, **changes}), "Junctions-v0")
    for _ in train(training, 2_500, evaluate_every=0):
        pass
    with torch.no_grad():
        found = training.agent.critic(torch.eye(5))[0, :4].numpy()
    assert_allclose(found, plan(junctions(0.5), 1.0).soft_q[:4], atol=0.25)


class TestActing:
    def counts(self, agent, draws=2_000):
        return np.mean([agent.act(np.ones(1, np.float32)) for _ in range(draws)])

    def test_soft_draws_from_its_own_policy(self):
        agent = linear()
        assert abs(self.counts(agent) - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 2_000)
        action = agent.act(np.ones(1, np.float32))
        assert action.shape == (1,)
        assert action.dtype == np.float32
        assert agent.epsilon == 0

    @pytest.mark.parametrize("temperature", [0.0, T])
    def test_is_evaluated_with_the_largest_q(self, temperature):
        agent = linear(temperature=temperature, epsilon_start=1.0)
        assert {agent.best_action(np.full(1, s, np.float32)).item() for s in (-3.0, 0.0, 3.0)} == {1.0}

    @pytest.mark.parametrize("temperature", [0.0, T])
    def test_uniform_first(self, temperature):
        agent = linear(temperature=temperature, warm_up=10, epsilon_start=0.0, epsilon_end=0.0)
        assert abs(self.counts(agent) - 0.5) < 4 * 0.5 / np.sqrt(2_000)

    def test_epsilon_comes_down_in_a_line(self):
        agent = linear(temperature=0.0, epsilon_start=0.9, epsilon_end=0.1, epsilon_steps=40, warm_up=100)
        schedule = {0: 0.9, 100: 0.9, 110: 0.7, 120: 0.5, 140: 0.1, 5_000: 0.1}
        for steps, epsilon in schedule.items():
            agent.replay.added = steps
            assert agent.epsilon == pytest.approx(epsilon)
        agent.replay.added = 120  # with one half any of two actions: the worse one with a quarter
        assert abs(self.counts(agent) - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 2_000)

    @pytest.mark.parametrize("temperature", [0.0, 0.1])
    def test_a_network_that_diverged_is_found_out(self, temperature):
        config = DiscreteQConfig(**{**TINY, "warm_up": 5}, temperature=temperature, epsilon_start=0.0, epsilon_end=0.0)
        training = training_of(DiscreteQLearning, config, "Junctions-v0")
        list(train(training, 6, evaluate_every=0))
        with torch.no_grad():
            training.agent.critic.biases[0].fill_(float("nan"))
        with pytest.raises(FloatingPointError, match=r"after 6 steps is \[nan\]: its network has diverged"):
            list(train(training, 7, evaluate_every=0))


@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_learns_to_balance_a_pole(temperature):
    changes = {"hidden": (32, 32), "warm_up": 200, "tau": 0.02, "epsilon_steps": 1_000, "temperature": temperature}
    training = training_of(DiscreteQLearning, DiscreteQConfig(**{**TINY, **changes}), "CartPole-v1", seed=1)
    agent, judge = training.agent, training.episodes.another()
    before, first = parameters_of(agent.critic), np.mean(evaluate(agent, judge, [7], 5))
    for _ in train(training, 3_000, evaluate_every=0):
        pass
    assert (parameters_of(agent.critic) != before).float().mean() > 0.5  # some units of a ReLU layer never wake
    last = np.mean(evaluate(agent, judge, [7], 5))
    assert first < 12  # an untrained one pushes to one side; uniformly random actions keep the pole up for 24 steps
    assert last > 60, (first, last)  # five seeds, either way: 114 to 500


@pytest.mark.parametrize("temperature", [0.0, 0.1])
def test_broken_off_and_taken_up_it_is_the_same_run(temperature):
    config = DiscreteQConfig(**{**TINY, "warm_up": 40}, temperature=temperature, epsilon_steps=60)

    def trained(steps, state=None, seed=0):
        training = training_of(DiscreteQLearning, config, "CartPole-v1", seed)
        if state:
            training.load_state(state)
        for _ in train(training, steps, evaluate_every=0):
            pass
        return training.state()

    whole = trained(130)
    assert_same_state(trained(130, trained(75)), whole)
    assert not torch.equal(trained(130, seed=1)["critic.weights.0"], whole["critic.weights.0"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epsilon_start": 1.1}, "epsilon_start must be a finite number at least 0 and at most 1; got 1.1"),
        ({"epsilon_end": -0.1}, "epsilon_end must be a finite number at least 0"),
        ({"epsilon_steps": 0}, "epsilon_steps must be a whole number, at least 1; got 0"),
        ({"temperature": -1.0}, "temperature must be a finite number at least 0"),
        ({"batch": 0}, "batch"),
    ],
)
def test_settings_out_of_range_are_sentences(changes, words):
    with pytest.raises(ValueError, match=words):
        DiscreteQConfig(**changes)


def test_indices_survive_the_replay():
    buffer = ReplayBuffer(3, 1, 1)
    for action in (0.0, 17.0, 2.0**20 + 1):
        buffer.add([0.0], np.array([action], np.float32), 0.0, [0.0], False, False)
    batch = Batch(*(None, buffer.table[:, 1:2], None, None, None))
    assert batch.action.long().ravel().tolist() == [0, 17, 2**20 + 1]
