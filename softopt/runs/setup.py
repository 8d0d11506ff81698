"""What a run is made from: everything that decides its curve, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Annotated, Any

import gymnasium
import torch
import tyro

from softopt.deep import (
    DDPG,
    SAC,
    DDPGConfig,
    DiscreteQConfig,
    DiscreteQLearning,
    Episodes,
    PolicyGradient,
    PolicyGradientConfig,
    SACConfig,
    SoftQLearning,
    SoftQLearningConfig,
    Training,
)
from softopt.deep.optimiser import pick_device
from softopt.deep.precision import resolve
from softopt.deep.settings import check_truth, check_whole
from softopt.envs.quiet import without_deprecations
from softopt.runs.pretrained import begin_from

ALGORITHMS: dict[str, tuple[type, type]] = {
    "sac": (SAC, SACConfig),
    "ddpg": (DDPG, DDPGConfig),
    "policy_gradient": (PolicyGradient, PolicyGradientConfig),
    "soft_q": (SoftQLearning, SoftQLearningConfig),
    "discrete_q": (DiscreteQLearning, DiscreteQConfig),
}
Config = (
    Annotated[SACConfig, tyro.conf.subcommand("sac")]
    | Annotated[DDPGConfig, tyro.conf.subcommand("ddpg")]
    | Annotated[PolicyGradientConfig, tyro.conf.subcommand("policy_gradient")]
    | Annotated[SoftQLearningConfig, tyro.conf.subcommand("soft_q")]
    | Annotated[DiscreteQConfig, tyro.conf.subcommand("discrete_q")]
)


@dataclass(frozen=True)
class Setup:
    """A run: algorithm and settings, environment, length and seed.

    Attributes:
        config: settings of the algorithm; their type says which algorithm it is.
        environment: a name that gymnasium knows.
        steps: environment steps in all.
        seed: of weights, noise, batches and episodes.
        evaluate_every: environment steps between evaluations.
        evaluation_episodes: episodes in one evaluation, with the best action at every step.
        options: what the environment is made with, such as ``blocked upper``.
        symmetric: whether every transition is turned, when it is drawn from the replay, by one of the turns under
            which the environment stays as it is.
        pretrained: the name of a recording with whose networks the run begins, those of the recorded seed that has the
            same place among its seeds; None begins with random ones.
        keep_every: environment steps between the policies that are kept on the way, a multiple of ``evaluate_every``;
            None keeps the last one alone.
    """

    config: Config
    environment: str = "HalfCheetah-v5"
    steps: int = 300_000
    seed: int = 0
    evaluate_every: int = 5_000
    evaluation_episodes: int = 10
    options: dict[str, float | str] = field(default_factory=dict)  # the first that fits: a number, or a word
    symmetric: bool = False
    pretrained: str | None = None
    keep_every: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("seed", 0), ("evaluate_every", 1), ("evaluation_episodes", 1)):
            check_whole(name, getattr(self, name), least)
        check_truth("symmetric", self.symmetric)
        if self.keep_every is not None and (self.keep_every < 1 or self.keep_every % self.evaluate_every):
            raise ValueError(
                f"keep_every is a multiple of evaluate_every, {self.evaluate_every} here, so that each policy that is "
                f"kept has been evaluated; got {self.keep_every}."
            )

    @property
    def algorithm(self) -> str:
        """Name of the algorithm: a key of :data:`ALGORITHMS`."""
        return next(name for name, (_, config) in ALGORITHMS.items() if isinstance(self.config, config))

    def build(self) -> Training:
        """Make the agent and its environment, at step 0.

        Raises:
            ValueError: an environment that the learners cannot use, or other networks than the pre-trained ones.
            FileNotFoundError: no such recording to begin from.
        """
        learner = ALGORITHMS[self.algorithm][0]
        try:
            with without_deprecations():
                world = gymnasium.make(self.environment, **self.options)
            episodes = Episodes(world, self.seed, discrete=getattr(learner, "discrete", False))
        except (gymnasium.error.Error, TypeError, ImportError) as fault:  # no such name or option; a package is missing
            raise ValueError(str(fault)) from fault
        agent = learner(*episodes.sizes, self.config, self.seed)
        if self.symmetric:
            agent.replay.symmetries = self._symmetries(world, agent)
        if self.pretrained is not None:
            begin_from(agent, self.pretrained, self.seed)
        return Training(agent, episodes, self.seed)

    def _symmetries(self, world: gymnasium.Env, agent: Any) -> tuple[torch.Tensor, torch.Tensor]:
        known = getattr(world.unwrapped, "symmetries", None)
        if known is None or not hasattr(agent, "replay"):
            raise ValueError(
                "symmetric needs an environment that knows its symmetries, such as softopt/Spider-v0, and an algorithm "
                f"with a replay; got {self.environment} and {self.algorithm}."
            )
        like = agent.replay.table
        return torch.as_tensor(known.observation).to(like), torch.as_tensor(known.action).to(like)

    def resolved(self) -> Setup:
        """The same with every "auto" replaced by what it means on this machine."""
        means = {"precision": resolve, "device": pick_device}
        there = {entry.name for entry in fields(self.config)} & set(means)
        return replace(self, config=replace(self.config, **{n: means[n](getattr(self.config, n)) for n in there}))

    def to_json(self) -> dict[str, Any]:
        """A dictionary that JSON can hold; :meth:`from_json` reads it."""
        return {"algorithm": self.algorithm, **asdict(self)}

    @classmethod
    def from_json(cls, entries: dict[str, Any]) -> Setup:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: an unknown algorithm or setting, with its name.
        """
        given = dict(entries)
        algorithm, config = given.pop("algorithm", None), given.pop("config", {})
        if algorithm not in ALGORITHMS:
            raise ValueError(f"algorithm is one of {', '.join(ALGORITHMS)}; got {algorithm!r}.")
        form = ALGORITHMS[algorithm][1]
        for what, kind in ((config, form), (given, cls)):
            unknown = set(what) - {entry.name for entry in fields(kind)}
            if unknown:
                raise ValueError(f"{kind.__name__} has no setting {', '.join(sorted(unknown))}.")
        config = {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}
        return cls(config=form(**config), **given)
