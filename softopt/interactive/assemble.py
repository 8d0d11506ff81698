"""Put the page's modules together: anywidget takes one ES module, readers prefer several small ones."""

from __future__ import annotations

import re
from pathlib import Path

JS = Path(__file__).parent / "js"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)


def assemble(entry: str) -> str:
    """Return one ES module: ``entry`` after everything that it imports, each file once.

    The files share one scope, so their top-level names differ; imports are by name, without renaming, and from
    the same folder. Only the entry keeps its exports.
    """
    done: list[str] = []
    parts: list[str] = []

    def add(name: str) -> None:
        if name in done:
            return
        done.append(name)
        source = (JS / name).read_text(encoding="utf-8")
        for needed in IMPORT.findall(source):
            add(needed)
        body = IMPORT.sub("", source)
        if name != entry:
            body = re.sub(r"^export ", "", body, flags=re.MULTILINE)
        parts.append(f"// {name}\n{body}")

    add(entry)
    return "\n".join(parts)
