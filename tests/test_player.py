"""The player in Python: what is sent to the page, what a page without script shows, and what is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import ipywidgets
import numpy as np
import pytest
from ipywidgets.embed import dependency_state
from rollout_cases import glider

import softopt.interactive.three_library as library_module
from softopt.interactive import Player, Slider, play
from softopt.interactive.replay import Replay
from softopt.interactive.three_library import three_library


def shipped(player: Player, k: int, name: str) -> np.ndarray:
    """An array as the page finds it."""
    place = player.spec["rollouts"][k]["arrays"][name]
    return np.frombuffer(player.frames, np.dtype(place["kind"]).newbyteorder("<"), place["length"], place["offset"])


def test_poses_series_and_contacts_arrive_whole() -> None:
    rollouts = glider(), glider(30, speed=-2.0)
    player = play(*rollouts)
    for k, rollout in enumerate(rollouts):
        described = player.spec["rollouts"][k]
        middle = shipped(player, k, "middle").reshape(-1, 1, 3)
        offset = shipped(player, k, "offset").reshape(rollout.position.shape)
        np.testing.assert_allclose(middle + offset * described["step"], rollout.position, atol=1e-4)
        turned = shipped(player, k, "orientation").reshape(rollout.orientation.shape) / 32767
        np.testing.assert_allclose(turned, rollout.orientation, atol=1e-4)
        np.testing.assert_array_equal(shipped(player, k, "series/speed"), rollout.series["speed"])
        touching = shipped(player, k, "contacts").reshape(2, -1)
        np.testing.assert_array_equal(touching, [contact.touching for contact in rollout.contacts])
        assert all(place["offset"] % 4 == 0 for place in described["arrays"].values())
    json.dumps(player.spec)


def test_one_sentence_and_one_label_a_frame_of_the_shared_clock() -> None:
    player = play(glider(40, title="Long"), glider(10, dt=0.1, speed=2.0, title="Short"))
    assert player.spec["step"] == 0.05
    assert len(player.spec["labels"]) == len(player.spec["sentences"]) == 40
    assert player.spec["labels"][0] == "0.05 s"
    assert player.spec["sentences"][19] == (
        "At 1.00 s: Long 0.9 m from the start, 1.00 m/s, return so far 10.0; "
        "Short 1.8 m from the start, 2.00 m/s, return so far 5.0."
    )
    assert "Short (ended at 1.00 s) 1.8 m" in player.spec["sentences"][20]
    assert (
        "Hopper-v5 0.0 m from the start, −2.00 m/s" in play(glider(speed=-2.0, title="Hopper-v5")).spec["sentences"][0]
    )


def test_labels_of_short_frames_differ() -> None:
    assert play(glider(dt=0.008)).spec["labels"][:3] == ["0.008 s", "0.016 s", "0.024 s"]


def test_a_rollout_without_series_still_says_where_it_is() -> None:
    player = play(glider(series={}, contacts=()))
    assert player.sentence == "At 2.00 s: Glider 2.0 m from the start."
    assert player._repr_mimebundle_()[0]["image/png"]


def test_many_bodies_together() -> None:
    crowd = [glider(heading=angle) for angle in np.linspace(0, 6, 12)]
    player = play(*crowd, together=True, name="Twelve ways")
    assert player.sentence == "At 2.00 s the 12 bodies are 1.9 to 2.0 m from where they began."
    same = play(*[player.rollouts[0]] * 3, together=True)
    assert same.sentence == "At 2.00 s the 3 bodies are 2.0 m from where they began."
    assert player.spec["together"]
    assert not player.spec["follow"]
    assert len(player._repr_mimebundle_()[0]["image/png"]) > 1000


def test_a_page_without_script_shows_picture_and_finding() -> None:
    data, metadata = play(glider())._repr_mimebundle_()
    assert data["text/plain"] == "Glider. At 2.00 s: Glider 2.0 m from the start, 1.00 m/s, return so far 20.0."
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data


def test_one_of_several_is_chosen_by_a_slider() -> None:
    walks = [glider(20 + 10 * k, title=f"after {m} minutes") for k, m in enumerate((18, 36, 54))]
    player = play(*walks, choose=Slider("robot time", [18, 36, 54], start=2), name="Learning to walk")
    assert player.position == [0, 2]
    assert [len(told) for told in player.spec["sentences"]] == [40, 40, 40]
    assert player.sentence == "At 2.00 s: after 54 minutes 2.0 m from the start, 1.00 m/s, return so far 20.0."
    assert player.spec["sentences"][0][30].startswith("At 1.55 s: after 18 minutes (ended at 1.00 s)")
    assert player.spec["choose"]["labels"] == ["18", "36", "54"]
    assert len(player._repr_mimebundle_()[0]["image/png"]) > 1000


def test_others_can_be_shown_in_their_place() -> None:
    player = play(glider(40, title="Old"), name="Both")
    player.position = [7]
    player.show(glider(20, title="New"))
    assert player.position == [0]
    assert len(player.spec["labels"]) == 20
    assert player.sentence == "At 1.00 s: New 0.9 m from the start, 1.00 m/s, return so far 10.0."
    assert player.spec["name"] == "Both"
    np.testing.assert_array_equal(shipped(player, 0, "series/speed"), np.ones(20, dtype=np.float32))
    with pytest.raises(ValueError, match=r"made for 1 rollouts, .* got 2"):
        player.show(glider(), glider())


class TestReplay:
    def test_moving_a_control_simulates_again(self) -> None:
        speed = ipywidgets.FloatSlider(1.0, min=0.5, max=3.0)
        replay = Replay(lambda speed: [glider(speed=speed)], {"speed": speed}, name="A glider")
        before = replay.player.frames
        speed.value = 2.0
        assert replay.player.frames != before
        assert replay.player.rollouts[0].series["speed"][0] == 2.0

    def test_what_cannot_be_simulated_is_said_and_the_player_stays(self) -> None:
        def make(kind: str) -> list[Any]:
            if kind == "ice":
                raise ValueError("terrain is one of flat, blocks; got 'ice'.")
            return [glider()]

        kind = ipywidgets.Dropdown(options=["flat", "ice"])
        replay = Replay(make, {"kind": kind}, name="A walk")
        before = replay.player.frames
        kind.value = "ice"
        assert "got &#x27;ice&#x27;" in replay.controls.children[-1].value
        assert replay.player.frames == before
        kind.value = "flat"
        assert replay.controls.children[-1].value == ""


class TestThreeLibrary:
    def test_players_carry_none_of_three_js_and_share_one_library(self) -> None:
        first, second = play(glider()), play(glider(), glider())
        assert first.library is second.library is three_library()
        assert "WebGLRenderer=" not in first._esm
        assert len(first._esm) < 60_000 < 400_000 < len(first.library._esm)
        assert first.spec["library"] == first.library.name

    def test_whoever_saves_a_player_saves_the_library(self) -> None:
        player = play(glider())
        saved = dependency_state(player)
        assert player.library.model_id in saved
        assert saved[player.model_id]["state"]["library"] == f"IPY_MODEL_{player.library.model_id}"

    def test_a_closed_library_is_replaced(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(library_module, "_library", None)
        first = three_library()
        first.close()
        assert play(glider()).library is not first

    def test_its_name_is_that_of_its_contents(self) -> None:
        assert three_library().name.startswith("softopt three ")
        assert len(three_library().name) == len("softopt three ") + 16


@pytest.mark.parametrize(
    ("rollouts", "options", "error", "sentence"),
    [
        ((), {}, ValueError, "at least one rollout"),
        ((glider(),) * 3, {}, ValueError, "two rollouts fit side by side, got 3; together=True"),
        ((glider(),) * 3, {"choose": Slider("time", [1, 2])}, ValueError, "one of 2 rollouts.*got 3 rollouts"),
        ((glider(),), {"view": "below"}, ValueError, "view is one of angle, side, above; got 'below'"),
        (("walk.rollout",), {}, TypeError, r"play takes rollouts, got str; Rollout\.load\(path\) reads one"),
    ],
)
def test_bad_input_is_met_at_the_door(rollouts: Any, options: Any, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        play(*rollouts, **options)
