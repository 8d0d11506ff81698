"""The loop of every learner and the episodes beneath it: order, seeds, evaluation, and what goes wrong."""

import itertools

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from numpy.testing import assert_allclose
from scipy.stats import kstest, uniform

torch = pytest.importorskip("torch")

from deep_cases import BEST, TINY, Steer, assert_same_state, training_of  # noqa: E402

from softopt.deep import (  # noqa: E402
    DDPG,
    SAC,
    DDPGConfig,
    Episodes,
    PolicyGradientConfig,
    SACConfig,
    Training,
    evaluate,
    train,
)
from softopt.deep.episodes import make  # noqa: E402
from softopt.runs import Setup  # noqa: E402


class Scribe:
    """An agent that writes down what it is told; its first update comes at the fourth transition."""

    logged = {"count": "how many", "twice": "twice that"}  # noqa: RUF012
    acts_with = ()

    def __init__(self):
        self.seen, self.looked = [], 0

    def act(self, observation):
        return np.array([0.1 * (-1) ** len(self.seen)], np.float32)

    def best_action(self, observation):
        self.looked += 1
        return np.array([1.0], np.float32)

    def learn(self, transition):
        self.seen.append(transition)
        n = len(self.seen)
        return {"count": torch.tensor(float(n)), "twice": 2.0 * n} if n >= 4 else None

    def parts(self):
        return {}


def scribbled(steps, environment="Steer-v0", seed=0, **options):
    training = Training(Scribe(), Episodes(environment, seed), seed)
    return training, list(train(training, steps, **{"evaluate_every": 0, "report_every": 10, **options}))


class TestLoop:
    def test_transitions_chain_and_episodes_begin_anew(self):
        training, _ = scribbled(40)
        seen = training.agent.seen
        assert len(seen) == 40
        for k, (before, after) in enumerate(itertools.pairwise(seen), start=1):
            assert not before.terminated
            assert before.truncated == (k % 16 == 0)
            same = np.array_equal(before.next_observation, after.observation)
            assert same != before.truncated
        assert all(step.observation.dtype == step.next_observation.dtype == np.float32 for step in seen)

    def test_reports_when_they_are_due(self):
        _, reports = scribbled(35, evaluate_every=15, evaluation_episodes=2)
        assert [(news.step, len(news.evaluation)) for news in reports] == [
            (10, 0),
            (15, 2),
            (20, 0),
            (30, 2),
            (35, 2),  # the last one, though none is due
        ]
        assert sum(len(news.returns) for news in reports) == 2
        assert len(reports[2].returns) == 1  # the episode that ended at step 16

    def test_logs_the_mean_since_the_last_evaluation(self):
        _, reports = scribbled(20, evaluate_every=10, evaluation_episodes=1, report_every=5)
        logged = [news.logged for news in reports]
        assert logged[0] == {"count": 4.5, "twice": 9.0}  # updates 4 and 5
        assert logged[1] == {"count": 7.0, "twice": 14.0}  # 4 to 10
        assert logged[2] == {"count": 13.0, "twice": 26.0}  # 11 to 15
        assert logged[3] == {"count": 15.5, "twice": 31.0}
        assert scribbled(3)[1][-1].logged == {}

    def test_returns_are_those_of_the_episodes(self):
        training, reports = scribbled(32)
        seen = training.agent.seen
        expected = [sum(step.reward for step in seen[k : k + 16]) for k in (0, 16)]
        assert_allclose([earned for news in reports for earned in news.returns], expected)

    def test_evaluates_with_the_best_action_and_seeds_of_its_own(self):
        training, reports = scribbled(30, evaluate_every=10, evaluation_episodes=3)
        evaluations = [news.evaluation for news in reports]
        assert training.agent.looked == 9 * 16
        # Always 1: x runs away from about .25 in steps of .25; the start is drawn from +-.1.
        at = [-sum((x0 + 0.25 * k - 1) ** 2 for k in range(1, 17)) for x0 in (-0.1, 0.1)]
        flat = np.ravel(evaluations)
        assert ((flat > min(at)) & (flat < max(at))).all()
        assert len(set(flat)) == 9  # other starts each time
        assert [news.evaluation for news in scribbled(30, evaluate_every=10, evaluation_episodes=3)[1]] == evaluations
        starts = {float(step.observation[0]) for step in training.agent.seen}
        episodes = Episodes("Steer-v0", 0)
        judged = {
            float(episodes.environment.reset(seed=int(s))[0][0])
            for step in (10, 20, 30)
            for s in np.random.default_rng([1, 0, step]).integers(2**31, size=3)
        }
        assert not starts & judged

    def test_evaluation_does_not_disturb_training(self):
        config = SACConfig(**TINY, temperature=None)
        states = []
        for options in ({"evaluate_every": 0}, {"evaluate_every": 40, "evaluation_episodes": 2}):
            training = training_of(SAC, config)
            for _ in train(training, 130, **options):
                pass
            state = training.state()
            states.append({name: value for name, value in state.items() if name != "sums.value"})
        assert_same_state(*states)

    def test_steps_count_those_of_earlier_calls(self):
        training, _ = scribbled(20)
        assert list(train(training, 20, evaluate_every=0)) == []
        more = list(train(training, 30, evaluate_every=0, report_every=10))
        assert [news.step for news in more] == [30]
        assert len(training.agent.seen) == 30
        assert repr(training.agent.seen) == repr(scribbled(30)[0].agent.seen)

    def test_can_be_broken_off_and_taken_up(self):
        training = Training(Scribe(), Episodes("Steer-v0", 0), 0)
        for news in train(training, 1_000, evaluate_every=0, report_every=10):
            if news.step == 20:
                break
        list(train(training, 30, evaluate_every=0))
        assert repr(training.agent.seen) == repr(scribbled(30)[0].agent.seen)


