"""Explorers of notebooks 01 and 03, and the claims that those notebooks make with them."""

import base64
import re

import numpy as np
import pytest

from softopt.interactive.messages import explore_messages, explore_smoothing, success_ahead
from softopt.interactive.optimism import explore_lottery, explore_optimism
from softopt.interactive.soft_maximum import explore_soft_maximum
from softopt.interactive.trajectories import explore_trajectories
from softopt.tabular import enumerate_trajectories, evaluate, gridworlds, infer, variational, worlds


def panel(explorer, kind):
    """The first panel of a kind, its arrays unpacked."""
    spec = next(p for row in explorer.spec["rows"] for p in row if p["kind"] == kind)
    numbers = np.frombuffer(explorer.frames, dtype="<f4")

    def unpack(value):
        if isinstance(value, dict) and set(value) == {"offset", "shape"}:
            return numbers[value["offset"] : value["offset"] + np.prod(value["shape"])].reshape(value["shape"])
        return {key: unpack(entry) for key, entry in value.items()} if isinstance(value, dict) else value

    return unpack(spec)


def ledge(slip):
    drawing = ["......", "......", "S....G", "HHHHHH"]
    return gridworlds.gridworld(drawing, slip=slip, reward={"H": -20.0}, horizon=20, prior=np.full(4, 1 / 4))


class TestSoftMaximum:
    def test_both_forms_by_hand(self):
        curves = panel(explore_soft_maximum([0.0, 0.0]), "Lines")["curves"]
        temperatures = np.concatenate([[0.0], np.geomspace(1e-5, 0.03, 61)])
        np.testing.assert_allclose(curves["entropy form"], temperatures * np.log(2), rtol=1e-5)
        np.testing.assert_allclose(curves["KL form, uniform prior"], 0.0, atol=1e-9)

    def test_shows_a_picture_where_no_script_runs(self):
        data, _ = explore_soft_maximum([1.0, 2.0, 2.2])._repr_mimebundle_()
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")

    @pytest.mark.parametrize("q", [[1.0], [np.nan, 1.0], [[1.0, 2.0]]])
    def test_refuses_what_is_no_row_of_numbers(self, q):
        with pytest.raises(ValueError, match="at least two finite numbers"):
            explore_soft_maximum(q)


class TestTrajectories:
    small = worlds.corridor(length=3, horizon=3, start=0, goal=2, effort=0.5, miss=1.0)

    def test_bars_add_up_and_name_the_best_ways_first(self):
        bars = panel(explore_trajectories(self.small), "Bars")
        np.testing.assert_allclose(bars["groups"]["posterior"].sum(axis=1), 1.0, rtol=1e-5)
        np.testing.assert_allclose(bars["groups"]["prior"].sum(axis=1), 1.0, rtol=1e-5)
        assert len(bars["names"]) == 9
        assert bars["names"][-1] == "the other 19"
        assert all("−1.0" in name for name in bars["names"][:3])

    def test_three_best_ways_have_thirty_percent_at_temperature_one(self):
        ways = enumerate_trajectories(self.small, 1.0)
        best = ways.total_reward == ways.total_reward.max()
        assert best.sum() == 3
        np.testing.assert_allclose(ways.posterior[best].sum(), 0.30, atol=0.005)
        assert "30 percent" in explore_trajectories(self.small).sentence

    def test_needs_names_for_actions(self):
        with pytest.raises(ValueError, match="no grid"):
            explore_trajectories(worlds.lottery())


class TestMessages:
    world = worlds.corridor(length=21, horizon=40, start=3, goal=15, effort=1.0)

    def test_backward_message_is_the_set_of_cells_that_can_still_succeed(self):
        backward = success_ahead(infer(self.world, 1.0), 1.0)
        np.testing.assert_array_equal(np.flatnonzero(backward[30]), np.arange(5, 21))
        np.testing.assert_allclose(backward.max(axis=1), 1.0)

    def test_a_random_walk_keeps_the_appointment_once_in_190_times(self):
        where = self.world.initial
        for _ in range(40):
            where = np.einsum("s,sat->t", where, self.world.transition) / self.world.n_actions
        assert 1 / where[15] == pytest.approx(190, abs=1)

    def test_forward_times_backward_is_what_is_drawn(self):
        curves = panel(explore_messages(self.world, 1.0), "Lines")["curves"]
        forward, backward, both = curves.values()
        product = forward * backward
        np.testing.assert_allclose(both, product / product.max(axis=1, keepdims=True), atol=1e-5)

    def test_the_cigar_never_closes(self):
        cell = np.arange(21)

        def spread(temperature):
            middle = infer(self.world, temperature).marginals[20]
            return np.sqrt(middle @ cell**2 - (middle @ cell) ** 2)

        np.testing.assert_allclose(spread(0.01), 1.47, atol=0.005)
        np.testing.assert_allclose(spread(0.2), spread(0.01), atol=0.005)
        assert spread(0.2) < spread(1.0) < spread(100.0)

    def test_smoothing_draws_distributions(self):
        explorer = explore_smoothing(self.world, np.array([0.1, 1.0, 10.0]))
        np.testing.assert_allclose(panel(explorer, "HeatMap")["value"].sum(axis=1), 1.0, rtol=1e-5)


class TestOptimism:
    def test_lottery_starts_at_temperature_one_and_says_so(self):
        sentence = explore_lottery().sentence
        assert sentence.startswith("At temperature 1.0 exact inference buys with probability 0.997")
        assert "the variational policy buys with 0.269" in sentence

    def test_exact_inference_does_not_notice_slip_under_a_uniform_prior(self):
        """A slip to the side changes who chose a step, not how likely it is: evidence and marginals stay."""
        dry = infer(ledge(0.0), 0.3)
        for slip in (0.1, 0.4):
            wet = infer(ledge(slip), 0.3)
            np.testing.assert_allclose(wet.log_evidence, dry.log_evidence, rtol=1e-12)
            np.testing.assert_allclose(wet.marginals, dry.marginals, atol=1e-12)

    @pytest.mark.parametrize("slip", [0.1, 0.2, 0.4])
    def test_the_hopeful_policy_pays_for_its_hopes(self, slip):
        world = ledge(slip)
        hopeful, mended = infer(world, 0.3).policy, variational(world, 0.3).policy
        earned = [world.initial @ evaluate(world, policy, 0.0).value[0] for policy in (hopeful, mended)]
        assert earned[0] < earned[1] - 3

    def test_the_dynamics_lie_on_the_map(self):
        explorer = explore_optimism(ledge, np.array([0.0, 0.2]), np.array([0.3, 1.0]))
        bars = panel(explorer, "Bars")["groups"]
        start = ledge(0.0).grid.state_at(2, 0)
        np.testing.assert_allclose(bars["true"][1, 0, start, 0], 0.8, rtol=1e-6)
        assert bars["believed"][1, 0, start, 0] > 0.999
        assert len(explorer.spec["sentences"]) == 4
        assert "image/png" in explorer._repr_mimebundle_()[0]
        gaps = [float(re.search(r"gap is ([\d.e−]+) nats", s)[1].replace("−", "-")) for s in explorer.spec["sentences"]]
        assert gaps[0] < 1e-6
        assert gaps[1] < 1e-6
        assert gaps[2] > gaps[3] > 1

    def test_needs_a_map(self):
        with pytest.raises(ValueError, match="no grid"):
            explore_optimism(lambda slip: worlds.lottery(0.5 - slip), [0.0, 0.1], [1.0, 2.0])
