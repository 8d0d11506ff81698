"""Soft Q-learning (Haarnoja et al. 2017, arXiv 1702.08165): the lecture from 2:02 to 4:50.

Where Q-learning takes the best action's value, this takes V = T log of the integral of exp(Q / T), by importance
sampling (:mod:`softopt.deep.soft_value`). Its policy is exp((Q - V) / T) itself, with as many peaks as Q has. Nobody
can draw from that directly, so a network that turns noise into actions learns to (:mod:`softopt.deep.stein`).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from softopt.deep.batched import Batched
from softopt.deep.networks import SamplingNetwork, TwinQ, frozen, polyak
from softopt.deep.optimiser import adam, pick_device, step
from softopt.deep.precision import products
from softopt.deep.replay_buffer import Batch, ReplayBuffer
from softopt.deep.settings import Settings
from softopt.deep.soft_value import mixture_proposal, soft_value, uniform_proposal
from softopt.deep.squashed_gaussian import log_slope
from softopt.deep.stein import stein_direction

LOGGED = {
    "critic_loss": "J_Q = ½ mean (Q(s, a) − y)², with y = r + γ (1 − done) V(s′), V = T log mean exp(Q̄ / T) / q",
    "q": "mean of Q(s, a) over the batch, in reward units: reward and entropy still to come",
    "target": "mean of the target y over the batch, in reward units",
    "stein": "root mean square of the direction in which the sampler's draws are asked to move, before tanh",
    "temperature": "T: the reward that one nat of entropy is worth",
}
JUDGED = 32  # draws of which the best is taken when the agent is evaluated


@dataclass(frozen=True)
class SoftQLearningConfig(Settings):
    """Settings of soft Q-learning.

    Attributes:
        hidden: sizes of the hidden layers of every network.
        batch: transitions in one update.
        learning_rate: of Adam, for the critic and the sampler.
        discount: gamma; the weight of a reward one step later.
        tau: share of the way that the target critic moves at each update (Polyak averaging).
        temperature: T, what one nat of entropy is worth in reward units.
        final_temperature: T after ``anneal_steps`` updates, reached by equal factors; None keeps it.
        anneal_steps: updates over which the temperature changes.
        value_particles: actions from which the value of a state is estimated.
        fixed_particles: draws of the sampler that say where the density is, in each state.
        moved_particles: draws of the sampler that are moved towards it, in each state.
        proposal: where the value's actions come from: "uniform", or "mixture", half of them close to the sampler's.
        proposal_width: of the mixture: standard deviation around the sampler's draws, before tanh.
        warm_up: steps of uniformly random actions before the first update.
        capacity: transitions that the replay buffer holds.
        precision: of matrix products in an update on the CPU: "float32", "reduced", or "auto" for what the CPU does
            fastest.
        device: "cpu", "cuda", or "auto" for CUDA where there is one.
    """

    hidden: tuple[int, ...] = (128, 128)
    batch: int = 128
    learning_rate: float = 1e-3
    discount: float = 0.99
    tau: float = 0.01
    temperature: float = 1.0
    final_temperature: float | None = None
    anneal_steps: int = 10_000
    value_particles: int = 16
    fixed_particles: int = 16
    moved_particles: int = 16
    proposal: str = "uniform"
    proposal_width: float = 0.3
    warm_up: int = 1_000
    capacity: int = 1_000_000
    precision: str = "auto"
    device: str = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.temperature == 0:
            raise ValueError("temperature must be above 0; at 0 the policy is a maximum, not a density to draw from.")
        if self.proposal not in ("uniform", "mixture"):
            raise ValueError(f'proposal is "uniform" or "mixture"; got {self.proposal!r}.')
        if self.proposal == "mixture" and self.value_particles % 2:
            raise ValueError(f"a mixture proposal draws two equal halves; value_particles is {self.value_particles}.")


class SoftQLearning(Batched):
    """Soft Q-learning for observations (O,) and actions in [-1, 1]^A; arguments as for :class:`softopt.deep.SAC`.

    Attributes:
        critic, target_critic: Q, and a slow copy of it.
        sampler: the network whose draws follow exp(Q / T).
        updates: made so far; the temperature depends on it.
    """

    logged = LOGGED
    acts_with = ("sampler", "critic", "judged_noise", "updates")

    def __init__(self, observation_size: int, action_size: int, config: SoftQLearningConfig, seed: int) -> None:
        self.config = config
        self.device = pick_device(config.device)
        weights = torch.Generator().manual_seed(seed)
        self.critic = TwinQ(observation_size, action_size, config.hidden, weights, copies=1).to(self.device)
        self.sampler = SamplingNetwork(observation_size, action_size, config.hidden, weights).to(self.device)
        self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.judged_noise = torch.empty(1, JUDGED, action_size).normal_(generator=weights).to(self.device)
        self.replay = ReplayBuffer(config.capacity, observation_size, action_size, self.device)
        noise_seed = int(torch.randint(2**31, (), generator=weights))
        self.generator = torch.Generator(self.device).manual_seed(noise_seed)
        self.critic_optimiser = adam(self.critic, config.learning_rate)
        self.sampler_optimiser = adam(self.sampler, config.learning_rate)
        self.updates = torch.zeros((), dtype=torch.int64)

    @property
    def temperature(self) -> float:
        """T at this point of the schedule."""
        config = self.config
        if config.final_temperature is None:
            return config.temperature
        share = min(int(self.updates) / config.anneal_steps, 1.0)
        return config.temperature ** (1 - share) * config.final_temperature**share

    @torch.no_grad()
    def act(self, observation: np.ndarray) -> np.ndarray:
        """Draw an action (A,) in [-1, 1] to explore with; uniform during the warm-up."""
        noise = torch.empty(1, self.replay.sizes[1], device=self.device)
        if self.replay.added < self.config.warm_up:
            return noise.uniform_(-1, 1, generator=self.generator)[0].cpu().numpy()
        seen = torch.as_tensor(observation, device=self.device)[None]
        return self.draw(seen, noise.normal_(generator=self.generator))[0].cpu().numpy()

    def draw(self, observation: Tensor, noise: Tensor) -> Tensor:
        """The sampler's actions (B, A) in B states (B, O), from standard normal noise (B, A)."""
        return torch.tanh(self.sampler(observation, noise[:, None]))[:, 0]

    @torch.no_grad()
    def best_action(self, observation: np.ndarray) -> np.ndarray:
        """Of 32 draws, always from the same noise, the action (A,) with the largest Q."""
        seen = torch.as_tensor(observation, device=self.device)[None]
        actions = torch.tanh(self.sampler(seen, self.judged_noise))[0]
        return actions[self.critic(seen.expand(JUDGED, -1), actions)[0].argmax()].cpu().numpy()

    def learn(self, transition: tuple) -> dict[str, Tensor | float] | None:
        """Store one transition and make one update; return what was logged, or None during the warm-up."""
        self.replay.add(*transition)
        if self.replay.added <= self.config.warm_up:
            return None
        with products(self.config.precision):
            return self.update(self.replay.sample(self.config.batch, self.generator))

    def update(self, batch: Batch) -> dict[str, Tensor | float]:
        """One step for the critic, one for the sampler, and the target follows."""
        temperature = self.temperature
        loss_q, logged = critic_loss(self, batch, temperature)
        step(self.critic_optimiser, loss_q)
        loss_f, direction = sampler_loss(self, batch.observation, temperature)
        step(self.sampler_optimiser, loss_f)
        polyak(self.target_critic, self.critic, self.config.tau)
        self.updates += 1
        return logged | {"stein": direction.square().mean().sqrt(), "temperature": temperature}

    def parts(self) -> dict[str, object]:
        """Everything that a checkpoint must hold."""
        names = ("critic", "target_critic", "sampler", "critic_optimiser", "sampler_optimiser", "judged_noise")
        return {name: getattr(self, name) for name in (*names, "replay", "generator", "updates")}


