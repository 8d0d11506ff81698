"""Soft optimal control with continuous states: path integrals (Kappen) and motor control (Todorov), on NumPy alone."""

from softopt.control import path_integral

__all__ = ["path_integral"]
