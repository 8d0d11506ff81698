"""Every exercise of the course, found in the package: answers right and wrong get the verdict they deserve."""

import ast
import importlib
import json
import pkgutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from softopt import exercises
from softopt.exercises import Exercise
from softopt.exercises.attempt import attempt
from softopt.exercises.check import agree, course_answer
from softopt.exercises.control_as_inference import posterior_policy
from softopt.exercises.exercise import misconception
from softopt.exercises.soft_value_iteration import policy, soft_backup, soft_maximum, soft_policy_value
from softopt.tabular import soft_value_iteration

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def modules():
    return [
        importlib.import_module(found.name) for found in pkgutil.walk_packages(exercises.__path__, "softopt.exercises.")
    ]


EXERCISES = {
    module.__name__.removeprefix("softopt.exercises."): module.exercise
    for module in modules()
    if isinstance(getattr(module, "exercise", None), Exercise)
}
every_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
MISTAKES = {
    f"{name}: {wrong.name}, way {number}": (exercise, wrong, answer)
    for name, exercise in EXERCISES.items()
    for wrong in exercise.misconceptions
    for number, answer in enumerate(wrong.answers, 1)
}


def test_the_exercises_are_found_and_reached_by_name_from_their_folder():
    assert {"soft_value_iteration.soft_maximum", "soft_value_iteration.soft_backup"} <= set(EXERCISES)
    for path, exercise in EXERCISES.items():
        folder, name = path.rsplit(".", 1)
        assert getattr(importlib.import_module(f"softopt.exercises.{folder}"), name) is exercise
        assert exercise.name == name


@every_exercise
def test_the_reference_passes(exercise):
    verdict = exercise.check(exercise.reference)
    assert verdict.correct, verdict
    assert verdict.answer is exercise.reference


@every_exercise
def test_a_stub_is_not_attempted_yet(exercise):
    def stub(*arguments):
        raise NotImplementedError

    verdict = exercise.check(stub)
    assert verdict.kind == "not attempted"
    assert verdict.answer is exercise.reference


