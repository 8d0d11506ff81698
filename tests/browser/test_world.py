"""A world in the page: what it computes is what Python does, at every move, in time, and without a message."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from softopt.experiments.bench_slider import PROBE
from softopt.experiments.jupyter import Notebook, Server, write_notebook
from softopt.interactive.assemble import assemble
from softopt.interactive.world import World

from .bare_page import pixels, show, shows
from .world_cases import two_by_128

CELLS = (
    f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[1])!r})\nfrom browser.world_cases import two_by_128",
    "two_by_128()",
)
RIM = {"left": 46, "right": 10, "top": 8}  # pixels around the world, as in axes.js
LOOSE = 200.0  # ms, median: on a machine with other work
# Q over the square of actions and the draws of one agent, by the page's own modules and from what it was sent.
COMPUTED = """
async ({ source, unpacking, agent, seen }) => {
    const module = (text) => import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    const { actionSquare, levelHolding, pageAgent } = await module(source);
    const { unpack } = await module(unpacking);
    const spec = unpack(model);
    const made = pageAgent(spec.agents[agent], spec.noise);
    const q = made.q(seen, actionSquare(spec.side), new Float32Array(spec.side ** 2));
    return { q: [...q], draws: [...made.draw(seen)], level: levelHolding(q, spec.side, 1.5, spec.share) };
}
"""


@pytest.fixture(scope="module")
def world() -> World:
    return two_by_128()


def place(page: Any) -> np.ndarray:
    return np.array(page.locator(".softopt").get_attribute("data-place").split(), dtype=float)


def at(page: Any, x: float, y: float) -> tuple[float, float]:
    """Where a place of the world is on the screen."""
    box = page.locator("canvas").first.bounding_box()
    side = box["width"] - RIM["left"] - RIM["right"]  # of the 14 by 14 units of length
    return box["x"] + RIM["left"] + (x + 7) / 14 * side, box["y"] + RIM["top"] + (7 - y) / 14 * side


@pytest.mark.parametrize("agent", [0, 1, 2])
def test_the_page_computes_what_python_does(page: Any, world: World, agent: int) -> None:
    from softopt.plotting.q_world import level_holding

    show(page, world)
    name = list(world.agents)[agent]
    modules = {"source": assemble("page_agent.js"), "unpacking": assemble("unpack.js")}
    for seen in [(0.0, 0.0), (-3.25, 1.5), (7.0, -7.0)]:
        found = page.evaluate(COMPUTED, {**modules, "agent": agent, "seen": seen})
        q, draws = world.at(seen, name)
        np.testing.assert_allclose(found["q"], q.ravel(), atol=1e-4)
        np.testing.assert_allclose(found["draws"], draws.ravel(), atol=1e-4)
        assert found["level"] == pytest.approx(level_holding(q, 1.5), abs=1e-4)


def test_every_move_is_seen_at_once(page: Any, world: World) -> None:
    """Twenty moves of the mouse: new pixels in both halves, the range of Q and the sentence those of Python."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    show(page, world)
    page.mouse.move(*at(page, 0, 0))
    page.mouse.down()
    before = [pixels(page, 0), pixels(page, 1)]
    for k in range(1, 21):
        page.mouse.move(*at(page, 0.25 * k, -0.15 * k))
        after = [pixels(page, 0), pixels(page, 1)]
        assert all(old != new for old, new in zip(before, after, strict=True)), k
        before = after
        np.testing.assert_allclose(place(page), (0.25 * k, -0.15 * k), atol=0.02)  # a pixel is whole
        q, _ = world.at(place(page))
        low, high = map(float, page.locator(".softopt").get_attribute("data-q").split())
        assert (low, high) == pytest.approx((q.min(), q.max()), abs=1e-4)
    page.mouse.up()
    assert page.locator(".softopt-sentence").inner_text() == world.say(place(page))
    assert page.evaluate("() => model.saved") == 0
    assert errors == []


def test_the_keyboard_moves_the_agent(page: Any, world: World) -> None:
    show(page, world)
    canvas = page.locator("canvas").first
    canvas.focus()
    for key, wanted in [
        ("ArrowRight", (0.25, 0)),
        ("ArrowUp", (0.25, 0.25)),
        ("ArrowLeft", (0, 0.25)),
        ("Shift+ArrowDown", (0, 0.2)),
        ("Home", (0, 0)),
    ]:
        page.keyboard.press(key)
        np.testing.assert_allclose(place(page), wanted, atol=1e-12)
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    assert place(page)[0] == 7  # and no further
    assert "The agent is at (7.0, 0.0)" in canvas.get_attribute("aria-label")
    assert canvas.evaluate("(c) => getComputedStyle(c).outlineStyle") == "solid"
    assert canvas.get_attribute("data-lm-suppress-shortcuts") == "true"


def test_a_wall_stops_the_agent_and_lets_it_slide(page: Any, world: World) -> None:
    show(page, world)
    page.evaluate("() => model.set('position', [-1.9, 3])")
    page.locator("canvas").first.focus()
    page.keyboard.press("ArrowLeft")
    assert place(page).tolist() == [-1.9, 3]
    page.mouse.move(*at(page, -1.8, 3))
    page.mouse.down()
    page.mouse.move(*at(page, -3, 4))  # into the wall, and upwards
    np.testing.assert_allclose(place(page), (-1.8, 4), atol=0.05)
    page.mouse.move(*at(page, -3, 6))  # out of it
    np.testing.assert_allclose(place(page), (-3, 6), atol=0.05)
    page.mouse.up()


