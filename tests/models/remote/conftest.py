"""Fake servers and engines that leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from dovetail_models.engine.status import EngineStatus
from dovetail_models.remote.engine import RemoteEngine
from dovetail_models.remote.options import RemoteOptions
from dovetail_models.remote.token import TOKEN_VARIABLE
from tests.models.remote.fake_server import FakeServer

NewServer = Callable[..., Any]
NewEngine = Callable[..., RemoteEngine]


@pytest.fixture(autouse=True)
def no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the user's environment nor the user's keyring takes part."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    monkeypatch.setattr("dovetail_models.remote.token._from_keyring", lambda _host: "")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[FakeServer]:
    """Yield a fake llama.cpp server."""
    fake = FakeServer()
    await fake.start()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture
async def openai() -> AsyncIterator[FakeServer]:
    """Yield a fake server that knows only /v1."""
    fake = FakeServer(llama=False)
    await fake.start()
    yield fake
    await fake.stop()


@pytest_asyncio.fixture
async def new_engine() -> AsyncIterator[NewEngine]:
    """Make engines that do not wait between attempts."""
    engines: list[RemoteEngine] = []

    def new(
        server: FakeServer, on_status: Callable[[EngineStatus], None] | None = None, **options: Any
    ) -> RemoteEngine:
        engines.append(RemoteEngine(RemoteOptions(server.url, **options), on_status, at_once))
        return engines[-1]

    yield new
    for engine in engines:
        await engine.close()


async def at_once(_seconds: float) -> None:
    """Let others run, and wait no longer."""
    await asyncio.sleep(0)
