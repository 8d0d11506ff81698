"""The gradient of the critic's loss on a table, where one sees what holding the target fixed does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from softopt.deep.sac import critic_loss
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.exercises.soft_actor_critic._ends import for_ever, until_done, until_the_end, wrong_value
from softopt.exercises.soft_actor_critic._stand_ins import Drawn, TableCritic, batch, learner, numbers
from softopt.operators import soft_maximum
from softopt.tabular.learning import Transition

ENDS = ((False, False), (True, False), (False, True))  # (terminated, truncated)


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Tables of two to four states, and a transition of every kind in each."""
    for number, (n_states, n_actions) in enumerate(((2, 2), (2, 2), (2, 3), (3, 2), (3, 3), (4, 2))):
        for terminated, truncated in ENDS:
            state, next_state = generator.choice(n_states, 2, replace=False)
            reward = one_decimal(generator.uniform(0.5, 3) * generator.choice([-1, 1]))
            arguments = {
                "q": one_decimal(generator.uniform(-2, 2, (n_states, n_actions))),
                "step": Transition(
                    int(state),
                    int(generator.integers(n_actions)),
                    float(reward),
                    int(next_state),
                    terminated,
                    truncated,
                ),
                "next_action": int(generator.integers(n_actions)),
                "next_log_prob": float(one_decimal(generator.uniform(-2, -0.3))),
                "temperature": (0.5, 2.0)[number % 2],
                "discount": float(generator.choice([0.5, 0.8])),
            }
            yield Case(n_states * n_actions, arguments)


def reference(q, step, next_action, next_log_prob, temperature, discount):
    """Gradient of ``critic_loss``; the table is critic and target critic at once."""
    critic = TableCritic(q)
    sac = learner(Drawn(torch.tensor([next_action]), numbers([next_log_prob])), critic, critic, discount)
    one = batch(step.reward, step.terminated, step.state, step.action, step.next_state)
    critic_loss(sac, one, temperature)[0].backward()
    return critic.table.grad.numpy()


def _value(q, step, next_action, next_log_prob, temperature):
    return q[step.next_state, next_action] - temperature * next_log_prob


def _gradient(value=_value, going_on=until_the_end):
    """Return a gradient with the target r + discount * going_on * value, any part of it to be replaced."""

    def gradient(q, step, next_action, next_log_prob, temperature, discount):
        future = going_on(step.terminated, step.truncated) * value(q, step, next_action, next_log_prob, temperature)
        slope = np.zeros_like(q)
        slope[step.state, step.action] = q[step.state, step.action] - (step.reward + discount * future)
        return slope

    return gradient


def _through_the_target(going_on):
    def gradient(q, step, next_action, next_log_prob, temperature, discount):
        slope = _gradient(going_on=going_on)(q, step, next_action, next_log_prob, temperature, discount)
        error = slope[step.state, step.action]
        slope[step.next_state, next_action] -= discount * going_on(step.terminated, step.truncated) * error
        return slope

    return gradient


@misconception("the gradient runs through the target", _through_the_target(until_done), _through_the_target(for_ever))
def through_the_target(q, step, next_action, next_log_prob, temperature, discount):
    """Two entries of your gradient are not zero: that of (s, a), and that of (s', a'), which the target was read from.
    So a step downhill not only moves Q towards the target, it moves the target towards Q: a disappointing step
    makes the place it led to look better. Where the world is random this settles on other values than those of
    the policy. The target is a number that was measured, like a reward. In torch it is computed where no gradient
    is kept."""
    return _through_the_target(until_the_end)(q, step, next_action, next_log_prob, temperature, discount)


@misconception("downhill in place of the gradient")
def downhill(q, step, next_action, next_log_prob, temperature, discount):
    """Each number has the wrong sign: this is the direction of the update, target minus Q. The gradient points uphill,
    and the optimiser turns it round. Where Q lies above its target, raising Q makes the loss larger."""
    return -reference(q, step, next_action, next_log_prob, temperature, discount)


@misconception("twice the gradient")
def twice(q, step, next_action, next_log_prob, temperature, discount):
    """Every number is twice as large as it should be: the gradient of the squared error. The loss has a half in front
    of it, and that is what the half is for."""
    return 2 * reference(q, step, next_action, next_log_prob, temperature, discount)


@misconception("the table after the step")
def table_after_the_step(q, step, next_action, next_log_prob, temperature, discount):
    """This is a table of values, the old one with an entry moved. Asked for is the gradient of the loss: what each
    entry of the table does to the loss when it rises a little. Most entries do nothing."""
    return q - reference(q, step, next_action, next_log_prob, temperature, discount)


@misconception("the error at the next entry")
def at_the_next_entry(q, step, next_action, next_log_prob, temperature, discount):
    """The right number stands at (s', a'). That is where the target was read. The one who made the prediction, and has
    to answer for it, is the entry of the state that was left and of the action that was taken there."""
    slope = reference(q, step, next_action, next_log_prob, temperature, discount)
    moved = np.zeros_like(q)
    moved[step.next_state, next_action] = slope[step.state, step.action]
    return moved


