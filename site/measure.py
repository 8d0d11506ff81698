"""Measure a built site in a real browser: weight, life and speed of widgets, barriers, what leaves the machine.

python site/measure.py [_site]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from builder.browse import AXE, barriers, latencies, serve, stiff, visit

from softopt.experiments.browser import browser
from softopt.experiments.machine import load_average

HEAVY = 6e6


def main(site: Path) -> int:
    """Print a line a page and a line a widget; return 0 if pages are light and faultless and every widget moves."""
    good, everywhere = True, []
    with serve(site) as served, browser() as chromium:
        for path in sorted(site.glob("*.html")):
            with visit(chromium, served, path.name) as seen:
                places = seen.widgets()
                faults = [f"asks for {address}" for address in seen.left] + seen.errors
                faults += barriers(seen.page) if AXE.exists() else []
                weight = f"{seen.weight / 1e6:.2f} MB at first"
                print(f"{path.name}: {weight}, {len(places)} widgets {faults or ''}", flush=True)
                good &= seen.weight < HEAVY and not faults
                for place in places:
                    root = place.query_selector(".widget-live section")
                    if root is None:
                        print("    not shown")
                        good = False
                        continue
                    still = list(stiff(seen.page, place))
                    waits = latencies(seen.page, root) if root.query_selector("input[type=range]") else []
                    everywhere += waits
                    name = root.get_attribute("aria-label")[:60]
                    print(f"    {name}: {'; '.join(still) or 'moves'}, {_speed(waits)}", flush=True)
                    good &= not still
    if not AXE.exists():
        print("Barriers were not looked for: axe-core comes with npm install --prefix .ci --no-save.")
    print(f"All sliders: {_speed(everywhere)}. Load of the machine: {load_average():.1f}.")
    return 0 if good else 1


def _speed(waits: list[float]) -> str:
    """Median and 95th percentile of milliseconds from input to pixels."""
    if not waits:
        return "not measured"
    return f"median {np.median(waits):.1f} ms, p95 {np.percentile(waits, 95):.1f} ms of {len(waits)} moves"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "_site")))
