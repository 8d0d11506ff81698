"""Soft Q-learning: its target by hand, its sampler against densities that are known, and that it learns."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

torch = pytest.importorskip("torch")

from deep_cases import TINY, batch_of, parameters_of, training_of  # noqa: E402
from torch import nn  # noqa: E402

from softopt.deep import Batch, SamplingNetwork, SoftQLearning, SoftQLearningConfig, evaluate, train  # noqa: E402
from softopt.deep.episodes import make  # noqa: E402
from softopt.deep.optimiser import step  # noqa: E402
from softopt.deep.soft_q_learning import critic_loss, of_particles, sampler_loss  # noqa: E402

PEAKS = {1: torch.tensor([[-0.6], [0.5]]), 2: torch.tensor([[0.6, 0.0], [0.0, 0.6], [-0.6, 0.0], [0.0, -0.6]])}
WIDTH = 0.25


class Peaks(nn.Module):
    """A Q that is the same in every state: the logarithm of a sum of Gaussians of equal height."""

    def __init__(self, n_actions):
        super().__init__()
        self.centres = PEAKS[n_actions]

    def forward(self, observation, action):
        squared = (action.unsqueeze(-2) - self.centres).square().sum(-1)
        return torch.logsumexp(-squared / (2 * WIDTH**2), -1)[None]


def agent_of(n_actions=2, seed=0, observation_size=3, **changes):
    return SoftQLearning(observation_size, n_actions, SoftQLearningConfig(**{**TINY, **changes}), seed)


def exact_draws(n_draws, n_actions, generator):
    """Draws from exp(Q) / Z by rejection."""
    q, found = Peaks(n_actions), torch.empty(0, n_actions)
    above = float(q(None, PEAKS[n_actions]).max()) + 0.1
    while len(found) < n_draws:
        action = torch.empty(8192, n_actions).uniform_(-1, 1, generator=generator)
        kept = torch.rand(8192, generator=generator) < torch.exp(q(None, action)[0] - above)
        found = torch.cat([found, action[kept]])
    return found[:n_draws]


def discrepancy(one, other, width=0.2):
    """Maximum mean discrepancy of two sets of draws, with a Gaussian kernel."""

    def kernel(x, y):
        return torch.exp(-torch.cdist(x, y).square() / (2 * width**2)).mean()

    return float((kernel(one, one) + kernel(other, other) - 2 * kernel(one, other)).clamp_min(0).sqrt())


class TestTarget:
    def test_the_soft_value_of_a_known_q_by_quadrature(self):
        agent = agent_of(1, value_particles=50_000, temperature=0.7, discount=0.9)
        agent.target_critic = Peaks(1)
        batch = batch_of(1, action_size=1)._replace(reward=torch.tensor([2.0]), terminated=torch.tensor([0.0]))
        q = lambda a: float(Peaks(1)(None, torch.tensor([[a]]))[0, 0])  # noqa: E731
        z, _ = quad(lambda a: math.exp(q(a) / 0.7), -1, 1)
        _, logged = critic_loss(agent, batch, 0.7)
        assert logged["target"].item() == pytest.approx(2 + 0.9 * 0.7 * math.log(z), abs=0.02)

    @pytest.mark.parametrize("proposal", ["uniform", "mixture"])
    def test_of_a_flat_q_it_is_exact_where_the_proposal_is_uniform(self, proposal):
        agent = agent_of(2, proposal=proposal, value_particles=2000)
        with torch.no_grad():
            for parameter in agent.target_critic.parameters():
                parameter.zero_()
        _, logged = critic_loss(agent, batch_of(8, terminated=0.0)._replace(reward=torch.zeros(8)), 1.0)
        exact = 0.99 * 2 * math.log(2)  # the entropy of a uniform action, one step later
        assert logged["target"].item() == pytest.approx(exact, abs=1e-5 if proposal == "uniform" else 0.05)

    def test_nothing_is_added_after_the_end(self):
        batch = batch_of(16, terminated=1.1)
        _, logged = critic_loss(agent_of(), batch, 1.0)
        assert logged["target"].item() == pytest.approx(batch.reward.mean().item(), rel=1e-5)

    def test_two_steps_learned_from_a_batch(self):
        """At 0 any action leads to 1; at 1 the action earns its Q and ends. So Q at 0 is the discounted soft value."""
        agent = agent_of(1, observation_size=1, hidden=(64, 64), value_particles=64, discount=0.9, tau=0.05)
        generator, peaks = torch.Generator().manual_seed(0), Peaks(1)
        for _ in range(1200):
            state = (torch.arange(128) % 2).float()[:, None]
            action = torch.empty(128, 1).uniform_(-1, 1, generator=generator)
            reward = torch.where(state[:, 0] == 1, peaks(state, action)[0], 0.0)
            agent.update(Batch(state, action, reward, torch.ones(128, 1), state[:, 0]))
        z, _ = quad(lambda a: math.exp(float(peaks(None, torch.tensor([[a]]))[0, 0])), -1, 1)
        actions = np.linspace(-0.9, 0.9, 7, dtype=np.float32)[:, None]
        found = agent.q_values(np.zeros((7, 1), np.float32), actions)
        np.testing.assert_allclose(found, 0.9 * math.log(z), atol=0.06)


class TestSampler:
    @pytest.mark.parametrize("n_actions", [1, 2])
    def test_it_draws_from_exp_q_and_keeps_every_peak(self, n_actions):
        """No seed is farther from the density than twice what as many exact draws are, and none loses a peak."""
        ratios, smallest = [], []
        for seed in range(8):
            agent = agent_of(n_actions, seed, 1, hidden=(64, 64), batch=8, capacity=1)
            agent.critic = Peaks(n_actions)
            for _ in range(800):
                step(agent.sampler_optimiser, sampler_loss(agent, torch.zeros(8, 1), 1.0)[0])
            drawn = torch.as_tensor(agent.sample(np.zeros((200, 1), np.float32), np.random.default_rng(seed)))
            generator = torch.Generator().manual_seed(100 + seed)
            reference = exact_draws(4000, n_actions, generator)
            exact = [discrepancy(exact_draws(200, n_actions, generator), reference) for _ in range(9)]
            ratios.append(discrepancy(drawn, reference) / np.median(exact))
            nearest = torch.cdist(drawn, PEAKS[n_actions]).argmin(1)
            smallest.append(min(float((nearest == peak).float().mean()) for peak in range(len(PEAKS[n_actions]))))
        assert max(ratios) < 2
        assert sum(share > 0.5 / len(PEAKS[n_actions]) for share in smallest) >= 7

    def test_the_loss_moves_the_draws_along_the_direction(self):
        agent = agent_of(2, batch=4)
        state = agent.generator.get_state()
        loss, direction = sampler_loss(agent, torch.randn(4, 3), 1.0)
        agent.generator.set_state(state)
        assert direction.shape == (4, 16, 2)
        (slope,) = torch.autograd.grad(loss, [agent.sampler.mlp.biases[-1]])
        # The last bias shifts every draw alike: so its slope is minus the mean of the directions.
        torch.testing.assert_close(slope[0, 0], -direction.sum((0, 1)) / (4 * 16))

    def test_no_gradient_reaches_the_critic(self):
        agent = agent_of()
        step(agent.sampler_optimiser, sampler_loss(agent, torch.randn(4, 3), 1.0)[0])
        assert all(parameter.grad is None for parameter in agent.critic.parameters())
        assert all(parameter.requires_grad for parameter in agent.critic.parameters())

    def test_its_first_draws_are_spread_over_all_actions(self):
        network = SamplingNetwork(3, 2, (64, 64), torch.Generator().manual_seed(0))
        noise = torch.randn(1, 4000, 2, generator=torch.Generator().manual_seed(1))
        action = torch.tanh(network(torch.zeros(1, 3), noise))[0]
        shares = torch.histc(action[:, 0], 4, -1, 1) / 4000
        assert shares.min() > 0.15

    def test_of_particles_asks_for_each_action_of_each_state(self):
        agent = agent_of()
        observation, action = torch.randn(5, 3), torch.rand(5, 7, 2)
        found = of_particles(agent.critic, observation, action)
        for state in range(5):
            alone = agent.critic(observation[state].expand(7, -1), action[state])[0]
            torch.testing.assert_close(found[state], alone)


class TestAgent:
    def test_the_temperature_falls_by_equal_factors(self):
        agent = agent_of(temperature=10.0, final_temperature=0.1, anneal_steps=100)
        found = []
        for updates in (0, 50, 100, 200):
            agent.updates.fill_(updates)
            found.append(agent.temperature)
        assert found == pytest.approx([10.0, 1.0, 0.1, 0.1])

    def test_draws_and_best_action(self):
        agent = agent_of()
        seen = np.zeros((500, 3), np.float32)
        drawn = agent.sample(seen, np.random.default_rng(0))
        assert drawn.shape == (500, 2)
        assert np.abs(drawn).max() <= 1
        assert np.array_equal(drawn, agent.sample(seen, np.random.default_rng(0)))
        best = agent.best_action(seen[0])
        assert np.array_equal(best, agent.best_action(seen[0]))
        assert agent.q_values(seen[:1], best[None])[0] >= np.median(agent.q_values(seen, drawn))

    def test_it_learns(self):
        training = training_of(SoftQLearning, SoftQLearningConfig(**TINY, temperature=0.05), "Aim-v0")
        judge, before = make("Aim-v0"), parameters_of(training.agent.sampler)
        untrained = np.mean(evaluate(training.agent, judge, [0], 20))
        list(train(training, 2000, evaluate_every=0))
        trained = np.mean(evaluate(training.agent, judge, [0], 20))
        assert not torch.equal(before, parameters_of(training.agent.sampler))
        assert trained > -0.5 > untrained

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"temperature": 0.0}, "temperature must be above 0"),
            ({"final_temperature": 0.0}, "final_temperature must be a finite number above 0"),
            ({"proposal": "normal"}, '"uniform" or "mixture"'),
            ({"proposal": "mixture", "value_particles": 7}, "two equal halves"),
            ({"fixed_particles": 0}, "fixed_particles must be a whole number"),
            ({"proposal_width": -1.0}, "proposal_width must be"),
        ],
    )
    def test_settings_that_make_no_sense(self, changes, said):
        with pytest.raises(ValueError, match=said):
            SoftQLearningConfig(**changes)
