"""How a run scores answers: cut as the suite or preset says, compare, and test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dovetail.evaluation.answer import NOTHING_REJECTED, Answer, Score
from dovetail.evaluation.rejected import after_typing
from dovetail.evaluation.scorers.registry import PASSES, score_text
from dovetail.evaluation.task import Task

Verdict = Callable[[str, Task], tuple[float | None, str]]
"""Runs the tests of a task with a completion: 1 or 0, or None and a line that says why it cannot be known here."""


@dataclass(frozen=True, slots=True)
class RunScoring:
    """Scores the answers of one run."""

    scorers: tuple[str, ...]
    """The names of the scores to give."""
    cut: Callable[[str, Task], str]
    """Cuts what was written to what is scored."""
    verdict: Verdict | None = None
    """Runs the tests; None runs none."""

    def __call__(self, task: Task, answer: Answer) -> tuple[Score, str]:
        """Return the scores, and in one line why one is missing."""
        if answer.completion is None:
            return {}, ""
        if answer.stop == NOTHING_REJECTED:
            return dict.fromkeys(self.scorers), ""
        if answer.typed:
            task = after_typing(task, answer.typed)
        written = self.cut(answer.completion, task)
        scores = score_text(self.scorers, written, task)
        if PASSES not in self.scorers or self.verdict is None or task.check is None:
            return scores, ""
        passes, note = self.verdict(written, task)
        return scores | {PASSES: passes}, note
