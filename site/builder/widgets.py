"""Saved widgets as files: what the site's host (``static/host.js``) needs to show them without a kernel.

A widget becomes a small JSON file that names its script, its style and its arrays. Each of those is a file whose
name is made from its content, so that a script that many widgets share is there once and is loaded once.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

REFERENCE = "IPY_MODEL_"
NOT_STATE = ("layout", "tabbable", "tooltip")


class Widgets:
    """The widgets of one executed notebook, written out one by one as they are asked for.

    Args:
        state: model id -> model, as saved in the notebook.
        folder: where the files go.
    """

    def __init__(self, state: dict[str, Any], folder: Path) -> None:
        self._state, self._folder = state, folder
        self._written: dict[str, str] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def model(self, model_id: str) -> dict[str, Any]:
        """The saved state of a model; empty where there is none."""
        return self._state.get(model_id, {}).get("state", {})

    def kind(self, model_id: str) -> str:
        """``page`` where the page's own script shows it, ``progress`` of a bar, ``kernel`` where a kernel is needed."""
        model = self._state.get(model_id, {})
        if model.get("model_module") == "anywidget":
            return "page"
        parts = [self._state.get(name.removeprefix(REFERENCE), {}) for name in self.model(model_id).get("children", [])]
        bars = ("FloatProgressModel", "IntProgressModel")
        return "progress" if any(part.get("model_name") in bars for part in [model, *parts]) else "kernel"

    def write(self, model_id: str) -> str:
        """Write a widget and those that it names; return the name of its JSON file.

        Raises:
            ValueError: an array that is not a trait of its own.
        """
        if model_id not in self._written:
            model = self._state[model_id]
            state, arrays = dict(model["state"]), {}
            for buffer in model.get("buffers", []):
                if len(buffer["path"]) != 1 or buffer["encoding"] != "base64":
                    raise ValueError(f"a widget's array must be a trait of its own, in base64; got {buffer['path']}.")
                (name,) = buffer["path"]
                state.pop(name, None)
                arrays[name] = self._keep(base64.b64decode(buffer["data"]), "bin")
            described = {
                "esm": self._keep(state["_esm"].encode(), "js"),
                "css": self._keep(state["_css"].encode(), "css") if state.get("_css") else None,
                "state": {
                    key: self._resolve(value)
                    for key, value in state.items()
                    if not key.startswith("_") and key not in NOT_STATE
                },
                "arrays": arrays,
            }
            text = json.dumps(described, ensure_ascii=False, allow_nan=False, sort_keys=True)
            self._written[model_id] = self._keep(text.encode(), "json")
        return self._written[model_id]

    def _resolve(self, value: Any) -> Any:
        """A reference to another widget becomes a reference to its file."""
        if isinstance(value, str) and value.removeprefix(REFERENCE) in self._state:
            return REFERENCE + self.write(value.removeprefix(REFERENCE))
        return value

    def _keep(self, content: bytes, ending: str) -> str:
        name = f"{hashlib.sha256(content).hexdigest()[:20]}.{ending}"
        (self._folder / name).write_bytes(content)
        return name
