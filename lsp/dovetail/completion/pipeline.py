"""The one way a completion is made: here the two wings meet.

Reads top to bottom: decide, gather, lay out, ask, shape. Nothing is remembered between two requests here; what may be
remembered lies in the session (documents), the index (snapshots) and the engine (KV cache).
"""

from __future__ import annotations

import asyncio
from itertools import groupby
from time import perf_counter

from dovetail.completion.engine import Engine
from dovetail.completion.request import Completion, CompletionRequest
from dovetail.completion.shaping import is_complete, shape
from dovetail.completion.trigger import decide
from dovetail.completion.window import cut_window
from dovetail.settings import Settings
from dovetail.text.lines import split_lines
from dovetail_context.bundle import ContextBundle, ContextPiece
from dovetail_context.gather import gather
from dovetail_context.query import Query
from dovetail_context.tokens import estimate_tokens
from dovetail_models.engine.job import CompletionJob
from dovetail_models.prompt.parts import ContextBlock, PromptParts

# The current file in the prompt, in tokens. More seldom changes the answer; on a CPU a cold read of this many takes
# some ten seconds with a 1.3B model, and most of it stays in the KV cache while one types.
WINDOW_TOKENS = 1280
# Other files never take more than this share of the context window, however large the setting.
CONTEXT_SHARE = 0.5
# Nor the answer more than this: without a prompt there is nothing to complete.
COMPLETION_SHARE = 0.25


async def complete(request: CompletionRequest, engine: Engine, settings: Settings) -> Completion | None:
    """Answer a request, or None where nothing should be shown.

    Raises EngineError when the model cannot answer at all; a cancelled task stops the model.
    """
    started = perf_counter()
    extent = decide(request.text, request.offset, request.trigger)
    if extent is None:
        return None

    n_ctx = (await engine.ensure_ready()).n_ctx
    max_tokens = min(settings.max_tokens, int(n_ctx * COMPLETION_SHARE))
    context_budget, window_budget = _budgets(settings.context_tokens, n_ctx - max_tokens)
    context_started = perf_counter()
    context = await asyncio.to_thread(_gather, request, context_budget)
    context_ms = (perf_counter() - context_started) * 1000

    job = CompletionJob(
        parts=_parts(request, context, window_budget),
        client=request.document,
        max_tokens=max_tokens,
        max_lines=extent.max_lines,
        explain=request.explain,
    )
    reply = await engine.complete(job, enough=lambda text: is_complete(text, extent))

    text = shape(reply.text, _rest_of_line(request), extent)
    before = split_lines(request.text[: request.offset])
    return Completion(
        text=text,
        path=request.path,
        offset=request.offset,
        line=len(before),
        column=len(before[-1]) + 1,
        context=context,
        reply=reply,
        context_ms=context_ms,
        total_ms=(perf_counter() - started) * 1000,
    )


def context_for(request: CompletionRequest, budget: int) -> ContextBundle:
    """What the model would be shown of other files in `budget` tokens."""
    return gather(Query(request.path, request.text, request.offset), request.snapshot, budget)


def _gather(request: CompletionRequest, budget: int) -> ContextBundle:
    return context_for(request, budget if request.use_context else 0)


def _budgets(wanted: int, room: int) -> tuple[int, int]:
    """Tokens for other files, of which so many are wanted, and for the current one; the answer has its own room."""
    context = min(wanted, int(room * CONTEXT_SHARE))
    return context, min(WINDOW_TOKENS, room - context)


def _parts(request: CompletionRequest, context: ContextBundle, window_budget: int) -> PromptParts:
    window = cut_window(request.text, request.offset, window_budget, estimate_tokens)
    return PromptParts(
        context=tuple(_block(path, list(pieces)) for path, pieces in groupby(context.pieces, lambda piece: piece.path)),
        path=request.path,
        prefix=_unix_line_ends(window.prefix),
        suffix=_unix_line_ends(window.suffix),
    )


def _block(path: str, pieces: list[ContextPiece]) -> ContextBlock:
    return ContextBlock(path, _unix_line_ends("\n".join(piece.text.rstrip("\n") for piece in pieces)))


def _rest_of_line(request: CompletionRequest) -> str:
    return _unix_line_ends(request.text[request.offset :]).split("\n", 1)[0]


def _unix_line_ends(text: str) -> str:
    """Models are trained on "\\n"; the editor puts its own line ends back when it inserts."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
