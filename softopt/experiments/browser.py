"""Find a Chromium on this machine and start it, headless: what the slider benchmark and the tests drive."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
QUIET_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)


class NoBrowserError(RuntimeError):
    """What is missing before a browser can be driven, and how to mend it."""


def find_browser() -> str:
    """Return the path of a Chromium: ``SOFTOPT_BROWSER`` if it is set, else one on the path or where they install.

    Raises:
        NoBrowserError: there is none, or playwright, which drives it, is not installed.
    """
    try:
        import playwright  # noqa: F401
    except ImportError:
        raise NoBrowserError("playwright is not installed: pip install -c constraints.txt -e '.[test]'") from None
    given = os.environ.get("SOFTOPT_BROWSER")
    places = [given] if given else [*NAMES, *installed()]
    found = next(filter(None, map(shutil.which, places)), None)
    if found is None:
        looked = f"SOFTOPT_BROWSER={given} is not a program" if given else f"none of {', '.join(NAMES)} is on the path"
        raise NoBrowserError(f"no Chromium found: {looked}; install one or set SOFTOPT_BROWSER to its path.")
    return found


def installed() -> list[str]:
    """Where Chromium, Chrome and Edge are put on macOS and Windows, which is not on the path."""
    if sys.platform == "darwin":
        return [
            f"/Applications/{name}.app/Contents/MacOS/{name}"
            for name in ("Chromium", "Google Chrome", "Microsoft Edge")
        ]
    roots = [os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")]
    programs = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
    return [rf"{root}\{program}" for root in roots if root for program in programs]


@contextmanager
def browser() -> Iterator[Any]:
    """Start a headless Chromium and yield playwright's ``Browser``."""
    path = find_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=list(QUIET_FLAGS))
        try:
            yield chromium
        finally:
            chromium.close()
