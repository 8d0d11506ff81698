"""A player in a page of its own, with three.js brought as in a notebook, or withheld."""

from __future__ import annotations

import base64
from typing import Any

from softopt.interactive import Player

from .bare_page import MODEL

LIBRARY = """
async ({ esm, name }) => {
    const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    (await import(address)).default.initialize({ model: { get: () => name } });
}
"""
WITHOUT_WEBGL = """
() => {
    const get = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.startsWith("webgl") ? null : get.call(this, kind, ...rest);
    };
}
"""
# How many pixels of a canvas are nearer to a hue (0 to 360 degrees) than 8 degrees, and strongly coloured.
COLOURED = """
(canvas, hue) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let k = 0; k < data.length; k += 4) {
        const [r, g, b] = [data[k], data[k + 1], data[k + 2]];
        const [low, high] = [Math.min(r, g, b), Math.max(r, g, b)];
        if (high - low < 60) continue;
        const sector = high === r ? (g - b) / (high - low) : high === g ? 2 + (b - r) / (high - low)
            : 4 + (r - g) / (high - low);
        const away = Math.abs(((sector * 60 - hue + 540) % 360) - 180);
        if (away < 8) count += 1;
    }
    return count;
}
"""
BLUE, ORANGE, YELLOW = 202, 27, 46  # hues of the first and the second body, and of a foot on the ground


def show_player(page: Any, player: Player, *, views: int = 1, webgl: bool = True, ready: bool = True) -> None:
    """Render a player in a playwright page and wait until it draws; ``window.model`` stays at hand."""
    page.set_content("<!doctype html><html lang='en'><body></body></html>")
    if not webgl:
        page.evaluate(WITHOUT_WEBGL)
    page.evaluate(LIBRARY, {"esm": player.library._esm, "name": player.library.name})
    page.evaluate(
        MODEL,
        {
            "esm": player._esm,
            "css": player._css,
            "state": {"spec": player.spec, "position": player.position},
            "frames": base64.b64encode(player.frames).decode(),
            "views": views,
        },
    )
    if ready:
        page.wait_for_function(
            "(n) => document.querySelectorAll('.softopt[data-view=\"3d\"], .softopt[data-view=flat]').length === n",
            arg=views,
            timeout=60_000,
        )


def coloured(page: Any, hue: float, k: int = 0) -> int:
    """How many pixels of the k-th picture have a hue."""
    return page.locator(".softopt-picture").nth(k).evaluate(COLOURED, hue)


def picture(page: Any, k: int = 0) -> str:
    """The k-th picture, at rest, as text that is equal where every pixel is."""
    canvas = page.locator(".softopt-picture").nth(k)
    page.wait_for_function(
        "(canvas) => canvas.closest('.softopt').dataset.sharp === 'true'", arg=canvas.element_handle()
    )
    return canvas.evaluate("(canvas) => canvas.toDataURL()")


def frame(page: Any, k: int = 0) -> int:
    """The frame that the k-th player shows."""
    return int(page.locator(".softopt").nth(k).get_attribute("data-frame"))
