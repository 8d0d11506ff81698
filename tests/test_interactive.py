"""Explorers in Python: sliders, panels, what is sent to the page, and what a page without script shows."""

from __future__ import annotations

import ast
import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import softopt.interactive
from softopt.interactive import Bars, Explorer, GridMap, HeatMap, Lines, Slider, explore_temperature
from softopt.interactive.panels import extremes
from softopt.interactive.slider import readable
from softopt.interactive.temperature import readable_limits, temperature_grid
from softopt.tabular import MDP, gridworlds, plan, temperature_path

CORRIDOR = ["S..G"]


def corridor(**options: Any) -> MDP:
    return gridworlds.gridworld(CORRIDOR, **{"discount": 0.9, **options})


def shipped(explorer: Explorer, place: dict[str, Any]) -> np.ndarray:
    """An array as the page finds it."""
    frames = np.frombuffer(explorer.frames, dtype="<f4")
    return frames[place["offset"] :][: int(np.prod(place["shape"]))].reshape(place["shape"])


class TestSlider:
    @pytest.mark.parametrize(
        ("value", "digits", "text"),
        [
            (0.1, 2, "0.10"),
            (0.0, 3, "0"),
            (10, 3, "10.0"),
            (-13.24, 3, "−13.2"),
            (12345.6, 3, "12300"),
            (3e8, 3, "3.00e8"),
            (2e-6, 2, "2.0e−6"),
            (np.inf, 3, "∞"),
            (-np.inf, 3, "−∞"),
            (np.nan, 3, "undefined"),
        ],
    )
    def test_numbers_are_written_for_a_reader(self, value: float, digits: int, text: str) -> None:
        assert readable(value, digits) == text

    def test_labels_tell_neighbours_apart(self) -> None:
        labels = Slider("temperature", [0, 1.0, 1.001, 1.002, np.inf]).labels
        assert labels == ("0", "1.000", "1.001", "1.002", "∞")

    def test_a_logarithmic_grid_has_decades_and_sets_its_limits_apart(self) -> None:
        slider = Slider("temperature", [0, *np.logspace(-2, 1, 61), np.inf])
        assert slider.logarithmic
        ticks = dict(reversed(tick) for tick in slider.ticks())
        assert list(ticks) == ["0", "0.01", "0.1", "1", "10", "∞"]
        assert ticks["0.1"] - ticks["0.01"] == pytest.approx(20)
        steps = np.diff(slider.positions())
        assert np.allclose(steps[1:-1], 1)
        assert min(steps[0], steps[-1]) > 5

    def test_a_linear_grid_has_round_ticks(self) -> None:
        assert Slider("slip", np.linspace(0, 0.4, 9)).ticks() == [
            (0.0, "0"),
            (2.0, "0.1"),
            (4.0, "0.2"),
            (6.0, "0.3"),
            (8.0, "0.4"),
        ]

    @pytest.mark.parametrize(
        ("options", "sentence"),
        [
            ({"values": [1.0]}, "at least two increasing values"),
            ({"values": [1.0, 1.0]}, "at least two increasing values"),
            ({"values": [1.0, np.nan]}, "at least two increasing values"),
            ({"values": [1.0, 2.0], "labels": ["a"]}, "2 values and 1 labels"),
            ({"values": [1.0, 2.0], "start": 2}, "index 2, outside"),
        ],
    )
    def test_bad_input_is_met_at_the_door(self, options: dict[str, Any], sentence: str) -> None:
        with pytest.raises(ValueError, match=sentence):
            Slider("x", **options)


