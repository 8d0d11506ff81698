"""Film one episode of a MuJoCo environment: poses, contacts and numbers, no pictures and no graphics driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softopt.envs._camera import Camera
from softopt.envs.rollout import Rollout

if TYPE_CHECKING:
    import gymnasium


def film(
    env: gymnasium.Env,
    act: Callable[[NDArray[Any]], ArrayLike],
    *,
    seed: int,
    steps: int | None = None,
    torso: str | None = None,
    feet: Mapping[str, str] | None = None,
    measure: Mapping[str, Callable[[Any], ArrayLike]] | None = None,
    title: str = "Rollout",
    subtitle: str = "",
) -> Rollout:
    """Run one episode and record the pose of every visible geom after every step.

    The camera leaves no trace: observations and rewards are bit for bit those of the same run without it.
    Interrupt it, and what has been filmed so far comes back.

    Args:
        env: a MuJoCo environment of gymnasium, such as ``gymnasium.make("HalfCheetah-v5")``.
        act: observation -> action, in the environment's own units.
        seed: of the environment's reset.
        steps: at most so many; None runs to the environment's time limit. Termination ends the film.
        torso: a body whose course is recorded as the series ``place`` (T, 3) metres, ``speed`` (T,) m/s along x,
            and ``pitch`` (T,) radians: how far its x axis points up, beyond 90 degrees when it is upside down.
        feet: what a reader calls it -> geom whose contacts with the ground are recorded at every sub-step, as in
            ``{"back foot": "bfoot"}``. The ground is every geom of the world: floor, blocks, walls. A contact is
            that of the pose at which the sub-step begins.
        measure: name -> function of the unwrapped environment, called after every step and kept as a series.
        title: who moves, as in "Random actions".
        subtitle: more about it.

    Raises:
        ValueError: an environment without MuJoCo, an unknown body or geom, a shape that a rollout does not know,
            or no end to the episode.
    """
    from tqdm.auto import tqdm

    world = env.unwrapped
    if not all(hasattr(world, name) for name in ("model", "data", "do_simulation", "frame_skip")):
        raise ValueError(f"film needs a MuJoCo environment of gymnasium, got {type(world).__name__}.")
    if steps is None:
        steps = getattr(env.spec, "max_episode_steps", None)
    if steps is None or steps < 1:
        raise ValueError("the environment has no time limit; say with steps= after how many steps to stop (1 or more).")
    camera = Camera(world, torso, feet or {})
    measured: dict[str, list[Any]] = {name: [] for name in measure or {}}
    rewards: list[float] = []
    with camera.running(), tqdm(total=steps, desc="filming", unit="step", delay=1.0, leave=False) as bar:
        observation, _ = env.reset(seed=seed)
        camera.begin()
        try:
            for _ in range(steps):
                observation, reward, terminated, truncated, _ = env.step(np.asarray(act(observation)))
                for name, function in (measure or {}).items():
                    measured[name].append(np.array(function(world), dtype=np.float32))
                camera.look()
                rewards.append(float(reward))
                bar.update()
                if terminated or truncated:
                    break
            bar.total = bar.n  # an episode that ends early is no failure, for which the bar would stay, in red
        except KeyboardInterrupt:
            if not rewards:
                raise
    series = {"reward": rewards, **measured}
    return camera.rollout(len(rewards), series, title=title, subtitle=subtitle)
