"""What demonstrations say about a reward that is linear in features: one vector."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """A few short walks of one length through a handful of states."""
    for n_states, n_features, n_walks, n_steps in (
        (2, 1, 2, 2),
        (2, 1, 2, 3),
        (3, 1, 2, 2),
        (3, 2, 2, 2),
        (3, 2, 2, 3),
        (3, 2, 3, 3),
        (4, 2, 3, 3),
        (4, 3, 4, 4),
    ):
        for discount in (0.5, 0.9):
            features = one_decimal(generator.uniform(-2, 2, size=(n_states, n_features)))
            states = generator.integers(n_states, size=(n_walks, n_steps + 1))
            yield Case(states.size + features.size, {"features": features, "states": states, "discount": discount})


def reference(features, states, discount):
    """Mean over walks of sum_t discount^t features(s_t), over the states that were acted in."""
    return _sum(features, states[:, :-1], discount).mean(axis=0)


def _sum(features, states, discount):
    """Discounted feature sum of each walk, (N, K)."""
    return np.tensordot(features[states], discount ** np.arange(states.shape[1]), axes=(1, 0))


@misconception("the last state is counted")
def last_state_counted(features, states, discount):
    """The state that a walk ends in is counted too, but nothing is done there: no action is taken, so no
    reward is paid. The model's own expectation knows rewards only where it acts. A gap between a sum of one
    state more and that expectation closes at wrong weights, or never: it looks as if the last state paid."""
    return _sum(features, states, discount).mean(axis=0)


@misconception("the first state is not counted")
def first_state_left_out(features, states, discount):
    """Each walk begins a state too late. The reward of a step belongs to the state that is acted in, not to
    the one that the action leads to: of L + 1 states the first L are acted in."""
    return _sum(features, states[:, 1:], discount).mean(axis=0)


@misconception("the discount is missing")
def discount_missing(features, states, discount):
    """Every step counts the same here. The value of the model is discounted, and these sums will be compared
    with it: what comes t steps later weighs discount to the power t, on both sides."""
    return _sum(features, states[:, :-1], 1.0).mean(axis=0)


@misconception("the first step is discounted already")
def one_step_too_late(features, states, discount):
    """The whole vector is too small by one factor of the discount. The first step happens now: t starts at
    0, and the discount to the power 0 is 1."""
    return discount * reference(features, states, discount)


@misconception("a sum over the walks in place of the mean")
def sum_over_walks(features, states, discount):
    """The walks are added up, so twice the demonstrations would ask for twice the features. No single walk
    can deliver that. What is wanted is what one demonstration shows on average."""
    return _sum(features, states[:, :-1], discount).sum(axis=0)


@misconception("a mean over the steps in place of the sum")
def mean_over_steps(features, states, discount):
    """The sum is divided by the number of steps as well. Along a walk rewards add up; averages are taken
    over walks only."""
    return reference(features, states, discount) / (states.shape[1] - 1)


exercise = Exercise(
    name="demonstrated_features",
    title="what the demonstrations show",
    statement="""
        Write `my_demonstrated_features(features, states, discount)`. It takes `features` of shape (S, K), a row for
        each state, and `states` of shape (N, L + 1): N demonstrations, each of L steps, from the first state to the
        one that it arrives in. It returns their mean discounted feature sum, shape (K,):

            f_demo = mean over demonstrations of Σ_t discount^t φ(s_t)

        The reward is θ · φ(s), paid for acting in s. In the last state of a demonstration nothing was done.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Indexing with an array of integers does most of it: `features[states]` has the shape of `states` with one
        axis more. Print its shape. Which of its three axes are steps, and which walks?""",
        """Two decisions are left. How many of the L + 1 states count? The reward is paid for acting, and there are
        L actions. And what weighs step t? A vector of powers of the discount, beginning with 1, multiplied along
        the axis of steps.""",
    ),
    minutes=6,
    difficulty=1,
    points=1,
    misconceptions=(
        last_state_counted,
        first_state_left_out,
        discount_missing,
        one_step_too_late,
        sum_over_walks,
        mean_over_steps,
    ),
)
