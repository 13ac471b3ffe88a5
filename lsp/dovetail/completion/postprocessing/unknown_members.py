"""Find members that a model hallucinates, where the project knows all names that may follow a dot, and ask again.

After the dot at the cursor, the model leans towards those names from the start (`engine/decoding/name_bias.py`).
Nobody can know in advance which dots the model writes itself. So this module checks those afterwards, and asks the
model again from the first unknown member on, now with the names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from dovetail.completion.engine import Engine
from dovetail.completion.threads import on_thread
from dovetail_context.api import Members
from dovetail_models.api import CompletionJob, CompletionReply, TokenLogprob, tokens_within

MAX_TIMES = 2
"""The maximum number of repeated requests for one answer: the user waits for each."""

TAKEN_BACK = ("cancelled", "superseded")
"""Reasons after which nobody waits for an answer: there is nothing to repair in it."""

MAX_DOTS = 4
"""The maximum number of dots to check, from the beginning of an answer or after its last unknown member.

Each takes some milliseconds.
"""

_MEMBER = re.compile(r"(?:\.|->|::)([^\W\d][\w$]*)")


@dataclass(frozen=True, slots=True)
class UnknownMember:
    """An answer is good up to `kept`, which ends with a dot; one of `members` follows there."""

    kept: str
    members: Members


MembersBehind = Callable[[str], Members]


async def repair_unknown_members(
    reply: CompletionReply,
    job: CompletionJob,
    engine: Engine,
    members_behind: MembersBehind,
    with_members: Callable[[CompletionJob, Members], CompletionJob],
    is_complete: Callable[[str], bool],
) -> tuple[CompletionReply, tuple[str, ...], int]:
    """Return the answer to `job` without unknown members, the files that it uses, and the number of repeated requests.

    `members_behind` and `is_complete` receive the answer so far; `is_complete` ends it. `with_members` gives a job the
    names to lean towards. Raises EngineError.
    """
    begin, files = 0, job.files
    for times in range(MAX_TIMES):
        found = await on_thread(partial(first_unknown_member, reply.text, begin, members_behind))
        if found is None:
            return reply, files, times
        kept, begin = found.kept, len(found.kept)
        parts = replace(job.parts, forced=job.parts.forced + kept)
        asked = with_members(replace(job, parts=parts, files=files, beginnings=0, explain=False), found.members)
        files = asked.files
        again = await engine.complete(asked, enough=partial(_is_complete, is_complete, kept))
        reply = _joined(kept, reply, again)
        if reply.stop in TAKEN_BACK:
            return reply, files, times + 1
    return reply, files, MAX_TIMES


def _is_complete(is_complete: Callable[[str], bool], kept: str, text: str) -> bool:
    return is_complete(kept + text)


def first_unknown_member(written: str, begin: int, members_behind: MembersBehind) -> UnknownMember | None:
    """Return the first unknown member from `begin` on; None if all are known or nobody knows the names.

    `members_behind` returns the names that may follow a beginning of the answer that ends with a dot, or none where
    they are not known.
    """
    for member in islice(_MEMBER.finditer(written, begin), MAX_DOTS):
        kept = written[: member.start(1)]
        members = members_behind(kept)
        names = members.names
        is_cut = member.end() == len(written)  # in the middle of a name, it may be
        if names and not any(name == member[1] or (is_cut and name.startswith(member[1])) for name in names):
            return UnknownMember(kept, members)
    return None


def _joined(kept: str, first: CompletionReply, again: CompletionReply) -> CompletionReply:
    """One account of an answer that was asked for twice: `kept` is what holds of the first."""
    probabilities = [(len(kept), first.logprob), (len(again.text), again.logprob)]
    known = [(length, each) for length, each in probabilities if length and each is not None]
    whole = sum(length for length, _ in known)
    return replace(
        first,
        text=kept + again.text,
        stop=again.stop,
        logprob=sum(length * each for length, each in known) / whole if whole else None,
        token_logprobs=_joined_tokens(kept, first, again),
        generated_tokens=first.generated_tokens + again.generated_tokens,
        drafted_tokens=first.drafted_tokens + again.drafted_tokens,
        accepted_tokens=first.accepted_tokens + again.accepted_tokens,
        evaluated_tokens=first.evaluated_tokens + again.evaluated_tokens,
        queue_ms=first.queue_ms + again.queue_ms,
        prompt_ms=first.prompt_ms + again.prompt_ms,
        prefill_ms=first.prefill_ms + again.prefill_ms,
        decode_ms=first.decode_ms + again.decode_ms,
    )


def _joined_tokens(kept: str, first: CompletionReply, again: CompletionReply) -> tuple[TokenLogprob, ...]:
    """Return the tokens of both; none where either has none for its text, as from a server without probabilities."""
    before = tokens_within(first.token_logprobs, len(kept))
    if (kept and not before) or (again.text and not again.token_logprobs):
        return ()
    after = (TokenLogprob(len(kept) + each.end, each.logprob) for each in again.token_logprobs)
    return (*(replace(each, end=min(each.end, len(kept))) for each in before), *after)