class TestExplorer:
    slider = Slider("temperature", [0.0, 1.0, 2.0])
    grid = corridor().grid

    def test_arrays_arrive_as_float32_and_whole(self) -> None:
        value = np.arange(12.0).reshape(3, 4)
        value[1, 2] = np.nan
        curve = np.array([1e300, -np.inf, 0.5])
        shown = Explorer(
            [self.slider],
            [[GridMap("value", self.grid, value), Lines("curve", {"a": curve})]],
            ["cold", "warm", "hot"],
            name="Test",
        )
        panels = shown.spec["rows"][0]
        assert np.array_equal(shipped(shown, panels[0]["value"]), value, equal_nan=True)
        assert np.array_equal(shipped(shown, panels[1]["curves"]["a"]), [np.inf, -np.inf, 0.5])
        assert len(shown.frames) == 4 * (12 + 3)
        json.dumps(shown.spec, allow_nan=False)  # everything else is plain JSON

    def test_two_sliders_share_their_frames_in_reading_order(self) -> None:
        other = Slider("slip", [0.0, 0.1], start=1)
        table = np.arange(6.0).reshape(3, 2)
        shown = Explorer(
            [self.slider, other],
            [[HeatMap("h", table[..., None, None] + np.zeros((4, 5)), x_label="t", y_label="s")]],
            [["a", "b"], ["c", "d"], ["e", "f"]],
            name="Two",
        )
        assert shown.spec["sentences"] == list("abcdef")
        assert shown.sentence == "d"  # index 1 of 3, index 1 of 2
        assert shipped(shown, shown.spec["rows"][0][0]["value"])[1, 1, 0, 0] == 3

    @pytest.mark.parametrize(
        ("panel", "sentence"),
        [
            (GridMap("v", grid, np.zeros((3, 5))), r"value of the map 'v' must have shape \(3, 4\).*\(3, 5\)"),
            (GridMap("v", grid, np.zeros((3, 4)), policy=np.zeros((3, 4, 2))), r"policy of the map 'v'.*\(3, 4, 4\)"),
            (Lines("l", {"c": np.zeros(4)}), r"curve 'c' must have shape \(3\)"),
            (Lines("l", {"c": np.zeros(3)}, along=1), "run along slider 1"),
            (Lines("l", {"c": np.zeros(3)}, x=np.arange(5.0)), r"curve 'c' must have shape \(3, 5\)"),
            (Bars("b", ["x"], {"q": np.zeros((3, 2))}), r"bars 'q' must have shape \(3, 1\)"),
            (Bars("b", ["x"], {"q": np.zeros((3, 1))}, by_state=True), r"bars 'q' must have shape \(3, any, 1\)"),
            (HeatMap("h", np.zeros((3, 2)), x_label="", y_label=""), r"heat map 'h' must have shape \(3, any, any\)"),
        ],
    )
    def test_shapes_are_checked_at_the_door(self, panel: Any, sentence: str) -> None:
        with pytest.raises(ValueError, match=sentence):
            Explorer([self.slider], [[panel]], ["a", "b", "c"], name="Wrong")

    def test_sentences_and_sliders_are_checked_at_the_door(self) -> None:
        with pytest.raises(ValueError, match=r"sentences must have the sliders' shape \(3,\)"):
            Explorer([self.slider], [], ["a"], name="Wrong")
        with pytest.raises(ValueError, match=r"one or two sliders, got 3"):
            Explorer([self.slider] * 3, [], [], name="Wrong")

    def test_extremes_are_never_an_empty_range(self) -> None:
        assert extremes([np.nan, -np.inf]) == (0.0, 1.0)
        assert extremes([2.0, 2.0 + 1e-12]) == pytest.approx((1.5, 2.5))
        assert extremes([1.0, np.inf, 3.0]) == (1.0, 3.0)