def critic_loss(agent: SoftQLearning, batch: Batch, temperature: float) -> tuple[Tensor, dict[str, Tensor]]:
    """Squared distance to reward plus soft value one step on (2017, eq. 11)."""
    with torch.no_grad():
        action, log_proposal = propose(agent, batch.next_observation)
        next_q = of_particles(agent.target_critic, batch.next_observation, action)
        next_value = soft_value(next_q, log_proposal, temperature)  # eq. 10
        target = batch.reward + agent.config.discount * (1 - batch.terminated) * next_value
    q = agent.critic(batch.observation, batch.action)[0]
    loss = 0.5 * (q - target).square().mean()
    return loss, {"critic_loss": loss.detach(), "q": q.detach().mean(), "target": target.mean()}


def propose(agent: SoftQLearning, observation: Tensor) -> tuple[Tensor, Tensor]:
    """Actions (B, M, A) to estimate a value from, and the logarithm of their density (B, M)."""
    config = agent.config
    if config.proposal == "uniform":
        size = (len(observation), config.value_particles, agent.replay.sizes[1])
        return uniform_proposal(size, agent.generator, like=observation)
    particles = agent.sampler(observation, noise(agent, observation, config.fixed_particles))
    return mixture_proposal(particles, config.value_particles, config.proposal_width, agent.generator)


def sampler_loss(agent: SoftQLearning, observation: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """A loss whose slope moves the sampler's draws along the Stein direction (2017, eq. 13 and 14).

    The density is that of u, of which the action is tanh(u): log p(u) = Q(s, tanh u) / T + sum log(1 - tanh(u)^2), up
    to a constant. So no draw leaves [-1, 1]^A, and the kernel measures distances where there is no edge.

    Returns:
        The loss, and the direction (B, M, A).
    """
    config = agent.config
    with torch.no_grad():
        fixed = agent.sampler(observation, noise(agent, observation, config.fixed_particles))
    moved = agent.sampler(observation, noise(agent, observation, config.moved_particles))
    fixed.requires_grad_()
    with frozen(agent.critic):
        log_p = of_particles(agent.critic, observation, torch.tanh(fixed)) / temperature + log_slope(fixed).sum(-1)
    (score,) = torch.autograd.grad(log_p.sum(), fixed)
    direction, _ = stein_direction(fixed.detach(), score, moved.detach())
    return -(direction * moved).sum(-1).mean(), direction


def noise(agent: SoftQLearning, observation: Tensor, n_draws: int) -> Tensor:
    """Standard normal noise (B, N, A) for N draws in each of B states."""
    size = (len(observation), n_draws, agent.replay.sizes[1])
    return observation.new_empty(size).normal_(generator=agent.generator)


def of_particles(critic: TwinQ, observation: Tensor, action: Tensor) -> Tensor:
    """Q of N actions in each of B states: (B, O) and (B, N, A) to (B, N)."""
    there = observation.unsqueeze(1).expand(-1, action.shape[1], -1)
    return critic(there.flatten(0, 1), action.flatten(0, 1))[0].view(action.shape[:2])
