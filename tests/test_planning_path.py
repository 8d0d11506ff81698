"""Paths over the temperature: the frames of a slider, whatever the solver does."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from planning_cases import random_mdp

from softopt.operators import boltzmann, entropy, soft_maximum
from softopt.tabular import MDP, evaluate, gridworlds, plan, soft_value_iteration, temperature_path, visitation

GRID = np.concatenate([[0.0], np.logspace(-3, 2, 9), [np.inf]])


FIELDS = ("value", "soft_q", "policy", "visitation", "start_value", "entropy", "expected_return")


def frames_of(path, index):
    return [getattr(path, name)[index] for name in FIELDS]


class TestFrames:
    @pytest.mark.parametrize("discount", [0.9, 1.0])
    @pytest.mark.parametrize("solver", [plan, soft_value_iteration])
    def test_each_frame_is_the_plan_of_its_temperature(self, discount, solver):
        mdp = gridworlds.gridworld(
            "pools", slip=0.2, discount=discount, prior=np.full(4, 0.25), reward={"G": 5, "H": -5}
        )
        path = temperature_path(mdp, GRID, solver=solver)
        assert path.messages == ("",) * len(GRID)
        assert np.array_equal(path.temperatures, GRID)
        for index, temperature in enumerate(GRID):
            alone = plan(mdp, temperature)
            scale = max(1.0, np.abs(alone.value).max())
            assert np.abs(path.value[index] - alone.value).max() <= 3e-8 * scale
            assert np.abs(path.policy[index] - alone.policy).max() <= 1e-5
            # The lines below the picture are those of the policy that is shown.
            policy = path.policy[index]
            visits = visitation(mdp, policy)
            spent = np.where(mdp.terminal, 0, visits)
            assert np.allclose(path.visitation[index], visits, rtol=0, atol=1e-12 * visits.sum())
            assert path.start_value[index] == pytest.approx(mdp.initial @ path.value[index], rel=1e-12)
            assert path.entropy[index] == pytest.approx((spent * entropy(policy)).sum() / spent.sum(), abs=1e-12)
            earned = mdp.initial @ evaluate(mdp, policy, 0).value
            assert path.expected_return[index] == pytest.approx(earned, rel=1e-10)

    def test_more_temperature_more_entropy_and_less_return(self):
        mdp = gridworlds.gridworld("pools", slip=0.2, discount=0.95)
        path = temperature_path(mdp, GRID[:-1])
        # V(start) = return + T * (entropy of the whole walk), the largest over all policies at every T.
        of_the_walk = path.entropy * path.visitation[:, ~mdp.terminal].sum(axis=1)
        total = path.expected_return + path.temperatures * of_the_walk
        assert np.allclose(total, path.start_value, rtol=1e-8, atol=1e-8)
        assert (np.diff(of_the_walk) > -1e-9).all()
        assert (np.diff(path.expected_return) < 1e-9).all()

    def test_any_order_and_one_number(self):
        mdp = random_mdp(0, n_states=30, discount=0.99, prior=True)
        up, down = temperature_path(mdp, GRID), temperature_path(mdp, GRID[::-1])
        for a, b in zip(up.value, down.value[::-1], strict=True):
            assert np.abs(a - b).max() <= 2e-8 * max(1, np.abs(a).max())
        assert temperature_path(mdp, 0.5).value.shape == (1, 30)

    def test_finite_horizon_shows_the_first_step(self):
        mdp = random_mdp(0, horizon=4, discount=0.9, final_value=np.arange(5.0))
        path = temperature_path(mdp, [0.0, 0.5])
        found = plan(mdp, 0.5)
        assert np.array_equal(path.value[1], found.value[0])
        assert np.array_equal(path.policy[1], found.policy[0])
        assert np.allclose(path.visitation[1], visitation(mdp, found.policy).sum(axis=0), rtol=0, atol=1e-14)
        earned = mdp.initial @ evaluate(mdp, found.policy, 0).value[0]
        assert path.expected_return[1] == pytest.approx(earned, rel=1e-12)
        spent = visitation(mdp, found.policy)[:-1]
        assert path.entropy[1] == pytest.approx((spent * entropy(found.policy)).sum() / spent.sum(), rel=1e-12)

    def test_forbidden_actions_are_not_counted(self):
        reward = np.array([[1.0, -np.inf], [2.0, 3.0]])
        mdp = MDP(np.full((2, 2, 2), 0.5), reward, discount=0.5)
        path = temperature_path(mdp, [1.0])
        assert path.messages == ("",)
        assert np.isfinite(path.expected_return).all()


def student(mdp, temperature):
    """A student's own soft value iteration, which returns no Q-values."""
    value = np.zeros(mdp.n_states)
    for _ in range(400):
        q = mdp.reward + mdp.discount * mdp.expect(value)
        value = soft_maximum(q, temperature)
    return SimpleNamespace(value=value, policy=boltzmann(q, temperature))


