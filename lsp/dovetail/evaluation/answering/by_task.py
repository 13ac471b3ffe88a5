"""Answers by another answerer for each task: several ways of asking in one run."""

from __future__ import annotations

from collections.abc import Mapping

from dovetail.evaluation.answer import Answer, Answerer
from dovetail.evaluation.task import Task


class ByTask:
    """Lets the answerer of a task's id answer."""

    def __init__(self, answerers: Mapping[str, Answerer]) -> None:
        """Each task that will be asked must have one."""
        self._answerers = answerers

    async def answer(self, task: Task) -> Answer:
        """Answer a task. Raises EngineError, CommandError."""
        return await self._answerers[task.id].answer(task)
