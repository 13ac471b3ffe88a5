"""The only path that produces a completion: context and models meet here.

Read it top to bottom: remember, decide, gather, lay out, ask, shape. The session remembers documents, anchors and
answers; the index remembers snapshots; the engine keeps the KV cache.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import groupby
from time import perf_counter

from dovetail.completion.completion_cache import CachedCompletion, CompletionCache
from dovetail.completion.engine import Engine
from dovetail.completion.postprocessing.confidence import Part, is_enough, most_promising, parts_of
from dovetail.completion.postprocessing.rejection import withheld
from dovetail.completion.postprocessing.shaping import NOTHING, is_complete, shape
from dovetail.completion.postprocessing.unknown_members import TAKEN_BACK, repair_unknown_members
from dovetail.completion.preparation.anchor import Anchor, freeze, hole, hole_end
from dovetail.completion.preparation.place import Place, read_place, unix_line_ends
from dovetail.completion.preparation.restraint import UNRESTRAINED
from dovetail.completion.preparation.trigger import decide, silence
from dovetail.completion.request import Completion, CompletionRequest
from dovetail.completion.threads import on_thread
from dovetail.completion.tuning import ModelTunings
from dovetail.completion.values import Extent, Shaped, Trigger
from dovetail.rules.source import RULES_FILE
from dovetail.settings import Settings
from dovetail_context.api import ContextBundle, ContextPiece, Members, Query, gather, members_with_files
from dovetail_models.api import (
    CompletionJob,
    CompletionReply,
    ContextBlock,
    EngineStatus,
    LatencyBudget,
    PromptParts,
    latency_budget,
)

# The current file in the prompt, in tokens. More seldom changes the answer; on a CPU a cold read of this many takes
# some ten seconds with a 1.3B model, and most of it stays in the KV cache while one types.
WINDOW_TOKENS = 1280
# Other files never take more than this share of the context window, however large the setting: a model with a small
# window was measured to write better with a quarter of it than with half (models/starter/README.md).
CONTEXT_SHARE = 0.25
# Nor the answer more than this: without a prompt there is nothing to complete.
COMPLETION_SHARE = 0.25
# Anchors within this many lines share one sequence of the KV cache; a jump further away takes another.
LINES_OF_A_SEQUENCE = 64


async def complete(
    request: CompletionRequest, engine: Engine, settings: Settings, memory: CompletionCache | None = None
) -> Completion | None:
    """Answer a request, or None where nothing should be shown.

    Raises EngineError when the model cannot answer at all; a cancelled task stops the model.
    """
    if request.trigger == "automatic" and request.restraint.is_deleting:
        return None
    started = perf_counter()
    place = read_place(request.path, request.text, request.offset, request.language)
    memory = CompletionCache() if memory is None else memory
    version = request.snapshot.version_apart_from(request.path)
    asked = (request.document, request.language, request.use_context, settings, request.epoch, version)
    known = memory.find(asked, place)
    if known is not None and (known[0].completion.others or request.trigger == "automatic"):
        return _restrained(_from_memory(*known, request, place, started), request, place)
    extent = await on_thread(partial(decide, place, request.trigger, settings.in_comments))
    if extent is None:
        return None
    await asyncio.sleep(request.wait_s)

    status = await engine.ensure_ready()
    tuning = request.tunings.of(status.model, status.model_key)
    budget = _budget(request, status, settings)
    context_started = perf_counter()
    anchor = await _anchor(request, place, budget)
    has_names = bool(budget.context) and request.use_names
    members = await on_thread(partial(members_for, request)) if has_names else Members()
    context_ms = (perf_counter() - context_started) * 1000

    job = CompletionJob(
        parts=_parts(request, anchor, place, status.frozen_anchor and tuning.layout == "frozen"),
        document=request.document,
        max_tokens=budget.answer,
        max_lines=extent.max_lines,
        explain=request.explain,
        priority=request.priority,
        anchor=anchor.name,
        beginnings=request.candidates - 1,
        lookup=anchor.lookup,
        files=_files(request, anchor),
        turn=request.turn,
    )
    job = _with_members(request, job, members)
    reply = await engine.complete(job, enough=lambda text: is_complete(text, place, extent))
    tuning = request.tunings.of(reply.model, reply.model_key)
    files, unknown_members = job.files, 0
    if has_names and reply.stop not in TAKEN_BACK:
        reply, files, unknown_members = await repair_unknown_members(
            reply,
            job,
            engine,
            partial(members_for, request),
            partial(_with_members, request),
            lambda text: is_complete(text, place, extent),
        )
    parts = await on_thread(partial(_parts_shown, reply, place, extent, request.trigger))
    best = most_promising(parts, tuning.threshold)
    has_enough = best is not None and is_enough(best.gain(tuning.threshold), tuning.threshold)
    shaped = best.shaped if best is not None and (has_enough or request.trigger == "invoked") else NOTHING
    others = [await _other(beginning, job, engine, place, extent) for beginning in reply.beginnings]
    completion = Completion(
        text=shaped.text,
        path=request.path,
        offset=request.offset,
        line=place.text.count("\n", 0, place.offset) + 1,
        column=len(place.left) + 1,
        replaced=shaped.replaced,
        written=reply.text,
        anchor=anchor,
        reply=reply,
        context_ms=context_ms,
        total_ms=(perf_counter() - started) * 1000,
        others=tuple(other for other in dict.fromkeys(others) if other.text and other != shaped),
        names=len(members.names),
        unknown_members=unknown_members,
        files=tuple(file for file in files if file != own_source(request)),
        language=request.language,
        threshold=tuning.threshold,
        parts=parts,
        repository=job.parts.repository,
    )
    if reply.stop not in TAKEN_BACK:
        before, after = place.text[: place.offset], place.text[hole_end(place) :]
        memory.keep(CachedCompletion(asked, before, after, place.right, shaped, completion))
    return _restrained(completion, request, place)


def reason_of_silence(request: CompletionRequest, settings: Settings) -> str:
    """Return why a request asks nothing of the model, "" where it does. This may parse: not for the event loop."""
    place = read_place(request.path, request.text, request.offset, request.language)
    return silence(place, request.trigger, settings.in_comments, request.restraint)


async def warm(request: CompletionRequest, engine: Engine, settings: Settings) -> Anchor:
    """Freeze the place of a request again and let the model read it, when nobody waits for anything. The anchor."""
    place = read_place(request.path, request.text, request.offset, request.language)
    status = await engine.ensure_ready()
    tuning = request.tunings.of(status.model, status.model_key)
    budget = _budget(replace(request, hurried=False), status, settings)
    anchor = await _anchor(replace(request, anchor=None), place, budget)
    job = CompletionJob(
        _parts(request, anchor, place, status.frozen_anchor and tuning.layout == "frozen"),
        request.document,
        max_tokens=0,
        priority="warm",
        anchor=anchor.name,
        files=_files(request, anchor),
        turn=request.turn,
    )
    await engine.complete(job)
    return anchor


def accepted(request: CompletionRequest, completion: Completion) -> CompletionRequest:
    """Return what will be asked if a completion is accepted whole and a new line begun below it."""
    place = read_place(request.path, request.text, request.offset, request.language)
    last = (place.left + completion.text).rpartition("\n")[2]
    indent = last[: len(last) - len(last.lstrip())]
    text = f"{completion.text}\n{indent}"
    after = place.text[place.offset + completion.replaced :]
    return replace(
        request,
        text=place.text[: place.offset] + text + after,
        offset=place.offset + len(text),
        anchor=completion.anchor,
        wait_s=0.0,
        candidates=1,
        trigger="automatic",
        restraint=UNRESTRAINED,
        priority="ahead",
    )


def is_whole(stop: str) -> bool:
    """Return whether the model came to an end, rather than being stopped in the middle."""
    return stop not in ("length", "loop")


def own_source(request: CompletionRequest) -> str:
    """Return the source of the document's own text among the files of a prompt.

    That is its path, or, for a text that belongs to no file, its name. A name is not a path, so none of that text may
    be persisted.
    """
    is_file = request.is_file and request.snapshot.root.is_absolute()
    return str(request.snapshot.root / request.path) if is_file else request.document


def context_budget(status: EngineStatus, settings: Settings, tunings: ModelTunings | None = None) -> int:
    """Return the maximum number of tokens of other files in a prompt.

    The settings set it; the window of a loaded model and what was calibrated for it limit it.
    """
    if not status.n_ctx:
        return settings.context_tokens
    room = status.n_ctx - min(settings.max_tokens, int(status.n_ctx * COMPLETION_SHARE))
    allowed = min(settings.context_tokens, int(room * CONTEXT_SHARE))
    tuned = tunings.of(status.model, status.model_key).context_tokens if tunings is not None else None
    return allowed if tuned is None else min(allowed, tuned)


def sources_of(request: CompletionRequest, context: ContextBundle) -> tuple[str, ...]:
    """Return the absolute paths of the files that a context is from."""
    return _absolute(request, _sources(context))


def context_for(request: CompletionRequest, budget: int) -> ContextBundle:
    """Return what the model would be shown of other files in `budget` tokens."""
    return gather(_query(request), request.snapshot, budget, request.count)


def members_for(request: CompletionRequest, written: str = "") -> Members:
    """Return the names that may follow the dot at the cursor, or at the end of `written` there.

    Return none unless the project knows all of them.
    """
    text = request.text[: request.offset] + written + request.text[request.offset :]
    query = _query(replace(request, text=text, offset=request.offset + len(written)))
    return members_with_files(query, request.snapshot) if "scope" in query.retrieval.enabled else Members()


def _query(request: CompletionRequest) -> Query:
    rules = request.rules
    return Query(
        request.path,
        request.text,
        request.offset,
        recent=request.recent,
        shown=request.shown,
        pinned=rules.pinned,
        notes=rules.notes,
        preferred=rules.preferred,
        retrieval=rules.retrieval,
        language=request.language,
    )


def _budget(request: CompletionRequest, status: EngineStatus, settings: Settings) -> LatencyBudget:
    """Tokens for other files, the current one and the answer: what is wanted, as far as the window and, where someone
    waits, the machine allow."""
    answer = min(settings.max_tokens, int(status.n_ctx * COMPLETION_SHARE))
    room = status.n_ctx - answer
    context = context_budget(status, settings, request.tunings) if request.use_context else 0
    window = min(WINDOW_TOKENS, room - context)
    if not request.hurried:
        return LatencyBudget(context, window, answer, answer)
    return latency_budget(status.speed, context, window, answer, settings.target_ms)


async def _anchor(request: CompletionRequest, place: Place, budget: LatencyBudget) -> Anchor:
    """Return the request's anchor where it holds, else a new one."""
    frozen = request.anchor
    if frozen is not None and frozen.epoch == request.epoch and frozen.forced(place) is not None:
        return frozen
    context = await on_thread(partial(context_for, request, budget.context))
    line = place.text.count("\n", 0, place.offset)
    anchor = freeze(place, f"{line // LINES_OF_A_SEQUENCE}", context, budget.window)
    return replace(anchor, files=sources_of(request, context), epoch=request.epoch)


