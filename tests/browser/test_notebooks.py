"""Every notebook of the course in JupyterLab: it runs, and every slider in it is moved and looked at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from softopt.experiments.jupyter import Notebook, Server

COURSE = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(COURSE.glob("[0-9]*.ipynb"))
PICTURES = "(root) => [...root.querySelectorAll('canvas')].map((canvas) => canvas.toDataURL()).join()"

SLIDE = "(input, index) => { input.value = index; input.dispatchEvent(new Event('input', { bubbles: true })); }"


def visit(context: Any, server: Server, path: Path, artefacts: Path) -> tuple[int, list[str]]:
    """Open a notebook, run all its cells, move every slider to both ends and to three places between.

    A screenshot of each explorer is kept in ``artefacts``.

    Returns:
        The number of explorers, and what went wrong, a sentence each.
    """
    notebook = Notebook.open(context, server, str(path.relative_to(server.root)))
    page, wrong = notebook.page, []
    page.on("pageerror", lambda error: wrong.append(f"the page raised {error}"))
    wrong += notebook.run_all(timeout=300)
    views = "application/vnd.jupyter.widget-view+json"
    expected = page.evaluate(
        """(kind) => [...jupyterapp.shell.currentWidget.content.model.cells].filter((cell) => cell.type === "code")
            .flatMap((cell) => cell.outputs.toJSON())
            .filter((output) => kind in (output.data ?? {}) && "text/plain" in output.data
                && output.data["text/plain"].includes(". ")).length""",
        views,
    )
    page.wait_for_function(
        "(n) => document.querySelectorAll('.softopt[data-frame], .softopt[data-place]').length >= n",
        arg=expected,
        timeout=30_000,
    )
    explorers = page.query_selector_all(".softopt")
    for k, root in enumerate(explorers):
        root.scroll_into_view_if_needed()
        sent = len(notebook.sent)
        wrong += [f"explorer {k}: {fault}" for fault in move(page, root)]
        wrong += [f"explorer {k} sent {message}" for message in notebook.sent[sent:] if "comm_msg" in message]
        root.screenshot(path=artefacts / f"{path.stem}_{k}.png")
    page.close()
    return len(explorers), wrong


def move(page: Any, root: Any) -> Iterator[str]:
    """Move each slider of one explorer; yield what does not follow it."""
    for slider in root.query_selector_all("input[type=range]"):
        name = slider.get_attribute("aria-label")
        start, last = int(slider.input_value()), int(slider.get_attribute("max"))
        pictures, sentences = set(), set()
        for index in sorted({0, last // 4, last // 2, 3 * last // 4, last}):
            slider.evaluate(SLIDE, index)
            pictures.add(root.evaluate(PICTURES))
            sentences.add(root.query_selector(".softopt-sentence").inner_text())
            if name not in (slider.get_attribute("aria-valuetext") or ""):
                yield f"slider {name!r} does not say its value"
        if len(pictures) < 2 or len(sentences) < 2:
            yield f"slider {name!r} shows {len(pictures)} pictures and {len(sentences)} sentences"
        slider.evaluate(SLIDE, start)
    if root.evaluate("(root) => root.scrollWidth > root.clientWidth + 1"):
        yield "it is wider than its page"
    page.wait_for_timeout(100)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_slider_of_a_notebook_moves(path: Path, chromium: Any, server: Server, artefacts: Path) -> None:
    folder = server.root / "course"
    shutil.copytree(COURSE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("mine_*", ".ipynb_checkpoints"))
    context = chromium.new_context(viewport={"width": 1280, "height": 1400})
    try:
        explorers, wrong = visit(context, server, folder / path.name, artefacts)
    finally:
        context.close()
    assert wrong == []
    if "softopt.interactive" in path.read_text(encoding="utf-8"):
        assert explorers > 0
