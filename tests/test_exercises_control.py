"""Exercises on linearly solvable control, in a reader's words."""

import numpy as np
import pytest

from softopt.exercises import linearly_solvable_control as exercises


def cost_to_go(passive, state_cost, terminal_cost, terminal, temperature):
    running, z = ~terminal, np.exp(-terminal_cost / temperature)
    left = np.diag(np.exp(state_cost[running] / temperature)) - passive[np.ix_(running, running)]
    z[running] = np.linalg.solve(left, passive[np.ix_(running, terminal)] @ z[terminal])
    return -temperature * np.log(z)


def controlled(passive, cost_to_go, temperature):
    weights = passive * np.exp((cost_to_go.min() - cost_to_go) / temperature)
    return weights / weights.sum(axis=1, keepdims=True)


def path_integral(path_cost, first_noise, step, noise, control_weight):
    temperature = noise * control_weight
    weights = np.exp(-(path_cost - path_cost.min()) / temperature)
    cost = path_cost.min() - temperature * np.log(weights.mean())
    return np.array([cost, (weights * first_noise).sum() / weights.sum() / step])


def policy_covariance(input, end_cost, effort, temperature):
    return temperature / 2 * np.linalg.inv(effort + input.T @ end_cost @ input)


@pytest.mark.parametrize("answer", [cost_to_go, controlled, path_integral, policy_covariance])
def test_the_formula_as_it_stands_is_right(answer):
    verdict = getattr(exercises, answer.__name__).check(answer)
    assert verdict.correct, verdict


def test_lambda_as_a_knob_is_named_whatever_else_is_done():
    def turned(path_cost, first_noise, step, noise, control_weight):
        return path_integral(path_cost, first_noise, step, 1.0, 1.0)

    assert exercises.path_integral.check(turned).misconception == "a temperature of one's own"


def test_a_right_formula_that_underflows_is_told_so():
    def unsafe(passive, cost_to_go, temperature):
        weights = passive * np.exp(-cost_to_go / temperature)
        return weights / weights.sum(axis=1)[:, None]

    assert exercises.controlled.check(unsafe).misconception == "nothing subtracted before exp"
