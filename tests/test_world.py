"""A world with an agent to drag: what is sent to the page, what is said, and what is refused."""

import base64
import json
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from softopt.deep import DDPG, SAC, DDPGConfig, SACConfig, SoftQLearning, SoftQLearningConfig
from softopt.deep.networks import LOG_STD
from softopt.interactive import page_agent as module
from softopt.interactive.page_agent import PageAgent, page_agent
from softopt.interactive.world import SIDE, explore_world
from softopt.interactive.world_sentence import world_sentence
from softopt.plotting.q_world import level_holding, q_world
from softopt.plotting.scene import Scene

SMALL = {"hidden": (16, 12), "capacity": 10, "precision": "float32", "device": "cpu"}
SCENE = Scene((-7, 7, -7, 7), [[5, 0], [0, 5]], ("east", "north"), background=-np.ones((3, 4)).cumsum(0))
TRAINED = {
    "soft Q-learning": SoftQLearning(2, 2, SoftQLearningConfig(**SMALL), 0),
    "soft actor-critic": SAC(2, 2, SACConfig(**SMALL), 1),
    "twin DDPG": DDPG(2, 2, DDPGConfig(twin=True, **SMALL), 2),
}


def network(*sizes, seed=0):
    generator = np.random.default_rng(seed)
    shapes = pairwise(sizes)
    return tuple((generator.normal(size=(m, n)).astype("f4"), generator.normal(size=n).astype("f4")) for m, n in shapes)


def by_hand(layers, x):
    """A perceptron, unit by unit."""
    for k, (weight, bias) in enumerate(layers):
        x = [sum(x[i] * weight[i, j] for i in range(len(x))) + bias[j] for j in range(len(bias))]
        x = x if k == len(layers) - 1 else [max(value, 0.0) for value in x]
    return x


def world(**options):
    agents = {name: page_agent(agent) for name, agent in TRAINED.items()}
    paths = {"soft Q-learning": np.cumsum(np.full((3, 5, 2), 0.5), axis=1)}
    paths["soft Q-learning"][1, 3:] = np.nan
    options = {"temperatures": {"soft Q-learning": 1.0}, "name": "Two goals", **options}
    return explore_world(SCENE, agents, paths, **options)


def shipped(explorer, place):
    """An array as the page finds it."""
    size = int(np.prod(place["shape"]))
    return np.frombuffer(explorer.frames, "<f4")[place["offset"] :][:size].reshape(place["shape"])


class TestPageAgent:
    @pytest.mark.parametrize("name", TRAINED)
    def test_says_what_the_trained_agent_says(self, name):
        trained, page = TRAINED[name], page_agent(TRAINED[name])
        generator = np.random.default_rng(0)
        actions = generator.uniform(-1, 1, (50, 2)).astype("f4")
        noise = generator.standard_normal((50, 2)).astype("f4")
        for place in np.float32([(0, 0), (3, -5), (-7, 7)]):
            seen = np.tile(place, (50, 1))
            assert_allclose(page.q(place, actions), trained.q_values(seen, actions), atol=1e-5)
            with torch.no_grad():
                drawn = trained.draw(torch.as_tensor(seen), torch.as_tensor(noise)).numpy()
            ours = page.draw(place, noise)
            assert len(ours) == (1 if page.kind == "point" else 50)
            assert_allclose(np.broadcast_to(ours, drawn.shape), drawn, atol=1e-5)

    def test_reference_by_hand(self):
        first, second, policy = network(5, 4, 3, 1, seed=1), network(5, 4, 3, 1, seed=2), network(5, 3, 2, seed=3)
        page = PageAgent((first, second), policy, "noise")
        assert (page.observation_size, page.action_size) == (3, 2)
        seen, action = [0.3, -0.2, 0.9], [0.5, -0.7]
        both = [by_hand(critic, [*seen, *action])[0] for critic in (first, second)]
        assert_allclose(page.q(seen, [action]), [min(both)], rtol=1e-5)
        assert_allclose(page.draw(seen, [action]), [np.tanh(np.add(action, by_hand(policy, [*seen, *action])))], 1e-5)

    def test_bounds_of_the_deviation_are_those_of_the_learner(self):
        assert module.LOG_STD == LOG_STD
        policy = ((np.zeros((2, 4), "f4"), np.float32([0, 0, -30, 30])),)
        page = PageAgent((network(4, 1),), policy, "gaussian")
        assert_allclose(page.draw([0, 0], [[1e5, 0.1]]), [np.tanh([1e5 * np.exp(-20), 0.1 * np.exp(2)])], rtol=1e-5)

    def test_later_training_does_not_change_it(self):
        trained = SoftQLearning(2, 2, SoftQLearningConfig(**SMALL), 3)
        page = page_agent(trained)
        before = page.q([0, 0], [[0.1, 0.2]])
        with torch.no_grad():
            trained.critic.mlp.weights[0].add_(1.0)
        assert_array_equal(page.q([0, 0], [[0.1, 0.2]]), before)

    @pytest.mark.parametrize(
        ("critics", "policy", "kind", "sentence"),
        [
            ((network(4, 1),), network(2, 2), "best", r"kind is one of noise, gaussian, point; got 'best'"),
            ((), network(2, 2), "point", "at least one critic"),
            ((network(4, 2),), network(2, 2), "point", "one output, the value"),
            (
                (network(5, 1),),
                network(2, 2),
                "point",
                r"sees 2 numbers and gives 2, so a critic takes 4; this one .* 5",
            ),
            ((network(4, 1),), network(2, 3), "gaussian", r"sizes \(2, 3\) are not those of the kind 'gaussian'"),
            ((network(4, 1),), network(2, 2), "noise", "are not those of the kind 'noise'"),
            ((network(4, 3)[:1] + network(2, 1),), network(2, 2), "point", "gives 3 numbers, the next one takes 2"),
            ((((np.zeros((4, 1)), np.zeros(2)),),), network(2, 2), "point", r"got \(4, 1\) and \(2,\)"),
            ((((np.full((4, 1), np.nan), np.zeros(1)),),), network(2, 2), "point", "its training has diverged"),
            (((),), network(2, 2), "point", "the critic has no layer"),
        ],
    )
    def test_networks_that_do_not_fit(self, critics, policy, kind, sentence):
        with pytest.raises(ValueError, match=sentence):
            PageAgent(critics, policy, kind)

    def test_other_agents(self):
        with pytest.raises(TypeError, match="reads SAC, DDPG and SoftQLearning agents, got str"):
            page_agent("agent")
        without = SimpleNamespace(policy=TRAINED["soft actor-critic"].policy, critic=None)
        with pytest.raises(ValueError, match="recorded without its critic"):
            page_agent(without)


