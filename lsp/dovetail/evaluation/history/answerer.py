"""Answers holes of a history: the project is moved to the state before the task's commit, then the pipeline answers."""

from __future__ import annotations

import asyncio

from dovetail.evaluation.answer import Answer, Answerer
from dovetail.evaluation.answering.product import ProductAnswerer
from dovetail.evaluation.history.checkout import Checkout
from dovetail.evaluation.history.suite import PARENT
from dovetail.evaluation.task import Task


class HistoryAnswerer:
    """Moves a checkout before each task."""

    def __init__(self, answerer: Answerer, checkout: Checkout, opener: ProductAnswerer) -> None:
        """`opener` has the index of the checkout, which is made again for each commit."""
        self._answerer = answerer
        self._opener = opener
        self._checkout = checkout

    async def answer(self, task: Task) -> Answer:
        """Answer a task in the state of its parent commit. Raises EngineError, CommandError."""
        if await asyncio.to_thread(self._checkout.move_to, task.official[PARENT]):
            self._opener.forget(self._checkout.folder)
        return await self._answerer.answer(task)
