"""The average-cost problem: the largest eigenvalue of diag(exp(-q / T)) P, one for each class of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order, connected_components

from softopt.operators import Array
from softopt.tabular.linearly_solvable.bellman import backup, check_positive, in_layout, solve
from softopt.tabular.linearly_solvable.first_exit import first_exit
from softopt.tabular.linearly_solvable.lmdp import LMDP

AWAY = 1e-12  # how far the shift stays from the largest row sum
MAX_STEPS = 100  # of inverse iteration, at each temperature


@dataclass(frozen=True, eq=False)
class AverageCost:
    """The solution of an average-cost problem.

    Attributes:
        cost: (S,) least average cost per step from each state: -T log of the eigenvalue.
        cost_to_go: v, (S,), differential: what starting here costs beyond the average. Least 0 in each class.
        classes: (S,) integers; the class where a state ends up, numbered in no particular order.
        controlled: u*(s' | s), (S, S), in the layout of the passive dynamics.
        temperature: T.
        residual: largest |v + cost - backup of v|; the error of ``cost`` is no larger (Odoni's bound).
    """

    cost: Array
    cost_to_go: Array
    classes: Any
    controlled: Any
    temperature: float
    residual: float


def average_cost(lmdp: LMDP, temperature: float = 1.0, tol: float = 1e-10) -> AverageCost:
    """Solve for the least long-run cost per step (Todorov 2006, 2009).

    Within a class of states that reach one another, ``exp(-cost / T) z = diag(exp(-q / T)) P z``. A chain of
    several classes has one cost a class: a state heads for the cheapest class in its reach, and stays there, at
    the price of a KL divergence if the passive dynamics would leave.

    Args:
        lmdp: without terminal states, discount 1.
        temperature: T, finite and positive, in the units of the costs.
        tol: on the spread of ``v - backup of v``, relative to max(1, |cost|, |v|).

    Raises:
        ValueError: an argument outside its range, or terminal states.
    """
    temperature = check_positive(temperature)
    if lmdp.terminal.any() or lmdp.discount != 1:
        raise ValueError("average_cost needs a chain without terminal states and discount 1; use first_exit.")
    passive = lmdp.rows()
    n_classes, member = connected_components(passive, connection="strong")
    cost, label = np.full(lmdp.n_states, np.inf), np.full(lmdp.n_states, -1)
    value = np.zeros(lmdp.n_states)
    backwards = passive.T.tocsr()
    for number in range(n_classes):
        inside = np.flatnonzero(member == number)
        if not passive[inside][:, inside].nnz:
            continue  # a state that is left at once and never seen again
        class_cost, differential = _class_cost(lmdp, inside, temperature, tol)
        sources = breadth_first_order(backwards, inside[0], return_predecessors=False)
        # Of two classes at one price a state keeps to its own.
        at_home = member[sources] == number
        moved = sources[(class_cost < cost[sources]) | (at_home & (class_cost <= cost[sources]))]
        cost[moved], label[moved] = class_cost, number
        value[inside] = differential
    return _approach(lmdp, cost, value, label, member, temperature)


def _class_cost(lmdp: LMDP, inside: Any, temperature: float, tol: float) -> tuple[float, Array]:
    """Cost and differential cost-to-go of one class, by cooling down from a temperature where q hardly counts.

    Each stage starts from the optimum of twice its temperature, which keeps z relative to that guess a float.
    """
    stages = [temperature]
    while stages[-1] < np.ptp(lmdp.state_cost[inside]):
        stages.append(2 * stages[-1])
    value = np.zeros(inside.size)
    for stage in reversed(stages):
        block, last = _kept_inside(lmdp, inside, stage), stage == temperature
        cost, value = _perron(block, value, stage, tol, enough=0.0 if last else 0.1 * stage)
    return cost, value - value.min()


def _perron(block: LMDP, value: Array, temperature: float, tol: float, enough: float) -> tuple[float, Array]:
    """Improve v to the eigenvector of one class: inverse iteration on z relative to v, with Noda's shift.

    The shift is the largest row sum, ``exp(-least gap / T)``: never below the eigenvalue, so the matrix stays
    an M-matrix and the solution positive, and the convergence is quadratic (Noda 1971; Elsner 1976). A hair more
    keeps it so in float64, also while one part of the class has its answer and another has not.
    """
    for _ in range(MAX_STEPS):
        improved, chain = backup(block, value, temperature)
        gap = improved - value
        # The cost lies between the least and the largest gap (Odoni's bound).
        cost = float(gap.min() + gap.max()) / 2
        if np.ptp(gap) <= max(enough, tol * max(1.0, abs(cost), np.ptp(value))):
            break
        kept = sp.diags_array((1 - AWAY) * np.exp((gap.min() - gap) / temperature))
        ratio = solve(sp.eye_array(gap.size) - kept @ chain, np.ones(gap.size))
        if not ((ratio > 0) & np.isfinite(ratio)).all():
            break  # the shift has met the eigenvalue, to round-off
        value = value - temperature * np.log(ratio)
    return cost, value


def _approach(lmdp: LMDP, cost: Array, value: Array, label: Any, member: Any, temperature: float) -> AverageCost:
    """Price the way into each class, a first-exit problem with costs counted from the class's average."""
    residual = 0.0
    blocks = []
    for number in np.unique(label):
        states = np.flatnonzero(label == number)
        block = _kept_inside(lmdp, states, temperature, cost[states])
        arrived = member[states] == number
        if not arrived.all():
            way_in = LMDP(block.passive, block.state_cost, value[states], terminal=arrived)
            value[states] = first_exit(way_in, temperature).cost_to_go
        improved, controlled = backup(block, value[states], temperature)
        residual = max(residual, float(np.abs(improved - value[states]).max()))
        entries = controlled.tocoo()
        blocks.append((entries.data, states[entries.row], states[entries.col]))
    data, rows, columns = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    chain = sp.csr_array((data, (rows, columns)), shape=lmdp.rows().shape)
    return AverageCost(cost, value, label, in_layout(lmdp, chain), temperature, residual)


def _kept_inside(lmdp: LMDP, states: Any, temperature: float, baseline: Array | float = 0.0) -> LMDP:
    """Return the chain that never leaves ``states``: where mass m stays, staying costs -T log m a step."""
    block = lmdp.rows()[states][:, states]
    mass = np.asarray(block.sum(axis=1)).ravel()
    inside = sp.csr_array(sp.diags_array(1.0 / mass) @ block)
    return LMDP(inside, lmdp.state_cost[states] - temperature * np.log(mass) - baseline)
