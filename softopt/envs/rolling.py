"""Many episodes of one environment at once, each until it is terminated or out of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
PROBED = 64  # rollouts from which an environment's probe takes its shares
WORLD, AGENT = 2, 3  # two families of seeds, which meet neither each other nor those of training and evaluation (0, 1)


class Explorer(Protocol):
    """What a probe asks of an agent."""

    def sample(self, observation: NDArray[np.float32], generator: np.random.Generator) -> NDArray[np.float32]:
        """Draw an action to explore with in each of B states: (B, O) to (B, A) in [-1, 1]."""


@dataclass(frozen=True, eq=False)
class Paths:
    """n episodes of at most T steps. After its end an episode has states and actions NaN, and rewards 0.

    Attributes:
        states: (n, T + 1, K) float64, the start first; the state in which an episode ended is still there.
        actions: (n, T, A) float64, as the agent gave them.
        rewards: (n, T) float64; the sum over a row is the return.
        length: (n,) whole numbers from 1 to T, steps taken; ``states[i, length[i]]`` is the last of episode i.
        terminated: (n,) booleans: ended by the environment; the others ran out of time.
    """

    states: Array
    actions: Array
    rewards: Array
    length: NDArray[np.int64]
    terminated: NDArray[np.bool_]

    @property
    def last(self) -> Array:
        """(n, K) the states in which the episodes ended."""
        return self.states[np.arange(len(self.states)), self.length]

    @property
    def returns(self) -> Array:
        """(n,) undiscounted returns, in reward units."""
        return self.rewards.sum(axis=1)


class Deciding(Protocol):
    """What :func:`acting` asks of an agent."""

    def best_action(self, observation: NDArray[np.float32]) -> NDArray[np.float32]:
        """The action to take in one state without noise: (O,) to (A,)."""


def acting(agent: Deciding) -> Callable[[NDArray[np.float32]], Array]:
    """An agent's best actions for :func:`roll`: (n, O) to (n, A), one state at a time, so that n changes no digit.

    Raises:
        ValueError: later, at the first observation, from an agent that was made for another body.
    """

    def act(seen: NDArray[np.float32]) -> Array:
        try:
            return np.stack([agent.best_action(one) for one in seen])
        except RuntimeError as fault:  # the first layer of its network is of another size
            raise ValueError(
                f"this agent was made for another body: it cannot read {seen.shape[1]} numbers ({fault})."
            ) from fault

    return act


def roll(
    environment: Any,
    act: Callable[[NDArray[np.float32]], ArrayLike],
    n: int,
    seed: int | Sequence[int],
    steps: int | None = None,
    *,
    start: ArrayLike | None = None,
) -> Paths:
    """Run n episodes at once.

    With ``n = 1`` this is the episode of ``environment.reset(seed=seed)``. Where the dynamics have noise, every
    episode gets its own at every step, also those that are over: which of them ended changes nothing for the others.

    Args:
        environment: one of the points of the plane, such as ``gymnasium.make("softopt/MultiGoal-v0")``; its wrappers
            are left out, but for the time limit.
        act: observations (n, O) float32 -> actions (n, A). Episode i is row i at every step; one that is over shows
            what it ended with, and its action is not used.
        n: how many.
        seed: of the starts and of the noise in the dynamics.
        steps: T, the limit of time; None takes the environment's.
        start: (n, K) the states to start from, or (K,) the one for all; None draws them.

    Raises:
        ValueError: an environment of another kind, n or steps below 1, or states and actions of another shape.
    """
    world = environment.unwrapped
    if not all(hasattr(world, name) for name in ("begin", "observe", "advance")):
        raise ValueError(
            f"roll runs environments that advance many states at once, such as softopt/MultiGoal-v0; "
            f"{type(world).__name__} has no begin, observe and advance."
        )
    if steps is None:
        steps = getattr(environment.spec, "max_episode_steps", None) or world.time_limit
    if n < 1 or steps < 1:
        raise ValueError(f"n and steps are at least 1; got n={n} and steps={steps}.")
    generator = np.random.default_rng(seed)
    state = world.begin(n, generator)
    if start is not None:
        state = _all_of_them(np.asarray(start, dtype=np.float64), state.shape)
    size = world.action_space.shape[0]
    states, actions = np.full((n, steps + 1, state.shape[1]), np.nan), np.full((n, steps, size), np.nan)
    rewards, length, terminated = np.zeros((n, steps)), np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.bool_)
    states[:, 0] = state
    for t in range(steps):
        action = np.asarray(act(world.observe(state)), dtype=np.float64)
        next_state, reward, over = world.advance(state, action, generator)
        runs = ~terminated
        state = np.where(runs[:, None], next_state, state)
        states[runs, t + 1], actions[runs, t], rewards[runs, t] = state[runs], action[runs], reward[runs]
        length += runs
        terminated |= over & runs
        if terminated.all():
            break
    return Paths(states, actions, rewards, length, terminated)


def explore(environment: Any, agent: Explorer, seed: Sequence[int], start: ArrayLike | None = None) -> Paths:
    """Run the 64 episodes of a probe, with the agent's exploring actions.

    Args:
        environment: as for :func:`roll`.
        agent: anything with ``sample(observation, generator)``.
        seed: one or more whole numbers; what is drawn from them is used nowhere else.
        start: (K,) the state from which all of them start; None draws one for each.
    """
    draws = np.random.default_rng([AGENT, *seed])
    return roll(environment, lambda seen: agent.sample(seen, draws), PROBED, [WORLD, *seed], start=start)


def _all_of_them(start: Array, shape: tuple[int, int]) -> Array:
    if start.shape not in (shape, shape[1:]) or not np.isfinite(start).all():
        raise ValueError(f"start is {shape[1]} finite numbers for all, or an array {shape}; got shape {start.shape}.")
    return np.array(np.broadcast_to(start, shape))
