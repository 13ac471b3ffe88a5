"""The real server as a process, with the real engine host and the starter model."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil
import pytest

from dovetail_models.engine.ipc.registry import running
from dovetail_models.files import resolve_model
from tests.game import CALL_COLUMN, CALL_LINE, GAME
from tests.lsp.client import Client
from tests.lsp.conftest import server_process


async def ready(client: Client) -> None:
    await client.notification("dovetail/status", lambda status: status["state"] == "ready" and not status["indexing"])


async def test_a_completion_from_nothing(project: Path) -> None:
    async with server_process() as client:
        await client.initialize(project, max_tokens=16)
        await ready(client)
        uri = (project / "game.py").as_uri()
        client.open(uri, GAME)
        await client.answer(client.ghost_text(uri, CALL_LINE - 1, CALL_COLUMN - 1))
        why = await client.ask("dovetail/why", {"textDocument": {"uri": uri}})
        await client.leave()
    assert why["model"] and why["tokens"]["generated"] > 0
    assert {item["path"] for item in why["context"]} == {"board.py"}


@pytest.mark.long
async def test_what_was_read_need_not_be_read_again_after_a_restart_if_asked(project: Path) -> None:
    reused = []
    uri = (project / "game.py").as_uri()
    for _ in range(2):
        async with server_process() as client:
            await client.initialize(project, max_tokens=16, kv_cache_mb=100)
            await ready(client)
            client.open(uri, GAME)
            await client.answer(client.ghost_text(uri, CALL_LINE - 1, CALL_COLUMN - 1))
            why = await client.ask("dovetail/why", {"textDocument": {"uri": uri}})
            reused.append(why["tokens"]["reused"])
            await client.leave()
    assert reused[0] < 64 < reused[1]


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_typing_a_file_keeps_both_sides_in_step(project: Path, encoding: str) -> None:
    """200 lines, key by key, with pauses, requests and cancellations at random."""
    rng = random.Random(encoding)
    uri = (project / "typed.py").as_uri()
    requests: list[int] = []
    text = ""
    async with server_process() as client:
        await client.initialize(project, encoding, max_tokens=4)
        client.open(uri, text)
        for version, (key, caret) in enumerate(keystrokes(rng), 1):
            text = press(client, uri, text, version, key, caret)
            if rng.random() < 0.02:
                place = lsp_position(text, len(text), encoding)
                requests.append(client.ghost_text(uri, **place, kind=rng.choice([1, 2])))
                await asyncio.sleep(rng.choice([0, 0, 0.001, 0.05]))
                if rng.random() < 0.1:
                    await client.answer(requests[-1])
            if requests and rng.random() < 0.01:
                client.cancel(rng.choice(requests))
        await client.until(lambda: all(client.answers[request] for request in requests))
        step = await client.ask("dovetail/documentState", {"textDocument": {"uri": uri}})
        why = await client.ask("dovetail/why", {"textDocument": {"uri": uri}})
        await client.leave()
    assert text.count("\n") >= 200
    assert step["length"] == len(text)
    assert step["sha256"] == sha256(text.encode()).hexdigest()
    assert all(len(client.answers[request]) == 1 for request in requests)
    errors = {
        client.answers[request][0]["error"]["code"] for request in requests if "error" in client.answers[request][0]
    }
    assert errors <= {-32800}, "a request failed in another way than by cancellation"
    assert why is not None, "the model never answered"


def another_text(uri: str, version: int) -> dict[str, Any]:
    """Return a change at the end of the document, which makes answers for the earlier text invalid."""
    end = {"line": 9999, "character": 0}
    change = {"range": {"start": end, "end": end}, "text": f"# {version}\n"}
    return {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}


async def test_a_killed_host_is_replaced_and_the_editor_sees_no_error(project: Path) -> None:
    uri = (project / "game.py").as_uri()
    async with server_process() as client:
        await client.initialize(project, max_tokens=64)
        await ready(client)
        client.open(uri, GAME)
        hosts = []
        for version, pause in enumerate((0.0, 0.01, 0.1), 2):
            client.notify("textDocument/didChange", another_text(uri, version))
            request = client.ghost_text(uri, CALL_LINE - 1, CALL_COLUMN - 1)
            await asyncio.sleep(pause)
            (host,) = engine_hosts()
            hosts.append(host.pid)
            host.kill()
            answer = await client.answer(request)
            assert "error" not in answer
        client.notify("textDocument/didChange", another_text(uri, 9))
        answer = await client.answer(client.ghost_text(uri, CALL_LINE - 1, CALL_COLUMN - 1))
        assert "error" not in answer and answer["result"] is not None
        (host,) = engine_hosts()
        assert host.pid not in hosts
        assert not [n for n in client.notifications if n["method"] == "window/showMessage"]
        await client.leave()


@pytest.mark.long
async def test_a_client_that_vanishes_leaves_no_process(project: Path) -> None:
    async with server_process() as client:
        await client.initialize(project)
        await ready(client)
        assert engine_hosts()
    # The context manager closed the pipe without a word and found neither server nor host alive.


async def test_a_server_that_is_killed_leaves_no_host(project: Path) -> None:
    async with server_process() as client:
        await client.initialize(project)
        await ready(client)
        hosts = engine_hosts()
        client.process.kill()
        _, alive = await asyncio.to_thread(psutil.wait_procs, hosts, 30)
        assert not alive


@pytest.mark.long
async def test_a_server_whose_folders_vanish_works_on_and_leaves(
    project: Path, tmp_path: Path, runtime_folder: Path, state_folder: Path, cache_folder: Path
) -> None:
    """A logout, a cleaner or a user removes them: those of the server, the project, and where it was started."""
    started_in = tmp_path / "started-in"
    started_in.mkdir()
    uri = (project / "game.py").as_uri()
    async with server_process(cwd=started_in) as client:
        await client.initialize(project, max_tokens=8)
        await ready(client)
        (host,) = engine_hosts()
        client.open(uri, GAME)
        for folder in (runtime_folder, state_folder, cache_folder, project, started_in):
            shutil.rmtree(folder, ignore_errors=True)
        for version, and_host in enumerate((False, True), 2):
            if and_host:
                host.kill()
            client.notify("textDocument/didChange", another_text(uri, version))
            answer = await client.answer(client.ghost_text(uri, CALL_LINE - 1, CALL_COLUMN - 1))
            assert answer["result"] is not None
        assert not [n for n in client.notifications if n["method"] == "window/showMessage"]
        await client.leave()
        await asyncio.to_thread(client.process.wait, 30)


async def test_a_hostile_workspace_does_not_get_into_the_server(project: Path) -> None:
    for name in ("dataclasses.py", "asyncio.py", "numpy.py"):
        (project / name).write_text("raise SystemExit('the workspace was imported')\n")
    (project / "models").mkdir()
    (project / "models" / "__init__.py").write_text("raise SystemExit('the workspace was imported')\n")
    async with server_process(env={"PYTHONPATH": str(project)}, cwd=project) as client:
        await client.initialize(project, max_tokens=4)
        await ready(client)
        uri = (project / "game.py").as_uri()
        client.open(uri, GAME)
        assert "error" not in await client.answer(client.ghost_text(uri, CALL_LINE - 1, CALL_COLUMN - 1))
        await client.leave()


async def test_the_log_holds_no_text_of_the_user(project: Path, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    async with server_process("--log-file", str(log), "--log-level", "debug") as client:
        await client.initialize(project, max_tokens=4)
        await ready(client)
        uri = (project / "game.py").as_uri()
        client.open(uri, GAME.replace("Board(\n", "Board('SECRET_OF_THE_USER', \n"))
        await client.answer(client.ghost_text(uri, CALL_LINE - 1, CALL_COLUMN + 21))
        client.notify("textDocument/didChange", {"contentChanges": [{"text": "SECRET_OF_THE_USER"}]})
        await client.leave()
    assert "SECRET_OF_THE_USER" not in log.read_text()


@pytest.mark.skipif(os.name == "nt", reason="sends SIGTERM, which Windows does not have")
async def test_a_terminated_server_leaves_no_host(project: Path) -> None:
    async with server_process() as client:
        await client.initialize(project)
        await ready(client)
        hosts = engine_hosts()
        client.process.terminate()
        _, alive = await asyncio.to_thread(psutil.wait_procs, [client.process, *hosts], 30)
        assert not alive


def engine_hosts() -> list[psutil.Process]:
    """Return the engine hosts that the server has found or started; each test has its own host registry."""
    return [psutil.Process(card.pid) for _, card in running()]


def keystrokes(rng: random.Random) -> list[tuple[str, int]]:
    """The keys of 200 odd lines, each with the offset where it is typed: mostly at the end, sometimes further up."""
    keys: list[tuple[str, int]] = []
    length = 0
    pieces = ["x = 1", "🙂", "é", "\u2028", "\x0c", "name", "(", ")", "# 𝒳", "\t", "  ", "def f():", "'→'"]
    for _ in range(200):
        line = "".join(rng.choices(pieces, k=3))
        for key in [*line, rng.choice(["\n", "\r\n"])]:
            keys.append((key, length))
            length += len(key)
        if rng.random() < 0.2:
            keys.append((rng.choice(["a", "🙂", "\n"]), rng.randrange(length)))
            length += 1
    return keys


def press(client: Client, uri: str, text: str, version: int, key: str, caret: int) -> str:
    """Type a key at an offset, on the wire and on the client's side; returns the client's text afterwards."""
    if text[caret - 1 : caret + 1] == "\r\n":  # No editor puts the caret inside a line end.
        caret += 1
    position = lsp_position(text, caret, client.encoding)
    change = {"range": {"start": position, "end": position}, "text": key}
    client.notify(
        "textDocument/didChange", {"textDocument": {"uri": uri, "version": version}, "contentChanges": [change]}
    )
    return text[:caret] + key + text[caret:]


def lsp_position(text: str, offset: int, encoding: str) -> dict[str, int]:
    """Return a position as the protocol defines it, computed independently of the server."""
    lines = re.split("\r\n|\r|\n", text[:offset])
    codec, unit = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[encoding]
    return {"line": len(lines) - 1, "character": len(lines[-1].encode(codec)) // unit}


@pytest.mark.long
async def test_another_model_takes_over_and_the_host_of_the_one_before_ends(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    shutil.copy(resolve_model(None).path, other)
    async with server_process() as client:
        await client.initialize(project, max_tokens=16)
        await ready(client)
        client.notify("workspace/didChangeConfiguration", {"settings": {"dovetail": {"model": str(other)}}})
        await client.notification(
            "dovetail/status", lambda status: (status["model"], status["state"]) == ("other", "ready")
        )
        uri = (project / "game.py").as_uri()
        client.open(uri, GAME)
        await client.answer(client.ghost_text(uri, CALL_LINE - 1, CALL_COLUMN - 1))
        why = await client.ask("dovetail/why", {"textDocument": {"uri": uri}})
        assert why["model"] == "other"
        async with asyncio.timeout(20):
            while {Path(card.model).stem for _, card in running()} != {"other"}:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        await client.leave()
