"""Two passages: steps worked by hand, walls that hold, and a probe that says which way was taken."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from wall_cases import crosses

from softopt.envs import TwoPassages, roll
from softopt.envs.two_passages import ARENA, BLOCK, DEAD_ENDS, first_passage

SIDES = {"upper": 1.0, "lower": -1.0}
OPEN = {"upper": "lower", "lower": "upper"}
FORK = np.array([1.7, 0.0])


def through(observation: np.ndarray, side: np.ndarray | float) -> np.ndarray:
    """Actions of who walks around the block, above it (side 1) or below it (-1), and then to the goal."""
    x, y = observation.T
    aside, before, beyond = np.abs(y) > 1.5, x < 2, x > 6.2
    to_goal = np.array([8.0, 0.0]) - observation
    to_goal /= np.maximum(np.linalg.norm(to_goal, axis=1, keepdims=True), 1e-9)
    around = np.where((before & ~aside)[:, None], np.stack([0 * y, side + 0 * y], axis=1), [1.0, 0.0])
    return np.where(beyond[:, None], to_goal, around)


class Rows:
    """Row i of a batch goes by the passage ``sides[i]``; 0 stands still."""

    def __init__(self, sides: list[float]) -> None:
        self.sides = np.array(sides)

    def sample(self, observation: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        return np.where(self.sides[:, None] == 0, 0.0, through(observation, self.sides)).astype(np.float32)


@pytest.mark.parametrize(
    ("position", "action", "after", "reward", "terminated"),
    [
        ((0, 0), (0, 0), (0, 0), -1.0, False),  # -8 / 8
        ((0, 0), (1, 0), (0.4, 0), -1.0, False),  # -7.6 / 8 - 0.05
        ((1.9, 0), (1, 0), (2, 0), -0.8, False),  # stopped by the block: -6 / 8 - 0.05
        ((1.8, 0), (1, 1), (2, 0.4), -np.hypot(6, 0.4) / 8 - 0.1, False),  # slides along it
        ((5.4, 2), (1, 0), (5.5, 2), -np.hypot(2.5, 2) / 8 - 0.05, False),  # the dead end
        ((5.4, -2), (1, 0), (5.8, -2), -np.hypot(2.2, 2) / 8 - 0.05, False),  # none below
        ((5.3, 1.2), (1, 0), (5.5, 1.2), -np.hypot(2.5, 1.2) / 8 - 0.05, False),  # nor is there a way beside it
        ((5.3, 3), (1, 1), (5.5, 3), -np.hypot(2.5, 3) / 8 - 0.1, False),
        ((4, 1.3), (0, -1), (4, 1.2), -np.hypot(4, 1.2) / 8 - 0.05, False),
        ((8.8, 2.8), (1, 1), (9, 3), -np.hypot(1, 3) / 8 - 0.1, False),
        ((7.2, 0), (1, 0), (7.6, 0), 9.9, True),  # -0.4 / 8 - 0.05 + 10
        ((8, -0.5), (0, 0), (8, -0.5), -0.0625, False),  # at a distance of exactly 0.5 it is not there yet
    ],
)
def test_steps_worked_by_hand(position, action, after, reward, terminated) -> None:
    world = TwoPassages(blocked="upper")
    state, earned, over = world.advance(np.array([position], dtype=float), np.array([action], dtype=float))
    np.testing.assert_allclose(state, [after], atol=1e-8)
    np.testing.assert_allclose(earned, [reward], atol=1e-8)
    assert over.tolist() == [terminated]


@pytest.mark.parametrize(("blocked", "number"), [("upper", 2), ("lower", 2), ("none", 1)])
def test_the_walls_are_those_drawn(blocked: str, number: int) -> None:
    walls = TwoPassages(blocked=blocked).walls
    assert len(walls) == number
    assert walls[0] == BLOCK
    if number == 2:
        assert walls[1] == DEAD_ENDS[blocked]
        edge = walls[1].top if blocked == "upper" else walls[1].bottom
        assert edge == (ARENA.top if blocked == "upper" else ARENA.bottom)


@pytest.mark.parametrize("blocked", ["upper", "lower", "none"])
@given(
    start=st.tuples(st.floats(-1, 9), st.floats(-3, 3)),
    actions=arrays(np.float64, (20, 2), elements=st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1, 1)),
)
def test_no_step_crosses_a_wall(blocked: str, start: tuple[float, float], actions: np.ndarray) -> None:
    world = TwoPassages(blocked=blocked)
    if any(w.left < start[0] < w.right and w.bottom < start[1] < w.top for w in world.walls):
        start = (FORK[0], FORK[1])
    here = np.array([start])
    for action in actions:
        there, *_ = world.advance(here, action[None])
        assert not any(crosses(here[0], there[0], wall) for wall in world.walls)
        assert ARENA.left <= there[0, 0] <= ARENA.right
        assert ARENA.bottom <= there[0, 1] <= ARENA.top
        here = there


@pytest.mark.parametrize("blocked", SIDES)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**16), unrest=st.floats(0, 1.5))
def test_the_goal_is_reached_only_by_the_open_passage(blocked: str, seed: int, unrest: float) -> None:
    world, draws = TwoPassages(blocked=blocked), np.random.default_rng(seed)
    sides = np.repeat([1.0, -1.0], 8)
    paths = roll(
        world, lambda seen: through(seen, sides) + unrest * draws.standard_normal((16, 2)), 16, seed, start=FORK
    )
    x, y = paths.states[..., 0], paths.states[..., 1] * SIDES[OPEN[blocked]]
    came = (x > BLOCK.right).any(axis=1)
    went = ((x > BLOCK.left) & (x < BLOCK.right) & (y >= BLOCK.top - 1e-6)).any(axis=1)
    assert went[came].all()
    if unrest == 0:
        assert came.tolist() == [SIDES[blocked] != side for side in sides]


@pytest.mark.parametrize("blocked", ["upper", "lower", "none"])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("start", ["fork", "origin"])
def test_each_passage_leads_to_the_goal_unless_it_is_blocked(blocked: str, side: str, start: str) -> None:
    world = TwoPassages(blocked=blocked, start=start)
    paths = roll(world, lambda seen: through(seen, SIDES[side]), 10, seed=0)
    assert paths.terminated.all() == (blocked != side)
    assert paths.terminated.any() == (blocked != side)
    assert (first_passage(paths.states) == SIDES[side]).all()
    if blocked == side:
        np.testing.assert_allclose(paths.last[:, 0], 5.5)
        assert paths.returns.max() < -20
    else:
        assert paths.length.max() < 40
        assert paths.returns.min() > -10


def test_starts_are_where_they_are_said_to_be_and_never_in_a_wall() -> None:
    generator = np.random.default_rng(0)
    for start, place in (("fork", (1.7, 0.0)), ("origin", (0.0, 0.0))):
        drawn = TwoPassages(start=start).begin(20_000, generator)
        np.testing.assert_allclose(drawn.mean(axis=0), place, atol=0.002)
        np.testing.assert_allclose(drawn.std(axis=0), 0.05, rtol=0.03)
        np.testing.assert_array_equal(TwoPassages(start=start, start_noise=0.0).begin(2, generator), [place] * 2)
    wild = TwoPassages(blocked="none", start_noise=2.0).begin(5_000, generator)
    inside = (np.abs(wild[:, 1]) < 1.2 - 1e-8) & (wild[:, 0] > 2 + 1e-8) & (wild[:, 0] < 6 - 1e-8)
    assert not inside.any()
    assert np.isclose(wild[:, 0], 2.0).any()


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ([1.0] * 64, (1, 0, 0)),
        ([-1.0] * 64, (0, 1, 1)),
        ([1.0] * 32 + [-1.0] * 16 + [0.0] * 16, (0.5, 0.25, 0.25)),
    ],
)
def test_the_probe_says_which_way_was_taken(sides, expected) -> None:
    found = TwoPassages(blocked="upper", start="origin").probe(Rows(sides), [0, 100])
    assert found == dict(zip(("upper", "lower", "reached"), expected, strict=True))
    assert all(type(value) is float for value in found.values())


def test_the_probe_asks_for_q_around_the_fork() -> None:
    class Judge(Rows):
        def q_values(self, observation, action):
            assert observation.dtype == action.dtype == np.float32
            np.testing.assert_array_equal(observation, np.tile(np.float32(FORK), (64, 1)))
            np.testing.assert_allclose(np.linalg.norm(action, axis=1), 1.0, rtol=1e-6)
            return 10 * action[:, 0] + action[:, 1]

    found = TwoPassages().probe(Judge([1.0] * 64), [0])
    assert [name for name in found if name.startswith("q_")] == [f"q_{k:03d}" for k in range(64)]
    for name, q in {"q_000": 10, "q_016": 1, "q_032": -10, "q_048": -1, "q_008": 11 * np.sqrt(0.5)}.items():
        assert found[name] == pytest.approx(q, abs=1e-5)


def test_the_first_passage_counts() -> None:
    above, below, back = [3.0, 2.0], [3.0, -2.0], [1.0, 0.0]
    over = [np.nan, np.nan]
    courses = [[back, above, back, below], [back, below, over, over], [back, back, back, over]]
    assert first_passage(np.array(courses)).tolist() == [1, -1, 0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"blocked": "left"}, "blocked says which passage has the dead end: .* got 'left'"),
        ({"blocked": None}, "got None"),
        ({"start": "goal"}, 'start is "fork", just before the block, or "origin"; got \'goal\''),
        ({"start_noise": -1.0}, "start_noise is a standard deviation"),
    ],
)
def test_bad_options_are_met_at_the_door(options, sentence) -> None:
    with pytest.raises(ValueError, match=sentence):
        TwoPassages(**options)
