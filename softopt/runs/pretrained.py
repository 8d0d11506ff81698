"""To go on learning in another world: a fresh agent with the networks of a recorded one."""

from __future__ import annotations

from torch import nn

from softopt.deep import Agent
from softopt.runs.recording import load

TARGET = "target_"  # a slow copy of the network of that name


def begin_from(agent: Agent, name: str, seed: int) -> None:
    """Give an agent the networks of a recorded one, critic included; replay and optimisers stay empty.

    Args:
        agent: of the same algorithm, and of the same sizes.
        name: of the recording.
        seed: of the N recorded seeds the one with number ``seed`` modulo N is taken.

    Raises:
        FileNotFoundError: no such recording.
        ValueError: it is of another algorithm or of other sizes, its critic was not recorded, or there is none in this
            algorithm.
    """
    if not hasattr(agent, "critic"):
        raise ValueError(f"a {type(agent).__name__} keeps no critic, and cannot go on from a recorded agent.")
    recording = load(name)
    before = recording.agent(recording.seeds[seed % len(recording.seeds)])
    if type(before) is not type(agent):
        raise ValueError(f"{name} is a {type(before).__name__}; it cannot begin a {type(agent).__name__}.")
    networks = {part: module for part, module in agent.parts().items() if isinstance(module, nn.Module)}
    for part, network in networks.items():
        source = getattr(before, part.removeprefix(TARGET))
        if source is None:
            raise ValueError(f"the {part.removeprefix(TARGET)} of {name} was not recorded; nothing can begin from it.")
        try:
            network.load_state_dict(source.state_dict())
        except RuntimeError as fault:
            raise ValueError(
                f"the networks of {name} have other sizes: another environment, or other hidden layers. ({fault})"
            ) from fault
