"""The fate of a suggestion as the server counts it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dovetail.stats.store import read
from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
URI = "untitled:a.py"


def counted(folder: Path) -> dict[str, int]:
    """Return what the server wrote, without the times and the bands of certainty."""
    rows = read(folder / "stats.sqlite3")
    assert {row.day for row in rows} <= {date.today()} and {row.key.language for row in rows} <= {"python"}
    return {row.key.name: row.count for row in rows if not row.key.name.endswith("_ms") and not row.key.bucket}


def files_in(folder: Path) -> list[bytes]:
    """Return the content of every file in a folder."""
    return [file.read_bytes() for file in folder.iterdir()]


def edit(version: int, text: str, start: int, end: int) -> dict[str, Any]:
    span = {"start": {"line": 1, "character": start}, "end": {"line": 1, "character": end}}
    return {
        "textDocument": {"uri": URI, "version": version},
        "contentChanges": [{"range": span, "text": text}],
    }


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 8), ("utf-16", 6), ("utf-32", 5)])
async def test_an_accept_is_counted_in_every_encoding(
    connect: Connect, state_folder: Path, encoding: str, column: int
) -> None:
    client = await connect(ScriptedEngine("seven + eight"))
    await client.initialize(None, encoding)
    client.open(URI, "a = 0\n😀x = \n")
    await client.answer(client.ghost_text(URI, 1, column))
    client.notify("textDocument/didChange", edit(1, "seven + eight", column, column))
    await client.leave()
    assert counted(state_folder) == {
        "answered": 1,
        "shown": 1,
        "whole": 1,
        "accepted_characters": 13,
    }


@pytest.mark.parametrize(("logprob", "band"), [(-0.1, 9), (-0.5, 6), (None, None)])
async def test_a_rejection_is_counted_in_the_band_of_its_certainty(
    connect: Connect, state_folder: Path, logprob: float | None, band: int | None
) -> None:
    engine = ScriptedEngine("seven")
    engine.logprob = logprob
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "a = 0\nx = \n")
    (item,) = (await client.answer(client.ghost_text(URI, 1, 4)))["result"]["items"]
    client.notify("textDocument/didShowCompletion", {"item": item})
    client.notify("textDocument/didChange", edit(1, "9", 4, 4))
    await client.leave()
    rows = {row.key.name: (row.key.bucket, row.count) for row in read(state_folder / "stats.sqlite3")}
    assert rows["rejected"] == (0, 1)
    assert rows.get("sure_shown") == rows.get("sure_rejected") == (None if band is None else (band, 1))


async def test_typing_through_is_no_accept_and_asks_no_model(connect: Connect, state_folder: Path) -> None:
    engine = ScriptedEngine("seven")
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "a = 0\nx = \n")
    for number, character in enumerate("seven"):
        await client.answer(client.ghost_text(URI, 1, 4 + number, kind=2))
        client.notify("textDocument/didChange", edit(number + 1, character, 4 + number, 4 + number))
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    await client.leave()
    assert counted(state_folder) == {"answered": 5, "remembered": 4, "shown": 1, "typed": 1}


async def test_the_items_command_reports_an_accept(connect: Connect, state_folder: Path) -> None:
    client = await connect(ScriptedEngine("7"))
    capabilities = (await client.initialize(None))["capabilities"]
    assert capabilities["executeCommandProvider"]["commands"] == ["dovetail.accepted", "dovetail.pullModel"]
    client.open(URI, "a = 0\nx = \n")
    (item,) = (await client.answer(client.ghost_text(URI, 1, 4)))["result"]["items"]
    client.notify("textDocument/didChange", edit(1, "7", 4, 4))  # One character counts as typing by default.
    command = item["command"]
    await client.ask("workspace/executeCommand", {"command": command["command"], "arguments": command["arguments"]})
    await client.leave()
    assert counted(state_folder)["whole"] == 1


async def test_each_of_several_items_can_be_reported(connect: Connect, state_folder: Path) -> None:
    engine = ScriptedEngine("first()")
    engine.beginnings = ("second",)
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "a = 0\nx = \n")
    items = (await client.answer(client.ghost_text(URI, 1, 4)))["result"]["items"]
    assert len({item["command"]["arguments"][0] for item in items}) == 2
    client.notify("textDocument/didChange", edit(1, items[1]["insertText"], 4, 4))
    await client.ask("workspace/executeCommand", items[1]["command"])
    await client.leave()
    seen = counted(state_folder)
    assert (seen["whole"], seen["accepted_characters"]) == (1, len(items[1]["insertText"]))


async def test_notifications_of_other_servers_clients_are_understood(connect: Connect, state_folder: Path) -> None:
    client = await connect(ScriptedEngine("'😀' + 'b'"))
    await client.initialize(None)
    client.open(URI, "a = 0\nx = \n")
    (item,) = (await client.answer(client.ghost_text(URI, 1, 4)))["result"]["items"]
    client.notify("textDocument/didShowCompletion", {"item": item})
    client.notify("textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": 4})
    client.notify("textDocument/didChange", edit(1, "'😀'", 4, 4))
    for nonsense in ({}, {"item": None}, {"item": {"command": {"arguments": [{}]}}, "acceptedLength": "?"}):
        client.notify("textDocument/didShowCompletion", nonsense)
        client.notify("textDocument/didPartiallyAcceptCompletion", nonsense)
    await client.leave()
    seen = counted(state_folder)
    assert (seen["shown"], seen["part"], seen["accepted_characters"]) == (1, 1, 3)


async def test_the_setting_switches_it_off(connect: Connect, state_folder: Path) -> None:
    client = await connect(ScriptedEngine("7"))
    await client.initialize(None, statistics=False)
    client.open(URI, "a = 0\nx = \n")
    (item,) = (await client.answer(client.ghost_text(URI, 1, 4)))["result"]["items"]
    client.notify("textDocument/didChange", edit(1, "7", 4, 4))
    await client.leave()
    assert "command" not in item and not files_in(state_folder)


async def test_a_place_that_cannot_be_written_is_no_trouble(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("DOVETAIL_STATE_DIR", str(tmp_path / "file" / "below"))
    client = await connect(ScriptedEngine("7"))
    await client.initialize(None)
    client.open(URI, "a = 0\nx = \n")
    assert (await client.answer(client.ghost_text(URI, 1, 4)))["result"]["items"]
    await client.leave()
    assert not [note for note in client.notifications if note["method"] == "window/showMessage"]


async def test_nothing_that_was_written_by_the_user_or_the_model_is_in_the_file(
    connect: Connect, state_folder: Path, tmp_path: Path
) -> None:
    words = ("kaleidoscope", "marzipan", "sesquipedalian", "quixotic")
    folder = tmp_path / words[3]
    folder.mkdir()
    client = await connect(ScriptedEngine(words[1]))
    await client.initialize(folder)
    uri = (folder / f"{words[2]}.py").as_uri()
    client.open(uri, f"{words[0]} = \n", language=words[0])
    await client.answer(client.ghost_text(uri, 0, len(words[0]) + 3))
    await asyncio.sleep(0)
    await client.leave()
    data = b"".join(files_in(state_folder))
    assert b"answered" in data and b"scripted" in data
    assert not [word for word in words if word.encode() in data]
