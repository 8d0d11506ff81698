"""An executed notebook as the source of a page: figures and widgets in files, times of the lecture beside headings."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from builder.lecture import Moment, anchor
from builder.widgets import Widgets
from softopt.experiments.jupyter import WIDGET_STATE

VIEW = "application/vnd.jupyter.widget-view+json"
INLINE = re.compile(r'<img\b[^>]*\bsrc="data:image/png;base64,([^"]+)"[^>]*>')
ALT = re.compile(r'\balt="([^"]*)"')
HEADING = re.compile(r"^(#{1,6}) (.+?)\s*$")


@dataclass(frozen=True)
class Picture:
    """A figure of a notebook, for the gallery.

    Attributes:
        file: PNG.
        alt: what it shows, in words.
        notebook: the page it is on.
        title: heading of its section.
        live: whether it can be moved there.
    """

    file: Path
    alt: str
    notebook: str
    title: str
    live: bool


@dataclass
class Page:
    """Turns one notebook into the source of a page.

    Args:
        name: of the notebook, as the other notebooks link to it.
        static: the folder that the site serves as ``_static``.
        moments: (notebook, anchor) -> moments of the lecture.

    Attributes:
        pictures: those met so far.
        live: the places of the widgets that the page itself shows, so far.
        head: the first heading.
    """

    name: str
    static: Path
    moments: dict[tuple[str, str], list[Moment]]
    pictures: list[Picture] = field(default_factory=list)
    live: list[str] = field(default_factory=list)
    head: str = ""
    _title: str = ""

    def write(self, executed: Path, source: Path) -> None:
        """Read an executed notebook and write the page's source."""
        notebook = nbformat.read(executed, as_version=4)
        state = notebook.metadata.pop("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
        widgets = Widgets(state, self.static / "widgets")
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = "\n".join(self._lines(cell.source))
            elif cell.cell_type == "code":
                cell.outputs = [shown for output in cell.outputs if (shown := self._output(output, widgets))]
        nbformat.write(notebook, source / self.name)

    def _lines(self, text: str) -> Iterator[str]:
        """Yield the lines of a text cell; after a heading that the lecture map names, the time in the lecture."""
        code = False
        for line in text.split("\n"):
            yield line
            code ^= line.startswith("```")
            heading = None if code else HEADING.match(line)
            if heading is not None:
                self._title = heading[2]
                self.head = self.head or heading[2]
                if rows := self.moments.get((self.name, anchor(heading[2]))):
                    yield from ("", _stamp(rows), "")

    def _output(self, output: Any, widgets: Widgets) -> Any:
        """One output as the page shows it; None where there is nothing to show."""
        data = output.get("data", {})
        if VIEW in data:
            shown = self._widget(data, output.metadata, widgets)
        elif "image/png" in data:
            alt = output.metadata.get("image/png", {}).get("alt", "")
            shown = self._picture(base64.b64decode(data["image/png"]), alt)
        elif INLINE.search(data.get("text/html", "")):
            shown = INLINE.sub(self._inline, data["text/html"])
        else:
            return output
        return shown and nbformat.v4.new_output(output.output_type, data={"text/html": shown}, **_count(output))

    def _widget(self, data: Any, metadata: Any, widgets: Widgets) -> str:
        """The place of a widget in the page: its still picture, which the page's script replaces if it can."""
        model_id = data[VIEW]["model_id"]
        kind = widgets.kind(model_id)
        if kind == "progress":
            return ""
        still = ""
        if "image/png" in data:
            alt = metadata.get("image/png", {}).get("alt", "") or data.get("text/plain", "")
            still = self._picture(base64.b64decode(data["image/png"]), alt, live=kind == "page")
        if kind == "kernel":
            return f'<div class="needs-kernel">{still}<p>{_needs_kernel(widgets.model(model_id))}</p></div>'
        said = html.escape(widgets.model(model_id).get("sentence") or data.get("text/plain", ""))
        where = f"_static/widgets/{widgets.write(model_id)}"
        still = still or f'<p class="widget-still">{said}</p>'
        self.live.append(f'<div class="widget" data-widget="{where}">{still}<p class="widget-note" hidden></p></div>')
        return self.live[-1]

    def _inline(self, match: re.Match[str]) -> str:
        alt = ALT.search(match[0])
        return self._picture(base64.b64decode(match[1]), html.unescape(alt[1]) if alt else "")

    def _picture(self, png: bytes, alt: str, live: bool = False) -> str:
        """Keep a picture in a file of its own and return the element that shows it."""
        file = self.static / "figures" / f"{hashlib.sha256(png).hexdigest()[:20]}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(png)
        self.pictures.append(Picture(file, alt, self.name, self._title, live))
        width, height = (int.from_bytes(png[start : start + 4], "big") for start in (16, 20))
        kind = "widget-still" if live else "figure"
        return (
            f'<img class="{kind}" src="_static/figures/{file.name}" alt="{html.escape(alt)}" '
            f'width="{width}" height="{height}" loading="lazy">'
        )


def _stamp(rows: list[Moment]) -> str:
    """The line under a heading that says when the lecture comes to it."""
    timed = [row for row in rows if row.seconds is not None]
    times = {row.time: f'<a href="companion.html?t={row.seconds}">{row.time}</a>' for row in timed}
    earlier = len(timed) < len(rows)
    if not times:
        return '<p class="in-the-lecture">In an earlier part of the lecture.</p>'
    said = ", ".join(times.values()) + (", and in an earlier part" if earlier else "")
    return f'<p class="in-the-lecture">In the lecture at {said}.</p>'


def _needs_kernel(model: dict[str, Any]) -> str:
    """What a control says where no kernel answers it: its value, and how to move it."""
    name, labels, index = model.get("description") or "", model.get("_options_labels"), model.get("index")
    value = labels[index] if labels and isinstance(index, int) else model.get("value", "")
    stood = f"<strong>{html.escape(f'{name}: {value}'.strip(': '))}</strong>. " if str(value) else ""
    return (
        f"{stood}This control asks a running kernel, and a page has none: what follows was run with it as it is here. "
        "Open the notebook in JupyterLab to move it."
    )


def _count(output: Any) -> dict[str, Any]:
    return {"execution_count": output.execution_count} if output.output_type == "execute_result" else {}
