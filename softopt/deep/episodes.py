"""One gymnasium environment, episode after episode.

A run must be taken up again in the middle of an episode, and few environments can save where they are. But every
episode here begins with a seed of its own, and an environment that obeys its seed gives the same episode to the same
actions. So the seed and the actions *are* the state: to resume, they are played again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from softopt.deep.spaces import make, sizes
from softopt.envs.quiet import without_deprecations

Array = NDArray[np.float32]
TRAINING, EVALUATION = 0, 1  # two families of seeds that never meet


class Transition(NamedTuple):
    """One step: observations (O,), action (A,) in [-1, 1] or (1,) that holds an index, all float32."""

    observation: Array
    action: Array
    reward: float
    next_observation: Array
    terminated: bool
    truncated: bool


class Episodes:
    """Episodes of an environment without end.

    Args:
        environment: a name that ``gymnasium.make`` knows, or an environment.
        seed: from it and its number comes the seed of every episode.
        discrete: whether actions are a choice among n, by their index, in place of vectors in [-1, 1].

    Attributes:
        observation: (O,) float32, where the running episode stands.
        earned: the running episode's return so far.
        begun: episodes begun, the running one included.
        steps: taken in all episodes together.
        returns: of the episodes that have ended since they were last collected.

    Raises:
        ValueError: observations that are not a vector, or actions that are neither a box with finite bounds nor,
            where ``discrete`` is asked for, a choice among n.
    """

    def __init__(self, environment: str | gymnasium.Env, seed: int, discrete: bool = False) -> None:
        self.environment = make(environment, discrete)
        self.discrete = discrete
        self.seed = seed
        self.begun = 0
        self.steps = 0
        self.returns: list[float] = []
        self._begin()

    @property
    def sizes(self) -> tuple[int, int]:
        """O and A, or O and n where actions are a choice among n."""
        return sizes(self.environment)

    def another(self) -> gymnasium.Env:
        """Make the same environment a second time, options and wrappers included, to evaluate in.

        Raises:
            ValueError: gymnasium does not know how it was made.
        """
        spec = self.environment.env.spec
        if spec is None:
            raise ValueError(
                f"{type(self.environment.unwrapped).__name__} was not made by gymnasium.make, so no second one can be "
                "made to evaluate in; register it (gymnasium.register), or train with evaluate_every=0."
            )
        with without_deprecations():
            return make(gymnasium.make(spec), self.discrete)

    def step(self, action: Array) -> Transition:
        """Take one step; where the episode ends, the next one begins.

        Raises:
            FloatingPointError: the action, or what the environment answered, is not finite.
        """
        if not np.isfinite(action).all():
            raise FloatingPointError(
                f"the policy's action after {self.steps} steps is {action}: its network has diverged. "
                "A smaller learning rate, or rewards of a smaller scale, may keep it finite."
            )
        before = self.observation
        observation, reward, terminated, truncated = self._advance(action)
        self.steps += 1
        transition = Transition(before, action, reward, observation, terminated, truncated)
        if terminated or truncated:
            self.returns.append(self.earned)
            self._begin()
        return transition

    def collect(self) -> list[float]:
        """Returns of the episodes that ended since the last call."""
        ended, self.returns = self.returns, []
        return ended

    def state(self) -> dict[str, Tensor]:
        """Number and actions of the running episode, and the counts."""
        actions = np.array(self._actions, dtype=np.float32).reshape(-1, *self.environment.action_space.shape)
        return {
            "begun": torch.tensor(self.begun),
            "actions": torch.from_numpy(actions),
            "observation": torch.from_numpy(self.observation),
            "steps": torch.tensor(self.steps),
            "returns": torch.tensor(self.returns, dtype=torch.float64),
        }

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Play the running episode again, up to where it stood.

        Raises:
            ValueError: the environment came out elsewhere; it does not obey its seed, or is another version.
        """
        self.begun = int(state["begun"]) - 1
        self._begin()
        for action in state["actions"].numpy():
            self._advance(action)
        if not np.array_equal(self.observation, state["observation"].numpy()):
            raise ValueError(
                "the running episode, played again from its seed and its actions, came out elsewhere: this environment "
                "does not obey its seed, or it is not the version with which the run began. Begin the run anew."
            )
        self.steps, self.returns = int(state["steps"]), state["returns"].tolist()

    def _begin(self) -> None:
        self._seed = int(np.random.default_rng([TRAINING, self.seed, self.begun]).integers(2**31))
        self.begun += 1
        self._actions: list[Array] = []
        self.earned = 0.0
        self.observation = self.environment.reset(seed=self._seed)[0].astype(np.float32)

    def _advance(self, action: Array) -> tuple[Array, float, bool, bool]:
        observation, reward, terminated, truncated, _ = self.environment.step(action)
        self._actions.append(action)
        self.observation = observation = observation.astype(np.float32)
        self.earned += float(reward)
        if not (np.isfinite(observation).all() and np.isfinite(reward)):
            raise FloatingPointError(
                f"step {len(self._actions)} of the episode with seed {self._seed} gave reward {reward} and observation "
                f"{observation}; an agent can learn nothing from numbers that are not finite. Mend the environment."
            )
        return observation, float(reward), bool(terminated), bool(truncated)


def evaluate(agent: Any, environment: gymnasium.Env, seed: Sequence[int], episodes: int = 10) -> list[float]:
    """Return the agent's undiscounted return in each of some episodes, with its best action at every step.

    Args:
        agent: anything with ``best_action(observation)``.
        environment: from :func:`make`.
        seed: one or more whole numbers, from which the seeds of the episodes are drawn.
        episodes: how many.
    """
    returns = []
    for episode_seed in np.random.default_rng([EVALUATION, *seed]).integers(2**31, size=episodes):
        observation, earned, over = environment.reset(seed=int(episode_seed))[0], 0.0, False
        while not over:
            action = agent.best_action(observation.astype(np.float32))
            observation, reward, terminated, truncated, _ = environment.step(action)
            earned, over = earned + float(reward), terminated or truncated
        returns.append(earned)
    return returns
