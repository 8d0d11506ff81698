"""How long after a hand moves the slider do new pixels appear? Measured in a real JupyterLab and Chromium.

The explorer is the one that the course ships, on a 10x10 map with its policy arrows, its visitation map, the bars
of one cell and three curves. It is dragged 300 times by the mouse.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from softopt.experiments.browser import NoBrowserError, browser, find_browser
from softopt.experiments.jupyter import Notebook, jupyter_server, write_notebook
from softopt.experiments.machine import load_average

PROBE = (Path(__file__).parent / "slider_probe.js").read_text(encoding="utf-8")
MOVES = 300
MEDIAN_BAR, P95_BAR = 25.0, 40.0  # ms

CELLS = (
    "import numpy as np\nfrom softopt.interactive import explore_temperature\nfrom softopt.tabular import gridworlds",
    "room = ['S.........', *['..........'] * 8, '.........G']\n"
    "mdp = gridworlds.gridworld(room, slip=0.2, reward={'G': 10}, discount=0.95)\n"
    "explore_temperature(mdp, temperatures=np.logspace(-2, 1, 61))",
)


def run(json_path: str | None = None) -> int:
    """Drag the slider, print the latencies beside their bars, and return 0 if the bars are met.

    Args:
        json_path: where to write the figures, or None.

    Returns:
        0; 1 where a bar is missed or a move brought no new pixels; 2 where there is no browser.
    """
    try:
        find_browser()
    except NoBrowserError as missing:
        print(f"The slider cannot be measured here: {missing}")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        write_notebook(Path(folder) / "slider.ipynb", CELLS)
        row = measure(Path(folder))
    print(f"Input to new pixels over {row['moves']} moves in JupyterLab and Chromium, {os.cpu_count()} processors")
    print(f"  median {row['median_ms']:6.1f} ms   bar {MEDIAN_BAR:.0f} ms")
    print(f"  p95    {row['p95_ms']:6.1f} ms   bar {P95_BAR:.0f} ms")
    print(f"  moves without new pixels {row['unchanged']}, kernel messages while dragging {row['messages']}")
    print(f"  load of the machine {row['load']:.1f} (the bars are for a quiet one)")
    if json_path:
        Path(json_path).write_text(json.dumps([row], indent=2), encoding="utf-8")
    good = row["median_ms"] < MEDIAN_BAR and row["p95_ms"] < P95_BAR
    return 0 if good and row["unchanged"] == row["messages"] == 0 else 1


def measure(folder: Path) -> dict[str, Any]:
    """Open ``slider.ipynb`` of a folder, drag its first slider ``MOVES`` times, and return one row of figures."""
    with jupyter_server(folder) as server, browser() as chromium:
        notebook = Notebook.open(chromium.new_context(viewport={"width": 1280, "height": 1000}), server, "slider.ipynb")
        errors = notebook.run_all()
        if errors:
            raise RuntimeError(f"the notebook of the benchmark failed: {errors}")
        page = notebook.page
        root = page.wait_for_selector(".softopt[data-frame]")
        root.scroll_into_view_if_needed()
        page.wait_for_timeout(1000)
        before = len(notebook.sent)
        unchanged = drag(page, root, MOVES)
        seen = page.evaluate("() => probe.seen")
        latencies = np.array([entry["latency"] for entry in seen[-MOVES:] if entry["latency"] is not None])
        return {
            "bench": "slider",
            "moves": len(latencies),
            "median_ms": float(np.median(latencies)),
            "p95_ms": float(np.percentile(latencies, 95)),
            "max_ms": float(latencies.max()),
            "unchanged": unchanged,
            "messages": len(notebook.sent) - before,
            "load": load_average(),
        }


def drag(page: Any, root: Any, moves: int) -> int:
    """Drag the first slider of ``root`` under a probe, ``window.probe``; return how many moves changed nothing.

    Every move takes the thumb to another value of the slider, to and fro, and waits for new pixels.
    """
    page.evaluate(f"() => {{\n{PROBE}\n}}")
    page.evaluate("(root) => { window.probe = softoptProbe(root); }", root)
    box = root.query_selector("input[type=range]").bounding_box()
    y = box["y"] + box["height"] / 2
    last = int(root.query_selector("input[type=range]").get_attribute("max"))
    unchanged = 0
    page.mouse.move(box["x"] + 8, y)
    page.mouse.down()
    page.wait_for_timeout(200)
    page.evaluate("() => probe.clear()")
    for index in _to_and_fro(last, moves):
        count = page.evaluate("() => probe.seen.length")
        page.mouse.move(box["x"] + 8 + (box["width"] - 16) * index / last, y)
        unchanged += not page.evaluate("(count) => probe.next(count)", count)
    page.mouse.up()
    return unchanged


def _to_and_fro(last: int, moves: int) -> Iterator[int]:
    """Yield indices that go up to ``last`` and down to 0 and up again, a step at a time."""
    index, step = 0, 1
    for _ in range(moves):
        step = -1 if index == last else 1 if index == 0 else step
        index += step
        yield index
