"""Servers to talk to: in this process with a scripted engine, and as a real process with the real one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from dovetail.rules import live
from dovetail.server.serve import create_server, serve
from dovetail.session.inference.engine import MakeEngine
from tests.game import write_game
from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine


class EngineOfTests(Protocol):
    """An engine for a server in this process, which makes it and closes it."""

    made: bool
    closed: bool
    make: MakeEngine


class _Output:
    """The server's output, fed into the client's reader."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    def write(self, data: bytes) -> None:
        self._reader.feed_data(data)

    def close(self) -> None:
        self._reader.feed_eof()


@asynccontextmanager
async def server_in_process(engine: EngineOfTests) -> AsyncIterator[Client]:
    """Yield a client of a server in this event loop. Check at the end that it ends and closes its engine."""
    to_server, to_client = asyncio.StreamReader(), asyncio.StreamReader()
    serving = asyncio.create_task(serve(create_server(engine.make), to_server, _Output(to_client)))
    client = Client(to_client, to_server.feed_data)
    try:
        yield client
    finally:
        to_server.feed_eof()
        await asyncio.wait_for(serving, 30)
        await client.close()
    assert engine.closed or not engine.made


@asynccontextmanager
async def server_process(
    *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None
) -> AsyncIterator[Client]:
    """Yield a client of `dovetail serve` as a process. Check at the end that it and its children have ended."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-E", "-P", "-m", "dovetail", "serve", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **(env or {})},
        cwd=cwd,
    )
    assert process.stdin is not None and process.stdout is not None
    client = Client(process.stdout, process.stdin.write)
    client.process = psutil.Process(process.pid)
    family: list[psutil.Process] = []
    try:
        yield client
        family = client.process.children(recursive=True) if client.process.is_running() else []
    finally:
        if not process.stdin.is_closing():
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 30)
        finally:
            await client.close()
            _, alive = psutil.wait_procs(family, timeout=10)
            for orphan in alive:
                orphan.kill()
            assert not alive, "the server left processes behind"


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[ScriptedEngine], object]]:
    """Start servers in this process, as many as a test wants; they end with the test."""
    async with AsyncExitStack() as stack:

        async def start(engine: ScriptedEngine) -> Client:
            return await stack.enter_async_context(server_in_process(engine))

        yield start


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of two files, see `tests/game.py`."""
    return write_game(tmp_path)


@pytest.fixture
def own_rules_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of the user's own rules, which is missing until a test writes it."""
    path = tmp_path / "config" / "rules.toml"
    path.parent.mkdir()
    monkeypatch.setattr(live, "user_rules_path", lambda: path)
    return path
