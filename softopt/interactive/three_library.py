"""three.js for the page: brought once by a widget of its own, and shared by all players of a kernel."""

from __future__ import annotations

import hashlib

import anywidget
import traitlets

from softopt.interactive.assemble import JS, assemble

SOURCE = (JS / "vendor" / "three.min.js").read_text(encoding="utf-8") + assemble("three_library.js")


class ThreeLibrary(anywidget.AnyWidget):
    """Carries three.js to the page and leaves it there for the players; it shows nothing.

    A widget carries its page script in its own state, so players that each had three.js would send it, and save it
    in the notebook, once a player. They name this widget instead, and a saved notebook or page that holds a player
    holds it too.

    Attributes:
        name: under which the page keeps it; another version of the scripts has another name.
    """

    _esm = SOURCE
    name = traitlets.Unicode("softopt three " + hashlib.sha256(SOURCE.encode()).hexdigest()[:16]).tag(sync=True)


_library: ThreeLibrary | None = None


def three_library() -> ThreeLibrary:
    """Return the kernel's one library; a new one if the last was closed."""
    global _library
    if _library is None or _library.comm is None:
        _library = ThreeLibrary()
    return _library
