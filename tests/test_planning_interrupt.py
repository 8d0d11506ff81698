"""Ctrl-C in the middle of planning: a real signal to a real process, which goes on working afterwards."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

HEAD = """
import time, warnings
import numpy as np
from softopt.tabular import gridworlds, plan, soft_value_iteration
small = gridworlds.random_grid(8, discount=.9)
expected = plan(small, .1).value
plan(gridworlds.random_grid(175, discount=.9), .1)  # so large that its loop is compiled now, and not when Ctrl-C comes
mdp = gridworlds.random_grid({side}, discount=.9999)
print("started", flush=True)
"""
PLAN = """
try:
    plan(mdp, .1, tol=0)
    print("finished")
except KeyboardInterrupt:
    print("stopped", time.monotonic(), flush=True)
"""
SWEEPS = """
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    found = soft_value_iteration(mdp, .1, tol=0)
print("stopped", time.monotonic(), flush=True)
[warning] = caught
print(str(warning.message), found.iterations, np.isfinite(found.value).all(), found.bound == found.history[-1, 1])
"""
TAIL = """
print("usable", np.array_equal(plan(small, .1).value, expected))
"""


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
@pytest.mark.parametrize(("work", "side"), [(PLAN, 330), (SWEEPS, 60)])
def test_ctrl_c(work, side):
    code = HEAD.format(side=side) + work + TAIL
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "started\n"
        time.sleep(1.0)
        sent = time.monotonic()  # the same clock in both processes
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
    finally:
        process.kill()
    lines = out.splitlines()
    assert process.returncode == 0, error
    assert lines[0].startswith("stopped"), out
    assert float(lines[0].split()[1]) - sent < 10  # about a tenth of a second on a quiet machine
    if work is SWEEPS:
        assert lines[1].startswith("soft value iteration interrupted after")
        assert lines[1].endswith("True True")
    assert lines[-1] == "usable True"
