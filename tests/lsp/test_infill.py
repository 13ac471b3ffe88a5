"""llama.cpp's `/infill`: what plugins send, and what they get."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dovetail.infill import LOOPBACK
from dovetail.infill.answers import Answers
from dovetail.infill.http import MAX_BODY_BYTES, Endpoint
from dovetail.infill.question import BadQuestion, answer_json, read_question
from dovetail.infill.source import completed, is_from, most_alike
from tests.game import write_game
from tests.lsp.scripted import ScriptedEngine

# What llama.vim asks for.
FIELDS = ["content", "timings/prompt_n", "timings/predicted_ms", "truncated", "tokens_cached"]
BEFORE = "from board import Board\n\n\ndef start(size: int) -> Board:\n"
TYPED = "    board = Board("


class Plugin:
    """A client with hand-written HTTP, like a plugin's curl."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def raw(self, data: bytes) -> tuple[int, Any]:
        reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
        writer.write(data)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].split("\r\n")[0])
        data = await reader.readexactly(length)
        body = json.loads(data)
        assert "content" not in body or b'"content":"' in data  # llama.vim looks for just that
        writer.close()
        return int(head.split()[1]), body

    async def ask(self, body: Any, method: str = "POST", path: str = "/infill", **headers: str) -> tuple[int, Any]:
        return await self.raw(request(body, method, path, **headers))


def request(body: Any, method: str = "POST", path: str = "/infill", **headers: str) -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Host": f"{LOOPBACK}:1", "Content-Type": "application/json", "Content-Length": str(len(data))}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + data


def question(**more: Any) -> dict[str, Any]:
    """Return a request as llama.vim sends it."""
    asked = {"input_prefix": BEFORE, "prompt": TYPED, "input_suffix": "\n    return board\n", "n_predict": 128}
    return {**asked, "input_extra": [], "stream": False, "samplers": ["top_k"], "response_fields": FIELDS, **more}


def vscode_question(prompt: str, indent: int) -> dict[str, Any]:
    """What llama.vscode sends, with its defaults: three candidates, all fields, parts of files that were open."""
    chunk = {"text": "class Board: ...\n", "time": 1_790_000_000_000, "filename": "board.py"}
    asked = {"id_slot": 0, "input_prefix": BEFORE, "input_suffix": "\n    return board\n", "input_extra": [chunk]}
    sampling = {"top_k": 40, "top_p": 0.99, "samplers": ["top_k", "top_p", "infill"], "cache_prompt": True}
    limits = {"n_predict": 128, "n_cmpl": 3, "t_max_prompt_ms": 500, "t_max_predict_ms": 2500, "stream": False}
    return {**asked, "prompt": prompt, **limits, **sampling, **({"n_indent": indent} if indent else {})}


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine("size, size)")


@pytest.fixture
async def answers(tmp_path: Path, engine: ScriptedEngine) -> AsyncIterator[Answers]:
    write_game(tmp_path)
    found = Answers(tmp_path, engine.make)
    found.start()
    yield found
    await found.close()


@pytest.fixture
async def plugin(answers: Answers) -> AsyncIterator[Plugin]:
    server = await asyncio.start_server(Endpoint(answers.answer, "").serve, LOOPBACK, 0)
    async with server:
        yield Plugin(server.sockets[0].getsockname()[1])


async def ready(answers: Answers) -> None:
    async with asyncio.timeout(20):
        workspaces = answers._session.projects.workspaces
        while not any(each.index.snapshot.complete for each in workspaces.all()):  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.02)


async def test_a_question_is_answered_with_the_projects_context(
    plugin: Plugin, answers: Answers, engine: ScriptedEngine
) -> None:
    await ready(answers)
    status, answer = await plugin.ask(question())
    assert (status, answer["content"]) == (200, "size, size)")
    assert set(answer) == set(FIELDS)
    assert [block.path for block in engine.jobs[0].parts.context] == ["board.py"]
    assert engine.jobs[0].parts.path == "game.py"  # The plugin did not send it.


async def test_llama_vscode_is_answered(plugin: Plugin, answers: Answers, engine: ScriptedEngine) -> None:
    await ready(answers)
    assert (await plugin.ask(b"", method="GET", path="/health"))[0] == 200
    status, answer = await plugin.ask(vscode_question(TYPED, 4), Accept="application/json, text/plain, */*")
    assert (status, answer["content"]) == (200, "size, size)")
    assert engine.jobs[0].parts.path == "game.py"
    # What it shows in its status bar; one candidate is an object, and it takes that as well as a list of three.
    assert {"prompt_n", "prompt_ms", "predicted_n", "predicted_ms"} <= set(answer["timings"])
    assert answer["truncated"] is False and isinstance(answer["tokens_cached"], int)
    # Before that it sends only parts of files, for llama.cpp's cache.
    nothing = {"input_prefix": "", "input_suffix": "", "n_predict": 0, "samplers": [], "t_max_predict_ms": 1}
    assert (await plugin.ask(vscode_question("", 0) | nothing))[1]["content"] == ""


