"""Planning: soft value iteration, soft policy iteration, evaluation, and paths over the temperature."""

from softopt.tabular.planning.bellman import Plan
from softopt.tabular.planning.divergence import SoftValueDiverges
from softopt.tabular.planning.evaluation import evaluate, visitation
from softopt.tabular.planning.policy_iteration import plan
from softopt.tabular.planning.temperature_path import TemperaturePath, temperature_path
from softopt.tabular.planning.value_iteration import soft_value_iteration

__all__ = [
    "Plan",
    "SoftValueDiverges",
    "TemperaturePath",
    "evaluate",
    "plan",
    "soft_value_iteration",
    "temperature_path",
    "visitation",
]
