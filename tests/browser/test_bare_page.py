"""What the page does without a notebook: themes, widths, screen readers, touch, and cleaning up after itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from softopt.interactive import Bars, Explorer, GridMap, HeatMap, Lines, Slider, explore_temperature
from softopt.tabular import gridworlds

from .bare_page import pixels, show, shows

TEMPERATURES = np.array([0.0, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0])


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    mdp = gridworlds.gridworld(["S...", ".##.", "...G"], slip=0.1, reward={"G": 5}, discount=0.9)
    return explore_temperature(mdp, temperatures=TEMPERATURES)


@pytest.fixture(scope="module")
def two_sliders() -> Explorer:
    slip = Slider("slip", np.linspace(0, 0.4, 5))
    temperature = Slider("temperature", np.logspace(-2, 1, 7))
    level = slip.values[:, None] + np.log10(temperature.values)
    table = level[..., None, None] + np.arange(6.0)[:, None] * np.linspace(0, 1, 8)
    return Explorer(
        [slip, temperature],
        [
            [
                HeatMap("State over time", table, x_label="time", y_label="state"),
                Bars("Trajectories", ["LL", "LR", "RL"], {"probability": np.exp(-np.abs(table[..., :3, 1]))}),
            ],
            [
                Lines("Level", {"exact": level, "variational": level - 0.3}, along=1),
                Lines("Profile", {"profile": table[..., 2, :]}, x=np.arange(8.0), x_label="time"),
            ],
        ],
        [
            [f"At slip {s:.1f} and temperature {t:.2f} the level is {s + np.log10(t):.2f}." for t in temperature.values]
            for s in slip.values
        ],
        name="Slip and temperature",
    )


def test_screen_readers_hear_the_temperature_and_the_finding(page: Any, explorer: Explorer) -> None:
    show(page, explorer)
    slider = page.locator("input[type=range]")
    assert slider.get_attribute("aria-label") == "temperature"
    slider.focus()
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuetext") == "temperature 3.0"
    assert page.locator("output").inner_text() == "3.0"
    sentence = page.locator(".softopt-sentence").inner_text()
    assert sentence == explorer.spec["sentences"][-1]
    assert sentence.startswith("At temperature 3.0 the start is worth")
    for canvas in page.locator("canvas").all():
        assert canvas.get_attribute("role") == "img"
        assert "temperature 3.0" in canvas.get_attribute("aria-label")


def test_the_finding_is_announced_only_when_the_slider_rests(page: Any, explorer: Explorer) -> None:
    show(page, explorer)
    page.evaluate(
        """() => {
            window.said = [];
            const region = document.querySelector("[role=status]");
            new MutationObserver(() => said.push(region.textContent)).observe(region, { childList: true });
        }"""
    )
    page.locator("input[type=range]").focus()
    for key in ["Home", "ArrowRight", "ArrowRight", "ArrowRight"]:
        page.keyboard.press(key)
    page.wait_for_function("() => said.length > 0")
    assert page.evaluate("() => said") == [explorer.spec["sentences"][3]]


def test_every_panel_draws_its_data(page: Any, explorer: Explorer) -> None:
    show(page, explorer)
    page.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    value, visits, bars, *curves = page.locator("canvas").all()
    low = explorer.spec["rows"][0][0]["palette"][0]
    assert shows(value, low)  # the coldest start is the worst place of all
    assert shows(visits, "wall")
    for canvas in (bars, *curves):
        assert shows(canvas, "series-1")
    assert shows(bars, "series-2")


def test_arrows_stand_out_on_every_colour(page: Any) -> None:
    grid = gridworlds.gridworld(["..."], discount=0.9).grid
    ends = np.array([[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    policy = np.full((3, 3, 4), 0.25)
    panel = GridMap("difference", grid, ends, policy=policy, limits=(-1, 1), colours="RdBu_r")
    show(page, Explorer([Slider("k", [0.0, 1.0, 2.0])], [[panel]], ["a", "b", "c"], name="Diverging"))
    canvas = page.locator("canvas")
    for index, ink, other in [(0, "#ffffff", "#000000"), (1, "#000000", "#ffffff"), (2, "#ffffff", "#000000")]:
        page.evaluate("(index) => model.set('position', [index])", index)
        assert shows(canvas, ink)
        assert not shows(canvas, other)


def test_two_views_share_one_model_and_send_nothing(page: Any, explorer: Explorer) -> None:
    show(page, explorer, views=2)
    page.locator("input[type=range]").first.focus()
    page.keyboard.press("Home")
    assert page.locator("output").all_inner_texts() == ["0", "0"]
    assert pixels(page, 0, root=0) == pixels(page, 0, root=1)
    page.locator("canvas").nth(0).click(position={"x": 10, "y": 90})
    said = page.locator(".softopt-readout").all_inner_texts()
    assert said[:6] == said[6:]
    assert said[2] == "row 2, column 1"
    assert page.evaluate("() => model.saved") == 0


def test_a_view_that_goes_leaves_no_listener(page: Any, explorer: Explorer) -> None:
    show(page, explorer, views=2)
    assert page.evaluate("() => [model.listeners.length, outside]") == [4, 2]
    page.evaluate("() => { hosts[0].dispose(); hosts[0].el.remove(); }")
    assert page.evaluate("() => [model.listeners.length, outside]") == [2, 1]
    page.locator("input[type=range]").focus()
    page.keyboard.press("End")  # the other view lives on
    assert page.locator("output").inner_text() == "3.0"
    page.evaluate("() => { hosts[1].dispose(); hosts[1].el.remove(); }")
    assert page.evaluate("() => [model.listeners.length, outside]") == [0, 0]


def test_a_cell_is_selected_by_click_and_by_keys(page: Any, explorer: Explorer) -> None:
    show(page, explorer)
    bars = pixels(page, 2)
    canvas = page.locator("canvas").first
    size = canvas.bounding_box()["width"] / 4
    canvas.click(position={"x": 3.5 * min(size, 68), "y": 0.5 * min(size, 68)})
    assert page.evaluate("() => model.get('selected')") == 3
    assert pixels(page, 2) != bars
    assert "row 1, column 4" in canvas.get_attribute("aria-label")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => model.get('selected')") == 1
    page.keyboard.press("ArrowDown")  # across the wall
    assert "row 3, column 2" in canvas.get_attribute("aria-label")
    page.keyboard.press("ArrowDown")  # the edge holds
    assert "row 3, column 2" in canvas.get_attribute("aria-label")


def test_bars_show_the_numbers_of_the_selected_cell(page: Any, explorer: Explorer) -> None:
    show(page, explorer)
    page.evaluate("() => { model.set('selected', 3); model.set('position', [4]); }")
    spec = explorer.spec["rows"][0][2]
    frames = np.frombuffer(explorer.frames, dtype="<f4")
    place = spec["groups"]["probability"]
    policy = frames[place["offset"] :][: np.prod(place["shape"])].reshape(place["shape"])[4, 3]
    said = page.locator("canvas").nth(2).get_attribute("aria-label")
    for name, probability in zip(spec["names"], policy, strict=True):
        shown = said.split("probability: ")[1].split(f"{name} ")[1].split(",")[0].rstrip(".")
        assert float(shown.replace("−", "-")) == pytest.approx(probability, rel=5e-3)


def test_a_failed_frame_shows_the_message_and_no_other_is_broken(page: Any) -> None:
    mdp = gridworlds.gridworld(["S..G"], discount=0.9)

    def mine(mdp: Any, temperature: float) -> Any:
        if temperature > 1:
            raise ZeroDivisionError("my soft maximum divides by zero")
        from softopt.tabular import plan

        return plan(mdp, temperature)

    show(page, explore_temperature(mdp, mine, TEMPERATURES))
    message = page.locator(".softopt-message")
    page.locator("input[type=range]").focus()
    page.keyboard.press("Home")
    assert not message.is_visible()
    page.keyboard.press("End")
    assert "ZeroDivisionError: my soft maximum divides by zero" in message.inner_text()
    assert page.locator(".softopt-absent canvas").count() == 3
    assert not page.locator(".softopt-absent canvas").first.is_visible()
    assert page.locator("canvas").last.is_visible()  # the curves stay, with a gap
    page.keyboard.press("ArrowLeft")
    assert not message.is_visible()
    assert page.locator("canvas").first.is_visible()


def test_two_sliders_point_at_one_frame(page: Any, two_sliders: Explorer, artefacts: Any) -> None:
    show(page, two_sliders)
    slip, temperature = page.locator("input[type=range]").all()
    slip.focus()
    page.keyboard.press("End")
    temperature.focus()
    page.keyboard.press("Home")
    assert page.locator(".softopt").get_attribute("data-frame") == str(4 * 7)
    assert slip.bounding_box()["x"] == temperature.bounding_box()["x"]  # one under the other
    assert slip.bounding_box()["width"] == temperature.bounding_box()["width"]
    assert page.locator(".softopt-sentence").inner_text() == "At slip 0.4 and temperature 0.01 the level is -1.60."
    assert "exact −1.60, variational −1.90" in page.locator("canvas").nth(2).get_attribute("aria-label")
    before = [pixels(page, k) for k in range(4)]
    page.keyboard.press("End")
    assert all(pixels(page, k) != old for k, old in enumerate(before))
    page.screenshot(path=artefacts / "two_sliders.png", full_page=True)


def test_the_first_slider_can_be_the_axis(page: Any) -> None:
    a, b = Slider("a", [1.0, 2.0, 3.0]), Slider("b", [1.0, 2.0])
    product = a.values[:, None] * b.values
    shown = Explorer([a, b], [[Lines("product", {"product": product})]], np.full((3, 2), "."), name="Product")
    show(page, shown)
    page.evaluate("() => model.set('position', [2, 1])")
    assert page.locator(".softopt-readout").inner_text() == "6.00"


def test_dark_mode_without_a_notebook_follows_the_system(page: Any, explorer: Explorer, artefacts: Any) -> None:
    show(page, explorer)
    light = pixels(page, 3)
    ink = page.locator(".softopt").evaluate("(root) => getComputedStyle(root).color")
    page.emulate_media(color_scheme="dark")
    page.add_style_tag(content="body { background: #15181c; }")
    page.wait_for_timeout(100)
    assert pixels(page, 3) != light
    assert page.locator(".softopt").evaluate("(root) => getComputedStyle(root).color") != ink
    page.screenshot(path=artefacts / "dark_without_notebook.png", full_page=True)


def test_nothing_moves_by_itself(page: Any, explorer: Explorer) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, explorer)
    before = page.locator(".softopt").get_attribute("data-frame")
    page.wait_for_timeout(300)
    assert page.locator(".softopt").get_attribute("data-frame") == before
    page.locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("() => document.getAnimations().length") == 0


@pytest.mark.parametrize("width", [320, 390, 700, 1400])
def test_it_fits_the_width(page: Any, explorer: Explorer, artefacts: Any, width: int) -> None:
    show(page, explorer)
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(150)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    for canvas in page.locator("canvas").all():
        box = canvas.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width + 1
        drawn = canvas.evaluate("(c) => [c.width / devicePixelRatio, c.clientWidth]")
        assert drawn[0] == pytest.approx(drawn[1], abs=1)  # sharp: one drawn pixel a screen pixel
    page.screenshot(path=artefacts / f"width_{width}.png", full_page=True)


def test_touch_and_a_sharp_screen(chromium: Any, explorer: Explorer, artefacts: Any) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 800}, device_scale_factor=3, has_touch=True)
    page = context.new_page()
    show(page, explorer)
    box = page.locator("input[type=range]").bounding_box()
    assert page.locator(".softopt-slider").bounding_box()["height"] >= 44
    page.touchscreen.tap(box["x"] + box["width"] - 6, box["y"] + box["height"] / 2)
    assert page.locator("output").inner_text() == "3.0"
    assert page.locator("canvas").first.evaluate("(c) => c.width / c.clientWidth") == pytest.approx(3, abs=0.05)
    canvas = page.locator("canvas").first.bounding_box()
    page.touchscreen.tap(canvas["x"] + 5, canvas["y"] + 150)
    assert page.evaluate("() => model.get('selected')") == 6
    page.screenshot(path=artefacts / "phone.png", full_page=True)
    context.close()


def test_values_that_are_not_finite_leave_gaps(page: Any) -> None:
    grid = gridworlds.gridworld(["..."], discount=0.9).grid
    value = np.array([[1.0, np.nan, 0.0], [1.0, -np.inf, 0.0]])
    curve = np.array([1.0, np.nan])
    slider = Slider("k", [0.0, 1.0], start=0)
    q = np.array([[[1.0, -np.inf]] * 3] * 2)
    shown = Explorer(
        [slider],
        [[GridMap("map", grid, value), Bars("bars", ["a", "b"], {"q": q}, by_state=True)], [Lines("l", {"c": curve})]],
        ["one", "two"],
        name="Gaps",
    )
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    show(page, shown)
    page.evaluate("() => model.set('position', [1])")
    assert errors == []
    assert page.locator(".softopt-readout").last.inner_text() == "–"
    middle = page.locator("canvas").first.evaluate(
        "(c) => [...c.getContext('2d').getImageData(1.5 * c.width / 3, 20, 1, 1).data]"
    )
    assert middle[3] == 0  # nothing painted there


@pytest.mark.parametrize("kind", ["entropy form", "KL form"])
def test_the_picture_for_the_eye(page: Any, artefacts: Any, kind: str) -> None:
    prior = None if kind == "entropy form" else [0.25] * 4
    mdp = gridworlds.gridworld("four_rooms", slip=0.1, reward={"G": 10}, discount=0.95, prior=prior)
    show(
        page, explore_temperature(mdp, temperatures=[0, *np.logspace(-2, 1, 13), *([] if prior is None else [np.inf])])
    )
    for name, key in [("cold", "Home"), ("hot", "End")]:
        page.locator("input[type=range]").focus()
        page.keyboard.press(key)
        page.screenshot(path=artefacts / f"four_rooms_{kind[0]}_{name}.png", full_page=True)
