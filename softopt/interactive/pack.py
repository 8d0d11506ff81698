"""Many arrays in one buffer: how numbers travel to a page."""

from __future__ import annotations

from typing import Any

import numpy as np


class Pack:
    """Collects arrays as float32 and leaves their offset and shape in their place; ``js/unpack.js`` puts them back.

    Attributes:
        parts: bytes, to be joined when everything is in.
    """

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self._length = 0

    def ship(self, value: Any) -> Any:
        """Return a description that JSON can hold; arrays are looked for in dictionaries and lists."""
        if isinstance(value, dict):
            return {key: self.ship(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.ship(entry) for entry in value]
        if not isinstance(value, np.ndarray):
            return value
        with np.errstate(over="ignore"):  # beyond float32 is beyond the picture: drawn as infinite
            self.parts.append(value.astype("<f4").tobytes())
        offset, self._length = self._length, self._length + value.size
        return {"offset": offset, "shape": list(value.shape)}
