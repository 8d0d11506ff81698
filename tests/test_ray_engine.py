"""The Ray engine on a real cluster of two nodes on this machine: the same runs, a node that is killed, a driver too."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
ray = pytest.importorskip("ray", reason="Ray is not installed (the extra `cluster`)")

from softopt.__main__ import main  # noqa: E402
from softopt.runs import load, open_run  # noqa: E402
from softopt.runs.ray_engine import PROGRESS, train_one  # noqa: E402
from softopt.runs.setup import Setup  # noqa: E402

pytestmark = pytest.mark.slow
NAME = "sac/pendulum"
SETTINGS = ["hidden=[8,8]", "batch=16", "warm_up=50", "capacity=500", "evaluation_episodes=1", 'precision="float32"']
PATIENCE = 400  # seconds


def words(folder, steps, *more):
    settings = [*SETTINGS, f"steps={steps}", f"evaluate_every={steps // 4}"]
    flags = ["--algorithm", "sac", "--environment", "Pendulum-v1", "--seeds", "2", "--set", *settings]
    return ["sweep", *flags, "--folder", str(folder), *more]


def wait_for(condition, what):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(0.05)


def steps_of(folder):
    """How far each seed has come, as its process last said."""
    found = []
    for path in sorted(Path(folder, NAME).glob(f"seed_*/{PROGRESS}")):
        try:
            found.append(json.loads(path.read_text())["step"])
        except (OSError, json.JSONDecodeError):
            found.append(0)
    return found


def curves(folder):
    return load(NAME, Path(folder) / "data").curves["return"].tolist()


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "node_ip_address": "127.0.0.1"})
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The curves of the same sweep without Ray."""
    folder = tmp_path_factory.mktemp("local")
    assert main(words(folder, 12_000, "--workers", "2")) == 0
    return curves(folder)


def begin(folder, cluster):
    return subprocess.Popen(
        [sys.executable, "-m", "softopt", *words(folder, 12_000, "--engine", "ray", "--address", cluster.address)]
    )


def test_a_node_that_is_killed_costs_the_work_since_the_last_checkpoint(cluster, expected, tmp_path):
    second = cluster.add_node(num_cpus=1, node_ip_address="127.0.0.1")
    driver = begin(tmp_path, cluster)
    wait_for(lambda: len(steps_of(tmp_path)) == 2 and min(steps_of(tmp_path)) > 10_100, "both to pass a checkpoint")
    cluster.remove_node(second, allow_graceful=False)
    assert driver.wait(PATIENCE) == 0
    assert curves(tmp_path) == expected


def test_a_driver_that_is_killed_is_resumed_by_the_same_command(cluster, expected, tmp_path):
    driver = begin(tmp_path, cluster)
    wait_for(lambda: steps_of(tmp_path) and max(steps_of(tmp_path)) > 1_000, "the first to be on its way")
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    assert begin(tmp_path, cluster).wait(PATIENCE) == 0
    assert curves(tmp_path) == expected
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*") if path.is_file()}
    assert begin(tmp_path, cluster).wait(PATIENCE) == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "data").rglob("*") if path.is_file()} == before


def test_ctrl_c_saves_says_so_and_the_same_command_goes_on(cluster, expected, tmp_path):
    driver = begin(tmp_path, cluster)
    wait_for(lambda: steps_of(tmp_path) and 1_000 < max(steps_of(tmp_path)) < 9_000, "the first to be on its way")
    driver.send_signal(signal.SIGINT)
    assert driver.wait(PATIENCE) == 1
    assert list(tmp_path.glob(f"{NAME}/seed_*/checkpoint.safetensors"))  # before the first that would be due
    assert begin(tmp_path, cluster).wait(PATIENCE) == 0
    assert curves(tmp_path) == expected


def test_without_an_address_nothing_listens_beyond_this_machine(tmp_path):
    driver = subprocess.Popen([sys.executable, "-m", "softopt", *words(tmp_path, 4_000, "--engine", "ray")])
    wait_for(lambda: len(steps_of(tmp_path)) > 0, "a run to begin")
    mine = [psutil.Process(driver.pid), *psutil.Process(driver.pid).children(recursive=True)]
    open_to = set()
    for process in mine:
        try:
            listening = [c for c in process.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN]
        except psutil.Error:
            continue
        open_to |= {c.laddr.ip.removeprefix("::ffff:") for c in listening}
    assert driver.wait(PATIENCE) == 0
    assert open_to <= {"127.0.0.1", "::1"}, open_to


def test_a_seed_that_raises_is_named_and_the_other_finishes(tmp_path, capfd):
    (tmp_path / NAME / "seed_1").mkdir(parents=True)
    (tmp_path / NAME / "seed_1/checkpoint.safetensors").write_bytes(b"no checkpoint at all")
    assert main(words(tmp_path, 400, "--engine", "ray")) == 1
    assert "sac/pendulum, seed 1, is not finished." in capfd.readouterr().err
    assert load(NAME, tmp_path / "data").seeds == [0]


def test_a_folder_that_a_machine_does_not_see_is_said(tmp_path):
    setup = Setup.from_json({"algorithm": "sac", "environment": "Pendulum-v1", "steps": 10})
    finished, said = json.loads(train_one(json.dumps({"setup": setup.to_json(), "folder": str(tmp_path / "nowhere")})))
    assert not finished
    assert (
        said == f"{socket.gethostname()} does not see {tmp_path / 'nowhere'}: --folder has to lie on a disk that all "
        "machines share."
    )


def test_a_full_disk_stops_a_run_in_a_sentence_and_room_lets_it_go_on(tmp_path):
    """A real disk of one megabyte, where this may be mounted."""
    small = tmp_path / "small"
    small.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], capture_output=True)
    if made.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        (small / "shared").touch()
        config = {"hidden": [64, 64], "batch": 16, "warm_up": 50, "capacity": 5_000, "precision": "float32"}
        entries = {"algorithm": "sac", "config": config, "environment": "Pendulum-v1", "steps": 300}
        setup = Setup.from_json({**entries, "evaluate_every": 100, "evaluation_episodes": 1})
        order = json.dumps({"setup": setup.to_json(), "folder": str(small)})
        finished, said = json.loads(train_one(order))
        assert not finished
        assert "could not be written" in said
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        assert json.loads(train_one(order)) == [True, ""]
        assert open_run(setup, small).finished
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)  # what was read from it is still mapped
