"""Operators: hand-worked numbers, limits, ties, forbidden actions, extremes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from softopt.operators import boltzmann, entropy, kl, mellowmax, soft_maximum

INF = np.inf
LOG2, LOG3 = np.log(2), np.log(3)

values = arrays(np.float64, st.integers(1, 6), elements=st.floats(-1e4, 1e4))
temperatures = st.floats(1e-6, 1e6)


def normalised(weights):
    return weights / weights.sum()


class TestSoftMaximum:
    @pytest.mark.parametrize(
        ("q", "temperature", "prior", "expected"),
        [
            ([0.0, 0.0], 1.0, None, LOG2),
            ([0.0, 0.0, 0.0], 2.0, None, 2 * LOG3),
            ([0.0, LOG2], 1.0, None, LOG3),  # e^0 + e^log2 = 3
            ([0.0, LOG2], 1.0, [0.5, 0.5], np.log(1.5)),
            ([0.0, LOG2], 1.0, [1.0, 0.0], 0.0),
            ([1.0, 2.0], 0.0, None, 2.0),
            ([1.0, 2.0], 0.0, [1.0, 0.0], 1.0),  # the maximum over the prior's support
            ([1.0, 2.0], INF, [0.25, 0.75], 1.75),
            ([-INF, 1.0], 1.0, None, 1.0),
            ([-INF, -INF], 1.0, None, -INF),
            ([-INF, -INF], 0.0, None, -INF),
            ([-INF, -INF], 1.0, [0.5, 0.5], -INF),
            ([-INF, -INF], INF, [0.5, 0.5], -INF),
            ([-INF, 3.0], INF, [0.0, 1.0], 3.0),  # 0 * -inf = 0
            ([1e4, -1e4], 1e-6, None, 1e4),
            ([1e4, 1e4], 1e-6, None, 1e4 + 1e-6 * LOG2),
            ([-1e4, -1e4], 1e6, None, -1e4 + 1e6 * LOG2),
            ([0.0, -1e4], 1.0, [1e-20, 1 - 1e-20], np.log(1e-20)),  # nearly all prior mass on the worse
        ],
    )
    def test_hand_worked(self, q, temperature, prior, expected):
        np.testing.assert_allclose(soft_maximum(q, temperature, prior), expected, rtol=1e-14)

    def test_keeps_the_digits_at_high_temperature(self):
        # E q + var / (2 T): the naive T * log(sum) has lost these digits at T = 1e6.
        q, prior, temperature = np.array([0.0, 1.0]), [0.5, 0.5], 1e6
        np.testing.assert_allclose(soft_maximum(q, temperature, prior), 0.5 + 0.125e-6, rtol=0, atol=1e-15)

    def test_axis_and_rows(self):
        q = np.array([[0.0, LOG2], [LOG3, -INF]])
        np.testing.assert_allclose(soft_maximum(q, 1.0), [LOG3, LOG3])
        np.testing.assert_allclose(soft_maximum(q, 1.0, axis=0), [np.log(4), LOG2])
        np.testing.assert_allclose(soft_maximum(q.T, 1.0, axis=0), [LOG3, LOG3])
        prior = np.array([[1.0, 0.0], [1.0, 0.0]])
        np.testing.assert_allclose(soft_maximum(q, 1.0, prior), [0.0, LOG3])

    @given(values, temperatures)
    def test_entropy_form_is_bounded_by_the_maximum(self, q, temperature):
        value = soft_maximum(q, temperature)
        slack = 1e-12 * max(1, np.abs(q).max(), temperature)
        assert q.max() - slack <= value <= q.max() + temperature * np.log(q.size) + slack

    @given(values, temperatures, st.floats(-1e4, 1e4))
    def test_shift(self, q, temperature, shift):
        moved = soft_maximum(q + shift, temperature) - shift
        np.testing.assert_allclose(moved, soft_maximum(q, temperature), rtol=1e-12, atol=1e-10 * max(1.0, temperature))

    @given(values, st.floats(1e-3, 1e3))
    def test_scale(self, q, scale):
        np.testing.assert_allclose(soft_maximum(scale * q, scale), scale * soft_maximum(q, 1.0), rtol=1e-10, atol=1e-10)

    @given(values, temperatures, st.data())
    def test_is_the_best_of_reward_minus_divergence(self, q, temperature, data):
        """V = max over pi of E q - T KL(pi || p0), reached at the Boltzmann policy."""
        prior = normalised(data.draw(arrays(np.float64, q.size, elements=st.floats(0.1, 1))))
        other = normalised(data.draw(arrays(np.float64, q.size, elements=st.floats(0.1, 1))))

        def objective(policy):
            return policy @ q - temperature * kl(policy, prior)

        best = soft_maximum(q, temperature, prior)
        slack = 1e-9 * max(1, np.abs(q).max(), temperature)
        assert objective(other) <= best + slack
        assert abs(objective(boltzmann(q, temperature, prior)) - best) <= slack

    @given(values, temperatures)
    def test_uniform_prior_differs_by_the_log_of_the_number_of_actions(self, q, temperature):
        uniform = np.full(q.size, 1 / q.size)
        np.testing.assert_allclose(
            soft_maximum(q, temperature, uniform),
            soft_maximum(q, temperature) - temperature * np.log(q.size),
            atol=1e-9 * max(1, temperature, np.abs(q).max()),
        )

    @given(values)
    def test_limits(self, q):
        prior = np.full(q.size, 1 / q.size)
        assert abs(soft_maximum(q, 1e-6) - q.max()) <= 1e-6 * np.log(q.size) + 1e-9
        far = abs(soft_maximum(q, 1e9, prior) - q.mean())
        assert far <= np.var(q) / 1e9 + 1e-9 * max(1, np.abs(q).max())
        np.testing.assert_allclose(soft_maximum(q, INF, prior), q.mean(), atol=1e-9)


class TestBoltzmann:
    @pytest.mark.parametrize(
        ("q", "temperature", "prior", "expected"),
        [
            ([0.0, LOG2], 1.0, None, [1 / 3, 2 / 3]),
            ([0.0, LOG2], 0.5, None, [1 / 5, 4 / 5]),
            ([0.0, LOG2], 1.0, [0.5, 0.5], [1 / 3, 2 / 3]),
            ([0.0, LOG2], 1.0, [0.8, 0.2], [2 / 3, 1 / 3]),
            ([1.0, 3.0, 3.0], 0.0, None, [0, 0.5, 0.5]),
            ([1.0, 3.0, 3.0], 0.0, [0.2, 0.2, 0.6], [0, 0.25, 0.75]),
            ([1.0, 3.0, 3.0], 0.0, [1.0, 0.0, 0.0], [1, 0, 0]),
            ([1.0, 3.0, -INF], INF, [0.2, 0.2, 0.6], [0.5, 0.5, 0]),
            ([-INF, -INF], 1.0, None, [0, 0]),
            ([-INF, -INF], 0.0, None, [0, 0]),
            ([-INF, -INF], INF, [0.5, 0.5], [0, 0]),
            ([1e4, -1e4], 1e-6, None, [1, 0]),
            ([0.0, -1e4], 1.0, [0.0, 1.0], [0, 1]),
            ([0.0, -1e4], 1e-6, [1e-300, 1.0], [1, 0]),
        ],
    )
    def test_hand_worked(self, q, temperature, prior, expected):
        np.testing.assert_allclose(boltzmann(q, temperature, prior), expected, rtol=1e-14, atol=1e-300)

    @given(values, temperatures)
    def test_is_a_distribution_and_agrees_with_its_definition(self, q, temperature):
        policy = boltzmann(q, temperature)
        np.testing.assert_allclose(policy.sum(), 1.0, rtol=1e-12)
        exponent = (q - soft_maximum(q, temperature)) / temperature
        slack = 1e-14 * max(1, np.abs(q).max()) / temperature
        if slack < 1e-6:
            np.testing.assert_allclose(policy, np.exp(exponent), rtol=1e-6, atol=1e-12)

    @given(values)
    def test_ties_at_zero_are_shared_as_the_limit_shares_them(self, q):
        q = np.round(q, 2)  # gaps of at least .01: at 1e-6 nothing but ties survives
        np.testing.assert_allclose(boltzmann(q, 0.0), boltzmann(q, 1e-6), atol=1e-12)
        prior = normalised(np.arange(1.0, q.size + 1))
        np.testing.assert_allclose(boltzmann(q, 0.0, prior), boltzmann(q, 1e-6, prior), atol=1e-12)

    def test_axis(self):
        q = np.array([[0.0, LOG2], [LOG3, 0.0]])
        np.testing.assert_allclose(boltzmann(q, 1.0, axis=0), boltzmann(q.T, 1.0).T)


class TestMellowmax:
    @pytest.mark.parametrize(
        ("q", "omega", "expected"),
        [([0.0, LOG2], 1.0, np.log(1.5)), ([1.0, 3.0], 0.0, 2.0), ([1.0, 3.0], INF, 3.0)],
    )
    def test_hand_worked(self, q, omega, expected):
        np.testing.assert_allclose(mellowmax(q, omega), expected, rtol=1e-14)

    @given(values, st.data(), st.floats(1e-3, 1e3))
    def test_is_a_non_expansion(self, q, data, omega):
        other = data.draw(arrays(np.float64, q.size, elements=st.floats(-1e4, 1e4)))
        gap = abs(mellowmax(q, omega) - mellowmax(other, omega))
        assert gap <= np.abs(q - other).max() * (1 + 1e-12) + 1e-9

    def test_rejects_negative_omega(self):
        with pytest.raises(ValueError, match="omega"):
            mellowmax([1.0], -1.0)


class TestEntropyAndKL:
    def test_hand_worked(self):
        np.testing.assert_allclose(entropy([[0.5, 0.5], [1.0, 0.0], [0.0, 0.0]]), [LOG2, 0.0, 0.0])
        np.testing.assert_allclose(kl([0.5, 0.5], [0.25, 0.75]), 0.5 * np.log(4 / 3))
        assert kl([0.5, 0.5], [1.0, 0.0]) == INF
        assert kl([1.0, 0.0], [1.0, 0.0]) == 0.0

    def test_negative_probability(self):
        with pytest.raises(ValueError, match="negative"):
            entropy([1.5, -0.5])
        with pytest.raises(ValueError, match="negative"):
            kl([0.5, 0.5], [np.nan, 0.5])


@pytest.mark.parametrize("operator", [soft_maximum, boltzmann])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([1.0], -1.0), "temperature must be"),
        (([1.0], np.nan), "temperature must be"),
        (([1.0], "warm"), "temperature must be"),
        (([1.0], [1.0, 2.0]), "temperature must be"),
        (([1.0], INF), "entropy form"),
        (([np.nan], 1.0), "NaN"),
        (([INF], 1.0), r"\+inf"),
        (([], 1.0), "at least one action"),
        ((1.0, 1.0), "at least one action"),
        (([1.0, 2.0], 1.0, [0.5, 0.6]), "sum to one"),
        (([1.0, 2.0], 1.0, [-0.5, 1.5]), "sum to one"),
        (([1.0, 2.0], 1.0, [np.nan, 1.0]), "sum to one"),
        (([1.0, 2.0], 1.0, [1.0, 0.0, 0.0]), "does not fit"),
    ],
)
def test_bad_input_gets_a_sentence(operator, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        operator(*arguments)
