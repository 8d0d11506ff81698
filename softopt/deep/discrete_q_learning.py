"""Q-learning with a network and n actions, soft and hard: two algorithms that differ in one line.

The target holds the value of the next state. Where DQN (Mnih et al. 2015, Nature 518) takes the best action's, max Q,
its soft twin takes V = T log of the sum of exp(Q / T), which is soft value iteration's. Over n actions the sum is exact
and the policy exp((Q - V) / T) can be drawn from as it stands: no samples, no second network. At T = 0 they are one.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from softopt.deep.networks import Mlp, polyak
from softopt.deep.optimiser import adam, pick_device, step
from softopt.deep.precision import products
from softopt.deep.replay_buffer import Batch, ReplayBuffer
from softopt.deep.settings import Settings

LOGGED = {
    "critic_loss": "J_Q = ½ mean (Q(s, a) − y)², with y = r + γ (1 − done) V(s′), V = T log Σ exp(Q̄ / T) or max Q̄",
    "q": "mean of Q(s, a) over the batch, in reward units: reward and, where T > 0, entropy still to come",
    "target": "mean of the target y over the batch, in reward units",
    "entropy": "−mean Σₐ π log π at the states of the batch, in nats, with π = exp((Q − V) / T); 0 at T = 0",
    "temperature": "T: the reward that one nat of entropy is worth",
}


@dataclass(frozen=True)
class DiscreteQConfig(Settings):
    """Settings of deep Q-learning with n actions, soft or hard.

    Attributes:
        hidden: sizes of the hidden layers.
        batch: transitions in one update.
        learning_rate: of Adam.
        discount: gamma; the weight of a reward one step later.
        tau: share of the way that the target network moves at each update (Polyak averaging).
        temperature: T, what one nat of entropy is worth in reward units; it acts by the policy exp((Q - V) / T). At 0
            it is DQN: the maximum in the target, the best action, and epsilon to explore with.
        epsilon_start: at temperature 0, probability of a uniformly random action after the warm-up.
        epsilon_end: the same, once it has come down.
        epsilon_steps: steps after the warm-up in which epsilon comes down, by equal amounts.
        warm_up: steps of uniformly random actions before the first update.
        capacity: transitions that the replay buffer holds.
        precision: of matrix products in an update on the CPU: "float32", "reduced", or "auto" for what the CPU does
            fastest.
        device: "cpu", "cuda", or "auto" for CUDA where there is one.
    """

    hidden: tuple[int, ...] = (64, 64)
    batch: int = 64
    learning_rate: float = 1e-3
    discount: float = 0.99
    tau: float = 0.01
    temperature: float = 0.1
    epsilon_start: float = 1.0
    epsilon_end: float = 0.05
    epsilon_steps: int = 10_000
    warm_up: int = 1_000
    capacity: int = 100_000
    precision: str = "auto"
    device: str = "auto"


class DiscreteQLearning:
    """Deep Q-learning for observations (O,) and a choice among n actions, by its index in an array (1,) of float32.

    Args:
        observation_size, n_actions: O and n.
        config: the settings.
        seed: of weights, exploration and batches.

    Attributes:
        critic, target_critic: networks from (B, O) to (1, B, n), Q of every action; the target is a slow copy.
    """

    logged = LOGGED
    acts_with = ("critic",)
    discrete = True

    def __init__(self, observation_size: int, n_actions: int, config: DiscreteQConfig, seed: int) -> None:
        self.config = config
        self.device = pick_device(config.device)
        self.n_actions = n_actions
        weights = torch.Generator().manual_seed(seed)
        self.critic = Mlp([observation_size, *config.hidden, n_actions], 1, weights).to(self.device)
        self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.replay = ReplayBuffer(config.capacity, observation_size, 1, self.device)
        noise_seed = int(torch.randint(2**31, (), generator=weights))
        self.generator = torch.Generator(self.device).manual_seed(noise_seed)
        self.critic_optimiser = adam(self.critic, config.learning_rate)

    @property
    def epsilon(self) -> float:
        """Probability of a uniformly random action at this point; 0 where T > 0, for the policy explores by itself."""
        config = self.config
        if config.temperature > 0:
            return 0.0
        share = min(max(self.replay.added - config.warm_up, 0) / config.epsilon_steps, 1.0)
        return config.epsilon_start + share * (config.epsilon_end - config.epsilon_start)

    @torch.no_grad()
    def act(self, observation: np.ndarray) -> np.ndarray:
        """Choose an action to explore with: drawn from exp((Q - V) / T); at T = 0 the best, or with epsilon any.

        Uniform during the warm-up. NaN where Q is not finite, so that nobody takes the choice for one.
        """
        epsilon = 1.0 if self.replay.added < self.config.warm_up else self.epsilon
        if epsilon and torch.rand((), generator=self.generator, device=self.device) < epsilon:
            chosen = torch.randint(self.n_actions, (), generator=self.generator, device=self.device)
            return np.array([chosen.item()], np.float32)
        q = self._q(observation)
        if not torch.isfinite(q).all():
            return np.array([np.nan], np.float32)
        if self.config.temperature == 0:
            return np.array([q.argmax().item()], np.float32)
        chosen = torch.multinomial(boltzmann(q, self.config.temperature), 1, generator=self.generator)
        return np.array([chosen.item()], np.float32)

    @torch.no_grad()
    def best_action(self, observation: np.ndarray) -> np.ndarray:
        """The action with the largest Q, at every temperature: both twins are evaluated without exploration."""
        return np.array([self._q(observation).argmax().item()], np.float32)

    def learn(self, transition: tuple) -> dict[str, Tensor | float] | None:
        """Store one transition and make one update; return what was logged, or None during the warm-up."""
        self.replay.add(*transition)
        if self.replay.added <= self.config.warm_up:
            return None
        with products(self.config.precision):
            return self.update(self.replay.sample(self.config.batch, self.generator))

    def update(self, batch: Batch) -> dict[str, Tensor | float]:
        """One step for the critic, and the target follows."""
        loss_q, logged = critic_loss(self, batch)
        step(self.critic_optimiser, loss_q)
        polyak(self.target_critic, self.critic, self.config.tau)
        return logged

    def parts(self) -> dict[str, object]:
        """Everything that a checkpoint must hold."""
        names = ("critic", "target_critic", "critic_optimiser", "replay", "generator")
        return {name: getattr(self, name) for name in names}

    def _q(self, observation: np.ndarray) -> Tensor:
        """(n,) Q of every action in one state."""
        return self.critic(torch.as_tensor(observation, device=self.device)[None])[0, 0]


def critic_loss(agent: DiscreteQLearning, batch: Batch) -> tuple[Tensor, dict[str, Tensor | float]]:
    """Squared distance to reward plus the next state's value (Mnih et al. 2015, algorithm 1, with either maximum)."""
    temperature, discount = agent.config.temperature, agent.config.discount
    with torch.no_grad():
        next_value = soft_maximum(agent.target_critic(batch.next_observation)[0], temperature)
        target = batch.reward + discount * (1 - batch.terminated) * next_value
    q_all = agent.critic(batch.observation)[0]
    q = q_all.gather(1, batch.action.long())[:, 0]
    loss = 0.5 * (q - target).square().mean()
    logged = {"critic_loss": loss.detach(), "q": q.detach().mean(), "target": target.mean()}
    return loss, logged | {"entropy": entropy(q_all.detach(), temperature).mean(), "temperature": temperature}


def soft_maximum(q: Tensor, temperature: float) -> Tensor:
    """V = T log of the sum over actions of exp(Q / T), in the entropy form; max Q at T = 0.

    The largest Q is taken out first: no exponential is above 1, whatever Q and T.

    Args:
        q: (..., n) in reward units.
        temperature: T >= 0, in reward units a nat.

    Returns:
        (...), in reward units: between max Q and max Q + T log n.
    """
    top = q.amax(-1)
    if temperature == 0:
        return top
    return top + temperature * torch.logsumexp((q - top.unsqueeze(-1)) / temperature, -1)


def boltzmann(q: Tensor, temperature: float) -> Tensor:
    """pi = exp((Q - V) / T), (..., n), for T > 0; arguments as for :func:`soft_maximum`."""
    return torch.softmax((q - q.amax(-1, keepdim=True)) / temperature, -1)


def entropy(q: Tensor, temperature: float) -> Tensor:
    """-sum pi log pi of the Boltzmann policy, in nats, (...); 0 at T = 0. Arguments as for :func:`soft_maximum`."""
    if temperature == 0:
        return q.new_zeros(q.shape[:-1])
    return torch.special.entr(boltzmann(q, temperature)).sum(-1)
