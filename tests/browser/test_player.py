"""The player by its pixels: bodies seen, time moved and kept, the page left alone, and everything let go at the end."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from rollout_cases import GEOMS, glider

from softopt.envs import Geom
from softopt.interactive import Player, Slider, play

from .player_page import BLUE, ORANGE, YELLOW, coloured, frame, picture, show_player

STAGE = "() => [...softoptShelves.values()][0].taken.then(({ stage }) => stage.views)"


@pytest.fixture
def player() -> Player:
    return play(glider(title="Slow"), glider(speed=2.0, title="Fast"), name="Two gliders")


@pytest.fixture
def watched(page: Any) -> Iterator[Any]:
    """A page of which every error in the console and every request is noted; there must be none."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    page.on("request", lambda request: request.url.startswith(("blob:", "data:")) or wrong.append(request.url))
    yield page
    assert wrong == []


def test_two_bodies_stand_side_by_side_told_apart(watched: Any, player: Player, artefacts: Any) -> None:
    show_player(watched, player)
    assert watched.locator(".softopt").get_attribute("data-view") == "3d"
    assert watched.locator(".softopt-picture").count() == 2
    assert coloured(watched, BLUE, 0) > 500 > 20 > coloured(watched, ORANGE, 0)
    assert coloured(watched, ORANGE, 1) > 500 > 20 > coloured(watched, BLUE, 1)
    assert coloured(watched, YELLOW, 0) > 50  # a foot is down
    assert watched.locator(".softopt-stall figcaption .softopt-titled").all_inner_texts() == ["Slow1 m/s", "Fast2 m/s"]
    left, right = (watched.locator(".softopt-picture").nth(k).bounding_box() for k in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    watched.screenshot(path=artefacts / "player.png", full_page=True)


def test_scrubbing_moves_pictures_numbers_timelines_and_the_sentence(watched: Any, player: Player) -> None:
    show_player(watched, player)
    canvases = watched.locator("canvas")
    pictures, sentences = [set() for _ in range(4)], set()
    slider = watched.locator("input[type=range]")
    for index in (0, 10, 20, 39):
        slider.evaluate("(input, index) => { input.value = index; input.dispatchEvent(new Event('input')); }", index)
        for k in range(4):  # at once, in the same turn of the page's loop
            pictures[k].add(canvases.nth(k).evaluate("(canvas) => canvas.toDataURL()"))
        sentence = watched.locator(".softopt-sentence").inner_text()
        assert sentence == player.spec["sentences"][index]
        sentences.add(sentence)
        assert frame(watched) == index
        assert slider.get_attribute("aria-valuetext") == f"time {player.spec['labels'][index]}"
        assert watched.locator("output").inner_text() == player.spec["labels"][index]
    assert [len(seen) for seen in pictures] == [4] * 4
    assert len(sentences) == 4
    numbers = watched.locator(".softopt-figures").all_inner_texts()
    assert numbers[1].split("\n") == ["time", "2.00 s", "speed", "2.00 m/s", "return so far", "20.0"]
    assert watched.evaluate("() => model.saved") == 0


def test_a_slider_chooses_which_of_several_is_on_show(watched: Any, artefacts: Any) -> None:
    walks = glider(speed=0.5, title="after 18 minutes"), glider(speed=2.0, title="after 54 minutes")
    player = play(*walks, choose=Slider("robot time", [18, 54], start=0), name="Learning")
    show_player(watched, player)
    choice, time = (watched.locator("input[type=range]").nth(k) for k in (0, 1))
    time.evaluate("(input) => { input.value = 39; input.dispatchEvent(new Event('input')); }")
    stalls = watched.locator(".softopt-stall")
    assert [stalls.nth(k).is_visible() for k in (0, 1)] == [True, False]
    assert watched.locator(".softopt-sentence").inner_text() == player.spec["sentences"][0][39]
    choice.evaluate("(input) => { input.value = 1; input.dispatchEvent(new Event('input')); }")
    assert [stalls.nth(k).is_visible() for k in (0, 1)] == [False, True]
    assert watched.locator(".softopt-sentence").inner_text() == player.spec["sentences"][1][39]
    assert coloured(watched, ORANGE, 1) > 500
    assert watched.evaluate("() => [...model.get('position')]") == [39, 1]
    assert watched.evaluate("() => model.saved") == 0
    watched.screenshot(path=artefacts / "player_choice.png", full_page=True)


def test_the_kernel_can_show_others_in_their_place(watched: Any) -> None:
    show_player(watched, play(glider(title="Old"), name="One"))
    other = play(glider(20, title="New"), name="One")
    sent = base64.b64encode(other.frames).decode()
    watched.evaluate(
        """([spec, frames]) => {
            model.set("spec", spec);
            model.set("position", [0]);
            model.set("frames", new DataView(Uint8Array.from(atob(frames), (c) => c.charCodeAt(0)).buffer));
        }""",
        [other.spec, sent],
    )
    assert watched.locator(".softopt-player").count() == 1
    assert watched.locator(".softopt-sentence").inner_text().startswith("At 0.05 s: New")
    assert watched.locator("input[type=range]").get_attribute("max") == "19"
    assert watched.evaluate(STAGE) == 1


def test_the_same_frame_is_the_same_picture(watched: Any, player: Player) -> None:
    show_player(watched, player)
    seen = set()
    for index in (7, 31, 7, 0, 7):
        watched.evaluate("(index) => model.set('position', [index])", index)
        if index == 7:
            seen.add(picture(watched))
    assert len(seen) == 1


def test_without_a_graphics_card_it_is_drawn_roughly_while_it_moves_and_sharply_at_rest(
    watched: Any, player: Player
) -> None:
    show_player(watched, player)
    canvas = watched.locator(".softopt-picture").first
    sharp = picture(watched)
    rough = watched.evaluate(
        """(canvas) => {
            const [frame] = model.get('position');
            model.set('position', [frame + 1]);
            model.set('position', [frame]);
            return [canvas.closest('.softopt').dataset.sharp, canvas.toDataURL()];
        }""",
        canvas.element_handle(),
    )
    assert rough[0] == "false"
    assert rough[1] != sharp
    assert picture(watched) == sharp


def test_the_plain_ground_is_as_bright_as_the_shaded_one(watched: Any, player: Player) -> None:
    show_player(watched, player)
    canvas = watched.locator(".softopt-picture").first
    picture(watched)
    rest, rough = watched.evaluate(
        """(canvas) => {
            const corner = () => canvas.getContext("2d").getImageData(0, canvas.height - 40, canvas.width, 40).data;
            const mean = (data) => [0, 1, 2].map((part) => {
                let sum = 0;
                for (let k = part; k < data.length; k += 4) sum += data[k];
                return sum / (data.length / 4);
            });
            const rest = mean(corner());
            const [frame] = model.get('position');
            model.set('position', [frame + 1]);
            model.set('position', [frame]);
            return [rest, mean(corner())];
        }""",
        canvas.element_handle(),
    )
    assert rough == pytest.approx(rest, abs=4)  # of 255; shadows and smoothed edges make up the rest


def test_play_goes_on_pause_stays_and_the_end_stops(watched: Any) -> None:
    show_player(watched, play(glider(400), glider(400, speed=2.0)))  # long: a busy machine may be slow to press pause
    button = watched.locator(".softopt-play")
    before = picture(watched)
    button.click()
    assert button.inner_text() == "Pause"
    watched.wait_for_function("() => Number(document.querySelector('.softopt').dataset.frame) > 4")
    button.click()
    stopped = frame(watched)
    assert picture(watched) != before
    still = picture(watched)
    watched.wait_for_timeout(400)
    assert (frame(watched), picture(watched)) == (stopped, still)
    watched.evaluate("() => model.set('position', [396])")
    button.click()
    watched.wait_for_function("() => document.querySelector('.softopt').dataset.playing === 'false'")
    assert frame(watched) == 399
    button.click()  # from the beginning again
    watched.wait_for_function("() => Number(document.querySelector('.softopt').dataset.frame) < 300")
    button.click()
    assert watched.evaluate("() => model.saved") == 0


def test_nothing_is_drawn_while_nothing_changes(watched: Any, player: Player) -> None:
    show_player(watched, player)
    watched.wait_for_timeout(800)
    watched.evaluate(
        """() => {
            window.drawn = 0;
            const draw = CanvasRenderingContext2D.prototype.drawImage;
            CanvasRenderingContext2D.prototype.drawImage = function (...all) { drawn += 1; draw.apply(this, all); };
            window.asked = 0;
            const ask = requestAnimationFrame;
            window.requestAnimationFrame = (call) => { asked += 1; return ask(call); };
        }"""
    )
    watched.wait_for_timeout(400)
    assert watched.evaluate("() => [drawn, asked]") == [0, 0]
    watched.locator("input[type=range]").press("ArrowRight")
    assert watched.evaluate("() => drawn") >= 2


def test_the_keyboard_plays_steps_turns_and_zooms(watched: Any) -> None:
    show_player(watched, play(glider(400), glider(400, speed=2.0)))
    slider, canvas = watched.locator("input[type=range]"), watched.locator(".softopt-picture").first
    slider.focus()
    watched.keyboard.press("ArrowRight")
    watched.keyboard.press("ArrowRight")
    assert frame(watched) == 2
    watched.keyboard.press("Space")
    watched.wait_for_function("() => Number(document.querySelector('.softopt').dataset.frame) > 4")
    watched.keyboard.press("Space")
    assert watched.locator(".softopt").get_attribute("data-playing") == "false"
    canvas.focus()
    here = frame(watched)
    for key, wanted in [("ArrowLeft", here - 1), ("ArrowRight", here), ("ArrowRight", here + 1)]:
        watched.keyboard.press(key)
        assert frame(watched) == wanted
    for key in ("Shift+ArrowLeft", "Shift+ArrowUp", "+", "-"):
        before = picture(watched)
        watched.keyboard.press(key)
        watched.wait_for_function(
            "(before) => document.querySelector('.softopt-picture').toDataURL() !== before", arg=before
        )
    assert frame(watched) == here + 1
    hint = watched.locator(".softopt-hint").inner_text()
    assert "Space plays and pauses, ← and → go one frame." in hint
    assert "A foot on the ground is yellow." in hint


def test_dragging_turns_both_cameras_and_the_list_puts_them_back(watched: Any, player: Player) -> None:
    show_player(watched, player)
    before = [picture(watched, k) for k in (0, 1)]
    box = watched.locator(".softopt-picture").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    watched.mouse.move(x, y)
    watched.mouse.down()
    watched.mouse.move(x + 90, y + 30, steps=5)
    watched.mouse.up()
    watched.wait_for_timeout(300)
    assert all(picture(watched, k) != before[k] for k in (0, 1))
    view = watched.locator("select").nth(1)
    assert view.input_value() == ""
    for name in ("side", "above", "angle"):
        view.select_option(name)
        watched.wait_for_timeout(300)
    assert [picture(watched, k) for k in (0, 1)] == before


def test_the_wheel_scrolls_the_page_until_the_picture_has_the_focus(watched: Any, player: Player) -> None:
    show_player(watched, player)
    watched.add_style_tag(content="body { height: 4000px; }")
    box = watched.locator(".softopt-picture").first.bounding_box()
    watched.mouse.move(box["x"] + 50, box["y"] + 50)
    before = picture(watched)
    watched.mouse.wheel(0, 120)
    watched.wait_for_function("() => scrollY > 0")
    assert picture(watched) == before
    watched.evaluate("() => scrollTo(0, 0)")
    watched.locator(".softopt-picture").first.focus()
    watched.mouse.wheel(0, 120)
    watched.wait_for_function(
        "(before) => document.querySelector('.softopt-picture').toDataURL() !== before", arg=before
    )
    assert watched.evaluate("() => scrollY") == 0


def test_following_keeps_the_body_in_the_middle_and_staying_shows_the_whole_way(watched: Any) -> None:
    show_player(watched, play(glider(speed=4.0), view="side"))
    where = """(canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let [sum, count] = [0, 0];
        for (let k = 0; k < data.length; k += 4) {
            if (data[k + 2] - data[k] > 80) { sum += (k / 4) % canvas.width; count += 1; }
        }
        return [sum / count / canvas.width, count];
    }"""
    canvas, places = watched.locator(".softopt-picture"), {}
    for following in (True, False):
        watched.locator("input[type=checkbox]").set_checked(following)
        for index in (0, 39):
            watched.evaluate("(index) => model.set('position', [index])", index)
            watched.wait_for_timeout(300)
            places[following, index] = canvas.evaluate(where)
    assert places[True, 0][0] == pytest.approx(0.5, abs=0.06)
    assert places[True, 39][0] == pytest.approx(0.5, abs=0.06)
    assert places[False, 0][0] < 0.35
    assert places[False, 39][0] > 0.65
    assert places[False, 0][1] < places[True, 0][1]  # further away


def test_a_click_on_the_timeline_goes_there(watched: Any, player: Player) -> None:
    show_player(watched, player)
    line = watched.locator(".softopt-selectable").first
    before = line.evaluate("(canvas) => canvas.toDataURL()")
    box = line.bounding_box()
    line.click(position={"x": box["width"] - 9, "y": 20})
    assert frame(watched) == 39
    line.click(position={"x": box["width"] / 2, "y": 20})
    assert 12 < frame(watched) < 25
    assert line.evaluate("(canvas) => canvas.toDataURL()") != before
    assert "back foot on the ground 50 % of the time" in line.get_attribute("aria-label")


def test_less_motion_is_respected(watched: Any) -> None:
    watched.emulate_media(reduced_motion="reduce")
    show_player(watched, play(glider(), autoplay=True))
    watched.wait_for_timeout(500)
    assert frame(watched) == 0
    watched.locator(".softopt-play").click()  # who asks for it gets it
    watched.wait_for_function("() => Number(document.querySelector('.softopt').dataset.frame) > 0")


def test_it_plays_by_itself_only_if_asked(watched: Any) -> None:
    show_player(watched, play(glider(400), autoplay=True))
    watched.wait_for_function("() => Number(document.querySelector('.softopt').dataset.frame) > 0")
    show_player(watched, play(glider()))
    watched.wait_for_timeout(400)
    assert frame(watched) == 0


def test_what_is_out_of_sight_stops(watched: Any) -> None:
    show_player(watched, play(glider(400)))
    watched.add_style_tag(content="body { height: 5000px; }")
    watched.locator(".softopt-play").click()
    watched.wait_for_function("() => Number(document.querySelector('.softopt').dataset.frame) > 0")
    watched.evaluate("() => scrollTo(0, 4000)")
    watched.wait_for_function("() => document.querySelector('.softopt').dataset.playing === 'false'")


def test_many_bodies_share_one_scene_from_above(watched: Any, artefacts: Any) -> None:
    crowd = [glider(heading=angle, title=f"Way {k}") for k, angle in enumerate(np.linspace(0, 5.5, 8))]
    show_player(watched, play(*crowd, together=True, view="above", name="Eight ways"))
    assert watched.locator(".softopt-picture").count() == 1
    watched.evaluate("() => model.set('position', [39])")
    assert coloured(watched, BLUE) > 100
    assert coloured(watched, ORANGE) > 100
    assert watched.locator(".softopt-sentence").inner_text().startswith("At 2.00 s the 8 bodies are")
    watched.screenshot(path=artefacts / "player_together.png", full_page=True)


@pytest.mark.parametrize("walls", [False, True])
def test_walls_around_the_way_are_shown_where_they_are_asked_for(watched: Any, walls: bool) -> None:
    # A red wall of 2 m by 20 cm, lying across five metres beside a way of two metres.
    wall = Geom("wall", "box", (1.0, 0.1, 0.2), (0.9, 0.0, 0.0, 1.0), "world")
    alone = glider()
    position = np.concatenate([alone.position, np.tile([[[1.0, 5.0, 0.2]]], (40, 1, 1))], axis=1)
    turned = np.tile([[[np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)]]], (40, 1, 1))
    walled = glider(
        geoms=(*GEOMS, wall), position=position, orientation=np.concatenate([alone.orientation, turned], axis=1)
    )
    show_player(watched, play(walled, view="above", follow=False, walls=walls))
    assert (coloured(watched, 0) > 30) == walls
    assert coloured(watched, BLUE) > 30


