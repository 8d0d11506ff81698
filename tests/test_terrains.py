"""What is drawn of the quadrupeds on ground that they never saw, from made-up tables; and how a walk is filmed."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")
pytest.importorskip("mujoco", reason="mujoco is not installed (the extra `deep`)")

from softopt.deep import SACConfig  # noqa: E402
from softopt.experiments import quadruped, terrains  # noqa: E402
from softopt.experiments.quadruped import STEEPNESS, film_walk, walk  # noqa: E402
from softopt.runs import Setup  # noqa: E402

torch.set_num_threads(1)
SEEDS = (0, 1)


@pytest.fixture(scope="module")
def agent():
    """One that has learned nothing."""
    config = SACConfig(hidden=(8, 8), warm_up=10, capacity=10, device="cpu")
    return Setup(config, "softopt/Quadruped-v0", seed=1).build().agent


@pytest.fixture
def _made_up(monkeypatch):
    """Seed 0 falls the more often the steeper it is, a fifth a level; seed 1 never, and is slower."""

    def measured(name):
        kind = name.partition("/")[2]
        rows = [
            (s, seed, 1.0 - 0.5 * seed, 0.1 * seed, 0.0 if seed or kind == "flat" else 0.2 * (level + 1))
            for level, s in enumerate(STEEPNESS[kind])
            for seed in SEEDS
        ]
        return dict(zip(("steepness", "seed", "speed", "off", "fell"), np.array(rows).T, strict=True))

    class Recorded:
        seeds = SEEDS

    monkeypatch.setattr(terrains, "measured", measured)
    monkeypatch.setattr(terrains, "load", lambda name: Recorded)


@pytest.mark.usefixtures("_made_up")
class TestDrawn:
    def test_outcomes_begin_with_the_flat(self):
        steepness, found = terrains.outcomes("slope_up")
        assert steepness.tolist() == [0, 3, 6, 9, 12, 15]
        np.testing.assert_allclose(
            found["upright"], [[1, 1], [0.8, 1], [0.6, 1], [0.4, 1], [0.2, 1], [0, 1]], atol=1e-12
        )
        assert found["speed"].tolist() == [[1.0, 0.5]] * 6

    def test_the_explorer_says_what_became_of_each_seed(self):
        explorer = terrains.explore_terrains()
        assert explorer.spec["sliders"][0]["labels"] == list(terrains.SAID.values())
        assert explorer.spec["sliders"][1]["labels"][:2] == ["0° or 0 cm", "3° or 1 cm"]
        told = np.array(explorer.spec["sentences"]).reshape(5, 6)
        assert told[1, 2] == (
            "Slope down, 6°: without a fall 60, 100 % of the walks of seeds 0 to 1; "
            "the median seed comes 7.5 m in 10 s."
        )
        assert told[3, 0].startswith("Flat: without a fall 100, 100 %")
        assert told[4, 3].startswith("Stairs down, 3 cm: without a fall 40, 100 %")

    def test_the_figure_says_up_to_where_the_middle_stands(self):
        assert "slope up 3°" in terrains.terrain_figure().alt  # .8 and 1: a median of .9
        assert "stairs down 1 cm" in terrains.terrain_figure().alt


def test_walks_are_measured_in_metres_and_radians(agent):
    found = walk(agent, 3, 2)
    assert found.speed.shape == found.off.shape == found.fell.shape == found.seconds.shape == (2,)
    assert ((found.seconds > 0) & (found.seconds <= 10)).all()
    assert (found.fell == (found.seconds < 10)).all()


def test_a_film_has_four_feet_and_is_the_walk(agent):
    filmed = film_walk(agent, 3, "a beginner", 30, terrain="stairs_down", steepness=0.03)
    assert [contact.name for contact in filmed.contacts] == ["front left", "front right", "back left", "back right"]
    assert filmed.title == "a beginner"
    assert len(filmed) <= 30
    assert sum(geom.name.startswith("step") for geom in filmed.geoms) > 10


def test_a_ground_that_there_is_not_is_said(agent):
    with pytest.raises(ValueError, match="terrain is one of flat, slope_up"):
        walk(agent, 0, 1, terrain="ice")


def test_a_row_for_each_steepness_and_seed(agent, monkeypatch):
    class Recorded:
        seeds = SEEDS

        def agent(self, seed):
            return agent

    monkeypatch.setattr(quadruped, "load", lambda name: Recorded())
    monkeypatch.setattr(quadruped, "STARTS", 2)
    monkeypatch.setitem(STEEPNESS, "blocks", (0.01, 0.03))
    monkeypatch.setattr(quadruped, "walks", lambda **ground: [walk(agent, seed, 1, **ground) for seed in SEEDS])
    rows = quadruped.measure_terrain("blocks")
    assert [(row["steepness"], row["seed"]) for row in rows] == [(0.01, 0), (0.01, 1), (0.03, 0), (0.03, 1)]
    assert all(0 <= row["fell"] <= 1 for row in rows)
