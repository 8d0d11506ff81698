"""Environments as the learners meet them: a choice among n by its index, and who refuses what."""

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, MultiDiscrete

torch = pytest.importorskip("torch")

from deep_cases import Junctions  # noqa: E402

from softopt.deep import DiscreteQConfig, Episodes, SACConfig, evaluate  # noqa: E402
from softopt.deep.spaces import make, sizes  # noqa: E402
from softopt.runs import Setup  # noqa: E402


class Odd(Junctions):
    """Junctions with other actions; it writes down what it is told."""

    def __init__(self, action_space):
        self.action_space, self.heard = action_space, []

    def step(self, action):
        self.heard.append(action)
        return super().step(action % 3)


def index(number):
    return np.array([number], np.float32)


class TestIndices:
    @pytest.mark.parametrize("start", [0, 5, -1])
    def test_reach_the_environment_as_its_own_numbers(self, start):
        episodes = Episodes(Odd(Discrete(4, start=start)), 0, discrete=True)
        assert episodes.sizes == (5, 4)
        for number in (3, 0, 2):
            transition = episodes.step(index(number))
            assert transition.action.tolist() == [number]
        heard = episodes.environment.unwrapped.heard
        assert heard == [start + 3, start, start + 2]
        assert all(type(action) is int for action in heard)

    @pytest.mark.parametrize("action", [[-1.0], [3.0], [0.5], [0.0, 1.0], 1.0])
    def test_anything_else_is_a_sentence(self, action):
        environment = make("Junctions-v0", discrete=True)
        environment.reset(seed=0)
        with pytest.raises(ValueError, match=r"the index of one of 3, as an array \(1,\); got"):
            environment.step(np.array(action, np.float32))

    @pytest.mark.parametrize("name", ["CartPole-v1", "Acrobot-v1", "MountainCar-v0"])
    def test_a_running_episode_is_found_again(self, name):
        episodes, again = Episodes(name, 3, discrete=True), Episodes(name, 3, discrete=True)
        again.load_state(episodes.state())  # before the first step
        generator = np.random.default_rng(0)
        for _ in range(130):
            episodes.step(index(generator.integers(episodes.sizes[1])))
        again.load_state(episodes.state())
        assert (again.steps, again.begun, again.earned) == (130, episodes.begun, episodes.earned)
        for _ in range(60):
            action = index(generator.integers(episodes.sizes[1]))
            one, two = episodes.step(action), again.step(action)
            assert one.next_observation.tobytes() == two.next_observation.tobytes()
            assert one[2:3] + one[4:] == two[2:3] + two[4:]

    def test_the_second_environment_is_made_like_the_first(self):
        class Left:
            def best_action(self, observation):
                return index(0)

        episodes = Episodes(gymnasium.make("CartPole-v1", max_episode_steps=4), 0, discrete=True)
        another = episodes.another()
        assert sizes(another) == sizes(episodes.environment) == (4, 2)
        assert evaluate(Left(), another, [0], 3) == [4, 4, 4]


class TestRefusals:
    @pytest.mark.parametrize("space", [Box(-1, 1, (2,)), MultiDiscrete([2, 3])])
    def test_a_choice_among_n_cannot_be_made_there(self, space):
        with pytest.raises(ValueError, match="needs a choice among n actions") as refused:
            Episodes(Odd(space), 0, discrete=True)
        assert ("sac" in str(refused.value)) == isinstance(space, Box)

    def test_each_names_the_other(self):
        with pytest.raises(ValueError, match=r"CartPole-v1 has the action space Discrete\(2\).*discrete_q"):
            Setup(SACConfig(), "CartPole-v1").build()
        with pytest.raises(ValueError, match=r"Pendulum-v1 has the action space Box.*SAC \(sac\)"):
            Setup(DiscreteQConfig(), "Pendulum-v1").build()

    def test_observations_must_be_a_vector_for_both(self):
        with pytest.raises(ValueError, match="FlattenObservation"):
            Episodes("FrozenLake-v1", 0, discrete=True)
