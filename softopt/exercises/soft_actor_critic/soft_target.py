"""The target of the critics: the value of the policy one step on, where the task goes on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from softopt.deep.sac import critic_loss
from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.exercises.soft_actor_critic._ends import for_ever, until_done, until_the_end, until_the_limit, wrong_value
from softopt.exercises.soft_actor_critic._stand_ins import Critic, Drawn, batch, learner, numbers

GOES_ON, TERMINATED, TRUNCATED = range(3)


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Single transitions of every kind, then small batches that mix the kinds."""
    batches = ([GOES_ON], [TERMINATED], [TRUNCATED], [0, 1, 2], [2, 0, 1], [1, 0, 2, 0])
    for ends in map(np.array, batches):
        for temperature in (0.5, 2.0):
            size = len(ends)
            lower = one_decimal(generator.uniform(-3, 3, size))
            two = np.array([lower, one_decimal(lower + generator.uniform(0.3, 2, size))])
            surprise = one_decimal(generator.uniform(0.3, 2, size) * generator.choice([-1, 1], size))
            arguments = {
                "reward": one_decimal(generator.uniform(0.5, 3, size) * generator.choice([-1, 1], size)),
                "terminated": ends == TERMINATED,
                "truncated": ends == TRUNCATED,
                "next_q": generator.permuted(two, axis=0),
                "next_log_prob": surprise,
                "temperature": temperature,
                "discount": float(generator.choice([0.5, 0.8])),
            }
            yield Case(size, arguments)


