"""A rollout comes back from its file as it was, within the stated error, and a damaged file says so."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from softopt.envs import Contact, Geom, Rollout
from softopt.envs.rollout_file import LEVELS, pack

GEOMS = (
    Geom("trunk", "capsule", (0.05, 0.5), (0.8, 0.6, 0.4, 1.0), "torso"),
    Geom("foot", "sphere", (0.04,), (0.9, 0.6, 0.6, 1.0), "foot"),
    Geom("wall", "box", (0.1, 2.0, 0.5), (0.5, 0.5, 0.5, 1.0), "world"),
)


def a_rollout(frames: int = 40, **changes: Any) -> Rollout:
    generator = np.random.default_rng(0)
    position = np.cumsum(generator.normal(scale=0.05, size=(frames, 3, 3)), axis=0) + np.array([0.0, 0.0, 1.0])
    orientation = generator.normal(size=(frames, 3, 4))
    orientation /= np.linalg.norm(orientation, axis=-1, keepdims=True)
    whole = {
        "geoms": GEOMS,
        "position": position,
        "orientation": orientation,
        "dt": 0.05,
        "series": {"reward": generator.normal(size=frames), "place": position[:, 0], "pitch": np.full(frames, np.nan)},
        "contacts": (Contact("the foot", "foot", generator.random(frames * 5) < 0.3),),
        "substeps": 5,
        "ground": -0.1,
        "title": "A walk, “so to say”",
        "subtitle": "seed 0",
    }
    return Rollout(**{**whole, **changes})


def largest_error(rollout: Rollout, back: Rollout) -> float:
    return float(np.abs(rollout.position.astype(float) - back.position).max())


def test_it_comes_back_whole(tmp_path: Path) -> None:
    rollout = a_rollout()
    back = Rollout.load(rollout.save(tmp_path / "deep" / "walk.rollout"))
    for name in ("geoms", "dt", "substeps", "ground", "title", "subtitle"):
        assert getattr(back, name) == getattr(rollout, name)
    for name, values in rollout.series.items():
        np.testing.assert_array_equal(back.series[name], values)
    (contact,), (kept,) = rollout.contacts, back.contacts
    assert (kept.name, kept.geom) == (contact.name, contact.geom)
    np.testing.assert_array_equal(kept.touching, contact.touching)
    assert len(back) == 40
    assert back.duration == pytest.approx(2.0)


@pytest.mark.parametrize("away", [0.0, 30.0, 1000.0])
def test_positions_are_off_by_at_most_half_a_step(tmp_path: Path, away: float) -> None:
    position = a_rollout().position + np.array([away, 0, 0])
    rollout = a_rollout(position=position)
    offset = np.abs(rollout.position - rollout.position.mean(axis=1, keepdims=True)).max()
    round_off = np.spacing(np.float32(away + 10)) * 2  # of the float32 in which positions are given and come back
    error = largest_error(rollout, Rollout.load(rollout.save(tmp_path / "walk.rollout")))
    assert error <= offset / (2 * LEVELS) + round_off
    assert error < 1e-4


def test_orientations_are_off_by_less_than_a_hundredth_of_a_degree(tmp_path: Path) -> None:
    rollout = a_rollout(400)
    back = Rollout.load(rollout.save(tmp_path / "walk.rollout"))
    np.testing.assert_allclose(np.linalg.norm(back.orientation, axis=-1), 1.0, atol=1e-6)
    # The angle between two unit quaternions is 4 asin(|p - q| / 2).
    apart = np.linalg.norm(rollout.orientation.astype(float) - back.orientation, axis=-1)
    assert np.degrees(4 * np.arcsin(apart / 2)).max() < 0.01


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (a_rollout().save(tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_a_file_that_was_cut_short_says_so(tmp_path: Path) -> None:
    path = a_rollout().save(tmp_path / "walk.rollout")
    whole = path.read_bytes()
    for length in (0, 4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="cut short or no rollout"):
            Rollout.load(path)


def test_every_changed_byte_is_found(tmp_path: Path) -> None:
    path = a_rollout().save(tmp_path / "walk.rollout")
    whole = path.read_bytes()
    for place in range(8, len(whole), 101):
        changed = bytearray(whole)
        changed[place] ^= 0x11
        path.write_bytes(bytes(changed))
        with pytest.raises(ValueError, match=r"walk\.rollout (is cut short|was changed|holds no rollout)"):
            Rollout.load(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other"
    with pytest.raises(FileNotFoundError, match="no rollout at"):
        Rollout.load(path)
    save_file({"x": np.zeros(3)}, path)
    with pytest.raises(ValueError, match="holds no rollout"):
        Rollout.load(path)
    path.write_text("once upon a time")
    with pytest.raises(ValueError, match="cut short or no rollout"):
        Rollout.load(path)


def test_a_later_format_asks_for_an_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("softopt.envs.rollout_file.FORMAT", 2)
        path = a_rollout().save(tmp_path / "later.rollout")
    with pytest.raises(ValueError, match="has format 2, this version reads format 1; update softopt"):
        Rollout.load(path)


def test_the_description_is_plain_json() -> None:
    description, arrays = pack(a_rollout())
    assert json.loads(json.dumps(description)) == {
        **description,
        "geoms": [{**g, "size": [*g["size"]], "rgba": [*g["rgba"]]} for g in description["geoms"]],
    }
    assert arrays["offset"].dtype == arrays["orientation"].dtype == np.int16


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"position": np.zeros((40, 2, 3))}, r"position must have shape \(T, 3, 3\)"),
        ({"position": np.zeros((0, 3, 3))}, r"position must have shape \(T, 3, 3\)"),
        ({"orientation": np.ones((40, 3, 4))}, "unit quaternions"),
        ({"position": np.zeros((39, 3, 3))}, "39 frames of positions and 40 of orientations"),
        ({"position": np.full((40, 3, 3), np.nan)}, "not finite at frame 0: the simulation broke down"),
        ({"dt": 0.0}, "dt and substeps must be positive"),
        ({"series": {"height": np.zeros(39)}}, "series 'height' must have 40 rows"),
        ({"series": {"reward": np.zeros((40, 2))}}, "series 'reward' is one number a frame"),
        ({"contacts": (Contact("hand", "hand", np.zeros(200, bool)),)}, "'hand', which is not in the rollout"),
        ({"contacts": (Contact("the foot", "foot", np.zeros(40, bool)),)}, "40 x 5 entries"),
    ],
)
def test_bad_input_is_met_at_the_door(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        a_rollout(**changes)


@pytest.mark.parametrize(
    ("kind", "size", "sentence"),
    [
        ("mesh", (1.0,), "is a mesh; a rollout knows sphere"),
        ("sphere", (1.0, 2.0), "1 positive"),
        ("box", (0.0,) * 3, "3 positive"),
    ],
)
def test_shapes_are_known_and_have_a_size(kind: str, size: tuple[float, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Geom("g", kind, size, (0, 0, 0, 1), "b")


def test_the_middle_is_that_of_what_moves_and_a_title_can_be_changed() -> None:
    rollout = a_rollout()
    np.testing.assert_allclose(rollout.middle, rollout.position[:, :2].mean(axis=1))
    assert dataclasses.replace(rollout, title="Another").title == "Another"
