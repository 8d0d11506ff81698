"""Maximum-entropy inverse reinforcement learning: from demonstrations back to a reward.

The reward is linear in features, ``r = features @ theta``. Both models maximise a dual,
``theta . f_demo - V(start)``, whose gradient is the gap between the demonstrations' features and the model's:

- *causal* (Ziebart, Bagnell, Dey 2010): the demonstrator cannot choose what the dynamics do. V comes from the
  variational soft Bellman equation, ``Q = r + discount E V``.
- *non-causal* (Ziebart, Maas, Bagnell, Dey 2008): trajectories weigh ``p(trajectory) exp(return / T)``. V is
  the log partition function, ``Q = r + T log E exp(V / T)``; its expectations run under the posterior dynamics.

They agree under deterministic dynamics and only there.
"""

from softopt.tabular.inverse.compare import expected_value_difference, shaped
from softopt.tabular.inverse.dual import Dual, DualPoint
from softopt.tabular.inverse.fit import InverseResult, maxent_irl
from softopt.tabular.inverse.garden import garden
from softopt.tabular.inverse.problems import bus_engine, objectworld

__all__ = [
    "Dual",
    "DualPoint",
    "InverseResult",
    "bus_engine",
    "expected_value_difference",
    "garden",
    "maxent_irl",
    "objectworld",
    "shaped",
]
