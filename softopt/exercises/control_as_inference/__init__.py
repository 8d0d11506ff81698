"""Exercises of the notebook on control as inference, in its order."""

from softopt.exercises.control_as_inference.backward_message import exercise as backward_message
from softopt.exercises.control_as_inference.posterior_policy import exercise as posterior_policy
from softopt.exercises.control_as_inference.smoothed_marginals import exercise as smoothed_marginals

__all__ = ["backward_message", "posterior_policy", "smoothed_marginals"]
