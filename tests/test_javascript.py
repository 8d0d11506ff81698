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


def missing(sentence: str) -> None:
    """Skip, or fail where SOFTOPT_REQUIRE_BROWSER=1 says that nothing may be missing."""
    if os.environ.get("SOFTOPT_REQUIRE_BROWSER") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


def test_the_linter_is_content() -> None:
    linter = ROOT / ".ci" / "node_modules" / ".bin" / ("eslint.cmd" if os.name == "nt" else "eslint")
    if shutil.which("npx") is None or not linter.exists():
        missing("eslint is not installed; where there is Node, npm install --prefix .ci --no-save brings it.")
    command = ["npx", "--prefix", ".ci", "--no-install", "eslint", "--config", ".ci/eslint.config.mjs", "softopt"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_in_the_explorer_once() -> None:
    source = assemble("explorer.js")
    for file in FILES:
        assert source.count(f"// {file.name}\n") == 1
    assert "import " not in re.sub(r"^\s*(//|/\*\*|\*).*$", "", source, flags=re.MULTILINE)
    assert re.findall(r"^export .*$", source, flags=re.MULTILINE) == ["export default { render };"]


def test_modules_share_one_scope_without_a_clash() -> None:
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", assemble("explorer.js"), flags=re.MULTILINE)
    assert sorted(names) == sorted(set(names))
    assert {"render", "gridMap", "readable"} <= set(names)


@pytest.mark.parametrize("file", [*FILES, JS / "explorer.css"], ids=lambda file: file.name)
def test_nothing_comes_from_the_network(file: Path) -> None:
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|fetch\(", file.read_text(encoding="utf-8"))


def test_the_browser_can_read_it(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        missing("there is no node to check the syntax of the explorer with.")
    module = tmp_path / "explorer.mjs"
    module.write_text(assemble("explorer.js"), encoding="utf-8")
    subprocess.run(["node", "--check", str(module)], check=True, timeout=60)
