"""A point among walls: contacts worked by hand, and no way through, whatever the move."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wall_cases import crosses

from softopt.envs.walls import GAP, Rectangle, slide

ARENA = Rectangle(-10.0, 10.0, -5.0, 5.0)
WALL = Rectangle(0.0, 1.0, -1.0, 1.0)
CORNERED = (WALL, Rectangle(0.5, 1.0, 1.0, 5.0))  # an inner corner at (0.5, 1)


def test_the_judge_sees_a_crossing() -> None:
    def seen(a, b):
        return crosses(np.array(a), np.array(b), WALL)

    assert seen((-1.0, 0.0), (0.5, 0.0))
    assert seen((-1.0, 0.0), (2.0, 0.0))  # tunnels
    assert seen((-0.1, 0.9), (0.3, 1.2))  # cuts a corner
    assert seen((0.5, 0.5), (0.5, 0.5))
    assert not seen((-1.0, 0.0), (0.0, 0.0))
    assert not seen((0.0, 0.0), (0.0, 3.0))
    assert not seen((-0.3, 0.9), (0.1, 1.4))


@pytest.mark.parametrize(
    ("start", "move", "end"),
    [
        ((-1, 0), (0.5, 0), (-0.5, 0)),  # free
        ((-1, 0), (3, 0), (0, 0)),  # head on: it stops
        ((-1, 0), (100, 0), (0, 0)),  # at any speed
        ((2, 0), (-3, 0), (1, 0)),
        ((0.5, 2), (0, -3), (0.5, 1)),
        ((0.5, -2), (0, 3), (0.5, -1)),
        ((-1, 0), (2, 0.5), (0, 0.5)),  # it meets the wall half way and slides the other half
        ((-1, 0), (4, 3), (0, 3)),  # and beyond its end, without turning in
        ((0, 0), (1, 0.25), (0, 0.25)),  # in touch: it slides
        ((0, 0), (-1, 0.25), (-1, 0.25)),  # and comes off
        ((0.5, 1), (3, 0), (3.5, 1)),
        ((-1, 1), (4, 0), (0, 1)),  # the edge belongs to the wall
        ((0, 1), (1, -1), (0, 0)),  # at the very corner it goes one way, not through
        ((9, 4), (3, 3), (10, 5)),  # the arena's edge
        ((9, 0), (3, 1), (10, 1)),
        ((3, 3), (0, 0), (3, 3)),
    ],
)
def test_contacts_worked_by_hand(start, move, end) -> None:
    found = slide(np.array([start], dtype=float), np.array([move], dtype=float), [WALL], ARENA)
    np.testing.assert_allclose(found, [end], atol=2 * GAP)


@pytest.mark.parametrize("walls", [CORNERED, CORNERED[::-1]])
@pytest.mark.parametrize("start", [(0.0, 1.5), (0.3, 1.0), (0.5, 1.5), (0.5, 1.0)])
def test_an_inner_corner_ends_the_way(start, walls) -> None:
    found = slide(np.array([start]), np.array([[5.0, -5.0]]), walls, ARENA)
    np.testing.assert_allclose(found, [[0.5, 1.0]], atol=2 * GAP)
    for way in ([1.0, -0.3], [1.0, 0.0], [0.0, -1.0]):
        found = slide(found, np.array([way]), walls, ARENA)
        np.testing.assert_allclose(found, [[0.5, 1.0]], atol=2 * GAP)


def test_there_is_no_way_between_a_wall_and_the_edge_of_the_arena() -> None:
    found = slide(np.array([[0.0, 5.0]]), np.array([[3.0, 0.0]]), CORNERED, ARENA)
    np.testing.assert_allclose(found, [[0.5, 5.0]], atol=2 * GAP)


@pytest.mark.parametrize("start", [(0.5, 0.0), (0.9, 4.9), (0.7, 1.0)])  # the last: where the two walls touch
def test_a_start_inside_a_wall_is_refused(start) -> None:
    with pytest.raises(ValueError, match="is inside a wall; start outside, or on an edge"):
        slide(np.array([[-1.0, 0.0], start]), np.zeros((2, 2)), CORNERED, ARENA)


places = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0, 2.0]) | st.floats(-3, 3)
moves = st.sampled_from([0.0, 0.5, -0.5, 1e-12, -1e-300]) | st.floats(-3, 3)


@given(st.tuples(places, places), st.lists(st.tuples(moves, moves), min_size=1, max_size=8))
def test_no_move_crosses_a_wall(start, ways) -> None:
    position = np.array([start])
    if any(w.left < start[0] < w.right and w.bottom <= start[1] < w.top for w in CORNERED):
        position[:] = -2.0
    for way in ways:
        after = slide(position, np.array([way]), CORNERED, ARENA)
        assert not any(crosses(position[0], after[0], wall) for wall in CORNERED)
        np.testing.assert_array_less(np.abs(after), [[10.0 + 1e-12, 5.0 + 1e-12]])
        position = after


@given(st.tuples(places, places), st.tuples(moves, moves))
def test_up_and_down_are_alike(start, way) -> None:
    flip = np.array([1.0, -1.0])
    if abs(start[1]) < 1 and 0 < start[0] < 1:
        start = (-2.0, start[1])
    position, move = np.array([start]), np.array([way])
    np.testing.assert_array_equal(
        slide(position, move, [WALL], ARENA) * flip, slide(position * flip, move * flip, [WALL], ARENA)
    )
