"""The competitors of ``bench sac`` and ``bench sql``: one learner in this process; it takes steps when it is told to.

Every one learns its temperature, keeps a million transitions, draws random actions at first, and then makes one update
a step; networks and batch are those of the order. Requests and answers are lines: when the first update is made the
process says so; to ``go 100`` it takes a hundred steps and answers with their time; when its input ends it ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import IO, Any

from softopt.experiments.machine import peak_mb


@dataclass(frozen=True)
class Order:
    """Which competitor, and what it trains.

    Attributes:
        name: of its row in the table.
        kind: a key of :data:`KINDS`.
        explicit, precision, device: of :class:`softopt.deep.SACConfig`; the peers have no such choices.
        environment: a name that gymnasium knows.
        hidden: sizes of the hidden layers.
        batch: transitions in one update, and random steps before the first one.
        seed: of everything random.
    """

    name: str
    kind: str = "softopt"
    explicit: bool = True
    precision: str = "auto"
    device: str = "cpu"
    environment: str = "HalfCheetah-v5"
    hidden: tuple[int, ...] = (256, 256)
    batch: int = 256
    seed: int = 0


def softopt(order: Order) -> Callable[[int], object]:
    """Ours, in the loop that ``python -m softopt train`` runs."""
    from softopt.deep import train

    training = training_of(order)
    return lambda steps: list(train(training, training.episodes.steps + steps, evaluate_every=0))


def training_of(order: Order) -> Any:
    """The :class:`softopt.deep.Training` of an order of one of ours, before its first step."""
    from softopt.deep import SAC, Episodes, SACConfig, SoftQLearning, SoftQLearningConfig, Training

    shared = {
        "hidden": tuple(order.hidden),
        "batch": order.batch,
        "warm_up": order.batch,
        "precision": order.precision,
        "device": order.device,
    }
    if order.kind == "soft_q":  # the particles of the code that was released with the paper
        config = SoftQLearningConfig(**shared, value_particles=16, fixed_particles=8, moved_particles=8)
    else:
        config = SACConfig(**shared, learning_rate=3e-4, temperature=None, explicit=order.explicit)
    episodes = Episodes(order.environment, order.seed)
    algorithm = SoftQLearning if order.kind == "soft_q" else SAC
    return Training(algorithm(*episodes.sizes, config, order.seed), episodes, order.seed)


def stable_baselines3(order: Order) -> Callable[[int], object]:
    """Stable-Baselines3, in its own loop; what is not said here is its default."""
    from stable_baselines3 import SAC

    model = SAC("MlpPolicy", order.environment, **peer_settings(order), device="cpu")
    return lambda steps: model.learn(steps, reset_num_timesteps=False)


def sbx(order: Order) -> Callable[[int], object]:
    """The JAX sister of Stable-Baselines3, compiled."""
    if hasattr(os, "sched_setaffinity"):  # no flag keeps XLA to one thread, so its threads share one processor
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    import jax
    from sbx import SAC

    model = SAC("MlpPolicy", order.environment, **peer_settings(order))

    def advance(steps: int) -> None:
        model.learn(steps, reset_num_timesteps=False)
        jax.block_until_ready(model.policy.qf_state.params)  # JAX answers before it has finished

    return advance


def peer_settings(order: Order) -> dict[str, Any]:
    """The order in the words of the two peers."""
    return {
        "policy_kwargs": {"net_arch": list(order.hidden)},
        "batch_size": order.batch,
        "learning_starts": order.batch,
        "seed": order.seed,
    }


KINDS: dict[str, Callable[[Order], Callable[[int], object]]] = {
    "softopt": softopt,
    "soft_q": softopt,
    "stable_baselines3": stable_baselines3,
    "sbx": sbx,
}


def facts(order: Order) -> dict[str, Any]:
    """What only a process with torch knows: the precision of matrix products, and whether CUDA is there."""
    if order.kind not in ("softopt", "soft_q"):
        return {}
    import torch

    from softopt.deep.precision import resolve

    return {"precision": resolve(order.precision), "cuda": torch.cuda.is_available()}


def own_channel() -> IO[str]:
    """Keep standard output for the answers alone: whatever else is printed goes to standard error."""
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return channel


def main() -> None:
    """Serve the order that the first argument holds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the bench; the end of the input follows from it
    channel, order = own_channel(), Order(**json.loads(sys.argv[1]))
    import torch

    torch.set_num_threads(1)
    advance = KINDS[order.kind](order)
    advance(order.batch + 1)
    print(json.dumps({"processor_seconds": time.process_time(), **facts(order)}), file=channel)
    for line in sys.stdin:
        steps = int(line.removeprefix("go "))
        began, worked = time.perf_counter(), time.process_time()
        advance(steps)
        lap = {"seconds": time.perf_counter() - began, "processor_seconds": time.process_time() - worked}
        print(json.dumps({**lap, "peak_mb": peak_mb()}), file=channel)


def order_line(order: Order) -> str:
    """The order as the argument of a process."""
    return json.dumps(asdict(order))


if __name__ == "__main__":
    main()