def test_two_views_move_together_and_leave_nothing_behind(watched: Any, player: Player) -> None:
    show_player(watched, player, views=2)
    watched.locator("input[type=range]").first.focus()
    watched.keyboard.press("End")
    assert [frame(watched, k) for k in (0, 1)] == [39, 39]
    assert picture(watched, 0) == picture(watched, 2)
    assert watched.evaluate(STAGE) == 4
    count = "() => [model.listeners.length, outside]"  # playwright itself listens to the window too
    on_model, on_window = watched.evaluate(count)
    watched.evaluate("() => { hosts[0].dispose(); hosts[0].el.remove(); }")
    assert watched.evaluate(count) == [on_model - 2, on_window - 1]
    assert watched.evaluate(STAGE) == 2
    watched.locator("input[type=range]").press("Home")  # the other view lives on
    assert frame(watched) == 0
    assert coloured(watched, BLUE) > 500
    watched.evaluate("() => { hosts[1].dispose(); hosts[1].el.remove(); }")
    assert watched.evaluate(count) == [on_model - 4, on_window - 2] == [0, on_window - 2]
    assert watched.evaluate(STAGE) == 0


def test_a_view_that_goes_while_it_plays_is_quiet(watched: Any, player: Player) -> None:
    show_player(watched, player)
    watched.locator(".softopt-play").click()
    watched.evaluate("() => { hosts[0].dispose(); hosts[0].el.remove(); }")
    position = watched.evaluate("() => model.get('position')[0]")
    watched.wait_for_timeout(400)
    assert watched.evaluate("() => model.get('position')[0]") == position


