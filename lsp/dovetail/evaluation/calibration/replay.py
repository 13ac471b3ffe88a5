"""Asks the pipeline as typing does, and keeps all that the model wrote: what to show of it is decided afterwards."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from dovetail.completion.engine import Engine
from dovetail.completion.threads import on_thread
from dovetail.completion.tuning import ModelTunings, Tuning
from dovetail.evaluation.answer import Answer
from dovetail.evaluation.answering.product import ProductAnswerer
from dovetail.evaluation.answering.unasked import answer_unasked
from dovetail.evaluation.task import Task
from dovetail.session.inference.token_count import engine_count
from dovetail.settings import Settings

USUAL = Tuning()
"""How a model is asked that was not calibrated."""


class ReplayAnswerer:
    """Answers as if the user had just typed up to the hole. The completion is what the model wrote, unshaped."""

    def __init__(self, opener: ProductAnswerer, engine: Engine, settings: Settings, tuning: Tuning = USUAL) -> None:
        """`tuning` is how the model is asked. Its threshold decides only which first suggestion is typed against."""
        self._opener = opener
        self._engine = engine
        self._settings = settings
        self._tunings = ModelTunings(default=tuning)

    async def answer(self, task: Task) -> Answer:
        """Answer a task. Raises EngineError, CommandError."""
        opened = await on_thread(partial(self._opener.open, task))
        try:
            request = replace(opened.request, count=engine_count(self._settings), tunings=self._tunings)
            answer = await answer_unasked(task, request, self._engine, self._settings)
        finally:
            opened.close()
        return answer if answer.written is None else replace(answer, completion=answer.written)
