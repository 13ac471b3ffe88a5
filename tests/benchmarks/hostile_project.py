"""Measure completions in a good project while a hostile one is open in the same server.

    python -m tests.benchmarks.hostile_project [--rounds N]

A real `dovetail serve` with the starter model: first alone with the good project, then with two hostile ones open, all
their documents open in the editor, typed in and asked about. Prints medians and the largest, in milliseconds, and how
long the process lives on after its input has ended.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from tests.game import write_game
from tests.hostile import write_hostile_project
from tests.lsp.client import Client
from tests.lsp.conftest import server_process

LINES = "from board import Board\n\n\ndef start(size: int) -> Board:\n    board = Board(\n"


class GoodDocument:
    """One that is typed in, a letter a round, and asked about with each."""

    def __init__(self, client: Client, uri: str) -> None:
        self.client, self.uri, self.version = client, uri, 1
        client.open(uri, LINES)

    async def ask(self) -> float:
        """Return the milliseconds from the change to the answer. The line differs each time, so no cache helps."""
        self.version += 1
        text = LINES.replace("size: int", f"size{self.version}: int")
        started = time.perf_counter()
        self.client.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": [{"text": text}]},
        )
        await self.client.answer(self.client.ghost_text(self.uri, 4, len("    board = Board(")))
        return (time.perf_counter() - started) * 1000


async def measure(rounds: int, folder: Path) -> None:
    good = folder / "good"
    good.mkdir()
    write_game(good)
    roots = [folder / "many", folder / "pipe"]
    documents = {}
    for root in roots:
        root.mkdir()
        for path, text in write_hostile_project(root, root.name).items():
            documents[(root / path).as_uri()] = text
    async with server_process(cwd=folder) as client:
        await client.initialize(good)
        await client.notification("dovetail/status", lambda status: status["state"] == "ready")
        document = GoodDocument(client, (good / "game.py").as_uri())
        for _ in range(5):
            await document.ask()
        show("alone", [await document.ask() for _ in range(rounds)])
        folders = [{"uri": root.as_uri(), "name": root.name} for root in roots]
        client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": folders, "removed": []}})
        asked = []
        for number, (uri, text) in enumerate(documents.items()):
            client.open(uri, text)
            position = {"line": text.count("\n"), "character": len(text.rpartition("\n")[2].encode("utf-16-le")) // 2}
            change = {"range": {"start": position, "end": position}, "text": "y"}
            client.notify(
                "textDocument/didChange",
                {"textDocument": {"uri": uri, "version": 1}, "contentChanges": [change]},
            )
            asked.append(client.ghost_text(uri, position["line"], position["character"] + 1))
            print(f"  opened {number + 1} of {len(documents)}: {uri.rpartition('/')[2]}", flush=True)
        show("beside hostile ones", [await document.ask() for _ in range(rounds)])
        started = time.perf_counter()
        for identifier in asked:
            await client.answer(identifier)
        print(f"all hostile documents answered after {time.perf_counter() - started:.1f} s")
        show("when they rest", [await document.ask() for _ in range(rounds)])
        ended = time.perf_counter()
    print(f"the process ended {time.perf_counter() - ended:.1f} s after its input")


def show(what: str, times: list[float]) -> None:
    print(" ".join(f"{each:.0f}" for each in times), flush=True)
    print(f"{what}: median {statistics.median(times):.0f} ms, largest {max(times):.0f} ms of {len(times)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(measure(rounds, Path(name).resolve()))
