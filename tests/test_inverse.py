"""Maximum-entropy IRL: the dual, its gradient, the fit, and what demonstrations must satisfy."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softopt.tabular import MDP, Trajectory, gridworlds, maxent_irl, sample_trajectories
from softopt.tabular.inverse import Dual
from softopt.tabular.inverse.demonstrations import Statistics
from softopt.tabular.inverse.models import Causal
from softopt.tabular.inverse.passes import backward, occupancy

KINDS = {
    "finite": {"horizon": 5},
    "finite, ends, discounted": {"horizon": 5, "discount": 0.8, "terminal": [3]},
    "discounted": {"discount": 0.8},
    "discounted, absorbing goal": {"discount": 0.9, "terminal": [3]},
    "undiscounted, absorbing goal": {"terminal": [3]},
}


def random_problem(seed, *, prior=False, by_action=True, deterministic=False, n_states=5, **options):
    """A random MDP of 3 actions, 2 features that cost something at theta = (1, 1), and 12 random trajectories."""
    generator = np.random.default_rng(seed)
    transition = generator.dirichlet(np.full(n_states, 0.5), size=(n_states, 3))
    if deterministic:
        transition = np.eye(n_states)[generator.integers(n_states, size=(n_states, 3))]
    p0 = generator.dirichlet(np.ones(3), size=n_states) if prior else None
    mdp = MDP(transition, np.zeros((n_states, 3)), prior=p0, **options)
    features = generator.normal(size=(n_states, 3, 2) if by_action else (n_states, 2)) - 2.0
    policy = np.full((n_states, 3), 1 / 3) if p0 is None else p0
    demonstrations = sample_trajectories(mdp, policy, 12, generator, steps=mdp.horizon or 40)
    return mdp, features, demonstrations


def cut(trajectory, length):
    return Trajectory(trajectory.states[: length + 1], trajectory.actions[:length])


def ended_by_chance(mdp, demonstrations, seed):
    """End each after a step with probability 1 - discount: what a discount is in the non-causal model."""
    lifetimes = np.random.default_rng(seed).geometric(max(1 - mdp.discount, 1e-12), size=len(demonstrations))
    return [cut(t, min(len(t), life)) for t, life in zip(demonstrations, lifetimes, strict=True)]


def differences(dual, theta, step=1e-5):
    """Central differences of the objective."""
    return np.array(
        [(dual(theta + step * e).objective - dual(theta - step * e).objective) / (2 * step) for e in np.eye(2)]
    )


# Hand-worked: state 0 and 1, actions stay and move, two steps, one feature: being in state 1 when acting.
# V_1(s) = theta [s = 1] + log 2, V_0(0) = log(exp(V_1(0)) + exp(V_1(1))) = log 2 + log(1 + exp(theta)).
MOVES = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
TWO_STATES = MDP(MOVES, np.zeros((2, 2)), horizon=2, initial=[1.0, 0.0])
IN_STATE_1 = np.array([[0.0], [1.0]])
TWO_OF_THREE = [Trajectory([0, 1, 0], [1, 1]), Trajectory([0, 1, 1], [1, 0]), Trajectory([0, 0, 1], [0, 1])]


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(
    ("theta", "objective", "feature_gap"),
    [
        (0.0, -2 * np.log(2), 2 / 3 - 1 / 2),
        (np.log(2), 2 / 3 * np.log(2) - np.log(2) - np.log(3), 0.0),
        (np.log(3), 2 / 3 * np.log(3) - np.log(2) - np.log(4), 2 / 3 - 3 / 4),
    ],
)
def test_two_states_by_hand(causal, theta, objective, feature_gap):
    # The last state of each demonstration is reached, not acted in: it must not count, or f_demo would be 4/3.
    point = Dual(TWO_STATES, IN_STATE_1, TWO_OF_THREE, causal=causal)([theta])
    assert point.objective == pytest.approx(objective, abs=1e-14)
    assert point.gradient[0] == pytest.approx(feature_gap, abs=1e-14)


@pytest.mark.parametrize(("theta", "found"), [(-2.0, 0.4858), (0.0, np.inf), (1.0, np.inf)])
def test_counting_the_last_state_on_one_side_closes_the_gap_at_wrong_weights_or_not_at_all(theta, found):
    # Notebook 07 says so. In state 1 one is with probability 1 / (1 + exp(-theta)) when acting, and, whatever theta,
    # with 1/2 at the end. The model's own count is below 1.
    dual = Dual(TWO_STATES, IN_STATE_1, TWO_OF_THREE)
    counted = dual([theta]).feature_expectations[0] + 1 / 2
    gaps = [counted - dual([guess]).feature_expectations[0] for guess in (-30.0, found if found < 30 else 30.0)]
    assert gaps[0] > 0
    assert gaps[1] == pytest.approx(0, abs=1e-4) if found < np.inf else gaps[1] > -1e-12
    assert abs(found - theta) > 1


@pytest.mark.parametrize(
    ("temperature", "l2", "theta"),
    [
        (1.0, 0.0, np.log(2)),
        (2.0, 0.0, 2 * np.log(2)),  # only theta / T can be known
        (1.0, 1 / 15 / np.log(1.5), np.log(1.5)),  # the gap 2/3 - 3/5 that l2 theta leaves
    ],
)
def test_two_states_fitted(temperature, l2, theta):
    found = maxent_irl(TWO_STATES, IN_STATE_1, TWO_OF_THREE, temperature=temperature, l2=l2, tol=1e-10)
    assert found.converged
    assert found.theta[0] == pytest.approx(theta, abs=1e-8)
    assert found.reward[1] == pytest.approx(found.theta[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(
    ("prior", "by_action", "temperature", "l2"), [(False, False, 1.0, 0.0), (True, True, 0.4, 0.3)]
)
def test_gradient_is_exact(kind, causal, prior, by_action, temperature, l2):
    mdp, features, demonstrations = random_problem(3, prior=prior, by_action=by_action, **KINDS[kind])
    demonstrations[0] = cut(demonstrations[0], min(2, len(demonstrations[0])))  # broken off in the middle
    dual = Dual(mdp, features, demonstrations, causal=causal, temperature=temperature, l2=l2)
    theta = np.array([1.0, 0.7])
    point = dual(theta)
    assert np.abs(point.gradient).max() > 1e-3
    assert np.abs(differences(dual, theta) - point.gradient).max() < 1e-7 * max(1, np.abs(point.gradient).max())
    gap = dual.demonstration_features - point.feature_expectations - l2 * theta
    np.testing.assert_array_equal(point.gradient, gap)


def trajectories_of(mdp, start):
    """Every (states, actions, probability of the dynamics) of a finite horizon."""
    for actions in itertools.product(range(3), repeat=mdp.horizon):
        for rest in itertools.product(range(mdp.n_states), repeat=mdp.horizon):
            states = (start, *rest)
            chance = np.prod([mdp.transition[s, a, n] for s, a, n in zip(states, actions, rest, strict=False)])
            if chance > 0:
                yield states, actions, chance


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_non_causal_model_is_the_one_that_enumeration_gives(temperature):
    mdp, features, demonstrations = random_problem(0, n_states=3, horizon=3, deterministic=False)
    theta = np.array([0.8, -0.5])
    dual = Dual(mdp, features, demonstrations, causal=False, temperature=temperature)
    log_likelihood, expected = 0.0, np.zeros(2)
    for demonstration in demonstrations:
        weights, sums, own = [], [], None
        for states, actions, chance in trajectories_of(mdp, demonstration.states[0]):
            sums.append(sum(features[s, a] for s, a in zip(states, actions, strict=False)))
            weights.append(chance * np.exp(sums[-1] @ theta / temperature))
            if states == tuple(demonstration.states) and actions == tuple(demonstration.actions):
                own = np.log(weights[-1]) - np.log(chance)
        log_likelihood += (own - np.log(sum(weights))) / len(demonstrations)
        expected += np.array(weights) @ np.array(sums) / sum(weights) / len(demonstrations)
    point = dual(theta)
    assert point.objective / temperature == pytest.approx(log_likelihood, abs=1e-12)
    np.testing.assert_allclose(point.feature_expectations, expected, atol=1e-12)


def test_causal_expectations_are_those_of_running_its_policy():
    mdp, features, demonstrations = random_problem(1, n_states=3, horizon=3)
    point = Dual(mdp, features, demonstrations)(np.array([0.8, -0.5]))
    expected = np.zeros(2)
    for demonstration in demonstrations:
        for states, actions, chance in trajectories_of(mdp, demonstration.states[0]):
            pairs = list(zip(states, actions, strict=False))
            chosen = np.prod([point.policy[t, s, a] for t, (s, a) in enumerate(pairs)])
            expected += chance * chosen * sum(features[s, a] for s, a in pairs) / len(demonstrations)
    np.testing.assert_allclose(point.feature_expectations, expected, atol=1e-12)


@pytest.mark.parametrize("kind", ["finite", "undiscounted, absorbing goal"])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_two_models_agree_under_deterministic_dynamics(kind, seed):
    options = KINDS[kind]
    mdp, features, demonstrations = random_problem(7, n_states=5, **options)
    generator = np.random.default_rng(seed)
    successor = generator.integers(5, size=(5, 3))
    successor[:, 0] = 3  # the goal is in reach of every state
    mdp = mdp.replace(transition=np.eye(5)[successor])
    demonstrations = sample_trajectories(mdp, np.full((5, 3), 1 / 3), 5, generator, steps=mdp.horizon or 7)
    theta = np.array([1.5, 1.2])
    features = np.minimum(features, -0.5)
    causal, other = (Dual(mdp, features, demonstrations, causal=causal)(theta) for causal in (True, False))
    assert causal.objective == pytest.approx(other.objective, abs=1e-9)
    np.testing.assert_allclose(causal.gradient, other.gradient, atol=1e-8)


def lottery():
    """One choice: 0 pays nothing for sure, 1 leads to a win (+1) or a loss (-1) with even odds."""
    transition = np.zeros((4, 2, 4))
    transition[0, 0, 3] = 1.0
    transition[0, 1, [1, 2]] = 0.5
    transition[1:, :, 3] = 1.0
    mdp = MDP(transition, np.zeros((4, 2)), terminal=[3], initial=[1, 0, 0, 0])
    features = np.array([[0.0], [1.0], [-1.0], [0.0]])
    return mdp.replace(prior=[0.5, 0.5]), features


def test_the_two_models_differ_under_stochastic_dynamics():
    # Half of the demonstrators buy a ticket, and half of the tickets win: fair play, which theta = 0 explains
    # to the causal model and to the other. Three winners in four are luck to the first, preference to the second.
    mdp, features = lottery()
    safe, won, lost = Trajectory([0, 3], [0]), Trajectory([0, 1, 3], [1, 0]), Trajectory([0, 2, 3], [1, 0])
    dual = {causal: Dual(mdp, features, [safe, safe, won, lost], causal=causal) for causal in (True, False)}
    for each in dual.values():
        assert each([0.0]).gradient[0] == pytest.approx(0.0, abs=1e-14)
    theta = 0.7
    # Causal: E V = 0 for the ticket, so it stays an even choice. Non-causal: log cosh theta makes it tempting.
    assert dual[True]([theta]).policy[0, 1] == pytest.approx(0.5)
    assert dual[False]([theta]).policy[0, 1] == pytest.approx(np.cosh(theta) / (1 + np.cosh(theta)))
    # V(0) = log((1 + cosh theta) / 2), so the gradient is -sinh theta / (1 + cosh theta).
    assert dual[True]([theta]).gradient[0] == pytest.approx(0.0, abs=1e-14)
    assert dual[False]([theta]).gradient[0] == pytest.approx(-np.sinh(theta) / (1 + np.cosh(theta)))
    # f_demo = 1/4: solved by sinh x / (1 + cosh x) = tanh(x / 2) = 1/4. No causal theta can explain it.
    lucky = [safe, safe, won, won, won, lost, safe, safe]
    found = maxent_irl(mdp, features, lucky, causal=False)
    assert found.theta[0] == pytest.approx(2 * np.arctanh(1 / 4), abs=1e-7)
    assert Dual(mdp, features, lucky)([5.0]).gradient[0] == pytest.approx(1 / 4)


@pytest.mark.parametrize(("slip", "exact"), [(0.0, True), (0.3, False)])
def test_the_forward_pass_of_2008_is_the_gradient_only_without_slip(slip, exact):
    # Ziebart et al. (2008), Algorithm 1: values of the non-causal model, visits under the MDP's own dynamics.
    mdp = gridworlds.gridworld(["S..", ".#.", "..G"], slip=slip, horizon=6)
    features = np.random.default_rng(0).normal(size=(mdp.n_states, 2))
    policy = np.full((mdp.n_states, 4), 0.25)
    demonstrations = sample_trajectories(mdp, policy, 20, np.random.default_rng(1))
    dual = Dual(mdp, features, demonstrations, causal=False)
    theta = np.array([1.0, -1.0])
    past = backward(mdp, dual.model, features @ theta[:, None] * np.ones(4), 1.0)
    past.flow[:] = [Causal(mdp, 1.0).flow] * 6
    shortcut = dual.features.total(occupancy(mdp, past, dual.observed.source, mdp.rows()))
    error = np.abs(dual.demonstration_features - shortcut - differences(dual, theta)).max()
    assert error < 1e-8 if exact else error > 0.05


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("horizon", [8, None])
def test_sparse_and_dense_transitions_give_the_same(causal, horizon):
    points = []
    for sparse in (False, True):
        mdp = gridworlds.gridworld(["S..", ".#.", "..G"], slip=0.3, discount=0.9, horizon=horizon, sparse=sparse)
        features = np.stack([-np.ones(mdp.n_states), mdp.grid.cells[:, 0] - 2.0], axis=1)
        policy = np.full((mdp.n_states, 4), 0.25)
        demonstrations = sample_trajectories(mdp, policy, 5, np.random.default_rng(0), steps=8)
        points.append(Dual(mdp, features, demonstrations, causal=causal)([2.0, 0.5]))
    assert points[0].objective == pytest.approx(points[1].objective, abs=1e-10)
    np.testing.assert_allclose(points[0].gradient, points[1].gradient, atol=1e-10)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("causal", [True, False])
def test_fit_matches_the_demonstrations_features(kind, causal):
    # The prior itself demonstrates, so the best theta lies near 0, far from where the values would be infinite.
    mdp, features, demonstrations = random_problem(11, prior=True, **KINDS[kind])
    if not causal:
        demonstrations = ended_by_chance(mdp, demonstrations, seed=0)
    start = np.array([0.5, 0.5])
    found = maxent_irl(mdp, features, demonstrations, causal, theta=start, l2=0.01, tol=1e-7)
    assert found.converged
    assert np.abs(found.theta - start).max() > 0.1
    assert found.history[0] < found.history[-1]
    assert (np.diff(found.history) >= -1e-12).all()
    assert len(found.history) == found.iterations + 1
    gap = found.demonstration_features - found.feature_expectations
    scale = max(1.0, np.abs(found.demonstration_features).max())
    np.testing.assert_allclose(gap, 0.01 * found.theta, atol=1e-7 * scale)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("causal", [True, False])
def test_endless_demonstrations_give_the_planted_theta_back(kind, causal):
    mdp, features, demonstrations = random_problem(5, prior=True, **KINDS[kind])
    truth = np.array([0.9, 1.2])
    dual = Dual(mdp, features, demonstrations, causal=causal)
    past = backward(mdp, dual.model, features @ truth, 1.0)
    source = np.zeros_like(dual.observed.source)
    source.reshape(-1, mdp.n_states)[0] = mdp.initial
    dual.observed = Statistics(occupancy(mdp, past, source, mdp.rows()), source)
    dual.demonstration_features = dual.features.total(dual.observed.visits)
    assert np.abs(dual(truth).gradient).max() < 1e-10
    # Concave, so the gradient points home from anywhere.
    for elsewhere in ([1.4, 1.0], [0.7, 1.6]):
        assert dual(np.array(elsewhere)).gradient @ (truth - elsewhere) > 0


def test_many_samples_come_close_to_the_planted_theta():
    mdp = gridworlds.gridworld(["S...", ".#..", "...G"], slip=0.2, horizon=12)
    truth = np.array([2.0, -1.0])
    features = np.stack([mdp.grid.cells[:, 1] / 3, mdp.grid.cells[:, 0] / 2], axis=1)
    planted = Dual(mdp, features, [Trajectory([0, 0], [3])])(truth)
    policy = np.where(mdp.terminal[:, None], 0.25, planted.policy)
    demonstrations = sample_trajectories(mdp, policy, 400, np.random.default_rng(0))
    found = maxent_irl(mdp, features, demonstrations)
    assert found.converged
    np.testing.assert_allclose(found.theta, truth, atol=0.25)


def test_a_whole_demonstration_that_is_cut_counts_the_value_of_what_was_left():
    # Deterministic dynamics: the objective is the log likelihood of the actions, whole or cut.
    mdp, features, _ = random_problem(2, deterministic=True, horizon=6)
    demonstrations = sample_trajectories(mdp, np.full((5, 3), 1 / 3), 4, np.random.default_rng(0))
    demonstrations = [cut(t, length) for t, length in zip(demonstrations, (6, 3, 1, 5), strict=True)]
    point = Dual(mdp, features, demonstrations)(np.array([0.6, -0.3]))
    log_likelihood = np.mean(
        [np.log(point.policy[np.arange(len(t)), t.states[:-1], t.actions]).sum() for t in demonstrations]
    )
    assert point.objective == pytest.approx(log_likelihood, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    causal=st.booleans(),
    prior=st.booleans(),
    shift=st.floats(-5, 5),
    share=st.floats(0, 1),
)
def test_invariants_of_a_fixed_horizon(seed, causal, prior, shift, share):
    mdp, features, demonstrations = random_problem(seed, prior=prior, horizon=4)
    generator = np.random.default_rng(seed)
    theta, other = generator.normal(size=(2, 2))
    dual = Dual(mdp, features, demonstrations, causal=causal)
    point = dual(theta)
    # A constant added to a feature pays everybody the same: nothing that can be seen changes.
    shifted = Dual(mdp, features + np.array([shift, 0.0]), demonstrations, causal=causal)(theta)
    assert shifted.objective == pytest.approx(point.objective, abs=1e-9)
    np.testing.assert_allclose(shifted.gradient, point.gradient, atol=1e-9)
    np.testing.assert_allclose(shifted.policy, point.policy, atol=1e-9)
    # Theta and temperature can only be known together.
    hot = Dual(mdp, features, demonstrations, causal=causal, temperature=3.0)(3 * theta)
    assert hot.objective == pytest.approx(3 * point.objective, abs=1e-9)
    np.testing.assert_allclose(hot.gradient, point.gradient, atol=1e-9)
    # Names of states do not matter.
    order = generator.permutation(5)
    name = np.argsort(order)
    renamed = MDP(
        mdp.transition[order][:, :, order], np.zeros((5, 3)), horizon=4, prior=None if not prior else mdp.prior[order]
    )
    moved = [Trajectory(name[t.states], t.actions) for t in demonstrations]
    again = Dual(renamed, features[order], moved, causal=causal)(theta)
    assert again.objective == pytest.approx(point.objective, abs=1e-10)
    np.testing.assert_allclose(again.gradient, point.gradient, atol=1e-10)
    # Complete demonstrations make the dual concave.
    between = dual(share * theta + (1 - share) * other).objective
    assert between >= share * point.objective + (1 - share) * dual(other).objective - 1e-10


def test_regularisation_keeps_theta_finite_and_smallest():
    # Everybody moves: without l2 the best theta is infinite.
    always = [Trajectory([0, 1, 0], [1, 1])]
    norms = [abs(maxent_irl(TWO_STATES, IN_STATE_1, always, l2=l2).theta[0]) for l2 in (1.0, 0.1, 0.01)]
    assert norms[0] < norms[1] < norms[2] < 10
    free = maxent_irl(TWO_STATES, IN_STATE_1, always)
    assert free.theta[0] > 10
    # Two equal features: only their sum shows, and the smallest such theta shares it.
    twins = maxent_irl(TWO_STATES, np.repeat(IN_STATE_1, 2, axis=1), TWO_OF_THREE, theta=[3.0, -1.0], l2=1e-4)
    assert twins.theta[0] == pytest.approx(twins.theta[1], abs=1e-4)
    assert twins.theta.sum() == pytest.approx(np.log(2), abs=1e-3)


GOAL = gridworlds.gridworld(["S.", "#G"], slip=0.0, horizon=3)  # states 0 and 1, goal 2


@pytest.mark.parametrize(
    ("demonstration", "sentence"),
    [
        (Trajectory([0, 2], [2]), "demonstration 1 goes from state 0 to 2 by action 2 at step 0, .* probability 0"),
        (Trajectory([0, 1, 2, 2], [2, 1, 0]), "demonstration 1 acts at step 2 in state 2, which is terminal"),
        (Trajectory([0, 7], [2]), "demonstration 1 has state 7 at step 1; the model has states 0 to 2"),
        (Trajectory([0, 1], [4]), "demonstration 1 has action 4 at step 0; the model has actions 0 to 3"),
        (Trajectory([1, 2], [1]), "demonstration 1 starts in state 1 at step 0, where the model never starts"),
        (Trajectory([0, 0, 0, 0, 0], [0, 0, 0, 0]), "demonstration 1 takes 4 steps; the horizon is 3"),
        (Trajectory([0, 0], [0]), "demonstration 1 takes action 0 in state 0 at step 0, which the model forbids"),
        (([0, 1], [2]), "demonstration 1 is a tuple; give Trajectory"),
    ],
)
def test_impossible_demonstrations_are_named(demonstration, sentence):
    reward = np.zeros((3, 4))
    if "forbids" in sentence:
        reward[0, 0] = -np.inf
    with pytest.raises(ValueError, match=sentence):
        maxent_irl(GOAL.replace(reward=reward), np.eye(3), [Trajectory([0, 1, 2], [2, 1]), demonstration])


def test_an_action_that_the_prior_excludes_is_impossible():
    with pytest.raises(ValueError, match="takes action 2 in state 0 at step 0, which the model forbids"):
        Dual(GOAL.replace(prior=[0.5, 0.5, 0.0, 0.0]), np.eye(3), [Trajectory([0, 1], [2])])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"demonstrations": []}, "no demonstrations"),
        ({"features": np.ones((2, 1))}, r"features have shape \(S, K\)"),
        ({"features": np.ones((3, 3, 1))}, r"features have shape \(S, K\)"),
        ({"features": np.ones(3)}, r"features have shape \(S, K\)"),
        ({"features": np.full((3, 1), np.nan)}, "must be finite"),
        ({"temperature": 0.0}, "above 0"),
        ({"temperature": -1.0}, "temperature must be"),
        ({"temperature": np.inf}, "inf"),
        ({"l2": -1.0}, "l2 must be"),
        ({"theta": np.zeros(2)}, r"theta has shape \(1,\)"),
    ],
)
def test_bad_input_is_met_at_the_door(change, sentence):
    arguments = {"features": np.ones((3, 1)), "demonstrations": [Trajectory([0, 1, 2], [2, 1])], **change}
    with pytest.raises(ValueError, match=sentence):
        maxent_irl(GOAL, **arguments)


@pytest.mark.parametrize("causal", [True, False])
def test_no_overflow_at_any_temperature(causal):
    mdp, features, demonstrations = random_problem(4, horizon=5)
    for temperature in (1e-6, 1.0, 1e6):
        point = Dual(mdp, 1e4 * features, demonstrations, causal=causal, temperature=temperature)([1.0, 0.7])
        assert np.isfinite(point.objective)
        assert np.isfinite(point.gradient).all()
        assert np.isfinite(point.value).all()


def test_forbidden_actions_and_final_values_are_kept():
    reward = np.zeros((2, 2))
    reward[0, 0] = -np.inf
    mdp = TWO_STATES.replace(reward=reward, final_value=[0.0, 3.0])
    point = Dual(mdp, IN_STATE_1, [Trajectory([0, 1, 1], [1, 0])])([0.5])
    assert point.policy[0, 0, 0] == 0
    assert point.policy[1, 1, 0] == pytest.approx(1 / (1 + np.exp(-3)))
    assert point.objective == pytest.approx(0.5 + 3.0 - (0.5 + np.log(1 + np.exp(3))))


@pytest.mark.parametrize("causal", [True, False])
def test_undiscounted_goals_need_a_costly_start_and_survive_a_bold_line_search(causal):
    mdp = gridworlds.gridworld(["S..", ".#G"], slip=0.1)
    features = np.stack([np.ones(mdp.n_states), np.arange(mdp.n_states) < 2], axis=1)
    policy = np.where(mdp.terminal[:, None], 0.25, [0.1, 0.3, 0.5, 0.1])
    demonstrations = sample_trajectories(mdp, policy, 30, np.random.default_rng(0), steps=1000)
    with pytest.raises(ValueError, match=r"diverges|infinite"):
        maxent_irl(mdp, features, demonstrations, causal)
    far = maxent_irl(mdp, features, demonstrations, causal, theta=[-10.0, 5.0])
    assert far.converged
    near = Dual(mdp, features, demonstrations, causal=causal)(far.theta + 0.01)
    assert near.objective < far.objective


def test_a_discount_is_a_chance_to_end_in_the_non_causal_model():
    # One state, one action: a life of L steps weighs exp(theta L) discount^(L - 1) (1 - discount), so
    # E L = 1 / (1 - discount exp(theta)). Lives of mean 2 at discount 1/4 need theta = log 2.
    mdp = MDP(np.ones((1, 1, 1)), np.zeros((1, 1)), discount=0.25)
    lives = [Trajectory(np.zeros(n + 1, dtype=int), np.zeros(n, dtype=int)) for n in (1, 2, 3)]
    found = maxent_irl(mdp, np.ones((1, 1)), lives, causal=False, tol=1e-8)
    assert found.theta[0] == pytest.approx(np.log(2), abs=1e-7)
    # Z = exp(theta) (1 - discount) / (1 - discount exp(theta)) = 2 * 0.75 / 0.5
    assert found.value[0] == pytest.approx(np.log(3))
    assert found.objective == pytest.approx(2 * np.log(2) - np.log(3))
