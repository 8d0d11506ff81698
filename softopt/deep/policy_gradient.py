"""Policy gradient with a clipped surrogate (PPO; Schulman et al. 2017, arXiv 1707.06347); the lecture at 0:20.

On-policy. The policy acts for a while; then each of its actions is made likelier or less likely by how much better
than usual it turned out; then that experience is thrown away. Where chance leads a run first, there it climbs.

Other than in the paper, actions are squashed into their box (so that a probability is that of the action the world
gets), observations and rewards are normalised, and policy and value share no weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from softopt.deep.advantages import advantages
from softopt.deep.networks import GaussianPolicy, Mlp
from softopt.deep.optimiser import adam
from softopt.deep.plain_policy import PlainPolicy, PolicyAtPoint
from softopt.deep.replay_buffer import ReplayBuffer
from softopt.deep.running_normaliser import TINY, RewardScale, RunningNormaliser
from softopt.deep.settings import Settings

LOGGED = {
    "policy_loss": "L = −mean min(ρ Â, clip(ρ, 1 − ε, 1 + ε) Â), with ρ = π(a | s) / π_old(a | s), Â normalised",
    "value_loss": "½ mean (V(s) − R)², R = V_old(s) + A, in units of the scaled return",
    "entropy": "−mean log π(a | s) of the rollout's own actions, in nats, of the action scaled to [−1, 1]",
    "kl": "mean (ρ − 1 − log ρ): how far the updates led away from the policy that acted, in nats",
    "clipped": "share of the actions whose ρ lay outside [1 − ε, 1 + ε]",
    "explained_variance": "1 − var(R − V_old) / var(R): how much of the return the value foresaw",
}


@dataclass(frozen=True)
class PolicyGradientConfig(Settings):
    """Settings of the policy gradient.

    Attributes:
        hidden: sizes of the hidden layers of policy and value.
        common_width: one width of the policy for all observations; else the network chooses it state by state.
        horizon: environment steps in a rollout; after each there is an update.
        epochs: passes over the rollout in one update.
        batch: steps of the rollout in one gradient step.
        learning_rate: of Adam, for policy and value.
        discount: gamma; the weight of a reward one step later.
        trace: lambda of the advantage estimate; 0 trusts the value, 1 the return.
        clip: epsilon; how far the probability of an action may move in one update before its gradient stops.
        gradient_limit: largest norm of a gradient, of policy and of value each; longer ones are shortened to it.
        normalise: bring observations to mean 0 and variance 1, by all that was seen so far.
        scale_rewards: divide rewards by the standard deviation of the discounted return, for the value's sake.
        temperature: T, what one nat of entropy is worth in reward units; 0 for none. It is a *bonus* in the loss,
            outside the return: what most programs do, and not the gradient of the soft objective (notebook 06).
        entropy_in_return: pay T times -log pi with each reward instead: the soft policy gradient.
    """

    hidden: tuple[int, ...] = (64, 64)
    common_width: bool = True
    horizon: int = 2_048
    epochs: int = 10
    batch: int = 256
    learning_rate: float = 1e-3
    discount: float = 0.99
    trace: float = 0.95
    clip: float = 0.2
    gradient_limit: float = 0.5
    normalise: bool = True
    scale_rewards: bool = True
    temperature: float = 0.0
    entropy_in_return: bool = False


class Steps(NamedTuple):
    """T steps of a rollout, as an update reads them: observation (T, O), normalised, action (T, A), all others (T,)."""

    observation: Tensor
    action: Tensor
    log_prob: Tensor
    advantage: Tensor
    target: Tensor


class PolicyGradient:
    """Policy gradient for observations (O,) and actions in [-1, 1]^A, on the CPU; its networks are small.

    Args:
        observation_size, action_size: O and A.
        config: the settings.
        seed: of weights, noise and batches.

    Attributes:
        policy: a squashed Gaussian, so that an action and its probability live in the same box as the environment's.
        value: V, in units of the scaled return.
        normaliser: of observations; it learns after an update, so that a rollout is seen as it was acted upon.
        rollout: the steps taken since the last update, and behind them what is left of the rollout before.
    """

    logged = LOGGED
    acts_with = ("policy", "normaliser")

    def __init__(self, observation_size: int, action_size: int, config: PolicyGradientConfig, seed: int) -> None:
        self.config = config
        weights = torch.Generator().manual_seed(seed)
        policy = PlainPolicy if config.common_width else GaussianPolicy
        self.policy = policy(observation_size, action_size, config.hidden, weights)
        self.value = Mlp([observation_size, *config.hidden, 1], 1, weights)
        self.normaliser = RunningNormaliser(observation_size)
        self.at = PolicyAtPoint(self.policy, self.normaliser)
        self.reward_scale = RewardScale()
        self.rollout = ReplayBuffer(config.horizon, observation_size, action_size)
        self.generator = torch.Generator().manual_seed(seed)
        self.policy_optimiser = adam(self.policy, config.learning_rate)
        self.value_optimiser = adam(self.value, config.learning_rate)

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Draw an action (A,) in [-1, 1] from the policy."""
        mean, log_std = self.at(observation)
        noise = torch.empty(len(mean)).normal_(generator=self.generator).numpy()
        return np.tanh(mean + np.exp(log_std) * noise)

    def best_action(self, observation: np.ndarray) -> np.ndarray:
        """The action (A,) at the middle of the policy, without noise."""
        return np.tanh(self.at(observation)[0])

    def learn(self, transition: tuple) -> dict[str, Tensor] | None:
        """Store one transition of :meth:`act`'s making; when the rollout is full, update and return what was logged."""
        self.rollout.add(*transition)
        return None if self.rollout.added % self.config.horizon else self.update()

    def update(self) -> dict[str, Tensor]:
        """Climb the clipped surrogate on the rollout, ``epochs`` times over, and fit the value to its returns."""
        config = self.config
        steps, bonus, logged = self.prepare()
        sums, gradient_steps = torch.zeros(4), 0
        for _ in range(config.epochs):
            for chosen in torch.randperm(config.horizon, generator=self.generator).split(config.batch):
                batch = Steps(*(column[chosen] for column in steps))
                loss_pi, seen = policy_loss(self, batch, bonus)
                limited_step(self.policy_optimiser, self.policy, loss_pi, config.gradient_limit)
                loss_v = 0.5 * (self.value(batch.observation)[0, :, 0] - batch.target).square().mean()
                limited_step(self.value_optimiser, self.value, loss_v, config.gradient_limit)
                sums += torch.stack([*seen, loss_v.detach()])
                gradient_steps += 1
        if config.normalise:
            self.normaliser.show(self.rollout.table[:, : self.rollout.sizes[0]])
        names = ("policy_loss", "kl", "clipped", "value_loss")
        return logged | dict(zip(names, sums / gradient_steps, strict=True))

    @torch.no_grad()
    def prepare(self) -> tuple[Steps, float, dict[str, Tensor]]:
        """The full rollout as the update reads it, the weight of the bonus, and what there is to log beforehand."""
        config, columns = self.config, self.rollout.table.split(self.rollout.sizes, dim=1)
        observation, next_observation = self.normaliser(columns[0]), self.normaliser(columns[3])
        action, reward, terminated, truncated = columns[1], columns[2][:, 0], columns[4][:, 0], columns[5][:, 0]
        log_prob = self.policy(observation).log_prob(action)
        if config.entropy_in_return:
            reward = reward - config.temperature * log_prob
        scale = self.reward_scale.show(reward, terminated + truncated, config.discount) if config.scale_rewards else 1.0
        value, next_value = (self.value(x)[0, :, 0] for x in (observation, next_observation))
        discounts = {"discount": config.discount, "trace": config.trace}
        found = advantages(reward / scale, value, next_value, terminated, truncated, **discounts)
        advantage = torch.from_numpy(found).float()
        target, spread = value + advantage, advantage.std() + TINY
        # The advantage is divided by its deviation; what is weighed against it must be divided by the same number.
        bonus = 0.0 if config.entropy_in_return else config.temperature / (scale * float(spread))
        logged = {"entropy": -log_prob.mean(), "explained_variance": 1 - advantage.var() / target.var()}
        steps = Steps(observation, action, log_prob, (advantage - advantage.mean()) / spread, target)
        return steps, bonus, logged

    def parts(self) -> dict[str, object]:
        """Everything that a checkpoint must hold."""
        names = ("policy", "value", "policy_optimiser", "value_optimiser", "normaliser", "reward_scale")
        return {name: getattr(self, name) for name in (*names, "rollout", "generator")}