async def _other(beginning: str, job: CompletionJob, engine: Engine, place: Place, extent: Extent) -> Shaped:
    """Return what the model writes if it must begin so: all but the beginning is read already."""
    parts = replace(job.parts, forced=job.parts.forced + beginning)
    names = tuple(name[len(beginning) :] for name in job.names if name.startswith(beginning))
    job = replace(job, parts=parts, beginnings=0, names=names)
    reply = await engine.complete(job, enough=lambda text: is_complete(beginning + text, place, extent))
    return await on_thread(partial(shape, beginning + reply.text, place, extent, is_whole(reply.stop)))


def _parts(request: CompletionRequest, anchor: Anchor, place: Place, is_frozen: bool) -> PromptParts:
    prefix, forced = hole(anchor, place, is_frozen)
    pieces = groupby(anchor.context.pieces, lambda piece: piece.path)
    return PromptParts(
        context=tuple(_block(path, list(group)) for path, group in pieces),
        path=place.shown_path,
        prefix=prefix,
        suffix=anchor.suffix,
        forced=forced,
        repository=request.snapshot.root.name,
    )


def _block(path: str, pieces: list[ContextPiece]) -> ContextBlock:
    return ContextBlock(path, unix_line_ends("\n".join(piece.text.rstrip("\n") for piece in pieces)))


