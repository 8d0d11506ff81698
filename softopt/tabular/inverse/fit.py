"""Fit a linear reward to demonstrations by maximising the dual with L-BFGS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize

from softopt.tabular.inverse.dual import Dual
from softopt.tabular.mdp import MDP, Array
from softopt.tabular.rollouts import Trajectory


@dataclass(frozen=True, eq=False)
class InverseResult:
    """What maximum-entropy IRL found.

    Attributes:
        theta: (K,) weights of the features.
        reward: (S, A) ``features @ theta``.
        objective: the dual at theta, in units of reward.
        gradient: (K,) of the dual at theta: the feature gap, less ``l2 theta``.
        feature_expectations: (K,) of the model at theta.
        demonstration_features: (K,) of the demonstrations; equal to the model's where l2 is 0 and the
            optimum was reached.
        value: (S,) soft values, or (H + 1, S).
        policy: (S, A), or (H, S, A); zero in terminal states.
        iterations: of L-BFGS.
        converged: whether the gradient met the tolerance.
        message: why the optimiser stopped.
        history: (iterations + 1,) objective, from the first theta on.
    """

    theta: Array
    reward: Array
    objective: float
    gradient: Array
    feature_expectations: Array
    demonstration_features: Array
    value: Array
    policy: Array
    iterations: int
    converged: bool
    message: str
    history: Array


def maxent_irl(
    mdp: MDP,
    features: ArrayLike,
    demonstrations: Sequence[Trajectory],
    causal: bool = True,
    *,
    temperature: float = 1.0,
    l2: float = 0.0,
    theta: ArrayLike | None = None,
    tol: float = 1e-6,
    max_iterations: int = 1000,
) -> InverseResult:
    """Find the linear reward under which the demonstrations' features are the expected ones.

    Rewards that differ by potential shaping explain behaviour equally well: compare policies or values
    (:func:`~softopt.tabular.inverse.expected_value_difference`), not rewards.

    Args:
        mdp, features, demonstrations, causal, temperature, l2: see :class:`Dual`.
        theta: (K,) where to start; zeros unless given.
        tol: stop when no entry of the gradient exceeds ``tol * max(1, |f_demo|)``. The objective is known to
            round-off only, so the line search cannot promise much less than the square root of that.
        max_iterations: of L-BFGS.

    Raises:
        ValueError: as :class:`Dual`; or no finite value at the first theta (discount 1 on an infinite horizon:
            give a theta that makes steps costly, or a prior).

    Source: Ziebart et al. (2008, 2010); lecture, 10:03.
    """
    dual = Dual(mdp, features, demonstrations, causal=causal, temperature=temperature, l2=l2)
    demo = dual.demonstration_features
    first = np.zeros(demo.size) if theta is None else np.array(theta, dtype=np.float64)
    scale = max(1.0, float(np.abs(demo).max(initial=0.0)))
    start = dual(first)
    history = [start.objective]
    best = first, -start.objective, start.gradient

    def loss(weights: Array) -> tuple[float, Array]:
        nonlocal best
        try:
            point = dual(weights)
        except ValueError:
            return _fence(weights, *best)
        if -point.objective < best[1]:
            best = weights.copy(), -point.objective, point.gradient
        return -point.objective, -point.gradient

    def note(intermediate_result: Any) -> None:
        history.append(-intermediate_result.fun)

    found = minimize(
        loss,
        first,
        jac=True,
        method="L-BFGS-B",
        callback=note,
        options={"maxiter": max_iterations, "gtol": tol * scale, "ftol": 0.0, "maxcor": 20, "maxls": 40},
    )
    point = dual(found.x)
    return InverseResult(
        theta=found.x,
        reward=point.reward,
        objective=point.objective,
        gradient=point.gradient,
        feature_expectations=point.feature_expectations,
        demonstration_features=demo,
        value=point.value,
        policy=point.policy,
        iterations=int(found.nit),
        converged=bool(np.abs(point.gradient).max(initial=0.0) <= tol * scale),
        message=str(found.message),
        history=np.array(history),
    )


def _fence(weights: Array, best: Array, loss: float, gradient: Array) -> tuple[float, Array]:
    """Stand in for an infinite loss: a steep cone around the best theta, which turns the line search back.

    Without a discount V(start) is infinite for rewards that make it worth while never to end. L-BFGS may try
    such a theta on its way; infinities would break its interpolation.
    """
    away = weights - best
    slope = 10.0 * max(1.0, float(np.linalg.norm(gradient)))
    distance = float(np.linalg.norm(away))
    return loss + slope * distance, slope * away / distance
