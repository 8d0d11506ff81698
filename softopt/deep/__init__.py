"""Deep learners of the lecture: small torch modules, one file an algorithm, and one loop for all of them."""

from softopt.deep.ddpg import DDPG, DDPGConfig
from softopt.deep.discrete_q_learning import DiscreteQConfig, DiscreteQLearning
from softopt.deep.episodes import Episodes, Transition, evaluate
from softopt.deep.networks import DeterministicPolicy, GaussianPolicy, SamplingNetwork, TwinQ
from softopt.deep.policy_gradient import PolicyGradient, PolicyGradientConfig
from softopt.deep.replay_buffer import Batch, ReplayBuffer
from softopt.deep.sac import SAC, SACConfig
from softopt.deep.soft_q_learning import SoftQLearning, SoftQLearningConfig
from softopt.deep.squashed_gaussian import SquashedGaussian
from softopt.deep.train import Agent, Progress, Training, train

__all__ = [
    "DDPG",
    "SAC",
    "Agent",
    "Batch",
    "DDPGConfig",
    "DeterministicPolicy",
    "DiscreteQConfig",
    "DiscreteQLearning",
    "Episodes",
    "GaussianPolicy",
    "PolicyGradient",
    "PolicyGradientConfig",
    "Progress",
    "ReplayBuffer",
    "SACConfig",
    "SamplingNetwork",
    "SoftQLearning",
    "SoftQLearningConfig",
    "SquashedGaussian",
    "Training",
    "Transition",
    "TwinQ",
    "evaluate",
    "train",
]
