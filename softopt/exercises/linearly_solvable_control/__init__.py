"""Exercises of the notebook on linearly solvable control, in its order."""

from softopt.exercises.linearly_solvable_control.controlled import exercise as controlled
from softopt.exercises.linearly_solvable_control.cost_to_go import exercise as cost_to_go
from softopt.exercises.linearly_solvable_control.path_integral import exercise as path_integral
from softopt.exercises.linearly_solvable_control.policy_covariance import exercise as policy_covariance

__all__ = ["controlled", "cost_to_go", "path_integral", "policy_covariance"]
