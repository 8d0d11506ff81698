"""What a bench asks of the machine, on every system."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from test_imports import run_without

from softopt.experiments import machine


def test_load_and_what_this_process_took():
    before = machine.peak_mb()
    taken = np.ones(int((before + 50) * 1e6 / 8))  # more than ever before
    assert machine.peak_mb() > taken.nbytes / 1e6 > before
    assert machine.load_average() >= 0


@pytest.mark.parametrize(
    ("platform", "maxrss", "expected"),
    [
        ("linux", 5_000, 5.12),  # kilobytes of 1024
        ("darwin", 5_000_000, 5.0),  # bytes
    ],
)
def test_each_system_counts_memory_in_its_own_unit(platform, maxrss, expected, monkeypatch):
    usage = SimpleNamespace(ru_maxrss=maxrss)
    resource = SimpleNamespace(RUSAGE_SELF=0, getrusage=lambda who: usage)
    monkeypatch.setitem(sys.modules, "resource", resource)
    monkeypatch.setattr(sys, "platform", platform)
    assert machine.peak_mb() == pytest.approx(expected)


def test_windows_has_no_resource(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    monkeypatch.setattr(sys, "platform", "win32")
    process = SimpleNamespace(memory_info=lambda: SimpleNamespace(peak_wset=5_000_000))
    monkeypatch.setattr(machine.psutil, "Process", lambda: process)
    assert machine.peak_mb() == pytest.approx(5.0)


def test_a_tabular_bench_is_imported_without_the_deep_half_and_without_what_windows_lacks():
    printed = run_without(
        {"torch", "mujoco"},
        """
        import os

        import psutil  # on Linux it needs what is taken away here

        sys.modules["resource"] = None
        del os.getloadavg
        from softopt.experiments import bench_inverse, bench_linearly_solvable, bench_slider, bench_tabular
        print("imported")
        """,
    )
    assert printed.split() == ["imported"]
