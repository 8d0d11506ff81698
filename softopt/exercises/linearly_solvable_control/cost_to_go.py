"""First exit of an LMDP: one linear solve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.cases import one_decimal, tenths
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.tabular.linearly_solvable import LMDP, first_exit


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Two to five states; the last one or two have ended, at costs that differ."""
    for n_states, n_ends in ((2, 1), (3, 1), (3, 2), (4, 1), (4, 2), (5, 2)):
        for temperature in (0.5, 2.0):
            terminal = np.arange(n_states) >= n_states - n_ends
            passive = tenths(generator, (n_states, n_states), least=1)
            passive[terminal] = np.eye(n_states)[terminal]
            cost = np.where(terminal, 0.0, one_decimal(generator.uniform(0.1, 3, n_states)))
            end = np.where(terminal, one_decimal(generator.uniform(0.5, 4, n_states)), 0.0)
            arguments = {"passive": passive, "state_cost": cost, "terminal_cost": end, "terminal": terminal}
            yield Case(n_states, {**arguments, "temperature": temperature})


def reference(passive, state_cost, terminal_cost, terminal, temperature):
    """-T log z of (diag(exp(q / T)) - P_NN) z_N = P_NE z_E."""
    return first_exit(LMDP(passive, state_cost, terminal_cost, terminal=terminal), temperature).cost_to_go


@misconception("z in place of v")
def desirability(passive, state_cost, terminal_cost, terminal, temperature):
    """This is the desirability z itself. It solves the linear equation and is right as it is, but the question
    was what it costs to go on: z is large where v is small. One line is still missing, the way back."""
    return np.exp(-reference(passive, state_cost, terminal_cost, terminal, temperature) / temperature)


@misconception("a value in place of a cost")
def value(passive, state_cost, terminal_cost, terminal, temperature):
    """This is T log z, minus the cost-to-go. It is the V of the other notebooks, where more is better. Todorov counts
    costs, and with positive costs his v is positive. Whoever mixes the two sends the agent away from the goal."""
    return -reference(passive, state_cost, terminal_cost, terminal, temperature)


@misconception("no temperature in front of the logarithm")
def nats(passive, state_cost, terminal_cost, terminal, temperature):
    """This is −log z, in nats. The costs went in divided by the temperature, so the logarithm comes out divided by it
    too. Nothing has brought the units back."""
    return reference(passive, state_cost, terminal_cost, terminal, temperature) / temperature


@misconception("the temperature is missing")
def temperature_missing(passive, state_cost, terminal_cost, terminal, temperature):
    """This is the answer at temperature 1, which is where Todorov's papers stay. Here a nat of KL costs T. Every cost
    that goes into an exponent wants to be divided by it."""
    return reference(passive, state_cost, terminal_cost, terminal, 1.0)


@misconception("the end is free")
def end_is_free(passive, state_cost, terminal_cost, terminal, temperature):
    """You have z = 1 in every terminal state, as if all ends were free. Arriving has a price here, `terminal_cost`,
    and the ends differ in it. The boundary values of z are where a goal says what it is worth."""
    return reference(passive, state_cost, np.zeros_like(terminal_cost), terminal, temperature)


@misconception("the bill comes on arrival")
def cost_on_arrival(passive, state_cost, terminal_cost, terminal, temperature):
    """Each step has been charged the cost of the state that it enters. The cost q(s) belongs to the state that is
    left: exp(−q / T) multiplies a whole row of the passive dynamics, not a column."""
    paid_here = reference(passive, state_cost, terminal_cost, terminal, temperature)
    return np.where(terminal, paid_here, paid_here - state_cost)


@misconception("nobody steers")
def passive_cost(passive, state_cost, terminal_cost, terminal, temperature):
    """This is the mean cost of the passive dynamics: what happens when nobody pays to steer. Then the temperature
    has no effect. The controller does better, since the mean is taken of exp(−cost / T), not of the cost."""
    running, v = ~terminal, terminal_cost.copy()
    right = state_cost[running] + passive[np.ix_(running, terminal)] @ v[terminal]
    v[running] = np.linalg.solve(np.eye(running.sum()) - passive[np.ix_(running, running)], right)
    return v


@misconception("steering is free")
def shortest_path(passive, state_cost, terminal_cost, terminal, temperature):
    """This is the shortest path: the cheapest next state is taken at no charge. In an LMDP a sure step costs
    T log(1 / p), and that is what the temperature is for. Where is the sum over next states?"""
    v = np.where(terminal, terminal_cost, np.inf)
    for _ in range(len(v)):
        v = np.where(terminal, terminal_cost, state_cost + np.where(passive > 0, v, np.inf).min(axis=1))
    return v


exercise = Exercise(
    name="cost_to_go",
    title="a Bellman equation in one linear solve",
    statement="""
        Write `my_cost_to_go(passive, state_cost, terminal_cost, terminal, temperature)`. It takes the passive dynamics
        of shape (S, S), two costs of shape (S,), a mask `terminal` of shape (S,) and a temperature above zero, and
        returns the optimal cost-to-go v of the first-exit problem, shape (S,):

            z = exp(−v / T)       z(s) = exp(−q(s) / T) Σ_s' p(s'|s) z(s')  where s runs

        In a terminal state v is `terminal_cost`, and `state_cost` is not paid; elsewhere `terminal_cost` says nothing.
        With N the running states and E the ends, this is a linear system for z_N with the z_E on the right.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Multiply the equation of a running state by exp(q / T) and put every unknown z on the left: a diagonal matrix
        less a block of the passive dynamics. What stays on the right is the step into the ends.
        `passive[np.ix_(running, terminal)]` cuts out a block.""",
        """The system is (diag(exp(q_N / T)) − P_NN) z_N = P_NE z_E. `np.linalg.solve` does the rest. Then go back from
        z to v, with the units of a cost: which function undoes exp(−v / T)?""",
    ),
    minutes=10,
    difficulty=2,
    points=2,
    misconceptions=(
        desirability,
        value,
        nats,
        temperature_missing,
        end_is_free,
        cost_on_arrival,
        passive_cost,
        shortest_path,
    ),
)
