"""One iteration of soft actor-critic, written down number by number (6:33 in the lecture)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from softopt.deep.networks import polyak
from softopt.deep.optimiser import step
from softopt.deep.replay_buffer import Batch
from softopt.deep.sac import SAC, critic_loss, policy_loss, soft_target, temperature_loss
from softopt.deep.train import Training

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Iteration:
    """What happened in one iteration; arrays over the B transitions of its batch.

    Attributes:
        mean, std: of the policy's first action coordinate where it acted, mean after tanh, deviation before it.
        acted: first coordinate of the action that was drawn.
        paid: the reward it got.
        held: transitions in the replay buffer, this one included.
        age: (B,) steps ago at which each transition of the batch was made; 0 for the latest.
        reward, ended: (B,) of the batch; 1 where the task terminated.
        next_q: (B,) the smaller of the target critics at s' and the drawn a'.
        bonus: (B,) -T log pi(a'|s').
        target: (B,) y.
        q: (2, B) the first critic before and after its step.
        policy_mean: (2, B) the policy's mean action, first coordinate, before and after its step.
        temperature: T before and after its step.
        entropy: -mean log pi of the actions that were drawn at s, in nats.
        target_entropy: where a learned temperature holds it; NaN for a fixed one.
        follower: (2, B) the first target critic before and after it followed.
        discount, tau: of the agent.
    """

    mean: float
    std: float
    acted: float
    paid: float
    held: int
    age: Array
    reward: Array
    ended: Array
    next_q: Array
    bonus: Array
    target: Array
    q: Array
    policy_mean: Array
    temperature: tuple[float, float]
    entropy: float
    target_entropy: float
    follower: Array
    discount: float
    tau: float


def one_iteration(training: Training, size: int = 4) -> Iteration:
    """Run the loop once, with a small batch, and write down every number on the way.

    Args:
        training: of a SAC that is past its warm-up; changed in place, as by any iteration.
        size: B, transitions in the batch.

    Raises:
        ValueError: the buffer holds fewer transitions than the warm-up asks for.
    """
    sac: SAC = training.agent
    if sac.replay.added < max(sac.config.warm_up, 1):
        raise ValueError(f"the warm-up of {sac.config.warm_up} steps is not over; train the agent a little first.")
    seen = torch.as_tensor(training.episodes.observation, device=sac.device)[None]
    with torch.no_grad():
        there = sac.policy(seen)
    transition = training.episodes.step(sac.act(training.episodes.observation))
    sac.replay.add(*transition)

    drawn_from = sac.generator.get_state()  # so that the same draws can be looked at and then used
    chosen = torch.randint(len(sac.replay), (size,), generator=sac.generator, device=sac.device)
    sac.generator.set_state(drawn_from)
    batch = sac.replay.sample(size, sac.generator)
    temperature = sac.temperature

    drawn_from = sac.generator.get_state()
    with torch.no_grad():
        next_action, next_log_prob = sac.policy(batch.next_observation).rsample_with_log_prob(sac.generator)
        next_q = sac.target_critic(batch.next_observation, next_action)
        target = soft_target(batch, next_q, next_log_prob, temperature, sac.config.discount)
    sac.generator.set_state(drawn_from)
    q, means, follower = [_q(sac, batch)], [_mean(sac, batch)], [_q(sac, batch, target=True)]
    step(sac.critic_optimiser, critic_loss(sac, batch, temperature)[0])
    q.append(_q(sac, batch))
    loss, log_prob = policy_loss(sac, batch, temperature)
    step(sac.policy_optimiser, loss)
    means.append(_mean(sac, batch))
    learned = sac.alpha_optimiser is not None
    if learned:
        step(sac.alpha_optimiser, temperature_loss(sac.log_alpha, log_prob, sac.target_entropy))
    polyak(sac.target_critic, sac.critic, sac.config.tau)
    follower.append(_q(sac, batch, target=True))
    return Iteration(
        mean=float(there.mode[0, 0]),
        std=float(there.log_std[0, 0].exp()),
        acted=float(transition.action[0]),
        paid=transition.reward,
        held=len(sac.replay),
        age=(sac.replay.added - 1 - _array(chosen)) % len(sac.replay),
        reward=_array(batch.reward),
        ended=_array(batch.terminated),
        next_q=_array(next_q.amin(0)),
        bonus=-float(temperature) * _array(next_log_prob),
        target=_array(target),
        q=np.array(q),
        policy_mean=np.array(means),
        temperature=(float(temperature), float(sac.temperature)),
        entropy=-float(log_prob.mean()),
        target_entropy=sac.target_entropy if learned else np.nan,
        follower=np.array(follower),
        discount=sac.config.discount,
        tau=sac.config.tau,
    )


@torch.no_grad()
def _q(sac: SAC, batch: Batch, target: bool = False) -> Array:
    network = sac.target_critic if target else sac.critic
    return _array(network(batch.observation, batch.action)[0])


@torch.no_grad()
def _mean(sac: SAC, batch: Batch) -> Array:
    return _array(sac.policy(batch.observation).mode[:, 0])


def _array(tensor: Tensor) -> Array:
    """A copy, from whatever device."""
    return tensor.cpu().numpy().copy()
