"""Prompts that their caller has laid out: pieces, cuts, and the engine that takes them as they are."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.ipc import wire
from dovetail_models.engine.job import CompletionJob
from dovetail_models.errors import EngineError
from dovetail_models.prompt.fit import Cut, PromptTooLong
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.segments import Role
from dovetail_models.prompt.verbatim import MissingToken, Piece, VerbatimPrompt, fit_verbatim

SPECIAL = {Role.BOS: -1, Role.FIM_PREFIX: -2, Role.FIM_SUFFIX: -3, Role.FIM_MIDDLE: -4}
HOLE = VerbatimPrompt(
    (
        Piece(role="bos"),
        Piece(role="fim_prefix"),
        Piece("abcdef", label="prefix"),
        Piece(role="fim_suffix"),
        Piece("uvwxyz", label="suffix", max_tokens=4, keep="beginning"),
        Piece(role="fim_middle"),
    ),
    shortened=2,
)


def laid_out(prompt: VerbatimPrompt, room: int) -> tuple[str, tuple[Cut, ...]]:
    """Return a prompt of one token a character as text, markers as digits, and what was cut."""
    fitted = fit_verbatim(prompt, lambda text: [ord(each) for each in text], SPECIAL.get, room)
    ids = [token for block in fitted.blocks for token in block.ids]
    return "".join(chr(token) if token > 0 else str(-token) for token in ids), fitted.cut


def test_pieces_keep_their_order_and_their_limits() -> None:
    assert laid_out(HOLE, 100) == ("12abcdef3uvwx4", (Cut("suffix", 2),))


def test_one_piece_gives_way_to_the_room_that_the_prompt_is_meant_to_take() -> None:
    assert laid_out(replace(HOLE, max_tokens=11), 100) == ("12def3uvwx4", (Cut("prefix", 3), Cut("suffix", 2)))
    with pytest.raises(PromptTooLong):
        laid_out(replace(HOLE, max_tokens=7), 100)


def test_in_a_smaller_window_all_limits_shrink() -> None:
    """Half of the 11 tokens have room: two of the suffix's four, and none of the prefix."""
    assert laid_out(replace(HOLE, max_tokens=12), 6) == ("123uv4", (Cut("prefix", 6), Cut("suffix", 4)))
    unlimited = replace(
        HOLE, pieces=(*HOLE.pieces[:4], Piece("uvwxyz", label="suffix", keep="beginning"), HOLE.pieces[5])
    )
    assert laid_out(unlimited, 12) == ("12bcdef3uvw4", (Cut("prefix", 1), Cut("suffix", 3)))
    with pytest.raises(PromptTooLong):
        laid_out(HOLE, 3)


def test_a_missing_marker_is_named_and_a_missing_beginning_is_left_out() -> None:
    with pytest.raises(MissingToken, match="fim_prefix"):
        fit_verbatim(HOLE, lambda text: [], {Role.BOS: 1}.get, 100)
    assert fit_verbatim(VerbatimPrompt((Piece(role="bos"),)), lambda text: [], {}.get, 9).blocks == ()


def test_the_wire_keeps_a_verbatim_prompt_and_refuses_a_malformed_one() -> None:
    job = CompletionJob(PromptParts((), "", "", ""), "c", verbatim=HOLE)
    fields = json.loads(json.dumps(wire.to_json(job)))
    assert wire.job_from_json(fields) == job
    for name, value in (("role", "no such role"), ("keep", "middle"), ("max_tokens", -1), ("text", 1)):
        wrong = json.loads(json.dumps(fields))
        wrong["verbatim"]["pieces"][0][name] = value
        with pytest.raises(wire.WireError):
            wire.job_from_json(wrong)


async def test_the_engine_takes_the_prompt_as_it_is(client: EngineClient) -> None:
    parts = PromptParts((), "", "", "")
    pieces = (Piece(role="bos"), Piece("def add(a, b):\n    retur"))
    job = CompletionJob(parts, "c", max_tokens=8, verbatim=VerbatimPrompt(pieces), explain=True)
    reply = await client.complete(job)
    assert reply.prompt is not None and reply.prompt.endswith("def add(a, b):\n    retur")
    assert reply.generated_tokens > 0
    with pytest.raises(EngineError, match="does not fit the window"):
        await client.complete(replace(job, verbatim=VerbatimPrompt((Piece(role="bos"),) * 5000)))