class TestOtherSolvers:
    def test_the_students_own(self):
        mdp = random_mdp(0)
        path = temperature_path(mdp, [0.1, 1.0], solver=student)
        assert path.messages == ("", "")
        assert np.allclose(path.value, temperature_path(mdp, [0.1, 1.0]).value, rtol=0, atol=1e-6)
        assert np.allclose(path.soft_q, mdp.reward + 0.9 * np.stack([mdp.expect(v) for v in path.value]))

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            (lambda m: 1 / 0, "ZeroDivisionError: division by zero"),
            (lambda m: {}["V"], "KeyError: 'V'"),
            (lambda m: None, "TypeError: a solver returns a Plan, or an object with .value and .policy; got NoneType."),
            (lambda m: (np.zeros(5), np.zeros((5, 3))), "TypeError: .* got tuple"),
            (
                lambda m: SimpleNamespace(value=np.full(5, np.nan), policy=np.full((5, 3), 1 / 3)),
                "ValueError: .* NaN",
            ),
            (
                lambda m: SimpleNamespace(value=np.zeros(5), policy=np.full((5, 3), np.nan)),
                "ValueError: .* NaN",
            ),
            (
                lambda m: SimpleNamespace(value=np.zeros(4), policy=np.full((5, 3), 1 / 3)),
                r"ValueError: the solver's value has shape \(4,\), expected \(5,\)",
            ),
            (
                lambda m: SimpleNamespace(value=np.zeros(5), policy=np.full((3, 5), 1 / 5)),
                r"ValueError: the solver's policy has shape \(3, 5\), expected \(5, 3\)",
            ),
            (
                lambda m: SimpleNamespace(value=np.zeros(5), policy=np.full((5, 3), 0.5)),
                "ValueError: policy row of state 0 sums to 1.5 instead of 1",
            ),
            (
                lambda m: SimpleNamespace(value="high", policy=np.full((5, 3), 0.5)),
                "ValueError: ",
            ),
        ],
    )
    def test_a_failure_leaves_nan_and_a_message_and_the_others_go_on(self, wrong, message):
        mdp = random_mdp(0)

        def solver(mdp, temperature):
            return wrong(mdp) if temperature == 1.0 else plan(mdp, temperature)

        path = temperature_path(mdp, [0.1, 1.0, 2.0], solver=solver)
        assert [bool(text) for text in path.messages] == [False, True, False]
        assert re.match(message, path.messages[1])
        assert all(np.isnan(entry).all() for entry in frames_of(path, 1))
        for index in (0, 2):
            assert all(np.isfinite(entry).all() for entry in frames_of(path, index))

    def test_plan_itself_may_fail_on_some(self):
        mdp = MDP.from_gymnasium("CliffWalking-v1", discount=1.0)
        path = temperature_path(mdp, [0, 0.5, 5.0, np.inf])
        assert path.messages[:2] == ("", "")
        assert path.messages[2].startswith("SoftValueDiverges: the soft value diverges at temperature 5")
        assert path.messages[3].startswith("ValueError: temperature inf has no limit in the entropy form")

    def test_interrupts_pass(self):
        def solver(mdp, temperature):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            temperature_path(random_mdp(0), [1.0], solver=solver)


class TestBadTemperatures:
    @pytest.mark.parametrize("temperatures", [[0.1, -1.0], [np.nan], [], [[0.1]], ["warm"]])
    def test_raises_at_once(self, temperatures):
        calls = []
        with pytest.raises(ValueError, match=r"temperature|convert"):
            temperature_path(random_mdp(0), temperatures, solver=lambda *_: calls.append(1))
        assert not calls
