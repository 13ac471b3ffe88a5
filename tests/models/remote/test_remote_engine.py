"""`RemoteEngine` with fake servers: both protocols, each fault, cancellation, and the check before sending."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from dovetail_models.remote import connection
from dovetail_models.remote.faults import RETRIES_S, RemoteFault
from dovetail_models.remote.probe import probe
from dovetail_models.remote.token import TOKEN_VARIABLE
from tests.models.remote.fake_server import BEGIN, END, EOS, HOLE, IDS, VOCABULARY, FakeServer

NewEngine = Callable[..., Any]
SECRET = "sk-7f3a9c"


def job(forced: str = "", prefix: str = "def area():\n", **more: Any) -> CompletionJob:
    return CompletionJob(PromptParts((), "area.py", prefix, "\n", forced), document="area.py", **more)


async def test_llama_cpp_gets_the_tokens_of_the_local_engine(server: FakeServer, new_engine: NewEngine) -> None:
    engine = new_engine(server)
    assert (await engine.ensure_ready()).n_ctx == server.n_ctx
    reply = await engine.complete(job("    retu", prefix=f"# {HOLE}\n"))
    (request,) = server.completions
    text = "".join(VOCABULARY[token] for token in request.body["prompt"])
    assert text == f"<｜begin▁of▁sentence｜>#area.py\n{BEGIN}# {HOLE}\n{HOLE}\n{END}   "
    markers = [token for token in request.body["prompt"] if token == IDS[HOLE]]
    assert len(markers) == 1  # the one in the comment is letters
    assert reply.text == server.text and reply.stop == "eos"
    assert reply.logprob == -0.5 and reply.generated_tokens == len(server.text)
    assert [each.end for each in reply.token_logprobs] == list(range(1, len(reply.text) + 1))
    assert {each.logprob for each in reply.token_logprobs} == {-0.5}
    assert (reply.reused_tokens, reply.prefill_ms) == (3, 7.0)
    assert reply.model == f"tiny on {engine.address.host}"


async def test_openai_gets_text_with_markers(openai: FakeServer, new_engine: NewEngine) -> None:
    engine = new_engine(openai)
    reply = await engine.complete(job("    retu", prefix=f"# {HOLE}\n", stop=("a", "b"), explain=True))
    (request,) = openai.completions
    assert request.path == "/v1/completions" and request.body["model"] == "tiny.gguf"
    assert request.body["prompt"] == f"#area.py\n{BEGIN}# <｜\u2060fim▁hole｜>\n{HOLE}\n{END}   "
    assert request.body["repeat_penalty"] == request.body["repetition_penalty"] == 1.0
    assert request.body["stop"][:2] == ["a", "b"] and len(request.body["stop"]) <= 4
    assert reply.text == openai.text
    assert reply.prompt is not None and reply.prompt.endswith("    retu") and HOLE in reply.prompt


@pytest.mark.parametrize("grammar", [True, False])
async def test_healing_only_where_the_server_can(openai: FakeServer, new_engine: NewEngine, grammar: bool) -> None:
    openai.takes_grammar = grammar
    engine = new_engine(openai)
    reply = await engine.complete(job("    retu"))
    assert engine.heals == grammar and reply.text == openai.text
    assert openai.completions[-1].body["prompt"].endswith("   " if grammar else "    retu")


async def test_a_server_that_stops_healing_gets_the_typed_text(openai: FakeServer, new_engine: NewEngine) -> None:
    engine = new_engine(openai)
    await engine.ensure_ready()
    openai.takes_grammar = False
    assert (await engine.complete(job("    retu"))).text == openai.text
    assert [each.body["prompt"][-4:] for each in openai.completions] == [">   ", "retu"]


async def test_no_probabilities_no_confidence(openai: FakeServer, new_engine: NewEngine) -> None:
    openai.has_logprobs = False
    assert (await new_engine(openai).complete(job())).token_logprobs == ()


@pytest.mark.parametrize("llama", [True, False])
async def test_lines_stops_and_lengths_end_as_here(server: FakeServer, new_engine: NewEngine, llama: bool) -> None:
    server.speaks_llama = llama
    server.text = "one\ntwo\nthree\n"
    engine = new_engine(server)
    assert (await engine.complete(job(max_lines=1))).text == "one"
    two = await engine.complete(job(max_lines=2))
    assert (two.text, two.stop) == ("one\ntwo", "line")
    stopped = await engine.complete(job(stop=("wo",)))
    assert stopped.text == "one\nt"
    full = await engine.complete(job("    retu", max_tokens=5))
    assert (full.text, full.stop) == ("one\nt", "length")


async def test_a_marker_ends_the_text(server: FakeServer, new_engine: NewEngine) -> None:
    engine = new_engine(server)
    await engine.ensure_ready()
    server._generated = lambda _body: ["a", "b", EOS, "c"]  # type: ignore[method-assign]
    assert (await engine.complete(job())).text == "ab"


async def test_enough_closes_the_connection(server: FakeServer, new_engine: NewEngine) -> None:
    server.text, server.pace_s = "x" * 40 + "y" * 100, 0.01
    texts: list[str] = []

    def enough(text: str) -> bool:
        texts.append(text)
        return len(text) == 3

    reply = await new_engine(server).complete(job(max_tokens=200), enough)
    assert (reply.text, reply.stop) == ("xxx", "enough") and texts == ["x", "xx", "xxx"]
    await asyncio.wait_for(server.completions[0].left.wait(), 10)


async def test_cancelling_closes_the_connection(server: FakeServer, new_engine: NewEngine) -> None:
    engine = new_engine(server)
    await engine.ensure_ready()
    server.faults = ["silence"]
    task = asyncio.create_task(engine.complete(job()))
    await until(lambda: bool(server.completions))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(server.completions[0].left.wait(), 10)
    assert (await engine.complete(job())).text == server.text


async def test_other_beginnings(server: FakeServer, new_engine: NewEngine) -> None:
    assert (await new_engine(server).complete(job(beginnings=2))).beginnings == ("z",)


async def test_warm_jobs_only_where_they_help(server: FakeServer, openai: FakeServer, new_engine: NewEngine) -> None:
    assert (await new_engine(server).complete(job(priority="warm"))).text == ""
    assert server.completions[0].body["n_predict"] == 0
    assert (await new_engine(openai).complete(job(priority="warm"))).text == ""
    assert openai.completions == []


@pytest.mark.parametrize("llama", [True, False])
@pytest.mark.parametrize("fault", ["429", "429 0", "500", "503", "cut", "cut early", "error"])
async def test_passing_faults_are_asked_again(
    server: FakeServer, new_engine: NewEngine, fault: str, llama: bool
) -> None:
    server.speaks_llama = llama
    engine = new_engine(server)
    await engine.ensure_ready()
    server.faults = [fault] * len(RETRIES_S)
    checks: list[int] = []

    async def before_sending() -> None:
        checks.append(len(server.completions))

    assert (await engine.complete(job(), None, before_sending)).text == server.text
    assert len(server.completions) == 1 + len(RETRIES_S)
    assert set(range(1 + len(RETRIES_S))) <= set(checks)  # before each sending, and none sent without


@pytest.mark.parametrize("llama", [True, False])
@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("401", "token", "asks for a token (401): store one with `keyring set dovetail "),
        ("403", "token", TOKEN_VARIABLE),
        ("404", "address", "has no /"),
        ("307", "address", "redirects to another address (307)"),
        ("422", "request", "refused the request (422): check [remote] model, dialect and format"),
        ("429 60", "busy", "is busy (429)"),
        ("500", "server", "failed (500)"),
        ("html", "protocol", "answered with text/html"),
        ("malformed", "protocol", "not a JSON object"),
        ("huge", "protocol", "a line of more than"),
        ("cut", "cut", "broke off its answer"),
        ("slow", "slow", "sent nothing for 0.2 s"),
        ("silence", "slow", "did not answer in time"),
    ],
)
async def test_each_fault_is_one_line_with_its_fix(
    server: FakeServer, new_engine: NewEngine, fault: str, kind: str, words: str, llama: bool
) -> None:
    server.speaks_llama = llama
    engine = new_engine(server, first_token_s=0.2 if kind == "slow" else 10.0)
    await engine.ensure_ready()
    server.faults = [fault] * 9
    with pytest.raises(RemoteFault) as caught:
        await engine.complete(job(prefix="private text\n"))
    line = str(caught.value)
    assert caught.value.kind == kind and words in line
    assert "\n" not in line and ": " in line and "private" not in line
    server.faults = []
    assert (await engine.complete(job())).text == server.text  # nothing is left of it


async def test_an_unreachable_server(new_engine: NewEngine, server: FakeServer) -> None:
    engine = new_engine(server)
    await server.stop()
    with pytest.raises(RemoteFault, match="cannot be reached: check that it runs") as caught:
        await engine.complete(job())
    assert caught.value.kind == "unreachable"


async def test_what_may_not_leave_does_not(server: FakeServer, openai: FakeServer, new_engine: NewEngine) -> None:
    async def refuse() -> None:
        raise LookupError

    for each in (server, openai):
        engine = new_engine(each)
        await engine.ensure_ready()
        before = len(each.requests)
        with pytest.raises(LookupError):
            await engine.complete(job(prefix="private text\n"), None, refuse)
        assert not any("private" in str(request.body) for request in each.requests[before:])


async def test_looking_at_a_server_sends_no_text_of_the_users(openai: FakeServer, new_engine: NewEngine) -> None:
    await new_engine(openai).probe()
    assert openai.completions == [] and {each.path for each in openai.requests} >= {"/v1/models", "/v1/completions"}


async def test_the_token_is_sent_and_nowhere_else_seen(
    server: FakeServer, new_engine: NewEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, SECRET)
    reported: list[EngineStatus] = []
    engine = new_engine(server, reported.append)
    with caplog.at_level(logging.DEBUG):
        await engine.complete(job(prefix="private text\n"))
        server.faults = ["401"]
        with pytest.raises(RemoteFault, match="did not accept the token") as caught:
            await engine.complete(job())
    assert all(request.headers["authorization"] == f"Bearer {SECRET}" for request in server.requests)
    seen = f"{reported} {caught.value} {caplog.text}"
    assert SECRET not in seen and "private" not in seen


async def test_a_token_that_cannot_be_one(
    server: FakeServer, new_engine: NewEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, f"{SECRET}\nX-Other: 1")
    with pytest.raises(EngineError, match=f"{TOKEN_VARIABLE} has characters that no token has") as caught:
        new_engine(server)
    assert SECRET not in str(caught.value)


async def test_proxies_of_the_environment_are_not_used(
    server: FakeServer, new_engine: NewEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert (await new_engine(server).complete(job())).text == server.text
    with pytest.raises(RemoteFault) as caught:
        await new_engine(server, proxy="http://127.0.0.1:1").complete(job())
    assert caught.value.kind == "unreachable"


async def test_a_model_that_is_not_served(openai: FakeServer, new_engine: NewEngine) -> None:
    with pytest.raises(RemoteFault, match=r"no model 'other': set \[remote\] model to one of tiny.gguf"):
        await new_engine(openai, model="other").ensure_ready()


async def test_a_model_of_another_family(
    server: FakeServer, new_engine: NewEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.models.remote.fake_server._BY_LENGTH", [each for each in VOCABULARY if len(each) == 1])
    with pytest.raises(RemoteFault, match=r"has no .*: set \[remote\] format to its family"):
        await new_engine(server).ensure_ready()


async def test_a_prompt_that_is_too_long_is_made_shorter(openai: FakeServer, new_engine: NewEngine) -> None:
    engine = new_engine(openai)
    await engine.ensure_ready()
    openai.n_ctx = 300
    whole = openai._complete

    async def complete(reader: Any, writer: Any, request: Any, fault: str) -> None:
        too_long = len(request.body["prompt"]) > 1200
        if too_long:
            openai.text = "no"
        await whole(reader, writer, request, "too long" if too_long else fault)

    async def events(request: Any, fault: str) -> Any:
        if fault == "too long":
            yield b'data: {"error": {"code": "context_length_exceeded", "message": "x"}}\n\n'
        async for event in FakeServer._events(openai, request, fault):
            yield event

    openai._complete = complete  # type: ignore[method-assign]
    openai._events = events  # type: ignore[method-assign]
    await engine.complete(job(prefix="x = 1\n" * 2000))
    lengths = [len(each.body["prompt"]) for each in openai.completions]
    assert len(lengths) > 1 and lengths[-1] <= 1200 and lengths == sorted(lengths, reverse=True)


async def test_a_server_that_does_not_say_how_long_a_prompt_may_be(openai: FakeServer, new_engine: NewEngine) -> None:
    openai.reports_window = False
    engine = new_engine(openai, n_ctx=200)
    await engine.complete(job(prefix="x = 1\n" * 500))
    measured = [each for each in openai.requests if not (each.body or {"stream": True}).get("stream")]
    assert len(measured) == 1 and "area.py" not in measured[0].body["prompt"]
    first = len(openai.completions[0].body["prompt"])
    assert 150 < first <= 400  # two characters a token, as the server has counted
    openai.faults = ["cut early"]
    await engine.complete(job(prefix="x = 1\n" * 500))
    lengths = [len(each.body["prompt"]) for each in openai.completions]
    assert lengths[-1] < lengths[-2]  # that may have been the reason


@pytest.mark.parametrize("reports_usage", [True, False])
async def test_what_an_answer_has_cost_comes_behind_it(
    openai: FakeServer, new_engine: NewEngine, reports_usage: bool
) -> None:
    engine = new_engine(openai)
    await engine.ensure_ready()
    openai.reports_usage = reports_usage  # without it the stream ends without a word
    reply = await engine.complete(job())
    sent = len(openai.completions[0].body["prompt"])
    assert reply.text == openai.text and (reply.prompt_tokens == sent) == reports_usage


async def test_context_comes_before_the_file(server: FakeServer, new_engine: NewEngine) -> None:
    parts = PromptParts((ContextBlock("a.py", "one"), ContextBlock("b.py", "two")), "c.py", "three\n", "")
    reply = await new_engine(server).complete(CompletionJob(parts, "c", explain=True))
    text = "".join(VOCABULARY[token] for token in server.completions[0].body["prompt"])
    assert text.endswith(f"#a.py\none\n#b.py\ntwo\n#c.py\n{BEGIN}three\n{HOLE}{END}") and reply.prompt == text
    assert [each.label for each in reply.blocks] == ["markers", "context:a.py", "context:b.py", "path", "prefix"]


async def test_a_text_is_tokenized_once(server: FakeServer, new_engine: NewEngine) -> None:
    engine = new_engine(server)
    for forced in ("    r", "    re", "    ret"):
        await engine.complete(job(forced))
    asked = [each.body["content"] for each in server.requests if each.path == "/tokenize"]
    assert sum("def area():\n" in str(content) for content in asked) <= 1 and asked[-1][0] == "    ret"


async def test_the_probe_finds_what_is_wrong(server: FakeServer, new_engine: NewEngine) -> None:
    server.text = "height"
    found = {each.name: each.verdict async for each in probe(new_engine(server))}
    assert found == dict.fromkeys(("privacy", "server", "server's window", "completion", "latency"), "ok")
    server.text = " "
    found = {each.name: each.verdict async for each in probe(new_engine(server))}
    assert found["completion"] == "fail"
    server.always = "401"
    *_, last = [each async for each in probe(new_engine(server))]
    assert (last.name, last.verdict) == ("server", "fail") and "keyring set dovetail" in last.fix


async def test_an_idle_server_is_given_up(
    server: FakeServer, new_engine: NewEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = new_engine(server)
    await engine.ensure_ready()
    monkeypatch.setattr(connection, "IDLE_S", 0.1)
    server.pace_s = 60.0
    with pytest.raises(RemoteFault, match=r"sent nothing for 0\.1 s"):
        await engine.complete(job())


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens soon."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")
