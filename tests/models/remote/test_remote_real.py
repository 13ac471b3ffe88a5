"""Real servers: llama.cpp's (DOVETAIL_LLAMA_SERVER names the program) and any that DOVETAIL_REMOTE_URL names.

Both have to run the starter model; the second is only asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineStatus
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from dovetail_models.remote.engine import RemoteEngine
from dovetail_models.remote.fallback import FallbackEngine
from dovetail_models.remote.options import RemoteOptions

PREFIX = "class Board:\n    def __init__(self, width: int, height: int) -> None:\n"
TYPED = ("", "        self", "        self.wid", "        self.width = ", "        retu", "        for x in ra")


def jobs() -> Iterator[CompletionJob]:
    """Yield places with words typed in part, a marker in the text, and characters of several bytes."""
    blocks = (ContextBlock("game.py", "def play(board):\n    # <｜fim▁end｜> größe 😀\n    return board.width\n"),)
    for typed in TYPED:
        yield CompletionJob(PromptParts(blocks, "board.py", PREFIX, "\n", typed), document="board", max_tokens=12)


class LlamaCpp:
    """A server that is started and killed."""

    def __init__(self, program: str, model: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [program, "-m", str(model), "-c", "1024", "-t", "1", "-np", "1", "-fa", "off"]
        self._command += ["--port", str(self.port)]
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        quiet = subprocess.DEVNULL
        self._process = await asyncio.to_thread(
            subprocess.Popen, self._command, stdin=quiet, stdout=quiet, stderr=quiet
        )
        for _ in range(600):
            if await asyncio.to_thread(self._is_healthy):
                return
            await asyncio.sleep(0.1)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def is_busy(self) -> bool:
        return any(slot["is_processing"] for slot in self._get("/slots"))

    def _is_healthy(self) -> bool:
        try:
            return self._get("/health") == {"status": "ok"}
        except OSError:
            return False

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)


@pytest_asyncio.fixture
async def llama(model_path: Path) -> AsyncIterator[LlamaCpp]:
    program = os.environ.get("DOVETAIL_LLAMA_SERVER")
    if not program:
        pytest.skip("needs llama.cpp's server: name the program in DOVETAIL_LLAMA_SERVER")
    server = LlamaCpp(program, model_path)
    await server.start()
    yield server
    server.kill()


async def test_llama_cpp_writes_what_the_local_engine_writes(llama: LlamaCpp, client: EngineClient) -> None:
    remote = RemoteEngine(RemoteOptions(llama.url, first_token_s=60.0))
    try:
        for job in jobs():
            here, there = await client.complete(job), await remote.complete(job)
            assert there.text == here.text, job.parts.forced
            assert there.logprob == pytest.approx(here.logprob, abs=0.1)
            assert abs(there.prompt_tokens - here.prompt_tokens) <= 8  # those that are spelled again
    finally:
        await remote.close()


async def test_cancelling_frees_the_server(llama: LlamaCpp) -> None:
    remote = RemoteEngine(RemoteOptions(llama.url, first_token_s=60.0))
    long = CompletionJob(PromptParts((), "a.py", "x = [\n" + "    1,\n" * 150, "\n"), document="a", max_tokens=500)
    try:
        await remote.ensure_ready()
        asking = asyncio.create_task(remote.complete(long))
        await until(llama.is_busy, True)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await until(llama.is_busy, False)
        asking = asyncio.create_task(remote.complete(long, lambda text: len(text) > 3))
        assert (await asking).stop == "enough"
        await until(llama.is_busy, False)
    finally:
        await remote.close()


async def test_a_server_killed_in_the_middle(llama: LlamaCpp, options: EngineOptions, new_client: Any) -> None:
    reported: list[EngineStatus] = []
    engine = FallbackEngine(
        lambda take: RemoteEngine(RemoteOptions(llama.url), take),
        lambda take: new_client(options, take),
        reported.append,
    )
    try:
        texts = []
        for number, job in enumerate(jobs()):
            if number == 3:
                llama.kill()
            texts.append((await engine.complete(job)).model)
        here = [model for model in texts if "127.0.0.1" not in model]
        assert len(here) == 3 and texts[3:] == here
        away = {status.notice for status in reported if "answers on this machine" in status.notice}
        assert {notice.partition(";")[0] for notice in away} == {reported[-1].message.partition(";")[0]}
        await llama.start()
        await until(lambda: "answers again" in reported[-1].notice, True)
        assert "127.0.0.1" in (await engine.complete(next(jobs()))).model
    finally:
        await engine.close()


async def test_a_server_that_is_named(client: EngineClient) -> None:
    url = os.environ.get("DOVETAIL_REMOTE_URL")
    if not url:
        pytest.skip("needs a server with the starter model: name it in DOVETAIL_REMOTE_URL")
    remote = RemoteEngine(RemoteOptions(url, n_ctx=1024, first_token_s=60.0))
    try:
        here = [(await client.complete(job)).text for job in jobs()]
        there = [(await remote.complete(job)).text for job in jobs()]
        assert sum(map(str.__eq__, here, there)) >= len(here) - 2
    finally:
        await remote.close()


async def until(condition: Any, wanted: bool) -> None:
    """Wait for what happens soon."""
    for _ in range(600):
        if await asyncio.to_thread(condition) == wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")
