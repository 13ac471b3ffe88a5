"""The server as a client sees it, with a scripted engine: protocol, documents, cancellation, trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dovetail.completion.engine import BeforeSending, Enough
from dovetail.server.notices import FILES_WORTH_A_BAR
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.status import EngineStatus
from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
URI = "untitled:a.py"


def change(text: str, line: int, start: int, end: int) -> dict[str, Any]:
    span = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
    return {"range": span, "text": text}


def did_change(version: int, *changes: dict[str, Any]) -> dict[str, Any]:
    return {"textDocument": {"uri": URI, "version": version}, "contentChanges": list(changes)}


def shown_before_cursor(job: CompletionJob) -> str:
    return job.parts.prefix + job.parts.forced


async def test_it_announces_inline_completion_and_incremental_sync(connect: Connect) -> None:
    client = await connect(ScriptedEngine())
    capabilities = (await client.initialize(None))["capabilities"]
    assert capabilities["inlineCompletionProvider"] == {}
    assert capabilities["textDocumentSync"]["change"] == 2
    assert capabilities["positionEncoding"] == "utf-16"


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 8), ("utf-16", 6), ("utf-32", 5)])
async def test_the_item_inserts_at_the_cursor_in_the_clients_encoding(
    connect: Connect, encoding: str, column: int
) -> None:
    engine = ScriptedEngine("1 + 1")
    client = await connect(engine)
    await client.initialize(None, encoding)
    client.open(URI, "a = 0\n😀x = \n")
    result = (await client.answer(client.ghost_text(URI, 1, column)))["result"]
    place = {"line": 1, "character": column}
    (item,) = result["items"]
    assert (item["insertText"], item["range"]) == ("1 + 1", {"start": place, "end": place})
    assert shown_before_cursor(engine.jobs[0]) == "a = 0\n😀x = "


async def test_edits_reach_the_prompt(connect: Connect) -> None:
    engine = ScriptedEngine("x")
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "one\n")
    client.notify("textDocument/didChange", did_change(2, change("two\n", 0, 0, 3), change("three = ", 2, 0, 0)))
    await client.answer(client.ghost_text(URI, 2, 8))
    assert shown_before_cursor(engine.jobs[0]) == "two\n\nthree = "


async def test_a_newer_request_supersedes_the_older_which_is_answered_null(connect: Connect) -> None:
    engine = ScriptedEngine("x", delay_s=0.2)
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "a = ")
    older, newer = client.ghost_text(URI, 0, 4), client.ghost_text(URI, 0, 4)
    assert (await client.answer(older))["result"] is None
    assert (await client.answer(newer))["result"]["items"][0]["insertText"] == "x"


async def test_a_cancelled_request_stops_the_engine_and_is_answered_once(connect: Connect) -> None:
    engine = ScriptedEngine("x", delay_s=30)
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "a = ")
    request = client.ghost_text(URI, 0, 4)
    await engine.asked.wait()
    client.cancel(request)
    assert (await client.answer(request))["error"]["code"] == -32800
    assert engine.cancelled == 1


async def test_an_answer_for_an_older_text_is_not_sent(connect: Connect) -> None:
    engine = ScriptedEngine("x", delay_s=0.2)
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "a = ")
    request = client.ghost_text(URI, 0, 4)
    await engine.asked.wait()
    client.notify("textDocument/didChange", did_change(2, change("b", 0, 0, 1)))
    assert (await client.answer(request))["result"] is None


@pytest.mark.parametrize(
    "params",
    [
        {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 4}},
        {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 4}, "context": {"triggerKind": 0}},
    ],
)
async def test_older_drafts_of_the_request_are_understood(connect: Connect, params: dict[str, Any]) -> None:
    client = await connect(ScriptedEngine("x"))
    await client.initialize(None)
    client.open(URI, "a = ")
    assert (await client.ask("textDocument/inlineCompletion", params))["items"][0]["insertText"] == "x"


async def test_bad_requests_are_refused_and_bad_notifications_dropped(connect: Connect) -> None:
    client = await connect(ScriptedEngine("x"))
    await client.initialize(None)
    bad = client.request("textDocument/inlineCompletion", {"textDocument": 7})
    assert (await client.answer(bad))["error"]["code"] == -32602
    unknown = client.request("textDocument/noSuchThing", {})
    assert (await client.answer(unknown))["error"]["code"] == -32601
    client.notify("textDocument/didChange", {"nonsense": True})
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///never/opened.py"}})
    client.open(URI, "a = ")
    assert (await client.answer(client.ghost_text(URI, 0, 4)))["result"]
    assert not [n for n in client.notifications if n["method"] == "window/showMessage"]


async def test_a_document_that_is_not_open_has_no_completion(connect: Connect) -> None:
    client = await connect(ScriptedEngine("x"))
    await client.initialize(None)
    assert (await client.answer(client.ghost_text("file:///nowhere.py", 0, 0)))["result"] is None


async def test_requests_after_shutdown_are_answered_with_an_error(connect: Connect) -> None:
    client = await connect(ScriptedEngine("x"))
    await client.initialize(None)
    await client.ask("shutdown", None)
    late = client.ghost_text(URI, 0, 0)
    assert (await client.answer(late))["error"]["code"] == -32600


async def test_trouble_with_the_model_is_reported_once_and_requests_stay_calm(connect: Connect) -> None:
    client = await connect(ScriptedEngine(trouble="The model is gone. Choose another."))
    await client.initialize(None)
    client.open(URI, "a = ")
    for _ in range(3):
        assert (await client.answer(client.ghost_text(URI, 0, 4)))["result"] is None
    messages = [n["params"]["message"] for n in client.notifications if n["method"] == "window/showMessage"]
    assert messages == ["Dovetail: The model is gone. Choose another."]


@pytest.mark.parametrize("options", [{"no_such_option": 1}, {"max_tokens": "many"}, {"max_tokens": 0}])
async def test_a_mistake_in_the_settings_is_reported_in_one_line(connect: Connect, options: dict[str, Any]) -> None:
    client = await connect(ScriptedEngine("x"))
    await client.initialize(None, **options)
    shown = (await client.notification("window/showMessage"))["message"]
    assert shown.startswith("Dovetail: The editor's settings: ") and "\n" not in shown
    client.open(URI, "a = ")
    assert (await client.answer(client.ghost_text(URI, 0, 4)))["result"]["items"][0]["insertText"] == "x"


async def test_a_mistake_in_one_option_leaves_the_others_in_force(connect: Connect) -> None:
    engine = ScriptedEngine("x")
    client = await connect(engine)
    await client.initialize(None, storagePath="/tmp", max_tokens=7, threads=-1)
    client.open(URI, "a = ")
    await client.answer(client.ghost_text(URI, 0, 4))
    assert engine.jobs[0].max_tokens == 7
    messages = [n["params"]["message"] for n in client.notifications if n["method"] == "window/showMessage"]
    assert len(messages) == 2 and "storagePath" in messages[0] and "threads" in messages[1]


async def test_context_comes_from_the_other_files_of_the_workspace(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "money.py").write_text(
        "class Money:\n    def __init__(self, amount: int, currency: str) -> None: ...\n"
    )
    app = tmp_path / "app.py"
    app.write_text("")
    engine = ScriptedEngine("3, 'EUR')")
    client = await connect(engine)
    await client.initialize(tmp_path)
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    client.open(app.as_uri(), "from money import Money\n\nprice = Money(")
    assert (await client.answer(client.ghost_text(app.as_uri(), 2, 14)))["result"]
    block = engine.jobs[0].parts.context[0]
    assert block.path == "money.py" and "amount: int, currency: str" in block.text
    why = await client.ask("dovetail/why", {"textDocument": {"uri": app.as_uri()}})
    assert (why["path"], why["line"], why["column"]) == ("app.py", 3, 15)
    assert {item["path"] for item in why["context"]} == {"money.py"}


async def test_open_buffers_count_before_the_disk(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "money.py").write_text("def old_name(): ...\n")
    engine = ScriptedEngine("x")
    client = await connect(engine)
    await client.initialize(tmp_path)
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    client.open((tmp_path / "money.py").as_uri(), "def fresh_name(amount: int) -> str: ...\n")
    app = (tmp_path / "app.py").as_uri()
    client.open(app, "from money import fresh_name\n\nprice = fresh_name(")

    async def sees_it() -> bool:
        await client.answer(client.ghost_text(app, 2, 19))
        return any("amount: int" in block.text for block in engine.jobs[-1].parts.context)

    for _ in range(100):
        if await sees_it():
            return
        await asyncio.sleep(0.05)
    pytest.fail("the open buffer never reached the context")


async def test_reading_a_large_project_shows_progress_from_begin_to_end(connect: Connect, tmp_path: Path) -> None:
    for number in range(FILES_WORTH_A_BAR + 100):
        (tmp_path / f"module_{number}.py").write_text(f"def function_{number}(): ...\n" * 50)
    client = await connect(ScriptedEngine("x"))
    await client.initialize(tmp_path, shows_progress=True)
    await client.notification("$/progress", lambda params: params["value"]["kind"] == "end")
    kinds = [n["params"]["value"]["kind"] for n in client.notifications if n["method"] == "$/progress"]
    assert kinds[0] == "begin" and kinds[-1] == "end" and set(kinds[1:-1]) <= {"report"}


async def test_folders_come_and_go(connect: Connect, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "money.py").write_text(f"def convert_{name}(amount: int) -> int: ...\n")
    engine = ScriptedEngine("x")
    client = await connect(engine)
    await client.initialize(tmp_path / "one")
    two = {"uri": (tmp_path / "two").as_uri(), "name": "two"}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [two], "removed": []}})
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    app = (tmp_path / "two" / "app.py").as_uri()
    client.open(app, "from money import convert_two\n\nprice = convert_two(")

    async def blocks() -> list[str]:
        await client.answer(client.ghost_text(app, 2, 20))
        return [block.text for block in engine.jobs[-1].parts.context]

    for _ in range(100):
        if any("convert_two(amount" in text for text in await blocks()):
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("the added folder never reached the context")
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [two]}})
    assert await blocks() == []


async def test_who_asks_expressly_gets_several_different_completions(connect: Connect) -> None:
    engine = ScriptedEngine("first()")
    engine.beginnings = ("second", "first")
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "x = \n")
    result = (await client.answer(client.ghost_text(URI, 0, 4)))["result"]
    assert [item["insertText"] for item in result["items"]] == ["first()", "secondfirst()", "firstfirst()"]
    assert engine.jobs[1].parts.forced == "x = second"
    assert len((await client.answer(client.ghost_text(URI, 0, 4, kind=2)))["result"]["items"]) == 3  # as it was shown


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came to pass")


async def test_what_follows_an_accepted_suggestion_is_there_when_it_is_asked_for(connect: Connect) -> None:
    engine = ScriptedEngine("1")
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "x = \n")
    await client.answer(client.ghost_text(URI, 0, 4, kind=2))
    await until(lambda: [job.priority for job in engine.jobs] == ["interactive", "ahead"])
    assert engine.jobs[1].parts.forced == "x = 1\n"
    await asyncio.sleep(0.1)  # the answer is looked through on a thread before it is remembered
    client.notify("textDocument/didChange", did_change(2, change("1\n", 0, 4, 4)))
    await client.answer(client.ghost_text(URI, 1, 0, kind=2))
    assert [job.priority for job in engine.jobs[:2]] == ["interactive", "ahead"]
    assert not any(job.priority == "interactive" for job in engine.jobs[2:])


async def test_typing_along_a_suggestion_asks_no_model(connect: Connect) -> None:
    engine = ScriptedEngine("first(1)")
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "x = \n")
    await client.answer(client.ghost_text(URI, 0, 4, kind=2))
    for length in range(1, 6):
        client.notify(
            "textDocument/didChange", did_change(1 + length, change("first(1)"[length - 1], 0, 3 + length, 3 + length))
        )
        (item,) = (await client.answer(client.ghost_text(URI, 0, 4 + length, kind=2)))["result"]["items"]
        assert item["insertText"] == "first(1)"[length:]
    assert [job.priority for job in engine.jobs if job.priority == "interactive"] == ["interactive"]


async def test_on_a_slow_machine_a_cold_prompt_is_short_until_the_cursor_rests(connect: Connect) -> None:
    engine = ScriptedEngine("1")
    engine.status = EngineStatus("ready", model="slow", n_ctx=8192, prefill_tokens_s=120.0, decode_ms=45.0)
    engine.prefill_ms = 8000.0
    client = await connect(engine)
    await client.initialize(None)
    text = "".join(f"value_{number} = {number}\n" for number in range(400))
    client.open(URI, text + "x = \n")
    await client.answer(client.ghost_text(URI, 400, 4, kind=2))
    await until(lambda: engine.jobs[-1].priority == "warm")
    hurried, rested = engine.jobs[0].parts, engine.jobs[-1].parts
    assert len(hurried.prefix) < len(rested.prefix) / 2
    client.notify("textDocument/didChange", did_change(2, change("2", 400, 4, 4)))
    await client.answer(client.ghost_text(URI, 400, 5, kind=2))
    assert engine.jobs[-1].parts.prefix == rested.prefix or engine.jobs[-2].parts.prefix == rested.prefix


async def test_what_is_chosen_in_the_editors_list_begins_the_item(connect: Connect) -> None:
    """An editor shows an item beside its list only if it has the list's range and begins with the list's text."""
    engine = ScriptedEngine("(1)")
    client = await connect(engine)
    await client.initialize(None)
    client.open(URI, "x = fi\n")
    chosen = {"text": "first", "range": change("", 0, 4, 6)["range"]}
    request = client.request(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": URI},
            "position": {"line": 0, "character": 6},
            "context": {"triggerKind": 2, "selectedCompletionInfo": chosen},
        },
    )
    (item,) = (await client.answer(request))["result"]["items"]
    assert shown_before_cursor(engine.jobs[0]) == "x = first"
    assert (item["insertText"], item["range"]) == ("first(1)", chosen["range"])


async def open_game(connect: Connect, engine: ScriptedEngine, project: Path, returned: str) -> tuple[Client, str]:
    """A client in which a file that uses another one's class is open, read by the index; its last line is line 4."""
    client = await connect(engine)
    await client.initialize(project, "utf-32")
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    uri = (project / "game.py").as_uri()
    client.open(uri, f"from board import Board\n\n\ndef area(board: Board) -> int:\n    return {returned}\n")
    return client, uri


