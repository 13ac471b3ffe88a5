"""The suggestion as an item of the editor's own list, for editors that show no ghost text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
URI = "untitled:a.py"


async def items(client: Client, line: int, character: int) -> list[dict[str, Any]]:
    place = {"textDocument": {"uri": URI}, "position": {"line": line, "character": character}}
    answer = await client.ask("textDocument/completion", place)
    assert answer["isIncomplete"]
    return list(answer["items"])


def applied(text: str, item: dict[str, Any]) -> str:
    """Return the text after the item was chosen, as an editor with UTF-16 columns makes it."""
    lines = text.split("\n")
    start, end = item["textEdit"]["range"]["start"], item["textEdit"]["range"]["end"]
    assert start["line"] == end["line"]  # LSP: the range of a completion's edit is on one line
    row = lines[start["line"]].encode("utf-16-le")
    new = item["textEdit"]["newText"].encode("utf-16-le")
    lines[start["line"]] = (row[: 2 * start["character"]] + new + row[2 * end["character"] :]).decode("utf-16-le")
    return "\n".join(lines)


async def test_it_is_announced_if_the_settings_want_it(connect: Connect) -> None:
    wanted, unwanted = await connect(ScriptedEngine()), await connect(ScriptedEngine())
    assert "completionProvider" in (await wanted.initialize(None, menu_items=True))["capabilities"]
    assert "completionProvider" not in (await unwanted.initialize(None))["capabilities"]
    unwanted.open(URI, "a = ")
    assert await items(unwanted, 0, 4) == []


@pytest.mark.parametrize(
    ("text", "line", "column", "answer", "result"),
    [
        ("a = ", 0, 4, "1 + 1", "a = 1 + 1"),
        ("pri", 0, 3, "nt(1)", "print(1)"),
        ("😀 = pri", 0, 8, "nt(1)", "😀 = print(1)"),
        ("if a:\n    ", 1, 4, "b()\n    c()", "if a:\n    b()\n    c()"),
    ],
)
async def test_choosing_it_writes_what_ghost_text_would(
    connect: Connect, text: str, line: int, column: int, answer: str, result: str
) -> None:
    client = await connect(ScriptedEngine(answer))
    await client.initialize(None, menu_items=True)
    client.open(URI, text)
    (item,) = await items(client, line, column)
    assert applied(text, item) == result
    start = item["textEdit"]["range"]["start"]["character"]
    before = text.split("\n")[line].encode("utf-16-le")[2 * start : 2 * column].decode("utf-16-le")
    assert item["filterText"].startswith(before)  # editors hide what does not begin with what was typed
    assert item["sortText"] > "zzzz"
    assert item["detail"] == "Dovetail"


async def test_what_was_chosen_is_counted_and_nothing_is_offered_where_nothing_is_suggested(connect: Connect) -> None:
    engine = ScriptedEngine("")
    client = await connect(engine)
    await client.initialize(None, menu_items=True)
    client.open(URI, "a = ")
    assert await items(client, 0, 4) == []
    await client.ask("dovetail/pause", {"paused": True})
    engine.text = "1"
    assert await items(client, 0, 4) == []
