"""The explorer: a widget that is sent all its frames once and draws them in the page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike

from softopt.interactive.assemble import JS, assemble
from softopt.interactive.pack import Pack
from softopt.interactive.panels import Panel
from softopt.interactive.slider import Slider
from softopt.plotting import DescribedFigure


class Explorer(anywidget.AnyWidget):
    """Panels that follow one or two sliders, without a word to the kernel.

    Everything is computed before the widget exists and sent once, as float32. Moving a slider only changes which
    frame the page draws, so it is as fast on a busy kernel, or without one, as on an idle kernel.

    Args:
        sliders: one or two.
        rows: rows of panels, from top to bottom; a row breaks where the page is narrow.
        sentences: one finding for each frame, of the shape of the sliders' grids; read out by screen readers.
        messages: what went wrong at each frame, empty where nothing did; it is shown in place of the picture.
        name: what a screen reader calls the whole.
        selected: the state whose :class:`Bars` are shown first.
        picture: a function that returns a described figure (:mod:`softopt.plotting`), shown where no page script
            runs; or None, if there is nothing to show.

    Attributes:
        position: index of each slider, as given; the page does not report back.
        selected: the state as given.

    Raises:
        ValueError: shapes that do not fit the sliders.

    Example:
        >>> import numpy as np
        >>> from softopt.interactive import Explorer, Lines, Slider
        >>> angle = Slider("angle", np.linspace(0, 3, 31))
        >>> sine = np.sin(angle.values)
        >>> explorer = Explorer(
        ...     [angle], [[Lines("sine", {"sine": sine})]], [f"The sine is {s:.2f}." for s in sine], name="Sine"
        ... )
    """

    _esm = assemble("explorer.js")
    _css = (JS / "explorer.css").read_text(encoding="utf-8")
    spec = traitlets.Dict().tag(sync=True)
    frames = traitlets.Bytes().tag(sync=True)
    position = traitlets.List(traitlets.Int()).tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        sliders: Sequence[Slider],
        rows: Sequence[Sequence[Panel]],
        sentences: ArrayLike,
        *,
        messages: ArrayLike | None = None,
        name: str,
        selected: int = 0,
        picture: Callable[[], DescribedFigure | None] | None = None,
    ) -> None:
        if not 1 <= len(sliders) <= 2:
            raise ValueError(f"an explorer has one or two sliders, got {len(sliders)}.")
        shape = tuple(slider.values.size for slider in sliders)
        pack = Pack()
        for panel in (panel for row in rows for panel in row):
            panel.check(shape)
        spec = {
            "name": name,
            "sliders": [slider.describe() for slider in sliders],
            "rows": [[{"kind": type(p).__name__, **pack.ship(p.describe())} for p in row] for row in rows],
            "sentences": _texts(sentences, shape, "sentences"),
            "messages": _texts(np.full(shape, "") if messages is None else messages, shape, "messages"),
        }
        self._picture = picture
        super().__init__(
            spec=spec,
            frames=b"".join(pack.parts),
            position=[slider.start for slider in sliders],
            selected=int(selected),
        )

    @property
    def sentence(self) -> str:
        """The finding at the position where the sliders stand in the kernel."""
        lengths = [len(slider["labels"]) for slider in self.spec["sliders"]]
        frame = int(np.ravel_multi_index(self.position, lengths))
        return self.spec["messages"][frame] or self.spec["sentences"][frame]

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add a sentence and a picture, for pages in which no widget script runs."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        text = f"{self.spec['name']}. {self.sentence}"
        data = {**data, "text/plain": text}
        figure = self._picture() if self._picture is not None else None
        if figure is not None:
            data["image/png"] = base64.b64encode(figure.png()).decode()
            metadata = {**metadata, "image/png": {"alt": figure.alt}}
        return data, metadata


def _texts(texts: ArrayLike, shape: tuple[int, ...], what: str) -> list[str]:
    """Return one text a frame, or say that their number is wrong."""
    array = np.asarray(texts, dtype=object)
    if array.shape != shape:
        raise ValueError(f"{what} must have the sliders' shape {shape}, one text a frame; got {array.shape}.")
    return [str(text) for text in array.ravel()]
