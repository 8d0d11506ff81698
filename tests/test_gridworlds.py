"""Gridworlds from drawings: geometry, slip, rewards, refusals."""

import numpy as np
import pytest

from softopt.tabular import MDP
from softopt.tabular.gridworlds import DRAWINGS, gridworld, random_grid

LEFT, DOWN, RIGHT, UP = range(4)


def test_a_corner_by_hand():
    mdp = gridworld(["S.", "#G"], slip=0.2, step_reward=-1.0, reward={"G": 5.0})
    assert mdp.n_states == 3
    # From S: left bumps; its sides are down (a wall) and up (the edge), so the agent stays for certain.
    np.testing.assert_allclose(mdp.transition[0, LEFT], [1.0, 0.0, 0.0])
    np.testing.assert_allclose(mdp.transition[0, RIGHT], [0.2, 0.8, 0.0])
    np.testing.assert_allclose(mdp.transition[0, DOWN], [0.9, 0.1, 0.0])  # a side step to the right
    np.testing.assert_allclose(mdp.transition[1, DOWN], [0.1, 0.1, 0.8])
    np.testing.assert_allclose(mdp.reward[1, DOWN], -1.0 + 0.8 * 5.0)
    np.testing.assert_allclose(mdp.transition_reward[1, DOWN], [-1.0, -1.0, 4.0])
    np.testing.assert_array_equal(mdp.terminal, [False, False, True])
    np.testing.assert_array_equal(mdp.initial, [1.0, 0.0, 0.0])


def test_slip_two_thirds_is_the_ice_of_frozen_lake():
    lake = MDP.from_gymnasium("FrozenLake-v1")
    ours = gridworld(lake.grid.drawing, slip=2 / 3, step_reward=0.0, reward={"G": 1.0}, discount=0.99)
    np.testing.assert_allclose(ours.transition, lake.transition)
    np.testing.assert_allclose(ours.reward, lake.reward)


def test_sparse_and_dense_agree():
    dense = gridworld("four_rooms", slip=0.3, reward={"G": 1.0})
    sparse = gridworld("four_rooms", slip=0.3, reward={"G": 1.0}, sparse=True)
    np.testing.assert_allclose(sparse.transition.toarray(), dense.rows().toarray())
    np.testing.assert_allclose(sparse.reward, dense.reward)


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_named_drawing_can_end(name):
    gridworld(name, slip=0.1, discount=1.0)  # the MDP itself refuses where the end is out of reach


def test_random_grid_is_what_it_says():
    mdp = random_grid(30, discount=0.99, seed=3)
    assert 0.85 < mdp.n_states / 900 < 0.95
    assert mdp.reward.min() >= -1
    assert mdp.reward.max() <= 0
    rows = mdp.transition.toarray().reshape(mdp.n_states, 4, -1)
    np.testing.assert_allclose(rows[-1], np.eye(mdp.n_states)[[0] * 4])
    again = random_grid(30, discount=0.99, seed=3)
    assert (again.reward == mdp.reward).all()
    assert random_grid(30, discount=0.99, seed=4).n_states != mdp.n_states


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((["..", "..."],), "same length"),
        (([],), "same length"),
        ((["##"],), "no floor"),
        (("four_roms",), "no drawing named"),
    ],
)
def test_refusals(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        gridworld(*arguments, discount=0.9)


def test_slip_is_a_probability():
    with pytest.raises(ValueError, match="slip"):
        gridworld(["SG"], slip=1.5)


def test_state_at_a_wall():
    with pytest.raises(ValueError, match="no state"):
        gridworld(["S#", ".G"]).grid.state_at(0, 1)