def test_one_context_for_any_number_of_players(watched: Any) -> None:
    show_player(watched, play(glider()), views=1)
    watched.evaluate(
        """() => {
            window.contexts = 0;
            const get = HTMLCanvasElement.prototype.getContext;
            HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
                if (kind.startsWith("webgl")) contexts += 1;
                return get.call(this, kind, ...rest);
            };
        }"""
    )
    watched.evaluate("() => hosts[0].dispose()")  # the context goes with the last view
    show_player(watched, play(glider(), glider()), views=9)
    assert watched.locator(".softopt-picture").count() == 18
    assert all(coloured(watched, hue, k) > 300 for k, hue in ((0, BLUE), (1, ORANGE), (17, ORANGE)))
    assert watched.evaluate("() => contexts") == 1


def test_a_context_that_is_lost_comes_back(page: Any) -> None:
    show_player(page, play(glider()))
    before = picture(page)
    page.evaluate(
        """async () => {
            const { stage } = await [...softoptShelves.values()][0].taken;
            const extension = stage.context.getExtension("WEBGL_lose_context");
            extension.loseContext();
            await new Promise((resolve) => setTimeout(resolve, 200));
            extension.restoreContext();
            await new Promise((resolve) => setTimeout(resolve, 500));
        }"""
    )
    page.locator("input[type=range]").press("ArrowRight")
    page.locator("input[type=range]").press("ArrowLeft")
    assert picture(page) == before


