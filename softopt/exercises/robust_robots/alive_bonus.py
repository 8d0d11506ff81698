"""A bonus for being alive: from which on is it better never to take a step?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.envs.quadruped.frame import break_even_bonus
from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Few steps, so that the sums can be written out; one discount is 1."""
    for falls_after, horizon, discount in (
        (1, 2, 0.5),
        (1, 3, 1.0),
        (2, 3, 0.5),
        (2, 4, 0.9),
        (3, 5, 1.0),
        (3, 6, 0.8),
        (4, 10, 0.9),
        (1, 10, 0.5),
        (2, 8, 1.0),
        (5, 6, 0.9),
    ):
        speed = float(generator.choice([0.5, 1.0, 2.0, 3.0]))
        arguments = {"speed": speed, "falls_after": falls_after, "horizon": horizon, "discount": discount}
        yield Case(horizon, arguments)


def reference(speed, falls_after, horizon, discount):
    """The package's break-even bonus."""
    return break_even_bonus(speed, falls_after, horizon, discount)


def _sum(n, discount):
    return sum(discount**k for k in range(n))


@misconception("without the discount")
def undiscounted(speed, falls_after, horizon, discount):
    """This is right for a discount of 1. With a smaller one the late steps count for less, and those are the ones that
    only the standing robot gets. Replace each number of steps by a sum of discounts."""
    return reference(speed, falls_after, horizon, 1.0)


@misconception("the fall left out", lambda speed, falls_after, horizon, discount: 0 * speed)
def never_falls(speed, falls_after, horizon, discount):
    """The bonus equals the speed here: what a step of walking earns without a bonus, against what a step of standing
    earns with it. But the walking robot gets the bonus as well, as long as it walks; what it loses are the steps after
    its fall."""
    return speed


@misconception("no bonus for the one that walks")
def bonus_for_standing(speed, falls_after, horizon, discount):
    """Here only the standing robot gets the bonus. It is a bonus for being *alive*, and who walks is alive until it
    falls."""
    return speed * _sum(falls_after, discount) / _sum(horizon, discount)


@misconception("the wrong one of the two in the numerator")
def upside_down(speed, falls_after, horizon, discount):
    """The fraction is upside down: a fall that comes early would ask for a large bonus. Who falls early has little to
    lose by standing still, so a *small* bonus is enough to keep it from walking."""
    walking, standing = _sum(falls_after, discount), _sum(horizon, discount)
    return speed * (standing - walking) / walking


@misconception("standing for ever")
def for_ever(speed, falls_after, horizon, discount):
    """The standing robot was paid for ever. The episode ends after `horizon` steps, for it too."""
    if discount == 1:
        return 0.0
    walking, standing = _sum(falls_after, discount), 1 / (1 - discount)
    return speed * walking / (standing - walking)


@misconception("one step too many", lambda s, f, h, d: s * _sum(f + 1, d) / (_sum(h + 1, d) - _sum(f + 1, d)))
def one_more(speed, falls_after, horizon, discount):
    """One step too many was paid. With `falls_after = 1` it takes one step, earns once, and lies on the ground."""
    walking, standing = _sum(falls_after + 1, discount), _sum(horizon, discount)
    return speed * walking / (standing - walking) if standing != walking else np.inf


@misconception("the discount begins too early")
def discounted_first(speed, falls_after, horizon, discount):
    """The sums are right but for their powers: G(n) is 1 + γ + … + γⁿ⁻¹. In one of them every power is one too high.
    Has the first step a weight of 1?"""
    walking, standing = _sum(falls_after, discount), discount * _sum(horizon, discount)
    return speed * walking / (standing - walking) if standing != walking else np.inf


exercise = Exercise(
    name="alive_bonus",
    title="paid for standing still",
    statement="""
        A robot that walks earns `speed` at each step and falls after `falls_after` steps, which ends the episode. One
        that stands still earns nothing and lasts for all `horizon` steps. Somebody adds a bonus at every step for being
        alive, to both. Write `my_alive_bonus(speed, falls_after, horizon, discount)`: the bonus at which both have the
        same discounted return. The first step has a weight of 1.

            (speed + bonus) · G(falls_after) = bonus · G(horizon),    G(n) = 1 + γ + … + γⁿ⁻¹
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Who walks gets the bonus as well, but fewer times. Bring everything with the bonus in it to one side of
        the equation.""",
        """`sum(discount**k for k in range(n))` is G(n), also for a discount of 1. What stands on the other side of the
        equation has no bonus in it.""",
    ),
    minutes=5,
    difficulty=1,
    points=1,
    misconceptions=(
        undiscounted,
        never_falls,
        bonus_for_standing,
        upside_down,
        for_ever,
        one_more,
        discounted_first,
    ),
)
