"""Exercises of the notebook on soft actor-critic, in its order; they need torch, as ``softopt.deep`` does."""

from softopt.exercises.soft_actor_critic.critic_gradient import exercise as critic_gradient
from softopt.exercises.soft_actor_critic.log_probability import exercise as log_probability
from softopt.exercises.soft_actor_critic.policy_gradient import exercise as policy_gradient
from softopt.exercises.soft_actor_critic.soft_target import exercise as soft_target
from softopt.exercises.soft_actor_critic.temperature_gradient import exercise as temperature_gradient

__all__ = ["critic_gradient", "log_probability", "policy_gradient", "soft_target", "temperature_gradient"]
