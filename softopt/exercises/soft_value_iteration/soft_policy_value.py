"""The soft value of a policy that is given: entropy inside the return."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from softopt.exercises.cases import small_mdp
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.operators import entropy
from softopt.tabular import MDP, evaluate, plan


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """Small MDPs under random policies, some of which are sure of an action, and one whose end is far."""
    shapes = ((2, 2), (2, 2), (2, 3), (3, 2), (3, 2), (3, 3), (4, 2), (4, 3))
    for number, (n_states, n_actions) in enumerate(shapes):
        for temperature in (0.5, 2.0):
            mdp = small_mdp(generator, n_states, n_actions)
            # Tenths again. Every action has one at least, so that no logarithm is of 0.
            even = np.full(n_actions, 1 / n_actions)
            policy = (1 + generator.multinomial(10 - n_actions, even, size=n_states)) / 10
            if number >= 5:
                policy[0] = np.eye(n_actions)[-1]
            policy[mdp.terminal] = even
            arguments = {"mdp": mdp, "policy": policy, "temperature": temperature}
            yield Case(n_states * n_actions, arguments)
    yield _far_end()


def _far_end():
    """A state that one seldom leaves, at discount .99: after 100 sweeps an eighth of the value is still to come."""
    transition = np.zeros((2, 2, 2))
    transition[0] = [[0.99, 0.01], [0.98, 0.02]]
    transition[1, :, 1] = 1.0
    mdp = MDP(transition, [[1.0, 0.5], [0.0, 0.0]], discount=0.99, terminal=[1])
    return Case(4, {"mdp": mdp, "policy": np.array([[0.9, 0.1], [0.5, 0.5]]), "temperature": 0.5})


def reference(mdp, policy, temperature):
    """V = sum_a pi (r - T log pi) + discount * P_pi V, and 0 where the episode has ended."""
    return evaluate(mdp, policy, temperature).value


def _sum_along(mdp, policy, per_step, *, discount=None, ends=True):
    """Discounted sum of ``per_step`` (S,) along the policy; it stops at the end of the episode only if ``ends``."""
    discount = mdp.discount if discount is None else discount
    onwards = mdp.under(policy).toarray()
    if ends:
        onwards[mdp.terminal], per_step = 0.0, np.where(mdp.terminal, 0.0, per_step)
    return np.linalg.solve(np.eye(mdp.n_states) - discount * onwards, per_step)


def _reward(mdp, policy):
    return (policy * mdp.reward).sum(axis=1)


def wrong_value(name):
    """Make a wrong value a misconception, whether or not it also pays entropy after the end."""
    return lambda wrong: misconception(name, partial(wrong, ends=False))(wrong)


@misconception("the entropy is missing")
def entropy_missing(mdp, policy, temperature):
    """This is the ordinary value of the policy: rewards alone, and the temperature has no effect. The soft
    value also pays for keeping options open, at every step: T times the entropy of the policy there."""
    return _sum_along(mdp, policy, _reward(mdp, policy))


@misconception("entropy of the first step only")
def entropy_of_the_first_step_only(mdp, policy, temperature):
    """The entropy of the state you start in is paid, that of all later steps is not. The expectation runs
    over the whole sum, so the entropy belongs inside the return, beside the reward. A policy gradient with
    an entropy bonus for the current state alone makes the same mistake: its agent enjoys having choices, but
    does not walk to where there are some."""
    ordinary = _sum_along(mdp, policy, _reward(mdp, policy))
    return ordinary + np.where(mdp.terminal, 0.0, temperature * entropy(policy))


@misconception("no entropy for the first step")
def entropy_from_the_second_step(mdp, policy, temperature):
    """The entropy is paid from the second step on. What you have is the policy's mean of Q. But a soft
    Q-value is counted after its action was chosen; the value V comes before that, and the choice is still to
    be paid for."""
    first = np.where(mdp.terminal, 0.0, temperature * entropy(policy))
    return reference(mdp, policy, temperature) - first


@wrong_value("the sign of the entropy")
def wrong_sign(mdp, policy, temperature, ends=True):
    """The entropy is charged where it should be paid, so a decided policy comes out better than an open one.
    The logarithm of a probability is negative, so −T log π adds to the reward. "Subtract T log π" and
    "subtract the entropy" are opposites."""
    return _sum_along(mdp, policy, _reward(mdp, policy) - temperature * entropy(policy), ends=ends)


@wrong_value("the temperature is missing")
def temperature_missing(mdp, policy, temperature, ends=True):
    """This is the soft value at temperature 1, whatever temperature was asked for: the entropy is added to
    the reward, nats to reward units. What converts the one into the other?"""
    return _sum_along(mdp, policy, _reward(mdp, policy) + entropy(policy), ends=ends)


@misconception("the entropy is not discounted")
def entropy_not_discounted(mdp, policy, temperature):
    """The rewards are discounted, the entropies are not. Far from the end the entropy then outweighs
    everything, and without an end it is infinite. In the formula one discount stands before both."""
    bonus = _sum_along(mdp, policy, temperature * entropy(policy), discount=1.0)
    return _sum_along(mdp, policy, _reward(mdp, policy)) + bonus


@misconception("the discount is missing")
def discount_missing(mdp, policy, temperature):
    """This is the soft value at discount 1: what is paid late counts as much as what is paid now. It is
    finite here only because every episode ends."""
    return _sum_along(mdp, policy, _reward(mdp, policy) + temperature * entropy(policy), discount=1.0)


@misconception("entropy paid after the end")
def entropy_after_the_end(mdp, policy, temperature):
    """Your terminal states have a value: the entropy of their row of the policy, collected for ever. But the
    episode is over there, and nobody chooses any more. The other states are too high as well, since all of
    them lead there. An agent that believed this would hurry to its end."""
    return _sum_along(mdp, policy, _reward(mdp, policy) + temperature * entropy(policy), ends=False)


@wrong_value("the KL form in place of the entropy form")
def kl_for_entropy(mdp, policy, temperature, ends=True):
    """Each step pays −T KL(π ‖ uniform), which is T log A less than T times the entropy. That is the KL form
    with a uniform prior: the even policy costs nothing there, every other one pays. The entropy form is
    wanted here. The two differ by more than a constant wherever some episodes last longer than others."""
    divergence = np.log(mdp.n_actions) - entropy(policy)
    return _sum_along(mdp, policy, _reward(mdp, policy) - temperature * divergence, ends=ends)


@misconception("0 · log 0")
def zero_times_minus_infinity(mdp, policy, temperature):
    """All is well until the policy is certain of an action. Then the others have probability 0, NumPy takes
    log 0 = −inf and 0 · (−inf) = NaN, and from one state the NaN spreads to every state that can reach it.
    What does an action pay that is never taken? Look at π log π near π = 0, and see that your entropy knows."""
    bonus = -temperature * (policy * np.log(policy)).sum(axis=1)
    return _sum_along(mdp, policy, _reward(mdp, policy) + bonus)


def _in_sweeps(mdp, policy, temperature, sweeps):
    """The right backup, from zeros, repeated ``sweeps`` times."""
    step, onwards = _reward(mdp, policy) + temperature * entropy(policy), mdp.under(policy)
    value = np.zeros(mdp.n_states)
    for _ in range(sweeps):
        value = np.where(mdp.terminal, 0.0, step + mdp.discount * (onwards @ value))
    return value


@misconception("too few sweeps", *(partial(_in_sweeps, sweeps=sweeps) for sweeps in (10, 20, 50, 200, 500)))
def too_few_sweeps(mdp, policy, temperature):
    """The backup is right, but the loop ends before the values have arrived. How many sweeps are enough depends on
    the discount and on how soon the episode ends: at discount 0.9 a hundred of them leave less than a part in
    30 000 to come, at 0.99 they can leave a third. So do not count sweeps. How can the loop see that nothing
    moves any more?"""
    return _in_sweeps(mdp, policy, temperature, sweeps=100)


@misconception("the best policy in place of the given one")
def best_policy_instead(mdp, policy, temperature):
    """This is the soft value of the best policy there is: the backup takes a soft maximum over the actions,
    and the policy that was handed over has no effect. Here the policy is fixed; the question is only what it
    is worth."""
    return plan(mdp, temperature).value


exercise = Exercise(
    name="soft_policy_value",
    title="the soft value of a given policy",
    statement="""
        Write `my_soft_policy_value(mdp, policy, temperature)`. It takes an MDP, any policy of shape (S, A) and a
        temperature, and returns the soft value of that policy, shape (S,), in the entropy form:

            V(s) = E Σ_t discount^t · ( r(s_t, a_t) − T log π(a_t|s_t) ),  s_0 = s

        The sum ends with the episode: a terminal state has value 0, whatever its row of the policy says. A policy
        may be certain of an action and give the others probability 0. Loop until nothing moves, or solve a linear
        system; either way five correct decimals are enough.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """Take one step out of the sum. What is left is the same sum a step later, discounted:
        V(s) = (what this step pays on average) + discount · E[ V(s') ]. What a step pays on average depends on the
        state and the policy alone, so it can be computed once. Which of its two parts is an entropy?""",
        """Write the dynamics under the policy as one matrix, P[s, s'] = Σ_a π(a|s) p(s'|s, a);
        `mdp.under(policy)` has it. Then repeat V ← step + discount · P V from zeros, and look after two things: the
        terminal states, after every step, and π log π where π is 0, whose limit is 0.""",
    ),
    minutes=15,
    difficulty=3,
    points=3,
    tolerance=1e-5,  # readers who loop stop somewhere
    misconceptions=(
        entropy_missing,
        entropy_of_the_first_step_only,
        entropy_from_the_second_step,
        wrong_sign,
        temperature_missing,
        entropy_not_discounted,
        discount_missing,
        entropy_after_the_end,
        kl_for_entropy,
        zero_times_minus_infinity,
        too_few_sweeps,
        best_policy_instead,
    ),
)