@pytest.mark.parametrize(("exercise", "wrong", "answer"), MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_is_rejected_and_named(exercise, wrong, answer):
    verdict = exercise.check(answer)
    assert (verdict.kind, verdict.misconception) == ("misconception", wrong.name), verdict
    assert verdict.explanation == wrong.sentence
    case = next(case for case in exercise.draw() if case.arguments.keys() == verdict.arguments.keys())
    assert len(verdict.evidence) >= len(case.arguments) + 2
    assert verdict.answer is exercise.reference


@every_exercise
def test_mistakes_differ_from_each_other(exercise):
    cases = exercise.draw()
    given = {
        wrong.name: [[course_answer(answer, case) for case in cases] for answer in wrong.answers]
        for wrong in exercise.misconceptions
    }
    assert len(given) == len(exercise.misconceptions) >= 3
    for one, other in combinations(given, 2):
        for left in given[one]:
            for right in given[other]:
                same = [agree(a, b, exercise.tolerance) for a, b in zip(left, right, strict=True)]
                assert not all(same), f"{one} and {other} give the same answers"


@every_exercise
def test_cases_are_the_same_every_time_and_small_ones_come_first(exercise):
    cases, again = exercise.draw(), exercise.draw()
    sizes = [case.size for case in cases]
    assert sizes == sorted(sizes)
    assert len(cases) >= 10
    for case, same in zip(cases, again, strict=True):
        truth = course_answer(exercise.reference, case)
        np.testing.assert_array_equal(truth, course_answer(exercise.reference, same))


@every_exercise
def test_the_course_answers_leave_their_arguments_alone(exercise):
    case = exercise.draw()[0]
    answers = [answer for wrong in exercise.misconceptions for answer in wrong.answers]
    for answer in (exercise.reference, *answers):
        assert not attempt(answer, case.arguments).changed


@every_exercise
def test_an_exercise_is_written_out_in_full(exercise):
    signature = f"my_{exercise.name}({', '.join(exercise.draw()[0].arguments)})"
    assert f"`{signature}`" in exercise.statement
    assert len(exercise.hints) == 2
    assert all(len(text.split()) > 15 for text in (*exercise.hints, *(m.sentence for m in exercise.misconceptions)))
    assert exercise.difficulty in (1, 2, 3)
    assert exercise.minutes > 0
    assert exercise.points > 0


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_stubs_in_notebooks_hold_no_solution(path):
    """A stub is a signature, a docstring and NotImplementedError; a folder's exercises all stand in its notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    stubs = {}
    for source in code:
        # Magics are no Python; no stub has one.
        tree = ast.parse(source) if "raise NotImplementedError" in source else ast.Module([], [])
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                stubs[node.name] = [argument.arg for argument in node.args.args]
                body = node.body[1:] if ast.get_docstring(node) else node.body
                assert len(body) == 1, f"{node.name} holds more than its stub"
                assert isinstance(body[0], ast.Raise), f"{node.name} holds more than its stub"
    folder = path.stem.split("_", 1)[-1]
    for name, exercise in EXERCISES.items():
        if name.startswith(f"{folder}."):
            stub = f"my_{exercise.name}"
            assert stubs.get(stub) == list(exercise.draw()[0].arguments), f"no stub {stub}"
            assert any(f"{exercise.name}.check({stub})" in source for source in code), f"no check of {stub}"


def test_the_docstring_of_a_wrong_function_is_the_sentence():
    def wrong(x):
        """It is too large.
        Look at the sign."""

    made = misconception("too large", abs)(wrong)
    assert (made.name, made.answers) == ("too large", (wrong, abs))
    assert made.sentence.split() == ["It", "is", "too", "large.", "Look", "at", "the", "sign."]


# What readers really write: right answers that must pass, and mistakes that come in twos.


def test_soft_maximum_in_a_readers_words():
    def with_a_shift(q, temperature):
        top = max(q)
        return top + temperature * np.log(sum(np.exp((x - top) / temperature) for x in q))

    def first_try(q, temperature):
        return np.log(np.sum(np.exp(q / temperature)))

    assert soft_maximum.check(with_a_shift).correct
    verdict = soft_maximum.check(first_try)  # the temperature is missing, and it overflows as well
    assert verdict.misconception == "no temperature in front of the logarithm"
    assert "infinite" in verdict.explanation


def test_policy_with_v_beside_the_wrong_axis():
    def no_second_axis(soft_q, temperature):
        value = temperature * np.log(np.exp(soft_q / temperature).sum(axis=1))
        return np.exp((soft_q - value) / temperature)  # an error unless there are as many states as actions

    verdict = policy.check(no_second_axis)
    assert verdict.misconception == "one number a row, lined up with the columns"
    assert "infinite" in verdict.explanation


@pytest.mark.parametrize("keep_maximum", [False, True])
@pytest.mark.parametrize("keep_sum", [False, True])
def test_policy_without_keepdims(keep_maximum, keep_sum):
    def by_hand(soft_q, temperature):
        weight = np.exp((soft_q - soft_q.max(axis=1, keepdims=keep_maximum)) / temperature)
        return weight / weight.sum(axis=1, keepdims=keep_sum)

    verdict = policy.check(by_hand)
    if keep_maximum and keep_sum:
        assert verdict.correct
    else:
        assert verdict.misconception == "one number a row, lined up with the columns"


def test_one_maximum_for_the_whole_table_is_explained_alike_for_values_and_for_messages():
    def shifted(soft_q, temperature):
        weight = np.exp((soft_q - soft_q.max()) / temperature)
        return weight / weight.sum(axis=1, keepdims=True)

    verdict = policy.check(shifted)
    also = posterior_policy.check(lambda log_beta, prior: shifted(log_beta + np.log(prior), 1.0))
    assert verdict.misconception == also.misconception == "one constant for the whole table"
    assert verdict.explanation == also.explanation


def test_a_backup_by_bare_exponentials_overflows_when_cold():
    def bare(mdp, value, temperature):
        soft_q = mdp.reward + mdp.discount * (mdp.transition @ value)
        new = temperature * np.log(np.exp(soft_q / temperature).sum(axis=1))
        new[mdp.terminal] = 0
        return new

    assert soft_backup.check(bare).misconception == "overflow"


def test_the_backup_is_one_step_of_the_planner():
    for case in soft_backup.draw():
        mdp, value, temperature = case.arguments.values()
        one_step = soft_value_iteration(mdp.replace(horizon=1, final_value=value), temperature)
        np.testing.assert_allclose(soft_backup.reference(mdp, value, temperature), one_step.value[0], atol=1e-12)


def sweeping(enough):
    """The value of a policy by a loop that ends when ``enough(sweeps, change)``."""

    def loop(mdp, policy, temperature):
        surprise = np.log(policy, out=np.zeros_like(policy), where=policy > 0)
        step = (policy * (mdp.reward - temperature * surprise)).sum(axis=1)
        value, change, sweeps = np.zeros(mdp.n_states), np.inf, 0
        while not enough(sweeps, change):
            new = step + mdp.discount * (policy * (mdp.transition @ value)).sum(axis=1)
            new[mdp.terminal] = 0
            value, change, sweeps = new, np.abs(new - value).max(), sweeps + 1
        return value

    return loop


def test_policy_value_by_a_loop_that_stops_somewhere():
    assert soft_policy_value.check(sweeping(lambda sweeps, change: change < 1e-6)).correct
    assert soft_policy_value.check(sweeping(lambda sweeps, change: sweeps == 1000)).correct
    for number in (50, 100, 200):
        verdict = soft_policy_value.check(sweeping(lambda sweeps, change, number=number: sweeps == number))
        assert verdict.misconception == "too few sweeps"
