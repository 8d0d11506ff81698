import numpy as np
import pytest

from softopt.tabular import MDP, gridworlds, visitation
from softopt.tabular.rollouts import Trajectory, sample_trajectories


def chain(**options):
    """State 0 moves on with chance 0.3, else waits; state 1 is the end."""
    return MDP(np.array([[[0.7, 0.3]], [[0.0, 1.0]]]), np.zeros((2, 1)), terminal=[1], initial=[1.0, 0.0], **options)


@pytest.mark.parametrize(
    ("states", "actions", "sentence"),
    [
        ([0, 1], [0, 1], "one state more than actions"),
        ([0], [], "one state more than actions"),
        ([0.0, 1.0], [0], "whole numbers"),
        ([[0, 1]], [0], "whole numbers"),
    ],
)
def test_a_trajectory_says_what_is_wrong_with_it(states, actions, sentence):
    with pytest.raises(ValueError, match=sentence):
        Trajectory(np.array(states), np.array(actions, dtype=int))


def test_a_trajectory_is_read_only_and_knows_its_length():
    trajectory = Trajectory([0, 1, 1], [0, 0])
    assert len(trajectory) == 2
    with pytest.raises(ValueError, match="read-only"):
        trajectory.states[0] = 1


def test_lengths_follow_the_geometric_distribution():
    lengths = [len(t) for t in sample_trajectories(chain(), np.ones((2, 1)), 4000, np.random.default_rng(0), 100)]
    # Mean 1 / 0.3 with standard error sqrt(0.7) / 0.3 / sqrt(4000) = 0.044
    assert np.mean(lengths) == pytest.approx(1 / 0.3, abs=4 * 0.044)
    assert np.mean(np.array(lengths) == 1) == pytest.approx(0.3, abs=4 * 0.0073)


def test_episodes_stop_at_the_end_the_horizon_or_the_limit():
    generator = np.random.default_rng(1)
    for mdp, steps, longest in ((chain(), 3, 3), (chain(horizon=2), None, 2), (chain(horizon=5), 4, 4)):
        for trajectory in sample_trajectories(mdp, np.ones((2, 1)), 200, generator, steps):
            assert len(trajectory) <= longest
            assert len(trajectory) == longest or trajectory.states[-1] == 1
            assert (trajectory.states[:-1] == 0).all()


def test_visits_agree_with_the_expected_ones():
    mdp = gridworlds.gridworld(["S..", ".#G"], slip=0.3, horizon=6)
    generator = np.random.default_rng(2)
    policy = generator.dirichlet(np.ones(4), size=(6, mdp.n_states))
    counts = np.zeros((7, mdp.n_states))
    episodes = 5000
    for trajectory in sample_trajectories(mdp, policy, episodes, generator):
        counts[np.arange(len(trajectory)), trajectory.states[:-1]] += 1
    expected = visitation(mdp, policy)
    running = ~mdp.terminal
    assert np.abs(counts[:6, running] / episodes - expected[:6, running]).max() < 4 * 0.5 / np.sqrt(episodes)


def test_the_same_seed_gives_the_same_trajectories():
    mdp = gridworlds.gridworld("four_rooms", slip=0.2, sparse=True)
    policy = np.full((mdp.n_states, 4), 0.25)
    first, second, other = (sample_trajectories(mdp, policy, 5, np.random.default_rng(seed), 20) for seed in (3, 3, 4))
    assert all(
        (a.states == b.states).all() and (a.actions == b.actions).all() for a, b in zip(first, second, strict=True)
    )
    assert any(len(a) != len(b) or (a.states != b.states).any() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(
    ("options", "policy", "steps", "sentence"),
    [
        ({}, np.ones((2, 1)), None, "give steps"),
        ({}, np.ones((2, 2)), 5, r"policy has shape \(2, 1\)"),
        ({}, np.ones((3, 2, 1)), 5, r"policy has shape \(2, 1\)"),
        ({"horizon": 4}, np.ones((3, 2, 1)), None, r"or \(4, 2, 1\)"),
        ({}, np.full((2, 1), 0.5), 5, "row of state 0 at step 0 does not sum to one"),
        ({}, np.full((2, 1), -1.0), 5, "negative"),
    ],
)
def test_bad_input_is_met_at_the_door(options, policy, steps, sentence):
    with pytest.raises(ValueError, match=sentence):
        sample_trajectories(chain(**options), policy, 3, np.random.default_rng(0), steps)


def test_a_start_that_has_already_ended_is_refused():
    mdp = MDP(np.ones((1, 1, 1)), np.zeros((1, 1)), terminal=[0], initial=[1.0])
    with pytest.raises(ValueError, match="starts in a terminal state"):
        sample_trajectories(mdp, np.ones((1, 1)), 2, np.random.default_rng(0), 3)
