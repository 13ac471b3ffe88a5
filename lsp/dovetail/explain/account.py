"""The account of one completion: what the model saw, what it answered, how that was shaped, and what it cost. Pure.

The command line, the editors and the page take everything they report from here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from dovetail.completion.postprocessing.confidence import beginning, is_enough
from dovetail.completion.preparation.place import read_place
from dovetail.completion.request import Completion
from dovetail_context.api import ContextPiece
from dovetail_models.api import (
    CONTEXT_LABEL,
    FORCED_LABEL,
    PATH_LABEL,
    PREFIX_LABEL,
    REPOSITORY_LABEL,
    SUFFIX_LABEL,
)

Kind = Literal["context", "project", "path", "prefix", "suffix", "typed", "markers"]

# What the parts of a prompt are called when people read of them.
_TITLES: dict[str, tuple[Kind, str]] = {
    REPOSITORY_LABEL: ("project", "The project's name"),
    PATH_LABEL: ("path", "The file's path"),
    PREFIX_LABEL: ("prefix", "Before the cursor"),
    SUFFIX_LABEL: ("suffix", "After the cursor"),
    FORCED_LABEL: ("typed", "Typed on this line"),
}
_STOPS = {
    "eos": "the model was done",
    "line": "its lines were full",
    "stop": "it came to where it was to stop",
    "loop": "it had begun to repeat itself",
    "length": "it had no more tokens to spend",
    "enough": "what it had written was all that was wanted",
    "cancelled": "it was taken back",
    "superseded": "a newer request came",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the prompt, in prompt order.

    `text` is what the prompt contains; `cut` tokens of it did not fit. `reason` explains why the part is there.
    """

    kind: Kind
    title: str
    text: str
    tokens: int
    reason: str
    cut: int = 0


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A candidate that the model did not see. `found` explains why it was considered, `rule` why it was not taken."""

    where: str
    tokens: int
    found: str
    rule: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of time. `detail` describes what happened in it."""

    name: str
    milliseconds: float
    detail: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What a part of the suggestion promised: how probably it is right, and the characters that it should save."""

    name: str
    text: str
    probability: float
    gain: float


@dataclass(frozen=True, slots=True)
class Account:
    """All of it. `text` is the file, lines ending with "\\n", with the cursor at `offset` (code points)."""

    completion: Completion
    text: str
    offset: int
    blocks: tuple[Block, ...]
    not_taken: tuple[NotTaken, ...]
    confidence: float | None  # the geometric mean of the tokens' probabilities, 0 to 1
    decision: str
    parts: tuple[Promise, ...]
    steps: tuple[str, ...]
    phases: tuple[Phase, ...]
    index_ms: float  # for reading the project, once, before; not among the phases

    @property
    def total_ms(self) -> float:
        return sum(phase.milliseconds for phase in self.phases)


def account_of(completion: Completion, text: str, automatic: bool, index_ms: float = 0.0) -> Account:
    """Return the account of a completion of `text`, the file at the time of the request.

    `automatic` is whether nobody invoked it; reading the project beforehand took `index_ms`.
    """
    place = read_place(completion.path, text, completion.offset, completion.language)
    logprob = completion.reply.logprob
    return Account(
        completion,
        place.text,
        place.offset,
        _blocks(completion, place.text[len(completion.anchor.before) : place.offset]),
        _not_taken(completion),
        None if logprob is None else math.exp(logprob),
        _decision(completion, automatic),
        _promises(completion),
        _steps(completion, automatic, place.text[place.offset : place.offset + completion.replaced]),
        _phases(completion),
        index_ms,
    )


def account_json(account: Account) -> dict[str, Any]:
    """Return the documented object under "why" in the answer to `dovetail/why`."""
    return {
        "written": account.completion.written,
        "others": [other.text for other in account.completion.others],
        "remembered": account.completion.remembered,
        "confidence": None if account.confidence is None else round(account.confidence, 4),
        "decision": account.decision,
        "parts": [_promise_json(part) for part in account.parts],
        "least_gain": account.completion.threshold.least_gain,
        "steps": list(account.steps),
        "blocks": [
            {"kind": block.kind, "title": block.title, "tokens": block.tokens, "reason": block.reason, "cut": block.cut}
            for block in account.blocks
        ],
        "problems": list(account.completion.context.problems),
        "not_taken": [
            {"where": each.where, "tokens": each.tokens, "found": each.found, "rule": each.rule}
            for each in account.not_taken
        ],
        "phases": [
            {"name": phase.name, "ms": round(phase.milliseconds, 2), "detail": phase.detail} for phase in account.phases
        ],
    }


def _promise_json(part: Promise) -> dict[str, Any]:
    return {
        "part": part.name,
        "text": part.text,
        "probability": round(part.probability, 4),
        "gain": round(part.gain, 2),
    }


def _blocks(completion: Completion, typed: str) -> tuple[Block, ...]:
    cut = {each.label: each.tokens for each in completion.reply.cut}
    pieces: dict[str, list[ContextPiece]] = {}
    for piece in completion.context.pieces:
        pieces.setdefault(piece.path, []).append(piece)
    anchor, blocks = completion.anchor, []
    # Where the suffix comes first, what was typed is the end of the prefix.
    is_forced = any(each.label == FORCED_LABEL for each in completion.reply.blocks)
    texts = {
        REPOSITORY_LABEL: completion.repository,
        PATH_LABEL: completion.shown_path,
        PREFIX_LABEL: anchor.prefix if is_forced else anchor.prefix + typed,
        SUFFIX_LABEL: anchor.suffix,
    }
    for each in completion.reply.blocks:
        if each.label.startswith(CONTEXT_LABEL):
            path = each.label.removeprefix(CONTEXT_LABEL)
            shown = pieces.get(path, [])
            blocks.append(Block("context", path, _shown(shown), each.tokens, _reason(shown), cut.get(each.label, 0)))
        elif each.label in _TITLES:
            kind, title = _TITLES[each.label]
            text = texts.get(each.label, typed)
            blocks.append(Block(kind, title, text, each.tokens, _always(kind, text), cut.get(each.label, 0)))
        else:
            blocks.append(Block("markers", "Markers", "", each.tokens, "where the file begins, where the hole is"))
    blocks.sort(key=lambda block: block.kind == "markers")  # they are spread over the prompt, so they come last
    return tuple(blocks)


def _shown(pieces: list[ContextPiece]) -> str:
    return "\n".join(piece.text.rstrip("\n") for piece in pieces)


def _reason(pieces: list[ContextPiece]) -> str:
    return "; ".join(dict.fromkeys(piece.reason for piece in pieces))


def _always(kind: Kind, text: str) -> str:
    lines = text.count("\n") + bool(text and not text.endswith("\n"))
    counted = f"{lines} line{'' if lines == 1 else 's'}"
    return {
        "project": "names the project, as the model was trained to see it",
        "path": "names the file, as the model was trained to see it",
        "prefix": f"{counted} of this file, up to where the cursor's line begins",
        "suffix": f"{counted} of this file",
        "typed": "the beginning of what is to be written: the model has to go on from it",
    }.get(kind, "")


def _not_taken(completion: Completion) -> tuple[NotTaken, ...]:
    found = [
        NotTaken(f"{each.path}:{each.start_line}", each.tokens, each.reason, "what was taken helps more for its tokens")
        for each in completion.context.left_out
    ]
    cut = [
        NotTaken(each.label.removeprefix(CONTEXT_LABEL), each.tokens, "part of the prompt", "the window was full")
        for each in completion.reply.cut
    ]
    return (*cut, *found)


def _decision(completion: Completion, automatic: bool) -> str:
    reply = completion.reply
    if completion.withheld:
        return completion.withheld
    if reply.logprob is None:
        return "there was nothing to be sure of"
    if not automatic:
        return "it was asked for, so that decides nothing"
    best = completion.best
    if best is None:
        return "nothing of it was fit to be shown"
    if not is_enough(completion.gain, completion.threshold):
        return "not sure enough to show anything"
    return "sure enough to show all of it" if best.name == "all" else f"sure enough for a {best.name}"


def _promises(completion: Completion) -> tuple[Promise, ...]:
    threshold = completion.threshold
    return tuple(
        Promise(part.name, part.shaped.text, threshold.probability(part.logprob), gain)
        for part in completion.parts
        if part.logprob is not None and (gain := part.gain(threshold)) is not None
    )


def _part_worth_showing(completion: Completion, automatic: bool) -> str:
    """Return the part of what the model wrote that confidence left."""
    written, best = completion.reply.text, completion.best
    if not automatic or best is None:
        return written
    return beginning(written, best.name) if is_enough(completion.gain, completion.threshold) else ""


def _steps(completion: Completion, automatic: bool, replaced: str) -> tuple[str, ...]:
    reply, shown = completion.reply, completion.text
    steps = [f"The model wrote {_characters(reply.text)} and ended because {_STOPS[reply.stop]}."]
    if completion.names:
        steps.append(f"It leaned towards names that the project has behind that dot; it knows {completion.names}.")
    if completion.unknown_members:
        times = "Once" if completion.unknown_members == 1 else f"{completion.unknown_members} times"
        steps.append(f"{times} it wrote a member that the project does not have; from there on it was asked once more.")
    part = _part_worth_showing(completion, automatic)
    if part != reply.text:
        steps.append(f"Its confidence was worth {_characters(part)} of that.")
    if completion.remembered:
        steps.append("Since then you have typed along, come back or accepted a part: what is left needs no model.")
    if completion.withheld:
        steps.append(f"Nothing is shown: {completion.withheld}.")
    elif not shown:
        steps.append("Of what remained nothing was fit to be shown: it would have broken or repeated what is there.")
    elif part == shown:
        steps.append("All of it parses, repeats nothing and fits the code around it: nothing was changed.")
    else:
        steps.append(f"Shaping left {_characters(shown)}: what ends the statement, repeats nothing and parses.")
    if replaced:
        steps.append(f"It takes the place of “{replaced}”, which is right of the cursor.")
    return tuple(steps)


def _characters(text: str) -> str:
    return f"{len(text)} character{'' if len(text) == 1 else 's'}"


def _phases(completion: Completion) -> tuple[Phase, ...]:
    reply = completion.reply
    if completion.remembered:
        return (Phase("Memory", completion.total_ms, "finding the answer again"),)
    read = reply.prompt_tokens - reply.reused_tokens
    phases = [
        Phase("Context", completion.context_ms, f"choosing {len(completion.context.pieces)} pieces of other files"),
        Phase("Queue", reply.queue_ms, "waiting for the model to be free"),
        Phase("Prompt", reply.prompt_ms, f"laying out {reply.prompt_tokens} tokens"),
        Phase("Reading", reply.prefill_ms, f"{read} tokens read, {reply.reused_tokens} still in the cache"),
        Phase("Writing", reply.decode_ms, f"{reply.generated_tokens} tokens written"),
    ]
    known = sum(phase.milliseconds for phase in phases)
    phases.append(Phase("Else", max(completion.total_ms - known, 0.0), "pausing, parsing, shaping, passing on"))
    return tuple(phase for phase in phases if phase.milliseconds > 0)
