"""Take the README's picture: the first figure of the course as a reader meets it, in a real JupyterLab.

Run by ``make picture``.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from softopt.experiments.browser import browser
from softopt.experiments.jupyter import Notebook, jupyter_server

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "00_start_here.ipynb"
PICTURE = NOTEBOOK.parent / "pictures" / "explorer.png"


def take(path: Path = PICTURE) -> Path:
    """Write the picture to ``path`` and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(NOTEBOOK, folder)
        with jupyter_server(Path(folder)) as server, browser() as chromium:
            context = chromium.new_context(viewport={"width": 1500, "height": 1300}, device_scale_factor=1.5)
            notebook = Notebook.open(context, server, NOTEBOOK.name)
            notebook.run_all()
            notebook.page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
            explorer = notebook.page.wait_for_selector(".softopt[data-frame]")
            explorer.scroll_into_view_if_needed()
            notebook.page.wait_for_timeout(1000)
            explorer.screenshot(path=str(path))
    return path


if __name__ == "__main__":
    print(f"wrote {take()}")
