"""The loop of an evaluation: answer, score, write down, one task after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dovetail.command_errors import CommandError
from dovetail.evaluation.answer import Answer, Answerer, Outcome, Scoring
from dovetail.evaluation.run_file import Row, RunFile
from dovetail.evaluation.task import Task
from dovetail_models.api import TokenLogprob

ToRow = Callable[[Outcome], Row]
"""The form of a result in the file."""

Progress = Callable[[Outcome], None]
"""Takes each outcome, those that a file had already included."""


async def evaluate(
    tasks: Sequence[Task],
    answerer: Answerer,
    scoring: Scoring,
    to_row: ToRow,
    file: RunFile | None,
    progress: Progress,
) -> list[Outcome]:
    """Answer and score all tasks that the file does not have yet. Return the outcomes of all of them, in order.

    A cancelled run leaves the file as far as it has come. Raises EngineError, CommandError.
    """
    rows = file.take(len(tasks)) if file is not None else []
    outcomes: list[Outcome] = []
    for task, row in zip(tasks, rows, strict=False):
        if row["id"] != task.id:
            raise CommandError(f"the results have {row['id']} where the tasks have {task.id}: name another --out")
        outcomes.append(await asyncio.to_thread(outcome_of, task, row, scoring))
        progress(outcomes[-1])
    for task in tasks[len(rows) :]:
        answer = await answerer.answer(task)
        scores, note = await asyncio.to_thread(scoring, task, answer)
        outcome = Outcome(task, answer, scores, note)
        if file is not None:
            file.add(to_row(outcome))
        outcomes.append(outcome)
        progress(outcome)
    return outcomes


def result_row(outcome: Outcome) -> Row:
    """Return the line of a suite's result."""
    answer, task = outcome.answer, outcome.task
    row: Row = {
        "id": task.id,
        "language": task.language,
        "completion": answer.completion,
        "truth": task.truth,
        "scores": {name: _rounded(value) for name, value in outcome.scores.items()},
        "stop": answer.stop,
        "logprob": _rounded(answer.logprob),
        "tokens": dict(answer.tokens),
        "ms": dict(answer.ms),
        "context": [dict(piece) for piece in answer.context],
    }
    if answer.typed:
        row["typed"] = answer.typed
    if answer.token_logprobs:
        row["token_logprobs"] = [[each.end, round(each.logprob, 4)] for each in answer.token_logprobs]
    return row | ({"note": outcome.note} if outcome.note else {})


def answer_of(row: Mapping[str, Any]) -> Answer:
    """Return the answer that a line holds."""
    return Answer(
        completion=row["completion"],
        context=tuple(row.get("context", ())),
        tokens=row.get("tokens", {}),
        ms=row.get("ms", {}),
        stop=row.get("stop", ""),
        logprob=row.get("logprob"),
        names=tuple(row["names"]) if "names" in row else None,
        written=row.get("written"),
        prompt=row.get("prompt"),
        typed=row.get("typed", ""),
        token_logprobs=tuple(TokenLogprob(end, logprob) for end, logprob in row.get("token_logprobs", ())),
    )


def outcome_of(task: Task, row: Row, scoring: Scoring) -> Outcome:
    """Return the outcome in a line. Where a line has no scores, as in a tasks file's results, they are made again."""
    answer = answer_of(row)
    if "scores" in row:
        return Outcome(task, answer, row["scores"], row.get("note", ""))
    return Outcome(task, answer, *scoring(task, answer))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