class TestWorld:
    def test_networks_and_paths_arrive_whole(self):
        explorer = world()
        json.dumps(explorer.spec)
        for (name, page), spec in zip(explorer.agents.items(), explorer.spec["agents"], strict=True):
            assert spec["name"] == name
            assert len(spec["critics"]) == (1 if name == "soft Q-learning" else 2)
            for sent, network in zip([*spec["critics"], spec["policy"]], [*page.critics, page.policy], strict=True):
                for layer, (weight, bias) in zip(sent, network, strict=True):
                    assert_array_equal(shipped(explorer, layer["weight"]), weight)
                    assert_array_equal(shipped(explorer, layer["bias"]), bias)
        assert_array_equal(
            shipped(explorer, explorer.spec["agents"][0]["paths"]), explorer.paths["soft Q-learning"].astype("f4")
        )
        assert explorer.spec["agents"][1]["paths"] is None
        assert explorer.position == [0.0, 0.0]

    def test_q_over_the_square_of_actions(self):
        explorer = world()
        q, draws = explorer.at((1.0, -2.0))
        assert q.shape == (SIDE, SIDE)
        assert draws.shape == (64, 2)
        page = explorer.agents["soft Q-learning"]
        corners = page.q([1, -2], [(-1, -1), (1, -1), (-1, 1), (1, 1)])
        assert_allclose(q[[0, 0, -1, -1], [0, -1, 0, -1]], corners, rtol=1e-6)
        assert_array_equal(draws, page.draw([1, -2], shipped(explorer, explorer.spec["noise"])))

    def test_an_observation_other_than_the_position(self):
        page = PageAgent((network(5, 1),), network(3, 2), "point")
        explorer = explore_world(SCENE, {"mine": page}, observe=([[0, 0], [2, 0], [0, 2]], [7, 1, 1]))
        assert_allclose(explorer.at((1, 2))[1], page.draw([7, 3, 5], None))

    def test_a_page_without_script_shows_picture_and_finding(self):
        explorer = world()
        data, metadata = explorer._repr_mimebundle_()
        assert data["text/plain"] == f"Two goals. {explorer.sentence}"
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
        alt = metadata["image/png"]["alt"]
        assert alt.startswith("Two goals: soft Q-learning. At (0.0, 0.0) Q runs from ")
        assert "At (−2.3, 2.3) Q" in alt
        assert "application/vnd.jupyter.widget-view+json" in data

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"start": (8, 0)}, r"two numbers in the world and in no wall, got \(8, 0\)"),
            ({"start": (1, 2, 3)}, "start must be two numbers"),
            ({"observe": "velocity"}, 'observe is "identity", or a matrix'),
            ({"observe": (np.eye(2), np.zeros(3))}, 'observe is "identity", or a matrix'),
            ({"observe": (np.zeros((3, 2)), np.zeros(3))}, "maps 2 numbers to an action of 2; this world has 3 to see"),
            (
                {"temperatures": {"SAC": 1.0}},
                "temperatures name SAC; the agents are soft Q-learning, soft actor-critic",
            ),
            ({"temperatures": {"twin DDPG": 0.0}}, "finite and above 0"),
            ({"positions": (0, 0)}, r"positions must have shape \(k, 2\), got \(2,\)"),
        ],
    )
    def test_bad_input_is_met_at_the_door(self, options, sentence):
        with pytest.raises(ValueError, match=sentence):
            world(**options)

    def test_bad_paths_and_agents(self):
        page = page_agent(TRAINED["soft actor-critic"])
        with pytest.raises(ValueError, match="at least one agent"):
            explore_world(SCENE, {})
        with pytest.raises(ValueError, match=r"paths of a must have shape \(n, T \+ 1, 2\), .* got \(3, 2\)"):
            explore_world(SCENE, {"a": page}, {"a": np.zeros((3, 2))})
        with pytest.raises(ValueError, match="paths name b; the agents are a"):
            explore_world(SCENE, {"a": page}, {"b": np.zeros((1, 3, 2))})


