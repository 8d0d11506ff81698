"""The verdict on a reader's function, whatever that function does, and how it is shown."""

import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from softopt.exercises import Case, Exercise, misconception
from softopt.exercises.attempt import attempt
from softopt.exercises.check import agree
from softopt.exercises.display import in_print
from softopt.tabular import MDP

NAN, INF = np.nan, np.inf


def halves(q):
    return q / 2


@misconception("not halved")
def not_halved(q):
    """You gave back what you got. Look at the `2`."""
    return q.copy()


@misconception("NaN at nine")
def nan_at_nine(q):
    """Right, but for the nine."""
    return np.where(q == 9, NAN, q / 2)


TOY = Exercise(
    name="halves",
    title="halves & <halves>",
    statement="Write `halves(q)`:\n\n    q / 2\n\nNo more.",
    reference=halves,
    cases=lambda generator: [Case(n, {"q": np.arange(10.0 - n, 10.0)}) for n in (5, 2, 1, 4, 3)],
    misconceptions=(not_halved, nan_at_nine),
    hints=("A <b>nudge</b>.", "A push."),
    minutes=1,
    difficulty=1,
    points=2,
)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (2.0, 2.0 + 1e-8, True),
        (2.0, 2.0 + 3e-8, False),
        (0.0, 1e-8, True),  # below one the tolerance is absolute
        (0.0, 2e-8, False),
        (1e6, 1e6 + 9e-3, True),
        (1e6, 1e6 + 2e-2, False),
        (INF, INF, True),
        (INF, -INF, False),
        (1.0, INF, False),
        (-INF, 1.0, False),
        ([NAN, 1.0], [2.0, NAN], True),
        (NAN, 1.0, False),
        ([1.0], 1.0, False),
        (None, 1.0, False),
    ],
)
def test_agreement(left, right, same):
    left, right = (None if x is None else np.asarray(x) for x in (left, right))
    assert agree(left, right, 1e-8) is same
    assert agree(right, left, 1e-8) is same


def test_the_smallest_case_that_goes_wrong_is_shown():
    verdict = TOY.check(lambda q: q / 2 + (q.size >= 3))
    assert verdict.kind == "wrong"
    np.testing.assert_array_equal(verdict.arguments["q"], [7, 8, 9])
    assert dict(verdict.evidence) == {"q": "[7, 8, 9]", "yours": "[4.5, 5, 5.5]", "expected": "[3.5, 4, 4.5]"}


def test_a_mistake_and_its_company():
    assert TOY.check(lambda q: 1.0 * q).misconception == "not halved"
    assert TOY.check(lambda q: np.where(q == 9, NAN, q / 2)).misconception == "NaN at nine"
    both = TOY.check(lambda q: np.where(q == 5, NAN, q))  # not halved, and NaN in the largest case
    assert both.misconception == "not halved"
    assert "second thing" in both.explanation
    assert "NaN at index 0" in both.explanation
    # Two cases of five are too little to go by.
    assert TOY.check(lambda q: np.where(q == 7, NAN, q)).misconception is None


def fails_in_a_helper(q):
    def helper():
        return q[99]  # the line to be shown

    return helper()


def recurses(q):
    return recurses(q)


def unprintable(q):
    class Silent(BaseException):
        def __str__(self):
            raise RuntimeError

    raise Silent


def hostile(q):
    class Array:
        def __array__(self, *_, **__):
            raise RuntimeError

        __repr__ = __array__

    return Array()


@pytest.mark.parametrize(
    ("function", "kind", "words"),
    [
        (fails_in_a_helper, "raised", "return q[99]  # the line to be shown"),
        (lambda q: np.linalg.inv(q), "raised", "LinAlgError"),
        (recurses, "raised", "RecursionError"),
        (unprintable, "raised", "`Silent`"),
        (lambda q: sys.exit("bye"), "raised", "`SystemExit: bye`"),
        (lambda: 1, "raised", "It is called as `f(q)`"),
        (lambda q: None, "no answer", "nothing (`None`). Does every way"),
        (print, "no answer", "End with `return`, not `print`"),
        (lambda q: "7", "no answer", "type `str`"),
        (lambda q: {"q": q}, "no answer", "type `dict`"),
        (lambda q: (yield q), "no answer", "type `generator`"),
        (lambda q: (q, [q, q]), "no answer", "a tuple of 2 things"),
        (lambda q: q + 1j, "no answer", "complex128"),
        (lambda q: halves, "no answer", "parentheses"),
        (hostile, "no answer", "type `Array`"),
        (MDP, "raised", "TypeError: MDP"),
        (halves(4), "no answer", "`check` got a value of type `float`"),
        (lambda q: q[:, None] / 2, "no answer", "shape (1, 1), where an array of shape (1,) is expected. An axis of"),
        (lambda q: q.sum(), "no answer", "a single number"),
        (lambda q: np.stack([q, q]), "no answer", "One axis too many"),
        (lambda q: q[:-1], "no answer", "shape (0,)"),
        (lambda q: np.where(q == 8, NAN, q / 2), "no answer", "NaN at index 0"),
        (lambda q: q * INF, "no answer", "infinite at index 0"),
        (lambda q: q / 2 + 1e-6, "wrong", "Very near: the largest relative difference is 2.2e-07"),
    ],
)
def test_odd_answers_get_a_verdict(function, kind, words):
    verdict = TOY.check(function)
    assert verdict.kind == kind
    assert words in verdict.explanation
    assert repr(verdict)
    assert not Tags(verdict._repr_html_()).open
    assert verdict.answer is halves


