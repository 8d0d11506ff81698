"""The MDP: what it refuses, what it keeps, and what it reads from gymnasium."""

import gymnasium
import numpy as np
import pytest
import scipy.sparse as sp

from softopt.tabular import MDP


def two_states(**changes):
    """State 0 walks (action 0) or jumps half the time (action 1) to state 1, which is the end."""
    arguments = {
        "transition": np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.0, 1.0]]]),
        "reward": np.array([[-1.0, -2.0], [0.0, 0.0]]),
        "discount": 0.9,
        **changes,
    }
    return MDP(**arguments)


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"transition": np.ones((2, 2))}, r"shape \(S, A, S\)"),
            ({"transition": sp.csr_array(np.ones((3, 2)))}, r"\(S\*A, S\)"),
            ({"transition": np.full((2, 2, 2), 0.4)}, "state 0, action 0 sums to 0.8"),
            ({"transition": np.full((2, 2, 2), np.nan)}, "NaN"),
            ({"transition": np.tile([1.5, -0.5], (2, 2, 1))}, "negative probability -0.5"),
            ({"reward": np.zeros(2)}, r"\(S, A\) = \(2, 2\)"),
            ({"reward": np.full((2, 2), np.nan)}, "NaN"),
            ({"reward": np.full((2, 2), np.inf)}, r"\+inf"),
            ({"reward": np.full((2, 2, 2), -np.inf)}, "must be finite"),
            ({"reward": np.full((2, 2), -np.inf)}, "forbidden everywhere"),
            ({"discount": 1.5}, r"discount must lie in \[0, 1\]"),
            ({"discount": np.nan}, r"discount must lie in \[0, 1\]"),
            ({"discount": 1.0}, "needs an end"),
            ({"discount": 1.0, "terminal": [1], "reward": [[-1, -np.inf], [0, 0]]}, "cannot reach"),
            ({"horizon": 0}, "horizon"),
            ({"horizon": 2.5}, "horizon"),
            ({"terminal": [5]}, "outside 0 to 1"),
            ({"terminal": np.array([True])}, r"shape \(2,\)"),
            ({"initial": [0.5, 0.6]}, "initial"),
            ({"initial": [1.0]}, "initial"),
            ({"prior": [0.5, 0.6]}, "prior"),
            ({"prior": [0.5, 0.25, 0.25]}, "prior"),
            ({"prior": [0.0, 1.0], "reward": [[-1, -np.inf], [0, 0]]}, "no mass on any allowed"),
            ({"final_value": [0.0, 0.0]}, "finite horizon"),
            ({"final_value": [0.0], "horizon": 3}, "final_value"),
        ],
    )
    def test_one_clear_sentence(self, changes, sentence):
        with pytest.raises(ValueError, match=sentence):
            two_states(**changes)

    def test_environment_without_a_table(self):
        with pytest.raises(ValueError, match="no transition table"):
            MDP.from_gymnasium(gymnasium.make("CartPole-v1"))


class TestKeeping:
    def test_terminal_rows_are_replaced(self):
        transition = np.array([[[0.5, 0.5]], [[0.0, 0.0]]])  # the row of the end may be anything
        mdp = MDP(transition, np.array([[-1.0], [7.0]]), terminal=[1])
        np.testing.assert_array_equal(mdp.transition[1], [[0.0, 1.0]])
        np.testing.assert_array_equal(mdp.reward, [[-1.0], [0.0]])
        sparse = MDP(sp.csr_array(transition.reshape(2, 2)), np.array([[-1.0], [7.0]]), terminal=[1])
        np.testing.assert_array_equal(sparse.transition.toarray(), [[0.5, 0.5], [0.0, 1.0]])

    def test_rewards_of_the_transition_are_averaged_and_kept(self):
        by_transition = np.zeros((2, 2, 2))
        by_transition[0, 1] = [0.0, 10.0]
        mdp = two_states(reward=by_transition, terminal=[1])
        np.testing.assert_allclose(mdp.reward, [[0.0, 5.0], [0.0, 0.0]])
        np.testing.assert_allclose(mdp.transition_reward[0, 1], [0.0, 10.0])
        sparse = two_states(transition=mdp.rows(), reward=sp.csr_array(by_transition.reshape(4, 2)), terminal=[1])
        np.testing.assert_allclose(sparse.reward, mdp.reward)
        np.testing.assert_allclose(sparse.transition_reward.toarray()[1], [0.0, 10.0])

    def test_prior_moves_off_forbidden_actions_and_says_so(self):
        with pytest.warns(UserWarning, match="renormalised"):
            mdp = two_states(reward=[[-1.0, -np.inf], [0.0, 0.0]], prior=[0.5, 0.5])
        np.testing.assert_allclose(mdp.prior, [[1.0, 0.0], [0.5, 0.5]])

    def test_expect_keeps_zero_times_minus_infinity_at_zero(self):
        expected = [[0.0, -np.inf], [-np.inf, -np.inf]]
        value = np.array([0.0, -np.inf])
        np.testing.assert_array_equal(two_states().expect(value), expected)
        sparse = two_states(transition=two_states().rows())
        np.testing.assert_array_equal(sparse.expect(value), expected)

    def test_dense_and_sparse_agree(self):
        value, policy = np.array([2.0, 3.0]), np.array([[0.25, 0.75], [0.5, 0.5]])
        dense, sparse = two_states(), two_states(transition=two_states().rows())
        np.testing.assert_allclose(dense.expect(value), [[2.0, 2.5], [3.0, 3.0]])
        np.testing.assert_allclose(sparse.expect(value), dense.expect(value))
        np.testing.assert_allclose(dense.under(policy).toarray(), [[0.625, 0.375], [0.0, 1.0]])
        np.testing.assert_allclose(sparse.under(policy).toarray(), dense.under(policy).toarray())

    def test_input_is_copied_and_read_only(self):
        transition = np.array(two_states().transition)
        mdp = two_states(transition=transition)
        transition[:] = 0
        assert mdp.transition.sum() == 4
        with pytest.raises(ValueError, match="read-only"):
            mdp.reward[0, 0] = 3.0

    def test_replace_checks_anew(self):
        mdp = two_states(terminal=[1])
        assert mdp.replace(discount=1.0).discount == 1.0
        assert mdp.replace(discount=1.0).terminal[1]
        with pytest.raises(ValueError, match="discount"):
            mdp.replace(discount=2.0)


