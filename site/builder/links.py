"""What a page must not do: lead nowhere, fetch from elsewhere, or show a picture without words."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("link", "href")}
MADE_BY_SCRIPTS = {"search.html", "genindex.html", "py-modindex.html"}  # Sphinx's own


class _Page(HTMLParser):
    """Collects the names, the links and the pictures of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.links: list[tuple[str, str, str]] = []  # element, attribute, address
        self.silent: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.names |= {name for name in (given.get("id"), given.get("name")) if name}
        self.links += [(tag, key, given[key]) for key in ("href", "src") if given.get(key)]
        if given.get("data-widget"):
            self.links.append((tag, "data-widget", given["data-widget"]))
        if tag == "img" and not given.get("alt"):
            self.silent.append(given.get("src") or "?")


def faults(site: Path) -> Iterator[str]:
    """Yield a sentence for every fault of a built site."""
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        name = path.relative_to(site)
        yield from (f"{name}: the picture {source} has no alt text" for source in page.silent)
        for tag, attribute, address in page.links:
            parts = urlsplit(address)
            if parts.scheme in ("http", "https") or parts.netloc:
                if (tag, attribute) in FETCHED and not (tag == "link" and "static" not in address):
                    yield f"{name} fetches {address} from elsewhere"
                continue
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{name} leads to {address}, which is not there"
            elif (
                parts.fragment
                and target in pages
                and target.name not in MADE_BY_SCRIPTS
                and unquote(parts.fragment) not in pages[target].names
            ):
                yield f"{name} leads to {address}, a place that is not on that page"
