"""What tells gaits apart, on rasters and angles made by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("torch")

from softopt.envs import Contact, Geom, Rollout
from softopt.experiments.gaits import (
    Gait,
    film_gait,
    mean_angle,
    measure,
    relative_phase,
    separation,
    stretch,
    stretches,
    table,
    touch_downs,
)

FEET = tuple(Geom(name, "sphere", (0.05,), (1, 1, 1, 1), name) for name in ("bfoot", "ffoot"))


def raster(text):
    """'#' for a sub-step on the ground."""
    return np.array([mark == "#" for mark in text.replace(" ", "")])


def rollout(back, front, *, pitch=0.0, speed=1.0, substeps=5, dt=0.05):
    frames = raster(back).size // substeps
    return Rollout(
        geoms=FEET,
        position=np.zeros((frames, 2, 3)),
        orientation=np.tile([1.0, 0, 0, 0], (frames, 2, 1)),
        dt=dt,
        series={"speed": np.broadcast_to(speed, frames), "pitch": np.broadcast_to(pitch, frames)},
        contacts=(Contact("back foot", "bfoot", raster(back)), Contact("front foot", "ffoot", raster(front))),
        substeps=substeps,
        title="by hand",
    )


class TestTouchDowns:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", []),
            ("..........", []),
            ("##########", []),
            ("...##..##.", [3, 7]),
            ("##...##...", [5]),  # down from the start: not seen coming
            ("..##.###..", [2]),  # off for one sub-step only: a bounce
            (".##...#...", [6]),  # one sub-step in the air at the start may be a bounce as well
            ("..#..#..#.", [2, 5, 8]),
        ],
    )
    def test_counts_a_foot_that_comes_down(self, text, expected):
        assert touch_downs(raster(text)).tolist() == expected

    def test_a_bounce_is_as_long_as_one_says(self):
        assert touch_downs(raster("..##.###..#"), bounce=1).tolist() == [2, 5, 10]
        assert touch_downs(raster("..##.###..#"), bounce=3).tolist() == []


class TestPhase:
    @pytest.mark.parametrize(("late", "expected"), [(0, 0.0), (5, 0.25), (10, 0.5), (15, 0.75)])
    def test_says_where_in_the_stride_the_front_foot_comes_down(self, late, expected):
        back = np.arange(0, 200, 20)
        phase, regularity = relative_phase(back, back + late)
        assert_allclose([phase, regularity], [expected, 1.0], atol=1e-12)

    def test_averages_on_the_circle(self):
        """Now a little early, now a little late: together, not opposite."""
        phase, regularity = relative_phase([0, 100, 200, 300, 400], [5, 95, 205, 295])
        assert min(phase, 1 - phase) < 1e-9
        assert_allclose(regularity, np.cos(2 * np.pi * 0.05))

    def test_any_phase_is_no_phase(self):
        assert relative_phase([0, 100, 200, 300, 400], [0, 125, 250, 375])[1] < 1e-9

    @pytest.mark.parametrize(("back", "front"), [([], [1]), ([5], [6]), ([0, 10], []), ([0, 10], [12, 20])])
    def test_is_undefined_without_a_stride_and_a_step_in_it(self, back, front):
        assert np.isnan(relative_phase(back, front)).all()


class TestAngles:
    def test_narrow_spreads_are_the_ordinary_ones(self):
        angles = np.random.default_rng(0).normal(0.3, 0.02, 10_000)
        assert_allclose(mean_angle(angles), [angles.mean(), angles.std()], rtol=1e-3)

    def test_a_somersault_changes_nothing(self):
        angles = np.random.default_rng(0).normal(0.3, 0.2, 100)
        turned = angles + 2 * np.pi * (np.arange(100) > 50)
        assert_allclose(mean_angle(turned), mean_angle(angles))
        assert_allclose(mean_angle([3.1, -3.1])[0] % (2 * np.pi), np.pi)  # on its back

    def test_a_body_that_keeps_turning_has_no_mean(self):
        assert mean_angle(np.linspace(0, 2 * np.pi, 100, endpoint=False))[1] > 5


class TestMeasure:
    def test_a_raster_by_hand(self):
        #       a stride of 10 sub-steps, .1 s; the front foot comes down halfway, and there is flight between
        back_, front = ".. ###....... ###....... ###.....", ".. .....##... .....##... .....##."
        back_, front = back_[:36].replace(" ", "").ljust(30, "."), front.replace(" ", "").ljust(30, ".")
        found = measure(rollout(back_, front, pitch=np.radians(-20), speed=[1, 2, 3, 1, 2, 3]))
        assert isinstance(found, Gait)
        assert_allclose([found.speed, found.pitch, found.rocking], [2.0, -20.0, 0.0], atol=1e-3)
        assert_allclose([found.duty_back, found.duty_front, found.flight], [9 / 30, 6 / 30, 15 / 30])
        assert_allclose([found.strides, found.phase, found.regularity], [3 / 0.3, 0.5, 1.0])

    def test_both_feet_down_is_no_flight(self):
        found = measure(rollout("#####.....", "###.....##"))
        assert_allclose([found.duty_back, found.duty_front, found.flight], [0.5, 0.5, 0.3])
        assert np.isnan(found.phase)

    def test_says_what_is_missing(self):
        bare = rollout("#####", "#####")
        with pytest.raises(ValueError, match="1 feet"):
            measure(Rollout(bare.geoms, bare.position, bare.orientation, 0.05, bare.series, bare.contacts[:1], 5))


class TestStretches:
    def test_cuts_frames_and_sub_steps_alike(self):
        whole = rollout("#####.....##########", "....................", pitch=[0, 1, 2, 3], speed=[4, 5, 6, 7])
        part = stretch(whole, 0.05, 0.15)
        assert part.series["pitch"].tolist() == [1, 2]
        assert part.contacts[0].touching.tolist() == raster(".....#####").tolist()
        assert [len(piece) for piece in stretches(whole, seconds=0.1, after=0.0)] == [2, 2]
        assert [piece.series["speed"][0] for piece in stretches(whole, seconds=0.1, after=0.1)] == [6]
        with pytest.raises(ValueError, match="nothing"):
            stretch(whole, 0.3, 0.4)

    def test_separation_compares_runs_with_what_one_run_varies(self):
        assert_allclose(separation([[1, 3], [5, 7]]), np.sqrt(8) / np.sqrt(2))
        assert separation([[1, 1], [2, 2]]) == np.inf
        near, far = [[0.3, -0.3], [0.4, -0.2]], [[0.3, 359.7], [360.4, -0.2]]  # the same angles, in degrees
        assert_allclose(separation(far, period=360), separation(near), rtol=1e-3)
        alike = np.random.default_rng(0).normal(size=(200, 4))
        assert_allclose(separation(alike), 0.5, atol=0.06)

    def test_table_holds_runs_by_stretches(self):
        one = measure(rollout("#####.....", "###.....##"))
        found = table({0: [one, one], 3: [one, one, one]})
        assert found["flight"].shape == (2, 2)
        assert_allclose(found["duty_front"], 0.5)


def test_films_an_agent():
    pytest.importorskip("mujoco")

    class Still:
        def best_action(self, observation):
            assert observation.dtype == np.float32
            return np.zeros(6, dtype=np.float32)

    filmed = film_gait(Still(), seed=0, steps=40, title="still")
    found = measure(stretch(filmed, 1.0, 2.0))
    assert abs(found.speed) < 0.1
    assert found.duty_back > 0.9  # it stands
    assert found.flight < 0.1
    assert abs(found.pitch) < 20