@pytest.mark.parametrize("function", [lambda q: list(q / 2), lambda q: np.float32(1) * q / 2, lambda q: (q + 0.0) / 2])
def test_right_answers_of_other_types(function):
    verdict = TOY.check(function)
    assert verdict.correct
    assert verdict.answer is function


def test_interrupting_the_kernel_passes_through():
    def interrupted(q):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TOY.check(interrupted)


def test_a_stub_behind_a_branch_is_an_error_and_not_a_stub():
    def half_written(q):
        if q.size > 2:
            raise NotImplementedError
        return q / 2

    verdict = TOY.check(half_written)
    assert verdict.kind == "raised"
    assert "NotImplementedError" in verdict.explanation


def test_changing_the_input_is_named_and_harms_nobody():
    def in_place(q):
        q /= 2
        return q

    verdict = TOY.check(in_place)
    assert verdict.kind == "changes its input"
    assert "`q`" in verdict.explanation
    assert TOY.check(halves).correct

    def and_wrong(q):
        q *= 1.5
        return q

    assert "in place" in TOY.check(and_wrong).explanation


def test_a_change_inside_an_mdp_is_named():
    def writes(mdp):
        mdp.reward[0] = 5
        mdp.discount = 1

    mdp = MDP(np.ones((1, 1, 1)), [[1.0]], discount=0.5)
    assert set(attempt(writes, {"mdp": mdp}).changed) == {"mdp.reward", "mdp.discount"}
    assert mdp.reward[0, 0] == 1
    assert attempt(lambda mdp: mdp.rows(), {"mdp": mdp}).changed == ()


def test_no_line_of_a_block_is_cut():
    statement = f"Write `halves(q)`:\n\n    {'q / 2 = ' * 30}q / 2"
    html = replace(TOY, statement=statement)._repr_html_()
    assert "white-space: pre-wrap" in html
    case = MDP(np.full((6, 1, 6), 1 / 6), np.full((6, 1), 1 / 3), discount=0.5)
    lines = [line for _, text in in_print("mdp", case) for line in text.splitlines()]
    assert max(map(len, lines)) <= 60


def test_prints_are_kept_for_the_counter_example(capsys):
    def talks(q):
        print("<q> is", q)
        return q / 2 + (q.size > 1)

    verdict = TOY.check(talks)
    assert dict(verdict.evidence)["printed"] == "<q> is [8. 9.]"
    assert capsys.readouterr().out == ""
    assert "&lt;q&gt; is" in verdict._repr_html_()


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_an_exercise_shows_its_statement_with_folded_hints():
    html = TOY._repr_html_()
    tags = Tags(html)
    assert not tags.open
    assert tags.seen.count("details") == tags.seen.count("summary") == 2
    assert "b" not in tags.seen
    assert "halves &amp; &lt;halves&gt;" in html
    assert "<code>halves(q)</code>" in html
    assert "1 minutes" not in html
    assert repr(TOY).startswith("Exercise: halves & <halves> · 1 minute · difficulty 1 of 3 · 2 points")
    assert "nudge" not in repr(TOY)


def test_stars_stress_a_word_and_leave_products_alone():
    html = replace(TOY, statement="The *lower* one of `a * b * c`, 2 * 3 * 4.")._repr_html_()
    assert "<em>lower</em>" in html
    assert "<code>a * b * c</code>, 2 * 3 * 4." in html


def boom(q):
    raise ValueError("<script>alert(1)</script> `x` $x$")


@pytest.mark.parametrize(
    ("function", "headline"),
    [
        (halves, "✓ Correct"),
        (boom, "✗ Not yet: it raised an error"),
        (not_halved.answers[0], "✗ Not yet: not halved"),
        (lambda q: 7 * q, "✗ Not yet: other numbers came out"),
    ],
)
def test_a_verdict_says_in_words_what_its_colour_says(function, headline):
    verdict = TOY.check(function)
    tags = Tags(verdict._repr_html_())
    assert not tags.open
    assert "script" not in tags.seen
    assert f"<strong>{headline}</strong>" in verdict._repr_html_()
    assert repr(verdict).startswith(f"{headline} · halves & <halves>")
    assert "color:" not in verdict._repr_html_()  # text keeps the colour of the theme
    assert ("package's version" in repr(verdict)) is not verdict.correct