class TestTemperature:
    def test_frames_are_those_of_the_temperature_path(self) -> None:
        mdp, temperatures = corridor(), [0.0, 0.5, 2.0]
        path = temperature_path(mdp, temperatures)
        shown = explore_temperature(mdp, temperatures=temperatures)
        value, visits, bars = shown.spec["rows"][0]
        assert shipped(shown, value["value"])[:, :3] == pytest.approx(path.value[:, :3], rel=1e-6)
        assert shipped(shown, value["policy"]) == pytest.approx(path.policy, abs=1e-6)
        assert shipped(shown, bars["groups"]["Q-value"]) == pytest.approx(path.soft_q, rel=1e-6)
        share = shipped(shown, visits["value"])
        assert share.sum(axis=1) == pytest.approx(1)
        assert share[0] == pytest.approx(np.array([1, 0.9, 0.81, 0]) / 2.71)  # three steps straight to the goal
        assert shown.spec["sentences"][1] == (
            f"At temperature 0.5 the start is worth {readable(path.start_value[1])} and the policy keeps "
            f"{readable(path.entropy[1], 2)} nats of choice per step."
        ).replace("0.5 the", f"{shown.spec['sliders'][0]['labels'][1]} the")

    @pytest.mark.parametrize(("prior", "last"), [(None, 1.0), (np.full(4, 0.25), np.inf)])
    def test_the_grid_has_both_ends_where_they_are_legal(self, prior: Any, last: float) -> None:
        grid = temperature_grid(corridor(prior=prior))
        assert grid[0] == 0
        assert grid[-1] == last
        inner = grid[1:62]
        assert len(inner) == 61
        assert inner[-1] / inner[0] == pytest.approx(1000)
        assert np.diff(np.log(inner)) == pytest.approx(np.log(1000) / 60)

    def test_a_students_solver_fails_where_it_fails(self) -> None:
        def mine(mdp: MDP, temperature: float) -> Any:
            if temperature == 0:
                raise ZeroDivisionError("division by zero")
            return None if temperature > 1 else plan(mdp, temperature)

        shown = explore_temperature(corridor(), mine, [0.0, 0.5, 2.0])
        zero, fine, wrong = shown.spec["messages"]
        assert zero == "ZeroDivisionError: division by zero"
        assert fine == ""
        assert wrong.startswith("TypeError: a solver returns a Plan")
        assert shown.sentence.startswith("At temperature")

    def test_a_solver_that_always_fails_leaves_an_explorer_that_says_so(self) -> None:
        def mine(mdp: MDP, temperature: float) -> Any:
            raise NotImplementedError("your turn")

        shown = explore_temperature(corridor(), mine, [0.0, 0.5])
        data, _ = shown._repr_mimebundle_()
        assert data["text/plain"].endswith("NotImplementedError: your turn")
        assert "image/png" not in data

    def test_without_a_drawing_there_is_no_map(self) -> None:
        with pytest.raises(ValueError, match="the MDP has no grid"):
            explore_temperature(MDP(np.ones((1, 1, 1)), np.zeros((1, 1)), discount=0.5))

    def test_a_page_without_script_shows_picture_and_finding(self) -> None:
        data, metadata = explore_temperature(corridor(), temperatures=[0.0, 0.5, 2.0])._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in data
        assert base64.b64decode(data["image/png"])[:4] == b"\x89PNG"
        assert data["text/plain"].startswith("Temperature explorer. At temperature 0.5")
        assert "At temperature 0 the start is worth" in metadata["image/png"]["alt"]

    def test_limits_stay_near_the_coldest_frame(self) -> None:
        values = np.array([[np.nan, np.nan], [0.0, 2.0], [-0.5, 50.0]])
        assert readable_limits(values) == (-0.5, 3.0)
        assert readable_limits(np.array([1.0, 5.0, 100.0]), margin=10.0) == (1.0, 11.0)


def test_no_widget_of_the_package_listens_to_its_page_without_the_guard() -> None:
    """Explorers are drawn in the page. One that asked the kernel would have to use ``between_cells``."""
    callbacks = {"observe", "on_msg", "on_click", "interact", "interactive_output"}
    for path in Path(softopt.interactive.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in callbacks:
                assert "between_cells" in ast.unparse(node), f"{path.name}, line {node.lineno}"
    for path in (Path(softopt.interactive.__file__).parent / "js").glob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert "save_changes" not in source
        assert "model.send" not in source
