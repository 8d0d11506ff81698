"""Networks side by side against the same networks one at a time; what freezes; what follows slowly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

torch = pytest.importorskip("torch")

from deep_cases import parameters_of  # noqa: E402

from softopt.deep import DeterministicPolicy, GaussianPolicy, TwinQ  # noqa: E402
from softopt.deep.networks import LOG_STD, Mlp, frozen, polyak  # noqa: E402


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def one_of(mlp, copy):
    """One copy, built of torch's own layers."""
    layers = []
    for weight, bias in zip(mlp.weights, mlp.biases, strict=True):
        layer = torch.nn.Linear(*weight.shape[1:])
        layer.weight.data, layer.bias.data = weight[copy].T.detach().clone(), bias[copy, 0].detach().clone()
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


class TestMlp:
    @given(
        sizes=st.lists(st.integers(1, 12), min_size=2, max_size=5),
        copies=st.integers(1, 3),
        batch=st.integers(1, 9),
        seed=st.integers(0, 100),
    )
    @settings(max_examples=40, deadline=None)
    def test_copies_are_separate_networks(self, sizes, copies, batch, seed):
        mlp = Mlp(sizes, copies, generator(seed))
        x = torch.randn(batch, sizes[0], generator=generator(seed))
        out = mlp(x)
        assert out.shape == (copies, batch, sizes[-1])
        out.square().sum().backward()
        for copy in range(copies):
            single = one_of(mlp, copy)
            expected = single(x)
            assert_allclose(out[copy].detach(), expected.detach(), atol=1e-5, rtol=1e-5)
            expected.square().sum().backward()
            for layer, weight, bias in zip(single[::2], mlp.weights, mlp.biases, strict=True):
                assert_allclose(weight.grad[copy].T, layer.weight.grad, atol=1e-4, rtol=1e-4)
                assert_allclose(bias.grad[copy, 0], layer.bias.grad, atol=1e-4, rtol=1e-4)

    def test_begins_as_torch_does_and_as_the_generator_says(self):
        mlp = Mlp([100, 400, 2], 2, generator())
        for layer, inputs in enumerate((100, 400)):
            for parameter in (mlp.weights[layer], mlp.biases[layer]):
                assert parameter.abs().max() <= inputs**-0.5
        # Uniform within +-b has the deviation b / sqrt(3).
        assert mlp.weights[0].std().item() == pytest.approx(0.1 / 3**0.5, rel=0.02)
        assert torch.equal(parameters_of(mlp), parameters_of(Mlp([100, 400, 2], 2, generator())))
        assert not torch.equal(parameters_of(mlp), parameters_of(Mlp([100, 400, 2], 2, generator(1))))
        assert not torch.equal(mlp.weights[0][0], mlp.weights[0][1])  # twins that do not begin alike


class TestHeads:
    def test_twin_q_reads_observation_and_action(self):
        critic = TwinQ(3, 2, (8,), generator())
        observation, action = torch.randn(5, 3), torch.randn(5, 2)
        q = critic(observation, action)
        assert q.shape == (2, 5)
        assert_allclose(q.detach(), critic.mlp(torch.cat([observation, action], 1))[..., 0].detach())
        assert TwinQ(3, 2, (8,), generator(), copies=1)(observation, action).shape == (1, 5)

    def test_gaussian_policy_bounds_its_deviation(self):
        policy = GaussianPolicy(3, 2, (), generator())
        with torch.no_grad():
            policy.mlp.weights[0].zero_()
            policy.mlp.biases[0].copy_(torch.tensor([0.1, -0.2, -100.0, 100.0]))
        there = policy(torch.randn(4, 3))
        assert there.batch_shape == (4,)
        assert_allclose(there.mode.detach(), torch.tanh(torch.tensor([[0.1, -0.2]] * 4)))
        assert_allclose(there.log_std.detach(), [LOG_STD] * 4)

    def test_deterministic_policy_stays_in_its_box(self):
        policy = DeterministicPolicy(3, 2, (8,), generator())
        with torch.no_grad():
            policy.mlp.biases[-1].copy_(torch.tensor([100.0, 0.0]))
        action = policy(torch.randn(4, 3))
        assert action.shape == (4, 2)
        assert_allclose(action[:, 0].detach(), 1)
        assert action.abs().max() <= 1


class TestPolyak:
    def test_by_hand(self):
        target, source = Mlp([1, 1], 1, generator()), Mlp([1, 1], 1, generator())
        with torch.no_grad():
            for module, value in ((target, 1.0), (source, 5.0)):
                for parameter in module.parameters():
                    parameter.fill_(value)
        polyak(target, source, 0.25)
        assert parameters_of(target).tolist() == [2.0, 2.0]
        polyak(target, source, 0.25)
        assert parameters_of(target).tolist() == [2.75, 2.75]
        assert parameters_of(source).tolist() == [5.0, 5.0]
        polyak(target, source, 1.0)
        assert parameters_of(target).tolist() == [5.0, 5.0]


class TestFrozen:
    def test_gradients_pass_through_and_none_stay(self):
        critic = TwinQ(3, 2, (8,), generator())
        observation, action = torch.randn(5, 3), torch.randn(5, 2, requires_grad=True)
        critic(observation, action).sum().backward()
        expected = action.grad.clone()
        action.grad = None
        critic.zero_grad()
        with frozen(critic):
            q = critic(observation, action)
        q.sum().backward()
        assert_allclose(action.grad, expected)
        assert expected.abs().max() > 0
        assert all(parameter.grad is None for parameter in critic.parameters())

    def test_restores_what_was_there_even_after_an_error(self):
        critic = TwinQ(3, 2, (8,), generator())
        critic.mlp.biases[0].requires_grad_(False)
        before = [parameter.requires_grad for parameter in critic.parameters()]
        with pytest.raises(RuntimeError), frozen(critic):
            critic(torch.zeros(1, 1), torch.zeros(1, 1))
        assert [parameter.requires_grad for parameter in critic.parameters()] == before
