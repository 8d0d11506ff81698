"""Exercises of the notebook on soft value iteration, in its order."""

from softopt.exercises.soft_value_iteration.policy import exercise as policy
from softopt.exercises.soft_value_iteration.soft_backup import exercise as soft_backup
from softopt.exercises.soft_value_iteration.soft_maximum import exercise as soft_maximum
from softopt.exercises.soft_value_iteration.soft_policy_value import exercise as soft_policy_value

__all__ = ["policy", "soft_backup", "soft_maximum", "soft_policy_value"]
