"""The messages: they arrive as they were sent, and invalid ones are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dovetail_models.engine.ipc import wire
from dovetail_models.engine.job import BlockTokens, CompletionJob, CompletionReply, TokenLogprob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineStatus
from dovetail_models.prompt.fit import Cut
from dovetail_models.prompt.parts import ContextBlock, PromptParts

AWKWARD = 'tab\t, newline\n, \r\n, \x00, quote", emoji 🦕, U+2028 \u2028, lone surrogate \ud83e'


def sent(fields: object) -> object:
    line = wire.encode({"op": "x", "value": fields})
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    return wire.decode(line)["value"]


def test_job() -> None:
    context = (ContextBlock("b.py", AWKWARD), ContextBlock(AWKWARD, ""))
    parts = PromptParts(context, "a.py", AWKWARD, AWKWARD, AWKWARD, AWKWARD)
    job = CompletionJob(
        parts, AWKWARD, 7, 2, ("a", AWKWARD), True, "warm", AWKWARD, lookup=(AWKWARD,), files=(AWKWARD,)
    )
    assert wire.job_from_json(sent(wire.to_json(job))) == job
    assert wire.job_from_json(sent(wire.to_json(CompletionJob(PromptParts((), "", "", ""), "k")))).max_lines is None


def test_reply() -> None:
    blocks, cut = (BlockTokens("p", 1),), (Cut("s", 2),)
    tokens = (TokenLogprob(3, -0.5), TokenLogprob(4, 0.0))
    reply = CompletionReply(
        AWKWARD, "line", -0.25, "m", 9, 8, 7, 6, 5, 4.0, 3.0, 2.0, 1.0, blocks, AWKWARD, cut, token_logprobs=tokens
    )
    assert wire.reply_from_json(sent(wire.to_json(reply))) == reply


def test_status_and_options() -> None:
    status = EngineStatus("ready", "", "m", "d", 10, 2, 77, 1.5, "AVX", ("CUDA0",), 5, 6)
    assert wire.status_from_json(sent(wire.to_json(status))) == status
    options = EngineOptions(Path("a") / "ü b.gguf", 1, None, 3, 4)
    for each in (options, replace(options, kv_folder=Path("ü") / "kv", kv_folder_bytes=5)):
        assert wire.options_from_json(sent(wire.to_json(each))) == each


@pytest.mark.parametrize("line", [b"", b"{", b"[]\n", b'"x"\n', b"{}\n", b'{"op": 1}\n', b"\xff\n"])
def test_what_is_no_message(line: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(line)


GOOD = wire.to_json(CompletionJob(PromptParts((), "a.py", "", ""), "k"))
BAD_JOBS: dict[str, object] = {
    "nothing": None,
    "no parts": {name: value for name, value in GOOD.items() if name != "parts"},
    "a prefix that is no text": {**GOOD, "parts": {**GOOD["parts"], "prefix": 1}},
    "a block without a path": {**GOOD, "parts": {**GOOD["parts"], "context": [{"text": ""}]}},
    "a field too many": {**GOOD, "surprise": 1},
    "max_tokens that is no number": {**GOOD, "max_tokens": "many"},
    "no line at all": {**GOOD, "max_lines": 0},
    "fewer than no tokens": {**GOOD, "max_tokens": -1},
    "stop that is no list of texts": {**GOOD, "stop": [1]},
    "a text for lookup that is no text": {**GOOD, "lookup": [1]},
    "a file that is no text": {**GOOD, "files": [1]},
    "an unknown priority": {**GOOD, "priority": "urgent"},
}


@pytest.mark.parametrize("fields", BAD_JOBS.values(), ids=BAD_JOBS.keys())
def test_a_malformed_job(fields: object) -> None:
    with pytest.raises(wire.WireError):
        wire.job_from_json(fields)
