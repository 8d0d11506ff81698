"""Does our soft actor-critic learn as well as Stable-Baselines3's? HalfCheetah-v5, the same settings, five seeds each.

Ours is the recording ``sac/halfcheetah``, read at 100 000 steps. The peer trains in its own loop, with what our setup
says put into its words, and is evaluated as ours is: the mean action, the same number of episodes, the same seeds of
the episodes. Seeds that have been trained are kept in ``data/`` and not trained again.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import platform
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tqdm.auto import tqdm

from softopt.experiments.recordings import RECORDINGS, seeds_of
from softopt.runs import load
from softopt.runs.curve import Row, row, to_csv
from softopt.runs.recording import checksum, data_folder
from softopt.runs.statistics import interquartile_mean, interval

OURS, PEER = "sac/halfcheetah", "peers/stable_baselines3_halfcheetah"
STEPS = 100_000
BAR = 0.9  # of the peer's interquartile mean
PACKAGES = ("stable-baselines3", "torch", "numpy", "gymnasium", "mujoco")


def run(json_path: str | Path | None = None) -> int:
    """Train the peer's seeds that are missing, compare, and say whether the bar is met.

    Args:
        json_path: where to write what was found, or None.

    Returns:
        0; 1 where the bar is missed; 2 where Stable-Baselines3 is missing.
    """
    for seed in seeds_of(OURS):
        if seed not in trained():
            if importlib.util.find_spec("stable_baselines3") is None:
                print(
                    "`bench learning` needs stable_baselines3: pip install -c constraints.txt -e '.[bench]'",
                    file=sys.stderr,
                )
                return 2
            keep(seed)
    found = compare()
    print(text(found))
    if json_path:
        Path(json_path).write_text(json.dumps(found, indent=2), encoding="utf-8")
    return 0 if found["met"] else 1


def trained() -> list[int]:
    """The seeds of the peer that are in ``data/``."""
    try:
        return load(PEER).seeds
    except FileNotFoundError:
        return []


def keep(seed: int) -> None:
    """Train one seed of the peer and enter it into ``data/``."""
    from softopt.runs.publishing import enter, hardware

    began = time.time()
    rows = learn(seed)
    folder = data_folder() / PEER
    folder.mkdir(parents=True, exist_ok=True)
    curve = folder / f"seed_{seed}_curve.csv"
    curve.write_text(to_csv(rows), encoding="utf-8", newline="\n")
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    line = {
        "name": PEER,
        "seed": seed,
        "steps": STEPS,
        "command": "python -m softopt bench learning",
        "settings": settings(seed),
        "files": {"curve.csv": checksum(curve)},
        "versions": {"python": platform.python_version(), **versions},
        "hardware": hardware(),
        "seconds": round(time.time() - began),
    }
    enter(line, data_folder())


def settings(seed: int) -> dict[str, Any]:
    """Our recording's settings in the peer's words."""
    config = RECORDINGS[OURS].config
    return {
        "learning_rate": config.learning_rate,
        "buffer_size": config.capacity,
        "learning_starts": config.warm_up,
        "batch_size": config.batch,
        "tau": config.tau,
        "gamma": config.discount,
        "ent_coef": config.temperature,
        "policy_kwargs": {"net_arch": list(config.hidden)},
        "seed": seed,
    }


def learn(seed: int) -> list[Row]:
    """Train the peer for 100 000 steps; return its curve."""
    import torch
    from stable_baselines3 import SAC

    from softopt.deep.episodes import evaluate
    from softopt.deep.spaces import make

    torch.set_num_threads(1)
    setup = RECORDINGS[OURS]
    model = SAC("MlpPolicy", setup.environment, **settings(seed), device="cpu")
    judge, rows = make(setup.environment), []
    acting = SimpleNamespace(best_action=lambda seen: model.predict(seen, deterministic=True)[0])
    for step in tqdm(range(setup.evaluate_every, STEPS + 1, setup.evaluate_every), desc=f"{PEER}, seed {seed}"):
        model.learn(setup.evaluate_every, reset_num_timesteps=False)
        rows.append(row(step, evaluate(acting, judge, [seed, step], setup.evaluation_episodes), {}))
    return rows


def compare() -> dict[str, Any]:
    """Interquartile means at 100 000 steps with their intervals, every seed, and the ratio."""
    found: dict[str, Any] = {"environment": RECORDINGS[OURS].environment, "steps": STEPS}
    for who, name in (("ours", OURS), ("peer", PEER)):
        recording = load(name)
        ends = recording.curves["return"][:, recording.curves["step"][0] == STEPS][:, 0]
        low, high = interval(ends)
        found[who] = {
            "seeds": recording.seeds,
            "returns": ends.tolist(),
            "interquartile_mean": float(interquartile_mean(ends)),
            "interval": [float(low), float(high)],
        }
    found["ratio"] = found["ours"]["interquartile_mean"] / found["peer"]["interquartile_mean"]
    return found | {"bar": BAR, "met": found["ratio"] >= BAR}


def text(found: dict[str, Any]) -> str:
    """The comparison in a few lines."""
    lines = [f"{found['environment']} after {found['steps']} steps, the same settings"]
    for who, said in (("ours", "softopt"), ("peer", "stable-baselines3")):
        of = found[who]
        low, high = of["interval"]
        each = ", ".join(f"{value:.0f}" for value in of["returns"])
        lines.append(
            f"{said:18} interquartile mean {of['interquartile_mean']:.0f} ({low:.0f} to {high:.0f}); seeds {each}"
        )
    said = "met" if found["met"] else "MISSED"
    return "\n".join([*lines, f"ours is {found['ratio']:.2f} of the peer's; bar {found['bar']}, {said}"])
