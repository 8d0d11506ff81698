"""The player: recorded rollouts in three dimensions, replayed in the page without a word to the kernel."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import anywidget
import ipywidgets
import numpy as np
import traitlets

from softopt.envs.rollout import Rollout
from softopt.envs.rollout_file import pack
from softopt.interactive.assemble import JS, assemble
from softopt.interactive.player_sentence import player_sentence
from softopt.interactive.slider import Slider
from softopt.interactive.three_library import three_library
from softopt.plotting.film_strip import film_strip
from softopt.plotting.ways import ways

VIEWS = ("angle", "side", "above")


class Player(anywidget.AnyWidget):
    """Rollouts side by side, together in one scene, or one at a time, on one clock. :func:`play` makes it.

    Everything is sent once; playing, scrubbing and turning the camera happen in the page alone. Between two
    recorded frames the page moves the bodies smoothly; on a frame it shows what was recorded.

    Attributes:
        rollouts: as given.
        position: the frame at which it starts and, where one is chosen, which; the page does not report back.
    """

    _esm = assemble("player.js")
    _css = "".join((JS / name).read_text(encoding="utf-8") for name in ("explorer.css", "player.css"))
    spec = traitlets.Dict().tag(sync=True)
    frames = traitlets.Bytes().tag(sync=True)
    position = traitlets.List(traitlets.Int()).tag(sync=True)
    library = traitlets.Instance(ipywidgets.Widget).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(self, rollouts: Sequence[Rollout], *, name: str, choose: Slider | None = None, **options: Any) -> None:
        library = three_library()
        self._options = {"name": name, "library": library.name, **options}
        self.rollouts = tuple(rollouts)
        spec, frames = _describe(self.rollouts, choose, self._options)
        super().__init__(spec=spec, frames=frames, position=[0, choose.start] if choose else [0], library=library)

    def show(self, *rollouts: Rollout) -> None:
        """Replay other rollouts in place of these, from their beginning; as many as before.

        Raises:
            ValueError: another number of rollouts.
        """
        if len(rollouts) != len(self.rollouts) or self.spec["choose"]:
            raise ValueError(
                f"this player was made for {len(self.rollouts)} rollouts, and shows others in their place unless one "
                f"is chosen by a slider; got {len(rollouts)}."
            )
        self.rollouts = rollouts
        with self.hold_sync():
            self.position = [0]
            self.spec, self.frames = _describe(rollouts, None, self._options)

    @property
    def sentence(self) -> str:
        """What has happened when the last rollout has ended."""
        if self.spec["choose"]:
            return self.spec["sentences"][self.position[1]][-1]
        return self.spec["sentences"][-1]

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add the sentence and a film strip, or the ways seen from above, for pages in which no script runs."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        text = f"{self.spec['name']}. {self.sentence}"
        shown = self.rollouts[:: max(1, len(self.rollouts) // 2)] if self.spec["choose"] else self.rollouts
        figure = (ways if self.spec["together"] else film_strip)(*shown, title=self.spec["name"], alt=text)
        data = {**data, "text/plain": text, "image/png": base64.b64encode(figure.png()).decode()}
        return data, {**metadata, "image/png": {"alt": figure.alt}}


def play(
    *rollouts: Rollout,
    together: bool = False,
    choose: Slider | None = None,
    name: str | None = None,
    view: str = "angle",
    follow: bool | None = None,
    walls: bool = False,
    autoplay: bool = False,
) -> Player:
    """Replay recorded rollouts in the page.

    Args:
        *rollouts: one, or two side by side; any number with ``together`` or ``choose``.
        together: all bodies in one scene, each with the trace of its way.
        choose: a slider with a value for each rollout; the one at which it stands is on show.
        name: what a screen reader calls the player; None joins the titles of one or two rollouts.
        view: from an ``angle``, from the ``side``, or from ``above``.
        follow: whether the camera goes with the body, or shows all of its way; None follows unless ``together``.
        walls: whether the camera that stays shows what stands around the way, too.
        autoplay: whether it starts by itself; never for readers who have asked their system for less motion.

    Raises:
        ValueError: no rollout, more than two side by side, a slider with more values or fewer than there are rollouts,
            or an unknown view.
        TypeError: something that is no rollout.

    Example:
        >>> from softopt.envs import Rollout
        >>> from softopt.interactive import play
        >>> play(Rollout.load("trained.rollout"), Rollout.load("random.rollout"))  # doctest: +SKIP
    """
    for rollout in rollouts:
        if not isinstance(rollout, Rollout):
            raise TypeError(f"play takes rollouts, got {type(rollout).__name__}; Rollout.load(path) reads one.")
    if not rollouts:
        raise ValueError("play needs at least one rollout.")
    if choose is not None and (together or len(rollouts) != choose.values.size):
        raise ValueError(
            f"slider {choose.name!r} chooses one of {choose.values.size} rollouts, and none is together with another; "
            f"got {len(rollouts)} rollouts and together={together}."
        )
    if len(rollouts) > 2 and not together and choose is None:
        raise ValueError(f"two rollouts fit side by side, got {len(rollouts)}; together=True puts all in one scene.")
    if view not in VIEWS:
        raise ValueError(f"view is one of {', '.join(VIEWS)}; got {view!r}.")
    titles = " and ".join(rollout.title for rollout in rollouts)
    return Player(
        rollouts,
        name=name or (titles if len(rollouts) <= 2 else f"{len(rollouts)} bodies"),
        choose=choose,
        together=bool(together),
        view=view,
        follow=not together if follow is None else bool(follow),
        walls=bool(walls),
        autoplay=bool(autoplay),
    )


def _describe(
    rollouts: Sequence[Rollout], choose: Slider | None, options: dict[str, Any]
) -> tuple[dict[str, Any], bytes]:
    """What the page is told of the rollouts, and the buffer of their arrays."""
    step = min(rollout.dt for rollout in rollouts)
    times = step * np.arange(1, round(max(rollout.duration for rollout in rollouts) / step) + 1)
    described, frames = _ship(rollouts)
    told = [[player_sentence(time, [one]) for time in times] for one in rollouts] if choose else None
    spec = {
        "rollouts": described,
        "step": step,
        "labels": [f"{time:.{2 if step >= 0.01 else 3}f} s" for time in times],  # no two alike
        "sentences": told or [player_sentence(time, rollouts) for time in times],
        "choose": choose and choose.describe(),
        **options,
    }
    return spec, frames


def _ship(rollouts: Sequence[Rollout]) -> tuple[list[dict[str, Any]], bytes]:
    """Return a description of each rollout, and one buffer of all arrays, each at a multiple of four bytes."""
    parts: list[bytes] = []
    described, length = [], 0
    for rollout in rollouts:
        description, arrays = pack(rollout)
        places = {}
        for key, array in arrays.items():
            raw = array.astype(array.dtype.newbyteorder("<")).tobytes()
            places[key] = {"kind": array.dtype.name, "offset": length, "length": array.size}
            parts.append(raw + bytes(-len(raw) % 4))
            length += len(parts[-1])
        described.append({**description, "arrays": places})
    return described, b"".join(parts)