class TestUpdates:
    @pytest.mark.parametrize(("algorithm", "config"), [(SAC, SACConfig(**TINY)), (DDPG, DDPGConfig(**TINY))])
    def test_warm_up_is_uniform_and_then_one_update_a_step(self, algorithm, config, monkeypatch):
        training, updates = training_of(algorithm, config), []
        update = algorithm.update
        monkeypatch.setattr(algorithm, "update", lambda self, batch: updates.append(1) or update(self, batch))
        for _ in train(training, TINY["warm_up"], evaluate_every=0):
            pass
        assert not updates
        actions = training.agent.replay.table[: TINY["warm_up"], 1]
        assert kstest(actions.numpy(), uniform(-1, 2).cdf).pvalue > 0.01
        assert actions.abs().max() <= 1
        for _ in train(training, TINY["warm_up"] + 17, evaluate_every=0):
            pass
        assert len(updates) == 17
        assert training.agent.replay.added == TINY["warm_up"] + 17


class TestEpisodes:
    def test_the_same_seed_and_actions_are_the_same_episodes(self):
        first, second = scribbled(40)[0].agent.seen, scribbled(40)[0].agent.seen
        assert repr(first) == repr(second)
        assert repr(scribbled(40, seed=1)[0].agent.seen) != repr(first)
        assert first[0].observation != first[16].observation  # each episode has its own start

    @pytest.mark.parametrize("name", ["Pendulum-v1", "HalfCheetah-v5", "Hopper-v5"])
    def test_a_running_episode_is_found_again(self, name):
        episodes, again = Episodes(name, 3), Episodes(name, 3)
        generator = np.random.default_rng(0)

        def actions(n):
            return generator.uniform(-1, 1, size=(n, episodes.sizes[1])).astype(np.float32)

        for action in actions(230):
            episodes.step(action)
        state = episodes.state()
        again.load_state(state)
        assert (again.steps, again.begun, again.earned) == (230, episodes.begun, episodes.earned)
        for action in actions(60):
            one, two = episodes.step(action), again.step(action)
            assert one.observation.tobytes() == two.observation.tobytes()
            assert one.next_observation.tobytes() == two.next_observation.tobytes()
            assert one[-2:] == two[-2:]
            assert one.reward == two.reward

    def test_actions_are_scaled_to_the_environments_own_box(self):
        episodes = Episodes("Pendulum-v1", 0)  # its torque lies in [-2, 2]
        heard = []
        inner = episodes.environment.unwrapped
        step = inner.step
        inner.step = lambda action: heard.append(float(action[0])) or step(action)
        for action in (-1.0, 0.25, 1.0):
            episodes.step(np.array([action], np.float32))
        assert_allclose(heard, [-2, 0.5, 2], atol=1e-6)

    def test_the_second_environment_is_made_like_the_first(self):
        made = gymnasium.make("HalfCheetah-v5", ctrl_cost_weight=0.7, max_episode_steps=11)
        wrapped = gymnasium.wrappers.ClipReward(made, -1, 1)
        another = Episodes(wrapped, 0).another()
        assert another.unwrapped is not made.unwrapped
        assert another.unwrapped._ctrl_cost_weight == 0.7
        assert evaluate(Still(6), another, [0], 1)[0] >= -11

    def test_one_that_cannot_be_made_twice_is_a_sentence(self):
        training = Training(Scribe(), Episodes(Steer(), 0), 0)
        with pytest.raises(ValueError, match=r"Steer was not made by gymnasium\.make.* evaluate_every=0"):
            next(train(training, 10))
        assert next(train(training, 10, evaluate_every=0)).step == 10


