"""Two fields over the same hill: the soft policy gradient, and the one whose entropy stays outside the return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, GridMap, Lines
from softopt.interactive.slider import Slider, readable
from softopt.plotting import DescribedFigure
from softopt.plotting.fields import fields
from softopt.tabular import MDP, evaluate, plan
from softopt.tabular.grid import Grid
from softopt.tabular.learning import entropy_outside_gradient, pgql_fixed_point, soft_policy_gradient

INSIDE, OUTSIDE = "entropy inside", "entropy outside"
AXIS = np.linspace(-2.0, 2.0, 9)  # of both log-odds
DIRECTIONS = 16
ANGLES = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS


@dataclass(frozen=True, eq=False)
class Fields:
    """Both fields at F temperatures, over N x N pairs of log-odds, the second of them first.

    Attributes:
        temperatures: (F,).
        loss: (F, N, N) J below its maximum, at most 0.
        inside, outside: (F, N, N, 2) the two fields, components of the first and of the second log-odds.
        chance: (F, 2, 2) where each field rests, inside first: probability of action 0 in either state.
        lost: (F,) J that the second resting point is below the first.
    """

    temperatures: np.ndarray
    loss: np.ndarray
    inside: np.ndarray
    outside: np.ndarray
    chance: np.ndarray
    lost: np.ndarray


def gradient_fields(mdp: MDP, states: tuple[int, int], temperatures: ArrayLike) -> Fields:
    """Compute both fields for a policy of two parameters: the log-odds of action 0 in each of two states.

    Args:
        mdp: entropy form, infinite horizon.
        states: two states with two actions; no other state that is visited has a choice.
        temperatures: (F,) increasing and positive.

    Raises:
        ValueError: a prior, or states that have not two allowed actions each.
    """
    if mdp.prior is not None or len(set(states)) != 2 or (mdp.allowed[list(states)].sum(axis=1) != 2).any():
        raise ValueError(f"give an MDP without a prior and two of its states with two actions each; got {states}.")
    temperatures = np.asarray(temperatures, dtype=np.float64)
    rows, plane = list(states), (AXIS.size, AXIS.size)
    many = side_by_side(mdp, AXIS.size**2)
    logits = np.zeros((*plane, *mdp.reward.shape))
    logits[..., rows[0], 0], logits[..., rows[1], 0] = np.meshgrid(AXIS, AXIS)
    flat = logits.reshape(many.reward.shape)
    loss, inside, outside, chance, lost = [], [], [], [], []
    for temperature in temperatures:
        best, rest = plan(mdp, temperature), pgql_fixed_point(mdp, temperature)
        top = float(mdp.initial @ best.value)
        chance.append([best.policy[rows, 0], rest.policy[rows, 0]])
        lost.append(top - float(mdp.initial @ evaluate(mdp, rest.policy, temperature).value))
        right = soft_policy_gradient(many, flat, temperature)
        value = evaluate(many, right.policy, temperature).value.reshape(*plane, -1)
        loss.append(value @ mdp.initial - top)
        # Each copy is started with a chance of one over their number.
        for kept, field in ((inside, right.gradient), (outside, entropy_outside_gradient(many, flat, temperature))):
            kept.append(AXIS.size**2 * field.reshape(logits.shape)[..., rows, 0])
    found = (np.array(part) for part in (loss, inside, outside, chance, lost))
    return Fields(temperatures, *found)


def side_by_side(mdp: MDP, count: int) -> MDP:
    """Return ``count`` copies of an MDP that know nothing of each other, as one: many policies, solved in one go."""
    n_states, n_actions = mdp.reward.shape
    moves = np.einsum("kl,sat->ksalt", np.eye(count), np.asarray(mdp.transition))
    return MDP(
        moves.reshape(count * n_states, n_actions, count * n_states),
        np.tile(mdp.reward, (count, 1)),
        discount=mdp.discount,
        initial=np.tile(mdp.initial / count, count),
        terminal=np.tile(mdp.terminal, count),
    )


def explore_gradient_fields(found: Fields, names: tuple[str, str]) -> Explorer:
    """Show both fields over the soft objective, the arrows at a chosen point, and where each comes to rest.

    Args:
        found: see :func:`gradient_fields`.
        names: what action 0 is in each of the two states, as in "the hall".
    """
    slider = Slider("temperature", found.temperatures)
    frames, count = found.temperatures.size, AXIS.size**2
    upright = slice(None, None, -1)  # a map's first row is on top, where the second parameter is largest
    plane = Grid(
        ("." * AXIS.size,) * AXIS.size,
        np.argwhere(np.ones((AXIS.size, AXIS.size), dtype=bool)),
        np.stack([-np.sin(ANGLES), np.cos(ANGLES)], axis=1),
        tuple(f"{360 * k // DIRECTIONS}°" for k in range(DIRECTIONS)),
    )
    flat = {name: field[:, upright].reshape(frames, count, 2) for name, field in _both(found).items()}
    # Arrows are compared within a frame: the longest of each, in either map, has the length of a sure action.
    longest = np.max([np.hypot(*np.moveaxis(field, -1, 0)).max(axis=1) for field in flat.values()], axis=0)
    middle = count // 2
    maps = [
        GridMap(
            f"J below its maximum; arrows: {name}",
            plane,
            found.loss[:, upright].reshape(frames, count),
            policy=compass(field, longest[:, None]),
            limits=(-1.0, 0.0),
            colours="cividis",
        )
        for name, field in flat.items()
    ]
    bound = max(float(np.abs(field[:, middle]).max()) for field in flat.values())
    first = {name: found.chance[:, k, 0] for k, name in enumerate(_both(found))}
    return Explorer(
        [slider],
        [
            list(maps),
            [
                Bars(
                    "Gradient at a point",
                    [f"{names[0]} (→)", f"{names[1]} (↑)"],
                    flat,
                    by_state=True,
                    limits=dict.fromkeys(flat, (-bound, bound)),
                ),
                Lines(f"Where it rests: {names[0]}", first, limits=(0.3, 0.7)),
                Lines("J lost at the wrong resting point", {"lost": found.lost}),
            ],
        ],
        [
            f"At temperature {label} the chance of {names[0]} is {readable(right)} where the field with the entropy "
            f"inside rests, and {readable(wrong)} where the other one does, which costs {readable(lost, 2)} of J."
            for label, right, wrong, lost in zip(slider.labels, *first.values(), found.lost, strict=True)
        ],
        name="Entropy inside and outside",
        selected=middle,
        picture=lambda: field_figure(found, frames // 2, names),
    )


def field_figure(found: Fields, frame: int, names: tuple[str, str]) -> DescribedFigure:
    """Both fields at one temperature, over the contours of J, each with its resting point."""
    odds = np.log(found.chance[frame] / (1 - found.chance[frame]))
    label = f"temperature {readable(found.temperatures[frame], 2)}"
    return fields(
        AXIS,
        AXIS,
        found.loss[frame],
        [field[frame] for field in _both(found).values()],
        [f"{name}, {label}" for name in _both(found)],
        title="One field climbs the hill, the other crosses it",
        x_label=f"log-odds: {names[0]}",
        y_label=f"log-odds: {names[1]}",
        label="J below its maximum (reward units)",
        alt="Left, all arrows lead to the top of the hill. Right, they lead to a point beside it, on the other side.",
        marks={"top of J": [tuple(odds[0])] * 2, "where the arrows lead": [tuple(odds[0]), tuple(odds[1])]},
    )


def compass(field: np.ndarray, longest: ArrayLike) -> np.ndarray:
    """Put each arrow (..., 2) into the nearest of 16 directions, (..., 16), as the square root of its length."""
    x, y = np.moveaxis(field, -1, 0)
    nearest = np.round(np.arctan2(y, x) / (2 * np.pi) * DIRECTIONS).astype(int) % DIRECTIONS
    return np.eye(DIRECTIONS)[nearest] * np.sqrt(np.hypot(x, y) / longest)[..., None]


def _both(found: Fields) -> dict[str, np.ndarray]:
    return {INSIDE: found.inside, OUTSIDE: found.outside}
