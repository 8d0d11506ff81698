"""Stein variational gradient descent: against a double loop, and in its limits."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from softopt.deep.stein import median_bandwidth, stein_direction


def by_hand(fixed, score, moved):
    """Liu and Wang (2016), eq. 8, particle by particle, the kernel's slope by automatic differentiation."""
    squared = [[float(((x - y) ** 2).sum()) for y in fixed] for x in moved]
    middle = sorted(entry for row in squared for entry in row)[(len(fixed) * len(moved) - 1) // 2]
    bandwidth = max(middle / math.log(len(fixed) + 1), 1e-6)
    directions = torch.zeros_like(moved)
    for i, x in enumerate(moved):
        for y, slope in zip(fixed, score, strict=True):
            there = y.clone().requires_grad_()
            kernel = torch.exp(-((there - x) ** 2).sum() / bandwidth)
            (push,) = torch.autograd.grad(kernel, there)
            directions[i] += (kernel.detach() * slope + push) / len(fixed)
    return directions


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 4), st.integers(0, 1000))
def test_the_direction_is_the_double_sum(n_fixed, n_moved, n_actions, seed):
    generator = torch.Generator().manual_seed(seed)
    fixed, score = torch.randn(2, n_fixed, n_actions, generator=generator, dtype=torch.float64)
    moved = torch.randn(n_moved, n_actions, generator=generator, dtype=torch.float64)
    direction, _ = stein_direction(fixed, score, moved)
    torch.testing.assert_close(direction, by_hand(fixed, score, moved), rtol=1e-9, atol=1e-12)


def test_two_particles_by_hand():
    # Fixed at 0 and 1, moved at 3: squared distances 9 and 4, lower median 4, h = 4 / log 3.
    fixed, score, moved = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [-1.0]]), torch.tensor([[3.0]])
    h = 4 / math.log(3)
    near, far = math.exp(-4 / h), math.exp(-9 / h)  # 1/3 and 3^(-9/4)
    assert math.isclose(near, 1 / 3)
    direction, repulsion = stein_direction(fixed, score, moved)
    pushed = (far * 2 * 3 / h + near * 2 * 2 / h) / 2
    assert math.isclose(float(repulsion), pushed, rel_tol=1e-6)
    assert math.isclose(float(direction), (2 * far - near) / 2 + pushed, rel_tol=1e-6)
    assert pushed > 0  # away from both, which lie to its left


def test_a_single_particle_that_is_its_own_neighbour_climbs():
    particle, score = torch.tensor([[0.3, -0.2]]), torch.tensor([[1.0, 2.0]])
    direction, repulsion = stein_direction(particle, score, particle)
    torch.testing.assert_close(direction, score)
    torch.testing.assert_close(repulsion, torch.zeros_like(repulsion))


def test_each_state_has_its_own_bandwidth():
    generator = torch.Generator().manual_seed(0)
    fixed, score, moved = torch.randn(3, 5, 8, 2, generator=generator)
    fixed, moved = fixed * torch.tensor([0.1, 1, 10, 100, 1000])[:, None, None], moved
    direction, _ = stein_direction(fixed, score, moved)
    for state in range(5):
        alone, _ = stein_direction(fixed[state], score[state], moved[state])
        torch.testing.assert_close(direction[state], alone)


def test_particles_that_coincide_are_no_division_by_zero():
    fixed = torch.zeros(4, 2)
    direction, repulsion = stein_direction(fixed, torch.ones(4, 2), fixed)
    assert torch.isfinite(direction).all()
    assert torch.isfinite(repulsion).all()
    assert median_bandwidth(torch.zeros(4, 4)) > 0


def test_particles_take_the_shape_of_a_gaussian():
    generator = torch.Generator().manual_seed(0)
    mean, deviation = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 2.0])
    particles = torch.randn(100, 2, generator=generator)
    optimiser = torch.optim.Adam([particles.requires_grad_()], lr=0.05)
    for _ in range(1500):
        there = particles.detach()
        particles.grad = -stein_direction(there, (mean - there) / deviation**2, there)[0]
        optimiser.step()
    found = particles.detach()
    torch.testing.assert_close(found.mean(0), mean, atol=0.05, rtol=0)
    torch.testing.assert_close(found.std(0), deviation, atol=0.0, rtol=0.2)  # a hundred of them are a little too narrow
