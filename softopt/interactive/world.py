"""A world in which the reader drags the agent and sees what every action is worth there, computed in the page."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray

from softopt.interactive.assemble import JS, assemble
from softopt.interactive.pack import Pack
from softopt.interactive.page_agent import PageAgent
from softopt.interactive.panels import palette
from softopt.interactive.world_sentence import STILL, world_sentence
from softopt.plotting.q_world import SHARE, level_holding, q_world
from softopt.plotting.scene import Scene, check_paths

Array = NDArray[Any]
SIDE = 41  # actions along one edge of the square
DRAWS = 64


class World(anywidget.AnyWidget):
    """A world, an agent in it that can be dragged, and Q over its actions. :func:`explore_world` makes it.

    Networks are sent once; what they say at a place is computed in the page, without a word to the kernel.

    Attributes:
        position: [x, y] of the agent at first; the page does not report back.
        selected: which of the agents is shown at first.
    """

    _esm = assemble("world.js")
    _css = "".join((JS / name).read_text(encoding="utf-8") for name in ("explorer.css", "world.css"))
    spec = traitlets.Dict().tag(sync=True)
    frames = traitlets.Bytes().tag(sync=True)
    position = traitlets.List(traitlets.Float()).tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        scene: Scene,
        agents: Mapping[str, PageAgent],
        paths: Mapping[str, Array],
        start: tuple[float, float],
        positions: Array,
        observed: tuple[Array, Array],
        temperatures: Mapping[str, float],
        name: str,
    ) -> None:
        self.scene, self.agents, self.paths, self.temperatures = scene, dict(agents), dict(paths), dict(temperatures)
        self._positions, self._observed = positions, observed
        self._noise = np.random.default_rng(0).standard_normal((DRAWS, 2)).astype(np.float32)
        pack = Pack()
        spec = {
            "name": name,
            "scene": _describe(scene),
            "agents": [
                {"name": key, "paths": paths.get(key), "temperature": temperatures.get(key), **agent.describe()}
                for key, agent in agents.items()
            ],
            "matrix": observed[0].tolist(),
            "offset": observed[1].tolist(),
            "noise": self._noise,
            "start": list(start),
            "side": SIDE,
            "share": SHARE,
            "still": STILL,
            "palette": palette("viridis"),
        }
        shipped = pack.ship(spec)
        super().__init__(spec=shipped, frames=b"".join(pack.parts), position=list(start))

    def at(self, position: ArrayLike, agent: str | None = None) -> tuple[Array, Array]:
        """Q over the square of actions (41, 41), rows along the second action, and the draws (n, 2) at a place."""
        shown = self.agents[agent or list(self.agents)[self.selected]]
        seen = self._see(position)
        edge = np.linspace(-1, 1, SIDE, dtype=np.float32)
        square = np.stack(np.meshgrid(edge, edge), axis=-1).reshape(-1, 2)
        return shown.q(seen, square).reshape(SIDE, SIDE), shown.draw(seen, self._noise)

    @property
    def sentence(self) -> str:
        """What is true where the agent stands in the kernel."""
        return self.say(self.position)

    def say(self, position: ArrayLike, agent: str | None = None) -> str:
        """What the page says of a place: the range of Q, and where the draws point."""
        name = agent or list(self.agents)[self.selected]
        q, draws = self.at(position, name)
        temperature, inside = self.temperatures.get(name), None
        if temperature:
            values = self.agents[name].q(self._see(position), draws)
            inside = int((values >= level_holding(q, temperature)).sum())
        return world_sentence(position, q, draws, inside, SHARE)

    def _see(self, position: ArrayLike) -> Array:
        """The observation (O,) at a place (2,)."""
        matrix, offset = self._observed
        return np.asarray(matrix @ np.asarray(position, dtype=float) + offset, np.float32)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add the sentence and a picture, for pages in which no widget script runs."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        figure = self.picture()
        picture = base64.b64encode(figure.png()).decode()
        data = {**data, "text/plain": f"{self.spec['name']}. {self.sentence}", "image/png": picture}
        return data, {**metadata, "image/png": {"alt": figure.alt}}

    def picture(self, agent: str | None = None) -> Any:
        """The still picture of one agent, of the first if None: :func:`softopt.plotting.q_world` at a few places."""
        name = agent or list(self.agents)[self.selected]
        looks = [self.at(position, name) for position in self._positions]
        said = " ".join(self.say(position, name) for position in self._positions)
        return q_world(
            self.scene,
            name,
            self.paths.get(name),
            self._positions,
            q=[q for q, _ in looks],
            actions=[draws for _, draws in looks],
            title=self.spec["name"],
            alt=f"{self.spec['name']}: {name}. {said}",
            temperature=self.temperatures.get(name),
        )


def explore_world(
    scene: Scene,
    agents: Mapping[str, PageAgent],
    paths: Mapping[str, ArrayLike] | None = None,
    start: Sequence[float] = (0.0, 0.0),
    observe: str | tuple[ArrayLike, ArrayLike] = "identity",
    *,
    name: str = "What every action is worth where the agent stands",
    temperatures: Mapping[str, float] | None = None,
    positions: ArrayLike | None = None,
) -> World:
    """Let the reader drag an agent through a world and see Q(s, ·) and the policy's draws at every place.

    Args:
        scene: the world, with ``move``, the way that an action of length 1 covers.
        agents: name -> networks with actions in [-1, 1]²; with several, the reader picks one.
        paths: name -> (n, T + 1, 2) recorded ways of that agent, NaN after the end; an agent may have none.
        start: (2,) where the agent stands at first.
        observe: "identity" where the observation is the position itself; or (matrix (O, 2), offset (O,)), for
            matrix @ position + offset.
        name: what a screen reader calls the whole, and the title of the still picture.
        temperatures: name -> T in reward units. For these agents a bold line encloses 90 % of exp(Q / T), the policy
            that would be soft optimal for the Q shown.
        positions: (k, 2) places of the still picture; None takes the start and two more.

    Raises:
        ValueError: no agent, a name that is no agent's, shapes that do not fit, or a start that is not in the world.
    """
    if not agents:
        raise ValueError("a world needs at least one agent.")
    paths, temperatures = dict(paths or {}), dict(temperatures or {})
    for what, given in (("paths", paths), ("temperatures", temperatures)):
        if unknown := set(given) - set(agents):
            raise ValueError(f"{what} name {', '.join(sorted(unknown))}; the agents are {', '.join(agents)}.")
    if any(not (np.isfinite(temperature) and temperature > 0) for temperature in temperatures.values()):
        raise ValueError(f"temperatures are finite and above 0; leave out an agent that has none; got {temperatures}.")
    if np.shape(start) != (2,) or not scene.holds(start):
        raise ValueError(f"start must be two numbers in the world and in no wall, got {start}.")
    matrix, offset = (np.eye(2), np.zeros(2)) if isinstance(observe, str) else map(np.asarray, observe)
    if (isinstance(observe, str) and observe != "identity") or matrix.shape != (len(offset), 2):
        raise ValueError('observe is "identity", or a matrix (O, 2) and an offset (O,).')
    for key, agent in agents.items():
        if agent.action_size != 2 or agent.observation_size != len(offset):
            raise ValueError(
                f"{key} maps {agent.observation_size} numbers to an action of {agent.action_size}; "
                f"this world has {len(offset)} to see and 2 to act with."
            )
    recorded = {key: check_paths(given, key) for key, given in paths.items()}
    if positions is None:
        left, right, bottom, top = scene.limits
        thirds = [(left + part * (right - left), bottom + (top - bottom) * 2 / 3) for part in (1 / 3, 2 / 3)]
        positions = [start, *(place for place in thirds if scene.holds(place))]
    places = np.asarray(positions, dtype=float)
    if places.ndim != 2 or places.shape[1] != 2:
        raise ValueError(f"positions must have shape (k, 2), got {places.shape}.")
    x, y = map(float, start)
    return World(scene, agents, recorded, (x, y), places, (matrix, offset), temperatures, name)


def _describe(scene: Scene) -> dict[str, Any]:
    """The scene as the page reads it."""
    return {
        "limits": [float(value) for value in scene.limits],
        "goals": scene.goals.tolist(),
        "names": list(scene.names),
        "radius": float(scene.radius),
        "walls": [[float(value) for value in wall] for wall in scene.walls],
        "background": scene.background,
        "shape": None if scene.background is None else list(scene.background.shape),
        "move": float(scene.move),
        "labels": list(scene.labels),
    }
