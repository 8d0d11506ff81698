"""The arm that is pushed: what it still seats, by its own policy and by torques that are only replayed (7:26)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from softopt.deep import Agent
from softopt.envs import Paths, Rollout, film, roll
from softopt.envs.arm.stack_brick import StackBrick, distance, seated
from softopt.envs.rolling import acting
from softopt.runs import load
from softopt.runs.measured import measured

Array = NDArray[np.float64]
WAYS = {"soft (T = .05)": "arm/sac", "nearly hard (T = .001)": "arm/sac_cold", "hard (TD3)": "arm/ddpg"}
STARTS = 40  # starts from which a policy's success is taken, all from one seed that no training has used
START_SEED = 2_000
LEVELS = (1.0, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5)


def episodes(
    agent: Agent, n: int, *, push: float = 0.0, direction: float = 90.0, at: float = 1.0, closed: bool = True
) -> Paths:
    """Let an agent put its brick down from n starts, the same for every agent and every push.

    Args:
        agent: of ``softopt/StackBrick-v0``; it acts without noise.
        n: how many starts.
        push: newtons; 0 for none.
        direction: of the push, degrees.
        at: when it begins, seconds.
        closed: whether the policy sees what the push has done; otherwise the torques of the same start without a push
            are replayed.

    Raises:
        ValueError: an agent of another body, or a push as in :class:`softopt.envs.arm.stack_brick.StackBrick`.
    """
    world = StackBrick(push=push, push_direction=direction, push_at=at)
    if closed:
        return roll(world, acting(agent), n, START_SEED)
    torques = iter(np.moveaxis(episodes(agent, n).actions, 1, 0))
    return roll(world, lambda _: next(torques), n, START_SEED)


def pushed_film(agent: Agent, start: int, *, push: float, direction: float, at: float, closed: bool) -> Rollout:
    """Film one episode, as :func:`episodes` runs it, of one start; the subtitle says how it ended.

    Args:
        agent: of ``softopt/StackBrick-v0``.
        start: seed of the start.
        push, direction, at, closed: as in :func:`episodes`.
    """
    act, world = acting(agent), StackBrick(push=push, push_direction=direction, push_at=at)
    torques = iter(() if closed else roll(StackBrick(), act, 1, start).actions[0])
    try:
        filmed = film(
            world,
            (lambda seen: act(seen[None])[0]) if closed else (lambda _: next(torques)),
            seed=start,
            steps=world.time_limit,
            title="Policy" if closed else "Replayed torques",
        )
        end = world.state[None]
    finally:
        world.close()
    outcome = "seated" if seated(end)[0] else f"{1e3 * float(distance(end)[0]):.0f} mm from its seat"
    return replace(filmed, subtitle=f"{outcome}, " + (f"pushed by {push:g} N after {at:g} s" if push else "no push"))


def measure_success(name: str) -> list[dict[str, float]]:
    """A row for each seed and each policy that was kept: the share of unpushed starts that end seated.

    Args:
        name: of a recording, a value of :data:`WAYS`.
    """
    recording = load(name)
    return [
        {
            "seed": seed,
            "step": step,
            "seated": float(seated(episodes(recording.agent(seed, step), STARTS).last).mean()),
        }
        for seed in tqdm(recording.seeds, desc=name, unit="seed")
        for step in recording.steps_kept(seed)
    ]


def table_of(kind: str, name: str) -> str:
    """The name of the measured table, ``success`` or ``pushes``, of a recording."""
    return f"{kind}/{name.partition('/')[2]}"


def success(name: str, seed: int) -> dict[int, float]:
    """What was measured by :func:`measure_success` of one seed: step -> share, in order."""
    table = measured(table_of("success", name))
    own = table["seed"] == seed
    return {int(step): float(share) for step, share in zip(table["step"][own], table["seated"][own], strict=True)}


def matched() -> tuple[float, dict[str, dict[int, int]]]:
    """Policies of the three ways that are equally good without a push, by a rule that was written down beforehand.

    The level is the highest of :data:`LEVELS` that at least three seeds of each way reach at some step. Each seed gives
    the first of its policies that reaches it; a seed that never does gives none.

    Returns:
        the level, and for each way (a value of :data:`WAYS`) seed -> step.
    """
    reached = {name: {seed: success(name, seed) for seed in load(name).seeds} for name in WAYS.values()}
    for level in LEVELS:
        chosen = {
            name: {
                seed: next(step for step, share in shares.items() if share >= level)
                for seed, shares in seeds.items()
                if max(shares.values()) >= level
            }
            for name, seeds in reached.items()
        }
        if all(len(seeds) >= 3 for seeds in chosen.values()):
            break
    return level, chosen


PUSHES = (0.0, 10.0, 20.0, 40.0, 70.0, 150.0, 300.0, 500.0)  # newtons
DIRECTIONS = (0.0, 90.0, 180.0, 270.0)  # degrees
MOMENTS = (0.1, 0.3)  # seconds; after half a second most bricks are on the stud, and held by it
PUSHED_STARTS = 8


def measure_pushes(name: str) -> list[dict[str, float]]:
    """A row for each seed of :func:`matched`, push and way to act: the share seated, and how far off they end, metres.

    Args:
        name: of a recording, a value of :data:`WAYS`.
    """
    rows = []
    for seed, step in tqdm(matched()[1][name].items(), desc=name, unit="seed"):
        agent = load(name).agent(seed, step)
        for push in PUSHES:
            for direction, at in _sides(push):
                for closed in (True, False) if push else (True,):
                    paths = episodes(agent, PUSHED_STARTS, push=push, direction=direction, at=at, closed=closed)
                    rows.append(
                        {
                            "seed": seed,
                            "step": step,
                            "push": push,
                            "direction": direction,
                            "at": at,
                            "closed": float(closed),
                            "seated": float(seated(paths.last).mean()),
                            "distance": float(np.median(distance(paths.last))),
                        }
                    )
    return rows


def _sides(push: float) -> Sequence[tuple[float, float]]:
    return [(direction, at) for direction in DIRECTIONS for at in MOMENTS] if push else [(0.0, 0.0)]
