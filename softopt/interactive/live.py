"""Watch a training while it runs: one figure that grows in place, and what each of its quantities is."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import anywidget
import numpy as np
import traitlets
from IPython.display import display
from numpy.typing import NDArray

from softopt.deep import Progress, Training, train
from softopt.interactive.assemble import JS, assemble
from softopt.interactive.slider import readable
from softopt.plotting import DescribedFigure
from softopt.plotting.figure import BLUE, RED, finish
from softopt.plotting.learning_curves import Curves

Array = NDArray[np.float64]
RETURN, EXPLORING, EVALUATED = "return", "while it explores", "with the best action"
RETURN_FORMULA = "sum of the rewards of an episode, no discount and no entropy in it"
AT_MOST = 2.0  # pictures a second
TINY = 1e-9


@dataclass(eq=False)
class History:
    """What a training that was watched has said so far.

    Attributes:
        formulas: name of each quantity -> what it is.
        steps: in all, as planned.
        step: environment steps taken.
        logged: name -> list of (step, value): the running mean since the last evaluation.
        returns: the two kinds of return -> list of (step, value), a mean where several episodes ended.
        stopped: whether it was interrupted.
    """

    formulas: dict[str, str]
    steps: int
    step: int = 0
    logged: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    returns: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    stopped: bool = False

    def take(self, news: Progress) -> None:
        """Take in one report."""
        self.step = news.step
        for name, value in news.logged.items():
            self.logged.setdefault(name, []).append((news.step, value))
        for name, earned in ((EXPLORING, news.returns), (EVALUATED, news.evaluation)):
            if earned:
                self.returns.setdefault(name, []).append((news.step, float(np.mean(earned))))

    def curve(self, name: str) -> Array:
        """(K, 2) steps and values of a quantity, or of one of the two kinds of return."""
        found = self.returns.get(name) or self.logged.get(name) or []
        return np.array(found, dtype=float).reshape(-1, 2)


class Live(anywidget.AnyWidget):
    """The figure of a training that runs; :func:`watch` makes it.

    The kernel sends whole curves, a few hundred numbers, at most twice a second; the page draws them over the old ones.
    """

    _esm = assemble("live.js")
    _css = (JS / "explorer.css").read_text(encoding="utf-8")
    spec = traitlets.Dict().tag(sync=True)
    curves = traitlets.Dict().tag(sync=True)
    sentence = traitlets.Unicode("").tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    over = traitlets.Bool(False).tag(sync=True)

    def __init__(self, history: History, shown: tuple[str, ...]) -> None:
        self.history, self.shown = history, shown
        panels = [{"title": RETURN, "curves": [EXPLORING, EVALUATED], "formula": RETURN_FORMULA}]
        panels += [{"title": name, "curves": [name], "formula": history.formulas[name]} for name in shown]
        spec = {"name": "A training while it runs", "panels": panels, "first": history.step, "steps": history.steps}
        super().__init__(spec=spec, sentence="The first steps are random.")

    def show(self, sentence: str, over: bool = False) -> None:
        """Send the curves as they are now, in one message."""
        both = [self.history.curve(name) for name in (EXPLORING, EVALUATED)]
        at = np.unique(np.concatenate([curve[:, 0] for curve in both]))
        curves = {RETURN: {"x": at.tolist(), "values": [_spread(at, curve) for curve in both]}}
        for name in self.shown:
            x, y = self.history.curve(name).T
            curves[name] = {"x": x.tolist(), "values": [y.tolist()]}
        with self.hold_sync():
            self.curves, self.sentence, self.over, self.step = curves, sentence, over, self.history.step

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add the sentence and a picture, for pages in which no widget script runs."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data = {**data, "text/plain": f"{self.spec['name']}. {self.sentence}"}
        if self.history.returns:
            figure = history_figure(self.history, self.shown)
            data["image/png"] = base64.b64encode(figure.png()).decode()
            metadata = {**metadata, "image/png": {"alt": figure.alt}}
        return data, metadata


def watch(
    training: Training,
    steps: int,
    *,
    shown: tuple[str, ...] = ("entropy", "temperature"),
    clock: Callable[[], float] = time.monotonic,
    **options: Any,
) -> History:
    """Train, and show how it goes, in place; stop it with the stop button or Ctrl-C and keep what there is.

    Args:
        training: changed in place; called again with more steps it goes on.
        steps: environment steps in all.
        shown: logged quantities that get a panel beside the return.
        clock: seconds; for the tests.
        **options: passed to :func:`softopt.deep.train`.

    Raises:
        ValueError: a quantity that the agent does not log.
    """
    formulas = training.agent.logged
    unknown = set(shown) - set(formulas)
    if unknown:
        raise ValueError(f"the agent logs {', '.join(formulas)}; got {', '.join(sorted(unknown))}.")
    history = History(formulas, steps, training.episodes.steps)
    live, began, drawn, first = Live(history, shown), clock(), -np.inf, training.episodes.steps
    display(live)
    try:
        for news in _reports(training, steps, options):
            history.take(news)
            now = clock()
            if now - drawn >= 1 / AT_MOST:
                drawn = now
                live.show(_while_it_runs(history, (news.step - first) / max(now - began, 1e-9)))
    except KeyboardInterrupt:
        history.stopped = True
    ended = "Stopped" if history.stopped else "Finished"
    live.show(f"{ended} at step {history.step} after {clock() - began:.0f} seconds. {_returns(history)}", over=True)
    return history


def history_figure(history: History, shown: tuple[str, ...] = ("entropy", "temperature")) -> DescribedFigure:
    """Return, and the quantities shown, over the steps of a training that was watched."""
    figure = DescribedFigure(alt=f"Curves of a training. {_returns(history)}", figsize=(3.4 * (1 + len(shown)), 3.0))
    left, *others = figure.subplots(1, 1 + len(shown), squeeze=False)[0]
    for name, colour, mark in ((EXPLORING, BLUE, "-"), (EVALUATED, RED, "o--")):
        left.plot(*history.curve(name).T, mark, color=colour, label=name, markersize=4)
    left.legend(frameon=False, fontsize=8)
    for axes, name in zip(others, shown, strict=True):
        steps, values = history.curve(name).T
        axes.plot(steps, values, color=BLUE)
        if len(values) and np.ptp(values) < 1e-9:  # a fixed temperature: its last digits say nothing
            axes.set_ylim(values[0] - 0.5 * abs(values[0]) - TINY, values[0] + 0.5 * abs(values[0]) + TINY)
    for axes, name in zip((left, *others), (RETURN, *shown), strict=True):
        finish(axes, title=name, x="environment step", y="nats" if name == "entropy" else "reward units")
    figure.suptitle(_returns(history) or "No episode has ended yet.", x=0.01, ha="left", fontsize=11)
    return figure


def as_curves(history: History, name: str = EVALUATED) -> Curves:
    """A training that was watched as a learning curve of one run, to be drawn beside recorded ones."""
    steps, values = history.curve(name).T
    nothing = np.full_like(values, np.nan)
    return Curves(steps, values[None], values, nothing, nothing)


def _reports(training: Training, steps: int, options: dict[str, Any]) -> Iterator[Progress]:
    """The reports of a training, on one thread, as fast as small networks are."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield from train(training, steps, **options)
    finally:
        torch.set_num_threads(before)


def _while_it_runs(history: History, speed: float) -> str:
    left = (history.steps - history.step) / max(speed, 1e-9)
    wait = "nearly done" if left < 1 else f"about {left:.0f} seconds to go"
    return f"Step {history.step} of {history.steps}, {wait}. {_returns(history)}"


def _returns(history: History) -> str:
    """The latest returns in a sentence; nothing before the first episode has ended."""
    said = []
    for name in (EXPLORING, EVALUATED):
        if len(curve := history.curve(name)):
            said.append(f"{readable(curve[-1, 1])} {name}")
    return f"Latest return: {', '.join(said)}." if said else ""


def _spread(at: Array, curve: Array) -> list[float | None]:
    """Where a curve passes at more positions than it has; None before its first and after its last."""
    if not len(curve):
        return [None] * len(at)
    values = np.interp(at, *curve.T, left=np.nan, right=np.nan)
    return [None if np.isnan(value) else float(value) for value in values]
