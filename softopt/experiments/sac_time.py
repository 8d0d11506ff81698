"""Where the time of a step goes in one of our learners, and how far its update is from the arithmetic floor.

All times here are processor time of one thread: wall-clock time on a quiet machine, and nearly as steady on a busy one.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from softopt.deep import Training, train
from softopt.deep.precision import products as products_in
from softopt.deep.precision import resolve
from softopt.experiments.arithmetic_floor import Floor, Product, products, soft_q_products
from softopt.experiments.sac_peers import Order, own_channel, training_of


def parts(training: Training, steps: int) -> dict[str, float]:
    """Milliseconds a step of each part of the loop; what is left is the loop itself and what it logs.

    Args:
        training: of the order, after its warm-up; it takes the steps.
        steps: how many.
    """
    agent, episodes = training.agent, training.episodes
    timed = {
        "environment": (episodes, "step"),
        "acting": (agent, "act"),
        "storing": (agent.replay, "add"),
        "sampling": (agent.replay, "sample"),
        "update": (agent, "update"),
    }
    spent = dict.fromkeys(timed, 0.0)
    for part, (owner, method) in timed.items():
        setattr(owner, method, _timed(getattr(owner, method), part, spent))
    began = time.process_time()
    list(train(training, episodes.steps + steps, evaluate_every=0))
    whole = time.process_time() - began
    for owner, method in timed.values():
        delattr(owner, method)  # the method of the class shows again
    spent["loop and log"] = whole - sum(spent.values())
    return {part: 1e3 * took / steps for part, took in spent.items()}


def _timed(call: Callable[..., Any], part: str, spent: dict[str, float]) -> Callable[..., Any]:
    """The same call; its time is added to its part."""

    def stopwatch(*given: Any) -> Any:
        began = time.process_time()
        result = call(*given)
        spent[part] += time.process_time() - began
        return result

    return stopwatch


def against_floor(training: Training, order: Order, rounds: int, repeats: int) -> dict[str, float]:
    """Time the update and its matrix products alone in turns, in the precision of the order.

    Args:
        training: of the order, after its warm-up.
        order: of one of ours.
        rounds, repeats: so many turns, so many of either in each.

    Returns:
        mflop of one update, updates_per_s, floor_updates_per_s and floor_gflop_per_s, all at the median time, and
        share_of_floor: the median over the turns of the update's rate as a share of the floor's.
    """
    agent = training.agent
    batch = agent.replay.sample(order.batch, agent.generator)
    with products_in(order.precision):
        floor = Floor(products_of(order, training))
        turns = [(_mean(lambda: agent.update(batch), repeats), _mean(floor, repeats)) for _ in range(rounds)]
    update, least = (statistics.median(times) for times in zip(*turns, strict=True))
    return {
        "mflop": floor.flop / 1e6,
        "updates_per_s": 1 / update,
        "floor_updates_per_s": 1 / least,
        "floor_gflop_per_s": floor.flop / least / 1e9,
        "share_of_floor": statistics.median(alone / ours for ours, alone in turns),
    }


def products_of(order: Order, training: Training) -> list[Product]:
    """The matrix products of one update of the order."""
    if order.kind == "softopt":
        return products(*training.episodes.sizes, order.hidden, order.batch)
    config = training.agent.config
    particles = config.value_particles, config.fixed_particles, config.moved_particles
    return soft_q_products(*training.episodes.sizes, order.hidden, order.batch, *particles)


def _mean(call: Callable[[], object], repeats: int) -> float:
    """Seconds of one call, over so many in a row."""
    began = time.process_time()
    for _ in range(repeats):
        call()
    return (time.process_time() - began) / repeats


def measure(order: Order, steps: int = 250, rounds: int = 10, repeats: int = 20) -> dict[str, Any]:
    """Return ``parts`` of a step, and a row of :func:`against_floor` for each precision that the CPU offers."""
    rows = []
    for precision in dict.fromkeys(("float32", resolve("auto"))):
        training = training_of(replace(order, precision=precision))
        list(train(training, 2 * order.batch, evaluate_every=0))
        found = parts(training, steps)  # of the default mode, which comes last
        rows.append(
            {"precision": precision, **against_floor(training, replace(order, precision=precision), rounds, repeats)}
        )
    return {"parts": found, "floor": rows}


if __name__ == "__main__":
    answers = own_channel()
    torch.set_num_threads(1)
    print(json.dumps(measure(Order(**json.loads(sys.argv[1])))), file=answers)
