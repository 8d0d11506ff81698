"""The two pages that are made from the others: the lecture companion and the gallery."""

from __future__ import annotations

import html
from itertools import groupby
from pathlib import Path

from PIL import Image

from builder.lecture import Moment, anchor
from builder.pages import Picture

THUMBNAIL = (480, 300)


def companion(rows: list[Moment]) -> str:
    """The lecture's timeline: a list of moments, and one of what belongs to its earlier parts."""
    timed = sorted((row for row in rows if row.seconds is not None), key=lambda row: row.seconds)
    earlier = [row for row in rows if row.seconds is None]
    text = _list(timed, "moments", "Moments of the lecture")
    if earlier:
        text += "\n\n## Earlier in the lecture\n\n" + _list(earlier, "earlier", "Earlier in the lecture")
    return text


def _list(rows: list[Moment], kind: str, label: str) -> str:
    return "\n\n".join([f'<ol class="{kind}" aria-label="{label}">', *map(_item, rows), "</ol>"])


def _item(row: Moment) -> str:
    """A moment: its time, its claim, and links to its sections. Blank lines let Markdown into the element."""
    links = ", ".join(f"[{text}]({notebook}{'#' + place if place else ''})" for text, notebook, place in row.sections)
    if row.seconds is None:
        begin, time = "<li>", ""
    else:
        begin = f'<li data-seconds="{row.seconds}" id="t{row.seconds}-{row.row}">'
        time = f'<a class="moment-time" href="?t={row.seconds}">{row.time}</a> '
    return f"{begin}\n\n{time}{row.claim}. {links or '*Coming.*'}\n\n</li>"


def gallery(pictures: list[Picture], titles: dict[str, str], folder: Path) -> str:
    """All figures, small, in the order of the course.

    Args:
        pictures: in order.
        titles: notebook -> title of its page.
        folder: where the small pictures go; ``_static/thumbnails`` of the site.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for notebook, group in groupby(pictures, key=lambda picture: picture.notebook):
        cards = (_card(picture, folder) for picture in group)
        parts += [f"## {titles[notebook]}", '<ul class="gallery">', *cards, "</ul>"]
    return "\n\n".join(parts)


def _card(picture: Picture, folder: Path) -> str:
    with Image.open(picture.file) as image:
        image.thumbnail((2 * THUMBNAIL[0], 2 * THUMBNAIL[1]))  # twice as many pixels as on an ordinary screen
        image.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(folder / picture.file.name, optimize=True)
        width, height = image.size
    shown = (
        f'<img src="_static/thumbnails/{picture.file.name}" alt="{html.escape(picture.alt)}" width="{width}" '
        f'height="{height}" loading="lazy">'
    )
    moves = ' <span class="moves">moves</span>' if picture.live else ""
    target = f"{picture.notebook}#{anchor(picture.title)}"
    return f"<li>\n\n[{shown}{picture.title}{moves}]({target})\n\n</li>"