def reference(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
    """What ``critic_loss`` takes for its target; it logs the mean of a batch, so each transition is a batch here."""
    return np.array(
        [
            _target(
                reward[b], terminated[b], numbers(next_q[:, [b]]), numbers(next_log_prob[[b]]), temperature, discount
            )
            for b in range(len(reward))
        ]
    )


def _target(reward, terminated, next_q, next_log_prob, temperature, discount):
    critic = Critic(lambda observation, action: next_q)
    sac = learner(Drawn(next_q, next_log_prob), critic, critic, discount)
    return float(critic_loss(sac, batch(reward, terminated), temperature)[1]["target"])


def _value(next_q, next_log_prob, temperature):
    return next_q.min(axis=0) - temperature * next_log_prob


def _backup(value=_value, going_on=until_the_end):
    """Return a target r + discount * going_on * value, any part of it to be replaced."""

    def target(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
        return reward + discount * going_on(terminated, truncated) * value(next_q, next_log_prob, temperature)

    return target


@misconception("a time limit taken for an end")
def truncation_as_end(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
    """Where a time limit stopped the episode, nothing is added for what was still to come. But only the watching
    stopped. A task that never ends would be taught that it ends after a thousand steps, at states that look
    like any other. Which of the two flags means that the future is worth nothing?"""
    return _backup(going_on=until_done)(reward, terminated, truncated, next_q, next_log_prob, temperature, discount)


@misconception("the two flags mixed up")
def flags_mixed_up(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
    """The future is added where the task terminated, and left out where only a time limit stopped the episode: just
    the other way round. Which of the two flags says that the task itself is over?"""
    return _backup(going_on=until_the_limit)(
        reward, terminated, truncated, next_q, next_log_prob, temperature, discount
    )


@misconception("a value after the end")
def value_after_the_end(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
    """Where the task terminated, the value of the next state is added all the same. The networks answer there too,
    with whatever they happen to say, and no transition ever starts there to correct them. What is earned after
    the end?"""
    return _backup(going_on=for_ever)(reward, terminated, truncated, next_q, next_log_prob, temperature, discount)


def _entropy_apart(q_goes_on, entropy_goes_on, discounted):
    def target(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
        future = discount * q_goes_on(terminated, truncated) * next_q.min(axis=0)
        entropy = -temperature * next_log_prob * entropy_goes_on(terminated, truncated)
        return reward + future + (discount if discounted else 1.0) * entropy

    return target


@misconception(
    "entropy paid after the end",
    _entropy_apart(until_the_end, for_ever, discounted=False),
    _entropy_apart(until_done, for_ever, discounted=True),
    _entropy_apart(until_done, for_ever, discounted=False),
)
def entropy_after_the_end(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
    """Q is cut off at the end of the task and the entropy is not. After the end nobody acts, so there is no choice to
    be paid for. With a wide policy it is a bonus for dying, with a narrow one, whose log π is positive, a fine.
    Look at the parentheses: what does the flag multiply?"""
    return _entropy_apart(until_the_end, for_ever, discounted=True)(
        reward, terminated, truncated, next_q, next_log_prob, temperature, discount
    )


@misconception("the entropy is not discounted", _entropy_apart(until_done, until_done, discounted=False))
def entropy_not_discounted(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
    """Q is discounted and −T log π is not. The action a' is chosen one step later, so its entropy is paid one step
    later, at the same moment as the reward of that step. One discount stands before both."""
    return _entropy_apart(until_the_end, until_the_end, discounted=False)(
        reward, terminated, truncated, next_q, next_log_prob, temperature, discount
    )


@wrong_value(_backup, "the larger of the two critics")
def larger(next_q, next_log_prob, temperature):
    """The target takes the maximum over the two critics. Both are wrong by chance, and a maximum picks the one whose
    luck was better: the target is too high, the policy goes where it is too high, and the next target learns
    from that. Look at what is done over axis 0."""
    return next_q.max(axis=0) - temperature * next_log_prob


@wrong_value(_backup, "the mean of the two critics")
def mean(next_q, next_log_prob, temperature):
    """The two critics are averaged. That halves the variance of their errors. But the policy has been looking for
    actions that the critics overrate, and the errors it has found are no longer zero on average. What summary of
    two numbers leans the other way?"""
    return next_q.mean(axis=0) - temperature * next_log_prob


@wrong_value(
    _backup, "one critic alone", lambda next_q, next_log_prob, temperature: next_q[1] - temperature * next_log_prob
)
def one_critic(next_q, next_log_prob, temperature):
    """Only one of the two critics has a say in the target, as in DDPG. Whatever this critic overrates, the policy finds
    and exploits, and nothing contradicts."""
    return next_q[0] - temperature * next_log_prob


@wrong_value(_backup, "the smallest of the whole batch")
def smallest_of_all(next_q, next_log_prob, temperature):
    """One number, the smallest of all, serves every transition. Without an axis NumPy looks over the whole array. Each
    transition compares its own two estimates: which axis holds the critics?"""
    return next_q.min() - temperature * next_log_prob


@wrong_value(_backup, "the entropy is dropped")
def entropy_dropped(next_q, next_log_prob, temperature):
    """The temperature has no effect: this is the target of a critic of rewards alone, as in TD3. A policy that is
    fitted to it is paid for the randomness of its present action, but for none that follows. What does a soft value
    count besides Q?"""
    return next_q.min(axis=0)


@wrong_value(_backup, "the sign of the entropy")
def entropy_sign(next_q, next_log_prob, temperature):
    """T log π is added. Its mean is minus T times the entropy, so a random policy is fined where it should be paid,
    and the critic comes to like states in which the policy is sure of itself. The lecture says that the entropy is
    "subtracted": what is subtracted is T log π."""
    return next_q.min(axis=0) + temperature * next_log_prob


@wrong_value(_backup, "the temperature is missing")
def temperature_missing(next_q, next_log_prob, temperature):
    """Nats are added to rewards as they are: this is the target at temperature 1. What converts the one into the
    other?"""
    return next_q.min(axis=0) - next_log_prob


@misconception("the discount is missing")
def discount_missing(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
    """What comes one step later counts in full. In a task that never ends there is then nothing that keeps the
    targets from growing without limit: each is as large as the last and a reward more."""
    return reference(reward, terminated, truncated, next_q, next_log_prob, temperature, 1.0)


@misconception("the reward of the last step is lost")
def last_reward_lost(reward, terminated, truncated, next_q, next_log_prob, temperature, discount):
    """Where the task terminated, the target is 0. But the step that ended it was taken, and it was paid, often more
    than any other: the goal, or the fall. Only what comes after it is nothing."""
    everything = reference(reward, terminated, truncated, next_q, next_log_prob, temperature, discount)
    return everything * ~terminated


exercise = Exercise(
    name="soft_target",
    title="the target of the critics",
    statement="""
        Write `my_soft_target(reward, terminated, truncated, next_q, next_log_prob, temperature, discount)`. It takes B
        transitions. `reward` has shape (B,), and so have the flags `terminated` (the task is over) and `truncated` (a
        time limit stopped the episode, the task would have gone on). At each next state one action a' was drawn from
        the policy: `next_q`, shape (2, B), is what two target critics say about it, `next_log_prob`, shape (B,), its
        log-probability. Return the target of each transition, shape (B,):

            y = r + discount · V(s')        V(s') = min_k Q_k(s', a') − T log π(a'|s')

        After the task is over nothing is earned and nobody acts.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Two lines, first V(s') for the whole batch, then y. For V: over which of the axes of `next_q` is the minimum?
        For y: two flags are given, and only one of them says that there is no future.""",
        """`next_q.min(axis=0)` has shape (B,). All of V, Q and entropy together, is multiplied by discount and by
        `1 - terminated`; the reward by neither. `truncated` plays no part.""",
    ),
    minutes=8,
    difficulty=1,
    points=2,
    misconceptions=(
        truncation_as_end,
        flags_mixed_up,
        value_after_the_end,
        entropy_after_the_end,
        entropy_not_discounted,
        larger,
        mean,
        one_critic,
        smallest_of_all,
        entropy_dropped,
        entropy_sign,
        temperature_missing,
        discount_missing,
        last_reward_lost,
    ),
)
