"""Explorers of notebook 11: a fit of a policy, one iteration, target entropies, and a training that is watched."""

import copy
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from test_interactive_inference import panel
from torch.overrides import TorchFunctionMode

from softopt.deep import Progress, SACConfig, train
from softopt.deep.sac_iteration import one_iteration
from softopt.experiments import benchmark
from softopt.interactive import live
from softopt.interactive.live import EVALUATED, EXPLORING, History, Live, as_curves, history_figure, watch
from softopt.interactive.policy_fit import ACTIONS, explore_policy_fit, fit_policy
from softopt.interactive.sac_iteration import STAGES, explore_iteration
from softopt.interactive.target_entropy import explore_target_entropies, target_entropy_figure
from softopt.runs import Setup

SMALL = SACConfig(hidden=(16, 16), batch=8, warm_up=60, capacity=500, temperature=None, precision="float32")


def trained(steps=120, **changes):
    training = Setup(replace(SMALL, **changes), "Pendulum-v1", seed=0).build()
    for _ in train(training, steps, evaluate_every=0):
        pass
    return training


def hump(a):
    return 1.5 * np.exp(-(((a - 0.4) / 0.35) ** 2))


def two_peaks(a):
    return np.exp(-(((a + 0.6) / 0.2) ** 2)) + np.exp(-(((a - 0.6) / 0.2) ** 2))


class TestPolicyFit:
    fit = fit_policy(hump, [0.05, 0.5, 2.0], [0, 1, 30, 300])

    def test_divergence_by_quadrature(self):
        density = self.fit.density
        assert_allclose(np.trapezoid(density[1:], ACTIONS), 1.0, atol=5e-3)
        inside = np.where(density > 0, density * np.log(np.maximum(density, 1e-300) / self.fit.aim), 0.0)
        assert_allclose(np.trapezoid(inside, ACTIONS)[1:, 1:], self.fit.kl[1:, 1:], atol=5e-3)

    def test_each_step_brings_it_nearer_and_cold_it_arrives(self):
        assert (np.diff(self.fit.kl, axis=0) < 0).all()
        assert (self.fit.kl > -1e-6).all()
        assert self.fit.kl[-1, 0] < 0.01
        assert_allclose(np.tanh(self.fit.mean[-1, 0]), 0.4, atol=0.01)
        # Laplace: the variance of exp(Q / T) at a peak is T / |Q''|, and the slope of tanh there is 1 - 0.4².
        assert_allclose(np.exp(self.fit.log_std[-1, 0]) * (1 - 0.16), np.sqrt(0.05 * 0.35**2 / 3), rtol=0.05)

    def test_two_peaks_cost_one_bit_or_the_middle(self):
        fit = fit_policy(two_peaks, [0.1, 0.5], [0, 400], start=(0.5, -0.7))
        assert_allclose(fit.kl[-1], [np.log(2), 0.24], atol=0.01)
        assert_allclose(np.tanh(fit.mean[-1]), [0.6, 0.0], atol=0.01)

    def test_explorer(self):
        explorer = explore_policy_fit(self.fit)
        curves = panel(explorer, "Lines")["curves"]
        assert curves["policy π"].shape == curves["exp(Q / T) / Z"].shape == (4, 3, ACTIONS.size)
        assert explorer.sentence.startswith("After 0 steps at temperature 0.5 the policy is")
        assert "from 0." in explorer._picture().alt


