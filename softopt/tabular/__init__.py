"""Tabular soft optimality: exact, in float64, on NumPy and SciPy alone."""

from softopt.tabular import gridworlds, learning, linearly_solvable, worlds
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
from softopt.tabular.learning import (
    g_learning,
    path_consistency,
    psi_learning,
    q_learning,
    soft_policy_gradient,
    soft_q_learning,
)
from softopt.tabular.linearly_solvable import LMDP
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
    "LMDP",
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
    "g_learning",
    "gridworlds",
    "infer",
    "learning",
    "linearly_solvable",
    "maxent_irl",
    "path_consistency",
    "plan",
    "psi_learning",
    "q_learning",
    "sample_trajectories",
    "soft_policy_gradient",
    "soft_q_learning",
    "soft_value_iteration",
    "temperature_path",
    "variational",
    "visitation",
    "worlds",
]
