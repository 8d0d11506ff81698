"""Make the site: ``make site``."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from builder.execute import NotebookError
from builder.publish import PAGES, SiteError, publish

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Build the site; return 0, or 1 after a sentence that says what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notebooks", type=Path, default=ROOT / "notebooks")
    parser.add_argument(
        "--pages", type=Path, default=PAGES, help="what stands beside the notebooks: index.md and others"
    )
    parser.add_argument("--to", type=Path, default=ROOT / "_site")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "site", help="what is kept for the next time")
    parser.add_argument("--workers", type=int, default=1, help="notebooks that run at the same time")
    given = parser.parse_args()
    began = time.monotonic()
    try:
        folders = (folder.resolve() for folder in (given.notebooks, given.to, given.work))
        publish(*folders, workers=given.workers, pages=given.pages.resolve())
    except (NotebookError, SiteError) as error:
        print(f"\nNo new site: {error}\nWhat was in {given.to} is as it was.", file=sys.stderr)
        return 1
    print(f"The site is in {given.to}, after {(time.monotonic() - began) / 60:.1f} minutes.")
    print(f"Look at it: python -m http.server --bind 127.0.0.1 --directory {given.to} 8000")
    return 0


if __name__ == "__main__":
    sys.exit(main())