class TestSentence:
    q = np.float32([[-7.1, -6.0], [-6.5, -5.9]])

    def test_counts_by_hand(self):
        draws = np.array([(0.5, 0.1), (0.3, -0.2), (0.0, 0.9), (-0.4, 0.4), (0.1, -0.2), (0.01, 0.02)])
        assert world_sentence((-0.04, 2.51), self.q, draws, 3, 0.9) == (
            "At (0.0, 2.5) Q runs from −7.10 to −5.90; of 6 draws 2 point east, 1 north, 1 west, 1 south, "
            "1 hardly moves; 3 lie inside the bold line, which holds 90 % of exp(Q / T)."
        )

    @pytest.mark.parametrize(
        ("draw", "said"),
        [((0.1, -0.4), "action points south, 0.41 long."), ((0, 0.01), "action hardly moves, 0.01 long.")],
    )
    def test_one_action(self, draw, said):
        assert world_sentence((0, 0), self.q, np.array([draw]), None, 0.9).endswith(said)


class TestPicture:
    draws = np.zeros((2, 5, 2))
    q = np.stack([np.add.outer(np.arange(5.0), np.arange(5.0)), np.zeros((5, 5))])  # the second has no contour

    def picture(self, **changes):
        given = {"positions": [(0, 0), (1, -2)], "q": self.q, "actions": self.draws, "temperature": 1.0, **changes}
        return q_world(SCENE, "mine", np.full((2, 3, 2), 0.5), title="A title", alt="An alt.", **given)

    def test_one_square_a_position(self):
        figure = self.picture()
        assert figure.alt == "An alt."
        titles = [axes.get_title(loc="left") for axes in figure.axes[:3]]
        assert titles == ["Ways of mine", "A: Q at (0.0, 0.0)", "B: Q at (1.0, −2.0)"]
        assert figure.png().startswith(b"\x89PNG")
        assert "90 % of exp(Q / T), T = 1" in figure.axes[2].texts[0].get_text()
        assert "bold" not in self.picture(temperature=None).axes[2].texts[0].get_text()

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"positions": [(0, 0, 0)]}, r"positions must have shape \(k, 2\)"),
            ({"q": np.zeros((2, 5, 4))}, r"q must have shape \(2, g, g\), one square a position; got \(2, 5, 4\)"),
            ({"actions": np.zeros((5, 2))}, r"actions must have shape \(2, n, 2\)"),
        ],
    )
    def test_shapes_that_do_not_fit(self, changes, sentence):
        with pytest.raises(ValueError, match=sentence):
            self.picture(**changes)

    def test_level_holding_a_share(self):
        # exp(Q) is 4 in the middle and 1 elsewhere; edges count half and corners a quarter: 4 of 7 are in the middle.
        q = np.zeros((3, 3))
        q[1, 1] = np.log(4)
        assert level_holding(q, 1.0, 0.57) == q[1, 1]
        assert level_holding(q, 1.0, 0.58) == 0.0
        assert level_holding(q / 1e-6, 1e-6, 0.57) == q[1, 1] / 1e-6  # nothing overflows


class TestScene:
    def test_walls_are_not_in_the_world(self):
        scene = Scene((-1, 9, -3, 3), [[8, 0]], walls=[(2, 6, -1.2, 1.2)])
        assert scene.holds((2, 0))  # on its edge
        assert not scene.holds((3, 0))
        assert not scene.holds((9.1, 0))

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"limits": (1, 0, 0, 1)}, r"limits must be \(left, right, bottom, top\), got \(1, 0, 0, 1\)"),
            ({"walls": [(0, 1, 1, 0)]}, r"a wall must be \(left, right, bottom, top\)"),
            ({"goals": [1, 2]}, r"goals must have shape \(k, 2\), got \(2,\)"),
            ({"goals": [[1, 2]], "names": ("a", "b")}, "1 goals and 2 names"),
            ({"radius": 0}, "radius and move must be above 0, got 0 and 1.0"),
            ({"background": np.zeros(3)}, r"table of finite numbers, at least 2 by 2; got shape \(3,\)"),
        ],
    )
    def test_bad_input_is_met_at_the_door(self, options, sentence):
        with pytest.raises(ValueError, match=sentence):
            Scene(**{"limits": (0, 1, 0, 1), **options})
