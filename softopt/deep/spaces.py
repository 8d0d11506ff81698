"""The one form in which a learner meets any environment: it sees a vector, and acts by a vector.

Where actions are real numbers, the vector is the action, scaled to [-1, 1]. Where they are a choice among n, it holds
one number, the index of the action chosen.
"""

from __future__ import annotations

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.wrappers import RescaleAction
from numpy.typing import NDArray

from softopt.envs.quiet import without_deprecations


class IndexAction(gymnasium.ActionWrapper):
    """A choice among n actions, made by a vector (1,) of float32 that holds the index, from 0 to n - 1.

    Args:
        environment: its actions are a ``Discrete`` space.

    Attributes:
        n_actions: n.
    """

    def __init__(self, environment: gymnasium.Env) -> None:
        super().__init__(environment)
        self.n_actions = int(environment.action_space.n)
        self.action_space = Box(0, self.n_actions - 1, (1,), np.float32)
        self._indices = frozenset(range(self.n_actions))

    def action(self, action: NDArray[np.float32]) -> int:
        """The environment's own number for the action with this index.

        Raises:
            ValueError: anything but one whole number in the range.
        """
        if np.shape(action) != (1,) or action[0] not in self._indices:
            raise ValueError(f"an action here is the index of one of {self.n_actions}, as an array (1,); got {action}.")
        return int(self.env.action_space.start) + int(action[0])


def make(environment: str | gymnasium.Env, discrete: bool = False) -> gymnasium.Env:
    """Make an environment whose actions lie in [-1, 1]^A, whatever its own scale, or are the index of one among n.

    Args:
        environment: a name that ``gymnasium.make`` knows, or an environment.
        discrete: whether the learner chooses among n actions.

    Raises:
        ValueError: observations that are not a vector, or actions of another kind than the learner's.
    """
    with without_deprecations():
        made = gymnasium.make(environment) if isinstance(environment, str) else environment
    name = made.spec.id if made.spec else type(made.unwrapped).__name__
    _check_actions(name, made.action_space, discrete)
    seen = made.observation_space
    if not isinstance(seen, Box) or len(seen.shape) != 1:
        raise ValueError(
            f"{name} has the observation space {seen}; the learners need a vector. "
            "gymnasium.wrappers.FlattenObservation makes one."
        )
    return IndexAction(made) if discrete else RescaleAction(made, np.float32(-1.0), np.float32(1.0))


def sizes(environment: gymnasium.Env) -> tuple[int, int]:
    """O and A of an environment from :func:`make`; O and n where it is a choice among n."""
    actions = environment.n_actions if isinstance(environment, IndexAction) else environment.action_space.shape[0]
    return environment.observation_space.shape[0], actions


def _check_actions(name: str, acted: gymnasium.Space, discrete: bool) -> None:
    """Raise ValueError, with the learner to take instead, for actions that this kind of learner cannot choose."""
    if discrete and not isinstance(acted, Discrete):
        instead = " For a vector of real numbers take SAC (sac) or DDPG (ddpg)." if isinstance(acted, Box) else ""
        raise ValueError(
            f"{name} has the action space {acted}; this learner needs a choice among n actions (Discrete).{instead}"
        )
    if discrete:
        return
    if not isinstance(acted, Box) or len(acted.shape) != 1:
        instead = " For Discrete take DiscreteQLearning (discrete_q)." if isinstance(acted, Discrete) else ""
        raise ValueError(
            f"{name} has the action space {acted}; this learner needs a vector of real numbers (Box).{instead}"
        )
    if not np.isfinite([acted.low, acted.high]).all():
        raise ValueError(
            f"{name} has actions without bounds, {acted}; wrap it in gymnasium.wrappers.RescaleAction or clip them."
        )
