"""Q at the fork of the two passages through training (2:02 in the lecture)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from softopt.experiments.two_passages import ALGORITHMS, SIDES, shares_figure, ways
from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Lines
from softopt.interactive.slider import Slider, readable
from softopt.runs import load

Array = NDArray[np.float64]
DIRECTIONS = np.arange(-32, 33) * (360 / 64)  # degrees; 0 is straight at the block, 90 up


def q_at_fork(algorithm: str) -> Array:
    """Q at the fork in the :data:`DIRECTIONS`, reward units, of the runs of :func:`ways`, (N, K, 65)."""
    curves = [load(f"two_passages/{algorithm}_{side}").curves for side in SIDES]
    q = np.concatenate([np.stack([one[f"q_{k:03d}"] for k in range(64)], axis=-1) for one in curves])
    return np.concatenate([q[..., 32:], q[..., :33]], axis=-1)


def explore_fork(names: tuple[str, str] = ("ddpg", "soft_q_0.1")) -> Explorer:
    """Q at the fork over the direction of the first step, scrubbed through training, run by run."""
    titles = {name: title for title, name in ALGORITHMS.items()}
    runs = {titles[name]: ways(name) for name in names}
    q = {titles[name]: q_at_fork(name) for name in names}
    one = next(iter(runs.values()))
    n_runs, n_steps = one.open.shape
    step = Slider("training step", one.step, labels=[f"{s:.0f}" for s in one.step], start=14)
    run = Slider("run", np.arange(n_runs), labels=[f"{k} ({s} blocked)" for k, s in enumerate(one.blocked)], start=2)
    height = {said: (of - of.max(axis=-1, keepdims=True)).transpose(1, 0, 2) for said, of in q.items()}

    def sentence(k: int, n: int) -> str:
        said = [
            f"{name} prefers the {_taller(q[name][n, k])} passage by {readable(_lead(q[name][n, k]), 2)} and sends "
            f"{of.open[n, k]:.0%} of its rollouts into the open one"
            for name, of in runs.items()
        ]
        return f"After {one.step[k]:.0f} steps, {one.blocked[n]} passage blocked: {'; '.join(said)}."

    return Explorer(
        [step, run],
        [
            [
                Lines(
                    "Q at the fork, below its maximum (reward units)",
                    height,
                    x=DIRECTIONS,
                    x_label="direction of the first step, degrees (90 is up)",
                    limits=(-2.0, 0.0),
                ),
                Lines("Share of rollouts into the open passage", {n: of.open.T for n, of in runs.items()}, along=0),
            ]
        ],
        [[sentence(k, n) for n in range(n_runs)] for k in range(n_steps)],
        name="Q at the fork through training",
        picture=lambda: shares_figure(*names),
    )


def _lead(q: Array) -> float:
    """How much higher the better of the two halves of the circle peaks, reward units."""
    return abs(float(q[DIRECTIONS > 0].max() - q[DIRECTIONS < 0].max()))


def _taller(q: Array) -> str:
    return "upper" if q[DIRECTIONS > 0].max() > q[DIRECTIONS < 0].max() else "lower"
