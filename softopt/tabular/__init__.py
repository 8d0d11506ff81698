"""Tabular soft optimality: exact, in float64, on NumPy and SciPy alone."""

from softopt.tabular import gridworlds, worlds
from softopt.tabular.grid import Grid
from softopt.tabular.inference import (
    Enumeration,
    Posterior,
    VariationalPlan,
    elbo,
    enumerate_trajectories,
    infer,
    variational,
)
from softopt.tabular.inverse import InverseResult, maxent_irl
from softopt.tabular.mdp import MDP
from softopt.tabular.planning import (
    Plan,
    SoftValueDiverges,
    TemperaturePath,
    evaluate,
    plan,
    soft_value_iteration,
    temperature_path,
    visitation,
)
from softopt.tabular.rollouts import Trajectory, sample_trajectories

__all__ = [
    "MDP",
    "Enumeration",
    "Grid",
    "InverseResult",
    "Plan",
    "Posterior",
    "SoftValueDiverges",
    "TemperaturePath",
    "Trajectory",
    "VariationalPlan",
    "elbo",
    "enumerate_trajectories",
    "evaluate",
    "gridworlds",
    "infer",
    "maxent_irl",
    "plan",
    "sample_trajectories",
    "soft_value_iteration",
    "temperature_path",
    "variational",
    "visitation",
    "worlds",
]
