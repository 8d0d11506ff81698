"""The whole way: run, lay out, build with Sphinx, check, and put in place of the site that was there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from builder.execute import execute
from builder.formulas import logged
from builder.lecture import MAP, by_section, moments
from builder.links import faults
from builder.listings import companion, gallery
from builder.pages import Page, Picture
from softopt.runs.setup import ALGORITHMS

SITE = Path(__file__).parents[1]
PAGES = SITE / "pages"


class SiteError(RuntimeError):
    """A site that is not good enough to be put in place."""


def publish(notebooks: Path, to: Path, work: Path, workers: int = 1, pages: Path = PAGES) -> None:
    """Make the site of a folder of notebooks.

    Args:
        notebooks: folder; the files whose names begin with a digit, one of them with the lecture map.
        to: the site; what is there is replaced at the end, when the new one is whole.
        work: folder for what is in between, on the same disk; executed notebooks are kept there.
        workers: notebooks that run at the same time.
        pages: folder of the pages beside the notebooks, ``index.md`` and others.

    Raises:
        NotebookError: a notebook that does not run.
        SiteError: Sphinx complains, or a page leads nowhere.
    """
    paths = sorted(notebooks.glob("[0-9]*.ipynb"))
    executed = execute(paths, work / "executed", workers)
    source, made = work / "source", work / "html"
    for old in (source, made):
        shutil.rmtree(old, ignore_errors=True)
    print("Laying out the pages.", flush=True)
    lay_out(paths, executed, pages, source)
    print("Building them with Sphinx.", flush=True)
    call_sphinx(source, work / "doctrees", made)
    if found := list(faults(made)):
        raise SiteError("\n".join(found))
    put_in_place(made, to, work / "old")


def lay_out(paths: list[Path], executed: list[Path], pages: Path, source: Path) -> None:
    """Write the sources of all pages into a folder."""
    static = source / "_static"
    shutil.copytree(SITE / "static", static)
    shutil.copy(SITE / "conf.py", source)
    rows = moments(paths[0].parent / MAP)
    sections = by_section(rows)
    pictures: list[Picture] = []
    titles, first = {}, ""
    for path, copy in zip(paths, executed, strict=True):
        page = Page(path.name, static, sections)
        page.write(copy, source)
        pictures += page.pictures
        titles[path.name] = page.head
        first = first or next(iter(page.live), "")
    made = {"moments": companion(rows), "pictures": gallery(pictures, titles, static / "thumbnails")}
    made["first slider"] = first
    made |= {f"logged {name}": logged(name) for name in ALGORITHMS}
    for file in pages.glob("*.md"):
        text = file.read_text(encoding="utf-8")
        for place, listing in made.items():
            text = text.replace(f"{{{{ {place} }}}}", listing)
        (source / file.name).write_text(text, encoding="utf-8")
    for name in ("TEACHING.md", "CHANGELOG.md"):
        shutil.copy(SITE.parent / name, source / name.lower())


def call_sphinx(source: Path, doctrees: Path, made: Path) -> None:
    """Build the pages; a warning, as of a link that leads nowhere, is a failure.

    Raises:
        SiteError: with what Sphinx said.
    """
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-d", doctrees, source, made]
    environment = {**os.environ, "PYTHONPATH": str(SITE)}  # its settings name a function of the builder
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SiteError(done.stderr.strip() or f"Sphinx ended with {done.returncode}.")


def put_in_place(made: Path, to: Path, aside: Path) -> None:
    """Put a new site where an old one may be, by two renames."""
    shutil.rmtree(aside, ignore_errors=True)
    if to.exists():
        to.rename(aside)
    made.rename(to)
    shutil.rmtree(aside, ignore_errors=True)
