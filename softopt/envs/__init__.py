"""Worlds to act in: points of the plane, films of MuJoCo environments, and the rollouts that such films leave.

Importing this registers ``softopt/MultiGoal-v0``, ``softopt/TwoPassages-v0`` and ``softopt/Puck-v0`` with gymnasium.
"""

from softopt.envs.film import film
from softopt.envs.rolling import Paths, roll
from softopt.envs.rollout import Contact, Geom, Rollout

__all__ = ["Contact", "Geom", "MultiGoal", "Paths", "Puck", "Rollout", "TwoPassages", "film", "roll"]

try:
    import gymnasium
except ModuleNotFoundError:  # a recorded rollout is read and drawn without it
    __all__ = ["Contact", "Geom", "Paths", "Rollout", "film", "roll"]
else:
    from softopt.envs.multi_goal import MultiGoal
    from softopt.envs.puck import Puck
    from softopt.envs.two_passages import TwoPassages

    for _world in (MultiGoal, Puck, TwoPassages):
        if f"softopt/{_world.__name__}-v0" not in gymnasium.registry:  # a notebook may import this again
            gymnasium.register(
                f"softopt/{_world.__name__}-v0",
                entry_point=f"{_world.__module__}:{_world.__name__}",
                max_episode_steps=_world.time_limit,
            )
