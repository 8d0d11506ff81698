"""Random MDPs and slow, plain ways to the answer, shared by the tests of planning."""

import numpy as np

from softopt.operators import boltzmann, soft_maximum
from softopt.tabular import MDP


def random_mdp(seed, n_states=5, n_actions=3, discount=0.9, prior=False, **options):
    """Dense random dynamics, normal rewards, and a random prior where one is asked for."""
    rng = np.random.default_rng(seed)
    transition = rng.dirichlet(np.ones(n_states), (n_states, n_actions))
    reward = rng.normal(size=(n_states, n_actions))
    p0 = rng.dirichlet(np.ones(n_actions), n_states) if prior else None
    return MDP(transition, reward, discount=discount, prior=p0, initial=np.eye(n_states)[0], **options)


def slow_plan(mdp, temperature, backups=600):
    """Soft value iteration by the operators, as it stands in the lecture; value and policy."""
    value = np.zeros(mdp.n_states)
    for _ in range(backups):
        q = mdp.reward + mdp.discount * mdp.expect(value)
        value = np.where(mdp.terminal, 0.0, soft_maximum(q, temperature, mdp.prior))
    return value, boltzmann(q, temperature, mdp.prior)


def assert_plan(plan, mdp, temperature):
    """The fields of a plan fit each other: shapes, the soft maximum, the Boltzmann policy, rows that sum to one."""
    going = ~mdp.terminal & np.isfinite(plan.value)
    scale = max(1.0, np.abs(plan.value[going]).max(initial=0.0))
    assert plan.value.shape == (mdp.n_states,)
    assert plan.soft_q.shape == plan.policy.shape == mdp.reward.shape
    assert np.allclose(plan.policy[going].sum(axis=1), 1.0, rtol=0, atol=1e-12)
    prior = None if mdp.prior is None else mdp.prior[going]
    assert np.abs(soft_maximum(plan.soft_q[going], temperature, prior) - plan.value[going]).max() <= 1e-13 * scale
    assert np.isfinite(plan.bound)
    assert plan.history.shape == (plan.iterations, 2)
    assert plan.history[-1].tolist() == [plan.residual, plan.bound]
