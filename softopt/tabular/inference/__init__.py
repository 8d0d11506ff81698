"""Control as inference: exact messages, brute force, and the variational mend."""

from softopt.tabular.inference.enumeration import Enumeration, enumerate_trajectories
from softopt.tabular.inference.messages import Posterior, PosteriorDynamics, infer
from softopt.tabular.inference.variational import VariationalPlan, elbo, variational

__all__ = [
    "Enumeration",
    "Posterior",
    "PosteriorDynamics",
    "VariationalPlan",
    "elbo",
    "enumerate_trajectories",
    "infer",
    "variational",
]
