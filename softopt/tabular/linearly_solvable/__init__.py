"""Linearly solvable MDPs: where the soft Bellman equation is linear (Todorov 2006, 2009).

The controller chooses the next state itself and pays for every departure from the passive dynamics p::

    cost of a step      q(s) + T KL( u(.|s) || p(.|s) )
    Bellman equation    v(s) = q(s) - T log sum_s' p(s'|s) exp(-v(s') / T)
    with z = exp(-v/T)  z(s) = exp(-q(s) / T) sum_s' p(s'|s) z(s')          linear
    optimal control     u*(s'|s) ∝ p(s'|s) z(s')

Todorov's symbols are kept: costs, not rewards. v is a cost-to-go, so v = -V in the symbols of the rest of the
course, and the desirability z is exp(V / T). Todorov has T = 1, that is, costs in nats.
"""

from softopt.tabular.linearly_solvable.average_cost import AverageCost, average_cost
from softopt.tabular.linearly_solvable.bellman import (
    OptimalControl,
    discounted,
    finite_horizon,
)
from softopt.tabular.linearly_solvable.embedding import as_mdp, embed
from softopt.tabular.linearly_solvable.first_exit import first_exit
from softopt.tabular.linearly_solvable.lmdp import LMDP
from softopt.tabular.linearly_solvable.z_learning import ZLearning, z_learning

__all__ = [
    "LMDP",
    "AverageCost",
    "OptimalControl",
    "ZLearning",
    "as_mdp",
    "average_cost",
    "discounted",
    "embed",
    "finite_horizon",
    "first_exit",
    "z_learning",
]
