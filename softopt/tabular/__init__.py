"""Tabular soft optimality: exact, in float64, on NumPy and SciPy alone."""

from softopt.tabular import gridworlds
from softopt.tabular.grid import Grid
from softopt.tabular.mdp import MDP

__all__ = ["MDP", "Grid", "gridworlds"]
