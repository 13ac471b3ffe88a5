"""Measure the memory of two Neovims and another language client, and check that closing them ends every process.

    python -m tests.benchmarks.editors.sharing [--nvim NVIM] [--linger 5]

Not a test. Each of the three starts its own server; all servers use one engine host, so there is one copy of the
weights. The table has a row for each process: resident memory, and its proportional share (PSS, on Linux). Then the
clients close one by one. The host must end within its idle time after the last, and no process may be left.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks.figures import say
from tests.editors.nvim.driver import REAL, REPOSITORY, Editor, editor, neovims, wait_for
from tests.editors.nvim.processes import Memory, engine_hosts, memory, of_folder
from tests.lsp.client import framed

FILE = Path("library") / "readers.py"
ROW = 21  # from 0
LINE = "        self.loans.append("
# Beyond the idle time: a host looks at its clients every few seconds, and a busy machine is slow.
GRACE_S = 30


@contextmanager
def neovim(version: str, executable: str, folder: Path) -> Iterator[Editor]:
    """Yield a Neovim with the real server, in a copy of the example project, with ghost text on its screen."""
    folder.mkdir()
    shutil.copytree(REPOSITORY / "docs" / "example", folder / "example")
    with editor(version, executable, folder, cmd=REAL, watchdog_s=600) as edit:
        edit.nvim.command(f"edit {folder / 'example' / FILE}")
        wait_for(lambda: edit.lua("return require('dovetail').status().state") == "ready", "the model", 120)
        edit.wait_attached()
        edit.type(f"{ROW + 1}GS{LINE.strip()}")
        tries = iter(range(1, 10_000))

        def is_shown() -> bool:
            if next(tries) % 100 == 0:
                edit.type("<BS>(")
            return edit.ghost() != ""

        wait_for(is_shown, "the ghost text", 120)
        yield edit


class OtherClient:
    """A language client without an editor, on the pipes of its own server."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(REAL, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.number = 0

    def send(self, method: str, params: Any, **more: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(
            framed(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode())
        )
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """Return the next message."""
        assert self.process.stdout is not None
        length = 0
        while (header := self.process.stdout.readline().strip()) != b"":
            if header.lower().startswith(b"content-length:"):
                length = int(header.split(b":")[1])
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        return message

    def ask(self, method: str, params: Any) -> Any:
        """Return the result of a request; other messages are passed over."""
        self.number += 1
        self.send(method, params, id=self.number)
        while (message := self.receive()).get("id") != self.number or "method" in message:
            continue
        assert "error" not in message, message["error"]
        return message["result"]


@contextmanager
def other_client(folder: Path) -> Iterator[OtherClient]:
    """Yield a client that has got a completion."""
    shutil.copytree(REPOSITORY / "docs" / "example", folder / "example")
    path = folder / "example" / FILE
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[ROW] = LINE
    client = OtherClient()
    try:
        root = (folder / "example").as_uri()
        folders = [{"uri": root, "name": "example"}]
        client.ask(
            "initialize", {"processId": os.getpid(), "rootUri": None, "workspaceFolders": folders, "capabilities": {}}
        )
        client.send("initialized", {})
        document = {"uri": path.as_uri(), "languageId": "python", "version": 0, "text": "\n".join(lines)}
        client.send("textDocument/didOpen", {"textDocument": document})
        place = {
            "textDocument": {"uri": path.as_uri()},
            "position": {"line": ROW, "character": len(LINE)},
            "context": {"triggerKind": 1},
        }
        # Nothing comes of it while the model is loaded.
        wait_for(lambda: client.ask("textDocument/inlineCompletion", place), "the completion", 120)
        yield client
        client.ask("shutdown", None)
        client.send("exit", None)
        client.process.wait(60)
    finally:
        client.process.kill()
        client.process.communicate()


def kind_of(process: psutil.Process, hosts: list[psutil.Process]) -> str:
    """Return a readable description of a process."""
    if process in hosts:
        return "engine host"
    command = process.cmdline()
    return "server" if "serve" in command else "Neovim" if "nvim" in Path(command[0]).name else Path(command[0]).name


def print_table(runtime: Path) -> None:
    """Print a row for each process, and the sums by kind."""
    hosts = engine_hosts(runtime)
    rows: list[tuple[str, int, Memory]] = []
    for process in of_folder(runtime):
        rows.append((kind_of(process, hosts), process.pid, memory(process)))
    say(f"{'process':14} {'pid':>8} {'RSS MiB':>9} {'PSS MiB':>9}")
    for kind, pid, taken in sorted(rows, key=lambda row: row[:2]):
        say(f"{kind:14} {pid:>8} {taken.rss:>9.1f} " + (f"{taken.pss:>9.1f}" if taken.pss is not None else f"{'-':>9}"))
    total = sum(taken.rss for _, _, taken in rows)
    shares = [taken.pss for _, _, taken in rows if taken.pss is not None]
    say(f"{'all':14} {len(rows):>8} {total:>9.1f} " + (f"{sum(shares):>9.1f}" if shares else f"{'-':>9}"))


def wait_for_the_end(runtime: Path, linger_s: float) -> int:
    """Wait until no process is left. Returns the exit status: 1 if one outlives its idle time."""
    began = time.monotonic()
    while left := of_folder(runtime):
        waited = time.monotonic() - began
        if waited > linger_s + GRACE_S:
            say(f"still there after {waited:.0f} s: " + ", ".join(f"{each.name()} ({each.pid})" for each in left))
            return 1
        time.sleep(0.25)
    say(f"all processes ended {time.monotonic() - began:.1f} s after the last client (idle time: {linger_s:.0f} s)")
    return 0


def measure(version: str, executable: str, folder: Path, runtime: Path, linger_s: float) -> int:
    """Start the three, print what they take, close them. Returns the exit status."""
    (folder / "other").mkdir()
    with neovim(version, executable, folder / "first"), neovim(version, executable, folder / "second"):
        with other_client(folder / "other"):
            say(f"two Neovim {version} and one other client, each with a completion\n")
            print_table(runtime)
            hosts = engine_hosts(runtime)
            say(f"\nengine hosts: {len(hosts)}")
            if len(hosts) != 1:
                return 1
        say(f"closed the other client: {len(engine_hosts(runtime))} engine host, {len(of_folder(runtime))} processes")
    return wait_for_the_end(runtime, linger_s)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--nvim", help="the Neovim to start; by default the first of $NVIM_FOR_TESTS, or on PATH")
    parser.add_argument("--linger", type=float, default=5, help="seconds that the engine host stays without a client")
    arguments = parser.parse_args()
    if arguments.nvim:
        os.environ["NVIM_FOR_TESTS"] = arguments.nvim
    if not neovims():
        parser.error("no Neovim 0.10 or newer was found: name one with --nvim")
    version, executable = neovims()[0]
    with tempfile.TemporaryDirectory(prefix="dovetail-") as name:
        folder = Path(name)
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        own = dict(os.environ)
        os.environ.update(
            DOVETAIL_RUNTIME_DIR=str(runtime),
            DOVETAIL_STATE_DIR=str(folder / "state"),
            DOVETAIL_CACHE_DIR=str(folder / "cache"),
            DOVETAIL_LINGER_S=str(arguments.linger),
        )
        try:
            return measure(version, executable, folder, runtime, arguments.linger)
        finally:
            os.environ.clear()
            os.environ.update(own)


if __name__ == "__main__":
    sys.exit(main())
