"""What the text of notebook 06 says of the recorded policy gradients, so that it cannot drift from what they are."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from softopt.envs import Rollout
from softopt.experiments import gaits
from softopt.runs import load
from softopt.runs.statistics import interquartile_mean, interval

PLAIN, BONUS, COMMON = (f"policy_gradient/halfcheetah{kind}" for kind in ("", "_entropy", "_common_width"))


def films(name):
    recording = load(name)
    return {seed: Rollout.load(recording.path(seed, "rollout")) for seed in recording.seeds}


@pytest.fixture(scope="module")
def pieces():
    """Name of the recording -> what is measured of it, name -> (seeds, pieces)."""
    return {
        name: gaits.table({k: [gaits.measure(p) for p in gaits.stretches(film)] for k, film in films(name).items()})
        for name in (PLAIN, BONUS, COMMON)
    }


@pytest.mark.parametrize(
    ("name", "entropy", "earned", "low", "high"), [(PLAIN, -6.8, 3315, 2453, 4207), (BONUS, -2.3, 3360, 2064, 4824)]
)
def test_the_bonus_keeps_entropy_and_buys_no_return(name, entropy, earned, low, high):
    curves = load(name).curves
    assert len(curves["return"]) == 5
    assert curves["step"][0, -1] == 400_000
    assert_allclose(interquartile_mean(curves["entropy"][:, [0, -1]], axis=0), [3.8, entropy], atol=0.05)
    assert_allclose(
        [interquartile_mean(curves["return"][:, -1]), *interval(curves["return"])[0][-1:]], [earned, low], atol=1
    )
    assert_allclose(interval(curves["return"])[1][-1], high, atol=1)


def test_one_width_for_all_is_sure_nearly_as_soon_as_a_width_for_each_state():
    plain, common = (interquartile_mean(load(name).curves["entropy"], axis=0) for name in (PLAIN, COMMON))
    assert_allclose(common, plain, atol=0.8)
    assert_allclose([plain[-1], common[-1]], [-6.8, -6.4], atol=0.05)


def test_two_gaits_among_five_seeds(pieces):
    plain = {name: numbers.mean(axis=1) for name, numbers in pieces[PLAIN].items()}
    whole = [gaits.measure(gaits.stretch(film, 5, film.duration)) for film in films(PLAIN).values()]
    assert_allclose([whole[1].pitch, whole[1].rocking, whole[1].duty_back], [-35.8, 28.0, 0.07], atol=0.05)
    assert all(-6.5 < whole[seed].pitch < -0.5 for seed in (0, 2, 3, 4))
    speeds = [gait.speed for gait in whole]
    assert (np.argmax(speeds), np.argmin(speeds)) == (3, 1)
    assert_allclose([speeds[3], speeds[1]], [4.7, 2.4], atol=0.05)
    assert abs(whole[3].duty_back - whole[3].duty_front) < 0.03
    assert_allclose(plain["pitch"].max() - plain["pitch"].min(), plain["pitch"][3] - plain["pitch"][1])
    down = np.degrees(films(PLAIN)[1].series["pitch"]) < -60
    assert_allclose(down.mean(), 0.25, atol=0.01)


def test_what_separates_the_seeds(pieces):
    apart = {name: gaits.separation(pieces[PLAIN][name]) for name in ("speed", "strides", "flight")}
    apart["pitch"] = gaits.separation(pieces[PLAIN]["pitch"], 360)
    apart["phase"] = gaits.separation(pieces[PLAIN]["phase"], 1)
    assert min(apart[name] for name in ("speed", "pitch", "strides")) > 2
    assert max(apart[name] for name in ("flight", "phase")) < 1


def test_with_the_bonus_one_turns_over_and_with_one_width_none_does(pieces):
    posture = pieces[BONUS]["pitch"]
    assert (np.abs(posture[1:]).mean(axis=1) < 11.5).all()
    assert (np.abs(posture[0, :4]) < 60).all()
    assert (np.abs(posture[0, 4:]) > 120).all()  # on its back from the middle of the run to its end
    level = pieces[COMMON]["pitch"].mean(axis=1)
    assert len(level) == 5
    assert ((level > -5.4) & (level < -0.9)).all()
    assert_allclose(load(COMMON).curves["return"][:, -1].min(), 3571, atol=1)
