"""The film strip: outlines that are true to scale, and a row for everything that was recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from rollout_cases import LYING, glider
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from softopt.envs import Geom
from softopt.plotting import film_strip
from softopt.plotting.film_strip import silhouette
from softopt.plotting.ways import ways

UPRIGHT = (1.0, 0.0, 0.0, 0.0)
TOWARDS_US = (np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0)  # the geom's z axis along the world's -y


def a_geom(kind: str, *size: float) -> Geom:
    return Geom("g", kind, size, (0, 0, 0, 1), "b")


@pytest.mark.parametrize(
    ("geom", "orientation", "width", "height"),
    [
        (a_geom("sphere", 0.5), UPRIGHT, 1.0, 1.0),
        (a_geom("capsule", 0.1, 0.4), UPRIGHT, 0.2, 1.0),
        (a_geom("capsule", 0.1, 0.4), LYING, 1.0, 0.2),
        (a_geom("capsule", 0.1, 0.4), TOWARDS_US, 0.2, 0.2),
        (a_geom("cylinder", 0.1, 0.4), LYING, 0.8, 0.2),
        (a_geom("cylinder", 0.1, 0.4), TOWARDS_US, 0.2, 0.2),
        (a_geom("ellipsoid", 0.1, 0.2, 0.3), UPRIGHT, 0.2, 0.6),
        (a_geom("ellipsoid", 0.1, 0.2, 0.3), TOWARDS_US, 0.2, 0.4),
        (a_geom("box", 0.1, 0.2, 0.3), UPRIGHT, 0.2, 0.6),
        (a_geom("box", 0.1, 0.2, 0.3), LYING, 0.6, 0.2),
    ],
)
def test_an_outline_has_the_size_of_its_geom(geom: Geom, orientation: Any, width: float, height: float) -> None:
    outline = silhouette(geom, (3.0, 7.0, 2.0), orientation)
    np.testing.assert_allclose(np.ptp(outline, axis=0), [width, height], rtol=0.01)
    np.testing.assert_allclose((outline.max(axis=0) + outline.min(axis=0)) / 2, [3.0, 2.0], atol=0.005)


@pytest.mark.parametrize("kind", ["ellipsoid", "box", "cylinder", "capsule"])
def test_an_outline_holds_every_point_of_the_geom(kind: str) -> None:
    generator = np.random.default_rng(1)
    size = (0.3, 0.5) if kind in ("cylinder", "capsule") else (0.2, 0.3, 0.5)
    turn = Rotation.random(rng=generator)
    inside = generator.uniform(-1, 1, size=(4000, 3))
    if kind == "ellipsoid":
        inside = inside[np.linalg.norm(inside, axis=1) < 1] * size
    elif kind == "box":
        inside = inside * size
    else:
        inside = inside[np.hypot(*inside[:, :2].T) < 1] * [size[0], size[0], size[1]]
    shadow = turn.apply(inside)[:, [0, 2]]
    outline = silhouette(a_geom(kind, *size), np.zeros(3), turn.as_quat(scalar_first=True))
    whole = ConvexHull(outline).volume  # in the plane, the area
    assert ConvexHull(np.concatenate([outline, shadow])).volume < 1.02 * whole
    if kind != "capsule":  # whose round ends were not sampled
        assert ConvexHull(shadow).volume > 0.8 * whole


def test_each_rollout_has_bodies_contacts_and_pitch() -> None:
    figure = film_strip(glider(title="Slow"), glider(speed=2.0, title="Fast"), title="Two gliders", alt="Two gliders.")
    assert len(figure.axes) == 6
    assert [axes.get_title(loc="left") for axes in figure.axes[::3]] == ["Slow: 1 m/s", "Fast: 2 m/s"]
    bodies = [c for c in figure.axes[0].collections if isinstance(c, PolyCollection)]
    assert [len(body.get_paths()) for body in bodies] == [3] * 6
    assert [t.get_text() for t in figure.axes[1].get_yticklabels()] == ["front foot", "back foot"]
    assert "2.00 s, 4.0 m" in [text.get_text() for text in figure.axes[3].texts]
    assert figure.alt == "Two gliders."
    assert figure.png().startswith(b"\x89PNG")


def test_the_raster_is_filled_where_the_foot_is_down() -> None:
    raster = film_strip(glider(), title="t", alt="a").axes[1]
    rest, down = raster.collections[0], raster.collections[1]
    assert rest.get_paths()[0].get_extents().width == pytest.approx(2.0)
    spans = [path.get_extents() for path in down.get_paths()]
    starts = np.arange(0, 2, 0.4)
    np.testing.assert_allclose([(span.x0, span.x1) for span in spans], np.stack([starts, starts + 0.2], axis=1))


def test_times_choose_the_frames_and_what_was_not_recorded_has_no_row() -> None:
    figure = film_strip(glider(series={}, contacts=()), times=[0.5, 9.0], title="t", alt="a")
    assert len(figure.axes) == 1
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.50 s, 0.5 m", "2.00 s, 2.0 m"]


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one rollout"):
        film_strip(title="t", alt="a")
    with pytest.raises(ValueError, match="at least one time"):
        film_strip(glider(), times=[], title="t", alt="a")
    with pytest.raises(ValueError, match="at least one rollout"):
        ways(title="t", alt="a")


def test_ways_begin_and_end_where_the_bodies_did() -> None:
    axes = ways(glider(heading=0.0), glider(heading=np.pi / 2), title="Two ways", alt="a").axes[0]
    assert axes.lines[0].get_xdata()[-1] == pytest.approx(2.0, abs=1e-6)
    assert axes.lines[3].get_ydata()[-1] == pytest.approx(2.0, abs=1e-6)
    assert axes.get_title(loc="left") == "Two ways"
