"""The exercises on inverse reinforcement learning are the package's two passes, and fit together."""

import numpy as np

from softopt.exercises.inverse_reinforcement_learning import demonstrated_features, expected_features, feature_gap
from softopt.tabular import Trajectory, soft_value_iteration
from softopt.tabular.inverse import Dual


def test_the_count_of_demonstrations_is_the_package_s():
    for case in feature_gap.draw():
        mdp, features, states, actions, _ = case.arguments.values()
        walks = [Trajectory(*walk) for walk in zip(states, actions, strict=True)]
        dual = Dual(mdp.replace(horizon=actions.shape[1]), features, walks)
        counted = demonstrated_features.reference(features, states, mdp.discount)
        np.testing.assert_allclose(counted, dual.demonstration_features, atol=1e-12)


def test_the_gap_is_the_difference_of_the_two_exercises_before_it():
    def as_a_reader_puts_it_together(mdp, features, states, actions, theta):
        n_steps = actions.shape[1]
        reward = np.repeat((features @ theta)[:, None], mdp.n_actions, axis=1)
        policy = soft_value_iteration(mdp.replace(reward=reward, horizon=n_steps), 1.0).policy
        start = np.bincount(states[:, 0], minlength=mdp.n_states) / len(states)
        seen = demonstrated_features.reference(features, states, mdp.discount)
        return seen - expected_features.reference(mdp, features, policy, start)

    assert feature_gap.check(as_a_reader_puts_it_together).correct


def test_expected_features_leave_out_the_end():
    for case in expected_features.draw():
        mdp, features, policy, start = case.arguments.values()
        moved = features + 5.0 * mdp.terminal[:, None]
        np.testing.assert_allclose(
            expected_features.reference(mdp, moved, policy, start),
            expected_features.reference(mdp, features, policy, start),
        )
