"""Beginning with the networks of a recorded agent."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed (the extra `deep`)")

from softopt.deep import DDPGConfig, PolicyGradientConfig, SACConfig, SoftQLearningConfig  # noqa: E402
from softopt.runs import Setup, load, open_run, publish  # noqa: E402
from softopt.runs.run import carry_on  # noqa: E402

SMALL = {"hidden": (8, 8), "batch": 8, "warm_up": 10, "capacity": 100}


def recorded(config, tmp_path, critic=True):
    """Two seeds of a short run, published; and the agents that they ended with."""
    agents = []
    for seed in (0, 1):
        setup = Setup(config, "softopt/Puck-v0", steps=40, seed=seed, evaluate_every=20, evaluation_episodes=1)
        run = open_run(setup, tmp_path / f"run_{seed}")
        carry_on(run)
        publish(run, "puck/before", tmp_path / "data", critic=critic)
        agents.append(run.training.agent)
    return agents


@pytest.mark.parametrize("config", [SACConfig(**SMALL), DDPGConfig(**SMALL), SoftQLearningConfig(**SMALL)])
def test_the_networks_are_those_of_the_recorded_seed(config, tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path / "data"))
    agents = recorded(config, tmp_path)
    for seed, before in ((0, agents[0]), (1, agents[1]), (6, agents[0])):
        agent = Setup(config, "softopt/Puck-v0", seed=seed, pretrained="puck/before").build().agent
        for part, network in agent.parts().items():
            if isinstance(network, torch.nn.Module):
                # The slow copies begin as copies, whatever they were.
                for mine, theirs in zip(
                    network.parameters(), getattr(before, part.removeprefix("target_")).parameters(), strict=True
                ):
                    assert torch.equal(mine, theirs)
        assert len(agent.replay) == 0


def test_what_does_not_fit_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path / "data"))
    recorded(SACConfig(**SMALL), tmp_path)
    setup = Setup(SACConfig(**SMALL), "softopt/Puck-v0", pretrained="puck/before")
    for wrong, sentence in (
        (replace(setup, config=DDPGConfig(**SMALL)), "is a SAC; it cannot begin a DDPG"),
        (replace(setup, environment="Pendulum-v1"), "have other sizes"),
        (replace(setup, config=SACConfig(**{**SMALL, "hidden": (9, 9)})), "have other sizes"),
    ):
        with pytest.raises(ValueError, match=sentence):
            wrong.build()
    with pytest.raises(FileNotFoundError, match="no recording is called 'puck/after'"):
        replace(setup, pretrained="puck/after").build()


def test_an_agent_of_a_run_that_began_so_needs_no_other_recording(tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path / "data"))
    recorded(SACConfig(**SMALL), tmp_path)
    setup = Setup(SACConfig(**SMALL), "softopt/Puck-v0", steps=20, pretrained="puck/before", evaluate_every=20)
    run = open_run(setup, tmp_path / "after")
    carry_on(run)
    publish(run, "puck/after", tmp_path / "elsewhere")
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path / "nowhere"))
    agent = load("puck/after", tmp_path / "elsewhere").agent(0)
    seen = run.training.episodes.observation
    assert agent.best_action(seen).tolist() == run.training.agent.best_action(seen).tolist()


def test_a_learner_without_a_critic_cannot_begin_so(tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path / "data"))
    recorded(PolicyGradientConfig(hidden=(8, 8), horizon=20, batch=10), tmp_path, critic=False)
    with pytest.raises(ValueError, match="a PolicyGradient keeps no critic, and cannot go on from a recorded agent"):
        Setup(PolicyGradientConfig(hidden=(8, 8)), "softopt/Puck-v0", pretrained="puck/before").build()


def test_without_its_critic_nothing_can_begin(tmp_path, monkeypatch):
    monkeypatch.setenv("SOFTOPT_DATA", str(tmp_path / "data"))
    recorded(SACConfig(**SMALL), tmp_path, critic=False)
    with pytest.raises(ValueError, match="the critic of puck/before was not recorded"):
        Setup(SACConfig(**SMALL), "softopt/Puck-v0", pretrained="puck/before").build()