class Still:
    """Does nothing."""

    def __init__(self, size):
        self.size = size

    def best_action(self, observation):
        assert observation.dtype == np.float32
        return np.zeros(self.size, np.float32)


class TestEvaluate:
    def test_by_hand(self):
        x0 = make("Steer-v0").reset(seed=int(np.random.default_rng([1, 4, 2]).integers(2**31, size=1)[0]))[0][0]
        found = evaluate(Still(1), make("Steer-v0"), [4, 2], 1)
        assert_allclose(found, [-16 * (x0 - 1) ** 2], rtol=1e-5)
        assert found[0] < 10 * BEST


def broken(observation=0.0, reward=0.0, after=3):
    """Steer, which answers with something else after a few steps."""

    class Broken(Steer):
        def step(self, action):
            seen, earned, *rest = super().step(action)
            if self.t == after:
                return np.array([observation], np.float32), reward, *rest
            return seen, earned, *rest

    return Broken()


class Odd(Steer):
    """Steer with other spaces."""

    def __init__(self, observation_space=Steer.observation_space, action_space=Steer.action_space):
        self.observation_space, self.action_space = observation_space, action_space


class TestFaults:
    @pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("where", ["observation", "reward"])
    def test_numbers_that_are_not_finite(self, where, number):
        training = Training(Scribe(), Episodes(broken(**{where: number}), 0), 0)
        words = r"step 3 of the episode with seed \d+ gave reward .* not finite\. Mend the environment"
        with pytest.raises(FloatingPointError, match=words):
            list(train(training, 10, evaluate_every=0))
        assert len(training.agent.seen) == 2  # what came before was learned, this was not

    @pytest.mark.parametrize(("algorithm", "config"), [(SAC, SACConfig(**TINY)), (DDPG, DDPGConfig(**TINY))])
    def test_a_network_that_diverged(self, algorithm, config):
        training = training_of(algorithm, config)
        list(train(training, TINY["warm_up"] + 1, evaluate_every=0))
        with torch.no_grad():
            training.agent.policy.mlp.biases[0].fill_(float("nan"))
        with pytest.raises(FloatingPointError, match=r"after 101 steps is \[nan\]: its network has diverged.*smaller"):
            list(train(training, 200, evaluate_every=0))

    @pytest.mark.parametrize(
        ("spaces", "words"),
        [
            ({"action_space": Discrete(3)}, r"Odd has the action space Discrete\(3\).*vector of real numbers"),
            ({"action_space": MultiDiscrete([2, 3])}, "vector of real numbers"),
            ({"action_space": Box(-1, 1, (2, 2))}, "vector of real numbers"),
            ({"action_space": Box(-np.inf, 1, (2,))}, "actions without bounds"),
            ({"action_space": Box(-1, np.inf, (2,))}, "actions without bounds"),
            ({"observation_space": Dict(x=Box(-1, 1, (2,)))}, "FlattenObservation"),
            ({"observation_space": Discrete(4)}, "FlattenObservation"),
            ({"observation_space": Box(-1, 1, (4, 4))}, "FlattenObservation"),
        ],
    )
    def test_spaces_that_the_learners_cannot_use(self, spaces, words):
        with pytest.raises(ValueError, match=words):
            Episodes(Odd(**spaces), 0)

    def test_names_that_gymnasium_knows_but_the_learners_cannot_use(self):
        with pytest.raises(ValueError, match=r"CartPole-v1 has the action space Discrete\(2\)"):
            Episodes("CartPole-v1", 0)


