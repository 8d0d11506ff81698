"""Deep learners of the lecture: small torch modules, one file an algorithm, and one loop for all of them."""

from softopt.deep.ddpg import DDPG, DDPGConfig
from softopt.deep.episodes import Episodes, Transition, evaluate
from softopt.deep.networks import DeterministicPolicy, GaussianPolicy, TwinQ
from softopt.deep.policy_gradient import PolicyGradient, PolicyGradientConfig
from softopt.deep.replay_buffer import Batch, ReplayBuffer
from softopt.deep.sac import SAC, SACConfig
from softopt.deep.squashed_gaussian import SquashedGaussian
from softopt.deep.train import Agent, Progress, Training, train

__all__ = [
    "DDPG",
    "SAC",
    "Agent",
    "Batch",
    "DDPGConfig",
    "DeterministicPolicy",
    "Episodes",
    "GaussianPolicy",
    "PolicyGradient",
    "PolicyGradientConfig",
    "Progress",
    "ReplayBuffer",
    "SACConfig",
    "SquashedGaussian",
    "Training",
    "Transition",
    "TwinQ",
    "evaluate",
    "train",
]
