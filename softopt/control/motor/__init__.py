"""Motor control as soft optimality: linear dynamics, quadratic costs, Gaussian noise and a Gaussian policy.

What Todorov and Jordan (2002) explain with it: a controller that corrects only what the task can see leaves its
variability where the task does not care. Here the controller sees the state; the paper's also has to estimate it
from late and noisy senses, which changes the numbers and not the principle.
"""

from softopt.control.motor.linear_gaussian import (
    GaussianPolicy,
    LinearGaussian,
    expected_cost,
    moments,
    simulate,
    soft_linear_quadratic,
)
from softopt.control.motor.tasks import Reaching, reaching, redundant_pair

__all__ = [
    "GaussianPolicy",
    "LinearGaussian",
    "Reaching",
    "expected_cost",
    "moments",
    "reaching",
    "redundant_pair",
    "simulate",
    "soft_linear_quadratic",
]
