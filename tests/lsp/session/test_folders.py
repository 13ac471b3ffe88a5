"""Folders that come and go while documents are open: each document belongs to the innermost open folder around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
TEXT = "from pkg.thing import Thing\n\nx = Thing("


@pytest.fixture
def outer(tmp_path: Path) -> Path:
    """Create a project with a package that may be opened as a separate folder."""
    package = tmp_path / "outer" / "pkg"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "thing.py").write_text("class Thing:\n    def __init__(self, sprocket: int) -> None: ...\n")
    (package / "main.py").write_text(TEXT)
    (tmp_path / "outer" / "pyproject.toml").write_text("[project]\nname = 'outer'\n")
    return tmp_path / "outer"


def folders(client: Client, added: list[Path], removed: list[Path]) -> None:
    event = {
        name: [{"uri": each.as_uri(), "name": each.name} for each in paths]
        for name, paths in (("added", added), ("removed", removed))
    }
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})


class Typist:
    """Type one space after the other, and check what the model sees."""

    def __init__(self, client: Client, engine: ScriptedEngine, uri: str) -> None:
        self.client, self.engine, self.uri, self.version = client, engine, uri, 1
        client.open(uri, TEXT)

    async def sees(self) -> bool:
        self.version += 1
        changes = [{"text": TEXT + " " * (self.version % 2)}]
        document = {"uri": self.uri, "version": self.version}
        self.client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        await self.client.answer(self.client.ghost_text(self.uri, 2, len("x = Thing(")))
        return any("sprocket" in block.text for block in self.engine.jobs[-1].parts.context)

    async def comes_to_see(self) -> bool:
        for _ in range(100):
            if await self.sees():
                return True
            await asyncio.sleep(0.02)
        return False


async def start(connect: Connect, *roots: Path) -> tuple[Client, ScriptedEngine]:
    engine = ScriptedEngine("sprocket=1)")
    client = await connect(engine)
    await client.initialize(roots[0])
    folders(client, list(roots[1:]), [])
    return client, engine


async def test_an_inner_folder_goes_while_the_outer_stays(connect: Connect, outer: Path) -> None:
    client, engine = await start(connect, outer, outer / "pkg")
    typist = Typist(client, engine, (outer / "pkg" / "main.py").as_uri())
    await typist.sees()
    folders(client, [], [outer / "pkg"])
    assert await typist.comes_to_see()


async def test_a_folder_that_is_closed_shows_nothing_and_opened_again_shows_all(connect: Connect, outer: Path) -> None:
    client, engine = await start(connect, outer)
    typist = Typist(client, engine, (outer / "pkg" / "main.py").as_uri())
    assert await typist.comes_to_see()
    folders(client, [], [outer])
    assert not await typist.sees()
    folders(client, [outer], [])
    assert await typist.comes_to_see()


async def test_a_folder_is_opened_around_open_documents(connect: Connect, outer: Path) -> None:
    (outer / "pkg" / "package.json").write_text("{}")  # makes it a separate project until the outer one is open
    engine = ScriptedEngine("sprocket=1)")
    client = await connect(engine)
    await client.initialize(None)
    typist = Typist(client, engine, (outer / "pkg" / "main.py").as_uri())
    await typist.sees()
    folders(client, [], [outer / "pkg"])
    assert not await typist.sees()
    folders(client, [outer], [])
    assert await typist.comes_to_see()