def _best_and_its_entropy(q, step, next_action, next_log_prob, temperature):
    return q[step.next_state].max() - temperature * next_log_prob


@wrong_value(_gradient, "a hard maximum in the target", _best_and_its_entropy)
def hard_maximum(q, step, next_action, next_log_prob, temperature):
    """The target takes the best entry of the next row: Q-learning. The critic of an actor-critic is that of the policy
    there is, and that policy drew an action. In a table the maximum is easily had; where actions are vectors of
    real numbers, finding it is what the policy is for."""
    return q[step.next_state].max()


def _soft_and_its_entropy(q, step, next_action, next_log_prob, temperature):
    return soft_maximum(q[step.next_state], temperature) - temperature * next_log_prob


@wrong_value(_gradient, "a soft maximum in the target", _soft_and_its_entropy)
def soft_maximum_in_the_target(q, step, next_action, next_log_prob, temperature):
    """The target takes T log Σ exp(Q / T) of the next row: soft Q-learning. That is the value of the best soft policy,
    not of the one that acts. The two meet when the policy has caught up with Q; until then the critic judges the
    policy there is, by an action of it and its log-probability."""
    return soft_maximum(q[step.next_state], temperature)


@wrong_value(_gradient, "the entropy is dropped")
def entropy_dropped(q, step, next_action, next_log_prob, temperature):
    """The log-probability of the next action plays no part, and neither does the temperature. A soft value counts the
    choice as well as what it brings."""
    return q[step.next_state, next_action]


@wrong_value(_gradient, "the sign of the entropy")
def entropy_sign(q, step, next_action, next_log_prob, temperature):
    """T log π is added to Q. The logarithm of a probability is negative, so a surprising action is fined where it
    should be paid. What is subtracted is T log π."""
    return q[step.next_state, next_action] + temperature * next_log_prob


@wrong_value(_gradient, "the temperature is missing")
def temperature_missing(q, step, next_action, next_log_prob, temperature):
    """Nats are added to rewards as they are: this is the gradient at temperature 1. What converts the one into the
    other?"""
    return q[step.next_state, next_action] - next_log_prob


@misconception("a time limit taken for an end")
def truncation_as_end(q, step, next_action, next_log_prob, temperature, discount):
    """Where a time limit stopped the episode, the target is the reward alone. But the task would have gone on, and the
    next state is worth as much as ever. Only a termination makes the future worth nothing."""
    return _gradient(going_on=until_done)(q, step, next_action, next_log_prob, temperature, discount)


def _entropy_after_the_end(q, step, next_action, next_log_prob, temperature, discount):
    slope = reference(q, step, next_action, next_log_prob, temperature, discount)
    slope[step.state, step.action] += step.terminated * discount * temperature * next_log_prob
    return slope


@misconception("a value after the end", _entropy_after_the_end)
def value_after_the_end(q, step, next_action, next_log_prob, temperature, discount):
    """The task terminated, and something is added for the next state all the same: its value, or the entropy of an
    action that nobody takes. What is earned after the end?"""
    return _gradient(going_on=for_ever)(q, step, next_action, next_log_prob, temperature, discount)


@misconception("the entropy is not discounted")
def entropy_not_discounted(q, step, next_action, next_log_prob, temperature, discount):
    """Q is discounted and −T log π is not. Both belong to the step after this one, and one discount stands before
    both."""
    sooner = next_log_prob / discount
    return reference(q, step, next_action, sooner, temperature, discount)


exercise = Exercise(
    name="critic_gradient",
    title="the gradient of the critic's loss",
    statement="""
        Write `my_critic_gradient(q, step, next_action, next_log_prob, temperature, discount)`. The critic is a table
        `q` of shape (S, A), and for once it is its own target critic: no slow copy. `step` is one transition with the
        fields `state`, `action`, `reward`, `next_state`, `terminated` and `truncated`. At the next state the policy
        drew the action `next_action`, an index, with log-probability `next_log_prob`. Return the gradient with respect
        to the table, shape (S, A), of the loss that a critic is trained with. As always, the target y is held fixed:

            ½ ( Q(s, a) − y )²        y = r + discount · ( Q(s', a') − T log π(a'|s') )

        If the task terminated, y is the reward alone.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Once y is a number, how many entries of the table does the loss depend on? The gradient is zero at all the
        others. Begin with `np.zeros_like(q)`.""",
        """The entry at (`step.state`, `step.action`) is Q(s, a) − y, and there is no other. y is read from `q` as well,
        but it is held fixed: nothing is entered at (s', a'). Only `step.terminated` takes the future away.""",
    ),
    minutes=8,
    difficulty=2,
    points=2,
    misconceptions=(
        through_the_target,
        downhill,
        twice,
        table_after_the_step,
        at_the_next_entry,
        hard_maximum,
        soft_maximum_in_the_target,
        entropy_dropped,
        entropy_sign,
        temperature_missing,
        truncation_as_end,
        value_after_the_end,
        entropy_not_discounted,
    ),
)
