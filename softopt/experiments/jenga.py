"""Games of Jenga, each until the tower falls or time is over; and what the half-hour players make of it (9:15)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from softopt.envs import Rollout, film, roll
from softopt.envs.jenga.jenga import HIGHEST, LOWEST, SEEN, Jenga, blocks_taken
from softopt.envs.jenga.tower import places
from softopt.envs.rolling import acting
from softopt.runs import load
from softopt.runs.measured import measured

Array = NDArray[np.float64]
RECORDING = "jenga/sac"
GAMES = 5  # of each player
FIRST = 7  # the middle block of the third layer
BY_HAND, AT_RANDOM = -1, -2  # in place of a seed


def measure_games() -> list[dict[str, float]]:
    """A row for each game: who played (a recorded seed, :data:`BY_HAND`, :data:`AT_RANDOM`), blocks taken, the fall."""
    recording, draws = load(RECORDING), np.random.default_rng(0)
    players: dict[int, Callable[[NDArray[np.float32]], Array]] = {
        seed: acting(recording.agent(seed)) for seed in recording.seeds
    }
    players |= {BY_HAND: by_hand, AT_RANDOM: lambda seen: draws.uniform(-1, 1, (len(seen), 3))}
    rows = []
    for player, act in tqdm(players.items(), desc="games", unit="player"):
        paths = roll(Jenga(), act, GAMES, seed=1)
        counted = paths.length - paths.terminated  # what comes down with the tower was not taken
        taken = blocks_taken(paths.states[np.arange(GAMES), counted])
        rows += [
            {"player": player, "taken": float(count), "fell": float(fell)}
            for count, fell in zip(taken, paths.terminated, strict=True)
        ]
    return rows


def by_hand(seen: NDArray[np.float32]) -> Array:
    """A dozen lines against half an hour of learning: push out one block, and rest.

    Args:
        seen: (B, 60) observations.

    Returns:
        (B, 3) actions.
    """
    actions = np.zeros((len(seen), 3))
    for action, one in zip(actions, np.asarray(seen, dtype=np.float64), strict=True):
        tip = (one[:3] * (HIGHEST - LOWEST) + LOWEST + HIGHEST) / 2
        dropped = SEEN * one[6:].reshape(-1, 3)[FIRST, 2] < -0.01  # it lies on the floor
        off = (places()[FIRST] - tip)[1:]
        straight = np.abs(off).max() < 0.002 and not dropped
        clear = tip[0] < -0.045  # in front of the tower
        action[0] = 1.0 if straight else (0.0 if clear else -1.0)
        if (clear or straight) and not dropped:
            action[1:] = (off / 0.01).clip(-1, 1)
    return actions


def table() -> str:
    """A row a player, in markdown."""
    games = measured("games/jenga")
    names = {BY_HAND: "a dozen lines by hand", AT_RANDOM: "at random"}
    rows = ["| player | blocks taken in each game | towers fallen |", "|---|---|---|"]
    for player in sorted(np.unique(games["player"]), key=lambda one: (one < 0, abs(one))):
        own = games["player"] == player
        said = names.get(int(player), f"soft actor-critic, half an hour, seed {player:.0f}")
        taken = ", ".join(f"{t:.0f}" for t in games["taken"][own])
        rows.append(f"| {said} | {taken} | {games['fell'][own].sum():.0f} of {own.sum()} |")
    return "\n".join(rows)


def game(seed: int | None = 0) -> Rollout:
    """Film one game of a recorded seed, or of the lines by hand (None)."""
    act = by_hand if seed is None else acting(load(RECORDING).agent(seed))
    world = Jenga()
    title = "A dozen lines by hand" if seed is None else f"Half an hour of learning, seed {seed}"
    try:
        return film(world, lambda seen: act(seen[None])[0], seed=1, steps=world.time_limit, title=title)
    finally:
        world.close()