def test_without_webgl_the_bodies_are_flat_and_all_else_works(watched: Any, player: Player, artefacts: Any) -> None:
    show_player(watched, player, webgl=False)
    assert watched.locator(".softopt").get_attribute("data-view") == "flat"
    hint = watched.locator(".softopt-hint").inner_text()
    assert hint.startswith("This browser shows no WebGL, so the bodies are drawn flat, from the side.")
    assert coloured(watched, BLUE, 0) > 500
    assert coloured(watched, ORANGE, 1) > 500
    before = picture(watched)
    watched.locator("input[type=range]").press("End")
    assert picture(watched) != before
    assert watched.locator("select").count() == 1  # no camera to choose
    watched.screenshot(path=artefacts / "player_flat.png", full_page=True)


@pytest.mark.parametrize("width", [320, 390, 700, 1400])
def test_it_fits_the_width(watched: Any, player: Player, artefacts: Any, width: int) -> None:
    watched.set_viewport_size({"width": width, "height": 900})
    show_player(watched, player)
    assert watched.evaluate("() => document.documentElement.scrollWidth") <= width
    for canvas in watched.locator("canvas").all():
        drawn = canvas.evaluate("(c) => [c.width / devicePixelRatio, c.clientWidth]")
        assert drawn[0] == pytest.approx(drawn[1], abs=1)
    watched.screenshot(path=artefacts / f"player_{width}.png", full_page=True)


