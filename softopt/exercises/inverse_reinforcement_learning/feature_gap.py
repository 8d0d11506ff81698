"""The gradient of maximum causal entropy IRL, both passes together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp, softmax

from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.tabular import MDP, Trajectory, sample_trajectories
from softopt.tabular.inverse import Dual


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Two or three walks through a small world without an end."""
    for n_states, n_actions, n_steps, n_walks in (
        (2, 2, 2, 2),
        (2, 2, 2, 2),
        (2, 2, 3, 2),
        (3, 2, 2, 2),
        (3, 2, 3, 2),
        (3, 3, 3, 3),
    ):
        for n_features in (1, 2):
            tenths = generator.multinomial(10, np.full(n_states, 1 / n_states), size=(n_states, n_actions))
            discount = float(generator.choice([0.5, 0.8]))
            mdp = MDP(tenths / 10, np.zeros((n_states, n_actions)), discount=discount)
            even = np.full((n_states, n_actions), 1 / n_actions)
            walks = sample_trajectories(mdp, even, n_walks, generator, steps=n_steps)
            yield Case(
                n_states * n_actions * n_steps + n_features,
                {
                    "mdp": mdp,
                    "features": one_decimal(generator.uniform(-2, 2, size=(n_states, n_features))),
                    "states": np.array([walk.states for walk in walks]),
                    "actions": np.array([walk.actions for walk in walks]),
                    "theta": one_decimal(generator.uniform(0.5, 2, size=n_features)),
                },
            )


def reference(mdp, features, states, actions, theta):
    """f_demo - E f at temperature 1, over the length of the demonstrations."""
    walks = [Trajectory(*walk) for walk in zip(states, actions, strict=True)]
    return Dual(mdp.replace(horizon=actions.shape[1]), features, walks)(theta).gradient


def _causal(mdp, value, discount):
    return discount * mdp.expect(value)


def _gap(mdp, features, states, theta, *, look_ahead=_causal, summary=None, choose=None, last_state=False, **discounts):
    """Feature gap of both passes; each keyword spoils one thing."""
    of = {"backward": mdp.discount, "forward": mdp.discount, "seen": mdp.discount, **discounts}
    n_steps = states.shape[1] - 1
    reward = (features @ theta)[:, None] * np.ones(mdp.n_actions)
    value, policies = np.zeros(mdp.n_states), []
    for _ in range(n_steps):
        soft_q = reward + look_ahead(mdp, value, of["backward"])
        value = (summary or logsumexp)(soft_q, axis=1)
        policies.insert(0, (choose or softmax)(soft_q, axis=1))
    here = np.bincount(states[:, 0], minlength=mdp.n_states) / len(states)
    visits = np.zeros(mdp.n_states)
    for step, policy in enumerate(policies):
        visits += of["forward"] ** step * here
        here = np.einsum("s,sa,san->n", here, policy, mdp.transition)
    acted = states if last_state else states[:, :-1]
    seen = np.tensordot(features[acted], of["seen"] ** np.arange(acted.shape[1]), axes=(1, 0)).mean(axis=0)
    return seen - visits @ features


@misconception("the sign")
def wrong_sign(mdp, features, states, actions, theta):
    """This is the model's features minus the demonstrations': the direction in which the objective falls.
    If the demonstrators show more of a feature than the model does, its weight has to rise. Optimisers that
    minimise want the other sign; give it to them at the call, not here."""
    return -_gap(mdp, features, states, theta)


def _non_causal(mdp, value, discount):
    return discount * logsumexp(value, b=mdp.transition, axis=2)


def _non_causal_with_an_end(mdp, value, discount):
    return np.log(discount * (mdp.transition @ np.exp(value)) + 1 - discount)


