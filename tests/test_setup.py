"""The set-up agrees with itself: pyproject.toml, environment.yml, constraints.txt, Makefile, README and .ci/run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LISTED = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
# conda is for them; the site is built, and a cluster set up, with pip
FOR_READERS = [line for line in LISTED if line not in EXTRAS["site"] + EXTRAS["cluster"]]

# Where conda-forge uses another name.
CONDA_NAMES = {
    "torch": "pytorch",
    "mujoco": "mujoco-python",
    "matplotlib": "matplotlib-base",
    "playwright": "playwright-python",
}
CONFIGURATION = (
    *("pyproject.toml", "constraints.txt", "environment.yml", "Makefile", "CITATION.cff", ".gitignore"),
    *(str(path.relative_to(ROOT)) for path in (ROOT / ".ci").glob("*") if path.is_file()),
)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pins() -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in text("constraints.txt").splitlines())
    return [Requirement(line) for line in lines if line]


def pinned() -> dict[str, Version]:
    versions = {}
    for pin in pins():
        (specifier,) = pin.specifier
        assert specifier.operator == "==", f"{pin} is not an exact version"
        versions[canonicalize_name(pin.name)] = Version(specifier.version)
    return versions


def test_conda_asks_for_the_same_ranges_as_pyproject() -> None:
    lines = yaml.safe_load(text("environment.yml"))["dependencies"]
    conda = {requirement.name: requirement.specifier for requirement in map(Requirement, lines)}
    assert conda.pop("python") == Requirement("python" + PROJECT["requires-python"]).specifier
    del conda["pip"]  # installs softopt itself
    wanted = {CONDA_NAMES.get(r.name, r.name): r.specifier for r in map(Requirement, FOR_READERS)}
    assert conda == wanted


def test_torch_is_pinned_first() -> None:
    assert pins()[0].name == "torch"


def test_every_pinned_version_lies_inside_its_range() -> None:
    versions = pinned()
    for requirement in map(Requirement, LISTED):
        assert canonicalize_name(requirement.name) in versions, f"{requirement.name} is not in constraints.txt"
        version = versions[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, f"{requirement.name}: {version} is outside {requirement.specifier}"


def test_pins_hold_on_every_machine() -> None:
    versions = pinned()
    assert len(versions) == len(pins()), "a name is pinned twice"
    for package, version in versions.items():
        assert version.local is None, f"{package}=={version} names one build; leave out the part after +"


def test_every_dependency_has_a_range_and_a_reason() -> None:
    block = re.findall(r'^  "([a-z][\w.-]*)([<>=][^"]*)?",(.*)$', text("pyproject.toml"), flags=re.MULTILINE)
    reasons = {package: reason for package, bounds, reason in block if bounds}
    for requirement in map(Requirement, LISTED):
        assert requirement.specifier, f"{requirement.name} has no range"
        assert re.fullmatch(r"\s+# \S.{10,}", reasons[requirement.name]), f"{requirement.name} has no reason"


@pytest.mark.parametrize("name", CONFIGURATION)
def test_no_file_names_a_registry(name: str) -> None:
    assert not re.search(r"https?://|index-url\s*=|pypi\.org|npmjs|pythonhosted", text(name)), name


def test_the_readmes_commands_exist() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", text("Makefile"), flags=re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text("README.md"), flags=re.MULTILINE))
    assert {"lab", "lab-tabular", "test"} <= named, "the README names its commands"
    assert named <= targets
    told = set(re.findall(r'echo "make ([a-z-]+) ', text("Makefile")))
    assert told | {"help"} == targets, "`make help` tells of every command"


def test_ci_runs_the_readmes_test_command() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)
    commands = [line for line in text(".ci/run").splitlines() if line and not line.startswith("#")]
    assert commands[-1] == "make test"
    assert re.search(r"^make test$|^make test |`make test`", text("README.md"), flags=re.MULTILINE)


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here; the README gives three plain commands")
class TestMakefile:
    def test_torch_alone_comes_from_the_readers_index(self) -> None:
        shown = make("--dry-run", "lab", "VENV=nowhere", "TORCH_INDEX=the-readers-index").stdout
        installs = [line for line in shown.splitlines() if " install " in line and not line.startswith("echo")]
        assert len(installs) == 2
        assert "--index-url the-readers-index torch" in installs[0]
        assert "the-readers-index" not in installs[1]

    def test_without_an_index_torch_comes_from_where_pip_looks(self) -> None:
        assert "--index-url" not in make("--dry-run", "lab", "VENV=nowhere").stdout

    def test_the_tabular_half_leaves_torch_and_mujoco_out(self) -> None:
        shown = make("--dry-run", "lab-tabular", "VENV=nowhere").stdout
        installs = [line for line in shown.splitlines() if " install " in line and not line.startswith("echo")]
        assert [line.split(" install ")[1] for line in installs] == ["-c constraints.txt -e ."]
        assert not {"torch", "mujoco"} & {Requirement(line).name for line in PROJECT["dependencies"]}

    def test_the_lab_listens_on_this_machine_alone_and_keeps_its_token(self) -> None:
        for command in ("lab", "lab-tabular"):
            shown = make("--dry-run", command, "VENV=nowhere").stdout
            assert "--ServerApp.ip=127.0.0.1" in shown
            assert "notebooks/00_start_here.ipynb" in shown
            assert "token" not in shown.lower()

    def test_an_unfit_python_is_refused_with_a_sentence(self, tmp_path: Path) -> None:
        done = make("lab-tabular", f"VENV={tmp_path / 'none'}", "PYTHON=no-such-python")
        assert done.returncode != 0
        assert "No Python 3.11, 3.12 or 3.13" in done.stderr
        assert not (tmp_path / "none").exists()
