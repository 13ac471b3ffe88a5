"""Answers as typing asks: at once, or after a first suggestion that the author types against."""

from __future__ import annotations

from dataclasses import replace

from dovetail.completion.completion_cache import CompletionCache
from dovetail.completion.engine import Engine
from dovetail.completion.pipeline import complete
from dovetail.completion.postprocessing import rejection
from dovetail.completion.preparation.restraint import Rejected, Restraint
from dovetail.completion.report import completion_json, item_json
from dovetail.completion.request import Completion, CompletionRequest
from dovetail.evaluation.answer import NOT_ASKED, NOTHING_REJECTED, REPEATED, Answer
from dovetail.evaluation.rejected import REJECTED, typed_against
from dovetail.evaluation.task import DELETED, Task
from dovetail.settings import Settings
from dovetail_context.api import redact


async def answer_unasked(task: Task, request: CompletionRequest, engine: Engine, settings: Settings) -> Answer:
    """Return what is shown at a place while its author types. Raises EngineError."""
    restraint = Restraint(is_deleting=task.quiet == DELETED)
    request = replace(request, trigger="automatic", restraint=restraint)
    memory = CompletionCache()
    completion, typed = await complete(request, engine, settings, memory), ""
    if task.quiet == REJECTED:
        typed = typed_against(completion.text, task) if completion is not None else ""
        if completion is None or not typed:
            return Answer("", stop=NOTHING_REJECTED)
        completion = await complete(_next(request, completion, typed), engine, settings, memory)
    if completion is None:
        return Answer("", stop=NOT_ASKED, typed=typed)
    answer = answer_of(completion)
    return replace(answer, typed=typed, stop=REPEATED if completion.withheld == rejection.REPEATED else answer.stop)


def answer_of(completion: Completion, names: tuple[str, ...] | None = None) -> Answer:
    """Return a completion as an answer."""
    whole = completion_json(completion)
    return Answer(
        completion=completion.text,
        context=tuple(item_json(piece, with_text=True) for piece in completion.context.pieces),
        tokens={"context": completion.context.tokens, **whole["tokens"]},
        ms=whole["ms"],
        stop=completion.reply.stop,
        logprob=completion.reply.logprob,
        token_logprobs=completion.reply.token_logprobs,
        names=names,
        written=completion.written,
        prompt=completion.reply.prompt,
    )


def _next(request: CompletionRequest, shown: Completion, typed: str) -> CompletionRequest:
    """Return the request of the next keystroke, as a session makes it after an answer that was rejected: it goes on
    from the anchor and the context of that."""
    left = request.text[: request.offset].rpartition("\n")[2]
    text = request.text[: request.offset] + typed + request.text[request.offset :]
    return replace(
        request,
        text=redact(text),
        offset=request.offset + len(typed),
        anchor=shown.anchor,
        shown=shown.context.pieces,
        restraint=Restraint(rejected=(Rejected(left, shown.text),)),
    )