@misconception(
    "the non-causal backup in a random world",
    lambda mdp, features, states, actions, theta: _gap(
        mdp, features, states, theta, look_ahead=_non_causal_with_an_end
    ),
)
def non_causal(mdp, features, states, actions, theta):
    """The backward pass looks ahead with log E exp(V), as if the demonstrators had chosen what the world did
    to them; the forward pass then follows the real dynamics. That mixture is the algorithm printed in the
    first paper on maximum-entropy IRL. Where the world is random it is the gradient of nothing: lucky
    demonstrators are taken for deliberate ones. The average over next states is an ordinary one, of V."""
    return _gap(mdp, features, states, theta, look_ahead=_non_causal)


@misconception("no discount in the backward pass")
def backward_undiscounted(mdp, features, states, actions, theta):
    """The features are counted with the discount on both sides, but the policy was made without it, by
    someone more patient than the demonstrators are supposed to be. V is the value whose gradient the
    expected features are, so one discount has to run through everything."""
    return _gap(mdp, features, states, theta, backward=1.0)


@misconception("no discount in the forward pass")
def forward_undiscounted(mdp, features, states, actions, theta):
    """The policy and the demonstrations know the discount, but the model's expected features count every
    step in full. The demonstrations seem to lack whatever comes late, and the weights will chase a gap that
    is not there."""
    return _gap(mdp, features, states, theta, forward=1.0)


@misconception("no discount in the demonstrations")
def demonstrations_undiscounted(mdp, features, states, actions, theta):
    """The model's features are discounted and those of the demonstrations are not. Even demonstrations
    drawn from the model itself would show a gap. Both are the same sum, once counted and once expected."""
    return _gap(mdp, features, states, theta, seen=1.0)


@misconception("the last state is counted in the demonstrations")
def last_state_counted(mdp, features, states, actions, theta):
    """The state that each demonstration arrives in is counted, and the model does not count it: L actions
    have L states that are acted in. The gap then always asks for a little more of where walks end, and
    no reward can satisfy it."""
    return _gap(mdp, features, states, theta, last_state=True)


def _greedy(soft_q, axis):
    return np.eye(soft_q.shape[1])[soft_q.argmax(axis=axis)]


@misconception(
    "hard planning",
    lambda mdp, features, states, actions, theta: _gap(mdp, features, states, theta, summary=np.max, choose=_greedy),
)
def hard_planning(mdp, features, states, actions, theta):
    """The backward pass takes a hard maximum. With a softmax on top the policy looks soft, but it is soft
    about the values of a demonstrator who will never err again; with an argmax it does not even move when
    the weights do. The policy whose features are the gradient is exp(Q − V), with V the soft maximum of
    the same Q."""
    return _gap(mdp, features, states, theta, summary=np.max)


exercise = Exercise(
    name="feature_gap",
    title="the gradient of inverse reinforcement learning",
    statement="""
        Write `my_feature_gap(mdp, features, states, actions, theta)`: the gradient of the dual objective of maximum
        causal entropy IRL at `theta`, shape (K,), at temperature 1 in the entropy form:

            gradient = f_demo − E f        with reward θ · φ(s) for acting in s

        `features` has shape (S, K); `states` (N, L + 1) and `actions` (N, L) are N demonstrations of L steps. The
        model acts for L steps too, started where the demonstrations start, each of them equally likely, with value
        0 after the last step. Both sums weigh step t with `mdp.discount` to the power t. You also have
        `mdp.transition` (S, A, S); nothing is terminal here.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Three parts: a backward pass over L steps that makes a policy for each step, a forward pass that counts
        what this policy would show, and the demonstrations' own count. You have written the last two before:
        `my_demonstrated_features` and `my_expected_features`.""",
        """Backward, from V = 0: Q(s, a) = θ · φ(s) + discount · E[ V(s') ], then V = log Σ_a exp Q and
        π = exp(Q − V). Keep the policies in the order of time. The distribution of starts is a histogram of
        `states[:, 0]`, divided by N. The actions are needed only if features depend on them.""",
    ),
    minutes=20,
    difficulty=3,
    points=3,
    misconceptions=(
        wrong_sign,
        non_causal,
        backward_undiscounted,
        forward_undiscounted,
        demonstrations_undiscounted,
        last_state_counted,
        hard_planning,
    ),
)