def policy_loss(agent: PolicyGradient, steps: Steps, bonus: float) -> tuple[Tensor, list[Tensor]]:
    """Minus the clipped surrogate (eq. 7), minus the bonus; return also loss, KL and clipped share, to be logged."""
    policy, clip = agent.policy(steps.observation), agent.config.clip
    log_ratio = policy.log_prob(steps.action) - steps.log_prob
    ratio = log_ratio.exp()
    # The smaller of the two: beyond the clip no further reward for moving on, but always a reason to come back.
    surrogate = torch.minimum(ratio * steps.advantage, ratio.clamp(1 - clip, 1 + clip) * steps.advantage).mean()
    loss = -surrogate
    if bonus:
        _, log_prob = policy.rsample_with_log_prob(agent.generator)
        loss = loss + bonus * log_prob.mean()  # the entropy is minus the mean of log pi
    with torch.no_grad():
        kl = (ratio - 1 - log_ratio).mean()
        clipped = ((ratio - 1).abs() > clip).float().mean()
    return loss, [-surrogate.detach(), kl, clipped]


def limited_step(optimiser: torch.optim.Optimizer, module: nn.Module, loss: Tensor, limit: float) -> None:
    """One step of gradient descent, with a gradient no longer than the limit."""
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(module.parameters(), limit)
    optimiser.step()
