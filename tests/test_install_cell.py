"""The cell that stands first in every notebook: it installs the course where it is absent, and else does nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
DEEP = "08"  # from here on the lessons need torch


def install_cell(path: Path) -> nbformat.NotebookNode:
    return next(cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_the_same_cell_everywhere_and_comes_first(path: Path) -> None:
    cell = install_cell(path)
    assert cell.id == "install"
    assert "remove-cell" in cell.metadata.tags  # the pages of a site need it as little as a reader who has softopt
    wanted = "softopt[deep]" if path.name >= DEEP else "softopt"
    assert f'f"{wanted} @ ' in cell.source
    assert cell.source.replace(wanted + " @", "softopt @") == install_cell(NOTEBOOKS[0]).source


def test_it_names_no_address_and_never_the_bare_name() -> None:
    source = install_cell(NOTEBOOKS[0]).source
    assert not re.search(r"https?:|pypi|index", source.split("import", 1)[1])
    assert "softopt @ {address}" in source


def test_it_does_nothing_where_softopt_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def unwanted(*arguments: object, **options: object) -> None:
        pytest.fail("it started a process")

    monkeypatch.setattr(subprocess, "run", unwanted)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "softopt-9.9-py3-none-any.whl").touch()
    exec(install_cell(NOTEBOOKS[0]).source, {})
    assert capsys.readouterr() == ("", "")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that lacks softopt and nothing else, and a folder with the course's wheel in it."""
    home = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "env"], check=True, timeout=120)
    (there,) = (home / "env").glob("lib/python*/site-packages")
    rest = home / "rest"
    rest.mkdir()
    for folder in (Path(path) for path in sys.path if path.endswith("site-packages")):
        for entry in folder.iterdir():
            if "softopt" not in entry.name and entry.suffix != ".pth" and not (rest / entry.name).exists():
                (rest / entry.name).symlink_to(entry)
    (there / "rest.pth").write_text(str(rest))

    source = home / "source"
    shutil.copytree(ROOT / "softopt", source / "softopt", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", home / "course"]
    subprocess.run([sys.executable, *build, source], check=True, timeout=300)
    return home


def run_in(bare: Path, folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("PYTHONPATH", None)
    python = bare / "env" / "bin" / "python"
    return subprocess.run(
        [python, "-c", program], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.mark.skipif(sys.platform == "win32", reason="it makes its bare environment from symbolic links")
def test_it_installs_the_wheel_beside_it_once_and_says_so(bare: Path, tmp_path: Path) -> None:
    cell = install_cell(NOTEBOOKS[0]).source
    course = bare / "course"

    done = run_in(bare, tmp_path, cell)  # nothing beside it
    assert "Put its wheel beside this notebook, or say in SOURCE where it is." in done.stderr
    assert "ModuleNotFoundError" in run_in(bare, tmp_path, "import softopt").stderr

    used = f"{cell}\nimport importlib\nimportlib.invalidate_caches()\nfrom softopt.tabular import MDP; print(MDP)"
    done = run_in(bare, course, used)
    assert done.returncode == 0, done.stdout + done.stderr
    first, last = done.stdout.splitlines()
    assert re.fullmatch(r"Installing softopt from \S+\.whl\. This takes a few minutes, once\.", first)
    assert last == "<class 'softopt.tabular.mdp.MDP'>"

    again = run_in(bare, course, cell)
    assert (again.returncode, again.stdout) == (0, ""), again.stderr
    where = run_in(bare, course, "import softopt; print(softopt.__file__)").stdout.strip()
    assert Path(where).is_relative_to(bare / "env")
    (wheel,) = course.glob("*.whl")
    assert "softopt/classroom/assignment.py" in zipfile.ZipFile(wheel).namelist()
