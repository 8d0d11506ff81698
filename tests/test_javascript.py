"""The page scripts: linted, in one scope without clashes, and with nothing to load."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from softopt.interactive.assemble import JS, assemble

ROOT = Path(__file__).parents[1]
FILES = sorted(JS.glob("*.js"))
ENTRIES = ("explorer.js", "live.js", "player.js", "world.js", "three_library.js")  # one a widget


def missing(sentence: str) -> None:
    """Skip, or fail where SOFTOPT_REQUIRE_BROWSER=1 says that nothing may be missing."""
    if os.environ.get("SOFTOPT_REQUIRE_BROWSER") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


def test_the_linter_is_content() -> None:
    linter = ROOT / ".ci" / "node_modules" / ".bin" / ("eslint.cmd" if os.name == "nt" else "eslint")
    if shutil.which("npx") is None or not linter.exists():
        missing("eslint is not installed; where there is Node, npm install --prefix .ci --no-save brings it.")
    command = [
        "npx",
        "--prefix",
        ".ci",
        "--no-install",
        "eslint",
        "--config",
        ".ci/eslint.config.mjs",
        "softopt",
        "site",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_in_a_widget_and_in_none_twice() -> None:
    sources = [assemble(entry) for entry in ENTRIES]
    for file in FILES:
        counts = [source.count(f"// {file.name}\n") for source in sources]
        assert set(counts) <= {0, 1}
        assert sum(counts) > 0, file.name
    for source in sources:
        assert "import " not in re.sub(r"^\s*(//|/\*\*|\*).*$", "", source, flags=re.MULTILINE)
    exports = [re.findall(r"^export .*$", source, flags=re.MULTILINE) for source in sources]
    assert exports == [["export default { render };"]] * 4 + [["export default { initialize };"]]


@pytest.mark.parametrize("entry", ENTRIES)
def test_modules_share_one_scope_without_a_clash(entry: str) -> None:
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", assemble(entry), flags=re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    assert {"render", "initialize"} & set(names)


@pytest.mark.parametrize("file", [*FILES, *sorted(JS.glob("*.css"))], ids=lambda file: file.name)
def test_nothing_comes_from_the_network(file: Path) -> None:
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|fetch\(", file.read_text(encoding="utf-8"))


def test_three_js_loads_nothing_and_has_its_licence_beside_it() -> None:
    source = (JS / "vendor" / "three.min.js").read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[\w./]+", source)) <= {"http://www.w3.org/1999/xhtml"}  # a name, not an address
    assert not re.search(r"\bfetch\(|XMLHttpRequest|\beval\(|new Function|import\(", source)
    assert "MIT" in (JS / "vendor" / "LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_browser_can_read_it(tmp_path: Path, entry: str) -> None:
    if shutil.which("node") is None:
        missing("there is no node to check the syntax of the page scripts with.")
    module = tmp_path / "widget.mjs"
    module.write_text(assemble(entry), encoding="utf-8")
    subprocess.run(["node", "--check", str(module)], check=True, timeout=60)
