"""Where the states of an MDP sit on a drawing: what a picture needs and the mathematics does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Grid:
    """A drawing of a gridworld and the cell of each state.

    Attributes:
        drawing: one string a row, all of one length. ``#`` is a wall; other characters are printed as marks.
        cells: (S, 2) integers, row and column of each state; -1, -1 for a state that is not on the drawing.
        moves: (A, 2) integers, the row and column step that each action intends; 0, 0 for one that is no move.
        action_names: A short names, in the order of the actions.
    """

    drawing: tuple[str, ...]
    cells: NDArray[np.int64]
    moves: NDArray[np.int64]
    action_names: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the drawing."""
        return len(self.drawing), len(self.drawing[0])

    def state_at(self, row: int, column: int) -> int:
        """Return the state on a cell.

        Raises:
            ValueError: the cell is a wall or lies outside the drawing.
        """
        found = np.flatnonzero((self.cells == (row, column)).all(axis=1))
        if not found.size:
            raise ValueError(f"no state at row {row}, column {column} of a drawing of shape {self.shape}.")
        return int(found[0])
