"""Where a soft-optimal movement varies: the covariance of its policy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.control.motor import LinearGaussian, soft_linear_quadratic
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Two effectors on a state of two or three; first one whose task sees mostly their sum."""
    yield Case(
        0,
        {
            "input": np.eye(2),
            "end_cost": np.ones((2, 2)) + 0.1 * np.eye(2),
            "effort": 0.5 * np.eye(2),
            "temperature": 2.0,
        },
    )
    for n_states in (2, 2, 2, 3, 3):
        for temperature in (0.5, 3.0):
            miss = one_decimal(generator.uniform(-2, 2, (1, n_states)))
            arguments = {
                "input": one_decimal(generator.uniform(-2, 2, (n_states, 2))),
                "end_cost": miss.T @ miss + 0.1 * np.eye(n_states),
                "effort": np.diag(one_decimal(generator.uniform(0.2, 1.5, 2))),
                "temperature": temperature,
            }
            yield Case(n_states, arguments)


def reference(input, end_cost, effort, temperature):
    """T (R + B' Q B)^-1 / 2."""
    states = np.zeros_like(end_cost)
    problem = LinearGaussian(np.eye(len(input)), input, np.array([states, (end_cost + end_cost.T) / 2]), effort)
    return soft_linear_quadratic(problem, temperature).covariance[0]


def _curvature(input, end_cost, effort):
    return effort + input.T @ end_cost @ input


def _precision(input, end_cost, effort, temperature):
    return 2 / temperature * _curvature(input, end_cost, effort)


def _bare_curvature(input, end_cost, effort, temperature):
    return _curvature(input, end_cost, effort)


@misconception("twice the covariance")
def twice(input, end_cost, effort, temperature):
    """This is T H⁻¹, twice the covariance. A Gaussian has −u' Σ⁻¹ u / 2 in its exponent, and this cost is u' H u,
    without a half. Papers with R u² / 2 get T H⁻¹; here one half has to come from somewhere."""
    return temperature * np.linalg.inv(_curvature(input, end_cost, effort))


@misconception("the curvature in place of the covariance", _precision, _bare_curvature)
def curvature(input, end_cost, effort, temperature):
    """What you return is large where the task cares and small where it does not. A covariance is the other way round:
    where the cost rises steeply, the policy has to be narrow. What undoes a matrix?"""
    return temperature / 2 * _curvature(input, end_cost, effort)


@misconception("the temperature is missing")
def temperature_missing(input, end_cost, effort, temperature):
    """This is the covariance at temperature 1. It should grow with the temperature, and vanish with it."""
    return reference(input, end_cost, effort, 1.0)


@misconception("the task is missing")
def task_missing(input, end_cost, effort, temperature):
    """Only the effort shapes this covariance, so the noise is the same whatever the task. The cost of a control is also
    what it does to the next state: x' = … + B u, and the end charges x'' Q x'."""
    return temperature / 2 * np.linalg.inv(effort)


@misconception("the effort is missing")
def effort_missing(input, end_cost, effort, temperature):
    """Only the task shapes this covariance. In directions that it does not see, nothing would hold the policy, and the
    inverse explodes. The controls themselves cost something as well."""
    return temperature / 2 * np.linalg.inv(input.T @ end_cost @ input)


@misconception("entry by entry")
def entrywise(input, end_cost, effort, temperature):
    """`1 / H` turns over each entry by itself; that is not the inverse of the matrix. The effectors are coupled through
    the task, and the coupling is where minimal intervention lives."""
    return temperature / 2 / _curvature(input, end_cost, effort)


@misconception("each effector by itself")
def diagonal(input, end_cost, effort, temperature):
    """The coupling of the effectors has been dropped: this is made from the diagonal of H alone. Two effectors whose
    sum matters may vary a lot, if they vary in opposite directions; a diagonal covariance cannot say so."""
    return temperature / 2 * np.diag(1 / np.diag(_curvature(input, end_cost, effort)))


exercise = Exercise(
    name="policy_covariance",
    title="vary where it does not matter",
    statement="""
        Write `my_policy_covariance(input, end_cost, effort, temperature)`. One step is left of a movement. The control
        u moves the state by B u, with B = `input` of shape (n, 2); the end then costs x' Q x with Q = `end_cost` of
        shape (n, n); the control itself costs u' R u with R = `effort` of shape (2, 2). No halves anywhere. Return the
        covariance of the soft-optimal policy, shape (2, 2), in the entropy form at temperature T:

            π(u|x) ∝ exp( −(cost of u from x) / T )

        The cost is quadratic in u, so the policy is Gaussian. Its covariance does not depend on x. Which is its matrix?
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Collect everything in the cost that is quadratic in u: from u' R u, and from (A x + B u)' Q (A x + B u). It
        is u' H u with one matrix H of shape (2, 2). The terms linear in u move the mean, not the spread.""",
        """Compare −u' H u / T with the exponent of a Gaussian, −u' Σ⁻¹ u / 2, and solve for Σ. Then look at the first
        case: which way do the two effectors vary most, and what happens to their sum?""",
    ),
    minutes=8,
    difficulty=2,
    points=2,
    misconceptions=(
        twice,
        curvature,
        temperature_missing,
        task_missing,
        effort_missing,
        entrywise,
        diagonal,
    ),
)
