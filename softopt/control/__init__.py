"""Soft optimal control with continuous states: path integrals (Kappen) and motor control (Todorov and Jordan)."""

from softopt.control import motor, path_integral

__all__ = ["motor", "path_integral"]
