"""The exercises of notebook 12."""

from softopt.exercises.robust_robots.alive_bonus import exercise as alive_bonus
from softopt.exercises.robust_robots.best_action import exercise as best_action
from softopt.exercises.robust_robots.forward_speed import exercise as forward_speed
from softopt.exercises.robust_robots.replayed import exercise as replayed

__all__ = ["alive_bonus", "best_action", "forward_speed", "replayed"]
