"""The soft value from samples: unbiased in Z, low in V, exact densities of the proposals."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from softopt.deep.soft_value import mixture_proposal, soft_value, uniform_proposal

GRID = torch.linspace(-1, 1, 4001, dtype=torch.float64)


def energy(action):
    """Two peaks over one action, or over the first of several."""
    return 3 * torch.exp(-20 * (action[..., 0] - 0.5) ** 2) + 2 * torch.exp(-20 * (action[..., 0] + 0.6) ** 2)


def exact_z(temperature, n_actions):
    along = torch.trapezoid(torch.exp(energy(GRID[:, None]) / temperature), GRID)
    return float(along) * 2 ** (n_actions - 1)


def draws(proposal, n_states, n_draws, n_actions, seed=0):
    generator, like = torch.Generator().manual_seed(seed), torch.zeros((), dtype=torch.float64)
    if proposal == "uniform":
        return uniform_proposal((n_states, n_draws, n_actions), generator, like)
    particles = torch.randn(n_states, 8, n_actions, generator=generator, dtype=torch.float64)
    return mixture_proposal(particles, n_draws, 0.3, generator)


def test_numbers_by_hand():
    # exp(Q / T) / q: with T = 2, q = 1/2, Q = 0 and 2 log 3: 2 and 6, mean 4, V = 2 log 4
    q, log_proposal = torch.tensor([[0.0, 2 * math.log(3)]]), torch.full((1, 2), math.log(0.5))
    assert math.isclose(float(soft_value(q, log_proposal, 2.0)), 2 * math.log(4), rel_tol=1e-6)


def test_of_a_flat_q_it_is_q_plus_t_times_the_log_volume():
    action, log_proposal = draws("uniform", 3, 16, 5)
    value = soft_value(torch.full(action.shape[:2], 7.0), log_proposal, 0.5)
    torch.testing.assert_close(value, torch.full((3,), 7 + 0.5 * 5 * math.log(2), dtype=value.dtype))


@pytest.mark.parametrize("temperature", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_nothing_overflows(temperature):
    action, log_proposal = draws("mixture", 4, 16, 2)
    assert torch.isfinite(soft_value(1e4 * energy(action), log_proposal, temperature)).all()


@pytest.mark.parametrize("proposal", ["uniform", "mixture"])
@pytest.mark.parametrize("n_actions", [1, 2])
@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_the_normaliser_is_unbiased(proposal, n_actions, temperature):
    action, log_proposal = draws(proposal, 40_000, 16, n_actions)
    z = torch.exp(soft_value(energy(action), log_proposal, temperature) / temperature).numpy()
    off = z.mean() - exact_z(temperature, n_actions)
    assert abs(off) < 4 * z.std() / math.sqrt(len(z))  # four standard errors: once in 16 000


@pytest.mark.parametrize("proposal", ["uniform", "mixture"])
def test_the_value_is_too_low_and_less_so_with_more_particles(proposal):
    temperature, exact = 0.3, 0.3 * math.log(exact_z(0.3, 1))
    bias = []
    for n_draws in (4, 16, 64):
        action, log_proposal = draws(proposal, 20_000, n_draws, 1)
        bias.append(float(soft_value(energy(action), log_proposal, temperature).mean()) - exact)
    assert bias[0] < bias[1] < bias[2] < 0
    assert abs(bias[2]) < abs(bias[0]) / 8  # it falls about like 1 / M


def test_the_mixture_is_a_density():
    generator = torch.Generator().manual_seed(1)
    particles = torch.tensor([[[0.2], [-1.5], [3.0]]], dtype=torch.float64)
    action, log_density = mixture_proposal(particles, 400_000, 0.3, generator)
    # The mean of 1 / q over draws from q is the length of the interval.
    inverse = torch.exp(-log_density[0]).numpy()
    assert abs(inverse.mean() - 2) < 4 * inverse.std() / math.sqrt(inverse.size)
    # And as many draws fall between two points as the density says, written out here a second time.
    grid, u = GRID[1:-1], torch.atanh(GRID[1:-1])
    kernels = torch.exp(-0.5 * ((u[:, None] - particles[0, :, 0]) / 0.3) ** 2) / (0.3 * math.sqrt(2 * math.pi))
    density = 0.25 + 0.5 * kernels.mean(1) / (1 - grid**2)
    edges = np.linspace(-0.95, 0.95, 20)
    found, _ = np.histogram(action[0, :, 0], edges)
    expected = [float(torch.trapezoid(density[m], grid[m])) for m in _between(grid, edges)]
    np.testing.assert_allclose(found / action.shape[1], expected, atol=0.003)


def _between(grid, edges):
    return [(grid >= low) & (grid <= high) for low, high in pairwise(edges)]


def test_no_weight_is_larger_than_twice_the_volume():
    _, log_density = draws("mixture", 1000, 16, 6)
    assert (log_density >= -7 * math.log(2) - 1e-9).all()
