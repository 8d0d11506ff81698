"""The race between a running cell and a slider's callback, forced by a barrier, and the guard that ends it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from softopt.interactive.kernel_bound import between_cells

SET_UP = """
import asyncio, json, threading, time
import ipywidgets
from softopt.interactive.kernel_bound import between_cells

slider = ipywidgets.IntSlider()
running, drawn = [], []          # the cell that runs; what each drawing saw
heard = threading.Event()        # the slider's message is in the kernel, its callbacks have been called
meeting = threading.Barrier(2)   # opens only if a cell and a callback stand before it at the same time

def draw(change):
    on_main = threading.current_thread() is threading.main_thread()
    drawn.append([change["new"], on_main, list(running)])
"""


class Kernel:
    """A kernel, and what a page does to it."""

    def __init__(self, folder: Path) -> None:
        root = str(Path(__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": root, "IPYTHONDIR": str(folder)}
        self.manager, self.client = start_new_kernel(kernel_name="python3", env=environment)
        self.run(SET_UP)

    def start(self, code: str) -> str:
        """Start a cell and return once it runs."""
        request = self.client.execute(f"running.append('cell'); print('it runs', flush=True)\n{code}")
        self.hear("stream", lambda content: "it runs" in content["text"])
        return request

    def hear(self, kind: str, wanted: Any) -> dict[str, Any]:
        """Wait for a message that the kernel publishes."""
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["msg_type"] == kind and wanted(message["content"]):
                return message["content"]

    def finish(self, request: str) -> None:
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == request:
                assert reply["content"]["status"] == "ok", reply["content"].get("traceback")
                return

    def run(self, code: str) -> None:
        self.finish(self.client.execute(code))

    def value(self, expression: str) -> Any:
        """The value of an expression that JSON can carry."""
        request = self.client.execute("", user_expressions={"x": f"json.dumps({expression})"})
        while True:
            reply = self.client.get_shell_msg(timeout=60)
            if reply["parent_header"].get("msg_id") == request:
                return json.loads(eval(reply["content"]["user_expressions"]["x"]["data"]["text/plain"]))

    def open_subshell(self) -> tuple[str, str]:
        """Open a second thread for messages, as JupyterLab does, and move the slider there once.

        A kernel may answer the first message of a slider on the main thread, and the later ones where that came
        from. Returns the ids of the slider and of the thread.
        """
        client = self.client
        client.control_channel.send(client.session.msg("create_subshell_request"))
        reply = client.get_control_msg(timeout=60)["content"]
        if reply["status"] != "ok":
            pytest.skip("this ipykernel has no subshells, so there is no second thread to race with")
        slider, subshell = self.value("slider.model_id"), reply["subshell_id"]
        self.move(slider, 1, subshell)
        for _ in range(500):
            if self.value("slider.value") == 1:
                break
        self.run("drawn.clear()")
        return slider, subshell

    def move(self, slider: str, value: int, subshell: str) -> None:
        """Send what a page sends when its slider moves."""
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        message = self.client.session.msg("comm_msg", {"comm_id": slider, "data": data})
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("ipython"))
    yield kernel
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(shared: Kernel) -> Kernel:
    shared.run(SET_UP)
    return shared


def test_without_the_guard_a_callback_runs_inside_a_running_cell(kernel: Kernel) -> None:
    slider, subshell = kernel.open_subshell()
    kernel.run("slider.observe(lambda change: (draw(change), meeting.wait(30)), 'value')")
    cell = kernel.start("meeting.wait(30); running.clear()")
    kernel.move(slider, 7, subshell)
    kernel.finish(cell)  # a broken barrier would raise in the cell
    assert kernel.value("drawn") == [[7, False, ["cell"]]]


@pytest.mark.parametrize(
    "wait",
    [
        "heard.wait(30)",
        "while not heard.is_set(): await asyncio.sleep(.01)\nfor _ in range(200): await asyncio.sleep(0)",
    ],
    ids=["cell", "asynchronous cell"],
)
def test_with_the_guard_it_waits_for_the_end_of_the_cell(kernel: Kernel, wait: str) -> None:
    # The guard is called first and the signal given afterwards: when the cell hears it, an unguarded call would
    # have been made.
    slider, subshell = kernel.open_subshell()
    kernel.run("slider.observe(between_cells(draw), 'value')")
    kernel.run("slider.observe(lambda change: heard.set() if change['new'] == 9 else None, 'value')")
    cell = kernel.start(f"{wait}\nassert not drawn, drawn\nrunning.clear()")
    for value in (7, 8, 9):
        kernel.move(slider, value, subshell)
    kernel.finish(cell)
    assert kernel.value("heard.is_set()")
    assert kernel.value("drawn") == [[9, True, []]]  # once, on the main thread, with the latest value


def test_between_cells_the_guard_does_not_wait(kernel: Kernel) -> None:
    slider, subshell = kernel.open_subshell()
    kernel.run("slider.observe(between_cells(draw), 'value')")
    kernel.move(slider, 3, subshell)
    for _ in range(200):
        if drawn := kernel.value("drawn"):
            break
    assert drawn == [[3, True, []]]


def test_an_error_is_shown_and_the_guard_works_on(kernel: Kernel) -> None:
    kernel.run(
        "def fails(change):\n    draw(change)\n    if change['new'] == 2: raise ValueError('no such frame')\n"
        "slider.observe(between_cells(fails), 'value')"
    )
    slider, subshell = kernel.open_subshell()
    for value in (2, 3):
        kernel.move(slider, value, subshell)
        for _ in range(200):
            if [value, True, []] in kernel.value("drawn"):
                break
        else:
            pytest.fail(f"value {value} was never drawn")
    kernel.hear("error", lambda content: content["evalue"] == "no such frame")


def test_without_a_kernel_nothing_waits() -> None:
    seen: list[tuple[int, int]] = []
    between_cells(lambda a, b: seen.append((a, b)))(1, b=2)
    assert seen == [(1, 2)]
