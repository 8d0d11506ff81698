"""One iteration of soft actor-critic under a slider, stage by stage, on real numbers (6:33 in the lecture)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from softopt.deep.sac_iteration import Iteration
from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure
from softopt.plotting.figure import BLUE, RED, finish

Array = NDArray[np.float64]
STAGES = ("act", "store", "sample", "target", "critics", "policy", "temperature", "target network")
ACT, STORE, SAMPLE, TARGET, CRITICS, POLICY, TEMPERATURE, FOLLOW = range(len(STAGES))


def explore_iteration(iteration: Iteration) -> Explorer:
    """Show the stages of one iteration under a slider: what is known appears, what has moved says by how much."""
    it, stage = iteration, Slider("stage", range(len(STAGES)), labels=STAGES, start=0)
    names = [f"transition {k + 1}" for k in range(len(it.reward))]

    def known(values: Array, since: int) -> Array:
        """(F, N): nothing before the stage at which the numbers are known."""
        frames = np.full((len(STAGES), len(values)), np.nan)
        frames[since:] = values
        return frames

    taken, unit = known(np.array([it.mean, it.acted]), ACT), {"in [−1, 1]": (-1.0, 1.0)}
    drawn = {"steps ago": known(it.age, SAMPLE), "reward r": known(it.reward, SAMPLE)}
    target = {
        "min Q̄(s′, a′)": known(it.next_q, TARGET),
        "−T log π(a′|s′)": known(it.bonus, TARGET),
        "target y": known(it.target, TARGET),
    }
    critic = {
        "Q₁(s, a) before": known(it.q[0], SAMPLE),
        "y − Q₁": known(it.target - it.q[0], TARGET),
        "Q₁ moved by": known(it.q[1] - it.q[0], CRITICS),
    }
    policy = {
        "mean action before": known(it.policy_mean[0], SAMPLE),
        "moved by": known(it.policy_mean[1] - it.policy_mean[0], POLICY),
    }
    follower = {
        "Q₁ − Q̄₁ before": known(it.q[1] - it.follower[0], FOLLOW),
        "Q̄₁ moved by": known(it.follower[1] - it.follower[0], FOLLOW),
    }
    return Explorer(
        [stage],
        [
            [
                Bars("The step taken", ["mean action", "action drawn"], {"in [−1, 1]": taken}, limits=unit),
                Bars("The batch", names, drawn),
                Bars("The target", names, target),
            ],
            [Bars("The critic", names, critic), Bars("The policy", names, policy)],
            [Bars("The target network", names, follower)],
        ],
        sentences(it),
        name="One iteration of soft actor-critic",
        picture=lambda: iteration_figure(it),
    )


def sentences(it: Iteration) -> list[str]:
    """What each stage did, a sentence or two each."""
    say, first = readable, "the first transition"
    moved = it.q[1] - it.q[0]
    off = [float(np.square(q - it.target).mean() / 2) for q in it.q]
    if it.ended[0]:
        sum_up = f"y = r = {say(it.target[0])}: the task ended there, and nothing comes after"
    else:
        sum_up = (
            f"y = {say(it.reward[0])} + {it.discount:g} · ({say(it.next_q[0])} + ({say(it.bonus[0])})) "
            f"= {say(it.target[0])}"
        )
    before, after = it.temperature
    if np.isnan(it.target_entropy):
        heat = f"The temperature is fixed at {say(before)}: nothing to do at this stage."
    else:
        side = "above" if it.entropy > it.target_entropy else "below"
        heat = (
            f"The actions drawn had an entropy of {say(it.entropy, 2)} nats, {side} the target of "
            f"{say(it.target_entropy, 2)}, so T goes from {say(before, 5)} to {say(after, 5)}."
        )
    return [
        f"The policy's mean action here is {say(it.mean, 2)}; with its noise it did {say(it.acted, 2)}, and the world "
        f"paid {say(it.paid)}.",
        f"The transition is stored, beside {it.held - 1} others. Nothing in it says which policy made it.",
        f"{len(it.age)} transitions are drawn from the buffer, the oldest made {int(it.age.max())} steps ago, by a "
        "policy that is gone.",
        f"At each s′ the policy of today draws an action a′. For {first} {sum_up}.",
        f"One step of both critics towards y: for {first} Q₁ was {say(it.q[0, 0], 4)}, and moved by "
        f"{say(moved[0], 2)}. Half its mean squared error went from {say(off[0])} to {say(off[1])}.",
        f"One step of the policy uphill on Q − T log π: at the state of {first} its mean action went from "
        f"{say(it.policy_mean[0, 0], 3)} to {say(it.policy_mean[1, 0], 3)}.",
        heat,
        f"The target network follows: Q̄₁ goes {100 * it.tau:g} percent of the way to Q₁, for {first} from "
        f"{say(it.follower[0, 0], 5)} to {say(it.follower[1, 0], 5)}.",
    ]


def iteration_figure(it: Iteration) -> DescribedFigure:
    """Error of the critic before its step, and how far the step moved it, for each transition."""
    figure = DescribedFigure(
        alt="Two bars a transition: how far the target is from the critic, and how far one step moved the critic; "
        f"the errors are {', '.join(readable(e, 2) for e in it.target - it.q[0])}.",
        figsize=(7.2, 3.0),
    )
    axes, place = figure.subplots(), np.arange(len(it.reward))
    axes.barh(place - 0.18, it.target - it.q[0], 0.34, color=BLUE, label="y − Q₁ before the step")
    axes.barh(place + 0.18, it.q[1] - it.q[0], 0.34, color=RED, label="Q₁ moved by")
    axes.set_yticks(place, [f"transition {k + 1}" for k in place])
    axes.invert_yaxis()
    axes.axvline(0, color="0.3", linewidth=0.8)
    axes.legend(frameon=False, fontsize=9)
    finish(axes, title="A step moves the critic a little, and not each value by its own error", x="reward units", y="")
    return figure
