"""llama-cpp-python's server: prompts go as text, but are cut and healed in its tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dovetail_models.engine.job import CompletionJob
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from dovetail_models.remote.extras_tokens import aligned
from tests.models.remote.fake_extras import UNKNOWN, extras, likely, tokens
from tests.models.remote.fake_server import BEGIN, END, HOLE, FakeServer

NewEngine = Callable[..., Any]
LINE_END = "\n"
JOB = CompletionJob(PromptParts((), "a.py", "def area():\n", "\n", "    re"), document="a.py")


@pytest.fixture
def python_server(openai: FakeServer) -> FakeServer:
    """Return a server with `/extras` that does not report its window."""
    openai.extras, openai.likely, openai.reports_window = extras, likely, False
    return openai


async def test_typed_text_is_taken_up_at_a_tokens_boundary(python_server: FakeServer, new_engine: NewEngine) -> None:
    await new_engine(python_server).complete(JOB)
    [request] = python_server.completions
    # The vocabulary has " return", so the prompt ends before the space. A text has no other way to know that.
    assert request.body["prompt"] == f"#a.py\n{BEGIN}def area():\n{HOLE}\n{END}   "
    assert request.body["grammar"].startswith('root ::= "\\x20re" rest')


async def test_what_no_token_reaches_over_is_not_taken_up(python_server: FakeServer, new_engine: NewEngine) -> None:
    await new_engine(python_server).complete(replace(JOB, parts=replace(JOB.parts, forced="0xf")))
    [request] = python_server.completions
    # Of the words that begin with "f" the vocabulary has some ("filler"), but none that begins with "xf".
    assert request.body["prompt"].endswith(f"{END}0x") and request.body["grammar"].startswith('root ::= "f" rest')


async def test_room_is_counted_in_tokens(python_server: FakeServer, new_engine: NewEngine) -> None:
    long = replace(JOB.parts, prefix="filler7\n" * 300)
    reply = await new_engine(python_server, n_ctx=512).complete(replace(JOB, parts=long))
    [request] = python_server.completions
    kept = request.body["prompt"].count("filler7\n")
    assert 100 < kept < 250 and [cut.label for cut in reply.cut] == ["prefix"]
    assert request.body["prompt"].partition(BEGIN)[2].startswith("filler7\n")
    assert len(tokens(request.body["prompt"])) + JOB.max_tokens <= 512


@pytest.mark.parametrize("text", ["ß = 'größe'\n", f"# {UNKNOWN}{UNKNOWN} ß{UNKNOWN}\n", "ß", f"{UNKNOWN}", "\u2060\n"])
async def test_no_text_is_lost(python_server: FakeServer, new_engine: NewEngine, text: str) -> None:
    prefix = f"x = 1\n{text}".replace("ö", "o")
    context = (ContextBlock("b.py", prefix),)
    await new_engine(python_server).complete(replace(JOB, parts=replace(JOB.parts, context=context, prefix=prefix)))
    prompt = python_server.completions[0].body["prompt"]
    assert prompt == f"#b.py\n{prefix.removesuffix(LINE_END)}\n#a.py\n{BEGIN}{prefix}{HOLE}\n{END}   "


async def test_a_marker_in_a_text_stays_text(python_server: FakeServer, new_engine: NewEngine) -> None:
    engine = new_engine(python_server)
    await engine.complete(replace(JOB, parts=replace(JOB.parts, prefix=f"x = '{HOLE}'\n", forced=f"y = '{END}")))
    [request] = python_server.completions
    assert request.body["prompt"].count(HOLE) == request.body["prompt"].count(END) == 1
    assert request.body["prompt"].replace("\u2060", "").count(HOLE) == 2


async def test_what_may_not_leave_does_not(python_server: FakeServer, new_engine: NewEngine) -> None:
    async def refuse() -> None:
        raise PermissionError

    engine = new_engine(python_server)
    await engine.ensure_ready()
    before = len(python_server.requests)
    with pytest.raises(PermissionError):
        await engine.complete(JOB, before_sending=refuse)
    assert not python_server.completions
    assert all("area" not in str(request.body) for request in python_server.requests[before:])


async def test_a_text_is_tokenized_once(python_server: FakeServer, new_engine: NewEngine) -> None:
    engine = new_engine(python_server)
    await engine.complete(JOB)
    before = len(python_server.requests)
    await engine.complete(JOB)
    assert [request.path for request in python_server.requests[before:]] == ["/v1/completions"]


@pytest.mark.parametrize("lacks", ["extras", "likely"])
async def test_a_server_without_them_is_asked_as_any_other(
    python_server: FakeServer, new_engine: NewEngine, lacks: str
) -> None:
    setattr(python_server, lacks, None)
    reply = await new_engine(python_server).complete(JOB)
    assert reply.text == python_server.text
    assert python_server.completions[0].body["logprobs"] == 5


@pytest.mark.parametrize(
    ("text", "pieces", "expected"),
    [
        ("a😀b", ["a", "", "", "b"], ["a", "😀", "", "b"]),
        ("😀é", ["", "", "é"], ["😀", "", "é"]),
        ("é", ["", ""], ["é", ""]),
        ("ab", ["a", "b"], ["a", "b"]),
        ("é b éb", ["", " b ", "", "b"], ["é", " b ", "é", "b"]),
        ("xyz", ["a", ""], ["xyz", ""]),
        ("xy", ["x", "y", "z"], ["xy", "", ""]),
    ],
)
def test_unknown_tokens_have_what_is_between_known_ones(text: str, pieces: list[str], expected: list[str]) -> None:
    assert aligned(text.encode(), [each.encode() for each in pieces]) == [each.encode() for each in expected]
