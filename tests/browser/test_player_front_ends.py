"""Players in a real JupyterLab and in Notebook 7: keys left to them, nothing sent, and saved with the notebook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from rollout_cases import glider

from softopt.experiments.jupyter import WIDGET_STATE, Notebook, Server, jupyter_server, write_notebook

from .player_page import BLUE, COLOURED

CELLS = (
    "from softopt.envs import Rollout\nfrom softopt.interactive import play\nslow = Rollout.load('slow.rollout')",
    "play(slow, Rollout.load('fast.rollout'))",
    "play(slow, view='side')",
)
READY = "() => document.querySelectorAll('.softopt[data-view=\"3d\"]').length === 2"


@pytest.fixture(scope="module")
def saving(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, whose notebooks are saved together with their widgets."""
    folder = tmp_path_factory.mktemp("players")
    glider(400, title="Slow").save(folder / "slow.rollout")
    glider(400, speed=2.0, title="Fast").save(folder / "fast.rollout")
    with jupyter_server(folder, {"@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}}) as running:
        yield running


@pytest.fixture(params=["lab", "notebook"])
def opened(request: pytest.FixtureRequest, chromium: Any, saving: Server) -> Iterator[Notebook]:
    name = f"{request.param}.ipynb"
    write_notebook(saving.root / name, CELLS)
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    notebook = Notebook.open(context, saving, name, request.param)
    assert notebook.run_all() == []
    notebook.page.wait_for_function(READY, timeout=60_000)
    yield notebook
    context.close()


def cells(notebook: Notebook) -> list[int]:
    """How many cells there are, and which is active."""
    return notebook.page.evaluate(
        """() => {
            const { content } = jupyterapp.shell.currentWidget;
            return [content.widgets.length, content.activeCellIndex];
        }"""
    )


def test_keys_reach_the_player_and_not_the_notebook(opened: Notebook, artefacts: Path) -> None:
    page, wrong = opened.page, []
    page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
    root = page.query_selector_all(".softopt")[0]
    root.scroll_into_view_if_needed()
    slider, canvas = root.query_selector("input[type=range]"), root.query_selector("canvas")
    slider.focus()
    before, sent = cells(opened), len(opened.sent)
    for key in [
        "Home",
        "ArrowRight",
        "ArrowRight",
        "j",
        "a",
    ]:  # elsewhere a makes a cell and j goes to the next
        page.keyboard.press(key)
    assert root.get_attribute("data-frame") == "2"
    page.keyboard.press("Space")
    page.wait_for_function("(root) => Number(root.dataset.frame) > 5", arg=root)
    page.keyboard.press("Space")
    assert root.get_attribute("data-playing") == "false"
    canvas.focus()
    here = int(root.get_attribute("data-frame"))
    for key in ["ArrowRight", "a", "b", "j", "k", "+", "Shift+ArrowLeft"]:
        page.keyboard.press(key)
    assert int(root.get_attribute("data-frame")) == here + 1
    for control in root.query_selector_all("button, select, input[type=checkbox]"):
        control.focus()
        for key in ["b", "k"]:
            page.keyboard.press(key)
    assert cells(opened) == before
    assert len(opened.sent) == sent
    assert canvas.evaluate(COLOURED, BLUE) > 500
    hosts = {urlsplit(url).hostname for url in opened.addresses if not url.startswith(("blob:", "data:"))}
    assert hosts == {"127.0.0.1"}
    assert wrong == []
    page.screenshot(path=artefacts / f"player_in_{'lab' if '/lab' in page.url else 'notebook'}.png")


def test_a_saved_notebook_carries_three_js_once_and_plays_again(chromium: Any, saving: Server) -> None:
    first, second = saving.root / "first.ipynb", saving.root / "second.ipynb"
    write_notebook(first, CELLS)
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})
    notebook = Notebook.open(context, saving, first.name)
    assert notebook.run_all() == []
    notebook.page.wait_for_function(READY, timeout=60_000)
    notebook.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    notebook.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    notebook.page.close()
    text = first.read_text(encoding="utf-8")
    state = json.loads(text)["metadata"]["widgets"][WIDGET_STATE]["state"].values()
    assert sum("WebGLRenderer=" in json.dumps(widget) for widget in state) == 1
    second.write_text(text, encoding="utf-8")
    again = Notebook.open(context, saving, second.name)  # another kernel, in which nothing has run
    again.page.wait_for_function(READY, timeout=60_000)
    root = again.page.query_selector_all(".softopt")[0]
    root.query_selector("input[type=range]").press("End")
    assert root.get_attribute("data-frame") == "399"
    assert root.query_selector("canvas").evaluate(COLOURED, BLUE) > 500
    context.close()
