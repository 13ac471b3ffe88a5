"""Answers that somebody else wrote, shown as the pipeline shows a model's: other tools and baselines."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from dovetail.command_errors import CommandError
from dovetail.completion.postprocessing.shaping import shape
from dovetail.completion.preparation.place import read_place
from dovetail.completion.preparation.trigger import decide
from dovetail.completion.threads import on_thread
from dovetail.evaluation.answer import NOTHING_REJECTED, Answer
from dovetail.evaluation.answering.product import ProductAnswerer
from dovetail.evaluation.rejected import REJECTED
from dovetail.evaluation.task import Task


def read_answers(path: Path) -> dict[str, str]:
    """Return the completions of a file by the id of their task: a line {"id", "completion"} each, as a run writes them.

    Lines without a completion, such as the settings of a run, are left out. Raises CommandError.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({error}): name a file of answers") from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        try:
            row: Any = json.loads(line)
        except (ValueError, RecursionError):
            raise CommandError(f'{path}, line {number}: no JSON: write {{"id", "completion"}} on each line') from None
        if isinstance(row, dict) and isinstance(row.get("completion"), str):
            found[str(row.get("id"))] = row["completion"]
    return found


class FileAnswerer:
    """Answers each task from a file; no model is asked."""

    def __init__(self, opener: ProductAnswerer, path: Path) -> None:
        """`opener` reads the tasks' files. Raises CommandError where the answers cannot be read."""
        self._opener = opener
        self._path = path
        self._answers = read_answers(path)

    async def answer(self, task: Task) -> Answer:
        """Answer a task. Raises CommandError where the file has no answer to it."""
        if task.id not in self._answers:
            raise CommandError(f"{self._path} has no answer to {task.id}: answer all tasks, or choose with --limit")
        return await on_thread(partial(self._answer, task))

    def _answer(self, task: Task) -> Answer:
        if task.quiet == REJECTED:  # whoever wrote the answers cannot be asked again
            return Answer("", stop=NOTHING_REJECTED)
        written, started = self._answers[task.id], perf_counter()
        opened = self._opener.open(task)
        request = opened.request
        opened.close()
        place = read_place(request.path, request.text, request.offset, request.language)
        extent = decide(place, "invoked")
        shown = shape(written, place, extent).text if extent is not None else ""
        return Answer(shown, ms={"total": round((perf_counter() - started) * 1000, 1)}, written=written)
