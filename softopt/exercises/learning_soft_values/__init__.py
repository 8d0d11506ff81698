"""Exercises of the notebook on learning soft values, in its order."""

from softopt.exercises.learning_soft_values.g_update import exercise as g_update
from softopt.exercises.learning_soft_values.psi_update import exercise as psi_update
from softopt.exercises.learning_soft_values.soft_q_update import exercise as soft_q_update

__all__ = ["g_update", "psi_update", "soft_q_update"]
