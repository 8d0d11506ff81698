"""Worlds to act in: points of the plane, films of MuJoCo environments, and the rollouts that such films leave.

Importing this registers them with gymnasium, as ``softopt/Puck-v0`` and so on.
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

    # MuJoCo is imported when a body is made, not before: so they stand here by name.
    _WORLDS = {
        "MultiGoal": ("softopt.envs.multi_goal:MultiGoal", MultiGoal.time_limit),
        "Puck": ("softopt.envs.puck:Puck", Puck.time_limit),
        "TwoPassages": ("softopt.envs.two_passages:TwoPassages", TwoPassages.time_limit),
        "Spider": ("softopt.envs.spider.anywhere:Spider", 100),
        "SpiderHallway": ("softopt.envs.spider.hallway:SpiderHallway", 100),
        "Jenga": ("softopt.envs.jenga.jenga:Jenga", 300),
        "StackBrick": ("softopt.envs.arm.stack_brick:StackBrick", 120),
        "Quadruped": ("softopt.envs.quadruped.quadruped:Quadruped", 500),
        "SpiderPassages": ("softopt.envs.spider.passages:SpiderPassages", 150),
    }
    for _name, (_entry, _limit) in _WORLDS.items():
        if f"softopt/{_name}-v0" not in gymnasium.registry:  # a notebook may import this again
            gymnasium.register(f"softopt/{_name}-v0", entry_point=_entry, max_episode_steps=_limit)
