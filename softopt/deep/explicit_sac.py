"""The same update as in :mod:`softopt.deep.sac`, with the gradients written out by hand: nothing is recorded, nothing
allocated, no gradient computed that is thrown away.

It exists for speed alone. A test holds its parameters equal to those of the plain one; read that one first. What is
saved, beside the bookkeeping of autograd: the policy is run once for s and s' together, and the critics in the policy
step pass no gradient to their weights.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.optim.adam import adam

from softopt.deep.networks import LOG_STD, Mlp
from softopt.deep.replay_buffer import Batch
from softopt.deep.squashed_gaussian import log_slope

if TYPE_CHECKING:
    from softopt.deep.sac import SAC


class Tape:
    """Forward and backward pass of an :class:`Mlp` on one batch size, in buffers that are made once.

    Args:
        mlp: K networks.
        batch: B.
    """

    def __init__(self, mlp: Mlp, batch: int) -> None:
        self.mlp = mlp
        self.weights, self.biases = list(mlp.weights), list(mlp.biases)
        self.parameters = [*self.weights, *self.biases]
        like = self.weights[0].detach()
        self.outputs = [like.new_empty(mlp.copies, batch, size) for size in mlp.sizes[1:]]
        self.slopes = [torch.empty_like(output) for output in self.outputs]
        self.x = like.new_empty(0)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs) or (K, B, inputs) to (K, B, outputs), and remember what the backward pass needs."""
        self.x = x = x.expand(self.mlp.copies, *x.shape[-2:])
        for layer, output in enumerate(self.outputs):
            weight, bias = self.weights[layer], self.biases[layer]
            if layer and output.shape[-1] == 1:  # a matrix product of width one is several times slower than this sum
                product = torch.mul(x, weight.transpose(1, 2), out=self.slopes[layer - 1])
                torch.sum(product, -1, keepdim=True, out=output).add_(bias)
            else:
                torch.baddbmm(bias, x, weight, out=output)
            x = output if output is self.outputs[-1] else output.relu_()
        return x

    def backward(self, slope: Tensor, weights: bool = True) -> Tensor:
        """From the loss's slope at the outputs, (K, B, outputs), to its slope at the outputs of the first layer.

        Args:
            slope: at the outputs.
            weights: write the gradients of weights and biases too, to where an optimiser looks for them.
        """
        for layer in reversed(range(len(self.outputs))):
            narrow = layer > 0 and slope.shape[-1] == 1
            if weights:
                below = self.x if layer == 0 else self.outputs[layer - 1]
                if narrow:
                    product = torch.mul(below, slope, out=self.slopes[layer - 1])
                    torch.sum(product, 1, out=gradient(self.weights[layer])[..., 0])
                else:
                    torch.bmm(below.transpose(1, 2), slope, out=gradient(self.weights[layer]))
                torch.sum(slope, 1, keepdim=True, out=gradient(self.biases[layer]))
            if layer > 0:
                multiply = torch.mul if narrow else torch.bmm
                multiply(slope, self.weights[layer].transpose(1, 2), out=self.slopes[layer - 1])
                slope = torch.ops.aten.threshold_backward.grad_input(
                    self.slopes[layer - 1], self.outputs[layer - 1], 0, grad_input=self.slopes[layer - 1]
                )
        return slope


def gradient(parameter: Tensor) -> Tensor:
    """The parameter's gradient, to be written over."""
    if parameter.grad is None:
        parameter.grad = torch.empty_like(parameter)
    return parameter.grad


def quick_step(optimiser: torch.optim.Adam) -> None:
    """The same step as the optimiser's own, on the tensors that it holds, without its bookkeeping."""
    (group,) = optimiser.param_groups
    parameters = group["params"]
    held = [optimiser.state[parameter] for parameter in parameters]
    if not held[0]:  # it makes its state in its first step
        optimiser.step()
        return
    adam(
        parameters,
        [parameter.grad for parameter in parameters],
        *([state[name] for state in held] for name in ("exp_avg", "exp_avg_sq")),
        max_exp_avg_sqs=[],
        state_steps=[state["step"] for state in held],
        fused=True,
        **{name: group[name] for name in ("amsgrad", "lr", "weight_decay", "eps", "maximize")},
        **dict(zip(("beta1", "beta2"), group["betas"], strict=True)),
    )


