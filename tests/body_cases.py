"""What the tests of MuJoCo's bodies have in common."""

from __future__ import annotations

import numpy as np

from softopt.envs import roll


def assert_an_episode_is_the_batch_of_one(env, steps):
    """What ``step`` shows and pays is, bit for bit, what ``roll`` does with one episode and the same actions."""
    actions = np.random.default_rng(1).uniform(-1, 1, (steps, *env.action_space.shape)).astype(np.float32)
    seen, earned = [env.reset(seed=5)[0]], []
    for action in actions:
        observation, reward, *_ = env.step(action)
        seen.append(observation)
        earned.append(reward)
    turns = iter(actions)
    paths = roll(env, lambda _: next(turns)[None], 1, seed=5, steps=steps)
    np.testing.assert_array_equal(env.unwrapped.observe(paths.states[0]), seen)
    np.testing.assert_array_equal(paths.rewards[0], earned)
