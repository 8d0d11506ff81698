"""The feedback loop of two passages under a temperature slider: hard at the left end, soft to the right (2:38)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure, lines
from softopt.tabular.learning.feedback_loop import passage, pull, typical_lead

Array = NDArray[np.float64]
DEAD, OPEN = "dead end", "open passage"
DEAD_END = 0.6  # where the value of the dead end stops; that of the open passage goes on to 1
LAST = 50  # pulls that count as the end of a run
BINS = np.linspace(0, 1, 21)


@dataclass(frozen=True, eq=False)
class LoopStudy:
    """What becomes of N agents at F temperatures, and of N agents that are hard but explore.

    Attributes:
        temperatures: (F,), the first may be 0.
        epsilon: share of uniformly drawn pulls of the hard agents that explore.
        counts, value: (F, P, 2) pulls of each arm and its value, the dead end first, in one run in which it led.
        share: (F, N) of the last pulls that went to the dead end.
        stuck: (F,) share of the runs at whose end the dead end still looks better.
        earned: (F,) value of the arm pulled, mean over the last pulls and the runs.
        stuck_exploring, earned_exploring: the same of the hard agents that explore.
        lead, theory: (F, P) root mean square lead between two open passages, counted and by the linear theory.
    """

    temperatures: Array
    epsilon: float
    counts: Array
    value: Array
    share: Array
    stuck: Array
    earned: Array
    stuck_exploring: float
    earned_exploring: float
    lead: Array
    theory: Array


def study_loop(
    temperatures: ArrayLike | None = None,
    *,
    n_pulls: int = 300,
    runs: int = 200,
    noise: float = 0.5,
    epsilon: float = 0.1,
    seed: int = 0,
) -> LoopStudy:
    """Let agents pull a dead end and an open passage, which look alike until the dead end stops.

    Args:
        temperatures: (F,) increasing and at least 0; None takes 0 and 41 values from 0.03 to 3.
        n_pulls, runs, noise, epsilon, seed: as for :func:`softopt.tabular.learning.feedback_loop.pull`; more than
            ``LAST`` pulls, and ``epsilon`` is that of the hard agents that explore.
    """
    if n_pulls <= LAST:
        raise ValueError(f"the last {LAST} pulls are the end of a run, so there are more than that; got {n_pulls}.")
    T = np.concatenate([[0.0], np.geomspace(0.03, 3, 41)]) if temperatures is None else np.asarray(temperatures, float)
    arms, options = (passage(DEAD_END), passage()), {"runs": runs, "noise": noise, "seed": seed}
    soft, hard = pull(arms, T, n_pulls, **options), pull(arms, [0.0], n_pulls, epsilon=epsilon, **options)
    stuck, hard_stuck = (np.mean(r.value[:, :, -1, 0] > r.value[:, :, -1, 1], axis=1) for r in (soft, hard))
    earned, hard_earned = (
        np.where(r.first, r.value[:, :, :-1, 0], r.value[:, :, :-1, 1])[..., -LAST:].mean(axis=(1, 2))
        for r in (soft, hard)
    )
    one = int(np.argmax(soft.lead[0, :, 0] > 0))  # a run in which the dead end led before anybody chose
    alike = pull((passage(), passage()), T, n_pulls, **options)
    with np.errstate(invalid="ignore"):
        theory = [typical_lead(passage(), t, n_pulls, noise=noise)[1:] if t > 0 else [np.nan] * n_pulls for t in T]
    return LoopStudy(
        T,
        epsilon,
        np.stack([soft.first[:, one], ~soft.first[:, one]], axis=-1).cumsum(axis=1).astype(float),
        soft.value[:, one, 1:],
        soft.first[..., -LAST:].mean(axis=-1),
        stuck,
        earned,
        float(hard_stuck[0]),
        float(hard_earned[0]),
        np.sqrt(np.mean(alike.lead[..., 1:] ** 2, axis=1)),
        np.array(theory),
    )


def explore_feedback_loop(study: LoopStudy | None = None, start: int = 0) -> Explorer:
    """Show one run, where many runs end, and how a lead grows, as the temperature moves.

    Args:
        study: from :func:`study_loop`; None takes its defaults.
        start: index of the temperature that is shown first.
    """
    study = study_loop() if study is None else study
    slider = Slider("temperature", study.temperatures, start=start)
    frames, n_pulls = study.counts.shape[:2]
    number, runs = np.arange(1.0, n_pulls + 1), study.share.shape[1]
    over = {"x": number, "x_label": "pull"}
    found = np.array([np.histogram(row, BINS)[0] for row in study.share]) / runs
    # Each bar of the histogram as a step: its height at both of its edges.
    edges = np.repeat(BINS, 2)[1:-1] + np.tile([1e-6, -1e-6], BINS.size - 1)
    alone = _alone(study)
    return Explorer(
        [slider],
        [
            [
                Lines("One run: height of both peaks", _both(study.value), limits=(0.0, 1.0), **over),
                Lines("One run: pulls so far", _both(study.counts), **over),
                Lines(
                    f"Where {runs} runs end (share)",
                    {"runs": np.repeat(found, 2, axis=1)},
                    x=edges,
                    x_label=f"dead end's share of the last {LAST} pulls",
                    limits=(0.0, 1.0),
                ),
            ],
            [
                Lines(
                    "Runs that end in the dead end",
                    {"soft": study.stuck, alone: np.full(frames, study.stuck_exploring)},
                    limits=(0.0, 0.6),
                ),
                Lines(
                    f"Value drawn in the last {LAST} pulls",
                    {"soft": study.earned, alone: np.full(frames, study.earned_exploring)},
                ),
                Lines(
                    "Typical lead, both open (pulls)",
                    {
                        "runs": study.lead,
                        "linear theory": study.theory,
                        "all on one": np.tile(number, (frames, 1)),
                        "tossing a coin": np.tile(np.sqrt(number), (frames, 1)),
                    },
                    limits=(1.0, float(n_pulls)),
                    logarithmic=True,
                    **over,
                ),
            ],
        ],
        [_finding(study, k, label) for k, label in enumerate(slider.labels)],
        name="The taller peak grows",
        picture=lambda: loop_figure(study),
    )


def loop_figure(study: LoopStudy) -> DescribedFigure:
    """Still version: runs that end in the dead end, and value drawn at the end, against the temperature."""
    soft = study.temperatures > 0
    best = int(np.argmax(study.earned))
    at = readable(study.temperatures[best], 2)
    figure = lines(
        study.temperatures[soft],
        {
            "value drawn at the end": study.earned[soft],
            "runs in the dead end": study.stuck[soft],
            f"the same, {_alone(study)}": np.full(soft.sum(), study.stuck_exploring),
        },
        title=f"Cold, the start decides; hot, nothing does; the most is drawn at temperature {at}",
        x_label="temperature (reward units)",
        y_label="share, or value (reward units)",
        log="x",
        alt=f"{_finding(study, 0, readable(study.temperatures[0], 2))} {_finding(study, best, at)} "
        f"{_finding(study, -1, readable(study.temperatures[-1], 2))}",
    )
    figure.axes[0].legend(frameon=False, fontsize=9, loc="center right")  # the only place without a curve
    return figure


def _alone(study: LoopStudy) -> str:
    """What the hard agents that explore are called."""
    return f"hard, {100 * study.epsilon:g} percent at random"


def _both(numbers: Array) -> dict[str, Array]:
    """The two passages as two curves."""
    return {DEAD: numbers[..., 0], OPEN: numbers[..., 1]}


def _finding(study: LoopStudy, frame: int, label: str) -> str:
    """One sentence that is true of one frame, and one of the theory."""
    temperature, runs = study.temperatures[frame], study.share.shape[1]
    if temperature > 1 / 700:  # beyond that the number is none that can be written
        times = readable(np.exp(1 / temperature), 2)
        ever = f"Between two open passages, one pull ahead would on average become {times} ahead in the long run."
    else:
        ever = "The smallest head start takes every pull."
    return (
        f"At temperature {label}, {round(runs * study.stuck[frame])} of {runs} runs end in the dead end, and the arm "
        f"drawn at the end is worth {study.earned[frame]:.2f} on average. {ever}"
    )
