"""Statistics of directions, on numbers that can be worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from softopt.envs.directions import resultant_length, sector_entropy, sector_shares, straightness

DEGREE = np.pi / 180
angles = arrays(np.float64, st.integers(1, 40), elements=st.floats(-20, 20))


class TestResultantLength:
    @pytest.mark.parametrize(
        ("degrees", "length"),
        [
            ([77], 1.0),
            ([77, 77 - 360, 77 + 720], 1.0),  # whole turns change nothing
            ([0, 180], 0.0),
            ([0, 90], np.sqrt(0.5)),
            ([0, 0, 0, 180], 0.5),
            ([0, 120, 240], 0.0),
            ([10, 70], np.cos(30 * DEGREE)),
        ],
    )
    def test_worked_by_hand(self, degrees, length) -> None:
        assert resultant_length(np.array(degrees) * DEGREE) == pytest.approx(length, abs=1e-12)

    @given(angles, st.floats(-10, 10))
    def test_turning_all_changes_nothing(self, found, turn) -> None:
        assert resultant_length(found + turn) == pytest.approx(resultant_length(found), abs=1e-9)
        assert 0 <= resultant_length(found) <= 1 + 1e-12

    def test_of_even_directions_it_is_as_small_as_said(self) -> None:
        draws = np.random.default_rng(0).uniform(0, 2 * np.pi, (4_000, 64))
        mean = np.mean([resultant_length(row) for row in draws])
        assert mean == pytest.approx(0.886 / np.sqrt(64), rel=0.03)


class TestSectorShares:
    @pytest.mark.parametrize(
        ("degrees", "shares"),
        [
            ([0, 22, -22, 359], [1, 0, 0, 0, 0, 0, 0, 0]),
            ([23, 45, 67], [0, 1, 0, 0, 0, 0, 0, 0]),
            ([90, -90, 270, 180], [0, 0, 0.25, 0, 0.25, 0, 0.5, 0]),
            (range(0, 360, 45), [0.125] * 8),
        ],
    )
    def test_worked_by_hand(self, degrees, shares) -> None:
        np.testing.assert_allclose(sector_shares(np.array(degrees) * DEGREE), shares, atol=1e-12)

    def test_any_number_of_sectors(self) -> None:
        np.testing.assert_allclose(sector_shares(np.array([0, 90, 180, 269]) * DEGREE, n=2), [0.25, 0.75])
        np.testing.assert_allclose(sector_shares([1.0, 5.0], n=1), [1.0])

    @given(angles, st.integers(1, 12))
    def test_they_are_shares(self, found, n) -> None:
        shares = sector_shares(found, n)
        assert shares.shape == (n,)
        assert shares.min() >= 0
        assert shares.sum() == pytest.approx(1.0)

    @given(arrays(np.int64, st.integers(1, 40), elements=st.integers(-30, 30)), st.integers(-10, 10))
    def test_turning_by_a_sector_turns_the_shares(self, sectors, turn) -> None:
        found = sectors * np.pi / 4 + 0.1
        np.testing.assert_array_equal(sector_shares(found + turn * np.pi / 4), np.roll(sector_shares(found), turn))


class TestSectorEntropy:
    @pytest.mark.parametrize(
        ("degrees", "entropy"),
        [
            ([0, 1, 2], 0.0),
            ([0, 180], np.log(2)),
            ([0, 0, 90, 180], 1.5 * np.log(2)),
            (range(0, 360, 45), np.log(8)),
        ],
    )
    def test_worked_by_hand(self, degrees, entropy) -> None:
        assert sector_entropy(np.array(degrees) * DEGREE) == pytest.approx(entropy, abs=1e-12)


@pytest.mark.parametrize("given", [[], [np.nan], [0.0, np.inf], [[0.0, 1.0]], 1.0])
@pytest.mark.parametrize("measure", [resultant_length, sector_shares, sector_entropy])
def test_what_is_no_list_of_angles_is_refused(measure, given) -> None:
    with pytest.raises(ValueError, match="angles are one or more finite numbers"):
        measure(given)


def test_no_sectors_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one sector; got n=0"):
        sector_shares([0.0], n=0)


class TestStraightness:
    def test_worked_by_hand(self) -> None:
        straight, bent, back, still = (
            [(0, 0), (1, 0), (3, 0)],
            [(0, 0), (3, 0), (3, 4)],
            [(0, 0), (2, 0), (0, 0)],
            [(1, 1)] * 3,
        )
        found = straightness([straight, bent, back, still])
        np.testing.assert_allclose(found, [1.0, 5 / 7, 0.0, 0.0], atol=1e-15)

    @pytest.mark.parametrize("given", [[(0, 0), (1, 0)], [[(0, 0, 0), (1, 0, 0)]], [[(0, 0), (np.nan, 0)]]])
    def test_what_are_no_courses_is_refused(self, given) -> None:
        with pytest.raises(ValueError, match="courses are finite places"):
            straightness(given)
