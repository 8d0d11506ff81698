"""The replay buffer: the last transitions, whoever's policy made them, drawn from uniformly.

Terminations and truncations are kept apart. Only a termination ends the task; a time limit ends the watching, and
what would have come after it still has a value.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import psutil
import torch
from numpy.typing import ArrayLike
from torch import Tensor


class Batch(NamedTuple):
    """B transitions.

    Attributes:
        observation: (B, O).
        action: (B, A) in [-1, 1].
        reward: (B,).
        next_observation: (B, O).
        terminated: (B,) 1 where the task ended, else 0; truncation is not termination.
    """

    observation: Tensor
    action: Tensor
    reward: Tensor
    next_observation: Tensor
    terminated: Tensor


class ReplayBuffer:
    """A ring of transitions in one preallocated float32 table, a row each, so that a batch is one gather.

    Args:
        capacity: how many transitions are kept; the oldest makes room for the newest.
        observation_size, action_size: O and A.
        device: where the table lies.

    Attributes:
        symmetries: None, or a (G, O, O) and a (G, A, A) table of matrices, changes of the world that change nothing:
            each transition that is drawn is then changed by one of them, drawn too.

    Raises:
        ValueError: a capacity below 1, or a table that does not fit into the memory that is free.
    """

    def __init__(self, capacity: int, observation_size: int, action_size: int, device: str = "cpu") -> None:
        if capacity < 1:
            raise ValueError(f"capacity is a number of transitions, at least 1; got {capacity}.")
        self.sizes = (observation_size, action_size, 1, observation_size, 1, 1)
        width = sum(self.sizes)
        needed, free = 4 * capacity * width, psutil.virtual_memory().available
        if device == "cpu" and needed > free:
            raise ValueError(
                f"a replay of {capacity} transitions needs {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; "
                f"choose a capacity below {free // (4 * width)}."
            )
        self.table = torch.empty(capacity, width, device=device)
        self.symmetries: tuple[Tensor, Tensor] | None = None
        self.added = 0  # over the whole life of the buffer

    def __len__(self) -> int:
        return min(self.added, len(self.table))

    def add(
        self,
        observation: ArrayLike,
        action: ArrayLike,
        reward: float,
        next_observation: ArrayLike,
        terminated: bool,
        truncated: bool,
    ) -> None:
        """Store one transition; observations (O,), action (A,) in [-1, 1].

        Raises:
            ValueError: an observation or an action of another length.
        """
        if (len(observation), len(action), len(next_observation)) != (self.sizes[0], self.sizes[1], self.sizes[3]):
            raise ValueError(
                f"this buffer holds observations of {self.sizes[0]} numbers and actions of {self.sizes[1]}; got "
                f"{len(observation)}, {len(action)} and then {len(next_observation)}."
            )
        row = np.concatenate([observation, action, [reward], next_observation, [terminated, truncated]])
        self.table[self.added % len(self.table)] = torch.from_numpy(row)
        self.added += 1

    def sample(self, size: int, generator: torch.Generator) -> Batch:
        """Draw B transitions uniformly, with replacement.

        Raises:
            ValueError: the buffer is empty.
        """
        if not len(self):
            raise ValueError("the replay buffer is empty; add a transition before you sample.")
        chosen = torch.randint(len(self), (size,), generator=generator, device=self.table.device)
        observation, action, reward, next_observation, terminated, _ = self.table[chosen].split(self.sizes, dim=1)
        if self.symmetries is not None:
            seen, done = self.symmetries
            k = torch.randint(len(seen), (size,), generator=generator, device=self.table.device)
            observation, next_observation = changed(seen[k], observation), changed(seen[k], next_observation)
            action = changed(done[k], action)
        return Batch(observation, action, reward[:, 0], next_observation, terminated[:, 0])

    def state(self) -> dict[str, Tensor]:
        """The filled part of the table and the count, for a checkpoint."""
        return {"rows": self.table[: len(self)], "added": torch.tensor(self.added)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        """Take up what :meth:`state` gave.

        Raises:
            ValueError: rows of another width, or more than fit.
        """
        rows = state["rows"]
        if rows.shape[1] != self.table.shape[1] or len(rows) > len(self.table):
            raise ValueError(
                f"the checkpoint holds {len(rows)} transitions of {rows.shape[1]} numbers, this one "
                f"{len(self.table)} of {self.table.shape[1]}. Resume with the same environment and capacity."
            )
        self.table[: len(rows)] = rows
        self.added = int(state["added"])


def changed(matrix: Tensor, vector: Tensor) -> Tensor:
    """Each of B vectors (B, n) by its own matrix (B, n, n)."""
    return torch.bmm(matrix, vector[:, :, None])[:, :, 0]
