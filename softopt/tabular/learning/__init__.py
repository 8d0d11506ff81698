"""Tabular learning of soft values and policies from a stream of transitions, and the gradients that tie them."""

from softopt.tabular.learning.backups import (
    asadi_littman,
    backup_curve,
    boltzmann_average,
    boltzmann_fixed_points,
    mellowmax_fixed_point,
)
from softopt.tabular.learning.equivalence import GradientTerms, compare_gradients
from softopt.tabular.learning.g_learning import g_learning
from softopt.tabular.learning.loop import Learned
from softopt.tabular.learning.path_consistency import (
    PathConsistency,
    path_consistency,
    path_residuals,
    residual_variance,
)
from softopt.tabular.learning.pgql import PgqlFixedPoint, entropy_outside_gradient, pgql_fixed_point
from softopt.tabular.learning.policy_gradient import Ascent, PolicyGradient, ascend, policy_of, soft_policy_gradient
from softopt.tabular.learning.psi_learning import PosteriorPolicies, posterior_policy_iteration, psi_learning
from softopt.tabular.learning.q_learning import generalised_q_learning, q_learning
from softopt.tabular.learning.rates import constant, harmonic, polynomial
from softopt.tabular.learning.sampled_gradient import SampledGradient, sampled_policy_gradient
from softopt.tabular.learning.soft_q_learning import soft_q_learning
from softopt.tabular.learning.transitions import Transition, epsilon_greedy, interact

__all__ = [
    "Ascent",
    "GradientTerms",
    "Learned",
    "PathConsistency",
    "PgqlFixedPoint",
    "PolicyGradient",
    "PosteriorPolicies",
    "SampledGradient",
    "Transition",
    "asadi_littman",
    "ascend",
    "backup_curve",
    "boltzmann_average",
    "boltzmann_fixed_points",
    "compare_gradients",
    "constant",
    "entropy_outside_gradient",
    "epsilon_greedy",
    "g_learning",
    "generalised_q_learning",
    "harmonic",
    "interact",
    "mellowmax_fixed_point",
    "path_consistency",
    "path_residuals",
    "pgql_fixed_point",
    "policy_of",
    "polynomial",
    "posterior_policy_iteration",
    "psi_learning",
    "q_learning",
    "residual_variance",
    "sampled_policy_gradient",
    "soft_policy_gradient",
    "soft_q_learning",
]
