"""Grading: a right answer passes, a wrong one fails with its sentence, a borrowed one is found out."""

import sys

import numpy as np
import pytest
from test_exercises import EXERCISES, MISTAKES, every_exercise

from softopt.exercises.grade import NoPointsError
from softopt.exercises.optimism_and_the_variational_fix import evidence_gap
from softopt.exercises.package_calls import PackageCalls, named_functions
from softopt.exercises.policy_gradients_and_q_learning import soft_gradient, value_term
from softopt.exercises.soft_value_iteration import policy, soft_backup, soft_maximum, soft_policy_value
from softopt.operators import boltzmann, entropy, mellowmax
from softopt.operators import soft_maximum as package_soft_maximum
from softopt.tabular import evaluate, infer, plan, soft_value_iteration, visitation

# Honest answers, as a reader would write them.


def my_soft_maximum(q, temperature):
    top = q.max()
    return top + temperature * np.log(np.exp((q - top) / temperature).sum())


def my_policy(soft_q, temperature):
    return np.exp((soft_q - package_soft_maximum(soft_q, temperature)[:, None]) / temperature)


def my_soft_backup(mdp, value, temperature):
    soft_q = mdp.reward + mdp.discount * mdp.expect(value)
    return np.where(mdp.terminal, 0.0, [my_soft_maximum(row, temperature) for row in soft_q])


def with_the_operators(mdp, value, temperature):
    new = package_soft_maximum(mdp.reward + mdp.discount * (mdp.transition @ value), temperature)
    return np.where(mdp.terminal, 0.0, new)


def my_soft_policy_value(mdp, policy, temperature):
    reward = (policy * mdp.reward).sum(axis=1) + temperature * entropy(policy)
    step = (policy[:, :, None] * mdp.transition).sum(axis=1)
    going = ~mdp.terminal
    value = np.zeros(mdp.n_states)
    inside = np.eye(going.sum()) - mdp.discount * step[np.ix_(going, going)]
    value[going] = np.linalg.solve(inside, reward[going])
    return value


def my_evidence_gap(mdp, policy, temperature):
    elbo = mdp.initial @ evaluate(mdp, policy, temperature).value[0] / temperature
    return infer(mdp, temperature).log_evidence - elbo


def my_soft_gradient(mdp, logits, temperature):
    pi = boltzmann(logits, 1.0)
    ahead = evaluate(mdp, pi, temperature)
    advantage = ahead.soft_q - temperature * np.log(pi) - ahead.value[:, None]
    return np.where(mdp.terminal, 0.0, visitation(mdp, pi))[:, None] * pi * advantage


def my_value_term(q, target, temperature):
    pi = boltzmann(q, temperature)
    estimate = pi @ (target - temperature * np.log(pi))
    return pi * (package_soft_maximum(q, temperature) - estimate)


HONEST = [
    (soft_maximum, my_soft_maximum),
    (policy, my_policy),
    (soft_backup, my_soft_backup),
    (soft_backup, with_the_operators),
    (soft_policy_value, my_soft_policy_value),
    (evidence_gap, my_evidence_gap),
    (soft_gradient, my_soft_gradient),
    (value_term, my_value_term),
]


@pytest.mark.parametrize(("exercise", "answer"), HONEST, ids=[answer.__name__ for _, answer in HONEST])
def test_an_honest_answer_earns_its_points(exercise, answer, capsys):
    assert exercise.grade(answer) is None
    assert capsys.readouterr().out == f"✓ {exercise.points} of {points(exercise)} · {exercise.title}\n"


def points(exercise):
    return "1 point" if exercise.points == 1 else f"{exercise.points} points"


# Answers that are not the reader's own, by every road that leads to the package.

