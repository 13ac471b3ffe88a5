"""Answers holes of a history: the project is moved to the state before the task's commit, then the pipeline answers."""

from __future__ import annotations

import asyncio

from dovetail.evaluation.answer import Answer, Answerer
from dovetail.evaluation.history.checkout import Checkout
from dovetail.evaluation.history.suite import PARENT
from dovetail.evaluation.task import Task


class HistoryAnswerer:
    """Moves a checkout before each task."""

    def __init__(self, answerer: Answerer, checkout: Checkout) -> None:
        self._answerer = answerer
        self._checkout = checkout

    async def answer(self, task: Task) -> Answer:
        """Answer a task in the state of its parent commit. Raises EngineError, CommandError."""
        await asyncio.to_thread(self._checkout.move_to, task.official[PARENT])
        return await self._answerer.answer(task)
