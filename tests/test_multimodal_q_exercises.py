"""The exercises on multimodal Q-functions: worked by hand, equal to what the learner computes, readers understood."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from scipy.spatial.distance import cdist
from scipy.stats import norm

from softopt.deep import Batch, SoftQLearning, SoftQLearningConfig
from softopt.deep.soft_q_learning import critic_loss, noise, of_particles, propose, sampler_loss
from softopt.deep.soft_value import mixture_proposal
from softopt.deep.squashed_gaussian import log_slope
from softopt.exercises import multimodal_q_functions as exercises
from softopt.interactive.energy import energy_path

EVERY = [getattr(exercises, name) for name in exercises.__all__]
U = 0.5 * np.log(3)  # tanh(U) = 1/2, so the slope there is 3/4
TALL = 1 / np.sqrt(2 * np.pi)  # the width of a Gaussian that is 1 at its middle


def wrong(exercise, name):
    """The first way of a misconception."""
    return next(m.answers[0] for m in exercise.misconceptions if m.name == name)


# Worked by hand.


@pytest.mark.parametrize(
    ("q", "temperature", "spacing", "expected"),
    [
        ([7.0], 3.0, 0.25, [4.0]),  # all of the probability on a quarter
        ([0.0, 2 * np.log(3)], 2.0, 0.5, [0.5, 1.5]),  # weights 1 and 3, integral 4 / 2
        ([1.0, 1.0, 1.0, 1.0], 0.1, 0.5, [0.5, 0.5, 0.5, 0.5]),
        ([1000.0, 1000.0], 0.5, 1.0, [0.5, 0.5]),
    ],
)
def test_energy_policy_by_hand(q, temperature, spacing, expected):
    assert_allclose(exercises.energy_policy.reference(np.array(q), temperature, spacing), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("q", "density", "temperature", "expected"),
    [
        ([3.0], [0.5], 2.0, 3 + 2 * np.log(2)),
        ([0.0, 2 * np.log(3)], [0.5, 0.5], 2.0, 2 * np.log(4)),  # summands 2 and 6
        ([0.0, 2 * np.log(3)], [1.0, 0.6], 2.0, 2 * np.log(3)),  # summands 1 and 5
        ([-1000.0, -1000.0], [1.0, 1.0], 0.5, -1000.0),
    ],
)
def test_soft_value_by_hand(q, density, temperature, expected):
    answer = exercises.soft_value.reference(np.array(q), np.log(density), temperature)
    assert_allclose(answer, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("action", "particles", "expected"),
    [
        ([0.0], [[0.0]], 1 / 4 + 1 / 2),
        ([0.5], [[U]], 1 / 4 + 1 / 2 / (3 / 4)),
        ([0.5, -0.5], [[U, -U]], 1 / 8 + 1 / 2 / (9 / 16)),
        ([0.5], [[U], [100.0]], 1 / 4 + 1 / 4 / (3 / 4)),
        ([0.5, 0.5], [[U, 100.0], [100.0, U]], 1 / 8),  # near a particle in one coordinate only
    ],
)
def test_mixture_density_by_hand(action, particles, expected):
    answer = exercises.mixture_density.reference(np.array(action), np.array(particles), TALL)
    assert_allclose(answer, np.log(expected), atol=1e-12)


@pytest.mark.parametrize(
    ("fixed", "moved", "expected"),
    [
        ([[0.0], [1.0], [3.0]], [[3.0]], 4 / np.log(4)),  # 9, 4 and 0
        ([[0.0, 0.0]], [[3.0, 4.0]], 25 / np.log(2)),
        ([[0.0], [1.0], [3.0]], [[0.0], [1.0], [3.0]], 1 / np.log(4)),  # 0 0 0 1 1 4 4 9 9
        ([[2.0], [2.0], [2.0]], [[2.0]], 1e-6),
    ],
)
def test_median_bandwidth_by_hand(fixed, moved, expected):
    assert_allclose(exercises.median_bandwidth.reference(np.array(fixed), np.array(moved)), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("fixed", "score", "moved", "expected"),
    [
        # A single pair: h = d^2 / log 2, so the kernel is 1/2 and 2 / h times the kernel is log 2 / d^2.
        ([[0.0]], [[4.0]], [[1.0]], [[2 + np.log(2)]]),
        ([[1.0]], [[4.0]], [[0.0]], [[2 - np.log(2)]]),
        ([[0.0, 0.0]], [[2.0, -2.0]], [[3.0, 4.0]], [[1 + 3 / 25 * np.log(2), -1 + 4 / 25 * np.log(2)]]),
    ],
)
def test_stein_direction_by_hand(fixed, score, moved, expected):
    answer = exercises.stein_direction.reference(*map(np.array, (fixed, score, moved)))
    assert_allclose(answer, expected, atol=1e-12)


# The package computes the same, on grids, networks and random states.


def two_peaks(a):
    return np.exp(-(((a + 0.6) / 0.15) ** 2)) + 0.9 * np.exp(-(((a - 0.45) / 0.3) ** 2))


@pytest.mark.parametrize("temperature", [0.05, 0.2, 2.0])
def test_energy_policy_is_the_one_of_the_slider(temperature):
    edges = np.linspace(-1, 1, 20_001)
    middles = (edges[1:] + edges[:-1]) / 2
    density = exercises.energy_policy.reference(two_peaks(middles), temperature, 1e-4)
    value = energy_path(two_peaks, [temperature]).value[0]
    assert_allclose(density, np.exp((two_peaks(middles) - value) / temperature), rtol=1e-5)


@pytest.mark.parametrize("n_actions", [1, 2])
def test_the_mixture_integrates_to_one(n_actions):
    edges = np.linspace(-1, 1, 4001 if n_actions == 1 else 201)
    middles = (edges[1:] + edges[:-1]) / 2
    particles = np.array([[0.2, -0.4], [-1.0, 0.3], [0.5, 0.9]])[:, :n_actions]
    grid = np.stack(np.meshgrid(*[middles] * n_actions), -1).reshape(-1, n_actions)
    area = sum(np.exp(exercises.mixture_density.reference(action, particles, 0.4)) for action in grid)
    assert_allclose(area * (edges[1] - edges[0]) ** n_actions, 1, atol=2e-3)


@pytest.fixture
def made():
    """A small soft Q-learner in float64 and a batch in which two transitions terminated; odd numbers of particles."""
    config = SoftQLearningConfig(
        hidden=(8, 8),
        capacity=1,
        device="cpu",
        discount=0.9,
        temperature=0.3,
        proposal="mixture",
        value_particles=6,
        fixed_particles=5,
        moved_particles=3,
    )
    agent = SoftQLearning(3, 2, config, seed=0)
    for module in (agent.critic, agent.target_critic, agent.sampler):
        module.double()
    made = torch.Generator().manual_seed(1)
    observation, next_observation = torch.randn(2, 6, 3, dtype=torch.float64, generator=made)
    action = torch.tanh(torch.randn(6, 2, dtype=torch.float64, generator=made))
    terminated = torch.tensor([0, 1, 0, 0, 1, 0], dtype=torch.float64)
    reward = torch.randn(6, dtype=torch.float64, generator=made)
    return SimpleNamespace(agent=agent, batch=Batch(observation, action, reward, next_observation, terminated))


def without_drawing(agent, draw):
    """What ``draw`` gives; the generator stays as it is."""
    state = agent.generator.get_state()
    with torch.no_grad():
        drawn = draw()
    agent.generator.set_state(state)
    return drawn


def test_mixture_density_is_that_of_the_learners_proposal(made):
    agent, seen = made.agent, made.batch.next_observation
    particles = without_drawing(agent, lambda: agent.sampler(seen, noise(agent, seen, 5))).numpy()
    action, log_density = (x.numpy() for x in without_drawing(agent, lambda: propose(agent, seen)))
    answer = [
        [exercises.mixture_density.reference(a, particles[b], agent.config.proposal_width) for a in action[b]]
        for b in range(6)
    ]
    assert_allclose(answer, log_density, atol=1e-9)


def test_soft_value_is_the_one_in_the_learners_target(made):
    agent, batch = made.agent, made.batch
    action, log_density = without_drawing(agent, lambda: propose(agent, batch.next_observation))
    with torch.no_grad():
        q = of_particles(agent.target_critic, batch.next_observation, action).numpy()
    value = [exercises.soft_value.reference(row, log_q, 0.3) for row, log_q in zip(q, log_density.numpy(), strict=True)]
    target = batch.reward.numpy() + 0.9 * (1 - batch.terminated.numpy()) * value
    assert_allclose(critic_loss(agent, batch, 0.3)[1]["target"], target.mean(), atol=1e-12)


def test_stein_direction_is_the_one_of_the_learners_sampler(made):
    agent, seen = made.agent, made.batch.observation

    def draw():
        return [agent.sampler(seen, noise(agent, seen, n)) for n in (5, 3)]

    fixed, moved = without_drawing(agent, draw)
    _, direction = sampler_loss(agent, seen, 0.3)
    fixed.requires_grad_()
    log_p = of_particles(agent.critic, seen, torch.tanh(fixed)) / 0.3 + log_slope(fixed).sum(-1)
    (score,) = torch.autograd.grad(log_p.sum(), fixed)
    rows = zip(fixed.detach().numpy(), score.numpy(), moved.numpy(), strict=True)
    assert_allclose(direction, [exercises.stein_direction.reference(*row) for row in rows], atol=1e-12)


def test_the_bandwidth_is_the_one_in_the_direction():
    """With no slope the direction is the push, from which h can be had: the kernel of one pair is exp(-d^2 / h)."""
    for case in exercises.median_bandwidth.draw():
        fixed, moved = case.arguments.values()
        h = exercises.median_bandwidth.reference(fixed, moved)
        apart = moved[:, None] - fixed
        push = (2 / h * np.exp(-(apart**2).sum(-1) / h)[..., None] * apart).mean(axis=1)
        assert_allclose(exercises.stein_direction.reference(fixed, np.zeros_like(fixed), moved), push, atol=1e-12)


# What readers really write.


@pytest.mark.parametrize("exercise", EVERY, ids=exercises.__all__)
def test_whatever_comes_gets_a_verdict(exercise):
    def stub(*arguments):
        raise NotImplementedError

    def not_a_number(*arguments):
        return exercise.reference(*arguments) * np.nan

    def another_axis(*arguments):
        return np.asarray(exercise.reference(*arguments))[None]

    assert exercise.check(stub).kind == "not attempted"
    assert exercise.check(lambda *arguments: None).kind == "no answer"
    verdict = exercise.check(not_a_number)
    assert (verdict.kind, verdict.misconception) == ("no answer", None)
    assert "NaN" in verdict.explanation
    verdict = exercise.check(another_axis)
    assert verdict.kind == "no answer"
    assert "axis of length one" in verdict.explanation


def test_an_energy_policy_by_its_value():
    def by_value(q, temperature, spacing):
        value = temperature * np.logaddexp.reduce(q / temperature + np.log(spacing))
        return np.exp((q - value) / temperature)

    def trapezoids(q, temperature, spacing):
        value = temperature * np.log(np.trapezoid(np.exp(q / temperature), dx=spacing))
        return np.exp((q - value) / temperature)

    def probabilities(q, temperature, spacing):
        return np.exp(q / temperature) / np.exp(q / temperature).sum()

    check = exercises.energy_policy.check
    assert check(by_value).correct
    assert check(trapezoids).misconception == "the trapezoidal rule"
    verdict = check(probabilities)
    assert verdict.misconception == "probabilities in place of a density"
    assert "NaN" in verdict.explanation


def test_a_soft_value_by_bare_exponentials_and_by_torch():
    def first_try(q, log_proposal, temperature):
        return np.log(np.mean(np.exp(q / temperature) / np.exp(log_proposal)))

    def log_for_density(q, log_proposal, temperature):
        return temperature * np.log(np.mean(np.exp(q / temperature) / log_proposal))

    def for_every_draw(q, log_proposal, temperature):
        return q - temperature * log_proposal

    def by_torch(q, log_proposal, temperature):
        exponents = torch.as_tensor(q) / temperature - torch.as_tensor(log_proposal)
        return temperature * (torch.logsumexp(exponents, 0) - math.log(len(q)))

    check = exercises.soft_value.check
    verdict = check(first_try)
    assert verdict.misconception == "nats taken for rewards"
    assert "infinite" in verdict.explanation
    assert check(log_for_density).misconception == "a density taken for its logarithm"
    assert check(for_every_draw).kind == "no answer"
    assert check(by_torch).correct


def test_a_mixture_of_library_densities_and_one_over_the_coordinates():
    def by_library(action, particles, width):
        kernels = norm.pdf(np.arctanh(action), particles, width).prod(axis=1)
        return np.log(0.5 / 2**action.size + 0.5 * kernels.mean() / np.prod(1 - action**2))

    def coordinate_by_coordinate(action, particles, width):
        density = 1.0
        for i in range(action.size):
            kernel = norm.pdf(np.arctanh(action[i]), particles[:, i], width).mean() / (1 - action[i] ** 2)
            density *= 0.5 * 0.5 + 0.5 * kernel
        return np.log(density)

    def no_uniform_volume(action, particles, width):
        kernels = norm.pdf(np.arctanh(action), particles, width).prod(axis=1)
        return np.log(0.5 + 0.5 * kernels.mean() / np.prod(1 - action**2))

    check = exercises.mixture_density.check
    assert check(by_library).correct
    assert check(coordinate_by_coordinate).misconception == "each coordinate by itself"
    assert check(no_uniform_volume).misconception == "the volume of the uniform half"


def test_a_bandwidth_by_library_and_with_python_numbers():
    def by_library(fixed, moved):
        return max(np.median(cdist(moved, fixed, "sqeuclidean")) / np.log(len(fixed) + 1), 1e-6)

    def plain(fixed, moved):
        squared = sorted(sum((x - y) ** 2) for x in moved for y in fixed)
        return max(float(squared[len(squared) // 2]) / math.log(len(fixed)), 1e-6)

    check = exercises.median_bandwidth.check
    assert check(by_library).correct
    verdict = check(plain)  # with one fixed particle it raises
    assert verdict.misconception == "log N"
    assert "ZeroDivisionError" in verdict.explanation
    no_floor = check(lambda fixed, moved: np.median(cdist(moved, fixed) ** 2) / np.log(len(fixed) + 1))
    assert no_floor.misconception == "a bandwidth of zero"


def test_a_direction_by_autograd_and_one_that_differentiates_by_the_moved_particle():
    def by_autograd(fixed, score, moved, by_fixed=True):
        y, slope, x = map(torch.as_tensor, (fixed, score, moved))
        h = torch.cdist(x, y).square().median() / math.log(len(y) + 1)
        rows = []
        for there in x:
            for_y = y.clone().requires_grad_()
            for_x = there.expand_as(y).clone().requires_grad_()
            kernel = torch.exp(-(for_y - for_x).square().sum(1) / h)
            (push,) = torch.autograd.grad(kernel.sum(), for_y if by_fixed else for_x)
            rows.append((kernel.detach()[:, None] * slope + push).mean(0))
        return torch.stack(rows).numpy()

    def own_slopes(fixed, score, moved):
        squared = ((moved[:, None] - fixed) ** 2).sum(-1)
        h = np.median(squared) / np.log(len(fixed) + 1)
        kernel = np.exp(-squared / h)
        push = 2 / h * (kernel[..., None] * (moved[:, None] - fixed)).mean(axis=1)
        return kernel.mean(axis=1)[:, None] * score + push

    check = exercises.stein_direction.check
    assert check(by_autograd).correct
    backwards = check(lambda *arguments: by_autograd(*arguments, by_fixed=False))
    assert backwards.misconception == "the particles attract each other"
    assert check(own_slopes).misconception == "each particle follows its own slope"
    both_parts = check(lambda *arguments: [exercises.stein_direction.reference(*arguments)] * 2)
    assert both_parts.kind == "no answer"


# What the verdicts say is so.


def test_the_mean_of_logarithms_is_the_value_of_the_proposal_and_never_above():
    mean_of_logs = wrong(exercises.soft_value, "a mean of logarithms")
    for case in exercises.soft_value.draw():
        assert mean_of_logs(*case.arguments.values()) <= exercises.soft_value.reference(*case.arguments.values()) + 1e-9
    q, temperature = np.array([1.0, -0.5, 0.3]), 0.7
    log_policy = (q - 1.9) / temperature  # a proposal that is the best policy, of a state worth 1.9
    assert_allclose(mean_of_logs(q, log_policy, temperature), 1.9)
    assert_allclose(exercises.soft_value.reference(q, log_policy, temperature), 1.9)


def test_without_the_density_of_a_uniform_proposal_the_volume_is_missing_and_so_it_is_with_normalised_weights():
    q, log_proposal, temperature = np.array([1.0, -0.5, 0.3]), np.full(3, -np.log(8)), 0.7
    truth = exercises.soft_value.reference(q, log_proposal, temperature)
    for name in ("the proposal's density is forgotten", "the weights made to sum to one"):
        less = wrong(exercises.soft_value, name)(q, log_proposal, temperature)
        assert_allclose(truth - less, temperature * np.log(8))


def test_relative_to_the_uniform_policy_is_the_density_times_the_length():
    q, temperature, spacing = np.array([1.0, -0.5, 0.3]), 0.7, 0.2
    ratio = wrong(exercises.energy_policy, "relative to the uniform policy")(q, temperature, spacing)
    assert_allclose(ratio, exercises.energy_policy.reference(q, temperature, spacing) * 3 * spacing)


def test_peaks_where_no_particle_is():
    particles, apart = (
        np.array([[1.0, 1.0], [-1.0, -1.0]]),
        wrong(exercises.mixture_density, "each coordinate by itself"),
    )
    beside = np.tanh([1.0, -1.0])
    assert_allclose(apart(beside, particles, 0.2), apart(-beside, particles, 0.2))
    assert_allclose(apart(beside, particles, 0.2), apart(np.tanh(particles[0]), particles, 0.2))
    assert exercises.mixture_density.reference(beside, particles, 0.2) < -2  # uniform alone: log(1/8)


def test_no_weight_is_above_two_to_the_power_of_a_plus_one():
    particles = torch.randn(1, 4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    action, _ = mixture_proposal(particles, 200, 0.3, torch.Generator().manual_seed(1))
    log_density = [exercises.mixture_density.reference(a, particles[0].numpy(), 0.3) for a in action[0].numpy()]
    assert min(log_density) >= -4 * np.log(2) - 1e-9
    alone = wrong(exercises.mixture_density, "the uniform half is missing")
    assert min(alone(a, particles[0].numpy(), 0.3) for a in action[0].numpy()) < -20


def test_at_the_median_distance_the_kernel_is_one_over_n_plus_one():
    fixed, moved = np.array([[0.0], [1.0], [3.0]]), np.array([[3.0]])
    h = exercises.median_bandwidth.reference(fixed, moved)
    assert_allclose(np.exp(-4 / h), 1 / 4)


def test_half_of_the_push_is_half_of_the_temperature():
    fixed, score, moved = exercises.stein_direction.draw()[0].arguments.values()
    half = wrong(exercises.stein_direction, "the 2 of the kernel's slope")(fixed, score, moved)
    assert_allclose(2 * half, exercises.stein_direction.reference(fixed, 2 * score, moved))