class TestSettings:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"batch": 0}, "batch must be a whole number, at least 1; got 0"),
            ({"batch": 2.5}, "batch must be a whole number"),
            ({"batch": 64.0}, "batch must be a whole number, at least 1; got 64.0"),
            ({"batch": float("inf")}, "batch must be a whole number"),
            ({"capacity": 0}, "capacity"),
            ({"warm_up": -1}, "warm_up must be a whole number, at least 0; got -1"),
            ({"hidden": (8, 0)}, "hidden holds the sizes of layers"),
            ({"hidden": (64.5,)}, "hidden holds the sizes of layers"),
            ({"hidden": 64}, "hidden holds the sizes of layers"),
            ({"learning_rate": 0.0}, "learning_rate must be a finite number above 0; got 0"),
            ({"learning_rate": float("inf")}, "learning_rate"),
            ({"learning_rate": "1e-3"}, "learning_rate must be a finite number above 0; got '1e-3'"),
            ({"device": "gpu"}, 'device is "auto", "cpu", "cuda" or another that torch knows; got .gpu.'),
            ({"discount": 1.01}, "discount must be a finite number at least 0 and at most 1; got 1.01"),
            ({"discount": float("nan")}, "discount"),
            ({"tau": 0.0}, "tau must be a finite number above 0 and at most 1"),
            ({"precision": "double"}, "precision is one of"),
        ],
    )
    @pytest.mark.parametrize("form", [SACConfig, DDPGConfig])
    def test_out_of_range_is_a_sentence(self, form, changes, words):
        with pytest.raises(ValueError, match=words):
            form(**changes)

    @pytest.mark.parametrize("temperature", [-0.1, float("nan"), float("inf")])
    def test_temperature(self, temperature):
        with pytest.raises(ValueError, match="temperature must be a finite number at least 0"):
            SACConfig(temperature=temperature)
        with pytest.raises(ValueError, match="target_entropy must be a finite number; got nan"):
            SACConfig(target_entropy=float("nan"))
        with pytest.raises(ValueError, match="explicit is True or False; got 'yes'"):
            SACConfig(explicit="yes")
        assert SACConfig(temperature=None).temperature is None
        assert SACConfig(temperature=0).temperature == 0

    def test_the_ends_that_are_allowed(self):
        DDPGConfig(discount=0, tau=1, warm_up=0, hidden=(), target_noise=0)
        with pytest.raises(ValueError, match="policy_delay"):
            DDPGConfig(policy_delay=0)
        with pytest.raises(ValueError, match="target_noise"):
            DDPGConfig(target_noise=-0.1)


class TestProbe:
    """An environment may report more than the return of an agent that can sample many actions at once."""

    def test_what_it_finds_comes_with_the_evaluation(self):
        training = Setup(SACConfig(**TINY), "softopt/TwoPassages-v0", options={"blocked": "lower"}).build()
        news = list(train(training, 200, evaluate_every=100, evaluation_episodes=1))
        assert [bool(progress.measured) for progress in news] == [bool(progress.evaluation) for progress in news]
        measured = news[-1].measured
        assert {"upper", "lower", "reached", "q_000", "q_063"} <= measured.keys()
        again = training.episodes.another().unwrapped.probe(training.agent, [0, 200])
        assert again == measured

    def test_an_agent_that_cannot_sample_is_not_asked(self):
        config = PolicyGradientConfig(hidden=(8,), horizon=50, batch=25)
        training = Setup(config, "softopt/MultiGoal-v0").build()
        news = list(train(training, 60, evaluate_every=60, evaluation_episodes=1))
        assert news[-1].evaluation
        assert news[-1].measured == {}

    def test_an_option_that_the_environment_does_not_have(self):
        with pytest.raises(ValueError, match="unexpected keyword argument 'wall'"):
            Setup(SACConfig(**TINY), "softopt/TwoPassages-v0", options={"wall": "upper"}).build()
