"""``python -m softopt sweep``: algorithms x environments x temperatures x seeds, here or on a Ray cluster."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from tqdm.auto import tqdm
from tyro.conf import Positional

from softopt.experiments.benchmark import curves_of
from softopt.plotting.learning_curves import learning_curves
from softopt.runs import Setup, load, open_run, publish
from softopt.runs.local import Outcome, run_all, seed_folder
from softopt.runs.statistics import interquartile_mean, interval
from softopt.runs.sweeps import Sweep, given, parse_settings, read_sweep

Cells = Mapping[str, tuple[Setup, ...]]


def sweep(
    file: Annotated[Path | None, Positional] = None,
    /,
    algorithm: tuple[str, ...] = (),
    environment: tuple[str, ...] = (),
    temperature: tuple[float, ...] = (),
    seeds: int | None = None,
    set: tuple[str, ...] = (),
    engine: Literal["local", "ray"] = "local",
    address: str | None = None,
    workers: int = 1,
    folder: Path = Path("_runs/sweep"),
) -> int:
    """Train every algorithm on every environment at every temperature, several seeds each; the same command goes on.

    Args:
        file: a TOML file with these names and a table of settings; flags take the place of what it says.
        algorithm: sac, ddpg, soft_q, discrete_q or policy_gradient.
        environment: names that gymnasium knows.
        temperature: of the algorithms that have one; the others are trained once a seed.
        seeds: runs in each cell; 5 unless the file says otherwise.
        set: settings of all runs, such as steps=2000 or hidden=[64,64].
        engine: local is processes on this machine; ray is tasks on a cluster.
        address: of a Ray cluster that runs, such as auto or ray://host:10001; without it one is begun on this machine.
        workers: processes at a time on this machine, each on one thread.
        folder: of checkpoints and results; with several machines, one that all of them see.

    Returns:
        0 if every run is finished.
    """
    flags: dict[str, Any] = {"algorithm": algorithm, "environment": environment, "temperature": temperature}
    flags |= {"seeds": seeds, "settings": parse_settings(set)}
    try:
        wanted = read_sweep(file, **flags) if file else Sweep(**given(**flags))
        cells = wanted.cells()
        for runs in cells.values():
            runs[0].build()  # what is wrong with an environment is said now, and once
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        failed = train_cells(cells, folder, data, engine, workers, address)
    except (ValueError, OSError) as fault:  # among them no cluster at the address
        print(fault, file=sys.stderr)
        return 1
    except ModuleNotFoundError as fault:
        print(f"--engine ray needs {fault.name}: pip install -c constraints.txt -e '.[cluster]'", file=sys.stderr)
        return 1
    if any(_published(name, runs, data) for name, runs in cells.items()):
        write_results(cells, folder)
    for name, words in failed.items():
        print(f"{name} is not finished. {words}", file=sys.stderr)
    if failed:
        print("The same command goes on from the last checkpoints.")
    return int(bool(failed))


def train_cells(
    cells: Cells, folder: Path, data: Path, engine: str, workers: int, address: str | None
) -> dict[str, str]:
    """Train what is not in ``data`` yet and enter each run there as it ends.

    Returns:
        ``cell, seed`` -> last words, of those that are not finished.
    """
    missing = [
        (name, setup)
        for name, runs in cells.items()
        for setup in runs
        if setup.seed not in _published(name, runs, data)
    ]
    total, done = sum(len(runs) for runs in cells.values()), sum(len(runs) for runs in cells.values()) - len(missing)
    failed: dict[str, str] = {}
    with tqdm(total=sum(setup.steps for _, setup in missing), unit="step", smoothing=0.05, mininterval=0.5) as bar:
        bar.set_description(f"{done} of {total} runs")

        def ended(k: int, outcome: Outcome) -> None:
            nonlocal done
            name, setup = missing[k]
            said = outcome.said
            if outcome.finished:
                try:
                    publish(open_run(setup, outcome.folder), name, data, command=f"python -m softopt sweep, {name}")
                except OSError as fault:  # such as a full disk; the run is whole, and is entered the next time
                    said = str(fault)
                else:
                    done += 1
                    bar.set_description(f"{done} of {total} runs")
                    return
            failed[f"{name}, seed {setup.seed},"] = said

        setups, folders = [setup for _, setup in missing], [seed_folder(folder / name, s.seed) for name, s in missing]
        shares = [Share(bar) for _ in missing]
        if not missing:
            return failed
        if engine == "ray":
            from softopt.runs import ray_engine

            ray_engine.run_all(setups, folders, shares, workers, ended, address)
        else:
            run_all(setups, folders, shares, workers, ended)
    return failed


class Share:
    """One run's part of a progress bar that belongs to many; it has what :func:`softopt.runs.local.show` asks for."""

    def __init__(self, bar: Any) -> None:
        self._bar, self.n, self.initial, self.total = bar, 0, 0, 0

    def update(self, steps: int) -> None:
        """So many steps more; a run that was set back counts from where it was."""
        self.n += steps
        self._bar.update(max(steps, 0))

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """What the latest report of any run says."""
        self._bar.set_postfix_str(text, refresh=refresh)


