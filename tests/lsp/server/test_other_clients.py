"""What the server leaves out or adds for clients other than its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]


async def test_clients_that_warn_of_unknown_notifications_get_none(connect: Connect) -> None:
    quiet, notified = await connect(ScriptedEngine()), await connect(ScriptedEngine())
    await quiet.initialize(None, client_name="emacs")
    await notified.initialize(None, client_name="Eglot")
    for client in (quiet, notified):
        await client.ask("dovetail/pause", {"paused": True})
    await notified.notification("dovetail/status", lambda status: status["paused"])
    # The status goes out before the answer to `dovetail/pause`, so it would have come.
    assert {each["method"] for each in quiet.notifications} == set()


async def test_menus_open_behind_what_begins_no_word(connect: Connect) -> None:
    client = await connect(ScriptedEngine("1 + 1"))
    capabilities = (await client.initialize(None, menu_items=True))["capabilities"]
    assert {".", "(", " "} <= set(capabilities["completionProvider"]["triggerCharacters"])


async def test_markdown_goes_to_clients_that_render_it(connect: Connect) -> None:
    renders = {"completion": {"completionItem": {"documentationFormat": ["plaintext", "markdown"]}}}
    for capabilities, expected in [
        ({}, "1 + 1"),
        ({"completion": {}}, "1 + 1"),
        (renders, {"kind": "markdown", "value": "```python\n1 + 1\n```"}),
    ]:
        client = await connect(ScriptedEngine("1 + 1"))
        await client.initialize(None, menu_items=True, text_document=capabilities)
        client.open("untitled:a.py", "a = ")
        place = {"textDocument": {"uri": "untitled:a.py"}, "position": {"line": 0, "character": 4}}
        (item,) = (await client.ask("textDocument/completion", place))["items"]
        assert item["documentation"] == expected