def test_dark_mode_darkens_the_scene(watched: Any, player: Player, artefacts: Any) -> None:
    show_player(watched, player)
    corner = "(c) => [...c.getContext('2d').getImageData(3, 3, 1, 1).data].slice(0, 3)"
    light = watched.locator(".softopt-picture").first.evaluate(corner)
    watched.emulate_media(color_scheme="dark")
    watched.add_style_tag(content="body { background: #15181c; }")
    watched.wait_for_timeout(300)
    dark = watched.locator(".softopt-picture").first.evaluate(corner)
    assert min(light) > 200
    assert max(dark) < 60
    assert coloured(watched, BLUE, 0) > 500
    watched.screenshot(path=artefacts / "player_dark.png", full_page=True)


def test_screen_readers_hear_the_numbers_when_it_rests(watched: Any, player: Player) -> None:
    show_player(watched, player)
    root = watched.locator(".softopt")
    assert root.get_attribute("aria-label") == "Two gliders"
    watched.locator("input[type=range]").press("End")
    spoken = watched.locator("[role=status]")
    watched.wait_for_function("() => document.querySelector('[role=status]').textContent !== ''")
    assert spoken.inner_text() == player.spec["sentences"][-1]
    for canvas in watched.locator("canvas").all():
        assert canvas.get_attribute("role") == "img"
        assert "2.00 s" in canvas.get_attribute("aria-label")
