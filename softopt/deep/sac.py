"""Soft actor-critic (Haarnoja et al. 2018a, arXiv 1801.01290; 2018b, arXiv 1812.05905): the lecture from 5:22 on.

The critic is that of a *given* policy: where soft value iteration has a soft maximum over actions, this has one action
of the policy and its log-probability. The policy is then fitted to exp(Q / T). The class holds what is learned; the
functions :func:`soft_target`, :func:`critic_loss` and :func:`policy_loss` are the algorithm.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from softopt.deep.batched import Batched
from softopt.deep.explicit_sac import ExplicitUpdate
from softopt.deep.networks import GaussianPolicy, TwinQ, frozen, polyak
from softopt.deep.optimiser import adam, pick_device, step
from softopt.deep.precision import products
from softopt.deep.replay_buffer import Batch, ReplayBuffer
from softopt.deep.settings import Settings

LOGGED = {
    "critic_loss": "J_Q = ½ Σₖ mean (Qₖ(s, a) − y)², with y = r + γ (1 − done) (minₖ Q̄ₖ(s′, a′) − T log π(a′ | s′))",
    "q": "mean of Q₁(s, a) over the batch, in reward units: reward and entropy still to come",
    "target": "mean of the target y over the batch, in reward units",
    "policy_loss": "J_π = mean [ T log π(a | s) − minₖ Qₖ(s, a) ], with a drawn from π at the states of the batch",
    "entropy": "−mean log π(a | s) at the states of the batch, in nats, of the action scaled to [−1, 1]",
    "temperature": "T: the reward that one nat of entropy is worth",
}


@dataclass(frozen=True)
class SACConfig(Settings):
    """Settings of soft actor-critic; the defaults learn fast in a short run.

    Attributes:
        hidden: sizes of the hidden layers of every network.
        batch: transitions in one update.
        learning_rate: of Adam, for the critics, the policy and the temperature.
        discount: gamma; the weight of a reward one step later.
        tau: share of the way that the target critics move at each update (Polyak averaging).
        temperature: T, what one nat of entropy is worth in reward units; None learns it.
        target_entropy: nats that a learned temperature holds the policy to; None is minus the number of action
            coordinates.
        warm_up: steps of uniformly random actions before the first update.
        capacity: transitions that the replay buffer holds.
        explicit: use the update with gradients written out by hand, which is faster and gives the same numbers.
        precision: of matrix products in an update on the CPU: "float32", "reduced", or "auto" for what the CPU does
            fastest.
        device: "cpu", "cuda", or "auto" for CUDA where there is one.
    """

    hidden: tuple[int, ...] = (256, 256)
    batch: int = 256
    learning_rate: float = 1e-3
    discount: float = 0.99
    tau: float = 0.005
    temperature: float | None = 0.2
    target_entropy: float | None = None
    warm_up: int = 1_000
    capacity: int = 1_000_000
    explicit: bool = True
    precision: str = "auto"
    device: str = "auto"


class SAC(Batched):
    """Soft actor-critic for observations (O,) and actions in [-1, 1]^A.

    Args:
        observation_size, action_size: O and A.
        config: the settings.
        seed: of weights, noise and batches.

    Attributes:
        policy, critic, target_critic: the networks; the target is a slow copy of the critic.
        log_alpha: log T where the temperature is learned, else None.
    """

    logged = LOGGED
    acts_with = ("policy",)

    def __init__(self, observation_size: int, action_size: int, config: SACConfig, seed: int) -> None:
        self.config = config
        self.device = pick_device(config.device)
        weights = torch.Generator().manual_seed(seed)
        self.policy = GaussianPolicy(observation_size, action_size, config.hidden, weights).to(self.device)
        self.critic = TwinQ(observation_size, action_size, config.hidden, weights).to(self.device)
        self.target_critic = copy.deepcopy(self.critic).requires_grad_(False)
        self.log_alpha = nn.Parameter(torch.zeros((), device=self.device)) if config.temperature is None else None
        self.target_entropy = -float(action_size) if config.target_entropy is None else config.target_entropy
        self.replay = ReplayBuffer(config.capacity, observation_size, action_size, self.device)
        noise_seed = int(torch.randint(2**31, (), generator=weights))
        self.generator = torch.Generator(self.device).manual_seed(noise_seed)

        self.critic_optimiser = adam(self.critic, config.learning_rate)
        self.policy_optimiser = adam(self.policy, config.learning_rate)
        self.alpha_optimiser = adam([self.log_alpha], config.learning_rate) if self.log_alpha is not None else None
        self._explicit = ExplicitUpdate(self) if config.explicit else None

    @property
    def temperature(self) -> Tensor | float:
        """T, learned or fixed."""
        return self.config.temperature if self.log_alpha is None else self.log_alpha.detach().exp()

    @torch.no_grad()
    def act(self, observation: np.ndarray) -> np.ndarray:
        """Draw an action (A,) in [-1, 1] to explore with; uniform during the warm-up."""
        noise = torch.empty(1, self.replay.sizes[1], device=self.device)
        if self.replay.added < self.config.warm_up:
            return noise.uniform_(-1, 1, generator=self.generator)[0].cpu().numpy()
        seen = torch.as_tensor(observation, device=self.device)[None]
        return self.draw(seen, noise.normal_(generator=self.generator))[0].cpu().numpy()

    def draw(self, observation: Tensor, noise: Tensor) -> Tensor:
        """The policy's actions (B, A) in B states (B, O), from standard normal noise (B, A)."""
        return self.policy(observation).at(noise)

    @torch.no_grad()
    def best_action(self, observation: np.ndarray) -> np.ndarray:
        """The policy's mean action (A,), with which it is evaluated."""
        return self.policy(torch.as_tensor(observation, device=self.device)[None]).mode[0].cpu().numpy()

    def learn(self, transition: tuple) -> dict[str, Tensor] | None:
        """Store one transition and make one update; return what was logged, or None during the warm-up."""
        self.replay.add(*transition)
        if self.replay.added <= self.config.warm_up:
            return None
        with products(self.config.precision):
            return self.update(self.replay.sample(self.config.batch, self.generator))

    def update(self, batch: Batch) -> dict[str, Tensor]:
        """One step for the critics, one for the policy, one for the temperature, and the target follows."""
        if self._explicit is not None:
            return self._explicit(batch)
        temperature = self.temperature

        loss_q, logged = critic_loss(self, batch, temperature)
        step(self.critic_optimiser, loss_q)

        loss_pi, log_prob = policy_loss(self, batch, temperature)
        step(self.policy_optimiser, loss_pi)
        if self.alpha_optimiser is not None:
            step(self.alpha_optimiser, temperature_loss(self.log_alpha, log_prob, self.target_entropy))

        polyak(self.target_critic, self.critic, self.config.tau)
        return logged | {"policy_loss": loss_pi.detach(), "entropy": -log_prob.mean(), "temperature": temperature}

    def parts(self) -> dict[str, object]:
        """Everything that a checkpoint must hold."""
        names = ("policy", "critic", "target_critic", "critic_optimiser", "policy_optimiser", "replay", "generator")
        learned = ("log_alpha", "alpha_optimiser") if self.log_alpha is not None else ()
        return {name: getattr(self, name) for name in (*names, *learned)}