ENVIRONMENTS = {
    "FrozenLake 4x4": ("FrozenLake-v1", {"map_name": "4x4", "is_slippery": True}),
    "FrozenLake 4x4 dry": ("FrozenLake-v1", {"map_name": "4x4", "is_slippery": False}),
    "FrozenLake 8x8": ("FrozenLake-v1", {"map_name": "8x8", "is_slippery": True}),
    "FrozenLake 8x8 dry": ("FrozenLake-v1", {"map_name": "8x8", "is_slippery": False}),
    "CliffWalking": ("CliffWalking-v1", {}),
    "Taxi": ("Taxi-v4", {}),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_reads_gymnasium_as_its_own_table_says(name):
    """Value iteration on the raw table, with its terminated flags, agrees with value iteration on the MDP."""
    identifier, options = ENVIRONMENTS[name]
    env = gymnasium.make(identifier, **options)
    mdp = MDP.from_gymnasium(env, discount=0.9)
    table = env.unwrapped.P
    n_states = len(table)
    raw, read = np.zeros(n_states), np.zeros(mdp.n_states)
    for _ in range(60):
        raw = np.array(
            [
                max(sum(p * (r + 0.9 * raw[n] * (not end)) for p, n, r, end in table[s][a]) for a in table[s])
                for s in range(n_states)
            ]
        )
        read = (mdp.reward + 0.9 * mdp.expect(read)).max(axis=1)
    # What the table says about life after the end is of no concern: terminal states are worth nothing.
    running = ~mdp.terminal[:n_states]
    np.testing.assert_allclose(read[:n_states][running], raw[running], atol=1e-12)
    assert (read[mdp.terminal] == 0).all()
    np.testing.assert_allclose(mdp.initial[:n_states], env.unwrapped.initial_state_distrib)


def test_frozen_lake_keeps_the_reward_of_the_transition():
    mdp = MDP.from_gymnasium("FrozenLake-v1")
    assert mdp.transition_reward is not None
    # Next to the goal, one slip in three arrives: expected 1/3, paid 1 on arrival only.
    np.testing.assert_allclose(mdp.reward[14, 2], 1 / 3)
    np.testing.assert_allclose(mdp.transition_reward[14, 2, 15], 1.0)


@pytest.mark.parametrize(
    ("identifier", "n_terminal", "drawing"),
    [
        ("FrozenLake-v1", 5, ("SFFF", "FHFH", "FFFH", "HFFG")),
        ("CliffWalking-v1", 1, ("............", "............", "............", "SCCCCCCCCCCG")),
    ],
)
def test_drawings(identifier, n_terminal, drawing):
    mdp = MDP.from_gymnasium(identifier)
    assert mdp.grid.drawing == drawing
    assert mdp.terminal.sum() == n_terminal
    # Every intended move is drawn in the direction in which it leads, where no wall is in the way.
    free = gymnasium.make(identifier).unwrapped
    inner = mdp.grid.state_at(1, 2)
    for action, move in enumerate(mdp.grid.moves):
        target = mdp.grid.state_at(*(mdp.grid.cells[inner] + move))
        assert any(n == target for _, n, _, _ in free.P[inner][action])