class TestIteration:
    def test_is_an_iteration_of_the_package(self):
        """The same start, the same noise, the same small batch: the same parameters."""
        training = trained(explicit=False)
        other = copy.deepcopy(training)
        one_iteration(training, size=5)
        sac = other.agent
        sac.replay.add(*other.episodes.step(sac.act(other.episodes.observation)))
        sac.update(sac.replay.sample(5, sac.generator))
        for name in ("policy", "critic", "target_critic", "log_alpha"):
            ours, theirs = training.agent.parts()[name], sac.parts()[name]
            pairs = (
                zip(ours.parameters(), theirs.parameters(), strict=True) if name != "log_alpha" else [(ours, theirs)]
            )
            for a, b in pairs:
                assert torch.equal(a, b), name

    def test_its_numbers_add_up(self):
        it = one_iteration(trained())
        assert_allclose(it.target, it.reward + 0.99 * (it.next_q + it.bonus), rtol=1e-5)
        assert_allclose(it.follower[1] - it.follower[0], 0.005 * (it.q[1] - it.follower[0]), rtol=0.3)
        assert it.held == 121
        assert ((it.age >= 0) & (it.age < 121)).all()
        assert np.square(it.q[1] - it.target).mean() < np.square(it.q[0] - it.target).mean()
        assert (it.temperature[1] < it.temperature[0]) == (it.entropy > it.target_entropy == -1.0)
        assert np.abs(it.policy_mean[1] - it.policy_mean[0]).max() > 0

    def test_its_numbers_are_fetched_before_numpy_reads_them(self):
        """On a GPU nothing else works; here `cpu` gives back the tensor itself, so the asking is what is watched."""
        fetched = []  # kept, so that no other tensor gets their place in memory

        class Watch(TorchFunctionMode):
            def __torch_function__(self, function, types, args=(), kwargs=None):
                if function is torch.Tensor.numpy:
                    assert any(args[0] is tensor for tensor in fetched), "NumPy read a tensor of the agent's device"
                found = function(*args, **(kwargs or {}))
                if function is torch.Tensor.cpu:
                    fetched.append(found)
                return found

        training = trained()
        with Watch():
            one_iteration(training)
        assert fetched

    def test_explorer_shows_a_number_from_the_stage_on_at_which_it_is_known(self):
        it = one_iteration(trained(temperature=0.3))
        explorer = explore_iteration(it)
        assert explorer.spec["sliders"][0]["labels"] == list(STAGES)
        _, batch, target, critic, policy, follower = (p for row in explorer.spec["rows"] for p in row)
        since = {"The batch": 2, "The target": 3, "The critic": 4, "The policy": 5, "The target network": 7}
        for spec in (batch, target, critic, policy, follower):
            last = list(spec["groups"].values())[-1]
            numbers = np.frombuffer(explorer.frames, "<f4")[last["offset"] :][: 8 * 4].reshape(8, 4)
            assert np.isnan(numbers[: since[spec["title"]]]).all()
            assert np.isfinite(numbers[since[spec["title"]] :]).all()
        assert explorer.spec["sentences"][0].startswith("The policy's mean action here is")
        assert "fixed at 0.3" in explorer.spec["sentences"][6]
        assert "the errors are" in explorer._picture().alt

    def test_says_where_a_task_ended_and_what_the_temperature_did(self):
        it = one_iteration(trained())
        said = explore_iteration(replace(it, ended=np.ones(4), target=it.reward)).spec["sentences"]
        assert "the task ended there" in said[3]
        assert "the target of −1.0, so T goes from" in said[6]

    def test_needs_an_agent_past_its_warm_up(self):
        training = Setup(SMALL, "Pendulum-v1").build()
        with pytest.raises(ValueError, match="warm-up of 60 steps is not over"):
            one_iteration(training)


def recording(final, seeds=3, rows=4):
    """What the figures read of a recording: its curves."""
    steps = np.tile(500.0 * np.arange(1, rows + 1), (seeds, 1))
    ramp = np.linspace(0, 1, rows) * (final + np.arange(seeds)[:, None])
    logged = {"temperature": np.exp(-ramp / 10), "entropy": -ramp}
    for values in logged.values():
        values[:, 0] = np.nan  # nothing is logged during the warm-up
    return SimpleNamespace(curves={"step": steps, "return": 100 * ramp, **logged})


class TestTargetEntropies:
    runs = {-1.0: recording(1.0), 0.5: recording(2.0)}  # noqa: RUF012

    def test_explorer(self):
        explorer = explore_target_entropies(self.runs)
        temperature, entropy, earned = explorer.spec["rows"][0]
        assert temperature["logarithmic"]
        assert "target" in entropy["curves"]
        assert list(earned["curves"]) == ["interquartile mean", "lowest seed", "highest seed"]
        assert explorer.spec["sentences"][0].startswith("Held to −1.00 nats, the policy ends at −2.0 nats")
        assert explorer.spec["sentences"][0].endswith("the 3 seeds earn 100 to 300.")

    def test_figure_draws_every_seed(self):
        figure = target_entropy_figure(self.runs)
        assert len(figure.axes[0].lines) == 2 * (3 + 1)
        assert "target −1.00, temperature" in figure.alt

    def test_needs_two_targets(self):
        with pytest.raises(ValueError, match="at least two"):
            explore_target_entropies({-1.0: self.runs[-1.0]})


