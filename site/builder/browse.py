"""Look at a built site as a reader does, in a real browser that reaches nothing but the site."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from softopt.experiments.bench_slider import drag

AXE = (
    Path(__file__).parents[2] / ".ci" / "node_modules" / "axe-core" / "axe.min.js"
)  # npm install --prefix .ci --no-save
SLIDE = "(input, index) => { input.value = index; input.dispatchEvent(new Event('input', { bubbles: true })); }"
PICTURES = "(root) => [...root.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()).join()"


@dataclass
class Served:
    """A site that is served on this machine alone.

    Attributes:
        address: on localhost, with a slash at its end.
        sent: bytes of the bodies that were asked for so far.
    """

    address: str = ""
    sent: int = 0


@contextmanager
def serve(folder: Path) -> Iterator[Served]:
    """Serve a folder on localhost."""
    served = Served()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def copyfile(self, source: Any, outputfile: Any) -> None:
            content = source.read()
            served.sent += len(content)
            outputfile.write(content)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=folder))
    served.address = f"http://127.0.0.1:{server.server_address[1]}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Visit:
    """A page, opened in a context of its own, with nothing kept from before.

    Attributes:
        page: playwright's page.
        left: addresses outside the site that it asked for; they were refused.
        errors: what its scripts raised, or wrote to the console as errors.
        weight: bytes fetched until it had come to rest, before anyone scrolled.
    """

    page: Any
    left: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    weight: int = 0

    def widgets(self) -> list[Any]:
        """Go to each widget, wait until it has come to life or has said why not, and return their elements."""
        found = self.page.query_selector_all("[data-widget]")
        for place in found:
            place.scroll_into_view_if_needed()
            self.page.wait_for_function("(place) => place.dataset.shown", arg=place, timeout=30_000)
        self.page.wait_for_timeout(300)
        return found


@contextmanager
def visit(chromium: Any, served: Served, page: str, **options: Any) -> Iterator[Visit]:
    """Open a page of a site, with every way out of it closed.

    Args:
        chromium: playwright's browser.
        served: the site.
        page: name, and what may follow it.
        **options: of the browser's context: viewport, has_touch, color_scheme and more.
    """
    context = chromium.new_context(**{"viewport": {"width": 1280, "height": 1000}, **options})
    visited = Visit(context.new_page())

    def guard(route: Any) -> None:
        if route.request.url.startswith(served.address):
            route.continue_()
        else:
            visited.left.append(route.request.url)
            route.abort()

    context.route("http*://**/*", guard)
    visited.page.on("pageerror", lambda error: visited.errors.append(str(error)))
    visited.page.on("console", lambda said: said.type == "error" and visited.errors.append(said.text))
    before = served.sent
    visited.page.goto(served.address + page)
    visited.page.wait_for_load_state("networkidle")
    visited.weight = served.sent - before
    try:
        yield visited
    finally:
        context.close()


def stiff(page: Any, place: Any) -> Iterator[str]:
    """Yield what does not move in a widget: a slider that changes no pixel, a world that cannot be walked in."""
    name = place.query_selector("section").get_attribute("aria-label")
    sliders = place.query_selector_all("input[type=range]")
    for slider in sliders:
        start, last = slider.input_value(), int(slider.get_attribute("max"))
        pictures = set()
        for index in sorted({0, last // 3, 2 * last // 3, last}):
            slider.evaluate(SLIDE, index)
            page.wait_for_timeout(60)  # a player draws with the next frame
            pictures.add(place.evaluate(PICTURES))
        slider.evaluate(SLIDE, start)
        if len(pictures) < 2:
            yield f"{name}: the slider {slider.get_attribute('aria-label')!r} changes nothing"
    if not sliders and (canvas := place.query_selector("canvas[tabindex]")):
        before = place.evaluate(PICTURES)
        canvas.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)
        if place.evaluate(PICTURES) == before:
            yield f"{name}: the arrow keys move nothing"


def latencies(page: Any, root: Any, moves: int = 40) -> list[float]:
    """Milliseconds from each move of the first slider, dragged by the mouse, to new pixels in the widget.

    The probe looks at the first and the last picture. Where a move leaves both as they are, the list is empty.
    """
    root.query_selector("input[type=range]").evaluate("(slider) => slider.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(300)
    unchanged = drag(page, root, moves)
    seen = page.evaluate("() => { probe.stop(); return probe.seen; }")
    return [] if unchanged else [entry["latency"] for entry in seen[-moves:] if entry["latency"] is not None]


def barriers(page: Any) -> list[str]:
    """What axe-core calls serious or critical on a page: each rule with the first element that breaks it."""
    page.add_script_tag(path=AXE)
    found = page.evaluate("() => axe.run({ resultTypes: ['violations'] })")["violations"]
    grave = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return [f"{rule['id']}: {rule['nodes'][0]['html']}" for rule in grave]
