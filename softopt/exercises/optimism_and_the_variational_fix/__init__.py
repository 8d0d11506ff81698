"""Exercises of the notebook on optimism and the variational fix, in its order."""

from softopt.exercises.optimism_and_the_variational_fix.evidence_gap import exercise as evidence_gap
from softopt.exercises.optimism_and_the_variational_fix.optimism import exercise as optimism
from softopt.exercises.optimism_and_the_variational_fix.posterior_dynamics import exercise as posterior_dynamics

__all__ = ["evidence_gap", "optimism", "posterior_dynamics"]
