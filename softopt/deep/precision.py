"""Reduced precision: float32 matrix products on the CPU's bfloat16 matrix units (AMX), where it has them.

On such processors a product of matrices runs about four times faster with inputs rounded to 8 bits of mantissa and
sums kept in float32; nothing else is rounded. On others it gains nothing, so the CPU is asked. The bfloat16 *vector*
instructions of other processors (AVX-512 BF16) are not enough: torch does not use them for products of float32.
Acting, one row at a time, is slower that way: the mode holds during updates alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch

MODES = ("auto", "float32", "reduced")


@lru_cache
def resolve(precision: str) -> str:
    """Return "float32" or "reduced"; "auto" asks the CPU for bfloat16 matrix units.

    Raises:
        ValueError: none of "auto", "float32" and "reduced".
    """
    if precision not in MODES:
        raise ValueError(f'precision is one of "auto", "float32" and "reduced"; got {precision!r}.')
    if precision != "auto":
        return precision
    # Since torch 2.10; an older one, or another kind of CPU, says nothing, and float32 it is.
    able = getattr(torch.cpu, "get_capabilities", dict)()
    return "reduced" if able.get("amx_bf16") else "float32"


@contextmanager
def products(precision: str) -> Iterator[None]:
    """Within this block matrix products of float32 are computed in ``precision``."""
    if resolve(precision) == "float32":
        yield
        return
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
