"""The process of one seed: reads its order from standard input, writes a line of JSON for each report."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from softopt.runs.local import FAILED, STOPPED
from softopt.runs.run import carry_on, open_run
from softopt.runs.setup import Setup


def main() -> int:
    """Train the run that was ordered; return 0 if it is finished, else FAILED or STOPPED."""
    torch.set_num_threads(1)
    order = json.load(sys.stdin)
    try:
        run = open_run(Setup.from_json(order["setup"]), Path(order["folder"]))
        finished = carry_on(run, lambda report: print(json.dumps(asdict(report)), flush=True))
    except (ValueError, OSError, FloatingPointError) as fault:
        print(fault)
        return FAILED
    if not finished:
        print("It was asked to stop, and saved.")
    return 0 if finished else STOPPED


if __name__ == "__main__":
    sys.exit(main())
