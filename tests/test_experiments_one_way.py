"""What is drawn and counted of the pucks that are paid in one direction alone."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from softopt.experiments import one_way
from softopt.plotting.points import points


def test_degrees_between_two_directions_are_the_shorter_way_round(monkeypatch):
    ways = np.zeros((4, 31, 2))
    ways[:, -1] = -1.0, -0.01  # nearly west: 180.6 degrees
    task = replace(one_way.PUCK, paths_of=lambda agent, seed: ways)
    monkeypatch.setattr(one_way, "load", lambda _: SimpleNamespace(seeds=[0], agent=lambda seed: None))
    runs = SimpleNamespace(angle=np.array([0.0, 120.0, 240.0]), seed=np.zeros(3, dtype=int))
    monkeypatch.setattr(one_way, "tuned", lambda *_: runs)
    np.testing.assert_allclose(one_way.off("ddpg", task), [179.43, 60.57, 59.43], atol=0.01)


def test_the_runs_of_a_condition_and_the_first_part_of_their_curves(monkeypatch):
    curves = {"step": np.array([[50.0, 300.0, 1000.0]]), "along": np.array([[0.0, 2.0, 9.0]])}
    monkeypatch.setattr(one_way, "load", lambda name: SimpleNamespace(seeds=[int(name[-1])], curves=curves))
    runs = one_way.tuned("sac", True, one_way.PUCK)
    assert runs.angle.tolist() == [0, 120, 240]
    np.testing.assert_allclose(runs.early, [1.0, 1.0, 1.0])  # of the first 300 steps


def test_a_picture_of_points():
    figure = points({"a": [0, 1]}, {"a": [1, 2]}, title="Up", x_label="x", y_label="y", levels={"half": 1.5})
    assert figure.alt == "Up."
    assert [line.get_label() for line in figure.axes[0].get_lines()] == ["a", "half"]
    with pytest.raises(ValueError, match="the same kinds"):
        points({"a": [0]}, {"b": [0]}, title="", x_label="", y_label="")


@pytest.mark.parametrize("angle", [0.0, 120.0])
def test_the_puck_is_paid_in_one_direction_alone(angle):
    from softopt.envs import Puck

    world = Puck(direction=angle)
    turn = np.deg2rad(angle)
    along = np.array([np.cos(turn), np.sin(turn)])
    state = np.zeros((2, 4))
    state[0, 2:], state[1, 2:] = along, -along
    _, reward, _ = world.advance(state, np.zeros((2, 2)))
    np.testing.assert_allclose(reward, [0.8, -0.8])
    assert world.symmetries is None
    with pytest.raises(ValueError, match="direction is a finite number of degrees"):
        Puck(direction=float("nan"))
