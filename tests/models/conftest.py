"""Fixtures for tests/models/: the model that tests run on, clients that leave nothing behind, a real vocabulary."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.client.launch import HOST_MODULE
from dovetail_models.engine.decoding.healing import PieceIndex
from dovetail_models.engine.ipc.transport import RUNTIME_FOLDER_VARIABLE
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import llama
from dovetail_models.engine.runtime.tokenizer import Tokenizer
from dovetail_models.engine.runtime.vocabulary import Vocabulary
from dovetail_models.engine.status import EngineStatus
from dovetail_models.files import resolve_model

NewClient = Callable[..., EngineClient]


@pytest.fixture(scope="session")
def model_path() -> Path:
    """Return the starter model, or the model that DOVETAIL_TEST_MODEL names."""
    return resolve_model(os.environ.get("DOVETAIL_TEST_MODEL")).path


@pytest.fixture
def options(model_path: Path) -> EngineOptions:
    """One thread and a small window: several hosts run at a time."""
    return EngineOptions(model_path, n_ctx=1024, threads=1)


@pytest_asyncio.fixture
async def new_client(options: EngineOptions) -> AsyncIterator[NewClient]:
    """Make clients. Close them afterwards, and check that none leaves a process behind."""
    clients: list[EngineClient] = []

    def new(
        with_options: EngineOptions = options, on_status: Callable[[EngineStatus], None] | None = None
    ) -> EngineClient:
        clients.append(EngineClient(with_options, on_status))
        return clients[-1]

    yield new
    for client in clients:
        await client.close()
    await until(lambda: hosts() == [])  # One that came second at a start, and so was not needed, may still be leaving.
    assert leftovers() == []


@pytest_asyncio.fixture
async def client(new_client: NewClient) -> EngineClient:
    """Return a client that has started nothing yet."""
    return new_client()


@pytest.fixture(scope="session")
def deepseek_vocabulary(shared: Path) -> Path:
    """DeepSeek-Coder's vocabulary: a GGUF file without weights."""
    return shared / "vocab" / "ggml-vocab-deepseek-coder.gguf"


def hosts() -> list[psutil.Process]:
    """Engine hosts of this test that still run, those included that only start."""
    folder = os.environ[RUNTIME_FOLDER_VARIABLE]
    found = []
    for process in psutil.process_iter():
        try:
            line = process.cmdline()
            if HOST_MODULE in line and line[-1].startswith(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def leftovers() -> list[str]:
    """Return the files that hosts of this test have left in the runtime folder."""
    folder = Path(os.environ[RUNTIME_FOLDER_VARIABLE])
    return [path.name for path in folder.rglob("*") if path.name != "start.lock"]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that must happen. If it never does, the test runner's time limit ends the test."""
    while not condition():  # noqa: ASYNC110 - what is waited for happens in other processes
        await asyncio.sleep(0.005)


Real = tuple[Vocabulary, Tokenizer, PieceIndex]


@pytest.fixture(scope="module", params=["starter", "deepseek"])
def real(request: pytest.FixtureRequest) -> Real:
    """A vocabulary with its tokenizer and the order of its pieces; of the starter model, then of DeepSeek-Coder."""
    fixture = "model_path" if request.param == "starter" else "deepseek_vocabulary"
    path: Path = request.getfixturevalue(fixture)
    vocabulary = llama.load_model(path, vocab_only=True).vocabulary
    return vocabulary, Tokenizer(vocabulary), PieceIndex(vocabulary)
