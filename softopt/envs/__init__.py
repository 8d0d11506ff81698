"""Bodies that move: films of MuJoCo environments, and the rollouts that such films leave."""

from softopt.envs.film import film
from softopt.envs.rollout import Contact, Geom, Rollout

__all__ = ["Contact", "Geom", "Rollout", "film"]