async def test_an_answer_on_a_blank_line_brings_its_indentation(plugin: Plugin, engine: ScriptedEngine) -> None:
    """llama.vim and llama.vscode leave the spaces of a blank line out, and take them off the answer."""
    engine.text = "    board = Board(1, 1)"
    status, answer = await plugin.ask(vscode_question("", 4))
    assert (status, answer["content"]) == (200, "    board = Board(1, 1)")


async def test_all_fields_come_where_none_are_named(plugin: Plugin) -> None:
    _, answer = await plugin.ask(question(response_fields=None))
    assert answer["timings"]["predicted_n"] == 1 and answer["stop"] is True


@pytest.mark.parametrize("more", [{"n_predict": 0}, {"input_prefix": "", "prompt": "", "input_suffix": ""}])
async def test_what_only_warms_up_a_cache_is_answered_empty(
    plugin: Plugin, engine: ScriptedEngine, more: dict[str, Any]
) -> None:
    status, answer = await plugin.ask(question(**more))
    assert (status, answer["content"], engine.jobs) == (200, "", [])


async def test_a_client_that_hangs_up_takes_its_question_back(plugin: Plugin, engine: ScriptedEngine) -> None:
    engine.delay_s = 30
    _, writer = await asyncio.open_connection(LOOPBACK, plugin.port)
    writer.write(request(question()))
    await asyncio.wait_for(engine.asked.wait(), 10)
    writer.close()
    async with asyncio.timeout(10):
        while not engine.cancelled:  # noqa: ASYNC110 - the engine counts and notifies nobody
            await asyncio.sleep(0.02)


async def test_trouble_is_one_line(plugin: Plugin, engine: ScriptedEngine) -> None:
    engine.trouble = "the model is truncated: download it again"
    status, answer = await plugin.ask(question())
    assert (status, answer["error"]["message"]) == (503, engine.trouble)


@pytest.mark.parametrize(
    ("status", "change"),
    [
        (404, {"path": "/completion"}),
        (405, {"method": "PUT"}),
        (403, {"Host": "evil.example"}),
        (415, {"Content_Type": "text/plain"}),
        (400, {"body": b"{"}),
        (400, {"body": b"[" * 100_000}),
        (400, {"body": {"prompt": 1}}),
        (413, {"body": b" " * (MAX_BODY_BYTES + 1)}),
    ],
)
async def test_what_is_no_question_is_refused(plugin: Plugin, status: int, change: dict[str, Any]) -> None:
    found, answer = await plugin.ask(change.pop("body", question()), **change)
    assert found == status and "\n" not in answer["error"]["message"]
    assert (await plugin.ask(question()))[0] == 200


async def test_garbage_ends_the_connection_and_nothing_else(plugin: Plugin) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, plugin.port)
    writer.write(b"\x00\xff\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    assert (await plugin.ask(question()))[0] == 200
    assert (await plugin.ask(b"", method="GET", path="/health"))[1] == {"status": "ok"}


async def test_a_token_is_asked_for_if_there_is_one(answers: Answers) -> None:
    server = await asyncio.start_server(Endpoint(answers.answer, "secret").serve, LOOPBACK, 0)
    async with server:
        plugin = Plugin(server.sockets[0].getsockname()[1])
        assert (await plugin.ask(question()))[0] == 401
        assert (await plugin.ask(question(), Authorization="Bearer wrong"))[0] == 401
        assert (await plugin.ask(question(), Authorization="Bearer secret"))[0] == 200


def test_questions_are_read_leniently() -> None:
    assert read_question(b"{}").text == ""
    found = read_question(json.dumps({"prompt": "é", "n_predict": -1, "response_fields": [1, "a"]}).encode())
    assert (found.offset, found.max_tokens, found.fields) == (1, None, ("a",))
    with pytest.raises(BadQuestion):
        read_question(b"\xff")
    assert answer_json({"a": {"b": 1}, "c": 2}, ("a/b", "c/d", "e")) == {"a/b": 1}


def test_the_file_of_a_part_is_found_and_completed() -> None:
    game = "import board\n\ndef start_game(size):\n    return board.Board(size)\n\nstart_game(7)  # begins\n"
    files = [("other.py", "import board\nprint('hello')\n"), ("game.py", game)]
    part = "def start_game(size):\n    return board.Board(size + 1)\n\nstart_game(7)  # begins\n"
    assert most_alike(part, files) == "game.py" and is_from(part, game)
    assert most_alike("x = 1\n", files) == "" and not is_from("x = 1\n", game)
    part = "def start_game(size):\n    return board.Board(size)\n\nstart_game("
    placed = completed("game.py", part, len(part), game)
    assert placed.text == f"import board\n\n{part}"
    assert placed.text[: placed.offset].endswith("start_game(")
