"""Exact inference by message passing: what a trajectory looks like, given that every step was optimal.

The optimality O_t of a step has the factor exp(r / T). Conditioning on all of them changes the policy *and*
the dynamics: the posterior hopes for lucky transitions. :mod:`softopt.tabular.inference.variational` is the
mend. Backward messages are values in disguise, V = T log beta.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from softopt.operators import Array
from softopt.tabular.inference.factors import Factors, log_total
from softopt.tabular.inference.stationary import expected_visits, fixed_point
from softopt.tabular.mdp import MDP, Table


class PosteriorDynamics(Sequence[Table]):
    """Posterior dynamics of a finite horizon: item t is ``p(s_t+1 | s_t, a_t, O)``, made when it is asked for.

    Each item has the layout and the sparsity of ``mdp.transition``, so horizon times transitions are never
    held at once. A row whose action cannot be part of any optimal trajectory is zero.
    """

    def __init__(self, factors: Factors, log_value: Array) -> None:
        self._factors, self._log_value = factors, log_value

    def __len__(self) -> int:
        return len(self._log_value) - 1

    def __getitem__(self, step):  # type: ignore[no-untyped-def]
        """Return the table of one step, or a list of tables for a slice."""
        if isinstance(step, slice):
            return [self[t] for t in range(*step.indices(len(self)))]
        return self._factors.dynamics(self._log_value[1:][range(len(self))[step]])


@dataclass(frozen=True, eq=False)
class Posterior:
    """What exact inference knows about a trajectory of which every step was optimal.

    With a horizon H the arrays have a leading time axis; with an infinite horizon they have none.

    Attributes:
        backward: (H, S, A) or (S, A) *log* messages ``log beta_t(s, a) = log p(O_t:H | s_t, a_t)``, in nats. In
            the entropy form they count the actions still to come instead of averaging over them.
        value: (H + 1, S) or (S,) state messages in reward units, ``V = T log sum_a p0 beta``. Row H is the
            MDP's final value.
        forward: (H + 1, S) probabilities ``alpha_t(s) = p(s_t | O_0:t-1)``, each row normalised; None for an
            infinite horizon, where they would never come to rest. With discount below 1 a row sums to the
            probability that the episode is still going.
        policy: (H, S, A) or (S, A) ``p(a_t | s_t, O)``; a row of zeros where no trajectory is possible.
        dynamics: a sequence of H tables, or one table, ``p(s_t+1 | s_t, a_t, O)`` in the layout of
            ``mdp.transition``.
        initial: (S,) posterior start ``p(s_0 | O)``.
        marginals: (H + 1, S) smoothed marginals ``p(s_t | O)``, proportional to alpha times beta. For an
            infinite horizon (S,): the expected number of visits, and in a terminal state the probability to
            end there.
        log_evidence: ``log p(O)`` in nats, of the factors exp(r / T) as given.
        log_normalisers: (H + 1,) ``log p(O_t | O_0:t-1)``, the last one for the final value; they sum to
            ``log_evidence``. None for an infinite horizon.
        bound: certified bound on the error of ``backward`` in nats for an infinite horizon; 0 for a finite
            one, whose recursion is exact.
    """

    backward: Array
    value: Array
    forward: Array | None
    policy: Array
    dynamics: PosteriorDynamics | Table
    initial: Array
    marginals: Array
    log_evidence: float
    log_normalisers: Array | None
    bound: float


def infer(mdp: MDP, temperature: float) -> Posterior:
    """Condition an MDP on the optimality of every step, exactly, by backward and forward messages.

    ``Q = r + T log E exp(V / T)``, with rewards of the transition inside the expectation where they differ.
    With discount below 1 the episode ends with probability 1 - discount after each step:
    ``Q = r + T log(discount E exp(V / T) + 1 - discount)``. A finite horizon is one sweep in each direction;
    an infinite one is a fixed point, found by Newton's method.

    Args:
        mdp: its prior selects the form; a uniform prior and none give the same posterior where all states have
            the same number of actions, but evidences that differ by log A for each step.
        temperature: T, positive and finite, in the units of the reward.

    Raises:
        ValueError: a temperature that is not positive and finite; evidence zero (every trajectory meets a
            forbidden action or a final value of ``-inf``); or infinite evidence on an infinite horizon.

    Source: lecture (earlier parts); Levine (2018), sections 2.3 and 2.4.
    """
    factors = Factors(mdp, temperature)
    if mdp.horizon is None:
        return _infinite(mdp, factors)
    log_beta, log_value = _backward_pass(mdp, factors)
    log_evidence, initial = _start(mdp, log_value[0])
    log_alpha, log_ended, log_normalisers = _forward_pass(mdp, factors, log_value[-1])
    smoothed = log_alpha + log_value
    evidence_ahead = [log_total(np.append(row, ended)) for row, ended in zip(smoothed, log_ended, strict=True)]
    return Posterior(
        backward=log_beta,
        value=factors.temperature * log_value,
        forward=np.exp(log_alpha),
        policy=factors.policy(log_beta, log_value[:-1]),
        dynamics=PosteriorDynamics(factors, log_value),
        initial=initial,
        marginals=np.exp(smoothed - np.array(evidence_ahead)[:, None]),
        log_evidence=log_evidence,
        log_normalisers=log_normalisers,
        bound=0.0,
    )


def _backward_pass(mdp: MDP, factors: Factors) -> tuple[Array, Array]:
    """Return log beta (H, S, A) and the log state messages (H + 1, S), last step first."""
    assert mdp.horizon is not None
    log_beta = np.empty((mdp.horizon, *mdp.reward.shape))
    log_value = np.empty((mdp.horizon + 1, mdp.n_states))
    log_value[-1] = np.where(mdp.terminal, 0.0, mdp.final_value / factors.temperature)
    for t in tqdm(range(mdp.horizon)[::-1], desc="backward messages", delay=0.2, leave=False):
        log_beta[t] = factors.backward(log_value[t + 1])
        log_value[t] = factors.state_message(log_beta[t])
    return log_beta, log_value


def _forward_pass(mdp: MDP, factors: Factors, log_final: Array) -> tuple[Array, Array, Array]:
    """Return log alpha (H + 1, S), the log probability to have ended (H + 1,), and the log normalisers."""
    assert mdp.horizon is not None
    log_alpha = np.empty((mdp.horizon + 1, mdp.n_states))
    log_ended = np.full(mdp.horizon + 1, -np.inf)
    log_normalisers = np.empty(mdp.horizon + 1)
    with np.errstate(divide="ignore"):
        log_alpha[0] = np.log(mdp.initial)
    for t in tqdm(range(mdp.horizon), desc="forward messages", delay=0.2, leave=False):
        arrived, ended_now = factors.forward(log_alpha[t])
        ended = np.logaddexp(log_ended[t], ended_now)
        log_normalisers[t] = log_total(np.append(arrived, ended))  # p(O_t | O_0:t-1)
        log_alpha[t + 1] = arrived - log_normalisers[t]
        log_ended[t + 1] = ended - log_normalisers[t]
    log_normalisers[-1] = log_total(np.append(log_alpha[-1] + log_final, log_ended[-1]))
    return log_alpha, log_ended, log_normalisers


def _start(mdp: MDP, log_value: Array) -> tuple[float, Array]:
    """Return the log evidence and the posterior start."""
    with np.errstate(divide="ignore"):
        joint = np.log(mdp.initial) + log_value
    log_evidence = log_total(joint)
    if np.isneginf(log_evidence):
        raise ValueError(
            "the evidence is zero: from the start every trajectory meets a forbidden action (reward -inf) or "
            "a final value of -inf; allow one, or lengthen the horizon so that a possible end is in reach."
        )
    return log_evidence, np.exp(joint - log_evidence)


def _infinite(mdp: MDP, factors: Factors) -> Posterior:
    """Solve the infinite horizon, where the messages no longer depend on time."""
    log_value, bound = fixed_point(factors)
    log_beta = factors.backward(log_value)
    log_evidence, initial = _start(mdp, log_value)
    policy = factors.policy(log_beta, log_value)
    return Posterior(
        backward=log_beta,
        value=factors.temperature * log_value,
        forward=None,
        policy=policy,
        dynamics=factors.dynamics(log_value),
        initial=initial,
        marginals=expected_visits(factors, log_value, policy, initial),
        log_evidence=log_evidence,
        log_normalisers=None,
        bound=bound,
    )
