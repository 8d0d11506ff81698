"""An explorer in a page of its own, with a stand-in for the widget's model that counts what happens to it."""

from __future__ import annotations

import base64
from typing import Any

MODEL = """
async ({ esm, css, state, frames, views }) => {
    document.head.insertAdjacentHTML("beforeend", `<style>${css}</style>`);
    const bytes = Uint8Array.from(atob(frames), (letter) => letter.charCodeAt(0));
    const values = { ...state, frames: new DataView(bytes.buffer) };
    const listeners = [];
    window.model = {
        saved: 0,
        listeners,
        get: (name) => values[name],
        set(name, value) {
            values[name] = value;
            for (const [event, call] of [...listeners]) if (event === `change:${name}`) call();
        },
        on: (event, call) => listeners.push([event, call]),
        off(event, call) {
            const at = listeners.findIndex(([e, c]) => e === event && c === call);
            if (at >= 0) listeners.splice(at, 1);
        },
        save_changes() { this.saved += 1; },
    };
    // Listeners on the window and the document outlive a view unless it removes them.
    window.outside = 0;
    for (const target of [window, document]) {
        const add = target.addEventListener;
        target.addEventListener = function (kind, call, options) {
            window.outside += 1;
            options?.signal?.addEventListener("abort", () => { window.outside -= 1; });
            return add.call(this, kind, call, options);
        };
    }
    const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    const { render } = (await import(address)).default;
    window.hosts = [];
    for (let k = 0; k < views; k += 1) {
        const el = document.createElement("div");
        document.body.append(el);
        window.hosts.push({ el, dispose: render({ model: window.model, el }) });
    }
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}
"""


def show(page: Any, explorer: Any, views: int = 1) -> None:
    """Render an explorer in a playwright page; ``window.model`` and ``window.hosts`` stay at hand."""
    page.set_content("<!doctype html><html lang='en'><body></body></html>")
    page.evaluate(
        MODEL,
        {
            "esm": explorer._esm,
            "css": explorer._css,
            "state": {"spec": explorer.spec, "position": explorer.position, "selected": explorer.selected},
            "frames": base64.b64encode(explorer.frames).decode(),
            "views": views,
        },
    )


def pixels(page: Any, k: int = 0, root: int = 0) -> str:
    """The picture on one canvas, as text that is equal where every pixel is."""
    return page.locator(".softopt").nth(root).locator("canvas").nth(k).evaluate("(canvas) => canvas.toDataURL()")


def shows(canvas: Any, colour: str) -> bool:
    """Whether a canvas has a pixel of a colour, ``#rrggbb`` or the name of one of the explorer's variables."""
    return canvas.evaluate(
        """(canvas, colour) => {
            const style = getComputedStyle(canvas.closest(".softopt"));
            const hex = colour.startsWith("#") ? colour : style.getPropertyValue(`--softopt-${colour}`);
            const wanted = parseInt(hex.trim().slice(1), 16);
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            for (let k = 0; k < data.length; k += 4) {
                if (data[k] * 65536 + data[k + 1] * 256 + data[k + 2] === wanted && data[k + 3] === 255) return true;
            }
            return false;
        }""",
        colour,
    )
