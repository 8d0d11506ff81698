"""Exercises that name the mistake: a folder a notebook, a file an exercise.

A notebook imports its folder and shows an exercise by naming it::

    from softopt.exercises import soft_value_iteration as exercises

    exercises.soft_backup                                  # the statement, with two folded hints
    verdict = exercises.soft_backup.check(my_soft_backup)
    verdict                                                # what came out, what it means, where to look
    backup = verdict.answer                                # the reader's function if right, else the package's

To add one: write ``softopt/exercises/FOLDER/NAME.py`` with an :class:`Exercise` called ``exercise``, and import
it under its name in the folder's ``__init__``. The tests find it there.
"""

from softopt.exercises.exercise import Case, Exercise, Misconception, misconception
from softopt.exercises.verdict import Verdict

__all__ = ["Case", "Exercise", "Misconception", "Verdict", "misconception"]
