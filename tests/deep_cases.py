"""Small worlds and batches for the tests of the deep learners: seconds of training, numbers one can check."""

from __future__ import annotations

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box, Discrete

from softopt.deep import Batch, Episodes, Training
from softopt.runs import carry_on, open_run
from softopt.tabular import MDP

torch.set_num_threads(1)  # more are slower at these sizes, and their sums are not the same to the last bit

# Best of Steer from 0: to 1 at .25 a step, then stay. It earns -(.75^2 + .5^2 + .25^2); who stands still earns -16.
BEST = -0.875
TINY = {"hidden": (16, 16), "batch": 32, "warm_up": 100, "capacity": 2_000, "precision": "float32", "device": "cpu"}


def in_this_process(setup, folder, *rest):
    """In place of ``local._process``: train a run in this process, in a thread; its exit status and no words."""
    return (0 if carry_on(open_run(setup, folder)) else 3), ""


class Steer(gymnasium.Env):
    """A point on a line and 16 steps of -(x - 1)^2; the time limit is a truncation."""

    observation_space = Box(-np.inf, np.inf, (1,))
    action_space = Box(-1.0, 1.0, (1,))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.t = self.np_random.uniform(-0.1, 0.1), 0
        return np.array([self.x], dtype=np.float32), {}

    def step(self, action):
        self.x, self.t = self.x + 0.25 * float(action[0]), self.t + 1
        return np.array([self.x], dtype=np.float32), -((self.x - 1) ** 2), False, self.t == 16, {}


class Aim(Steer):
    """Sixteen numbers x in [-1, 1], one a step, and -(a - .8 x)^2 for the action; who does nothing earns -3.4.

    The best action is never at the edge, where the policy of DDPG gets stuck on Steer in one run of five: full speed
    to the right is good at first, tanh saturates, and no gradient brings it back.
    """

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(-1, 1)
        return np.array([self.x], dtype=np.float32), {}

    def step(self, action):
        earned = -((float(action[0]) - 0.8 * self.x) ** 2)
        self.x, self.t = self.np_random.uniform(-1, 1), self.t + 1
        return np.array([self.x], dtype=np.float32), earned, False, self.t == 16, {}


class Restless(Steer):
    """It does not obey its seed."""

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = np.random.default_rng().normal()
        return np.array([self.x], dtype=np.float32), {}


# From the first four states three actions each lead to one of two next states, equally likely; the fifth is the end.
_DRAW = np.random.default_rng(4)
NEXT, REWARD = _DRAW.integers(5, size=(4, 3, 2)), _DRAW.normal(size=(4, 3))


class Junctions(gymnasium.Env):
    """A finite MDP whose states are seen as rows of the unit matrix; cut off after 30 steps."""

    observation_space = Box(0.0, 1.0, (5,))
    action_space = Discrete(3)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s, self.t = int(self.np_random.integers(4)), 0
        return np.eye(5, dtype=np.float32)[self.s], {}

    def step(self, action):
        earned = REWARD[self.s, action]
        self.s, self.t = int(NEXT[self.s, action, self.np_random.integers(2)]), self.t + 1
        return np.eye(5, dtype=np.float32)[self.s], earned, self.s == 4, self.t == 30, {}


def junctions(discount=0.9):
    """The same as a table."""
    transition = np.zeros((5, 3, 5))
    for s, a, k in np.ndindex(NEXT.shape):
        transition[s, a, NEXT[s, a, k]] += 0.5
    transition[4, :, 4] = 1
    return MDP(transition, np.vstack([REWARD, np.zeros(3)]), discount=discount, terminal=[4])


def every_junction():
    """Each of its transitions once: a batch whose mean is the expectation, without sampling error."""
    s, a, k = (torch.as_tensor(index.ravel()) for index in np.indices(NEXT.shape))
    after, unit = torch.as_tensor(NEXT)[s, a, k], torch.eye(5)
    reward = torch.as_tensor(REWARD, dtype=torch.float32)[s, a]
    return Batch(unit[s], a[:, None].float(), reward, unit[after], (after == 4).float())


# Made by name too, from any process that has this folder on its path: "deep_cases:Steer-v0".
for entry in (Steer, Aim, Restless, Junctions):
    if f"{entry.__name__}-v0" not in gymnasium.registry:
        gymnasium.register(f"{entry.__name__}-v0", entry_point=entry, disable_env_checker=True)


def batch_of(size, observation_size=3, action_size=2, seed=0, terminated=0.3):
    """Random transitions; each ends the task with probability ``terminated``."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(shape, generator=generator)

    return Batch(
        normal(size, observation_size),
        torch.tanh(normal(size, action_size)),
        normal(size),
        normal(size, observation_size),
        (torch.rand(size, generator=generator) < terminated).float(),
    )


def training_of(algorithm, config, environment="Steer-v0", seed=0):
    """An agent in an environment, at step 0."""
    episodes = Episodes(environment, seed, discrete=getattr(algorithm, "discrete", False))
    return Training(algorithm(*episodes.sizes, config, seed), episodes, seed)


def parameters_of(module):
    """All parameters in one row."""
    return torch.cat([parameter.detach().flatten() for parameter in module.parameters()])


def assert_same_state(found, expected):
    """Two packed states hold the same bits."""
    assert found.keys() == expected.keys()
    different = [name for name in expected if not torch.equal(found[name], expected[name])]
    assert not different
