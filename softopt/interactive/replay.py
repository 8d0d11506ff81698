"""Controls of the kernel, and a player that shows what was simulated for them."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets

from softopt.envs import Rollout
from softopt.interactive.kernel_bound import between_cells
from softopt.interactive.player import Player, play


class Replay:
    """A player whose rollouts follow some controls: whenever one is moved, the kernel simulates again.

    Args:
        make: called with the values of the controls, by name; returns the rollouts to show, always as many.
        controls: name -> a widget with a value.
        **options: of :func:`softopt.interactive.play`.

    Attributes:
        controls: all of them, in a column, with a line below for what could not be simulated.
        player: what they ask for.

    Example:
        >>> replay = Replay(lambda push: [film(push)], {"push": ipywidgets.IntSlider()})  # doctest: +SKIP
        >>> display(replay.controls, replay.player)  # doctest: +SKIP
    """

    def __init__(
        self, make: Callable[..., Sequence[Rollout]], controls: Mapping[str, ipywidgets.Widget], **options: Any
    ) -> None:
        self._make, self._widgets = make, dict(controls)
        self._said = ipywidgets.HTML()
        self.controls = ipywidgets.VBox([*controls.values(), self._said])
        self.player: Player = play(*make(**self.values), **options)
        for widget in controls.values():
            widget.observe(between_cells(self._follow), "value")

    @property
    def values(self) -> dict[str, Any]:
        """What the controls say now."""
        return {name: widget.value for name, widget in self._widgets.items()}

    def _follow(self, _: Any) -> None:
        """Simulate, and show; where that is not possible say why, and leave the player as it is."""
        try:
            rollouts = self._make(**self.values)
        except (ValueError, FileNotFoundError, FloatingPointError) as fault:
            self._said.value = html.escape(str(fault))
        else:
            self._said.value = ""
            self.player.show(*rollouts)
