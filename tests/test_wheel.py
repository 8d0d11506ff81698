"""The wheel carries the whole package and works from another folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*arguments: str | Path, **options: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_works_from_another_folder(tmp_path: Path) -> None:
    # Build from a copy, so that nothing is left behind in the checkout and nothing left there can be built in.
    source, elsewhere = tmp_path / "source", tmp_path / "elsewhere"
    shutil.copytree(ROOT / "softopt", source / "softopt", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    run("-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, source)
    (wheel,) = tmp_path.glob("softopt-*.whl")

    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("softopt/")}
        archive.extractall(elsewhere)
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "softopt").rglob("*") if path.is_file()}
    assert packed == {name for name in here if "__pycache__" not in name}
    assert {"softopt/py.typed", "softopt/interactive/js/explorer.js"} <= packed

    program = (
        f"import sys; sys.path.insert(0, {str(elsewhere)!r})\n"
        "import softopt.tabular as tabular, softopt.interactive as interactive\n"
        "mdp = tabular.MDP.from_gymnasium('FrozenLake-v1', discount=0.9)\n"
        "interactive.explore_temperature(mdp)\n"  # reads its page scripts from beside it
        "print(tabular.__file__)\n"
    )
    printed = run("-c", program, cwd=tmp_path)
    assert Path(printed.splitlines()[-1]).is_relative_to(elsewhere)
