"""Deep deterministic policy gradient (Lillicrap et al. 2016, arXiv 1509.02971), and the three repairs of TD3.

The other side of the lecture's comparison: a critic with a hard greedy policy inside, one action a state, and
exploration that is noise added from outside. TD3 (Fujimoto et al. 2018, arXiv 1802.09477) adds a second critic, noise
on the target's action and a slower policy; each is an option here.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from softopt.deep.batched import Batched
from softopt.deep.networks import DeterministicPolicy, TwinQ, frozen, polyak
from softopt.deep.optimiser import adam, pick_device, step
from softopt.deep.precision import products
from softopt.deep.replay_buffer import Batch, ReplayBuffer
from softopt.deep.settings import Settings

LOGGED = {
    "critic_loss": "J_Q = ½ Σₖ mean (Qₖ(s, a) − y)², with y = r + γ (1 − done) minₖ Q̄ₖ(s′, μ̄(s′))",
    "q": "mean of Q₁(s, a) over the batch, in reward units",
    "target": "mean of the target y over the batch, in reward units",
    "policy_loss": "J_μ = −mean Q₁(s, μ(s)) at the states of the batch; the latest one where the policy is delayed",
}


@dataclass(frozen=True)
class DDPGConfig(Settings):
    """Settings of DDPG.

    Attributes:
        hidden: sizes of the hidden layers of every network.
        batch: transitions in one update.
        learning_rate: of Adam, for critic and policy.
        discount: gamma; the weight of a reward one step later.
        tau: share of the way that the target networks move at each update (Polyak averaging).
        exploration_noise: standard deviation of the Gaussian noise on the action, which lies in [-1, 1].
        twin: TD3's first repair: two critics, and the smaller of them as the target.
        target_noise: TD3's second repair: standard deviation of the noise on the target's action, cut off at 2.5 of
            them; 0 for none.
        policy_delay: TD3's third repair: critic updates for one update of policy and targets; 1 for none.
        warm_up: steps of uniformly random actions before the first update.
        capacity: transitions that the replay buffer holds.
        precision: of matrix products in an update on the CPU: "float32", "reduced", or "auto" for what the CPU does
            fastest.
        device: "cpu", "cuda", or "auto" for CUDA where there is one.
    """

    hidden: tuple[int, ...] = (256, 256)
    batch: int = 256
    learning_rate: float = 1e-3
    discount: float = 0.99
    tau: float = 0.005
    exploration_noise: float = 0.1
    twin: bool = False
    target_noise: float = 0.0
    policy_delay: int = 1
    warm_up: int = 1_000
    capacity: int = 1_000_000
    precision: str = "auto"
    device: str = "auto"


class DDPG(Batched):
    """DDPG for observations (O,) and actions in [-1, 1]^A; arguments as for :class:`softopt.deep.SAC`.

    Attributes:
        policy, critic, target_policy, target_critic: the networks; targets are slow copies.
    """

    logged = LOGGED
    acts_with = ("policy",)

    def __init__(self, observation_size: int, action_size: int, config: DDPGConfig, seed: int) -> None:
        self.config = config
        self.device = pick_device(config.device)
        weights = torch.Generator().manual_seed(seed)
        self.policy = DeterministicPolicy(observation_size, action_size, config.hidden, weights).to(self.device)
        copies = 2 if config.twin else 1
        self.critic = TwinQ(observation_size, action_size, config.hidden, weights, copies).to(self.device)
        self.target_policy = copy.deepcopy(self.policy).requires_grad_(False)
        self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.replay = ReplayBuffer(config.capacity, observation_size, action_size, self.device)
        noise_seed = int(torch.randint(2**31, (), generator=weights))
        self.generator = torch.Generator(self.device).manual_seed(noise_seed)
        self.critic_optimiser = adam(self.critic, config.learning_rate)
        self.policy_optimiser = adam(self.policy, config.learning_rate)
        self.updates = torch.zeros((), dtype=torch.int64)
        self.policy_loss = torch.zeros(())

    @torch.no_grad()
    def act(self, observation: np.ndarray) -> np.ndarray:
        """The policy's action plus noise, clipped to [-1, 1]; uniform during the warm-up."""
        noise = torch.empty(self.replay.sizes[1], device=self.device)
        if self.replay.added < self.config.warm_up:
            return noise.uniform_(-1, 1, generator=self.generator).cpu().numpy()
        noise.normal_(std=self.config.exploration_noise, generator=self.generator)
        action = self.policy(torch.as_tensor(observation, device=self.device)[None])[0]
        return (action + noise).clamp(-1, 1).cpu().numpy()

    @torch.no_grad()
    def best_action(self, observation: np.ndarray) -> np.ndarray:
        """The policy's action (A,), without noise."""
        return self.policy(torch.as_tensor(observation, device=self.device)[None])[0].cpu().numpy()

    def draw(self, observation: Tensor, noise: Tensor) -> Tensor:
        """The policy's action (B, A) in each of B states (B, O): it has but one, and no noise enters."""
        return self.policy(observation)

    def learn(self, transition: tuple) -> dict[str, Tensor] | None:
        """Store one transition and make one update; return what was logged, or None during the warm-up."""
        self.replay.add(*transition)
        if self.replay.added <= self.config.warm_up:
            return None
        with products(self.config.precision):
            return self.update(self.replay.sample(self.config.batch, self.generator))

    def update(self, batch: Batch) -> dict[str, Tensor]:
        """One step for the critic and, when it is due, one for the policy and the targets."""
        loss_q, logged = critic_loss(self, batch)
        step(self.critic_optimiser, loss_q)
        self.updates += 1
        if self.updates % self.config.policy_delay == 0:
            loss_pi = policy_loss(self, batch)
            step(self.policy_optimiser, loss_pi)
            self.policy_loss.copy_(loss_pi.detach())
            polyak(self.target_critic, self.critic, self.config.tau)
            polyak(self.target_policy, self.policy, self.config.tau)
        return logged | {"policy_loss": self.policy_loss}

    def parts(self) -> dict[str, object]:
        """Everything that a checkpoint must hold."""
        names = ("policy", "critic", "target_policy", "target_critic", "critic_optimiser", "policy_optimiser")
        return {name: getattr(self, name) for name in (*names, "replay", "generator", "updates", "policy_loss")}


def critic_loss(ddpg: DDPG, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """Squared distance to the value of the target policy's action one step on (algorithm 1 of the DDPG paper)."""
    config = ddpg.config
    with torch.no_grad():
        next_action = ddpg.target_policy(batch.next_observation)
        if config.target_noise:
            noise = torch.empty_like(next_action).normal_(std=config.target_noise, generator=ddpg.generator)
            limit = 2.5 * config.target_noise  # .2 and .5 in the TD3 paper (eq. 14)
            next_action = (next_action + noise.clamp(-limit, limit)).clamp(-1, 1)
        next_q = ddpg.target_critic(batch.next_observation, next_action).amin(0)
        target = batch.reward + config.discount * (1 - batch.terminated) * next_q
    q = ddpg.critic(batch.observation, batch.action)
    loss = 0.5 * (q - target).square().mean(-1).sum()
    return loss, {"critic_loss": loss.detach(), "q": q[0].detach().mean(), "target": target.mean()}


def policy_loss(ddpg: DDPG, batch: Batch) -> Tensor:
    """Minus the critic's value of the policy's own action: the deterministic policy gradient (eq. 6)."""
    with frozen(ddpg.critic):
        return -ddpg.critic(batch.observation, ddpg.policy(batch.observation))[0].mean()
