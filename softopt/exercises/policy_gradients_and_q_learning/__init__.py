"""Exercises of the notebook on policy gradients and Q-learning, in its order."""

from softopt.exercises.policy_gradients_and_q_learning.path_residual import exercise as path_residual
from softopt.exercises.policy_gradients_and_q_learning.reward_to_go import exercise as reward_to_go
from softopt.exercises.policy_gradients_and_q_learning.soft_gradient import exercise as soft_gradient
from softopt.exercises.policy_gradients_and_q_learning.value_term import exercise as value_term

__all__ = ["path_residual", "reward_to_go", "soft_gradient", "value_term"]
