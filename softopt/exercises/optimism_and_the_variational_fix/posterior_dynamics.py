"""The dynamics that exact inference believes in."""

from __future__ import annotations

from functools import partial

import numpy as np
from scipy.special import softmax

from softopt.exercises.exercise import Exercise, misconception
from softopt.exercises.optimism_and_the_variational_fix._look_ahead import look_ahead_cases
from softopt.tabular import MDP, infer


def reference(transition, value, temperature):
    """p(s'|s, a) exp(V(s') / T), divided by its sum over s'."""
    mdp = MDP(transition, np.zeros(transition.shape[:2]), horizon=1, final_value=value)
    return infer(mdp, temperature).dynamics[0]


def _weight(transition, value, temperature):
    """Proportional to the answer, the largest exponential being 1."""
    return transition * np.exp((value - value.max()) / temperature)


def _share(weight):
    total = weight.sum(axis=2, keepdims=True)
    return np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)


@misconception("the true dynamics")
def true_dynamics(transition, value, temperature):
    """You have returned the dynamics as they are. So does the variational fix, and rightly; but the question is
    what *exact* inference believes. It has seen that the rest of the episode went well, and a next state from
    which it goes well more often has become more likely."""
    return transition


@misconception("the chances are missing")
def chances_missing(transition, value, temperature):
    """Every state takes part by its value alone, wherever the step began and whatever was done. Luck bends the
    chances, it does not abolish them: what is impossible stays impossible, what is rare starts from rare."""
    return np.broadcast_to(softmax(value / temperature), transition.shape)


@misconception("possible, but not by how much")
def equal_chances(transition, value, temperature):
    """Impossible next states are out, but the possible ones count alike, a chance of 0.1 like a chance of 0.9. The
    prior of this application of Bayes' rule is p(s'|s, a) itself."""
    return _share(_weight((transition > 0).astype(float), value, temperature))


@misconception("the temperature is missing")
def temperature_missing(transition, value, temperature):
    """These are the dynamics believed in at temperature 1. β is exp(V / T): the colder the agent, the stronger its
    belief in luck."""
    return _share(_weight(transition, value, 1.0))


@misconception("weighted by the value, not by its exponential")
def weighted_by_the_value(transition, value, temperature):
    """You have multiplied the chances by V itself. A value can be negative; a probability of optimality cannot. It
    is β = exp(V / T) that says how likely the rest is to go well."""
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = transition * value
        return weight / weight.sum(axis=2, keepdims=True)


@misconception("bad luck in place of good")
def bad_luck(transition, value, temperature):
    """The worst outcomes have become likelier. That is the belief of a pessimist, and robust control is built on
    it. Conditioning on success bends the chances the other way."""
    return _share(_weight(transition, -value, temperature))


@misconception("the best case for certain")
def best_case(transition, value, temperature):
    """The best of the possible next states has probability one. That is the limit as the temperature goes to 0. At
    this one, bad luck is less likely than it truly is, not excluded."""
    best = np.where(transition > 0, value, -np.inf).argmax(axis=2)
    return np.eye(transition.shape[2])[best]


def _jensen(transition, value, temperature):
    return transition * np.exp((value - (transition @ value)[..., None]) / temperature)


@misconception("normalised by the mean value", _jensen)
def normalised_by_the_mean(transition, value, temperature):
    """What you divide by is exp of a value of your own making, E V or V(s), and the rows do not sum to one. The
    normaliser of a posterior is the sum of what stands in the numerator: here the sum over s' of chance times
    exp(V / T), whose logarithm is the *hopeful* backup."""
    return transition * np.exp((value - value[:, None, None]) / temperature)


def _shifted(transition, value, temperature):
    return _weight(transition, value, temperature)


@misconception("not normalised", _shifted)
def not_normalised(transition, value, temperature):
    """Chance times message, and there it ends: a row does not sum to one. This is the joint probability of the next
    state and of success after it. To know the state *given* success, divide by the probability of success."""
    return transition * np.exp(value / temperature)


def _sum_over(axis):
    def answer(transition, value, temperature):
        weight = _weight(transition, value, temperature)
        total = weight.sum(axis=axis, keepdims=True)
        return np.divide(weight, total, out=np.full(weight.shape, np.nan), where=total > 0)

    return answer


@misconception("normalised over the wrong axis", _sum_over(1))
def wrong_axis(transition, value, temperature):
    """Something sums to one, but not over the next state. For each state and action there has to be *some* next
    state, so the sum over the last axis is one. Look at the axis, and at `keepdims`."""
    return _sum_over(0)(transition, value, temperature)


@misconception("overflow")
def overflow(transition, value, temperature):
    """On ordinary values your dynamics are right. At ±1000 the exponentials are infinite or 0, and the quotient is
    NaN. Only differences in value matter to a row that is normalised: which constant may be taken off?"""
    weight = transition * np.exp(value / temperature)
    return weight / weight.sum(axis=2, keepdims=True)


exercise = Exercise(
    name="posterior_dynamics",
    title="the dynamics that hope believes in",
    statement="""
        Write `my_posterior_dynamics(transition, value, temperature)`. It takes the true dynamics p(s'|s, a), of shape
        (S, A, S), and the values of the next states, V = T log β of shape (S,). It returns what exact inference
        believes about the next state, an array of the shape of `transition`:

            p(s' | s, a, O) ∝ p(s'|s, a) · β(s')

        Values as far from zero as −1000 and 1000 must not break it.
        """,
    reference=reference,
    cases=partial(look_ahead_cases, spread=4.0),
    hints=(
        """Bayes' rule again, this time about the world. The prior is the true chance of s', the likelihood is the
        probability β(s') that all goes well from there. The next state is the last axis of `transition`, so an
        array of shape (S,) lines up with it by itself.""",
        """First weights: `transition * np.exp((value - value.max()) / temperature)`. Then divide by their sum over the
        last axis, with `keepdims=True` so that the shapes fit. What has become of a chance that was 0?""",
    ),
    minutes=6,
    difficulty=2,
    points=2,
    misconceptions=(
        true_dynamics,
        chances_missing,
        equal_chances,
        temperature_missing,
        weighted_by_the_value,
        bad_luck,
        best_case,
        normalised_by_the_mean,
        not_normalised,
        wrong_axis,
        overflow,
    ),
)
