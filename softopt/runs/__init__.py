"""Runs: trained from checkpoint to checkpoint, many seeds at a time, recorded, and loaded again."""

from softopt.runs.local import Outcome, run_seeds
from softopt.runs.publish import publish
from softopt.runs.recording import Recording, load
from softopt.runs.run import Run, carry_on, open_run, resume
from softopt.runs.setup import Setup

__all__ = ["Outcome", "Recording", "Run", "Setup", "carry_on", "load", "open_run", "publish", "resume", "run_seeds"]
