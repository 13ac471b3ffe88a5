"""Thousands of wrong messages: the server lives, answers each request once, and has the editor's text or none.

DOVETAIL_FUZZ=200 runs that many sessions instead of the usual few.
"""

from __future__ import annotations

import logging
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.client import Client
from tests.lsp.conftest import server_process
from tests.lsp.scripted import ScriptedEngine
from tests.lsp.server.editor_model import EditorModel
from tests.lsp.server.mutations import SECRET, URIS, encoded, message, mutated

SESSIONS = int(os.environ.get("DOVETAIL_FUZZ", "12"))
MESSAGES = 250
FIRST_ID = 1_000_000  # sent as negative numbers: those of the client itself are positive


async def fuzz(client: Client, rng: random.Random, messages: int) -> int:
    """Send messages, half of them wrong; returns how often the server had a text, which was right."""
    model = EditorModel()
    right = 0
    for number in range(FIRST_ID, FIRST_ID + messages):
        value: Any = message(rng, model.texts, number)
        if rng.random() < 0.5:
            value = mutated(rng, value, number)
        sent = encoded(rng, value)
        client.send_bytes(sent.data)
        model.sent(sent)
        if number % 5 == 0:
            right += await in_step(client, model)
    owed = Counter(map(key, model.owed))
    await client.until(lambda: not owed - answers(client))
    await in_step(client, model)
    assert all(answers(client)[identifier] == count for identifier, count in owed.items())
    return right


async def in_step(client: Client, model: EditorModel) -> int:
    right = 0
    for uri in URIS:
        known = await client.ask("dovetail/documentState", {"textDocument": {"uri": uri}})
        if known is None:
            continue
        assert uri in model.texts, "a document that is not open"
        assert uri not in model.unclear, "a text that no server can know"
        text = model.texts[uri]
        assert (known["length"], known["sha256"]) == (
            len(text),
            sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        )
        right += 1
    return right


def answers(client: Client) -> Counter[str]:
    return Counter({key(identifier): len(found) for identifier, found in client.answers.items() if found})


def key(identifier: Any) -> str:
    return repr(identifier)


@pytest.mark.parametrize("seed", range(SESSIONS))
async def test_wrong_messages_in_process(
    seed: int, connect: Callable[[ScriptedEngine], Awaitable[Client]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="dovetail")
    caplog.set_level(logging.CRITICAL + 1, logger="pygls")  # silent in a real server, too
    client = await connect(ScriptedEngine("x = 1\n"))
    await client.initialize(None)
    right = await fuzz(client, random.Random(seed), MESSAGES)
    assert right >= 5, "hardly ever was there a text to compare"
    own = [record for record in caplog.records if record.name.startswith("dovetail")]
    assert SECRET not in "".join(f"{record.getMessage()} {record.exc_text}" for record in own)
    assert not [record for record in own if record.levelno >= logging.ERROR], "a bug was reported"


async def test_wrong_messages_to_a_real_server(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    async with server_process("--log-file", str(log), "--log-level", "debug") as client:
        await client.initialize(None, max_tokens=1)
        await fuzz(client, random.Random("real"), MESSAGES)
        client.open("untitled:last", "t = 1\n")
        assert "error" not in await client.answer(client.ghost_text("untitled:last", 0, 4))
        await client.leave()
    text = log.read_text(encoding="utf-8")
    assert SECRET not in text
    assert " while handling a message" not in text, "a bug was reported"
