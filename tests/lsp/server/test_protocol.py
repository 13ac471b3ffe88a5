"""What the server answers to messages that are wrong, early, late or sent twice, and what becomes of texts then."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any

import pytest

from tests.lsp.client import Client, framed
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
URI = "untitled:a.py"
OTHER = "untitled:b.py"
ASK = {"textDocument": {"uri": URI}}
TEXT = "one\ntwo\n"


def span(line: int, start: int, end: int) -> dict[str, Any]:
    return {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}


def edit(*changes: Any, uri: object = URI, version: object = 2) -> dict[str, Any]:
    return {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}


@pytest.fixture
async def client(connect: Connect) -> Client:
    """Shaken hands, two documents open."""
    client = await connect(ScriptedEngine("x"))
    await client.initialize(None)
    client.open(URI, TEXT)
    client.open(OTHER, TEXT)
    return client


async def text_of(client: Client, uri: str = URI) -> str | None:
    """Return the digest of the text as the server knows it, or None if it is silent about the document."""
    known = await client.ask("dovetail/documentState", {"textDocument": {"uri": uri}})
    return None if known is None else known["sha256"]


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


async def warnings(client: Client) -> list[str]:
    await client.ask("dovetail/documentState", ASK)
    return [n["params"]["message"] for n in client.notifications if n["method"] == "window/showMessage"]


async def test_a_hand_shake_with_abilities_of_the_future(connect: Connect) -> None:
    client = await connect(ScriptedEngine("x"))
    params = {
        "processId": None,
        "rootUri": None,
        "trace": "compact",
        "capabilities": {
            "workspace": {
                "failureHandling": "x",
                "workspaceEdit": {"resourceOperations": ["create", "copy"], "failureHandling": "perfect"},
                "symbol": {"symbolKind": {"valueSet": [1, 77]}, "tagSupport": {"valueSet": [9]}},
            },
            "textDocument": {
                "publishDiagnostics": {"tagSupport": {"valueSet": [1, 2, 3]}},
                "hover": {"contentFormat": ["asciidoc"]},
                "foldingRange": {"foldingRangeKind": {"valueSet": [7]}},
            },
            "general": {"positionEncodings": ["utf-7", 5, "utf-32"]},
        },
    }
    assert (await client.ask("initialize", params))["capabilities"]["positionEncoding"] == "utf-32"
    client.notify("initialized", None)
    client.open(URI, "😀 = ")
    (item,) = (await client.answer(client.ghost_text(URI, 0, 4)))["result"]["items"]
    assert item["range"]["start"]["character"] == 4


async def test_before_the_hand_shake_nothing_but_it_is_answered(connect: Connect) -> None:
    client = await connect(ScriptedEngine("x"))
    client.open(URI, TEXT)
    early = client.ghost_text(URI, 0, 0)
    unknown = client.request("no/such", {})
    assert (await client.answer(early))["error"]["code"] == -32002
    assert (await client.answer(unknown))["error"]["code"] == -32002
    bad = client.request("initialize", 5)
    assert (await client.answer(bad))["error"]["code"] == -32602
    await client.initialize(None)
    assert await text_of(client) is None


async def test_a_second_hand_shake_is_refused_and_the_first_holds(connect: Connect) -> None:
    engine = ScriptedEngine("x")
    made = 0

    class Counting(ScriptedEngine):
        def make(self, *arguments: Any) -> Any:
            nonlocal made
            made += 1
            return engine.make(*arguments)

    client = await connect(Counting("x"))
    await client.initialize(None, "utf-8")
    second = client.request("initialize", {"capabilities": {"general": {"positionEncodings": ["utf-32"]}}})
    assert (await client.answer(second))["error"]["code"] == -32600
    assert made == 1
    client.open(URI, "é = \n")
    (item,) = (await client.answer(client.ghost_text(URI, 0, 5)))["result"]["items"]
    assert item["range"]["start"]["character"] == 5


@pytest.mark.parametrize(
    ("body", "code", "identifier"),
    [
        (b"{", -32700, None),
        (b"", -32700, None),
        (b'{"jsonrpc": "2.0", "id": 500, "method": "dovetail/documentState", "params": {"a": "\xff"}}', -32700, None),
        (b"[" * 100_000, -32700, None),
        (b"1", -32600, None),
        (b"null", -32600, None),
        (b'"x"', -32600, None),
        (b"{}", -32600, None),
        (b"[]", -32600, None),
        (b"[1, 2]", -32600, None),
        (b'[{"jsonrpc": "2.0", "id": 500, "method": "shutdown"}]', -32600, 500),
        (b'{"id": 500, "method": "shutdown"}', -32600, 500),
        (b'{"jsonrpc": "1.0", "id": "x", "method": "shutdown"}', -32600, "x"),
        (b'{"jsonrpc": 2.0, "id": 500, "method": "shutdown"}', -32600, 500),
        (b'{"jsonrpc": "2.0", "id": 500}', -32600, 500),
        (b'{"jsonrpc": "2.0", "id": 500, "method": 7}', -32600, 500),
        (b'{"jsonrpc": "2.0", "id": 500, "method": null, "params": {}}', -32600, 500),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "shutdown"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "shutdown"}', -32600, 1.5),
        (b'{"jsonrpc": "2.0", "id": null, "method": "shutdown"}', -32600, None),
        (b'{"jsonrpc": "2.0", "id": 500, "method": "no/such", "params": 5}', -32601, 500),
        (b'{"jsonrpc": "2.0", "id": 500, "method": "dovetail/documentState", "params": "x"}', -32602, 500),
        (b'{"jsonrpc": "2.0", "id": 500, "method": "dovetail/documentState"}', -32602, 500),
        (
            b'{"jsonrpc": "2.0", "id": 500, "method": "dovetail/why", "params": {"textDocument": {"uri": null}}}',
            -32602,
            500,
        ),
        (
            b'{"jsonrpc": "2.0", "id": 500, "method": "workspace/executeCommand", "params": {"command": "x"}}',
            -32602,
            500,
        ),
    ],
)
async def test_each_wrong_message_gets_the_answer_that_json_rpc_prescribes(
    client: Client, body: bytes, code: int, identifier: object
) -> None:
    client.send_bytes(framed(body))
    answer = await client.answer(identifier)
    assert (answer["jsonrpc"], answer["error"]["code"], answer["id"]) == ("2.0", code, identifier)
    assert await text_of(client) == digest(TEXT)
    assert [len(client.answers[key]) for key in client.answers] == [1] * len(client.answers)


async def test_another_character_set_is_refused(client: Client) -> None:
    body = '{"jsonrpc": "2.0", "id": 500, "method": "dovetail/documentState", "params": {}}'.encode("utf-16-le")
    header = b"Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf-16\r\n\r\n" % len(body)
    client.send_bytes(header + body)
    assert (await client.answer(500))["error"]["code"] == -32600


async def test_a_wrong_header_costs_one_answer_and_no_more(client: Client) -> None:
    message = b'{"jsonrpc": "2.0", "id": 500, "method": "shutdown"}'
    for number, header in enumerate(
        (b"Content-Length: x\r\n\r\n", b"Content-Length: 9\r\n\r\n", b"Content-Type: a\r\n\r\n"), 1
    ):
        client.send_bytes(header + message)
        assert await text_of(client) == digest(TEXT)
        assert [answer["error"]["code"] for answer in client.answers[None]] == [-32700] * number
    assert client.answers[500] == []


async def test_a_length_that_is_too_long_costs_nothing(client: Client) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 500, "method": "dovetail/documentState", "params": ASK}).encode()
    for extra in (1, 7, 13, 1000):
        client.send_bytes(b"Content-Length: %d\r\n\r\n" % (len(body) + extra) + body)
        assert await text_of(client) == digest(TEXT)
    assert len(client.answers[500]) == 4 and not client.answers[None]


async def test_answers_and_cancellations_that_nobody_waits_for(client: Client) -> None:
    for identifier in (1, "1", 99, None, {}, [], 1.5):
        client.send_bytes(framed(json.dumps({"jsonrpc": "2.0", "id": identifier, "result": 5}).encode()))
        client.send_bytes(framed(json.dumps({"jsonrpc": "2.0", "id": identifier, "error": "x"}).encode()))
        client.notify("$/cancelRequest", {"id": identifier})
    assert await text_of(client) == digest(TEXT)


async def test_an_id_that_is_in_use_is_refused_and_both_are_answered(connect: Connect) -> None:
    engine = ScriptedEngine("x", delay_s=30)
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "a = ")
    request = client.ghost_text(URI, 0, 4)
    await engine.asked.wait()
    client.send_bytes(framed(json.dumps({"jsonrpc": "2.0", "id": request, "method": "shutdown"}).encode()))
    client.send_bytes(framed(json.dumps({"jsonrpc": "2.0", "id": request, "result": "stolen"}).encode()))
    assert (await client.answer(request))["error"]["code"] == -32600
    client.cancel(request)
    await client.until(lambda: len(client.answers[request]) == 2)
    assert client.answers[request][1]["error"]["code"] == -32800


async def test_a_notification_with_an_id_is_a_request(client: Client) -> None:
    assert await client.ask("textDocument/didChange", edit({"text": "new"})) is None
    assert await text_of(client) == digest("new")


async def test_a_notification_whose_id_is_null_is_a_notification(client: Client) -> None:
    message = {"jsonrpc": "2.0", "id": None, "method": "textDocument/didChange", "params": edit({"text": "new"})}
    client.send_bytes(framed(json.dumps(message).encode()))
    assert await text_of(client) == digest("new")
    assert not client.answers[None]


@pytest.mark.parametrize("version", [None, "7", -1, 2**40, 1.0])
async def test_the_version_of_a_change_does_not_matter(client: Client, version: object) -> None:
    client.notify("textDocument/didChange", edit({"range": span(0, 0, 3), "text": "z"}, version=version))
    client.notify("textDocument/didChange", edit({"range": None, "text": "all\n"}, uri=OTHER, version=version))
    assert await text_of(client) == digest("z\ntwo\n")
    assert await text_of(client, OTHER) == digest("all\n")
    params = edit({"range": span(0, 0, 1), "text": "y"})
    del params["textDocument"]["version"]
    client.notify("textDocument/didChange", params)
    assert await text_of(client) == digest("y\ntwo\n")


async def test_positions_beyond_every_text_are_clamped(client: Client) -> None:
    beyond = {"start": {"line": -1, "character": -5}, "end": {"line": 2**32 - 1, "character": 10**20}}
    client.notify("textDocument/didChange", edit({"range": beyond, "text": "q"}))
    assert await text_of(client) == digest("q")


UNCLEAR = [
    edit({"range": {"start": None, "end": None}, "text": "x"}),
    edit({"range": span(0, 0, 1), "text": None}),
    edit({"range": {"start": {"line": "0", "character": 0}, "end": {"line": 0, "character": 1}}, "text": "x"}),
    edit({"range": {"start": {"line": 0.5, "character": 0}, "end": {"line": 0, "character": 1}}, "text": "x"}),
    edit({"text": "a clear one"}, {"text": 5}),
    edit(None),
    {"textDocument": {"uri": URI, "version": 2}, "contentChanges": None},
    {"textDocument": {"uri": URI, "version": 2}},
    {"textDocument": {"uri": URI, "version": 2}, "contentChanges": {"text": "x"}},
]


@pytest.mark.parametrize("unclear", UNCLEAR)
async def test_a_text_that_is_not_certain_is_no_text(client: Client, unclear: dict[str, Any]) -> None:
    client.notify("textDocument/didChange", unclear)
    client.notify("textDocument/didChange", edit({"range": span(0, 0, 1), "text": "z"}))
    assert await text_of(client) is None
    assert (await client.answer(client.ghost_text(URI, 0, 0)))["result"] is None
    assert await text_of(client, OTHER) == digest(TEXT)
    (warning,) = await warnings(client)
    assert "open it again" in warning
    client.notify("textDocument/didChange", unclear)
    assert len(await warnings(client)) == 1
    whole = edit({"range": span(0, 0, 1), "text": "z"}, {"text": "all\n"}, {"range": span(0, 0, 3), "text": "new"})
    client.notify("textDocument/didChange", whole)
    assert await text_of(client) == digest("new\n")
    assert (await client.answer(client.ghost_text(URI, 0, 3)))["result"]


async def test_a_document_that_was_given_up_comes_back_when_it_is_opened(client: Client) -> None:
    client.notify("textDocument/didChange", UNCLEAR[0])
    client.notify("textDocument/didClose", ASK)
    client.notify("textDocument/didChange", edit({"text": "not open"}))
    assert await text_of(client) is None
    client.open(URI, "again")
    assert await text_of(client) == digest("again")


@pytest.mark.parametrize("text", [None, 5, {}])
async def test_a_document_that_is_opened_without_a_text_is_silent(client: Client, text: object) -> None:
    item = {"uri": URI, "languageId": "python", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": item})
    assert await text_of(client) is None
    assert await text_of(client, OTHER) == digest(TEXT)
    assert len(await warnings(client)) == 1


@pytest.mark.parametrize("item", [{"version": None}, {"languageId": None}, {"version": "x", "languageId": 5}, {}])
async def test_a_document_is_opened_whatever_else_is_missing(client: Client, item: dict[str, Any]) -> None:
    client.notify("textDocument/didOpen", {"textDocument": {"uri": "untitled:c", "text": "t", **item}})
    assert await text_of(client, "untitled:c") == digest("t")


@pytest.mark.parametrize("uri", ["file://[", "file:///a%00b", "", "x", "file:///%ff", "\ud83d"])
async def test_a_document_may_have_any_name(client: Client, uri: str) -> None:
    client.open(uri, "t")
    assert await text_of(client, uri) == digest("t")
    assert "result" in await client.answer(client.ghost_text(uri, 0, 1))


@pytest.mark.parametrize(
    "data",
    [
        framed(json.dumps({"method": "textDocument/didChange", "params": edit({"text": "x"})}).encode()),
        framed(
            json.dumps([{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": edit({"text": "x"})}]).encode()
        ),
        framed(
            json.dumps({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": edit({"text": "x"})}).encode()[
                :-9
            ]
        ),
        framed(
            b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": '
            + json.dumps(edit({"text": "@"})).encode().replace(b"@", b"\xff")
            + b"}"
        ),
        b"Content-Length: 160\r\n\r\n"
        + json.dumps(
            {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": edit({"text": "x" * 100})}
        ).encode(),
        b"Length: 90\r\n\r\n"
        + json.dumps({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": edit({"text": "x"})}).encode(),
    ],
)
async def test_a_message_that_cannot_be_read_and_may_have_changed_a_text(client: Client, data: bytes) -> None:
    client.send_bytes(data)
    assert await text_of(client) is None
    assert await text_of(client, OTHER) == digest(TEXT)


@pytest.mark.parametrize("document", [None, 7, {}, {"uri": None}])
async def test_a_change_of_who_knows_which_document_silences_all(client: Client, document: object) -> None:
    params = {"textDocument": document, "contentChanges": [{"text": "x"}]}
    client.notify("textDocument/didChange", params)
    assert await text_of(client) is None and await text_of(client, OTHER) is None


async def test_a_refused_progress_bar_is_no_trouble(connect: Connect, tmp_path: Any) -> None:
    """The client answers our own request with an error."""
    for number in range(400):
        (tmp_path / f"module_{number}.py").write_text(f"def function_{number}(): ...\n")
    client = await connect(ScriptedEngine("x"))
    client.refuses_requests = True
    await client.initialize(tmp_path, shows_progress=True)
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    assert not [n for n in client.notifications if n["method"] == "$/progress"]
