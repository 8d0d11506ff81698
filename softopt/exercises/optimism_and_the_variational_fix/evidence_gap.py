"""How far a policy in the true world is from the posterior, in nats."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp

from softopt.exercises.cases import one_decimal, tenths
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.operators import kl
from softopt.tabular import MDP, elbo, enumerate_trajectories, evaluate, infer, variational, visitation


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """One to three steps in small worlds of chance, under policies that are nobody's optimum."""
    shapes = ((2, 2, 1), (2, 2, 1), (2, 2, 2), (2, 3, 2), (3, 2, 2), (3, 2, 3))
    for number, (n_states, n_actions, horizon) in enumerate(shapes):
        for temperature in (0.5, 2.0):
            mdp = MDP(
                tenths(generator, (n_states, n_actions, n_states), least=1),
                one_decimal(generator.uniform(-3, 0, (n_states, n_actions))),
                horizon=horizon,
                prior=tenths(generator, (n_states, n_actions), least=1),
                initial=tenths(generator, (n_states,), least=1),
            )
            policy = tenths(generator, (horizon, n_states, n_actions), least=1)
            if number >= 4:
                policy[:, 0] = np.eye(n_actions)[-1]  # sure of an action in one state
            arguments = {"mdp": mdp, "policy": policy, "temperature": temperature}
            yield Case(n_states * n_actions * horizon, arguments)


def reference(mdp, policy, temperature):
    """log p(O) - ELBO = KL(q || p(tau | O))."""
    return infer(mdp, temperature).log_evidence - elbo(mdp, policy, temperature)


def _start_value(mdp, policy, temperature):
    return mdp.initial @ evaluate(mdp, policy, temperature).value[0]


@misconception("in units of reward")
def in_reward_units(mdp, policy, temperature):
    """The gap is right but for its units: this is T times the divergence. Values are in units of reward, evidence
    and ELBO in nats, and V / T is the way from one to the other."""
    return temperature * reference(mdp, policy, temperature)


@misconception("nats minus rewards")
def nats_minus_rewards(mdp, policy, temperature):
    """The log evidence is in nats, the value of the policy in units of reward, and one was taken off the other. At
    temperature 1 nobody would notice. The ELBO of a policy is its soft value at the start divided by what?"""
    return infer(mdp, temperature).log_evidence - _start_value(mdp, policy, temperature)


@misconception("the other sign")
def other_sign(mdp, policy, temperature):
    """Your gap is negative. The ELBO is a *lower* bound: the evidence lies above it, and what is between them is a
    divergence, which is never below zero."""
    return -reference(mdp, policy, temperature)


@misconception("the ELBO itself")
def elbo_itself(mdp, policy, temperature):
    """This is the ELBO of the policy, the bound and not the gap. It says how high the policy gets, in nats. How far
    is that below what it is a bound of?"""
    return elbo(mdp, policy, temperature)


@misconception("the other direction of KL")
def other_direction(mdp, policy, temperature):
    """This is KL(p ‖ q), an average over the trajectories of the posterior, in which luck abounds. The bound needs
    KL(q ‖ p), an average over what the policy really does. And where q is sure of an action, KL(p ‖ q) is infinite:
    it never forgives leaving out a possibility."""
    brute = enumerate_trajectories(mdp, temperature)
    q = _probability(mdp, policy, brute)
    return kl(brute.posterior, q)


def _probability(mdp, policy, brute):
    """q(tau) of every trajectory, (N,)."""
    q = mdp.initial[brute.states[:, 0]]
    for t in range(mdp.horizon):
        now, action, then = brute.states[:, t], brute.actions[:, t], brute.states[:, t + 1]
        q = q * policy[t, now, action] * mdp.transition[now, action, then]
    return q


@misconception("the log ratio of policy and prior is missing")
def ratio_missing(mdp, policy, temperature):
    """Your ELBO is the expected reward alone, divided by T. The bound has a second term, −log(π / p0), a fee for
    leaving the prior. Without the fee the bound can even end up above the evidence."""
    return infer(mdp, temperature).log_evidence - _start_value(mdp, policy, 0.0) / temperature


def _entropy_form_throughout(mdp, policy, temperature):
    return reference(mdp.replace(prior=None), policy, temperature)


@misconception("the prior is missing", _entropy_form_throughout)
def prior_missing(mdp, policy, temperature):
    """The entropy of the policy has gone in where its log ratio to the prior belongs. Those differ unless every
    action has the same prior. `mdp.prior` is part of the model p(τ), so it is part of the distance to it."""
    bound = elbo(mdp.replace(prior=None), policy, temperature)
    return infer(mdp, temperature).log_evidence - bound


@misconception("the best policy in place of the given one")
def best_policy(mdp, policy, temperature):
    """This is the smallest gap there is, that of the best policy. The policy that was handed over has no effect.
    Every policy has an ELBO and a gap of its own; `evaluate` gives the value of the one you have."""
    return variational(mdp, temperature).gap


@misconception("every start alike")
def uniform_start(mdp, policy, temperature):
    """The start value was averaged over the states as if all of them were equally likely to begin in. q starts
    where the world starts it: with `mdp.initial`."""
    value = evaluate(mdp, policy, temperature).value[0]
    return infer(mdp, temperature).log_evidence - value.mean() / temperature


@misconception("hope in the start")
def hope_in_the_start(mdp, policy, temperature):
    """Everything is right but the first move: over the start you have taken the log of the mean of exp(V / T), as
    exact inference does. q cannot choose where it is born. Its expectation over the start is a plain one, like
    that over every next state."""
    value = evaluate(mdp, policy, temperature).value[0]
    hopeful = logsumexp(value / temperature, b=mdp.initial)
    return infer(mdp, temperature).log_evidence - hopeful


@misconception("only the policies compared")
def only_policies(mdp, policy, temperature):
    """This is the divergence of the policy from the posterior *policy*, added up along the way. But q and the
    posterior are distributions of whole trajectories, and differ in the dynamics and in the start as well. What is
    missing in your number is the luck."""
    visits = visitation(mdp, policy)[:-1]
    return (visits * kl(policy, infer(mdp, temperature).policy)).sum()


exercise = Exercise(
    name="evidence_gap",
    title="the gap of a given policy",
    statement="""
        Write `my_evidence_gap(mdp, policy, temperature)`. It takes an MDP with a finite horizon H, a start and a
        prior, and any policy of shape (H, S, A). It returns one number, the gap in nats between the log evidence and
        the ELBO of that policy:

            ELBO = E_q[ Σ_t r_t / T − log( π(a_t|s_t) / p0(a_t|s_t) ) ]
            gap  = log p(O) − ELBO = KL( q ‖ p(τ|O) )

        q is what happens when the policy is run in the true world. You may use anything in `softopt.tabular`, or
        add up over the trajectories yourself.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """`infer(mdp, temperature)` knows the log evidence. The ELBO is the objective of soft planning in other units,
        and `evaluate(mdp, policy, temperature).value` is that objective for one policy, from every state and step.""",
        """The value has a row for each step: the episode starts in the first one, with the distribution `mdp.initial`.
        That leaves one thing between the value of the start and the ELBO: value is in units of reward.""",
    ),
    minutes=8,
    difficulty=2,
    points=2,
    misconceptions=(
        in_reward_units,
        nats_minus_rewards,
        other_sign,
        elbo_itself,
        other_direction,
        ratio_missing,
        prior_missing,
        best_policy,
        uniform_start,
        hope_in_the_start,
        only_policies,
    ),
)
