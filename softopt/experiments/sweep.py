"""``python -m softopt sweep``: algorithms x environments x temperatures x seeds, here or on a Ray cluster."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from tqdm.auto import tqdm
from tyro.conf import Positional

from softopt.experiments.sweep_results import Cells, published, write_results
from softopt.runs import open_run, publish
from softopt.runs.local import Outcome, run_all, seed_folder
from softopt.runs.sweeps import Sweep, given, parse_settings, read_sweep


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
    if any(published(name, runs, data) for name, runs in cells.items()):
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
        (name, setup) for name, runs in cells.items() for setup in runs if setup.seed not in published(name, runs, data)
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
        self._bar, self._counted, self.n, self.initial, self.total = bar, 0, 0, 0, 0

    def update(self, steps: int) -> None:
        """So many steps more, or fewer where a run was set back; no step is counted twice."""
        self.n += steps
        self._bar.update(max(self.n - self._counted, 0))
        self._counted = max(self.n, self._counted)

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """What the latest report of any run says."""
        self._bar.set_postfix_str(text, refresh=refresh)
