"""The arithmetic floor of an update: its matrix products alone, at their shapes.

No update with these networks can be faster than the products that it cannot do without. What lies between them (biases,
ReLU, tanh, noise, Adam, the slow copy) is left out, as is a gradient that nobody reads: that of the critics' weights in
the policy step, and that of the observations.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor


class Product(NamedTuple):
    """K products of a (rows, inner) by an (inner, columns) matrix.

    Attributes:
        copies: K.
        rows, inner, columns: the sizes.
        transposed: which operand lies in memory the other way round: "left", "right" or "".
    """

    copies: int
    rows: int
    inner: int
    columns: int
    transposed: str = ""

    @property
    def flop(self) -> int:
        """Floating-point operations: a multiplication and an addition each."""
        return 2 * self.copies * self.rows * self.inner * self.columns


def forward(copies: int, rows: int, sizes: Sequence[int]) -> list[Product]:
    """The products of a perceptron's forward pass, a layer each."""
    return [Product(copies, rows, inputs, outputs) for inputs, outputs in pairwise(sizes)]


def weight_gradients(copies: int, rows: int, sizes: Sequence[int]) -> list[Product]:
    """Inputs transposed times slopes, a layer each."""
    return [Product(copies, inputs, rows, outputs, "left") for inputs, outputs in pairwise(sizes)]


def input_gradients(copies: int, rows: int, sizes: Sequence[int]) -> list[Product]:
    """Slopes times weights transposed, for each layer but the first, whose inputs are data."""
    return [Product(copies, rows, outputs, inputs, "right") for inputs, outputs in pairwise(sizes[1:])]


def products(observation: int, action: int, hidden: Sequence[int] = (256, 256), batch: int = 256) -> list[Product]:
    """The products of one update of soft actor-critic with two critics.

    Args:
        observation, action: O and A.
        hidden: sizes of the hidden layers.
        batch: B.
    """
    policy, critic = (observation, *hidden, 2 * action), (observation + action, *hidden, 1)
    return [
        *forward(1, 2 * batch, policy),  # the actions at s and at s'
        *forward(2, batch, critic),  # the target critics at s'
        *forward(2, batch, critic),  # the critics at s, with their gradients
        *weight_gradients(2, batch, critic),
        *input_gradients(2, batch, critic),
        *forward(2, batch, critic),  # the critics at the policy's action, and their slope there
        *input_gradients(2, batch, critic),
        Product(2, batch, hidden[0], action, "right"),
        *weight_gradients(1, batch, policy),  # the policy
        *input_gradients(1, batch, policy),
    ]


def soft_q_products(
    observation: int, action: int, hidden: Sequence[int], batch: int, value: int, fixed: int, moved: int
) -> list[Product]:
    """The products of one update of soft Q-learning with a uniform proposal.

    Args:
        observation, action: O and A.
        hidden: sizes of the hidden layers.
        batch: B.
        value, fixed, moved: particles of the three kinds in each state.
    """
    critic, sampler = (observation + action, *hidden, 1), (observation + action, *hidden, action)
    return [
        *forward(1, batch * value, critic),  # the target critic at s' and the particles of the value
        *forward(1, batch, critic),  # the critic at s, with its gradients
        *weight_gradients(1, batch, critic),
        *input_gradients(1, batch, critic),
        *forward(1, batch * (fixed + moved), sampler),
        *forward(1, batch * fixed, critic),  # Q at the fixed particles, and its slope there
        *input_gradients(1, batch * fixed, critic),
        Product(1, batch * fixed, hidden[0], action, "right"),
        *weight_gradients(1, batch * moved, sampler),
        *input_gradients(1, batch * moved, sampler),
    ]


class Floor:
    """All products of an update, ready to run: operands of ones in memory that is made once, the fastest call for each.

    Operands of one shape share their memory, so that more of them lie in the cache than in any true update.

    Args:
        wanted: from :func:`products` or :func:`soft_q_products`.
    """

    def __init__(self, wanted: Sequence[Product]) -> None:
        self.flop = sum(product.flop for product in wanted)
        self._memory: dict[tuple, Tensor] = {}
        chosen = {product: fastest(self._ways(product)) for product in dict.fromkeys(wanted)}
        self._calls = [chosen[product] for product in wanted]

    def __call__(self) -> None:
        """Compute every product once."""
        for call in self._calls:
            call()

    def _tensor(self, role: str, *shape: int) -> Tensor:
        return self._memory.setdefault((role, *shape), torch.ones(shape))

    def _ways(self, product: Product) -> list[Callable[[], object]]:
        """The ways to compute it: all copies in one call or one by one, and simpler ones for a width of one."""
        copies, rows, inner, columns, transposed = product
        if transposed == "left":
            left = self._tensor("left", copies, inner, rows).transpose(1, 2)
        else:
            left = self._tensor("left", copies, rows, inner)
        if transposed == "right":
            right = self._tensor("right", copies, columns, inner).transpose(1, 2)
        else:
            right = self._tensor("right", copies, inner, columns)
        out = self._tensor("out", copies, rows, columns)
        apart = list(zip(left, right, out, strict=True))
        ways = [lambda: torch.bmm(left, right, out=out), lambda: [torch.mm(a, b, out=c) for a, b, c in apart]]
        if columns == 1:
            vectors = [(a, b[:, 0], c[:, 0]) for a, b, c in apart]
            ways.append(lambda: [torch.mv(a, b, out=c) for a, b, c in vectors])
        if inner == 1:
            ways.append(lambda: torch.mul(left, right, out=out))
        return ways


def fastest(ways: Sequence[Callable[[], object]], repeats: int = 20) -> Callable[[], object]:
    """Return the call that takes the least time at its best."""

    def best(call: Callable[[], object]) -> float:
        times = []
        for _ in range(repeats):
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
        return min(times)

    return min(ways, key=best)