def write_results(cells: Cells, folder: Path) -> None:
    """Write ``results.csv``, ``results.md``, ``curves.png`` and its description ``curves.txt`` into the folder."""
    rows, panels = [], {}
    for name, runs in cells.items():
        finished = _published(name, runs, folder / "data")
        lost = [str(setup.seed) for setup in runs if setup.seed not in finished]
        if not finished:
            rows.append({"cell": name, "seeds": 0, "middle": "", "low": "", "high": "", "not finished": " ".join(lost)})
            continue
        recording = load(name, folder / "data")
        ends = recording.curves["return"][:, -1]
        low, high = interval(ends)
        numbers = {"middle": float(interquartile_mean(ends)), "low": float(low), "high": float(high)}
        rows.append({"cell": name, "seeds": len(ends), **numbers, "not finished": " ".join(lost)})
        panels.setdefault(runs[0].environment, {})[name] = curves_of(recording)
    with (folder / "results.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    table = markdown(rows)
    (folder / "results.md").write_text(table + "\n", encoding="utf-8")
    best = {env: max(found, key=lambda cell: found[cell].middle[-1]) for env, found in panels.items()}
    told = "; ".join(f"{env}: {cell} leads with {panels[env][cell].middle[-1]:.0f}" for env, cell in best.items())
    figure = learning_curves(panels, title=told, alt=f"Learning curves of the sweep. At the end {told}.")
    (folder / "curves.png").write_bytes(figure.png())
    (folder / "curves.txt").write_text(figure.alt + "\n", encoding="utf-8")
    print(f"{table}\n\nCurves, table and recordings are in {folder}.")


def markdown(rows: list[dict[str, Any]]) -> str:
    """A row a cell: interquartile mean of the return at the end, its interval, and what is not finished."""
    lines = ["| cell | seeds | return at the end (interval) | seeds not finished |", "|---|--:|---|---|"]
    for row in rows:
        if row["seeds"]:
            bounds = "" if np.isnan(row["low"]) else f" ({row['low']:.1f} to {row['high']:.1f})"
            told = f"{row['middle']:.1f}{bounds}"
        else:
            told = "–"
        lines.append(f"| {row['cell']} | {row['seeds']} | {told} | {row['not finished'] or 'none'} |")
    return "\n".join(lines)


def _published(name: str, runs: tuple[Setup, ...], data: Path) -> list[int]:
    """Seeds of a cell that are in ``data``, made from the very settings that are asked for now.

    Raises:
        ValueError: there are runs of that name with other settings.
    """
    try:
        recording = load(name, data)
    except FileNotFoundError:
        return []
    for setup in runs:
        if setup.seed in recording.seeds and recording.setup(setup.seed) != setup.resolved():
            raise ValueError(
                f"{data / name} holds runs that were made with other settings; choose another --folder for this sweep."
            )
    return [setup.seed for setup in runs if setup.seed in recording.seeds]