def _files(request: CompletionRequest, anchor: Anchor) -> tuple[str, ...]:
    """Return the files that the prompt's text is from."""
    return tuple(sorted({*anchor.files, own_source(request)}))


def _with_members(request: CompletionRequest, job: CompletionJob, members: Members) -> CompletionJob:
    """Return the job with names to lean towards, which are text of the files that define them."""
    files = tuple(sorted({*job.files, *_absolute(request, members.paths)}))
    return replace(job, names=members.names, files=files)


def _sources(context: ContextBundle) -> set[str]:
    """Return the paths of the files that supply a context.

    A note comes from the project's rules, or from the user's own rules, which are not a file of the project.
    """
    paths = {piece.path for piece in context.pieces if piece.kind != "note"}
    if any(piece.kind == "note" and RULES_FILE in piece.reason for piece in context.pieces):
        paths.add(RULES_FILE)
    return paths


def _absolute(request: CompletionRequest, paths: Iterable[str]) -> tuple[str, ...]:
    root = request.snapshot.root
    return tuple(str(root / path) for path in sorted(paths)) if root.is_absolute() else ()


def _parts_shown(reply: CompletionReply, place: Place, extent: Extent, trigger: Trigger) -> tuple[Part, ...]:
    """Return what could be shown: whoever asked for it sees all of it."""

    def shaped(beginning: str) -> Shaped:
        return shape(beginning, place, extent, is_whole=is_whole(reply.stop) or beginning != reply.text)

    return parts_of(reply.text, reply.token_logprobs, shaped, with_beginnings=trigger == "automatic")


def _restrained(completion: Completion, request: CompletionRequest, place: Place) -> Completion:
    """Return the completion without a text that the user has just shown not to want."""
    if request.trigger == "invoked":
        return completion
    reason = withheld(place.left, completion.text, completion.gain, completion.threshold, request.restraint.rejected)
    return replace(completion, text="", replaced=0, others=(), withheld=reason) if reason else completion


def _from_memory(
    remembered: CachedCompletion, shaped: Shaped, request: CompletionRequest, place: Place, started: float
) -> Completion:
    return replace(
        remembered.completion,
        text=shaped.text,
        replaced=shaped.replaced,
        offset=request.offset,
        line=place.text.count("\n", 0, place.offset) + 1,
        column=len(place.left) + 1,
        context_ms=0.0,
        total_ms=(perf_counter() - started) * 1000,
        remembered=True,
        others=remembered.completion.others if remembered.shaped == shaped else (),
    )
