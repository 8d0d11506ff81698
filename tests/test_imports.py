"""The house stands as drawn: each floor imports only from those below it, and the tabular half stands alone."""

from __future__ import annotations

import ast
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "softopt"

# From the ground up. A floor that is not built yet has its place already.
FLOORS = (
    "operators",
    "tabular",
    "control",
    "envs",
    "deep",
    "runs",
    "plotting",
    "interactive",
    "exercises",
    "classroom",
    "experiments",
    "__main__",
)
# The report on the installation stands beside the house: it must run where everything else is broken.
APART = ("__init__", "installation")
TABULAR_HALF = ("operators", "tabular", "control")
MODULES = sorted(PACKAGE.rglob("*.py"))


def floor(parts: tuple[str, ...]) -> str:
    """Return the floor of a module from the parts of its name, ``softopt`` first."""
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield each module that a file imports, in parts, and whether the import runs when the file is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
    }
    package = ("softopt", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(tree):
        at_import = id(node) not in inside
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield tuple(alias.name.split(".")), at_import
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            for alias in node.names:  # `from softopt import tabular` names its floor last
                yield (*module, alias.name), at_import


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE.parent))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_floor_imports_only_from_those_below(path: Path) -> None:
    here = path.relative_to(PACKAGE).with_suffix("").parts[0]
    assert here in (*FLOORS, *APART), f"{name(path)} stands on no floor; give {here!r} its place in FLOORS"
    allowed = FLOORS[: FLOORS.index(here) + 1] if here in FLOORS else ()
    for module, _ in imports(path):
        if module[0] == "softopt" and module[1:] and module[1] in FLOORS:
            assert floor(module) in allowed, f"{name(path)} imports {'.'.join(module)}, from a floor above its own"


@pytest.mark.parametrize("path", [p for p in MODULES if p.relative_to(PACKAGE).parts[0].split(".")[0] in TABULAR_HALF])
def test_the_tabular_half_needs_numpy_and_scipy_only(path: Path) -> None:
    for module, at_import in imports(path):
        outside = module[0] not in {"softopt", *sys.stdlib_module_names}
        if outside and module[0] not in {"numpy", "scipy", "tqdm"}:  # tqdm: progress, with no needs of its own
            lazy_gymnasium = module[0] == "gymnasium" and not at_import
            compiled = module[0] == "numba" and path.name == "_compiled.py"
            assert lazy_gymnasium or compiled, f"{name(path)} imports {'.'.join(module)}"


def test_plotting_draws_without_widgets() -> None:
    for path in (PACKAGE / "plotting").rglob("*.py"):
        for module, _ in imports(path):
            assert module[0] not in {"ipywidgets", "anywidget", "IPython"}, name(path)


def run_without(blocked: set[str], code: str) -> str:
    """Run code in a new Python in which the blocked packages cannot be imported; return what it printed."""
    prelude = f"""
        import sys

        class Blocked:
            @staticmethod
            def find_spec(name, path=None, target=None):
                if name.split(".")[0] in {blocked!r}:
                    raise ModuleNotFoundError(f"No module named {{name!r}} (blocked)", name=name)

        sys.meta_path.insert(0, Blocked)
    """
    program = textwrap.dedent(prelude) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=PACKAGE.parent, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


DEEP_AND_DRAWN = {"torch", "mujoco", "matplotlib", "numba", "anywidget", "ipywidgets", "IPython"}


def test_tabular_plans_without_torch_mujoco_matplotlib_and_gymnasium() -> None:
    printed = run_without(
        DEEP_AND_DRAWN | {"gymnasium"},
        """
        import numpy as np
        from softopt.tabular import MDP, plan

        # One step: 1 now and the end, or 0 and the end. V = T log(e^(1/T) + e^0) at T = 1.
        end = np.zeros((2, 2, 2)); end[:, :, 1] = 1.0
        mdp = MDP(end, np.array([[1.0, 0.0], [0.0, 0.0]]), discount=0.9, terminal=[1])
        print(np.isclose(plan(mdp, 1.0).value[0], np.log(np.e + 1.0), rtol=0, atol=1e-8))
        """,
    )
    assert printed.split() == ["True"]


def test_gymnasium_tables_are_read_without_torch_mujoco_and_matplotlib() -> None:
    printed = run_without(
        DEEP_AND_DRAWN,
        """
        from softopt.tabular import MDP, plan

        lake = MDP.from_gymnasium("FrozenLake-v1", discount=0.99)
        print(plan(lake, 0.0).value[0] > 0.5)  # the optimal agent reaches the goal more often than not
        """,
    )
    assert printed.split() == ["True"]


def test_blocking_blocks() -> None:
    with pytest.raises(AssertionError, match="blocked"):
        run_without({"numpy"}, "import softopt.tabular")


def test_recordings_are_read_without_torch_and_mujoco() -> None:
    printed = run_without(
        DEEP_AND_DRAWN | {"gymnasium"},
        """
        import softopt.runs
        from softopt.envs import Rollout
        from softopt.experiments.gaits import measure
        from softopt.runs.statistics import interval
        try:
            softopt.runs.load("no such recording")
        except FileNotFoundError as fault:
            print("no recording is called" in str(fault))
        """,
    )
    assert printed.split() == ["True"]
