"""What repo2docker reads: environment.yml (held to pyproject.toml elsewhere), and postBuild, run here as it runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCHEMAS = Path(sysconfig.get_path("data")) / "share" / "jupyter" / "lab" / "schemas"


def setting() -> dict[str, dict[str, str]]:
    return json.loads(re.search(r"<<'END'\n(.*?)END", (ROOT / "postBuild").read_text(), flags=re.DOTALL)[1])


def test_the_setting_is_one_that_this_jupyterlab_knows() -> None:
    ((plugin, values),) = setting().items()
    package, name = plugin.split(":")
    schema = json.loads((SCHEMAS / package / f"{name}.json").read_text(encoding="utf-8"))["properties"]
    for key, value in values.items():
        assert value in {option["const"] for option in schema[key]["oneOf"]}


def test_nothing_else_takes_its_place() -> None:
    """Where one of these is there, repo2docker reads no environment.yml, or no postBuild, of the top folder."""
    for name in ("binder", ".binder", "Dockerfile"):
        assert not (ROOT / name).exists()
    assert os.access(ROOT / "postBuild", os.X_OK)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="repo2docker runs postBuild with bash")
def test_it_installs_the_course_and_the_setting(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(ROOT / "softopt", source / "softopt", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "postBuild"):
        shutil.copy(ROOT / name, source)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True, timeout=120)
    (there,) = (tmp_path / "env").glob("lib/python*/site-packages")
    here = [*(path for path in sys.path if path.endswith("site-packages"))]
    (there / "here.pth").write_text("\n".join(here))  # pip and setuptools, and all that environment.yml would install
    environment = {**os.environ, "PATH": os.pathsep.join([str(tmp_path / "env" / "bin"), os.environ["PATH"]])}
    done = subprocess.run(
        ["bash", source / "postBuild"], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr

    program = (
        "import sys, softopt, jupyterlab_server.settings_utils as lab\n"
        "print(softopt.__file__)\n"
        "print(lab._get_overrides(sys.prefix + '/share/jupyter/lab/settings')[0])\n"
    )
    printed = subprocess.run(["python", "-c", program], env=environment, cwd=tmp_path, capture_output=True, text=True)
    file, overrides = printed.stdout.splitlines()
    assert Path(file).is_relative_to(source)
    assert overrides == str(setting())