BORROWED = {
    "the operator by its name": (soft_maximum, package_soft_maximum, "soft_maximum"),
    "the operator in a function": (soft_maximum, lambda q, t: package_soft_maximum(q, t), "soft_maximum"),
    "a neighbour that calls it": (soft_maximum, lambda q, t: mellowmax(q, 1 / t) + t * np.log(len(q)), "soft_maximum"),
    "the exercise's reference": (soft_backup, lambda *given: soft_backup.reference(*given), "reference"),
    "what a verdict hands over": (policy, policy.check(None).answer, "boltzmann"),
    "through NumPy": (policy, lambda q, t: np.apply_along_axis(lambda row: boltzmann(row, t), 1, q), "boltzmann"),
    "one step of the planner": (
        soft_backup,
        lambda mdp, value, t: soft_value_iteration(mdp.replace(horizon=1, final_value=value), t).value[0],
        "soft_value_iteration",
    ),
    "the fastest planner": (
        soft_backup,
        lambda mdp, value, t: plan(mdp.replace(horizon=1, final_value=value), t).value[0],
        "plan",
    ),
    "an evaluation": (soft_policy_value, lambda mdp, pi, t: evaluate(mdp, pi, t).value, "evaluate"),
}


@pytest.mark.parametrize(("exercise", "answer", "name"), BORROWED.values(), ids=BORROWED)
def test_an_answer_that_calls_the_package_for_its_work_earns_nothing(exercise, answer, name):
    assert exercise.check(answer).correct
    with pytest.raises(AssertionError, match=f"calls `[^`]*{name}`") as found:
        exercise.grade(answer)
    assert str(found.value).startswith(f"0 of {points(exercise)} · {exercise.title}")


@every_exercise
def test_the_reference_is_found_out_for_every_exercise(exercise):
    with pytest.raises(AssertionError, match="and they are the package's"):
        exercise.grade(lambda *arguments: exercise.reference(*arguments))


@pytest.mark.parametrize(("exercise", "wrong", "answer"), MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_answer_fails_with_the_sentence_that_names_it(exercise, wrong, answer):
    with pytest.raises(NoPointsError) as found:
        exercise.grade(answer)
    told = squeezed(str(found.value))
    assert squeezed(wrong.name) in told
    assert squeezed(wrong.sentence) in told
    assert squeezed("the notebook goes on") not in told


def squeezed(text):
    """Without white space: lines may be broken anywhere, at hyphens too."""
    return "".join(text.split())


def test_what_an_exercise_names_is_open_and_nothing_else_is():
    named = {name: {f.__name__ for f in named_functions(exercise)} for name, exercise in EXERCISES.items()}
    assert {name: found for name, found in named.items() if found} == {
        "learning_soft_values.soft_q_update": {"soft_maximum"},
        "optimism_and_the_variational_fix.evidence_gap": {"infer", "evaluate"},
        "policy_gradients_and_q_learning.soft_gradient": {"evaluate", "visitation"},
        "soft_value_iteration.policy": {"soft_maximum"},
        "soft_value_iteration.soft_backup": {"soft_maximum"},
    }


def test_a_stub_and_what_is_no_function_fail_politely():
    def stub(q, temperature):
        raise NotImplementedError

    with pytest.raises(AssertionError, match="Not attempted yet"):
        soft_maximum.grade(stub)
    with pytest.raises(AssertionError, match="Hand over the function itself"):
        soft_maximum.grade(3.0)


def test_what_a_right_answer_writes_to_stderr_does_not_get_there(capsys):
    def noisy(q, temperature):
        print("look here", file=sys.stderr)
        return my_soft_maximum(q, temperature)

    soft_maximum.grade(noisy)
    assert capsys.readouterr().err == ""


def test_an_interrupted_answer_earns_nothing_and_says_why():
    def stopped(q, temperature):
        raise KeyboardInterrupt

    with pytest.raises(AssertionError, match="still running when it was stopped"):
        soft_maximum.grade(stopped)


def test_memory_that_is_not_there_is_an_ordinary_error():
    with pytest.raises(AssertionError, match="MemoryError"):
        soft_maximum.grade(lambda q, temperature: np.ones(10**15))


def test_a_notebook_shows_the_sentences_alone():
    error = NoPointsError("0 of 1 point\n\nLook at the sign.")
    assert error._render_traceback_() == ["0 of 1 point", "", "Look at the sign."]


def test_watching_leaves_a_profiler_as_it_was():
    def profiler(*arguments):
        return None

    sys.setprofile(profiler)
    try:
        PackageCalls(soft_maximum, my_soft_maximum)(np.array([1.0, 2.0]), 1.0)
        assert sys.getprofile() is profiler
    finally:
        sys.setprofile(None)