def test_another_agent_is_chosen(page: Any, world: World) -> None:
    show(page, world, views=2)
    radios = page.locator("input[type=radio]")
    assert radios.count() == 6
    before = pixels(page, 1)
    for k, name in enumerate(world.agents):
        radios.nth(k).check()
        assert page.locator("input[type=radio]:checked").count() == 2  # one in each view
        said = page.locator(".softopt-sentence").all_inner_texts()
        assert said == [world.say((0, 0), name)] * 2
        assert name in page.locator("canvas").nth(1).get_attribute("aria-label")
    assert pixels(page, 1, root=1) != before
    assert "the policy's one action" in said[0]


def test_a_view_that_goes_leaves_no_listener(page: Any, world: World) -> None:
    show(page, world, views=2)
    assert page.evaluate("() => [model.listeners.length, outside]") == [4, 2]
    page.evaluate("() => { for (const { el, dispose } of hosts) { dispose(); el.remove(); } }")
    assert page.evaluate("() => [model.listeners.length, outside]") == [0, 0]


def test_one_agent_needs_no_choice(page: Any, world: World) -> None:
    from softopt.interactive.world import explore_world

    show(page, explore_world(world.scene, {"DDPG": world.agents["DDPG"]}))
    assert page.locator("input").count() == 0
    canvas = page.locator("canvas").nth(1)
    assert canvas.get_attribute("role") == "img"
    assert "Q of DDPG over the square of actions at (0.0, 0.0)" in canvas.get_attribute("aria-label")


def test_the_finding_is_announced_when_the_agent_rests(page: Any, world: World) -> None:
    show(page, world)
    page.locator("canvas").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    assert page.locator("[role=status]").inner_text() == ""
    page.wait_for_function("() => document.querySelector('[role=status]').textContent !== ''")
    assert page.locator("[role=status]").inner_text() == world.say((0, 0.75))


def test_a_finger_drags_the_agent_and_not_the_page(chromium: Any, world: World, artefacts: Path) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 900}, device_scale_factor=3, has_touch=True)
    page = context.new_page()
    show(page, world)
    canvas = page.locator("canvas").first
    assert canvas.evaluate("(c) => getComputedStyle(c).touchAction") == "none"
    box = canvas.bounding_box()
    page.touchscreen.tap(box["x"] + 80, box["y"] + 80)
    assert (place(page) * (-1, 1) > 1).all()  # up and to the left
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert canvas.evaluate("(c) => c.width / c.clientWidth") == pytest.approx(3, abs=0.05)
    page.screenshot(path=artefacts / "world_phone.png", full_page=True)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_for_the_eye(page: Any, world: World, artefacts: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    show(page, world)
    page.add_style_tag(content="@media (prefers-color-scheme: dark) { body { background: #15181c; } }")
    page.wait_for_timeout(100)
    chart, square = page.locator("canvas").all()
    assert shows(chart, "focus")
    assert shows(chart, "wall")
    assert shows(square, "#d55e00")
    assert page.evaluate("() => document.getAnimations().length") == 0
    page.screenshot(path=artefacts / f"world_{scheme}.png", full_page=True)


def test_in_a_notebook_nothing_is_sent(chromium: Any, server: Server, artefacts: Path) -> None:
    write_notebook(server.root / "world.ipynb", CELLS)
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    notebook = Notebook.open(context, server, "world.ipynb")
    assert notebook.run_all() == []
    page = notebook.page
    root = page.wait_for_selector(".softopt[data-place]")
    root.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    sent = len(notebook.sent)
    page.evaluate(f"() => {{\n{PROBE}\n}}")
    page.evaluate("(root) => { window.probe = softoptProbe(root); }", root)
    page.mouse.move(*at(page, 0, 0))
    page.mouse.down()
    page.wait_for_timeout(300)
    page.evaluate("() => probe.clear()")
    for k in range(1, 41):
        count = page.evaluate("() => probe.seen.length")
        page.mouse.move(*at(page, 4 * np.sin(k / 6), 2 * np.cos(k / 6) - 3))
        assert page.evaluate("(count) => probe.next(count)", count), k
    page.mouse.up()
    latencies = [entry["latency"] for entry in page.evaluate("() => probe.seen") if entry["latency"] is not None]
    assert len(latencies) >= 40
    print(f"input to new pixels: median {np.median(latencies):.1f} ms, p95 {np.percentile(latencies, 95):.1f} ms")
    assert np.median(latencies) < LOOSE
    page.locator("canvas").first.focus()
    before = place(page)
    cell = page.evaluate("() => jupyterapp.shell.currentWidget.content.activeCellIndex")
    for key in ("ArrowDown", "ArrowDown", "j", "k"):  # j and k move between cells elsewhere
        page.keyboard.press(key)
    np.testing.assert_allclose(place(page) - before, (0, -0.5), atol=1e-9)
    assert page.evaluate("() => jupyterapp.shell.currentWidget.content.activeCellIndex") == cell
    assert len(notebook.sent) == sent
    page.screenshot(path=artefacts / "world_lab.png")
    context.close()
