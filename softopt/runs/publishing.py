"""From a finished run to a recording: curve, policy, and the line of the manifest that can make them again."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
from pathlib import Path
from typing import Any

import psutil
import torch
from filelock import FileLock

from softopt.envs import Rollout
from softopt.runs.curve import to_csv
from softopt.runs.recording import MANIFEST, checksum
from softopt.runs.run import Run

PACKAGES = ("torch", "numpy", "gymnasium", "mujoco")


def publish(
    run: Run, name: str, data: Path, film: Rollout | None = None, critic: bool = False, command: str | None = None
) -> dict[str, Any]:
    """Write one finished run into a recording; a line of the same seed is replaced.

    Args:
        run: finished.
        name: of the recording, such as ``sac/hopper``.
        data: the folder of recordings.
        film: of the agent at the end, kept as ``rollout``; or None.
        critic: whether the critic is kept beside what the agent needs to act.
        command: what made it; ``record`` with its name unless given.

    Returns:
        Its line of the manifest.

    Raises:
        ValueError: the run is not finished.
    """
    if not run.finished:
        raise ValueError(f"the run in {run.folder} stands at step {run.step} of {run.setup.steps}; finish it first.")
    folder, seed = data / name, run.setup.seed
    folder.mkdir(parents=True, exist_ok=True)
    files = {kind: folder / f"seed_{seed}_{kind}" for kind in ("curve.csv", "policy.safetensors")}
    files["curve.csv"].write_text(to_csv(run.rows), encoding="utf-8", newline="\n")
    run.write_policy(files["policy.safetensors"], *(["critic"] if critic else []))
    for step, path in run.kept.items():
        files[f"policy_{step}.safetensors"] = folder / f"seed_{seed}_policy_{step}.safetensors"
        shutil.copyfile(path, files[f"policy_{step}.safetensors"])
    if film is not None:
        files["rollout"] = folder / f"seed_{seed}_rollout"
        film.save(files["rollout"])
    line = {
        "name": name,
        "seed": seed,
        "steps": run.step,
        "command": command or f"python -m softopt record {name} --seeds {seed}",
        "setup": run.setup.to_json(),
        "files": {kind: checksum(path) for kind, path in files.items()},
        "versions": versions(),
        "hardware": hardware(),
        "seconds": round(run.seconds),
    }
    enter(line, data)
    return line


def enter(line: dict[str, Any], data: Path) -> None:
    """Put a line into the manifest of its recording, in the order of the seeds, in place of an older one.

    Several processes may do so at once: each waits for its turn, and no line is lost.
    """
    manifest = data / line["name"] / MANIFEST
    with FileLock(data / "lock"):
        kept = manifest.read_text(encoding="utf-8").splitlines() if manifest.exists() else []
        lines = [old for old in map(json.loads, kept) if old["seed"] != line["seed"]]
        lines = sorted([*lines, line], key=lambda entry: entry["seed"])
        text = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in lines)
        beside = manifest.with_name(f"{MANIFEST}.part")
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(manifest)


def versions() -> dict[str, str]:
    """The versions here of Python and of the packages that decide the numbers."""
    return {"python": platform.python_version(), **{name: importlib.metadata.version(name) for name in PACKAGES}}


def hardware() -> str:
    """This machine in words."""
    able = getattr(torch.cpu, "get_capabilities", dict)()
    cpu = able.get("cpu_name") or platform.processor() or platform.machine()
    memory = psutil.virtual_memory().total / 2**30
    return f"{cpu}, {psutil.cpu_count()} processors, {memory:.0f} GiB, {platform.system()}; one thread"
