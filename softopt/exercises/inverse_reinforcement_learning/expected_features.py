"""What a policy would show: the forward pass of inverse reinforcement learning."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.cases import one_decimal, small_mdp
from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Small MDPs that may end early, under policies that change from step to step."""
    for n_states, n_actions, horizon in ((2, 2, 2), (2, 2, 3), (3, 2, 2), (3, 2, 2), (3, 2, 3), (3, 3, 3), (4, 2, 3)):
        for n_features in (1, 2):
            mdp = small_mdp(generator, n_states, n_actions)
            tenths = 1 + generator.multinomial(
                10 - n_actions, np.full(n_actions, 1 / n_actions), size=(horizon, n_states)
            )
            yield Case(
                horizon * n_states * n_actions + n_features,
                {
                    "mdp": mdp,
                    "features": one_decimal(generator.uniform(-2, 2, size=(n_states, n_features))),
                    "policy": tenths / 10,
                    "start": np.eye(n_states)[0],
                },
            )


def reference(mdp, features, policy, start):
    """sum_t discount^t E[features(s_t)] over the steps t < H in which the episode still runs."""
    return _visits(mdp, policy, start) @ features


def _visits(mdp, policy, start, *, discount=None, dynamics=None, first=0, past_the_end=False, extra=0):
    """Discounted visits (S,), step by step forward from the start."""
    discount = mdp.discount if discount is None else discount
    here, visits = start.astype(np.float64), np.zeros(mdp.n_states)
    for step in range(len(policy) + extra):
        if step >= first:
            visits += discount**step * np.where(mdp.terminal & (not past_the_end), 0.0, here)
        if step < len(policy):
            here = (dynamics or _onward)(mdp, policy[step], here)
    return visits


def _onward(mdp, policy, here):
    return np.einsum("s,sa,san->n", here, policy, mdp.transition)


@misconception("the discount is missing")
def discount_missing(mdp, features, policy, start):
    """Every step counts the same. The values of the backward pass are discounted, and their gradient is a
    discounted sum of features: what is counted at step t weighs discount to the power t. A discount in one
    of the two passes only is a common slip, since each pass looks right by itself."""
    return _visits(mdp, policy, start, discount=1.0) @ features


@misconception("the features of the end are counted")
def end_counted(mdp, features, policy, start):
    """Terminal states collect features step after step. The episode is over there and nothing is paid, so
    nothing may be counted, whatever their row of `features` says. The probability that has arrived there is
    simply gone."""
    return _visits(mdp, policy, start, past_the_end=True) @ features


@misconception("one step too many")
def one_step_too_many(mdp, features, policy, start):
    """The state after the last action is counted as well. With H rows in `policy` there are H actions, and
    features are paid for acting: steps 0 to H − 1. The final state is reached, not acted in."""
    return _visits(mdp, policy, start, extra=1) @ features


@misconception("the start is not counted")
def start_left_out(mdp, features, policy, start):
    """The count begins after the first move. The first action is taken in the start state, so its features
    are paid at step 0, with weight 1. Count first, then move."""
    return _visits(mdp, policy, start, first=1) @ features


@misconception("the first step's policy at every step")
def one_policy_for_all_steps(mdp, features, policy, start):
    """Row 0 of the policy is used all the way. With a horizon the best thing to do depends on how many steps
    are left, which is why the policy has a leading axis of time. Step t uses `policy[t]`."""
    return _visits(mdp, np.repeat(policy[:1], len(policy), axis=0), start) @ features


@misconception("the policy backwards in time")
def policy_reversed(mdp, features, policy, start):
    """The policy of the last step is used first. The backward pass fills its rows from the last step to the
    first, but row t still belongs to step t; the forward pass reads them in order."""
    return _visits(mdp, policy[::-1], start) @ features


def _values_for_visits(mdp, policy, here):
    """Average over next states what should be passed on to them."""
    return np.einsum("n,sa,san->s", here, policy, mdp.transition)


@misconception("the transition the wrong way round")
def transposed(mdp, features, policy, start):
    """This step averages over next states, as a value does when it travels backward. Visits travel forward:
    the weight of a state is handed on to its successors, so the sum runs over where one comes from. As
    matrices, one is P v and the other vᵀ P. A check: whatever the policy, the weights of all states
    together must stay 1."""
    return _visits(mdp, policy, start, dynamics=_values_for_visits) @ features


@misconception("visits normalised to one")
def normalised(mdp, features, policy, start):
    """The visits are divided by their total, so they are shares of time, not counts. A sum of features has
    to grow with the number of steps, as the sums over demonstrations do. Otherwise a long episode and a
    short one look alike."""
    visits = _visits(mdp, policy, start)
    return visits @ features / visits.sum()


exercise = Exercise(
    name="expected_features",
    title="what a policy would show",
    statement="""
        Write `my_expected_features(mdp, features, policy, start)`. It takes an MDP, `features` of shape (S, K), a
        policy of shape (H, S, A), one table for each of H steps, and a distribution `start` of shape (S,). It returns
        the expected discounted feature sum of running the policy, shape (K,):

            f = Σ_t discount^t Σ_s p(s_t = s) φ(s)        t = 0, ..., H − 1

        where p(s_t) follows from p(s_t−1), the policy and `mdp.transition` (S, A, S). Terminal states, in the mask
        `mdp.terminal`, earn nothing: they do not count.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Carry one vector along: the probability of being in each state at step t. It begins as `start`. At each
        step count it, weighed, and move it on. In which order, and how many times?""",
        """Moving on is a sum over the old state and the action:
        p(s') = Σ_s Σ_a p(s) π(a|s) p(s'|s, a). `np.einsum` can write it just so, or you multiply in the policy
        and sum. Then set aside what has ended: it may travel along, but it may not be counted.""",
    ),
    minutes=12,
    difficulty=2,
    points=2,
    misconceptions=(
        discount_missing,
        end_counted,
        one_step_too_many,
        start_left_out,
        one_policy_for_all_steps,
        policy_reversed,
        transposed,
        normalised,
    ),
)