class ExplicitUpdate:
    """One update of a :class:`softopt.deep.sac.SAC`.

    Args:
        sac: whose networks, optimisers and generator are used.
    """

    def __init__(self, sac: SAC) -> None:
        self.sac = sac
        self._make(sac.config.batch)

    def _make(self, batch: int) -> None:
        sac, self.size = self.sac, batch
        self.policy_twice = Tape(sac.policy.mlp, 2 * batch)
        self.policy = Tape(sac.policy.mlp, batch)
        self.critic = Tape(sac.critic.mlp, batch)
        self.target = Tape(sac.target_critic.mlp, batch)

    @torch.no_grad()
    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """Take one step for critics, policy and temperature; the arguments and results of ``SAC.update``."""
        sac, temperature, size = self.sac, self.sac.temperature, len(batch.reward)
        n_actions = batch.action.shape[1]
        if size != self.size:
            self._make(size)

        # One pass for the actions at s' and at s: the policy does not change before its own step.
        output = self.policy_twice.forward(torch.cat([batch.next_observation, batch.observation]))[0]
        mean, unbounded = output.split(n_actions, dim=1)
        log_std = unbounded.clamp(*LOG_STD)
        noise = torch.empty_like(mean)
        noise[:size].normal_(generator=sac.generator)  # drawn in the order of the plain update
        noise[size:].normal_(generator=sac.generator)
        std_noise = log_std.exp() * noise
        before = mean + std_noise
        action = before.tanh()
        log_gaussian = -0.5 * noise.square() - log_std - 0.5 * math.log(2 * math.pi)
        log_prob = (log_gaussian - log_slope(before)).sum(1)

        # Critics: the slope of 1/2 mean (Q - y)^2 is (Q - y) / B.
        next_q = self.target.forward(torch.cat([batch.next_observation, action[:size]], 1)).amin(0)[:, 0]
        next_value = next_q - temperature * log_prob[:size]
        target = batch.reward + sac.config.discount * (1 - batch.terminated) * next_value
        q = self.critic.forward(torch.cat([batch.observation, batch.action], 1))[..., 0]
        error = q - target
        mean_q = q[0].mean()
        self.critic.backward((error / size)[..., None])
        quick_step(sac.critic_optimiser)

        # Policy: the slope of mean (T log pi - min Q) at u, through a = tanh(u). d log pi / du = 2 a.
        action, log_prob = action[size:], log_prob[size:]
        q = self.critic.forward(torch.cat([batch.observation, action], 1))[..., 0]
        first = q[0] <= q[1]
        slope_q = torch.stack([first, ~first]).to(q)[..., None] / -size
        at_first = self.critic.backward(slope_q, weights=False)
        into = sac.critic.mlp.weights[0][:, batch.observation.shape[1] :]  # (K, A, hidden): the action's rows
        slope = torch.bmm(at_first, into.transpose(1, 2)).sum(0)
        slope = slope * (1 - action.square()) + (2 * temperature / size) * action
        slope_log_std = slope * std_noise[size:] - temperature / size
        free = unbounded[size:]
        slope_log_std *= (free >= LOG_STD[0]) & (free <= LOG_STD[1])
        self._policy_tape(batch.observation).backward(torch.cat([slope, slope_log_std], 1)[None])
        quick_step(sac.policy_optimiser)
        if sac.alpha_optimiser is not None:
            # The slope of -T mean(log pi + target) at log T is the loss itself.
            gradient(sac.log_alpha).copy_(-temperature * (log_prob + sac.target_entropy).mean())
            quick_step(sac.alpha_optimiser)

        torch._foreach_lerp_(self.target.parameters, self.critic.parameters, sac.config.tau)
        return {
            "critic_loss": 0.5 * error.square().mean(-1).sum(),
            "q": mean_q,
            "target": target.mean(),
            "policy_loss": (temperature * log_prob - q.amin(0)).mean(),
            "entropy": -log_prob.mean(),
            "temperature": temperature,
        }

    def _policy_tape(self, observation: Tensor) -> Tape:
        """The half of the double pass that belongs to s, ready for its backward pass."""
        size = len(observation)
        self.policy.x = observation[None]
        # Cut, then stacked again: a slice of a stack of one keeps the stride of the whole, and its products are copies.
        self.policy.outputs = [output[0, size:][None] for output in self.policy_twice.outputs]
        return self.policy
