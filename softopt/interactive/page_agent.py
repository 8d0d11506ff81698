"""A trained agent as a page can carry it: the weights of its networks, and what to do with them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float32]
Layer = tuple[Array, Array]  # weight (inputs, outputs), bias (outputs,)
Network = tuple[Layer, ...]

KINDS = {"SamplingNetwork": "noise", "GaussianPolicy": "gaussian", "DeterministicPolicy": "point"}
LOG_STD = (-20.0, 2.0)  # as in softopt.deep.networks, which needs torch


@dataclass(frozen=True, eq=False)
class PageAgent:
    """A critic and a policy, each a perceptron with ReLU between its layers. :func:`page_agent` reads a trained one.

    O is the length of an observation, A of an action. A network is a tuple of layers ``(weight, bias)``, float32, of
    shapes (inputs, outputs) and (outputs,).

    Args:
        critics: one or more networks from (O + A) to 1; where there are two, the smaller value counts.
        policy: a network, by kind: ``noise`` from (O + A) to A, ``gaussian`` from O to 2 A, ``point`` from O to A.
        kind: how the policy draws an action from standard normal noise (A,):
            ``noise``, tanh(noise + network(observation, noise)), as soft Q-learning;
            ``gaussian``, tanh(mean + std * noise), as soft actor-critic;
            ``point``, always the same action, as DDPG.

    Raises:
        ValueError: an unknown kind, or networks whose shapes do not fit each other.
    """

    critics: tuple[Network, ...]
    policy: Network
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS.values():
            raise ValueError(f"kind is one of {', '.join(KINDS.values())}; got {self.kind!r}.")
        if not self.critics:
            raise ValueError("a page agent needs at least one critic: without it there is no Q-function to draw.")
        for what, network in (*(("critic", critic) for critic in self.critics), ("policy", self.policy)):
            _check(network, what)
        if any(critic[-1][1].size != 1 for critic in self.critics):
            raise ValueError("a critic has one output, the value.")
        if self.observation_size < 1 or (self.kind == "gaussian" and self.policy[-1][1].size % 2):
            raise ValueError(f"the policy's sizes {_sizes(self.policy)} are not those of the kind {self.kind!r}.")
        wanted = self.observation_size + self.action_size
        for critic in self.critics:
            if _sizes(critic)[0] != wanted:
                raise ValueError(
                    f"the policy sees {self.observation_size} numbers and gives {self.action_size}, so a critic takes "
                    f"{wanted}; this one takes {_sizes(critic)[0]}."
                )

    @property
    def action_size(self) -> int:
        """A."""
        outputs = _sizes(self.policy)[-1]
        return outputs // 2 if self.kind == "gaussian" else outputs

    @property
    def observation_size(self) -> int:
        """O."""
        return _sizes(self.policy)[0] - (self.action_size if self.kind == "noise" else 0)

    def q(self, observation: ArrayLike, actions: ArrayLike) -> Array:
        """Q, (B,), of B actions (B, A) in one state (O,)."""
        rows = _beside(observation, actions)
        return np.min([_forward(critic, rows)[:, 0] for critic in self.critics], axis=0)

    def draw(self, observation: ArrayLike, noise: ArrayLike) -> Array:
        """The actions (N, A) to which standard normal noise (N, A) leads in one state (O,); (1, A) of a ``point``."""
        if self.kind == "noise":
            before = np.asarray(noise, np.float32) + _forward(self.policy, _beside(observation, noise))
        else:
            before = _forward(self.policy, np.asarray(observation, np.float32)[None])
            if self.kind == "gaussian":
                mean, log_std = np.split(before, 2, axis=-1)
                before = mean + np.exp(log_std.clip(*LOG_STD)) * np.asarray(noise, np.float32)
        return np.tanh(before)

    def describe(self) -> dict[str, Any]:
        """The fields as the page reads them."""
        layers = [[{"weight": w, "bias": b} for w, b in network] for network in (*self.critics, self.policy)]
        return {"kind": self.kind, "critics": layers[:-1], "policy": layers[-1], "sizes": list(_sizes(self.policy))}


def page_agent(agent: Any) -> PageAgent:
    """Read a trained agent: a :class:`softopt.deep.SAC`, ``DDPG`` or ``SoftQLearning``.

    Args:
        agent: as trained, or as loaded from a recording that kept its critic.

    Raises:
        TypeError: another kind of agent.
        ValueError: an agent that was recorded without its critic.
    """
    policy = getattr(agent, "sampler", None) or getattr(agent, "policy", None)
    kind = KINDS.get(type(policy).__name__)
    if kind is None or not hasattr(agent, "critic"):
        raise TypeError(f"page_agent reads SAC, DDPG and SoftQLearning agents, got {type(agent).__name__}.")
    if agent.critic is None:
        raise ValueError("this agent was recorded without its critic: there is no Q-function to draw.")
    return PageAgent(_networks(agent.critic.mlp), _networks(policy.mlp)[0], kind)


def _networks(mlp: Any) -> tuple[Network, ...]:
    """The K copies in a perceptron of ``softopt.deep``; its parameters are (K, inputs, outputs) and (K, 1, outputs)."""
    weights, biases = (
        [parameter.detach().cpu().float().numpy().copy() for parameter in parameters]
        for parameters in (mlp.weights, mlp.biases)
    )
    return tuple(tuple((w[k], b[k, 0]) for w, b in zip(weights, biases, strict=True)) for k in range(mlp.copies))


def _forward(network: Network, rows: Array) -> Array:
    """Map (B, inputs) to (B, outputs)."""
    for layer, (weight, bias) in enumerate(network):
        rows = (rows if layer == 0 else np.maximum(rows, 0)) @ weight + bias
    return rows


def _beside(observation: ArrayLike, rows: ArrayLike) -> Array:
    """Put one observation (O,) before each of B rows (B, A)."""
    rows = np.asarray(rows, np.float32)
    seen = np.broadcast_to(np.asarray(observation, np.float32), (len(rows), np.size(observation)))
    return np.concatenate([seen, rows], axis=1)


def _sizes(network: Network) -> tuple[int, ...]:
    """Sizes of the layers, input first."""
    return (network[0][0].shape[0], *(bias.size for _, bias in network))


def _check(network: Network, what: str) -> None:
    """Raise ValueError unless the layers of a network follow each other."""
    if not network:
        raise ValueError(f"the {what} has no layer.")
    for weight, bias in network:
        if np.ndim(weight) != 2 or np.shape(bias) != (np.shape(weight)[1],):
            raise ValueError(
                f"a layer of the {what} is a weight (inputs, outputs) and a bias (outputs,); "
                f"got {np.shape(weight)} and {np.shape(bias)}."
            )
        if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
            raise ValueError(f"the {what} has weights that are not finite: its training has diverged.")
    for (_, bias), (weight, _) in pairwise(network):
        if bias.size != weight.shape[0]:
            raise ValueError(f"a layer of the {what} gives {bias.size} numbers, the next one takes {weight.shape[0]}.")
