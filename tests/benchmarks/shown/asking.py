"""Asks a real `dovetail serve`, unasked as an editor does while one types, and applies what it would show."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dovetail_context.languages.identify import SUFFIX_OF_ID
from tests.benchmarks.shown.places import Hole
from tests.benchmarks.shown.replies import RecordedEngine
from tests.lsp.client import Client
from tests.lsp.conftest import server_in_process, server_process

AUTOMATIC = 2
_ID_OF_SUFFIX = {suffix: name for name, suffix in reversed(SUFFIX_OF_ID.items())}


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown at a hole: `inserted` replaces the text from `start` to `end` (code points); "" for nothing.

    `written` is what the model wrote, if that is recorded.
    """

    hole: Hole
    inserted: str
    start: int
    end: int
    written: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The file with the suggestion inserted."""
        return self.hole.text[: self.start] + self.inserted + self.hole.text[self.end :]


async def ask(
    root: Path, holes: Iterable[Hole], folder: Path, engine: RecordedEngine | None = None
) -> AsyncIterator[Shown]:
    """Yield what is shown at each hole of the project `root`; `folder` is where the server runs.

    With an `engine` the server runs in this process and uses that one.
    """
    async with _server(folder, engine) as client:
        await client.initialize(root, encoding="utf-32", statistics=False)
        await client.notification("dovetail/status", _is_ready)
        for number, hole in enumerate(holes):
            if engine is not None:
                engine.ask_about(hole)
            uri = (root / hole.path).as_uri()
            client.open(uri, hole.text, _ID_OF_SUFFIX.get(Path(hole.path).suffix, "plaintext"))
            answer = await client.answer(client.ghost_text(uri, *hole.position, kind=AUTOMATIC))
            client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
            if "error" in answer:
                raise RuntimeError(f"hole {number} in {hole.path}: {answer['error']}")
            shown = _applied(hole, answer["result"])
            yield shown if engine is None else replace(shown, written=tuple(engine.written))


@asynccontextmanager
async def _server(folder: Path, engine: RecordedEngine | None) -> AsyncIterator[Client]:
    apart = {"DOVETAIL_RUNTIME_DIR": str(folder / "run"), "DOVETAIL_LINGER_S": "0"}
    if engine is None:
        async with server_process(cwd=folder, env=apart) as client:
            yield client
        return
    with patch.dict(os.environ, apart):
        async with server_in_process(engine) as client:
            yield client


def _is_ready(status: dict[str, Any]) -> bool:
    return status["state"] == "ready" and not status["indexing"]


def _applied(hole: Hole, result: dict[str, Any] | None) -> Shown:
    items = (result or {}).get("items") or []
    at = len(hole.before)
    if not items:
        return Shown(hole, "", at, at)
    item = items[0]
    starts = [0]
    for line in hole.text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    place = item.get("range")
    start, end = (
        (starts[place[side]["line"]] + place[side]["character"] for side in ("start", "end")) if place else (at, at)
    )
    return Shown(hole, item["insertText"], start, end)