async def test_the_names_behind_a_dot_reach_the_model_and_the_account(connect: Connect, project: Path) -> None:
    engine = ScriptedEngine("dth")
    client, uri = await open_game(connect, engine, project, "board.wi")
    await client.answer(client.ghost_text(uri, 4, 19))
    assert engine.jobs[0].names == ("dth",)
    why = await client.ask("dovetail/why", {"textDocument": {"uri": uri}})
    assert any("leaned towards names" in step and "knows 1" in step for step in why["why"]["steps"])


async def test_where_the_rules_switch_scope_off_no_names_are_sent(connect: Connect, project: Path) -> None:
    (project / ".dovetail.toml").write_text("[retrievers.scope]\nenabled = false\n", encoding="utf-8")
    engine = ScriptedEngine("dth")
    client, uri = await open_game(connect, engine, project, "board.wi")
    await client.answer(client.ghost_text(uri, 4, 19))
    assert engine.jobs[0].names == ()


class Inventing(ScriptedEngine):
    """Return an unknown member unless the job lists the real ones."""

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        self.text = "width" if job.names else "board.breadth"
        return await super().complete(job, enough, before_sending)


async def test_a_member_that_the_project_has_not_is_asked_for_once_more(connect: Connect, project: Path) -> None:
    engine = Inventing()
    client, uri = await open_game(connect, engine, project, "")
    (item,) = (await client.answer(client.ghost_text(uri, 4, 11)))["result"]["items"]
    assert item["insertText"] == "board.width"
    first, second = engine.jobs[:2]
    assert first.names == () and "width" in second.names
    assert second.parts == replace(first.parts, forced="    return board.")
    why = await client.ask("dovetail/why", {"textDocument": {"uri": uri}})
    assert any("wrote a member" in step for step in why["why"]["steps"])
