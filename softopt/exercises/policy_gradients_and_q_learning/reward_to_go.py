"""The soft reward to go of one episode: what a policy gradient multiplies each score by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Short episodes with probabilities in tenths."""
    for length in (2, 2, 3, 3, 4, 5):
        for temperature in (0.5, 2.0):
            yield Case(
                length,
                {
                    "rewards": one_decimal(generator.uniform(-3, 3, length)),
                    "probabilities": generator.integers(1, 10, length) / 10,
                    "temperature": temperature,
                    "discount": float(generator.choice([0.5, 0.9])),
                },
            )


def _sum_ahead(paid, discount):
    """G_t = sum_{k >= t} discount ** (k - t) paid_k, (L,)."""
    to_go, total = np.zeros(len(paid)), 0.0
    for t in reversed(range(len(paid))):
        total = paid[t] + discount * total
        to_go[t] = total
    return to_go


def reference(rewards, probabilities, temperature, discount):
    """Discounted sum of r - T log pi over this step and all later ones."""
    return _sum_ahead(rewards - temperature * np.log(probabilities), discount)


@misconception("the entropy is dropped")
def entropy_dropped(rewards, probabilities, temperature, discount):
    """These are the ordinary rewards to go, and the temperature has no effect. A policy gradient that climbs them
    drives the policy to certainty, in one state after the other, and what it no longer tries it no longer sees."""
    return _sum_ahead(rewards, discount)


@misconception("the entropy of the present step only")
def entropy_outside_the_return(rewards, probabilities, temperature, discount):
    """−T log π of the present action is paid, that of the later ones is not: the entropy stands outside the
    return. An agent that learns from this likes to have a choice now and does not mind where it leads. In the
    soft objective the way to a place with many choices is worth something too."""
    return _sum_ahead(rewards, discount) - temperature * np.log(probabilities)


@misconception("the entropy of the later steps only")
def entropy_of_later_steps_only(rewards, probabilities, temperature, discount):
    """−T log π is paid from the next step on; that of the present action is missing. Such a sum estimates Q − r,
    counted after the choice, and a policy that climbs it is greedy in Q. What holds it back from certainty is
    the price of the present choice."""
    return reference(rewards, probabilities, temperature, discount) + temperature * np.log(probabilities)


@misconception("the sign of the entropy")
def wrong_sign(rewards, probabilities, temperature, discount):
    """T log π is added, and log π is negative: a surprising action costs instead of being paid. This policy
    gradient runs to certainty even faster than an ordinary one."""
    return _sum_ahead(rewards + temperature * np.log(probabilities), discount)


@misconception("the temperature is missing")
def temperature_missing(rewards, probabilities, temperature, discount):
    """This is the answer at temperature 1: nats are added to rewards as they are. What converts the one into the
    other?"""
    return reference(rewards, probabilities, 1.0, discount)


@misconception("the whole return at every step")
def whole_return(rewards, probabilities, temperature, discount):
    """Every step is given the return of the whole episode, what came before it included. On average that is no
    mistake, since the past does not depend on what is done now, but it is noise. Asked for is what is still to
    come at each step."""
    return np.full(len(rewards), reference(rewards, probabilities, temperature, discount)[0])


@misconception("the rewards so far")
def rewards_so_far(rewards, probabilities, temperature, discount):
    """Each entry sums the steps up to t, and not those from t on. What has been paid is paid: an action can only
    be judged by what comes after it. Should the loop run backwards?"""
    paid = rewards - temperature * np.log(probabilities)
    return np.cumsum(discount ** np.arange(len(paid)) * paid)


@misconception("the discount counted from the start of the episode")
def discounted_from_the_start(rewards, probabilities, temperature, discount):
    """Step k weighs discount to the power k wherever you stand, so entry t is too small by discount to the power
    t. Standing at t, the present step weighs 1. The factor that is left over belongs to the visits, not to the
    reward to go."""
    paid = discount ** np.arange(len(rewards)) * (rewards - temperature * np.log(probabilities))
    return np.cumsum(paid[::-1])[::-1]


@misconception("the entropy is not discounted")
def entropy_not_discounted(rewards, probabilities, temperature, discount):
    """The rewards are discounted, the entropies are not. Both are paid at the same moment, and one discount stands
    before both."""
    return _sum_ahead(rewards, discount) + _sum_ahead(-temperature * np.log(probabilities), 1.0)


exercise = Exercise(
    name="reward_to_go",
    title="the soft reward to go",
    statement="""
        Write `my_reward_to_go(rewards, probabilities, temperature, discount)`. An episode of L steps paid `rewards`,
        and the policy had given the actions that were taken the probabilities `probabilities`, both of shape (L,).
        Return, for each step, what it and all later steps are worth at that moment, shape (L,), in the entropy form:

            G_t = Σ_{k ≥ t} discount^(k − t) · ( r_k − T log π_k )
        """,
    reference=reference,
    cases=cases,
    hints=(
        """First what each step pays, reward and entropy together: one array of shape (L,). Then the sums. The last
        entry is the easiest one; how does the one before it follow from it?""",
        """G_t = (what step t pays) + discount · G_{t+1}. Walk backwards from the last step with one running total, and
        write it down at each step.""",
    ),
    minutes=6,
    difficulty=1,
    points=1,
    misconceptions=(
        entropy_dropped,
        entropy_outside_the_return,
        entropy_of_later_steps_only,
        wrong_sign,
        temperature_missing,
        whole_return,
        rewards_so_far,
        discounted_from_the_start,
        entropy_not_discounted,
    ),
)
