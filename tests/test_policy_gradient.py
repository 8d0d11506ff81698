"""Policy gradient: its advantages, its clip, its bookkeeping, and that it learns."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

torch = pytest.importorskip("torch")

from deep_cases import Steer  # noqa: E402

from softopt.deep import Episodes, PolicyGradient, PolicyGradientConfig, Training, Transition, evaluate, train  # noqa: E402
from softopt.deep.advantages import advantages  # noqa: E402
from softopt.deep.policy_gradient import Steps, policy_loss  # noqa: E402
from softopt.deep.running_normaliser import RewardScale, RunningNormaliser  # noqa: E402

ONE_EPISODE = {"terminated": np.zeros(6), "truncated": np.zeros(6)}


SMALL = {"hidden": (16,), "horizon": 128, "batch": 64, "epochs": 4, "learning_rate": 1e-2}


def agent(seed=0, sizes=(3, 2), **settings):
    return PolicyGradient(*sizes, PolicyGradientConfig(**{**SMALL, **settings}), seed)


def trained(steps, seed=0, environment=None, **settings):
    episodes = Episodes(environment or Steer(), seed)
    training = Training(agent(seed, episodes.sizes, **settings), episodes, seed)
    logged = [report.logged for report in train(training, steps, evaluate_every=0, report_every=128)]
    return training, logged


def filled(learner, generator, **columns):
    """Put a rollout into a learner, random except where said."""
    for k in range(learner.config.horizon):
        o, a = learner.rollout.sizes[:2]
        step = Transition(
            generator.normal(size=o),
            generator.uniform(-0.9, 0.9, a),
            generator.normal(),
            generator.normal(size=o),
            0,
            0,
        )
        learner.rollout.add(*step._replace(**{name: column[k] for name, column in columns.items()}))
    return learner


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


class TestAdvantages:
    def test_a_table_by_hand(self):
        found = advantages(
            [1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 2, 2], [0, 1, 0, 0], [0, 0, 1, 0], discount=0.5, trace=0.5
        )
        # errors: 1 + .5 - 1, 2 - 1 (ended: no next value), 3 + 1 - 1 (cut off: next value, no next step), 4 + 1 - 1
        assert_allclose(found, [0.5 + 0.25 * 1, 1, 3, 4])

    @pytest.mark.parametrize("trace", [0.0, 0.5, 0.95, 1.0])
    def test_is_the_weighted_mean_of_the_n_step_advantages(self, trace):
        generator, discount, n = np.random.default_rng(0), 0.9, 6
        reward, states = generator.normal(size=n), generator.normal(size=n + 1)
        found = advantages(reward, states[:-1], states[1:], **ONE_EPISODE, discount=discount, trace=trace)
        for t in range(n):
            left = n - t
            n_step = [
                sum(discount**k * reward[t + k] for k in range(m)) + discount**m * states[t + m] - states[t]
                for m in range(1, left + 1)
            ]
            weights = [(1 - trace) * trace ** (m - 1) for m in range(1, left)] + [trace ** (left - 1)]
            assert_allclose(sum(weights), 1.0)
            assert_allclose(found[t], np.dot(weights, n_step))

    def test_says_what_is_wrong(self):
        with pytest.raises(ValueError, match="one shape"):
            advantages([1, 2], [1], [1], [0], [0], discount=0.9, trace=0.9)
        with pytest.raises(ValueError, match="lie in"):
            advantages([1], [1], [1], [0], [0], discount=0.9, trace=1.1)


class TestRunningNormaliser:
    def test_agrees_with_numpy_whatever_the_portions(self):
        rows = np.random.default_rng(0).normal([5, -300, 0], [1, 20, 0], size=(1000, 3)).astype(np.float32)
        for portions in ([1000], [1, 2, 997], [500, 500]):
            normaliser = RunningNormaliser(3)
            for part in torch.from_numpy(rows).split(portions):
                normaliser.show(part)
            assert_allclose(normaliser.mean, rows.astype(np.float64).mean(0), atol=1e-12)
            assert_allclose(normaliser.variance, rows.astype(np.float64).var(0), atol=1e-9)
            assert normaliser.count == 1000
        found = normaliser(torch.from_numpy(rows)).numpy()
        assert_allclose(found.std(0), [1, 1, 0], atol=1e-5)
        assert_allclose(found.mean(0), 0, atol=1e-4)

    def test_changes_nothing_before_it_has_seen_anything_and_cuts_off_what_is_far(self):
        assert_allclose(RunningNormaliser(3)(torch.tensor([0.5, -2.0, 1e4])), [0.5, -2.0, 10.0], rtol=1e-6)

    def test_scale_is_the_deviation_of_the_discounted_return(self):
        reward, over = torch.tensor([1.0, 2.0, 4.0, 8.0]), torch.tensor([0.0, 1.0, 0.0, 0.0])
        returns = [1, 2.5, 4, 10]  # discount 1/2, begun anew after the second step
        assert_allclose(RewardScale().show(reward, over, 0.5), np.std(returns), rtol=1e-6)
        in_parts = RewardScale()
        in_parts.show(reward[:3], over[:3], 0.5)
        assert_allclose(in_parts.show(reward[3:], over[3:], 0.5), np.std(returns), rtol=1e-6)


class TestUpdate:
    def test_the_first_pass_sees_the_policy_that_acted(self):
        learner = filled(agent(), np.random.default_rng(0))
        steps, bonus, logged = learner.prepare()
        _, (loss, kl, clipped) = policy_loss(learner, steps, bonus)
        assert_allclose([loss, kl, clipped], 0.0, atol=1e-5)  # advantages of mean 0, all ratios 1
        assert_allclose(logged["entropy"], -steps.log_prob.mean())

    @pytest.mark.parametrize(
        ("moved", "advantage", "still"),
        [(0.5, 1.0, True), (-0.5, -1.0, True), (0.5, -1.0, False), (-0.5, 1.0, False), (0.1, 1.0, False)],
    )
    def test_beyond_the_clip_nothing_pulls_further_and_everything_pulls_back(self, moved, advantage, still):
        learner, generator = agent(), torch.Generator().manual_seed(0)
        observation = torch.randn(8, 3, generator=generator)
        with torch.no_grad():
            action, log_prob = learner.policy(observation).rsample_with_log_prob(generator)
        steps = Steps(observation, action, log_prob - moved, torch.full((8,), advantage), log_prob)
        policy_loss(learner, steps, 0.0)[0].backward()
        slopes = torch.cat([p.grad.ravel() for p in learner.policy.parameters()])
        assert bool((slopes == 0).all()) == still

    def test_a_truncation_counts_the_value_of_where_it_was_cut_off_and_a_termination_does_not(self):
        ends = {"terminated": np.arange(128) % 2, "truncated": 1 - np.arange(128) % 2}
        reward = np.random.default_rng(1).normal(size=128)
        learner = filled(agent(scale_rewards=False), np.random.default_rng(0), reward=reward, **ends)
        steps, _, _ = learner.prepare()
        with torch.no_grad():
            ahead = learner.value(learner.rollout.table.split(learner.rollout.sizes, 1)[3])[0, :, 0].numpy()
        assert np.abs(ahead).min() > 1e-4
        assert_allclose(steps.target, reward + 0.99 * ahead * ends["truncated"], atol=1e-5)

    def test_entropy_in_the_return_is_paid_with_each_reward(self):
        ends = {"terminated": np.ones(128), "reward": np.zeros(128)}
        learner = filled(
            agent(scale_rewards=False, temperature=0.3, entropy_in_return=True), np.random.default_rng(0), **ends
        )
        steps, bonus, _ = learner.prepare()
        assert_allclose(steps.target, -0.3 * steps.log_prob, atol=1e-5)
        assert bonus == 0

    def test_the_bonus_is_weighed_in_units_of_reward(self):
        """Rewards and temperature ten times as large: the same steps."""
        parameters = []
        for factor in (1.0, 10.0):
            reward = factor * np.random.default_rng(1).normal(size=128)
            learner = agent(temperature=0.3 * factor, learning_rate=1e-3)
            filled(learner, np.random.default_rng(0), reward=reward).update()
            parameters.append(torch.cat([p.detach().ravel() for p in learner.policy.parameters()]))
        assert_allclose(*parameters, atol=1e-3)
        without = filled(agent(learning_rate=1e-3), np.random.default_rng(0), reward=reward)
        without.update()
        unpaid = torch.cat([p.detach().ravel() for p in without.policy.parameters()])
        assert (unpaid - parameters[0]).abs().max() > 5e-3

    def test_logs_what_it_promises(self):
        learner = filled(agent(), np.random.default_rng(0))
        assert learner.update().keys() == learner.logged.keys()


class TestRuns:
    @pytest.mark.parametrize(
        "settings", [{"common_width": False}, {"temperature": 0.1}, {"temperature": 0.1, "entropy_in_return": True}]
    )
    def test_the_same_seed_gives_the_same_run(self, settings):
        states = [trained(400, seed, **settings)[0].state() for seed in (3, 3, 4)]
        assert same(states[0], states[1])
        assert not same(states[0], states[2])

    @pytest.mark.parametrize("environment", ["Pendulum-v1", "HalfCheetah-v5", "InvertedPendulum-v5"])
    def test_a_run_taken_up_again_is_the_same_run(self, environment):
        """Saved at an odd step: in the middle of an episode, of a rollout, and between two updates."""
        if environment != "Pendulum-v1":
            pytest.importorskip("mujoco")
        settings = {"temperature": 0.01, "common_width": environment == "Pendulum-v1"}
        whole, _ = trained(331, 5, environment, **settings)
        saved = {name: tensor.clone() for name, tensor in whole.state().items()}
        assert len(saved["episodes.actions"]) > 0
        assert saved["rollout.added"] % 128
        episodes = Episodes(environment, 5)
        again = Training(agent(78, episodes.sizes, **settings), episodes, 5)
        again.load_state(saved)
        for training in (whole, again):
            list(train(training, 700, evaluate_every=0))
        assert same(whole.state(), again.state())

    def test_parameters_move_and_the_point_gets_there(self):
        before, after = (trained(steps)[0] for steps in (0, 2000))
        moved = [
            (p - q).abs().max()
            for name in ("policy", "value")
            for p, q in zip(*(getattr(t.agent, name).parameters() for t in (before, after)), strict=True)
        ]
        assert min(moved) > 1e-3
        first, last = (np.mean(evaluate(t.agent, Steer(), range(5))) for t in (before, after))
        assert first < -5
        assert last > -1.5  # the best is -.56 - .25 - .06

    def test_the_bonus_keeps_the_policy_from_becoming_sure(self):
        entropy = np.array(
            [[trained(2000, seed, temperature=T)[1][-1]["entropy"] for T in (0.0, 0.5)] for seed in range(3)]
        )
        gained = entropy[:, 1] - entropy[:, 0]
        assert (gained > 0).all()
        assert np.median(gained) > 0.1

    @pytest.mark.parametrize("common_width", [True, False])
    def test_acts_as_the_modules_say(self, common_width):
        training, _ = trained(300, common_width=common_width)
        learner, observation = training.agent, np.array([0.3], dtype=np.float32)
        with torch.no_grad():
            policy = learner.policy(learner.normaliser(torch.from_numpy(observation)[None]))
        assert_allclose(learner.best_action(observation), policy.mode[0], atol=1e-6)
        drawn = np.array([learner.act(observation)[0] for _ in range(4000)])
        wanted = policy.rsample((4000,), generator=torch.Generator().manual_seed(0))[:, 0, 0].numpy()
        assert_allclose(np.quantile(drawn, [0.1, 0.5, 0.9]), np.quantile(wanted, [0.1, 0.5, 0.9]), atol=0.1)