class TestBenchmark:
    def test_draws_what_is_there(self):
        runs = {"HalfCheetah": {"soft actor-critic": recording(9.0, seeds=5)}, "Hopper": {"DDPG": recording(3.0, 1)}}
        figure = benchmark.benchmark_figure(runs)
        assert "HalfCheetah: soft actor-critic 1100" in figure.alt
        assert "DDPG, 1 seed" in figure.axes[1].get_legend().get_texts()[0].get_text()
        said = benchmark.summary(runs)
        assert said[0].startswith("HalfCheetah, soft actor-critic, 5 seeds, 2000 steps: 1100 [9")
        assert said[1] == "Hopper, DDPG, 1 seed, 2000 steps: 300; seeds 300"

    def test_says_so_where_nothing_is(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path))
        assert benchmark.benchmark() == {}
        assert "python -m softopt record" in benchmark.benchmark_figure({}).alt


class TestLive:
    @pytest.fixture
    def shown(self, monkeypatch):
        widgets = []
        monkeypatch.setattr(live, "display", widgets.append)
        return widgets

    def test_watches_a_training(self, shown):
        ticks = iter(np.arange(0, 1e4, 0.3))
        training = Setup(SMALL, "Pendulum-v1", seed=0).build()
        options = {"evaluate_every": 200, "evaluation_episodes": 1, "report_every": 100}
        history = watch(training, 400, clock=lambda: next(ticks), **options)
        (widget,) = shown
        assert history.curve(EXPLORING)[:, 0].tolist() == history.curve(EVALUATED)[:, 0].tolist() == [200, 400]
        assert history.curve("entropy")[:, 0].tolist() == [100, 200, 300, 400]
        assert widget.over
        assert widget.step == 400
        assert widget.sentence.startswith("Finished at step 400 after 2 seconds. Latest return: ")
        assert widget.curves["entropy"]["values"][0] == history.curve("entropy")[:, 1].tolist()
        assert widget.spec["panels"][1]["formula"].startswith("−mean log π(a | s)")
        figure = history_figure(history)
        assert [axes.get_title("left") for axes in figure.axes] == ["return", "entropy", "temperature"]
        data, _ = widget._repr_mimebundle_()
        assert data["text/plain"].startswith("A training while it runs. Finished")
        assert "image/png" in data
        assert as_curves(history).runs.shape == (1, 2)

    def test_draws_at_most_twice_a_second(self, shown, monkeypatch):
        seen, now = [], iter(np.arange(0, 100, 0.1))
        monkeypatch.setattr(Live, "show", lambda self, sentence, over=False: seen.append(sentence))
        news = [Progress(k, (), (), {}, {}) for k in range(1, 21)]
        monkeypatch.setattr(live, "train", lambda *_, **__: iter(news))
        watch(Setup(SMALL, "Pendulum-v1").build(), 20, clock=lambda: next(now))
        assert 4 <= len(seen) <= 6  # two seconds of reports, ten a second, and the end
        assert seen[0] == "Step 1 of 20, about 2 seconds to go. "

    def test_an_interrupt_keeps_what_there_is(self, shown, monkeypatch):
        def interrupted(*_, **__):
            yield Progress(100, (-1200.0, -1000.0), (), {}, {"entropy": 0.5})
            raise KeyboardInterrupt

        monkeypatch.setattr(live, "train", interrupted)
        before = torch.get_num_threads()
        history = watch(Setup(SMALL, "Pendulum-v1").build(), 1000)
        assert history.stopped
        assert history.curve(EXPLORING).tolist() == [[100.0, -1100.0]]
        assert shown[0].sentence.startswith("Stopped at step 100")
        assert torch.get_num_threads() == before

    def test_says_which_quantities_there_are(self, shown):
        with pytest.raises(ValueError, match="the agent logs critic_loss"):
            watch(Setup(SMALL, "Pendulum-v1").build(), 10, shown=("entropie",))

    def test_an_empty_history_can_be_drawn(self):
        figure = history_figure(History({}, 10), shown=())
        assert figure._suptitle.get_text() == "No episode has ended yet."
