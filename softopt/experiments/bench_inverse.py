"""How long does one gradient of maximum-entropy IRL take? A 30x30 slippery grid, horizon 100, one thread.

The peer is the finite-horizon causal model of the package ``imitation``, where that is installed. It is dense;
it is given the same reward, and its values must agree before any time is compared.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from softopt.experiments.machine import load_average
from softopt.tabular import gridworlds, sample_trajectories
from softopt.tabular.inverse import Dual

SIDE, HORIZON, ROUNDS = 30, 100, 9
BAR = 50.0  # ms


def run(json_path: str | None = None) -> int:
    """Time a gradient of either model, and the peer in the same rounds; return 0 if the bar is met.

    Args:
        json_path: where to write the figures, or None.
    """
    rows = measure()
    print(f"one gradient, {SIDE}x{SIDE} grid, horizon {HORIZON}, 10 features, load {load_average():.1f}")
    for row in rows:
        print(f"  {row['who']:22} median {row['median_ms']:8.1f} ms   least {row['least_ms']:8.1f} ms")
    print(f"  bar {BAR:.0f} ms for a quiet machine")
    if json_path:
        Path(json_path).write_text(json.dumps(rows, indent=2), encoding="utf-8")
    return int(any(row["least_ms"] > BAR for row in rows if row["who"] != "imitation"))


def measure() -> list[dict[str, Any]]:
    """Return one row a competitor: who, median_ms, least_ms."""
    generator = np.random.default_rng(0)
    start = np.eye(SIDE * SIDE)[0]
    mdp = gridworlds.gridworld(["." * SIDE] * SIDE, slip=0.2, horizon=HORIZON, sparse=True, initial=start)
    walks = sample_trajectories(mdp, np.full((mdp.n_states, 4), 0.25), 50, generator)
    features = generator.normal(size=(mdp.n_states, 10))
    theta = 0.1 * generator.normal(size=10)
    causal = Dual(mdp, features, walks)
    other = Dual(mdp, features, walks, causal=False)
    competitors: dict[str, Callable[[], Any]] = {
        "softopt, causal": lambda: causal(theta),
        "softopt, non-causal": lambda: other(theta),
    }
    peer = _imitation(mdp, features @ theta)
    if peer:
        np.testing.assert_allclose(peer(), causal(theta).value[:-1], atol=1e-9)
        competitors["imitation"] = peer
    times: dict[str, list[float]] = {who: [] for who in competitors}
    for _ in range(ROUNDS):
        for who, gradient in competitors.items():
            began = time.perf_counter()
            gradient()
            times[who].append(1e3 * (time.perf_counter() - began))
    return [{"who": who, "median_ms": float(np.median(spent)), "least_ms": min(spent)} for who, spent in times.items()]


def _imitation(mdp: Any, reward: Any) -> Callable[[], Any] | None:
    """Return the peer's two passes as a function that returns its values, or None where it is not installed."""
    try:
        from imitation.algorithms.mce_irl import mce_occupancy_measures, mce_partition_fh
    except ImportError:
        return None
    world: Any = SimpleNamespace(
        horizon=mdp.horizon,
        state_dim=mdp.n_states,
        action_dim=mdp.n_actions,
        transition_matrix=mdp.rows().toarray().reshape(mdp.n_states, mdp.n_actions, mdp.n_states),
        initial_state_dist=mdp.initial,
        reward_matrix=reward,
    )

    def both_passes() -> Any:
        value, _, policy = mce_partition_fh(world)
        mce_occupancy_measures(world, pi=policy)
        return value

    return both_passes
