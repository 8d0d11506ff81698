"""A small site, built by the command of the big one, and looked at with every way out of it closed."""

from __future__ import annotations

import importlib
import inspect
import os
import posixpath
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sphinx", reason="Sphinx is not installed (the extra `site`)")
from sphinx.util.inventory import InventoryFile

from .site_cases import ROOT, build, write, write_small

sys.path.insert(0, str(ROOT / "site"))

from builder.browse import AXE, PICTURES, Served, barriers, latencies, serve, stiff, visit

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(tmp_path_factory.mktemp("notebooks"))


@pytest.fixture(scope="module")
def built(notebooks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a site in it."""
    folder = tmp_path_factory.mktemp("built")
    done = build(notebooks, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def served(chromium: Any, built: Path) -> Iterator[Served]:
    with serve(built / "_site") as running:
        yield running


def test_widgets_move_at_once_and_nothing_leaves(chromium: Any, served: Served, artefacts: Path) -> None:
    with visit(chromium, served, "01_small.html") as seen:
        explorer, player = seen.widgets()
        for place in (explorer, player):
            assert place.get_attribute("data-shown") == "live"
            assert not list(stiff(seen.page, place))
        assert len(latencies(seen.page, explorer.query_selector(".widget-live section"), moves=10)) == 10
        before = explorer.evaluate(PICTURES)
        explorer.query_selector("canvas").click(position={"x": 150, "y": 150})  # another cell: its actions are shown
        assert explorer.evaluate(PICTURES) != before
        assert seen.left == seen.errors == []
        assert seen.weight < 6e6
        seen.page.screenshot(path=artefacts / "site_slider.png", full_page=True)


def test_the_first_slider_of_the_course_is_on_the_front_page(chromium: Any, served: Served) -> None:
    with visit(chromium, served, "index.html") as seen:
        (place,) = seen.widgets()
        assert place.query_selector("section").get_attribute("aria-label") == "Temperature explorer"
        assert not list(stiff(seen.page, place))


def test_what_needs_a_kernel_says_so_with_its_value(chromium: Any, served: Served) -> None:
    with visit(chromium, served, "01_small.html") as seen:
        said = seen.page.inner_text(".needs-kernel")
        assert said.startswith("how many: 3. This control asks a running kernel")


def test_without_its_script_the_still_picture_stays(chromium: Any, served: Served) -> None:
    with visit(chromium, served, "01_small.html", java_script_enabled=False) as seen:
        assert seen.page.is_visible(".widget img.widget-still")
        assert len(seen.page.get_attribute(".widget img.widget-still", "alt")) > 40


def test_a_slider_follows_a_finger(chromium: Any, served: Served) -> None:
    with visit(chromium, served, "01_small.html", **PHONE) as seen:
        place = seen.widgets()[0]
        before = place.evaluate(PICTURES)
        slider = place.query_selector("input[type=range]")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        seen.page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
        assert int(slider.input_value()) > 0.8 * int(slider.get_attribute("max"))
        assert place.evaluate(PICTURES) != before


def test_on_paper_the_still_picture_stands_and_nothing_is_folded(chromium: Any, served: Served) -> None:
    with visit(chromium, served, "01_small.html") as seen:
        seen.widgets()
        seen.page.emulate_media(media="print")
        assert seen.page.is_visible(".widget .widget-still")
        assert not seen.page.is_visible(".widget-live")
        seen.page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        assert seen.page.eval_on_selector("details", "(folded) => folded.open")
        seen.page.evaluate("() => dispatchEvent(new Event('afterprint'))")
        assert not seen.page.eval_on_selector("details", "(folded) => folded.open")


@pytest.mark.parametrize(
    ("asked", "current"), [("?t=178", "2:58"), ("?t=2:57", "0:20"), ("?t=500", "4:00"), ("", "0:20")]
)
def test_the_companion_opens_the_section_of_a_moment(chromium: Any, served: Served, asked: str, current: str) -> None:
    with visit(chromium, served, f"companion.html{asked}") as seen:
        assert seen.page.inner_text("[aria-current=true] .moment-time") == current
        section = seen.page.frame("section")
        if current == "2:58":
            section.wait_for_function(
                "() => document.getElementById('a-number')?.getBoundingClientRect().top < innerHeight"
            )
            assert section.evaluate("scrollY") > 0
        assert ("still to come" in seen.page.inner_text("[role=status]")) == (current == "4:00")
        assert seen.left == seen.errors == []


def test_one_hand_is_enough_for_the_companion(chromium: Any, served: Served) -> None:
    with visit(chromium, served, "companion.html?t=20") as seen:
        for key, where in (("s", "?t=178"), ("ArrowLeft", "?t=173")):
            seen.page.keyboard.press(key)
            seen.page.wait_for_function("(where) => location.search === where", arg=where)
        assert seen.page.inner_text("[aria-current=true] .moment-time") == "0:20"
        seen.page.keyboard.press(" ")
        seen.page.wait_for_function("() => Number(document.querySelector('.companion-bar input').value.slice(-2)) > 53")


def test_times_stand_beside_the_sections_that_show_them(chromium: Any, served: Served) -> None:
    with visit(chromium, served, "01_small.html") as seen:
        times = seen.page.eval_on_selector_all(".in-the-lecture", "(all) => all.map((one) => one.innerText)")
    assert times == ["In the lecture at 0:20, and in an earlier part.", "In the lecture at 2:58."]


def test_every_word_can_be_searched_for(chromium: Any, served: Served) -> None:
    with visit(chromium, served, "search.html?q=quokka") as seen:
        seen.page.wait_for_selector(".search a[href*='01_small']")
        assert seen.left == seen.errors == []


def test_the_gallery_leads_to_the_section_of_each_figure(chromium: Any, served: Served) -> None:
    with visit(chromium, served, "gallery.html") as seen:
        links = seen.page.eval_on_selector_all(".gallery a", "(all) => all.map((one) => one.getAttribute('href'))")
    assert links == ["01_small.html#a-slider", "01_small.html#a-number"]


@pytest.mark.parametrize("name", ["operators", "tabular", "deep", "runs", "interactive", "control.motor"])
def test_every_public_name_is_in_the_reference(built: Path, name: str) -> None:
    with (built / "_site" / "objects.inv").open("rb") as stream:
        known = InventoryFile.load(stream, "", posixpath.join)
    described = {place for kind, places in known.items() if kind.startswith("py:") for place in places}
    module = importlib.import_module(f"softopt.{name}")
    public = [public for public in module.__all__ if not inspect.ismodule(getattr(module, public))]
    found = {place.rpartition(".")[2] for place in described if place.startswith(f"softopt.{name}.")}
    assert sorted(set(public) - found) == []


@pytest.mark.parametrize("look", [{}, PHONE, {"color_scheme": "dark"}], ids=["desktop", "phone", "dark"])
@pytest.mark.parametrize("page", ["01_small.html", "companion.html?t=20", "gallery.html"])
def test_accessible_and_never_wider_than_the_window(
    chromium: Any, served: Served, page: str, look: dict[str, Any], artefacts: Path
) -> None:
    if not AXE.exists() and os.environ.get("SOFTOPT_REQUIRE_BROWSER") != "1":
        pytest.skip("axe-core is not installed; where there is Node, npm install --prefix .ci --no-save brings it.")
    with visit(chromium, served, page, **look) as seen:
        seen.widgets()
        name = f"site_{page.split('.')[0]}_{'phone' if look is PHONE else look.get('color_scheme', 'desktop')}.png"
        seen.page.screenshot(path=artefacts / name)
        assert seen.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth + 1")
        assert barriers(seen.page) == []


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (("code", "1 / 0"), "02_wrong.ipynb, cell 'cell-1' (number 2): ZeroDivisionError"),
        (("text", "[away](01_small.ipynb#Nowhere)"), "Nowhere"),
    ],
    ids=["an error", "a link that leads nowhere"],
)
def test_what_is_wrong_is_named_and_the_old_site_stays(
    notebooks: Path, built: Path, tmp_path: Path, cell: tuple[str, str], words: str
) -> None:
    before = (built / "_site" / "index.html").stat().st_mtime_ns
    (tmp_path / "index.md").write_text("# Alone\n\n```{toctree}\n:glob:\n\n*\n```\n")  # without the slow reference
    shutil.copy(ROOT / "site" / "pages" / "companion.md", tmp_path)
    bad = notebooks / "02_wrong.ipynb"
    write(bad, [("text", "# Wrong"), cell])
    try:
        done = build(notebooks, built, "--pages", tmp_path)
    finally:
        bad.unlink()
    assert done.returncode == 1
    assert words in done.stderr
    assert "is as it was" in done.stderr
    assert (built / "_site" / "index.html").stat().st_mtime_ns == before
    assert not (built / "_site" / "02_wrong.html").exists()
