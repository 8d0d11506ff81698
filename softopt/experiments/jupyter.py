"""A real JupyterLab on this machine alone, apart from the user's own settings, and a notebook open in it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import softopt

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


@dataclass
class Server:
    """A running Jupyter server.

    Attributes:
        url: its address, on localhost.
        token: what opens it.
        root: the folder whose notebooks it serves.
    """

    url: str
    token: str
    root: Path

    def address(self, notebook: str, front_end: str = "lab") -> str:
        """Return the address of a notebook in ``lab`` (JupyterLab) or ``notebook`` (Notebook 7)."""
        place = {"lab": "lab/tree", "notebook": "notebooks"}[front_end]
        return f"{self.url}{place}/{notebook}?token={self.token}{'&reset' if front_end == 'lab' else ''}"


@contextmanager
def jupyter_server(root: Path, settings: dict[str, Any] | None = None) -> Iterator[Server]:
    """Serve a folder with JupyterLab and Notebook 7, apart from the user's own settings.

    Args:
        root: folder to serve.
        settings: more Jupyter settings, plugin id -> values.

    Raises:
        RuntimeError: the server did not come up within two minutes; its last words are in the message.
    """
    home = Path(tempfile.mkdtemp(prefix="softopt-jupyter-"))
    port, token = _free_port(), secrets.token_hex(16)
    for plugin, values in {
        # Cells out of sight are drawn too, so that a test finds every widget.
        "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        **(settings or {}),
    }.items():
        package, name = plugin.split(":")
        file = home / "settings" / package / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_TOKEN": token,
        "PYTHONPATH": os.pathsep.join(
            filter(None, [str(Path(softopt.__file__).parents[1]), os.environ.get("PYTHONPATH")])
        ),
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"),
        *("--LabApp.expose_app_in_browser=True", "--JupyterNotebookApp.expose_app_in_browser=True"),
        *("--LabApp.news_url=None", "--LabApp.extension_manager=readonly"),
    ]
    log = home / "log.txt"
    with log.open("w") as sink:
        process = subprocess.Popen(command, env=environment, cwd=root, stdout=sink, stderr=subprocess.STDOUT)
    try:
        server = Server(f"http://127.0.0.1:{port}/", token, root)
        _wait_until_up(server, process, log)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(home, ignore_errors=True)


def write_notebook(path: Path, cells: Sequence[str]) -> Path:
    """Write a notebook of code cells."""
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def hidden_errors(notebook: Any) -> Iterator[str]:
    """Yield the errors that a run does not raise: those caught by an output widget, as under ``interact``.

    Args:
        notebook: executed and saved with its widgets, as nbformat reads it.
    """
    for model in notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {}).values():
        for output in model["state"].get("outputs", []):
            if output["output_type"] == "error":
                yield f"{output['ename']}: {output['evalue']}"


@dataclass
class Notebook:
    """An open notebook, its page, and what went over the wire.

    Attributes:
        page: playwright's page.
        sent: kernel messages that the page has sent so far.
        addresses: every address that the page has asked for.
    """

    page: Any
    sent: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, context: Any, server: Server, notebook: str, front_end: str = "lab") -> Notebook:
        """Open a notebook and wait until its kernel is idle."""
        opened = cls(context.new_page())
        page = opened.page
        page.on("request", lambda request: opened.addresses.append(request.url))
        page.on("websocket", opened._listen)
        page.goto(server.address(notebook, front_end))
        page.wait_for_function(
            """() => {
                const panel = window.jupyterapp?.shell?.currentWidget;
                return panel?.sessionContext?.session?.kernel?.status === "idle";
            }""",
            timeout=120_000,
        )
        return opened

    def run_all(self, timeout: float = 300.0) -> list[str]:
        """Run all cells and return the errors that they put out, as "cell number: name: text".

        Args:
            timeout: seconds before giving up with a TimeoutError of playwright's.
        """
        self.page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(
            """() => {
                const panel = window.jupyterapp.shell.currentWidget;
                const cells = [...panel.content.model.cells].filter((cell) => cell.type === "code");
                const failed = cells.some((cell) => cell.outputs.toJSON().some((o) => o.output_type === "error"));
                const empty = (cell) => !cell.sharedModel.getSource().trim();
                const done = cells.every((cell) => cell.executionCount !== null || empty(cell));
                return (done || failed) && panel.sessionContext.session.kernel.status === "idle"
                    && !panel.content.widgets.some((cell) => cell.model.executionState === "running");
            }""",
            timeout=timeout * 1000,
        )
        return self.page.evaluate(
            """() => [...window.jupyterapp.shell.currentWidget.content.model.cells].flatMap((cell, k) =>
                cell.type !== "code" ? [] : cell.outputs.toJSON().filter((output) => output.output_type === "error")
                    .map((error) => `cell ${k}: ${error.ename}: ${error.evalue}`))"""
        )

    def _listen(self, socket: Any) -> None:
        if "/channels" in socket.url:
            socket.on("framesent", lambda payload: self.sent.append(str(payload)[:1500]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.url}api/status?token={server.token}", timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not come up:\n{log.read_text()[-2000:]}")