def critic_loss(sac: SAC, batch: Batch, temperature: Tensor | float) -> tuple[Tensor, dict[str, Tensor]]:
    """Squared distance to the value of *this* policy one step on (2018b, eq. 5; 5:51 in the lecture)."""
    with torch.no_grad():
        next_action, next_log_prob = sac.policy(batch.next_observation).rsample_with_log_prob(sac.generator)
        next_q = sac.target_critic(batch.next_observation, next_action)
        target = soft_target(batch, next_q, next_log_prob, temperature, sac.config.discount)
    q = sac.critic(batch.observation, batch.action)
    loss = 0.5 * (q - target).square().mean(-1).sum()
    return loss, {"critic_loss": loss.detach(), "q": q[0].detach().mean(), "target": target.mean()}


def soft_target(
    batch: Batch, next_q: Tensor, next_log_prob: Tensor, temperature: Tensor | float, discount: float
) -> Tensor:
    """y = r + discount (1 - done) (min_k Q_k(s', a') - T log pi(a'|s')), with a' drawn (2018b, eq. 3 and 6; 7:14).

    There is no soft maximum in it. The entropy enters as minus T log pi of the one drawn action, and neither it nor
    the future is counted where the task has ended.

    Args:
        batch: its rewards and terminations are read.
        next_q: (K, B) target critics at s' and the drawn action.
        next_log_prob: (B,) log-probability of that action, in nats.
        temperature, discount: T, in reward units a nat, and gamma.

    Returns:
        (B,).
    """
    next_value = next_q.amin(0) - temperature * next_log_prob
    return batch.reward + discount * (1 - batch.terminated) * next_value


def policy_loss(sac: SAC, batch: Batch, temperature: Tensor | float) -> tuple[Tensor, Tensor]:
    """T times the KL divergence of the policy to exp(Q / T) / Z, up to T log Z (2018b, eq. 9; 6:18 in the lecture).

    The states come from the buffer, whoever's policy went there; the actions are this policy's own.
    """
    action, log_prob = sac.policy(batch.observation).rsample_with_log_prob(sac.generator)
    with frozen(sac.critic):
        q = sac.critic(batch.observation, action).amin(0)
    return (temperature * log_prob - q).mean(), log_prob.detach()


def temperature_loss(log_alpha: Tensor, log_prob: Tensor, target_entropy: float) -> Tensor:
    """Raise T where the policy's entropy is below its target, lower it where it is above (2018b, eq. 18)."""
    return -log_alpha.exp() * (log_prob + target_entropy).mean()
