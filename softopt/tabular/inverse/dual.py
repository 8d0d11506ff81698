"""The dual objective of maximum-entropy IRL and its exact gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.operators import check_temperature
from softopt.tabular.inverse.demonstrations import statistics
from softopt.tabular.inverse.features import Features
from softopt.tabular.inverse.models import Causal, NonCausal
from softopt.tabular.inverse.passes import backward, occupancy
from softopt.tabular.mdp import MDP, Array
from softopt.tabular.rollouts import Trajectory


@dataclass(frozen=True, eq=False)
class DualPoint:
    """The dual at one theta.

    Attributes:
        objective: ``theta . f_demo - V(start) - l2 / 2 |theta|^2``, in units of reward.
        gradient: (K,) ``f_demo - feature_expectations - l2 theta``.
        feature_expectations: (K,) the model's expected feature sums from the demonstrations' starts.
        reward: (S, A) ``features @ theta``, ``-inf`` where the MDP forbids the action.
        value: (S,) soft values, or (H + 1, S).
        policy: (S, A), or (H, S, A); zero in terminal states.
    """

    objective: float
    gradient: Array
    feature_expectations: Array
    reward: Array
    value: Array
    policy: Array


class Dual:
    """The objective that :func:`maxent_irl` maximises: call it with theta (K,) to get a :class:`DualPoint`.

    ``theta . f_demo - V(start)``, both averaged over the demonstrations, with V(start) the soft value of the
    states they start in. Divided by T it is the log likelihood of the demonstrations per demonstration, up to
    a constant, in the non-causal model, and in the causal model under deterministic dynamics. It is concave for
    demonstrations that have ended: in a terminal state, at the horizon, or, in the non-causal model with a
    discount below 1, anywhere, since there a discount is a chance to end. Others were only watched for a while;
    then the value of the state they reached, weighed as the next step would be, is added.

    The regulariser ``l2 / 2 |theta|^2`` gives a finite answer where the data would drive theta to infinity
    (something never, or always, done), and picks the smallest theta among those with the same policy.

    Args:
        mdp: dynamics, discount or horizon, terminal states, prior. Its rewards are not used, except that
            ``-inf`` still forbids.
        features: (S, K) features of the state acted in, or (S, A, K). The last state of a trajectory is not
            acted in, so its features count neither in the demonstrations nor in the model.
        demonstrations: trajectories, each of the same weight.
        causal: True for maximum causal entropy, False for the non-causal model (see :mod:`.models`).
        temperature: T in (0, inf). Only theta / T can be known from behaviour.
        l2: strength of the regulariser, at least 0.

    Attributes:
        demonstration_features: (K,) f_demo; the step at t weighs ``discount ** t`` in the causal model and 1
            in the non-causal one.

    Raises:
        ValueError: a demonstration that is impossible under the model (which one and where), features of
            another shape, temperature or l2 outside its range.
    """

    def __init__(
        self,
        mdp: MDP,
        features: ArrayLike,
        demonstrations: Sequence[Trajectory],
        *,
        causal: bool = True,
        temperature: float = 1.0,
        l2: float = 0.0,
    ) -> None:
        self.temperature = check_temperature(temperature)
        if self.temperature == 0:
            raise ValueError("temperature must be above 0: a hard optimum has no gradient in theta.")
        if not (l2 >= 0 and math.isfinite(l2)):
            raise ValueError(f"l2 must be a finite number, at least 0, got {l2}.")
        self.mdp, self.l2 = mdp, l2
        self.features = Features(mdp, features)
        self.model = (Causal if causal else NonCausal)(mdp, self.temperature)
        self.observed = statistics(mdp, demonstrations, self.model)
        self.demonstration_features = self.features.total(self.observed.visits)
        self.rows = mdp.rows()

    def __call__(self, theta: ArrayLike) -> DualPoint:
        """Evaluate the dual.

        Raises:
            ValueError: theta of another shape; or no finite value at theta, for an infinite horizon whose
                discount is 1 or whose model is non-causal.
        """
        theta = np.asarray(theta, dtype=np.float64)
        if theta.shape != (self.features.n_features,):
            raise ValueError(f"theta has shape ({self.features.n_features},), got {theta.shape}.")
        free = self.features.reward(theta)
        reward = np.where(self.mdp.allowed, free, -np.inf)
        past = backward(self.mdp, self.model, reward, self.temperature)
        expected = self.features.total(occupancy(self.mdp, past, self.observed.source, self.rows))
        known = self.observed.source != 0
        objective = theta @ self.demonstration_features - self.observed.source[known] @ past.value[known]
        return DualPoint(
            objective=float(objective - self.l2 / 2 * theta @ theta),
            gradient=self.demonstration_features - expected - self.l2 * theta,
            feature_expectations=expected,
            reward=reward,
            value=past.value,
            policy=past.policy,
        )
