"""Controls of the kernel in a real JupyterLab: moved by hand, they bring another rollout into the player."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollout_cases import glider

from softopt.experiments.jupyter import Notebook, jupyter_server, write_notebook

CELLS = (
    """
import ipywidgets
from softopt.envs import Rollout
from softopt.interactive.replay import Replay

def make(speed):
    if speed > 3:
        raise ValueError("a glider has no speed above 3.")
    return [Rollout.load(f"speed_{speed}.rollout")]

speed = ipywidgets.IntSlider(1, 1, 4, description="speed", continuous_update=False)
replay = Replay(make, {"speed": speed}, name="A glider")
replay.controls
""",
    "replay.player",
)


def test_a_control_that_is_moved_brings_another_rollout(chromium: Any, tmp_path: Path, artefacts: Path) -> None:
    for speed in (1, 2, 3):
        glider(40, speed=float(speed), title=f"Glider at {speed}").save(tmp_path / f"speed_{speed}.rollout")
    write_notebook(tmp_path / "replay.ipynb", CELLS)
    with jupyter_server(tmp_path) as server:
        context = chromium.new_context(viewport={"width": 1280, "height": 1000})
        notebook = Notebook.open(context, server, "replay.ipynb")
        try:
            assert notebook.run_all() == []
            page = notebook.page
            said = page.locator(".softopt-player .softopt-sentence")
            said.wait_for()
            assert said.inner_text().startswith("At 0.05 s: Glider at 1 ")
            handle = page.locator(".widget-slider .noUi-handle").first
            handle.focus()
            page.keyboard.press("ArrowRight")
            page.wait_for_function(
                "() => document.querySelector('.softopt-player .softopt-sentence').innerText.includes('Glider at 2 ')"
            )
            page.keyboard.press("ArrowRight")
            page.wait_for_function(
                "() => document.querySelector('.softopt-player .softopt-sentence').innerText.includes('Glider at 3 ')"
            )
            page.keyboard.press("ArrowRight")  # what cannot be simulated is said, and the player stays
            page.get_by_text("a glider has no speed above 3.").wait_for()
            assert "Glider at 3 " in said.inner_text()
            page.screenshot(path=artefacts / "replay.png")
        finally:
            context.close()
