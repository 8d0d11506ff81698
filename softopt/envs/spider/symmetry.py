"""A quarter turn of the spider: the world turns, and every leg comes to stand where the next one stood."""

from __future__ import annotations

import numpy as np
from scipy.linalg import block_diag

from softopt.envs.symmetries import TURN, cyclic

_UPRIGHT = block_diag(TURN, np.eye(1))  # of vectors in space
_LEGS = np.kron(np.roll(np.eye(4), 1, axis=0), np.eye(2))  # hip and knee of a leg stay together
# Height; orientation, turned from both sides since the body's own axes turn too; velocity and turning rate; angles and
# their rates; smoothed velocity.
_OBSERVED = block_diag(np.eye(1), np.kron(_UPRIGHT, _UPRIGHT), _UPRIGHT, _UPRIGHT, _LEGS, _LEGS, TURN)

QUARTER_TURNS = cyclic(_OBSERVED, _LEGS)
