"""A suggestion that its author types against: what is typed, and what is right afterwards. Pure.

No editor reports that a suggestion was dismissed. What a server sees of a rejection is the text that is typed instead.
"""

from __future__ import annotations

from dataclasses import replace

from dovetail.evaluation.scorers.unasked import is_right
from dovetail.evaluation.task import FOLLOWING, ProjectHole, Task

REJECTED = "rejected"
"""The scenario of a place at which a first suggestion is shown, and the author types something else."""


def typed_against(shown: str, task: Task) -> str:
    """Return what the author types until it differs from a suggestion, the first other character included.

    Return "" where it is not rejected: it is empty or right, or goes on where the author's text is not known any more.
    """
    author = _author(task)
    if not shown.strip() or is_right(shown, author):
        return ""
    same = next((at for at, (one, other) in enumerate(zip(shown, author, strict=False)) if one != other), None)
    if same is None:  # it ends inside a word of the author's, who goes on with that, or where no more is known
        same = len(shown) if len(shown) < len(author) else None
    return "" if same is None else author[: same + 1]


def after_typing(task: Task, typed: str) -> Task:
    """Return the task at the place that its author has reached: `typed` is in the text, and the rest is right there."""
    hole = task.question
    assert isinstance(hole, ProjectHole) and hole.text is not None
    at = hole.start + len(typed)
    text = hole.text[: hole.start] + typed + hole.text[hole.end :]
    rest = {FOLLOWING: _author(task)[len(typed) :]}
    return replace(
        task, question=replace(hole, start=at, end=at, text=text), truth="", official={**task.official, **rest}
    )


def _author(task: Task) -> str:
    """Return what is known of the author's text from the task's place on."""
    return f"{task.truth}\n{task.official.get(FOLLOWING, '')}"
