"""Exercises of the notebook on inverse reinforcement learning, in its order."""

from softopt.exercises.inverse_reinforcement_learning.demonstrated_features import exercise as demonstrated_features
from softopt.exercises.inverse_reinforcement_learning.expected_features import exercise as expected_features
from softopt.exercises.inverse_reinforcement_learning.feature_gap import exercise as feature_gap

__all__ = ["demonstrated_features", "expected_features", "feature_gap"]
