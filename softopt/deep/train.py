"""The loop that every learner shares (6:33 in the lecture): act, let the world answer, store, learn.

An algorithm says what it does with a transition; the loop says nothing about how. It never writes a file: it yields
what happened, and whoever calls it keeps, draws or stores that. An environment may have more to ask of an agent than
its return, such as which way it takes: a method ``probe(agent, seed)`` that returns numbers by name, of an agent that
can ``sample`` many actions at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from softopt.deep.episodes import Episodes, Transition, evaluate
from softopt.deep.state import pack, unpack


class Agent(Protocol):
    """What the loop asks of an algorithm."""

    logged: dict[str, str]  # name of each logged quantity -> its formula and unit
    acts_with: tuple[str, ...]  # the parts that best_action needs

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Choose an action to explore with, (A,) in [-1, 1]."""

    def best_action(self, observation: np.ndarray) -> np.ndarray:
        """Choose the action with which the agent is evaluated."""

    def learn(self, transition: Transition) -> dict[str, Any] | None:
        """Take in one transition; return what was logged, or None where nothing was learned."""

    def parts(self) -> dict[str, Any]:
        """Everything that a checkpoint must hold."""


@dataclass(frozen=True)
class Progress:
    """What happened since the last report.

    Attributes:
        step: environment steps so far.
        returns: of the training episodes that ended, with the exploring policy.
        evaluation: undiscounted returns with the best action, where an evaluation was due or training ends; else empty.
        measured: at an evaluation, what the environment's own ``probe`` found, if it has one; else empty.
        logged: mean over the updates since the last evaluation of each quantity that the agent logs.
    """

    step: int
    returns: tuple[float, ...]
    evaluation: tuple[float, ...]
    measured: dict[str, float]
    logged: dict[str, float]


@dataclass
class Training:
    """An agent in an environment, at some point of its training; all that a checkpoint has to hold.

    Attributes:
        agent: the algorithm.
        episodes: the environment.
        seed: from which the seeds of the evaluation episodes are made.
        sums: running sums of the logged quantities since the last evaluation, with their count first.
    """

    agent: Agent
    episodes: Episodes
    seed: int
    sums: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.sums = torch.zeros(1 + len(self.agent.logged), dtype=torch.float64)

    def state(self) -> dict[str, Tensor]:
        """The whole state as plain tensors."""
        return pack(self._parts())

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """Go on from a state; raises ValueError where it does not fit."""
        unpack(self._parts(), tensors)

    def _parts(self) -> dict[str, Any]:
        return {**self.agent.parts(), "episodes": self.episodes, "sums": self.sums}


def train(
    training: Training,
    steps: int,
    *,
    evaluate_every: int = 5_000,
    evaluation_episodes: int = 10,
    report_every: int = 250,
) -> Iterator[Progress]:
    """Go on training until ``steps`` steps have been taken in all, and report on the way.

    Args:
        training: changed in place; a loop that is broken off can be taken up again with the same arguments.
        steps: in all, those of an earlier call included.
        evaluate_every: environment steps between evaluations, with one more at the end; 0 for none.
        evaluation_episodes: episodes in one evaluation, with seeds of their own.
        report_every: environment steps between reports.

    Yields:
        One :class:`Progress` each ``report_every`` steps and at every evaluation.
    """
    agent, episodes, sums = training.agent, training.episodes, training.sums
    judge = episodes.another() if evaluate_every else None
    while episodes.steps < steps:
        news = agent.learn(episodes.step(agent.act(episodes.observation)))
        if news:
            sums += torch.tensor([1.0, *(float(news[name]) for name in agent.logged)], dtype=torch.float64)
        due, last = evaluate_every and episodes.steps % evaluate_every == 0, episodes.steps == steps
        if due or episodes.steps % report_every == 0 or last:
            means = (sums[1:] / sums[0]).tolist() if sums[0] else []
            evaluation, measured = (), {}
            if due or (evaluate_every and last):
                seed = [training.seed, episodes.steps]
                evaluation = tuple(evaluate(agent, judge, seed, evaluation_episodes))
                probe = getattr(judge.unwrapped, "probe", None)
                measured = probe(agent, seed) if probe and hasattr(agent, "sample") else {}
            if due:  # what follows a last evaluation in between is as if it had not been
                sums.zero_()
            logged = dict(zip(agent.logged, means, strict=False))
            yield Progress(episodes.steps, tuple(episodes.collect()), evaluation, measured, logged)
