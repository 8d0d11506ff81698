"""Exercises of the notebook on multimodal Q-functions, in its order; they need torch, as ``softopt.deep`` does."""

from softopt.exercises.multimodal_q_functions.energy_policy import exercise as energy_policy
from softopt.exercises.multimodal_q_functions.median_bandwidth import exercise as median_bandwidth
from softopt.exercises.multimodal_q_functions.mixture_density import exercise as mixture_density
from softopt.exercises.multimodal_q_functions.soft_value import exercise as soft_value
from softopt.exercises.multimodal_q_functions.stein_direction import exercise as stein_direction

__all__ = ["energy_policy", "median_bandwidth", "mixture_density", "soft_value", "stein_direction"]
