"""A Chromium and a JupyterLab for the tests of this folder; skipped with a sentence where there is no browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from softopt.experiments.browser import NoBrowserError, browser, find_browser
from softopt.experiments.jupyter import Server, jupyter_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Playwright's browser; a missing one fails only where SOFTOPT_REQUIRE_BROWSER=1 asks for it."""
    try:
        find_browser()
    except NoBrowserError as missing:
        if os.environ.get("SOFTOPT_REQUIRE_BROWSER") == "1":
            pytest.fail(f"SOFTOPT_REQUIRE_BROWSER=1, and {missing}")
        pytest.skip(str(missing))
    with browser() as running:
        yield running


@pytest.fixture(scope="session")
def server(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A JupyterLab that serves an empty folder of its own; its notebooks run in fast mode."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOFTOPT_FAST", "1")
        with jupyter_server(tmp_path_factory.mktemp("notebooks")) as running:
            yield running


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where screenshots are kept to be looked at; git does not see it."""
    folder = Path(__file__).parents[2] / "_artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A bare page, without a notebook around it."""
    context = chromium.new_context(viewport={"width": 1000, "height": 900})
    yield context.new_page()
    context.close()
